// What was told, and how it stands: every push with a bar and its numbers, which add up.
import { ask, h, icon, moment, toast } from "./dom.js";
import { hints, ways } from "./ways.js";

const soon = 1000; // between two looks while something moves, in milliseconds
const calm = 4000;

export class ToldList {
  constructor(app) {
    this.app = app;
    this.list = h("ol", { class: "told" });
    this.none = h("p", { class: "plain" }, "还没有推送过。写好标题和内容，先看看，再发。");
    this.node = h("section", { "aria-label": "推送的进展" }, h("h3", { class: "part" }, "进展"), this.none, this.list);
  }

  // watch begins or ends looking.
  watch(on) {
    this.on = on;
    clearTimeout(this.next);
    if (on) this.load();
  }

  async load(mark) {
    clearTimeout(this.next);
    const got = await ask("told", null, true);
    if (got) this.draw(got, mark);
    if (!this.on) return;
    const busy = got && got.some((p) => p.waiting > 0);
    clearTimeout(this.next);
    this.next = setTimeout(() => this.load(), document.hidden ? calm * 2 : busy || !got ? soon : calm);
  }

  draw(all, mark) {
    const now = JSON.stringify(all);
    if (now === this.drawn && !mark) return;
    this.drawn = now;
    const at = document.activeElement && this.list.contains(document.activeElement) && document.activeElement.dataset.id;
    this.none.hidden = all.length > 0;
    this.list.replaceChildren(...all.map((p) => this.one(p)));
    if (at) this.list.querySelector("[data-id=\"" + at + "\"]")?.focus({ preventScroll: true });
    if (mark) this.list.firstChild?.scrollIntoView({ block: "nearest" });
  }

  one(p) {
    const tallies = p.tallies.map((t) => h("li", { class: t.way },
      h("span", { class: "way " + t.way }, ways[t.way]), h("b", {}, String(t.n)),
      h("small", {}, t.why || hints[t.way] || "")));
    return h("li", {},
      h("p", { class: "name" }, h("b", {}, p.title), p.urgent ? h("span", { class: "rush" }, "急") : "",
        h("time", { datetime: new Date(p.at).toISOString() }, moment(p.at, this.app.now()))),
      bar(p), h("ul", { class: "tallies" }, tallies),
      h("p", { class: "sum" }, "合计 " + p.total + "，名单 " + p.audience + " 人" + (p.resent ? "；重发过 " + p.resent + " 次" : "")),
      p.failed ? h("button", { type: "button", class: "wide", "data-id": p.id, onclick: () => this.resend(p) }, icon("again"), "重发失败的 " + p.failed + " 人") : "");
  }

  async resend(p) {
    const done = await ask("resend", { id: p.id });
    if (done) toast("再发一次：" + done.n + " 人");
    this.load();
  }
}

// bar draws the shares, each in its colour.
function bar(p) {
  const ns = "http://www.w3.org/2000/svg";
  const svg = document.createElementNS(ns, "svg");
  svg.setAttribute("viewBox", "0 0 " + Math.max(1, p.total) + " 1");
  svg.setAttribute("preserveAspectRatio", "none");
  svg.setAttribute("class", "shares");
  svg.setAttribute("aria-hidden", "true");
  let x = 0;
  for (const t of p.tallies) {
    const r = document.createElementNS(ns, "rect");
    for (const [k, v] of Object.entries({ x, y: 0, width: t.n, height: 1, class: t.way })) r.setAttribute(k, String(v));
    svg.append(r);
    x += t.n;
  }
  return svg;
}
