// The page: it builds the phones, follows the event stream, and minds clock and switches.
import { h, initial, post, present, short, toast } from "./dom.js";
import { Phone } from "./phone.js";
import { Drawer } from "./drawer.js";
import { Desk } from "./desk.js";

const $ = (id) => document.getElementById(id);

// memory keeps small choices of the reader, where the browser lets it.
const memory = {
  get(key) { try { return localStorage.getItem("yishi-demo-" + key); } catch { return null; } },
  set(key, value) { try { localStorage.setItem("yishi-demo-" + key, value); } catch { /* private window */ } },
};

const app = {
  phones: [], active: 0, last: 0, ready: false, menu: [], setup: null,
  drawer: new Drawer($("drawer")), memory, base: Date.now() - performance.now(),
  now() { return this.base + performance.now(); },
};

async function start() {
  try {
    app.setup = await (await fetch("/demo/api/setup")).json();
  } catch {
    toast("演示程序没有应答，正在重试…");
    setTimeout(start, 2000);
    return;
  }
  app.setup.phones.forEach((p, n) => {
    const phone = new Phone(n, p, app);
    app.phones.push(phone);
    $("phones").append(phone.node);
    $("switcher").append(tab(p, n));
  });
  prints();
  if (app.setup.desk) {
    $("staff").hidden = false;
    app.desk = new Desk($("desk"), $("staff"), app);
  }
  choose(Math.min(Number(memory.get("phone")) || 0, app.phones.length - 1));
  listen();
}

function tab(p, n) {
  return h("button", { type: "button", onclick: () => choose(n) },
    h("span", { class: "face face" + (n % 6), "aria-hidden": "true" }, initial(p)),
    h("span", { class: "who" }, short(p)), h("span", { class: "dot", role: "img", "aria-label": "有新消息" }));
}

// choose shows one phone where the screen has room for one only.
function choose(n) {
  app.active = n;
  memory.set("phone", String(n));
  [...$("switcher").children].forEach((b, i) => {
    b.setAttribute("aria-current", String(i === n));
    if (i === n) b.classList.remove("news");
  });
  app.phones.forEach((p, i) => p.node.classList.toggle("active", i === n));
  app.phones[n].bottom();
}

// show brings one phone to the front, such as when its banner was tapped.
app.show = (n) => {
  if (app.desk && matchMedia("(max-width: 1120px)").matches) app.desk.close(false);
  choose(n);
  app.phones[n].chat.focus({ preventScroll: true });
};

// heard marks the phone that got news while another one is shown.
app.heard = (n) => { if (n !== app.active) $("switcher").children[n].classList.add("news"); };

function listen() {
  const stream = new EventSource("/demo/api/events");
  const on = (name, act) => stream.addEventListener(name, (e) => act(JSON.parse(e.data)));
  on("reset", () => {
    app.last = 0;
    app.ready = false;
    app.phones.forEach((p) => p.clear());
  });
  on("line", (line) => {
    if (line.seq && line.seq <= app.last) return;
    app.last = line.seq || app.last;
    app.phones.forEach((p, n) => { if (line.phone < 0 || line.phone === n) p.take(line); });
  });
  on("status", status);
  on("ready", () => {
    app.ready = true;
    document.body.classList.add("ready");
    document.body.classList.remove("offline");
    app.phones.forEach((p) => p.bottom());
  });
  stream.onerror = () => {
    document.body.classList.add("offline");
    toast("连接断了，正在重连…");
    if (stream.readyState === EventSource.CLOSED) setTimeout(listen, 2000);
  };
}

function status(s) {
  app.base = s.now - performance.now();
  app.menu = s.menu;
  s.phones.forEach((state, n) => app.phones[n] && app.phones[n].state(state, s.menu));
  const hours = Math.round(s.offset / 3600);
  $("ahead").textContent = hours ? "快 " + [
    hours >= 24 ? Math.floor(hours / 24) + " 天" : "", hours % 24 ? (hours % 24) + " 小时" : "",
  ].filter(Boolean).join(" ") : "";
  $("zero").disabled = s.offset === 0;
  if (app.desk) app.desk.state(s);
  tick();
}

function tick() {
  $("now").textContent = present(app.now());
  app.phones.forEach((p) => p.tick());
}
setInterval(tick, 5000);

// The switches of the header.
function toggle(id, key, apply) {
  const button = $(id);
  const set = (on) => {
    button.setAttribute("aria-pressed", String(on));
    memory.set(key, on ? "1" : "");
    apply(on);
  };
  button.addEventListener("click", () => set(button.getAttribute("aria-pressed") !== "true"));
  set(memory.get(key) === "1");
}
toggle("big", "big", (on) => {
  document.documentElement.classList.toggle("big", on);
  app.phones.forEach((p) => p.bottom());
});
toggle("wire", "wire", (on) => {
  document.body.classList.toggle("wired", on);
  if (!on) app.drawer.close();
  app.phones.forEach((p) => p.bottom());
});

function unfold(button, panel, open) {
  button.setAttribute("aria-expanded", String(open));
  panel.hidden = panel.tagName === "UL" && !open;
  panel.classList.toggle("open", open);
}
for (const [button, panel] of [[$("more"), $("tools")], [$("print"), $("prints")]]) {
  button.addEventListener("click", () => unfold(button, panel, button.getAttribute("aria-expanded") !== "true"));
  document.addEventListener("keydown", (e) => {
    if (e.key === "Escape" && panel.contains(document.activeElement)) { unfold(button, panel, false); button.focus(); }
  });
  document.addEventListener("click", (e) => {
    if (!panel.contains(e.target) && !button.contains(e.target)) unfold(button, panel, false);
  });
}

function prints() {
  const link = (text, query) => h("li", {}, h("a", { href: "/demo/api/chat" + query, download: "" }, text));
  $("prints").append(...app.setup.phones.map((p, n) => link(p.name, "?phone=" + n)), link("全部手机", ""));
}

document.querySelectorAll("[data-hours]").forEach((b) =>
  b.addEventListener("click", () => post("clock", { hours: Number(b.dataset.hours) })));
$("zero").addEventListener("click", () => post("clock", { zero: true }));
document.addEventListener("click", () => app.phones.forEach((p) => p.fold()));

start();
