/* Sends a file in pieces (tus 1.0) and leads on; without this script the form sends it whole.
   An interrupted upload goes on where it ended, also after the page was closed. */
"use strict";

document.querySelectorAll("form[data-upload]").forEach(function (form) {
  const PIECE_BYTES = 8 * 1024 * 1024;
  const PATIENCE_MS = [500, 1000, 2000, 4000, 8000, 15000, 30000];
  const says = form.dataset;
  const input = form.querySelector("input[type=file]");
  const drop = form.querySelector(".drop");
  const box = form.querySelector(".upload-progress");
  const bar = box.querySelector("progress");
  const status = form.querySelector(".upload-said");
  const send = form.querySelector("[data-send]");
  const token = form.elements.csrf_token.value;
  let current = null;

  function megabytes(bytes) {
    const digits = { maximumFractionDigits: 1 };
    const least = bytes > 0 ? Math.max(bytes / 1e6, 0.1) : 0;
    return least.toLocaleString(document.documentElement.lang, digits);
  }
  const faults = JSON.parse(says.faults);
  const filled = (text, ...values) => values.reduce((t, v, i) => t.replace(`{${i}}`, v), text);

  function say(text, bad) {
    status.textContent = text;
    status.classList.toggle("bad", Boolean(bad));
  }

  /* --- choosing ----------------------------------------------------------------------------- */
  const hint = document.createElement("span");
  hint.textContent = says.saysDrop;
  drop.append(hint);
  input.addEventListener("change", function () {
    const file = input.files[0];
    if (file) say(filled(says.saysChosen, file.name, megabytes(file.size)));
  });
  ["dragenter", "dragover"].forEach((name) => drop.addEventListener(name, function (event) {
    event.preventDefault();
    drop.classList.add("over");
  }));
  ["dragleave", "drop"].forEach((name) => drop.addEventListener(name, function (event) {
    event.preventDefault();
    drop.classList.remove("over");
  }));
  drop.addEventListener("drop", function (event) {
    if (!event.dataTransfer.files.length || current) return;
    const one = new DataTransfer();
    one.items.add(event.dataTransfer.files[0]);
    input.files = one.files;
    input.dispatchEvent(new Event("change"));
  });

  /* --- sending ------------------------------------------------------------------------------ */
  function ask(method, address, headers, body, progress) {
    return new Promise(function (resolve, reject) {
      const request = new XMLHttpRequest();
      request.open(method, address);
      const all = { "Tus-Resumable": "1.0.0", "X-CSRF-Token": token, ...headers };
      Object.entries(all).forEach(([name, value]) => request.setRequestHeader(name, value));
      if (progress) request.upload.addEventListener("progress", (e) => progress(e.loaded));
      request.addEventListener("load", () => resolve(request));
      request.addEventListener("error", () => reject(new Error("offline")));
      request.addEventListener("abort", () => reject(new Error("cancelled")));
      if (current) current.request = request;
      request.send(body || null);
    });
  }

  /** What the service says of a request that it refused, in the words of this page. */
  function refusal(answer) {
    const error = new Error("refused");
    try {
      error.words = faults[JSON.parse(answer.responseText).type.split(":").pop()];
    } catch {
      /* no problem details, as from a proxy */
    }
    return error;
  }

  const key = (file) => `upload:${file.name}:${file.size}:${file.lastModified}`;
  const base64 = (text) =>
    btoa(String.fromCharCode(...new TextEncoder().encode(text)));

  async function begin(file) {
    const known = localStorage.getItem(key(file));
    if (known) {
      const head = await ask("HEAD", `${says.upload}/${known}`);
      if (head.status === 200) {
        say(says.saysAgain);
        return { id: known, offset: Number(head.getResponseHeader("Upload-Offset")) };
      }
      localStorage.removeItem(key(file));
    }
    const made = await ask("POST", says.upload, {
      "Upload-Length": String(file.size),
      "Upload-Metadata": `filename ${base64(file.name)}`,
    });
    if (made.status !== 201) throw refusal(made);
    const id = made.getResponseHeader("Location").split("/").pop();
    localStorage.setItem(key(file), id);
    return { id: id, offset: 0 };
  }

  async function sendAll(file, upload) {
    let failed = 0;
    while (upload.offset < file.size) {
      if (current.cancelled) throw new Error("cancelled");
      try {
        const piece = file.slice(upload.offset, upload.offset + PIECE_BYTES);
        const answer = await ask("PATCH", `${says.upload}/${upload.id}`, {
          "Upload-Offset": String(upload.offset),
          "Content-Type": "application/offset+octet-stream",
        }, piece, (sent) => show(file, upload.offset + sent));
        if (answer.status === 204) {
          upload.offset = Number(answer.getResponseHeader("Upload-Offset"));
          failed = 0;
          show(file, upload.offset);
          continue;
        }
        if (![409, 423, 500, 502, 503, 504].includes(answer.status)) throw refusal(answer);
      } catch (error) {
        if (error.message !== "offline") throw error;
      }
      if (failed >= 40) throw new Error("offline");
      say(says.saysWaiting);
      await new Promise((r) => setTimeout(r, PATIENCE_MS[Math.min(failed++, PATIENCE_MS.length - 1)]));
      try {
        const head = await ask("HEAD", `${says.upload}/${upload.id}`);
        if (head.status === 200) upload.offset = Number(head.getResponseHeader("Upload-Offset"));
        else if (head.status < 500) throw refusal(head);
      } catch (error) {
        if (error.message !== "offline") throw error;
      }
    }
  }

  /** Give an upload up; the piece that was on its way may hold it for a moment. */
  async function forget(id) {
    for (const pause of PATIENCE_MS) {
      try {
        const answer = await ask("DELETE", `${says.upload}/${id}`);
        if (![423, 500, 502, 503, 504].includes(answer.status)) return;
      } catch {
        /* the connection is away: once more */
      }
      await new Promise((resolve) => setTimeout(resolve, pause));
    }
  }

  function show(file, bytes) {
    bar.value = file.size ? Math.min(bytes, file.size) / file.size : 1;
    say(filled(says.saysSending, megabytes(Math.min(bytes, file.size)), megabytes(file.size)));
  }

  function busy(on) {
    box.hidden = !on;
    send.hidden = on;
    form.querySelectorAll("input, select").forEach((field) => { field.disabled = on; });
  }

  form.addEventListener("submit", async function (event) {
    event.preventDefault();
    if (current) return;
    const file = input.files[0];
    if (!file) return say(says.saysNone, true);
    if (file.size > Number(says.maxBytes)) return say(says.saysLarge, true);
    const words = new URLSearchParams();
    new FormData(form).forEach(function (value, name) {
      if (typeof value === "string" && value && name !== "csrf_token") words.set(name, value);
    });
    const language = new URLSearchParams(location.search).get("lang");
    if (language) words.set("lang", language);
    current = { cancelled: false, request: null, id: null };
    busy(true);
    box.querySelector("[data-cancel]").focus();
    try {
      const upload = await begin(file);
      current.id = upload.id;
      await sendAll(file, upload);
      localStorage.removeItem(key(file));
      say(says.saysDone);
      location.assign(`${says.next}${upload.id}?${words}`);
    } catch (error) {
      const { cancelled, id } = current;
      current = null;
      busy(false);
      send.focus();
      if (cancelled) {
        localStorage.removeItem(key(file));
        if (id) forget(id);
        say(says.saysCancelled);
      } else {
        say(error.words || says.saysFailed, true);
      }
    }
  });

  form.querySelector("[data-cancel]").addEventListener("click", function () {
    if (!current) return;
    current.cancelled = true;
    if (current.request) current.request.abort();
  });
});
