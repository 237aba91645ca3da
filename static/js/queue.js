// The queue under the reader's hand: while the pointer is at work on the rows, rows that would
// move are held back and announced; they come as soon as it rests or leaves. New rows flash.
(function () {
  "use strict";
  const queue = document.querySelector("[data-queue]");
  const held = document.getElementById("queue-held");
  if (!queue || !held) return;
  const REST_MS = 4000;      // a pointer still for so long is not about to click
  const GUARD_MS = 400;      // a click that lands on rows which moved this moment is not meant
  const ASK_MS = 2000;       // an answer may take so long before it is asked for again
  let asked = 0, pointed = 0, over = false, pending = false, moved = 0, known = ids(queue);

  function ids(root) {
    return [...root.querySelectorAll("[data-row]")].map((row) => row.dataset.row);
  }

  queue.addEventListener("pointermove", (event) => {
    if (event.pointerType === "touch") return;
    over = Boolean(event.target.closest("[data-row]"));
    pointed = Date.now();
  });
  queue.addEventListener("pointerleave", () => { over = false; show(); });
  held.addEventListener("click", (event) => { if (event.target.closest("[data-queue-show]")) { over = false; show(); } });
  setInterval(() => { if (pending && !busy()) show(); }, 500);

  const busy = () => Boolean(document.querySelector("dialog[open]")) || (over && Date.now() - pointed < REST_MS);

  function show() {
    // Still pending until the rows are there: only then may the poll be answered "unchanged".
    if (!pending || busy() || Date.now() - asked < ASK_MS) return;
    asked = Date.now();
    held.hidden = true;
    window.htmx?.trigger(queue, "refresh");
  }

  // The poll asks for what the address says now, whatever filter has changed it since. First of
  // all, so that live.js compares the right address with the validator it has.
  document.addEventListener("htmx:configRequest", (event) => {
    if (event.detail.elt === queue) event.detail.path = queue.getAttribute("hx-get") + location.search;
  }, true);
  // While rows are held the poll asks for everything again: nothing that was not shown is lost.
  document.addEventListener("htmx:configRequest", (event) => {
    if (event.detail.elt === queue && pending) delete event.detail.headers["If-None-Match"];
  });

  function news(fresh) {
    const came = fresh.filter((id) => !known.includes(id)).length;
    const went = known.filter((id) => !fresh.includes(id)).length;
    const words = [came && `${came} new`, went && `${went} gone`].filter(Boolean).join(", ");
    held.querySelector("[data-queue-news]").textContent = words || "The order has changed";
  }

  document.addEventListener("htmx:beforeSwap", (event) => {
    if (event.detail.target !== queue || !event.detail.shouldSwap) return;
    const answer = new DOMParser().parseFromString(event.detail.xhr.responseText, "text/html");
    const fresh = ids(answer);
    const same = fresh.length === known.length && fresh.every((id, n) => id === known[n]);
    if (event.detail.elt !== queue || same || !busy()) return;
    event.detail.shouldSwap = false;
    pending = true;
    news(fresh);
    held.hidden = false;
  });

  // The row somebody is on stays where it is on the screen, whatever comes above it; what was
  // chosen stays chosen.
  let anchor = null, chosen = [];
  const boxes = () => [...queue.querySelectorAll("input[name=lead]")];
  document.addEventListener("htmx:afterSwap", (event) => {
    if (event.detail.target !== queue) return;
    for (const box of boxes()) box.checked = chosen.includes(box.value);
  });
  document.addEventListener("htmx:beforeSwap", (event) => {
    if (event.detail.target !== queue) return;
    chosen = boxes().filter((box) => box.checked).map((box) => box.value);
    const row = queue.querySelector("[data-row].is-current");
    anchor = row ? { id: row.id, top: row.getBoundingClientRect().top } : null;
  });

  document.addEventListener("htmx:afterSettle", (event) => {
    if (event.detail.target !== queue) return;
    const fresh = ids(queue);
    const order = fresh.join() !== known.join();
    // After a deed of one's own the next click is meant.
    if (order && event.detail.requestConfig?.verb === "get") moved = Date.now();
    fresh.filter((id) => !known.includes(id)).forEach((id) => document.getElementById(`row-${id}`)?.classList.add("fresh"));
    known = fresh;
    pending = false;
    held.hidden = true;
    const row = anchor && document.getElementById(anchor.id);
    if (row && order) scrollBy(0, row.getBoundingClientRect().top - anchor.top);
  });

  queue.addEventListener("click", (event) => {
    // detail is 0 for a click by keyboard, which names its row.
    if (event.detail && Date.now() - moved < GUARD_MS) { event.preventDefault(); event.stopPropagation(); }
  }, true);
})();
