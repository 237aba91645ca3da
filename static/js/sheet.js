// The dialog that forms are fetched into: opens when filled, closes when the deed is done, and
// gives the focus back to the row or button it came from.
(function () {
  "use strict";
  const sheet = document.getElementById("sheet");
  if (!sheet) return;
  const body = sheet.querySelector("#sheet-body");
  let opener = "";

  document.addEventListener("htmx:beforeRequest", (event) => {
    if (!sheet.open) opener = document.activeElement?.id || event.detail.elt.querySelector?.("[id]")?.id || "";
  });

  document.addEventListener("htmx:afterSettle", (event) => {
    if (event.detail.target !== body || !body.childElementCount) return;
    if (!sheet.open) sheet.showModal();
    const first = body.querySelector(".is-invalid, .field-wrong input") || body.querySelector("[autofocus]")
      || body.querySelector("input:not([type=hidden]):not([disabled]), textarea, select");
    (first || body.querySelector("button"))?.focus();
  });

  function close() {
    if (sheet.open) sheet.close();
  }

  sheet.addEventListener("close", () => {
    body.replaceChildren();
    const back = document.getElementById(opener);
    if (back && document.activeElement !== back) back.focus({ preventScroll: true });
  });
  document.addEventListener("sheet-close", close);

  // A call is logged in two keys: one opens the sheet with the focus on its outcomes, a number there
  // is that outcome. Whoever has more to say just types: letters begin the note.
  sheet.addEventListener("keydown", (event) => {
    if (!event.target.matches(".outcomes .btn") || event.ctrlKey || event.metaKey || event.altKey) return;
    const outcome = /^[1-9]$/.test(event.key) && event.target.parentElement.children[event.key - 1];
    if (outcome) { event.preventDefault(); outcome.click(); }
    else if (/^\p{L}$/u.test(event.key)) body.querySelector("textarea")?.focus();
  });

  // The menu of further deeds closes like a menu.
  const menus = (but) => document.querySelectorAll("details.more-deeds[open]").forEach((menu) => { if (menu !== but) menu.open = false; });
  document.addEventListener("click", (event) => menus(event.target.closest("details.more-deeds > summary")?.parentElement));
  document.addEventListener("keydown", (event) => {
    const menu = event.key === "Escape" && document.querySelector("details.more-deeds[open]");
    if (menu) { menu.open = false; menu.querySelector("summary").focus(); }
  });
  document.addEventListener("click", (event) => {
    const closer = event.target.closest("[data-sheet-close]");
    if (closer && sheet.contains(closer)) { event.preventDefault(); close(); }
    else if (event.target === sheet) close(); // the backdrop
  });
})();
