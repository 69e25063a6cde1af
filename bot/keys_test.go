package main

import (
	"strings"
	"testing"
)

// The master key is changed while what was sealed stays readable; a wrong one is refused at once.
func TestRotateKeys(t *testing.T) {
	offices(t, func(t *testing.T, h office) {
		h.ok(t, "import", "roll", h.file(t, "roll.csv", []byte(rollHead+"凤凰新村,,3,2,501,张三,,,\n")), "--community", "钮")
		const wrong = "does not open the data key"
		old, other := h.vars["YISHI_MASTER_KEY"], strings.Repeat("fedcba9876543210", 4)
		if code, _, errs := h.run(t, "keys", "rotate"); code != exitFail || !strings.Contains(errs, "YISHI_MASTER_KEY_PREVIOUS") {
			t.Errorf("without the key before: %d %s", code, errs)
		}
		h.vars["YISHI_MASTER_KEY"] = other
		for _, args := range [][]string{{"serve"}, {"worker"}, {"import", "roll", h.file(t, "roll.csv", []byte(rollHead+"凤凰新村,,3,2,501,张三,,,\n")), "--community", "钮"}} {
			if code, _, errs := h.run(t, args...); code != exitFail || !strings.Contains(errs, wrong) {
				t.Errorf("bot %v under a wrong key: %d %s", args, code, errs)
			}
		}
		h.vars["YISHI_MASTER_KEY_PREVIOUS"] = strings.Repeat("0011223344556677", 4)
		if code, _, errs := h.run(t, "keys", "rotate"); code != exitFail || !strings.Contains(errs, wrong) {
			t.Errorf("two wrong keys: %d %s", code, errs)
		}
		h.vars["YISHI_MASTER_KEY_PREVIOUS"] = old
		for _, want := range []string{"is under YISHI_MASTER_KEY now", "already"} {
			if out := h.ok(t, "keys", "rotate"); !strings.Contains(out, want) {
				t.Errorf("said %s, want %s", out, want)
			}
		}
		delete(h.vars, "YISHI_MASTER_KEY_PREVIOUS")
		if out := h.ok(t, "import", "roll", h.file(t, "roll.csv", []byte(rollHead+"凤凰新村,,3,2,501,张三,,,\n")), "--community", "钮"); !strings.Contains(out, "same 1") {
			t.Errorf("under the new key: %s", out)
		}
		h.vars["YISHI_MASTER_KEY"] = old
		if code, _, errs := h.run(t, "serve"); code != exitFail || !strings.Contains(errs, wrong) {
			t.Errorf("under the old key: %d %s", code, errs)
		}
		if code, _, _ := h.run(t, "keys", "sing"); code != exitUsage {
			t.Errorf("unknown word: %d", code)
		}
	})
}

// Everything is sealed under another data key, and is read, found and imported as before; a wrong master
// key, or one that was not rotated to yet, is refused.
func TestResealKeys(t *testing.T) {
	offices(t, func(t *testing.T, h office) {
		roll := h.file(t, "roll.csv", []byte(rollHead+"凤凰新村,,3,2,501,张三,13800001234,,\n"))
		h.ok(t, "import", "roll", roll, "--community", "钮")
		h.ok(t, "staff", "invite", "-role", "committee", "-community", "钮", "-name", "某主任")
		if out := h.ok(t, "keys", "reseal", "--dry-run"); !strings.Contains(out, "would seal anew: 1 people") || !strings.Contains(out, "void: 1 invitations") {
			t.Errorf("the dry run said %s", out)
		}
		old := h.vars["YISHI_MASTER_KEY"]
		h.vars["YISHI_MASTER_KEY"] = strings.Repeat("fedcba9876543210", 4)
		if code, _, errs := h.run(t, "keys", "reseal"); code != exitFail || !strings.Contains(errs, "does not open the data key") {
			t.Errorf("a wrong key: %d %s", code, errs)
		}
		h.vars["YISHI_MASTER_KEY_PREVIOUS"] = old
		if code, _, errs := h.run(t, "keys", "reseal"); code != exitFail || !strings.Contains(errs, "bot keys rotate comes first") {
			t.Errorf("before the rotation: %d %s", code, errs)
		}
		h.ok(t, "keys", "rotate")
		delete(h.vars, "YISHI_MASTER_KEY_PREVIOUS")
		for range 2 {
			out := h.ok(t, "keys", "reseal")
			if !strings.Contains(out, "1 people") || !strings.Contains(out, "the old data key is destroyed") {
				t.Errorf("it said %s", out)
			}
			if strings.Contains(out, "张三") {
				t.Error("it said a name")
			}
			if out := h.ok(t, "import", "roll", roll, "--community", "钮"); !strings.Contains(out, "same 1") {
				t.Errorf("under the new key: %s", out)
			}
		}
		if out := h.ok(t, "audit", "-community", "钮", "-since", "1d"); strings.Contains(out, "1380000") {
			t.Errorf("the audit log says %s", out)
		}
		if code, _, _ := h.run(t, "keys", "reseal", "now"); code != exitUsage {
			t.Errorf("unknown word: %d", code)
		}
	})
}
