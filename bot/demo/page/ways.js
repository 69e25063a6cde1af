// The words for where a push goes, the same wherever they are shown.

// ways names every way and state, in the order in which they are listed.
export const ways = {
  customer: "客服消息", notice: "订阅通知", template: "模板消息", inbox: "站内", door: "上门",
  later: "等早上", skipped: "跳过", failed: "失败", unknown: "未知", waiting: "等着", none: "不在名单",
};

// hints say what a state means, where its name does not.
export const hints = {
  inbox: "下次来的时候提一句", unknown: "可能收到了，不会自动再发", waiting: "到时候自己发",
};

export const routes = ["customer", "notice", "template"];
