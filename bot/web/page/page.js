// Sends the file with its progress shown, and has the page follow what happens elsewhere. All of
// it works without this script, with less to see.
"use strict";
(() => {
  const body = document.body;

  const follow = (address, every) => {
    const look = async () => {
      try {
        const answer = await fetch(address, {cache: "no-store"});
        const now = await answer.json();
        if (now.tag !== body.dataset.tag) return location.reload();
        const line = document.getElementById("progress");
        if (line && now.progress) line.textContent = now.progress;
      } catch { /* the line is gone for a while */ }
      setTimeout(look, every);
    };
    setTimeout(look, every);
  };
  if (body.dataset.state) follow(body.dataset.state, 2000);

  const form = document.getElementById("upload");
  if (!form) return;
  const note = document.getElementById("note"), bar = document.getElementById("bar");
  const button = form.querySelector("button");
  form.addEventListener("submit", (event) => {
    event.preventDefault();
    const file = document.getElementById("file").files[0];
    if (!file) return;
    if (file.size > Number(form.dataset.most)) {
      note.textContent = "这个文件太大了，没有上传。请分成几份再来。";
      return;
    }
    const send = new XMLHttpRequest();
    send.open("POST", form.action);
    send.upload.onprogress = (e) => {
      if (e.lengthComputable) bar.value = Math.floor(100 * e.loaded / e.total);
    };
    const failed = (why) => {
      note.textContent = why;
      button.disabled = false;
      bar.hidden = true;
    };
    send.onload = () => {
      if (send.status < 400) return location.reload();
      const page = new DOMParser().parseFromString(send.responseText, "text/html");
      const lines = Array.from(page.querySelectorAll("h1, p")).filter((e) => !e.querySelector("a"));
      failed(lines.map((e) => e.textContent).join("\n") || "没有传成，请再试一次。");
    };
    send.onerror = () => failed("线路断了，没有传完。请再点一次“上传”。");
    button.disabled = true;
    bar.hidden = false;
    note.textContent = "正在上传，请不要关掉这一页。";
    send.send(new FormData(form));
  });
})();
