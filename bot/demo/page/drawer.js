// The drawer shows what crossed the wire for one message.
import { h, icon, toast } from "./dom.js";

export class Drawer {
  constructor(node) {
    this.node = node;
    node.addEventListener("keydown", (e) => { if (e.key === "Escape") this.close(); });
  }

  async open(seq, title, from) {
    let wire;
    try {
      const answer = await fetch("/demo/api/wire?seq=" + seq);
      wire = await answer.json();
      if (!answer.ok) { toast(wire.error); return; }
    } catch {
      toast("报文没有取到，请再试一次");
      return;
    }
    this.from = from;
    const shut = h("button", { type: "button", class: "tool", "aria-label": "关上报文", onclick: () => this.close() }, icon("close"));
    this.node.replaceChildren(
      h("header", {}, h("h2", {}, "报文"), h("p", {}, title), shut),
      h("div", { class: "scroll", tabindex: "0", role: "region", "aria-label": "报文内容" },
        tries(wire), ...bodies("明文", wire.plain), ...bodies("线上", wire.sealed)));
    this.node.hidden = false;
    shut.focus();
  }

  close() {
    if (this.node.hidden) return;
    this.node.hidden = true;
    this.node.replaceChildren();
    if (this.from && this.from.isConnected) this.from.focus();
  }
}

function tries(wire) {
  if (!wire.tries && !wire.fault) return "";
  const list = (wire.tries || []).map((t, i) => h("li", { class: t.status === 200 && !t.err ? "good" : "bad" },
    h("b", {}, "第 " + (i + 1) + " 次"), h("span", {}, t.status ? "HTTP " + t.status : "没有应答"),
    h("span", {}, t.millis + " 毫秒"), t.err ? h("em", {}, t.err) : ""));
  return h("section", {}, h("h3", {}, "投递"), h("ol", { class: "tries" }, list),
    wire.fault ? h("p", { class: "fault" }, wire.fault) : "");
}

function bodies(kind, list) {
  return (list || []).map((p) => h("section", {},
    h("h3", {}, h("span", { class: "kind" }, kind), p.title), h("pre", {}, p.body)));
}
