// What a phone shows when something reaches it while nobody looks: its frame lights up, and a
// banner says the first line, as on a locked screen.
import { h, icon, initial } from "./dom.js";
import { ways } from "./ways.js";

const shown = 6000; // a banner's time, in milliseconds
const fresh = 20000; // what is older, such as after a reconnection, lights nothing up
const symbols = { customer: "chat", notice: "bell", template: "card" };

// lit says that a line is to light its phone up.
export function lit(line, app) {
  return app.ready && line.kind === "reply" && line.late && line.way && Math.abs(app.now() - line.at) < fresh;
}

// inUse says that somebody is at this phone just now.
function inUse(phone) {
  return document.hasFocus() && phone.node.offsetParent !== null && phone.node.contains(document.activeElement);
}

// lines are what stands on a locked screen: two of what was said.
function lines(line) {
  if (line.card) return [line.card.title, line.card.rows.map((r) => r.value).filter(Boolean).join(" · ")];
  const [head, ...more] = (line.text || "").split("\n").filter((l) => l.trim());
  return [(head || "").replace(/^【[^】]*】(?=.)/, ""), more[0]]; // who speaks stands on the screen
}

// light makes a phone light up. It returns whether a banner tells of it.
export function light(phone, line) {
  const app = phone.app;
  const glow = phone.node.querySelector(".frame");
  glow.classList.remove("lit");
  void glow.offsetWidth; // begins the glow anew
  glow.classList.add("lit");
  clearTimeout(phone.glowing);
  phone.glowing = setTimeout(() => glow.classList.remove("lit"), shown);
  if (inUse(phone)) return false;
  const covered = document.body.classList.contains("desked") && matchMedia("(max-width: 1120px)").matches;
  const narrow = covered || matchMedia("(max-width: 940px)").matches; // no room within the phone, or nobody sees it
  const box = narrow ? document.getElementById("notices") : phone.banners;
  const [title, rest] = lines(line);
  const face = narrow ? h("span", { class: "face face" + (phone.n % 6), "aria-hidden": "true" }, initial(phone.who)) : icon(symbols[line.way]);
  const banner = h("div", { class: "banner " + line.way },
    h("button", { type: "button", class: "see", onclick: () => { banner.remove(); app.show(phone.n); } },
      h("span", { class: "badge" }, face),
      h("span", { class: "what" },
        h("span", { class: "by" }, ways[line.way] + " · 现在"),
        h("b", {}, narrow ? phone.who.name + "的手机亮了" : title),
        h("span", { class: "first" }, narrow ? title + (line.card ? "：" + rest : "") : rest))),
    h("button", { type: "button", class: "round", "aria-label": "收起这条提醒", onclick: () => banner.remove() }, icon("close")));
  while (box.children.length > 2) box.firstChild.remove();
  box.append(banner);
  const away = () => {
    if (banner.matches(":hover, :focus-within")) setTimeout(away, shown / 2);
    else banner.remove();
  };
  setTimeout(away, shown);
  return true;
}

// card lays out a template message or a notice.
export function card(line) {
  return h("div", { class: "bubble card " + line.way, tabindex: "-1" },
    h("p", { class: "kindly" }, icon(symbols[line.way]), line.way === "notice" ? "服务通知" : "模板消息"),
    h("h3", {}, line.card.title),
    h("dl", {}, line.card.rows.map((r) => h("div", {}, h("dt", {}, r.label), h("dd", {}, r.value)))),
    line.way === "notice" ? h("p", { class: "foots" }, "您订阅过这类通知") : "");
}
