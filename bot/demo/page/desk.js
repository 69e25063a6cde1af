// The staff's panel: what to tell people, what became of it, and the platform's switches.
import { h, icon } from "./dom.js";
import { Tell } from "./tell.js";
import { ToldList } from "./told.js";
import { Switches } from "./switches.js";

export class Desk {
  constructor(node, button, app) {
    Object.assign(this, { node, button, app });
    this.told = new ToldList(app);
    this.tell = new Tell(app, this.told);
    this.switches = new Switches(app);
    this.shut = h("button", { type: "button", class: "tool", "aria-label": "关上", onclick: () => this.close(true) }, icon("close"));
    this.pages = { tell: h("div", {}, this.tell.node, this.told.node), switches: this.switches.node };
    this.tabs = { tell: this.tab("tell", "推送"), switches: this.tab("switches", "平台开关") };
    const list = h("div", { class: "tabs", role: "tablist", "aria-label": "推送和平台开关" }, Object.values(this.tabs));
    list.addEventListener("keydown", (e) => {
      if (e.key !== "ArrowLeft" && e.key !== "ArrowRight") return;
      e.preventDefault();
      this.turn(this.page === "tell" ? "switches" : "tell");
      this.tabs[this.page].focus();
    });
    for (const [name, page] of Object.entries(this.pages)) {
      page.className = "scroll";
      page.id = "desk-" + name;
      page.setAttribute("role", "tabpanel");
      page.setAttribute("aria-labelledby", "tab-" + name);
    }
    node.append(h("header", {}, list, this.shut), ...Object.values(this.pages));
    node.addEventListener("keydown", (e) => { if (e.key === "Escape") this.close(true); });
    button.addEventListener("click", () => { if (node.hidden) this.open(true); else this.close(true); });
    this.turn(app.memory.get("desk-page") === "switches" ? "switches" : "tell");
    if (app.memory.get("desk") === "1" && matchMedia("(min-width: 1121px)").matches) this.open(false);
  }

  tab(name, text) {
    return h("button", { type: "button", role: "tab", id: "tab-" + name, "aria-controls": "desk-" + name, onclick: () => this.turn(name) }, text);
  }

  turn(name) {
    this.page = name;
    this.app.memory.set("desk-page", name);
    for (const [key, tab] of Object.entries(this.tabs)) {
      tab.setAttribute("aria-selected", String(key === name));
      tab.tabIndex = key === name ? 0 : -1;
      this.pages[key].hidden = key !== name;
    }
  }

  open(asked) {
    this.node.hidden = false;
    document.body.classList.add("desked");
    this.button.setAttribute("aria-expanded", "true");
    this.app.memory.set("desk", "1");
    this.told.watch(true);
    this.app.phones.forEach((p) => p.bottom());
    if (asked) this.tabs[this.page].focus({ preventScroll: true });
  }

  close(back) {
    if (this.node.hidden) return;
    this.node.hidden = true;
    document.body.classList.remove("desked");
    this.button.setAttribute("aria-expanded", "false");
    this.app.memory.set("desk", "");
    this.told.watch(false);
    this.app.phones.forEach((p) => p.bottom());
    if (back) this.button.focus({ preventScroll: true });
  }

  // state takes the status of the event stream.
  state(s) {
    this.switches.state(s);
    this.tell.state(s);
  }
}
