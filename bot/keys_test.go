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
