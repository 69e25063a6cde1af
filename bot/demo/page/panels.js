// What opens below the keyboard: photo, place, voice, scan, and leaving; and the screen of
// somebody who does not follow.
import { h, icon, post, toast } from "./dom.js";

const side = 1600; // longest side of a photo that is sent, in pixels
const large = 600 * 1024; // a photo larger than this is made smaller first, as WeChat does

export class Panels {
  constructor(phone) {
    this.phone = phone;
    this.node = h("div", { class: "panel", hidden: true });
    this.node.addEventListener("keydown", (e) => { if (e.key === "Escape") this.close(true); });
  }

  get setup() { return this.phone.app.setup; }

  toggle() { if (this.node.hidden) this.show("plus"); else this.close(true); }

  show(name) {
    const made = this[name]();
    this.node.replaceChildren(...made);
    this.node.hidden = false;
    this.phone.plus.setAttribute("aria-expanded", "true");
    this.phone.bottom();
    const first = this.node.querySelector("button:not(.back), textarea, input");
    if (first) first.focus({ preventScroll: true });
  }

  close(back) {
    if (this.node.hidden) return;
    this.node.hidden = true;
    this.node.replaceChildren();
    this.phone.plus.setAttribute("aria-expanded", "false");
    if (back) this.phone.plus.focus({ preventScroll: true });
  }

  async done(sent) { if (await sent) this.close(true); }

  head(text) {
    return h("div", { class: "head" },
      h("button", { type: "button", class: "round back", "aria-label": "返回", onclick: () => this.show("plus") }, icon("back")),
      h("h3", {}, text));
  }

  plus() {
    const tile = (name, symbol, text) => h("button", { type: "button", class: "tile", onclick: () => this.show(name) }, h("span", {}, icon(symbol)), text);
    return [h("div", { class: "tiles" },
      tile("photo", "photo", "照片"), tile("place", "place", "位置"), tile("voice", "voice", "语音"),
      this.setup.scenes.length ? tile("scan", "scan", "扫一扫") : "",
      this.setup.notice ? tile("consent", "bell", "订阅") : "", tile("leave", "leave", "取消关注"))];
  }

  photo() {
    const file = h("input", { type: "file", accept: "image/*", class: "file", "aria-label": "从本机选一张照片" });
    file.addEventListener("change", () => { if (file.files[0]) this.done(this.upload(file.files[0])); });
    return [this.head("发照片"), h("div", { class: "pictures" },
      this.setup.samples.map((name, n) => h("button", { type: "button", onclick: () => this.done(this.phone.act({ do: "photo", n })) },
        h("img", { src: "/demo/sample/" + n, alt: "", width: 160, height: 120 }), name))),
    h("label", { class: "wide" }, icon("photo"), "从本机选一张", file)];
  }

  async upload(file) {
    let blob = file;
    if (file.size > large) {
      try {
        const img = await createImageBitmap(file);
        const by = Math.min(1, side / Math.max(img.width, img.height));
        const canvas = h("canvas", { width: Math.round(img.width * by), height: Math.round(img.height * by) });
        canvas.getContext("2d").drawImage(img, 0, 0, canvas.width, canvas.height);
        blob = await new Promise((give) => canvas.toBlob(give, "image/jpeg", 0.85)) || file;
      } catch { /* not a picture this browser knows: let the server say so */ }
    }
    if (blob.size > 5 << 20) { toast("照片太大了，最多 5 MB"); return false; }
    return post("photo", blob, { "Content-Type": "application/octet-stream", "X-Phone": String(this.phone.n) });
  }

  place() {
    const field = h("input", { type: "text", maxlength: 60, placeholder: "或者写一个地方", "aria-label": "地方的名字" });
    return [this.head("发位置"), h("div", { class: "rows" },
      this.setup.places.map((p, n) => h("button", { type: "button", onclick: () => this.done(this.phone.act({ do: "place", n })) }, icon("place"), p.label))),
    h("form", { class: "line", onsubmit: (e) => {
      e.preventDefault();
      if (field.value.trim()) this.done(this.phone.act({ do: "place", n: -1, text: field.value }));
    } }, field, h("button", { type: "submit", class: "submit" }, "发送"))];
  }

  voice() {
    const field = h("textarea", { rows: 2, maxlength: 500, placeholder: "微信转写的文字；空着就是没有转写", "aria-label": "语音转写的文字，可以空着" });
    return [this.head("发语音"), h("form", { class: "stack", onsubmit: (e) => {
      e.preventDefault();
      this.done(this.phone.act({ do: "voice", text: field.value }));
    } }, field, h("button", { type: "submit", class: "submit wide" }, icon("voice"), "发出 3 秒语音"))];
  }

  codes(act, list) {
    return h("div", { class: "codes" }, list.map((n) => h("button", { type: "button", onclick: () => act(n) },
      h("img", { src: "/demo/qr/" + n, alt: "", width: 96, height: 96 }), this.setup.scenes[n])));
  }

  scan() {
    return [this.head("扫一扫"), this.codes((n) => this.done(this.phone.act({ do: "scan", n })), this.setup.scenes.map((_, n) => n))];
  }

  // consent is the question that the account asks: one yes is good for one notice.
  consent() {
    const answer = (n) => this.done(this.phone.act({ do: "consent", n }));
    return [this.head("订阅通知"), h("div", { class: "popup", role: "group", "aria-label": "订阅的询问" },
      h("p", {}, this.setup.account + " 申请给您发一次"), h("h4", {}, "“" + this.setup.notice + "”"),
      h("div", { class: "pair" },
        h("button", { type: "button", class: "wide", onclick: () => answer(0) }, "拒绝"),
        h("button", { type: "button", class: "wide submit", onclick: () => answer(1) }, "同意")))];
  }

  leave() {
    return [this.head("取消关注"), h("p", { class: "plain" }, "取消关注后，就收不到" + this.setup.account + "的消息了。"),
      h("button", { type: "button", class: "wide danger", onclick: () => this.done(this.phone.act({ do: "unfollow" })) }, "不再关注")];
  }

  // welcome is what somebody sees who does not follow the account.
  welcome() {
    const follow = (n) => this.phone.act({ do: "follow", n });
    const list = this.setup.scenes.map((_, n) => n);
    const own = this.phone.who.scene;
    if (own >= 0) list.unshift(...list.splice(own, 1));
    return [
      h("img", { src: "/demo/assets/icon.svg", alt: "", width: 72, height: 72 }),
      h("h3", {}, this.setup.account), h("p", {}, "公众号 · 提需求，投票，看进度"),
      h("button", { type: "button", class: "follow", onclick: () => follow(-1) }, "关注公众号"),
      list.length ? h("h4", {}, "或者扫码关注") : "",
      list.length ? this.codes(follow, list) : "",
    ].filter(Boolean);
  }
}
