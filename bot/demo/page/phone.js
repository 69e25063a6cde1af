// One phone: a chat with the account, its menu, its keyboard.
import { h, icon, initial, moment, post } from "./dom.js";
import { Panels } from "./panels.js";
import { card, light, lit } from "./banner.js";

const pause = 5 * 60 * 1000; // a time stamp is shown after this much silence
const most = 400; // messages that stay on the page

export class Phone {
  constructor(n, who, app) {
    Object.assign(this, { n, who, app, items: new Map(), wires: new Map(), shown: 0, busy: 0, following: false });
    this.chat = h("ol", { class: "chat", role: "log", "aria-live": "off", tabindex: "0", "aria-label": who.name + "与" + app.setup.account + "的聊天" });
    this.dots = h("li", { class: "them dots", hidden: true }, this.face(true),
      h("div", { class: "bubble", role: "img", "aria-label": "正在回复" }, h("i"), h("i"), h("i")));
    this.chat.append(this.dots);
    this.time = h("span", { class: "hour" });
    this.title = h("div", { class: "title" }, h("h2", {}, app.setup.account));
    this.panels = new Panels(this);
    this.stranger = h("div", { class: "stranger", hidden: true });
    this.node = h("section", { class: "phone", "aria-label": who.name + "的手机" },
      h("div", { class: "caption" }, this.face(false), h("b", {}, who.name), who.role && !who.name.includes(who.role) ? h("span", {}, who.role) : ""),
      h("div", { class: "frame" },
        h("div", { class: "bar", "aria-hidden": "true" }, this.time, h("span", { class: "gear" }, h("i"), h("i"), h("i"))),
        this.banners = h("div", { class: "banners", role: "status", "aria-live": "polite" }), this.title,
        this.chat, this.stranger, this.keys(), this.panels.node));
    this.following = null;
  }

  face(account) {
    return account
      ? h("img", { class: "face", src: "/demo/assets/icon.svg", alt: "", width: 40, height: 40 })
      : h("span", { class: "face face" + (this.n % 6), "aria-hidden": "true" }, initial(this.who));
  }

  act(what) { return post("act", { phone: this.n, ...what }); }

  // What the person might say: a tap puts it into the input, and sends nothing.
  tries() {
    if (!this.who.try?.length) return "";
    const put = (text) => { this.menuMode(false); this.input.value = text; this.grow(); this.input.focus({ preventScroll: true }); };
    return h("div", { class: "tries", role: "group", "aria-label": "试试这样说" }, h("span", { "aria-hidden": "true" }, "试试"),
      this.who.try.map((text) => h("button", { type: "button", onclick: () => put(text) }, text)));
  }

  // The keyboard row and the account's menu.
  keys() {
    this.input = h("textarea", { rows: 1, maxlength: 4000, "aria-label": "以" + this.who.name + "的身份写消息", placeholder: "写消息", autocomplete: "off", enterkeyhint: "send" });
    this.submit = h("button", { type: "submit", class: "submit" }, "发送");
    this.plus = h("button", { type: "button", class: "round", "aria-label": "照片、位置、语音、扫一扫", "aria-expanded": "false", onclick: () => this.panels.toggle() }, icon("plus"));
    this.swap = h("button", { type: "button", class: "round", hidden: true, onclick: (e) => { e.stopPropagation(); this.menuMode(!this.menuOn, true); } });
    this.menu = h("div", { class: "menu", hidden: true, role: "group", "aria-label": "公众号菜单" });
    const form = h("form", { class: "keys", onsubmit: (e) => { e.preventDefault(); this.say(); } },
      this.swap, this.input, this.plus, this.submit);
    this.input.addEventListener("keydown", (e) => {
      this.shifted = e.shiftKey;
      if (e.key === "Enter" && !e.shiftKey && !e.isComposing && e.keyCode !== 229) { e.preventDefault(); this.say(); }
    });
    this.input.addEventListener("beforeinput", (e) => { // the Enter of a keyboard on the screen
      if (e.inputType !== "insertLineBreak" || this.shifted || e.isComposing) return;
      e.preventDefault();
      this.say();
    });
    this.input.addEventListener("input", () => this.grow());
    this.input.addEventListener("focus", () => { this.panels.close(false); this.bottom(); });
    this.foot = h("div", { class: "foot" }, this.tries(), form, this.menu);
    return this.foot;
  }

  // grow fits the field to what is in it, up to four lines.
  grow() {
    this.input.rows = 1;
    while (this.input.rows < 4 && this.input.scrollHeight > this.input.clientHeight + 2) this.input.rows += 1;
    this.foot.classList.toggle("written", this.input.value.trim() !== "");
  }

  async say() {
    const text = this.input.value;
    if (!text.trim()) return;
    this.input.value = "";
    this.grow();
    if (await this.act({ do: "say", text }) || this.input.value) return;
    this.input.value = text; // not sent: what was typed comes back
    this.grow();
  }

  // menuMode folds the menu out or away.
  menuMode(on, chosen) {
    this.menuOn = on;
    if (chosen) this.app.memory.set("menu" + this.n, on ? "" : "off");
    this.menu.hidden = !on || !this.app.menu.length;
    this.swap.hidden = !this.app.menu.length;
    this.swap.replaceChildren(icon(on ? "keyboard" : "menu"));
    this.swap.setAttribute("aria-label", on ? "收起菜单" : "打开菜单");
    this.swap.setAttribute("aria-expanded", String(on));
    this.bottom();
  }

  drawMenu(menu) {
    const now = JSON.stringify(menu);
    if (now === this.drawn) return;
    this.drawn = now;
    this.menu.replaceChildren(...menu.map((b) => {
      if (!b.sub) return h("div", {}, this.press(b));
      const list = h("ul", { class: "sub", hidden: true }, b.sub.map((s) => h("li", {}, this.press(s))));
      const open = h("button", { type: "button", "aria-expanded": "false", "aria-haspopup": "true" }, icon("menu"), b.name);
      open.addEventListener("click", (e) => {
        e.stopPropagation();
        const was = list.hidden;
        this.app.phones.forEach((p) => p.fold());
        list.hidden = !was;
        open.setAttribute("aria-expanded", String(was));
      });
      list.addEventListener("keydown", (e) => { if (e.key === "Escape") { this.fold(); open.focus(); } });
      return h("div", {}, open, list);
    }));
    this.menuMode(this.app.memory.get("menu" + this.n) !== "off", false);
  }

  // press makes a menu button: a page to open, or something that happens on this phone.
  press(b) {
    if (b.url) return h("a", { href: b.url, target: "_blank", rel: "noopener noreferrer" }, b.name);
    const panel = { scancode_push: "scan", scancode_waitmsg: "scan", location_select: "place", pic_sysphoto: "photo", pic_photo_or_album: "photo", pic_weixin: "photo" }[b.type];
    return h("button", { type: "button", onclick: (e) => {
      e.stopPropagation();
      this.fold();
      if (panel) this.panels.show(panel); else this.act({ do: "click", text: b.key });
    } }, b.name);
  }

  // fold closes the sub-menus.
  fold() {
    for (const list of this.menu.querySelectorAll(".sub")) {
      list.hidden = true;
      list.previousSibling.setAttribute("aria-expanded", "false");
    }
  }

  state(s, menu) {
    this.busy = s.busy;
    this.dots.hidden = !s.busy;
    this.drawMenu(menu);
    if (s.following !== this.following) {
      const asked = this.stranger.contains(document.activeElement);
      this.following = s.following;
      this.stranger.hidden = s.following;
      this.stranger.replaceChildren(...(s.following ? [] : this.panels.welcome()));
      this.chat.hidden = this.foot.hidden = !s.following;
      this.title.hidden = !s.following;
      if (!s.following) this.panels.close(false);
      if (s.following && asked && matchMedia("(hover: hover)").matches) this.input.focus({ preventScroll: true });
    }
    if (s.busy) this.bottom(true);
  }

  tick() { this.time.textContent = moment(this.app.now(), this.app.now()); }

  clear() {
    this.chat.replaceChildren(this.dots);
    this.items.clear();
    this.wires.clear();
    this.shown = 0;
    this.chat.setAttribute("aria-live", "off");
  }

  // take shows one line of the history.
  take(line) {
    if (line.kind === "done") { this.done(line); return; }
    if (line.kind === "typing") { this.typing(); return; }
    const told = lit(line, this.app) && light(this, line); // a banner is read out, the chat then not again
    if (this.app.ready) this.chat.setAttribute("aria-live", told ? "off" : "polite");
    const near = this.chat.scrollHeight - this.chat.scrollTop - this.chat.clientHeight < 160;
    this.stamp(line.at);
    const item = this.item(line);
    this.items.set(line.seq, item);
    if (line.late && line.wire) this.chip(item, line.seq, line.kind === "refused" ? "平台没有收下" : { customer: "客服消息", notice: "订阅通知", template: "模板消息" }[line.way] || "接口消息");
    this.chat.insertBefore(item, this.dots);
    while (this.chat.children.length > most) this.chat.firstChild.remove();
    if (line.kind === "reply" || line.kind === "note") {
      if (this.app.ready) this.app.heard(this.n);
      this.dots.classList.remove("typing");
    }
    if (near || item.className.startsWith("me")) this.bottom();
  }

  item(line) {
    switch (line.kind) {
      case "say": case "tap": return this.mine(h("p", { class: "words" }, line.text));
      case "photo": return this.mine(h("img", { src: "/demo/photo/" + line.seq, alt: "照片", loading: "lazy" }), "picture");
      case "voice": return this.mine([h("p", { class: "words sound" }, icon("sound"), "3″"), h("p", { class: "words heard" }, line.text || "（没有转写）")], "voice");
      case "place": return this.mine([h("b", {}, line.text), h("div", { class: "map", "aria-hidden": "true" }, icon("place"))], "place");
      case "reply": if (line.media) return this.sent(line); if (line.card) return h("li", { class: "them" }, this.face(true), card(line)); return h("li", { class: "them" }, this.face(true), h("div", { class: "bubble", tabindex: "-1" }, this.parts(line)));
      case "click": return this.note("点了菜单“" + line.text + "”");
      case "scan": return this.note("扫了“" + line.text + "”的二维码");
      case "follow": return this.note(line.text ? "扫“" + line.text + "”的二维码关注了" + this.app.setup.account : "关注了" + this.app.setup.account);
      case "consent": return this.note((line.key === "accept" ? "同意" : "没有同意") + "收“" + line.text + "”");
      case "refused": return h("li", { class: "note wireonly" }, h("span", {}, line.text));
      case "unfollow": return this.note("取消了关注");
      default: return this.note(line.text, line.faulty);
    }
  }

  // sent is a photo or voice from the account.
  sent(line) {
    const content = line.media === "photo" ? h("img", { src: "/demo/photo/" + line.seq, alt: "照片", loading: "lazy" }) : h("p", { class: "words sound" }, icon("sound"), "语音");
    return h("li", { class: "them" }, this.face(true), h("div", { class: "bubble " + (line.media === "photo" ? "picture" : "voice"), tabindex: "-1" }, content));
  }

  mine(content, kind) { return h("li", { class: "me" }, h("div", { class: "bubble " + (kind || "") }, content), this.face(false)); }

  note(text, fault) { return h("li", { class: fault ? "note fault" : "note" }, h("span", {}, text)); }

  // opening leads to a page of the bot as this phone's person: by the platform's login.
  opening(url) {
    const pages = this.app.setup.pages;
    return pages && url.startsWith(pages) ? "/demo/open?" + new URLSearchParams({ phone: this.n, to: url }) : url;
  }

  // parts lays out words, links within them, and choices with a row to themselves.
  parts(line) {
    const out = [];
    let list = null, words = null;
    (line.parts || []).forEach((p, n) => {
      const tap = () => this.act({ do: "tap", seq: line.seq, n });
      const link = (name) => p.url
        ? h("a", { class: name, href: this.opening(p.url), target: "_blank", rel: "noopener noreferrer" }, p.text)
        : h("button", { type: "button", class: name, onclick: tap }, p.text);
      if (p.row) {
        if (!list) out.push(list = h("div", { class: "choices", role: "group", "aria-label": "可以点的回复" }));
        list.append(link("choice"));
        words = null;
        return;
      }
      if (!words) out.push(words = h("p", { class: "words" }));
      list = null;
      words.append(p.say || p.url ? link("inline") : p.text);
    });
    return out;
  }

  stamp(at) {
    if (Math.abs(at - this.shown) >= pause) {
      this.chat.insertBefore(h("li", { class: "stamp" }, h("time", { datetime: new Date(at).toISOString() }, moment(at, this.app.now()))), this.dots);
    }
    this.shown = at;
  }

  done(line) {
    const item = this.items.get(line.re);
    if (item && line.wire) this.chip(item, line.seq, line.faulty ? "没有送到" : "");
  }

  chip(item, seq, what) {
    const button = h("button", { type: "button", class: "chip" }, what ? "报文 · " + what : "报文");
    const text = (item.querySelector(".heard") || item.querySelector(".words, h3, b, span") || item).textContent.slice(0, 30);
    button.addEventListener("click", () => this.app.drawer.open(seq, this.who.name + "：" + text, button));
    item.append(button);
  }

  // typing shows the dots for a while, because the account said that it is writing.
  typing() {
    this.dots.hidden = false;
    this.bottom(true);
    clearTimeout(this.wait);
    this.wait = setTimeout(() => { this.dots.hidden = !this.busy; }, 5000);
  }

  bottom(nearOnly) {
    if (nearOnly && this.chat.scrollHeight - this.chat.scrollTop - this.chat.clientHeight > 240) return;
    this.chat.scrollTop = this.chat.scrollHeight;
  }
}
