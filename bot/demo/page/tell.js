// Telling people something: write, look whom it would reach and how, confirm the number.
import { ask, h, icon, initial, toast } from "./dom.js";
import { ways } from "./ways.js";

const again = 400; // a pause before the preview is asked for anew, in milliseconds

export class Tell {
  constructor(app, told) {
    Object.assign(this, { app, told, seen: null, asked: 0 });
    this.title = h("input", { type: "text", maxlength: 20, required: true, autocomplete: "off", placeholder: "例如：周六议事会" });
    this.body = h("textarea", { rows: 3, maxlength: 500, required: true, placeholder: "什么事、什么时候、在哪里" });
    this.urgent = h("input", { type: "checkbox" });
    this.reason = h("input", { type: "text", maxlength: 100, autocomplete: "off", placeholder: "例如：今晚停水" });
    this.why = h("label", { class: "field", hidden: true }, h("span", {}, "为什么急（会留底）"), this.reason);
    this.urgent.addEventListener("change", () => { this.why.hidden = !this.urgent.checked; if (this.urgent.checked) this.reason.focus(); });
    this.look = h("button", { type: "submit", class: "wide look" }, icon("eye"), "先看看发给谁、怎么发");
    this.preview = h("div", { class: "preview", role: "region", "aria-label": "发之前先看看", "aria-live": "polite", hidden: true });
    this.node = h("form", { class: "tell", novalidate: true, onsubmit: (e) => { e.preventDefault(); this.foresee(true); } },
      h("label", { class: "field" }, h("span", {}, "标题", h("small", {}, "20 字以内")), this.title),
      h("label", { class: "field" }, h("span", {}, "内容", h("small", {}, "500 字以内")), this.body),
      h("label", { class: "check" }, this.urgent, h("span", {}, h("b", {}, "急"), "：夜里也发，不算一周三条；退订了的还是不发")),
      this.why, this.look, this.preview);
    this.node.addEventListener("input", () => this.forget());
  }

  words() {
    return { title: this.title.value, body: this.body.value, urgent: this.urgent.checked ? this.reason.value : "" };
  }

  // forget takes the preview away: it was of other words.
  forget() {
    this.seen = null;
    this.asked += 1;
    this.preview.hidden = true;
    this.preview.replaceChildren();
  }

  fault() {
    if (!this.title.value.trim()) { this.title.focus(); return "请写标题"; }
    if (!this.body.value.trim()) { this.body.focus(); return "请写内容"; }
    if (this.urgent.checked && !this.reason.value.trim()) { this.reason.focus(); return "请写为什么急"; }
    return "";
  }

  async foresee(pressed) {
    const why = this.fault();
    if (why) { if (pressed) toast(why); return; }
    const turn = this.asked += 1;
    const words = this.words();
    const got = await ask("foresee", words, !pressed);
    if (!got || turn !== this.asked) return;
    this.seen = { words, people: got.people };
    this.show(got);
    if (pressed) this.preview.scrollIntoView({ block: "nearest", behavior: matchMedia("(prefers-reduced-motion: reduce)").matches ? "auto" : "smooth" });
  }

  show(got) {
    const now = JSON.stringify(got);
    if (now === this.drawn && !this.preview.hidden) return; // read out once
    this.drawn = now;
    const phone = (o) => this.app.setup.phones[o.phone];
    const lines = got.phones.map((o) => h("li", {},
      h("span", { class: "face face" + (o.phone % 6), "aria-hidden": "true" }, initial(phone(o))),
      h("div", {}, h("p", {}, h("b", {}, phone(o).name), h("span", { class: "way " + o.way }, ways[o.way])),
        h("p", { class: "because" }, o.text), o.note ? h("p", { class: "warn" }, o.note) : "")));
    const sum = got.sum.map((t) => ways[t.way] + " " + t.n).join("，");
    this.confirm = h("button", { type: "button", class: "wide submit", disabled: !got.people, onclick: () => this.send() },
      got.people ? "确认发送 " + got.people + " 人" : "名单里没有人");
    const had = this.preview.contains(document.activeElement);
    this.preview.replaceChildren(h("ul", {}, lines),
      h("p", { class: "sum" }, "名单 " + got.people + " 人" + (sum ? "：" + sum : "")), this.confirm);
    this.preview.hidden = false;
    if (had) this.confirm.focus({ preventScroll: true });
  }

  async send() {
    if (!this.seen || this.confirm.disabled) return;
    const { words, people } = this.seen;
    this.confirm.disabled = true;
    const done = await ask("push", { ...words, confirm: people });
    if (!done) { this.drawn = ""; this.foresee(false); return; }
    toast(done.again ? "今天已经发过同样的，没有再发" : "发出了，看下面的进展");
    this.forget();
    this.title.value = this.body.value = this.reason.value = "";
    this.urgent.checked = false;
    this.why.hidden = true;
    this.told.load(done.id);
  }

  // state: when the clock, a switch or a phone changes, an open preview is asked for anew.
  state(s) {
    const now = JSON.stringify([s.offset, s.switches, s.phones]);
    if (now === this.stood) return;
    this.stood = now;
    clearTimeout(this.later);
    this.later = setTimeout(() => { if (this.seen) this.foresee(false); }, again);
  }
}
