// The platform's switches, each with a line on what people notice of it.
import { ask, h, toast } from "./dom.js";
import { routes, ways } from "./ways.js";

const stands = { on: "正常", off: "停用", denied: "没权限" };
const notice = {
  customer: "48 小时内说过话的人收得到，一次说话 5 条。",
  notice: "同意过的人收得到，同意一次发一次。",
  template: "关注的人都收得到，是一张卡片。",
};
const means = {
  on: "", off: "机器人不走这条路，改走下一条。", denied: "平台回 48001：先等着，一分钟试一次，改回“正常”后自己发出去。",
};

export class Switches {
  constructor(app) {
    Object.assign(this, { app, radios: {}, says: {}, days: {} });
    const people = app.setup.phones;
    this.token = h("small", {}, "");
    this.cut = this.toggle("cut", "回答断在半路", "手机收到了，机器人不知道：客服消息和订阅通知记成“未知”，不自动再发；模板消息凭编号再试，只收一次。");
    this.slow = this.toggle("slow", "平台慢 3 秒", "居民晚几秒看到，别的不变。");
    this.blocks = people.map((p, n) => this.toggle("block", p.name + "关了消息", n ? "" : "客服消息改走下一条路；模板消息先算发出，回执来了改成“失败”。", n));
    this.node = h("div", {},
      h("h3", { class: "part" }, "发送的路"), routes.map((r) => this.route(r)),
      h("h3", { class: "part" }, "令牌和回答"),
      h("div", { class: "switch" }, h("div", {}, h("b", {}, "让令牌过期"),
        h("small", {}, "下一次调用得到 42001；机器人换一个令牌再发，居民看不出来。"), this.token), this.once("过期", { do: "token" }, "令牌过期了，发一条看看")),
      this.cut.node, this.slow.node,
      h("h3", { class: "part" }, "谁关了消息"), this.blocks.map((b) => b.node),
      h("button", { type: "button", class: "wide heal", onclick: () => this.flip({ do: "heal" }, "平台都恢复了") }, "全部恢复"),
      h("p", { class: "plain" }, "额度用完的那条路，机器人记着要等到零点；恢复以后点“+1天”，或重启演示，就能看到它自己接着发。"));
  }

  async flip(what, told) {
    const done = await ask("switch", what);
    if (done && told) toast(told);
    return done;
  }

  once(text, what, told) {
    return h("button", { type: "button", class: "small", onclick: () => this.flip(what, told) }, text);
  }

  route(r) {
    const group = h("div", { class: "three", role: "radiogroup", "aria-label": ways[r] });
    this.radios[r] = {};
    for (const [set, text] of Object.entries(stands)) {
      const input = h("input", { type: "radio", name: "route-" + r, value: set });
      input.addEventListener("change", () => this.flip({ do: "route", route: r, set }));
      this.radios[r][set] = input;
      group.append(h("label", {}, input, h("span", {}, text)));
    }
    this.says[r] = h("small", {}, notice[r]);
    this.days[r] = this.once("用完今天的额度", { do: "day", route: r }, ways[r] + "：今天的额度用完了（45009）");
    return h("div", { class: "route" }, h("p", {}, h("b", {}, ways[r]), this.says[r]), group,
      h("div", { class: "pair" }, this.days[r], this.once("用完这一分钟的", { do: "minute", route: r }, ways[r] + "：这一分钟的额度用完了（45011），下一分钟自己接着发")));
  }

  toggle(what, text, says, phone) {
    const input = h("input", { type: "checkbox", role: "switch" });
    input.addEventListener("change", async () => {
      const on = input.checked;
      if (!await this.flip({ do: what, on, phone })) input.checked = !on;
    });
    return { input, node: h("label", { class: "switch" }, h("div", {}, h("b", {}, text), says ? h("small", {}, says) : ""), input, h("i", { "aria-hidden": "true" })) };
  }

  // state shows how the switches stand, on every open page alike.
  state(s) {
    const w = s.switches;
    for (const r of routes) {
      const set = w.routes[r] || "on";
      this.radios[r][set].checked = true;
      const used = w.usedUp.includes(r);
      this.says[r].textContent = (means[set] || notice[r]) + (used ? "今天的额度用完了：先等着，零点以后自己发。" : "");
      this.days[r].textContent = used ? "今天的用完了" : "用完今天的额度";
      this.days[r].disabled = used;
    }
    this.cut.input.checked = w.cut;
    this.slow.input.checked = w.slow;
    this.blocks.forEach((b, n) => { b.input.checked = Boolean(w.blocked[n]); });
    this.token.textContent = "开机以来换过 " + w.refreshes + " 个令牌。";
  }
}
