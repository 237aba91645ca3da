// Deeds of a person who has lost the connection. A form marked data-deed="Accept Pat Lee" that can't
// be sent is kept in this browser, and sent once when the connection is back: each try carries the
// same Idempotency-Key, so a deed whose answer was lost on the way is not done twice. What became
// of it is said by the server's own words: done, or who has the lead by now.
(function () {
  "use strict";
  const person = document.documentElement.dataset.person || "";
  const slot = `deeds:${person}`;
  const counter = document.querySelector("[data-deeds-waiting]");
  if (!person) return;

  function waiting() {
    try { return JSON.parse(localStorage.getItem(slot)) || []; } catch { return []; }
  }
  function keep(deeds) {
    try { localStorage.setItem(slot, JSON.stringify(deeds)); } catch { return false; }
    show();
    return true;
  }
  const forget = (key) => keep(waiting().filter((deed) => deed.key !== key));

  // What waits is counted in the banner and marked in its row, which takes no second deed.
  function show() {
    const deeds = waiting();
    if (counter) counter.textContent = deeds.length ? ` ${deeds.length === 1 ? "One deed of yours waits" : `${deeds.length} deeds of yours wait`} and will be sent when it is back.` : "";
    for (const row of document.querySelectorAll("[data-row]")) {
      const mine = deeds.find((deed) => deed.row === row.dataset.row);
      row.classList.toggle("is-waiting", Boolean(mine));
      row.querySelectorAll(".row-actions button").forEach((button) => { if (mine) button.disabled = true; else if (button.dataset.waits) button.disabled = false; button.dataset.waits = mine ? "1" : ""; });
      let note = row.querySelector(".row-waits");
      if (mine && !note) {
        note = document.createElement("span");
        note.className = "row-sub row-waits";
        row.querySelector(".queue-state")?.append(note);
      }
      if (note) note.textContent = mine ? `Waits for the connection: ${mine.label}` : "";
    }
  }

  function say(text, wrong = false) {
    const toast = document.createElement("div");
    toast.className = `toast-item toast-${wrong ? "error" : "info"}`;
    toast.setAttribute("role", wrong ? "alert" : "status");
    toast.dataset.toast = "";
    toast.textContent = text;
    document.getElementById("toasts")?.append(toast);
  }

  const deedForm = (elt) => elt?.closest?.("form[data-deed]");
  const keys = new WeakMap();

  document.addEventListener("htmx:configRequest", (event) => {
    const form = event.detail.verb === "post" && deedForm(event.detail.elt);
    // A deed that by itself changes nothing the second time needs no key.
    if (!form || form.hasAttribute("data-deed-safe")) return;
    if (!keys.has(form)) keys.set(form, crypto.randomUUID?.() || `${Date.now()}-${Math.random()}`);
    event.detail.headers["Idempotency-Key"] = keys.get(form);
  });
  // An answer of whatever kind ends this try: the next one is a new deed.
  document.addEventListener("htmx:afterRequest", (event) => {
    const { xhr, elt } = event.detail;
    if (xhr?.status && ![502, 503, 504].includes(xhr.status)) keys.delete(deedForm(elt));
  });

  // When it was done, by the clock of whoever did it: a touch is logged at its real time.
  function localMoment() {
    const zone = document.documentElement.dataset.zone || undefined;
    const words = new Intl.DateTimeFormat("sv-SE", { timeZone: zone, dateStyle: "short", timeStyle: "medium" });
    return words.format(new Date()).replace(" ", "T");
  }

  function lost(event) {
    const { elt, requestConfig } = event.detail;
    const form = requestConfig?.verb === "post" && deedForm(elt);
    if (!form) return open(event);
    const body = new URLSearchParams(requestConfig.formData || requestConfig.parameters);
    if (body.has("occurred_at") && !body.get("occurred_at")) body.set("occurred_at", localMoment());
    body.delete("csrfmiddlewaretoken");
    const path = new URL(requestConfig.path, location.href).pathname;
    const row = form.closest("[data-row]")?.dataset.row || sheetRow;
    const deed = { key: requestConfig.headers["Idempotency-Key"] || "", path, body: body.toString(), label: form.dataset.deed, row };
    deed.key ||= `safe:${path}`;
    keys.delete(form);
    if (!keep([...waiting().filter((other) => other.key !== deed.key), deed])) return say("This browser can keep nothing: do it again when the connection is back.", true);
    document.getElementById("sheet")?.close();
    say(`No connection. “${deed.label}” is kept and will be sent when it is back.`);
  }
  document.addEventListener("htmx:sendError", lost);
  document.addEventListener("htmx:timeout", lost);
  document.addEventListener("htmx:responseError", (event) => {
    if ([502, 503, 504].includes(event.detail.xhr.status)) lost(event);
  });

  // A form that has to be fetched is there for those who are cut off: data-sheet-offline="name"
  // on its button's form is answered by <template id="offline-name">.
  let sheetRow = "";
  document.addEventListener("htmx:beforeRequest", (event) => {
    if (!document.getElementById("sheet")?.open) sheetRow = event.detail.elt.closest?.("[data-row]")?.dataset.row || "";
  });
  function open(event) {
    const opener = event.detail.elt;
    const template = document.getElementById(`offline-${opener?.dataset?.sheetOffline}`);
    const body = document.getElementById("sheet-body");
    if (!template || !body) return;
    const part = template.content.cloneNode(true), form = part.querySelector("form");
    const path = new URL(opener.getAttribute("hx-get"), location.href).pathname;
    form.setAttribute("action", path);
    form.setAttribute("hx-post", path);
    form.dataset.keep = path;
    form.dataset.deed = opener.dataset.offlineTitle;
    part.querySelector("#sheet-title").textContent = opener.dataset.offlineTitle;
    body.replaceChildren(part);
    window.htmx.process(body);
    window.htmx.trigger(body, "htmx:afterSettle", { target: body, elt: body });
  }

  // One tab sends, one deed after the other, in the order in which they were done.
  let sending = false;
  async function send() {
    if (sending || !waiting().length || navigator.onLine === false) return;
    sending = true;
    try {
      if (navigator.locks) await navigator.locks.request(slot, sendAll);
      else await sendAll();
    } finally { sending = false; }
  }

  async function sendAll() {
    let done = 0;
    for (const deed of waiting()) {
      const answer = await post(deed);
      if (!answer) break; // still cut off, or signed out
      forget(deed.key);
      await tell(deed, answer);
      done += 1;
    }
    show();
    if (done) document.querySelectorAll('[hx-trigger*="refresh"]').forEach((element) => window.htmx.trigger(element, "refresh"));
  }

  async function post(deed) {
    const headers = { ...JSON.parse(document.body.getAttribute("hx-headers") || "{}"), "HX-Request": "true" };
    if (!deed.key.startsWith("safe:")) headers["Idempotency-Key"] = deed.key;
    try {
      const answer = await fetch(deed.path, { method: "POST", headers, body: new URLSearchParams(deed.body), credentials: "same-origin" });
      if ([502, 503, 504].includes(answer.status)) return null;
      if (/\/accounts\/login\//.test(answer.url)) { document.getElementById("signed-out").hidden = false; return null; }
      if (answer.status === 403 && read(await answer.clone().text()).querySelector("[data-stale]")) {
        // Signed in anew since, or somebody else is: the next page of this person's sends it.
        document.getElementById("signed-out").hidden = false;
        return null;
      }
      return answer;
    } catch { return null; }
  }

  const read = (text) => new DOMParser().parseFromString(text, "text/html");

  // The server's toasts say what became of it; a form sent back, what was wrong with it.
  async function tell(deed, answer) {
    const page = read(await answer.text());
    const toasts = [...page.querySelectorAll("[data-toast]")];
    document.getElementById("toasts")?.append(...toasts);
    if (toasts.length || answer.ok) return;
    const wrong = [...page.querySelectorAll(".field-error, .alert-danger")].map((each) => each.textContent.trim()).join(" ");
    say(`“${deed.label}” was not done: ${wrong || (answer.status === 403 ? "you may not do that any more." : "the lead is no longer there for you.")}`, true);
  }

  addEventListener("online", send);
  addEventListener("storage", (event) => { if (event.key === slot) show(); });
  document.addEventListener("htmx:afterRequest", (event) => {
    const status = event.detail.xhr?.status;
    if (status && status < 500) send();
  });
  document.addEventListener("htmx:afterSettle", show);
  show();
  send();
})();
