// Small helpers to build the page. Text becomes text nodes, never markup.

// h makes an element: attributes by name, listeners by "on…", children nodes or strings.
export function h(tag, attrs, ...children) {
  const node = document.createElement(tag);
  for (const [name, value] of Object.entries(attrs || {})) {
    if (value === undefined || value === null || value === false) continue;
    if (name.startsWith("on")) node.addEventListener(name.slice(2), value);
    else if (name === "class") node.className = value;
    else node.setAttribute(name, value === true ? "" : value);
  }
  for (const child of children.flat()) {
    if (child === undefined || child === null || child === "") continue;
    node.append(child);
  }
  return node;
}

// icon draws one of the page's symbols.
export function icon(name) {
  const ns = "http://www.w3.org/2000/svg";
  const svg = document.createElementNS(ns, "svg");
  svg.setAttribute("aria-hidden", "true");
  const use = document.createElementNS(ns, "use");
  use.setAttribute("href", "#i-" + name);
  svg.append(use);
  return svg;
}

// short is a name without the role it may begin with: 小陈 for 网格员小陈.
export function short(who) {
  return who.role && who.name.startsWith(who.role) && who.name !== who.role ? who.name.slice(who.role.length) : who.name;
}

// initial is the character that stands for a person: 陈 for 小陈.
export function initial(who) {
  const name = [...short(who)];
  return name.length > 1 && "小老".includes(name[0]) ? name[1] : name[0];
}

let hiding;

// toast says something in passing.
export function toast(text) {
  const box = document.getElementById("toast");
  box.textContent = text;
  box.classList.add("shown");
  clearTimeout(hiding);
  hiding = setTimeout(() => box.classList.remove("shown"), 3500);
}

// post sends to the demo's API and says what went wrong; it resolves to true when all went well.
export async function post(path, body, headers) {
  try {
    const answer = await fetch("/demo/api/" + path, {
      method: "POST",
      body: body instanceof Blob ? body : JSON.stringify(body),
      headers: body instanceof Blob ? headers : { "Content-Type": "application/json" },
    });
    if (answer.ok) return true;
    const told = await answer.json().catch(() => ({}));
    toast(told.error || "没有成功，请再试一次");
  } catch {
    toast("演示程序没有应答，它可能停了");
  }
  return false;
}

// ask sends to the demo's API (null: only asks) and resolves to what it answers, or to null after
// saying what went wrong; quiet says nothing.
export async function ask(path, body, quiet) {
  let told = "演示程序没有应答，它可能停了";
  try {
    const answer = await fetch("/demo/api/" + path, body === null ? {} : {
      method: "POST", body: JSON.stringify(body), headers: { "Content-Type": "application/json" },
    });
    const got = await answer.json();
    if (answer.ok) return got;
    told = got.error || "没有成功，请再试一次";
  } catch { /* told below */ }
  if (!quiet) toast(told);
  return null;
}

const zone = { timeZone: "Asia/Shanghai", hour12: false, hourCycle: "h23" };
const clock = new Intl.DateTimeFormat("zh-CN", { ...zone, hour: "2-digit", minute: "2-digit" });
const day = new Intl.DateTimeFormat("zh-CN", { ...zone, year: "numeric", month: "numeric", day: "numeric" });
const weekday = new Intl.DateTimeFormat("zh-CN", { ...zone, month: "long", day: "numeric", weekday: "short" });

// moment tells a time of the chat as WeChat does, seen from now.
export function moment(at, now) {
  if (day.format(at) === day.format(now)) return clock.format(at);
  if (day.format(at) === day.format(now - 86400000)) return "昨天 " + clock.format(at);
  return weekday.format(at) + " " + clock.format(at);
}

// present tells the demo's own time.
export function present(now) {
  return weekday.format(now) + " " + clock.format(now);
}
