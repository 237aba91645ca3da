// Every table by keyboard: j and k walk the rows marked data-row, Enter opens, other letters press
// the row's own control marked data-key="…", ? lists the keys. Never while somebody types.
(function () {
  "use strict";
  let current = null;

  const rows = () => [...document.querySelectorAll("[data-row]")].filter((row) => row.offsetParent);
  const typing = (target) => target.closest?.("input:not([type=checkbox], [type=radio]), textarea, select, [contenteditable]");
  const stored = () => { try { return localStorage.getItem("single-keys"); } catch { return null; } };
  const switchedOff = () => stored() === "off";

  function select(row, { focus = true } = {}) {
    document.querySelectorAll("[data-row].is-current").forEach((other) => other.classList.remove("is-current"));
    if (!row) return;
    current = row.dataset.row;
    row.classList.add("is-current");
    if (!row.hasAttribute("tabindex")) row.tabIndex = -1;
    if (focus) row.focus();
  }

  function step(by) {
    const all = rows();
    const here = all.findIndex((row) => row.dataset.row === current);
    const next = here < 0 ? (by > 0 ? 0 : all.length - 1) : Math.min(all.length - 1, Math.max(0, here + by));
    select(all[next]);
  }

  function press(key) {
    const row = rows().find((each) => each.dataset.row === current);
    const control = (row || document).querySelector(`[data-key="${CSS.escape(key)}"]`)
      || document.querySelector(`[data-key="${CSS.escape(key)}"][data-key-page]`);
    if (!control || control.disabled || !control.offsetParent) return false;
    if (control.hasAttribute("data-key-focus")) { control.focus(); control.select?.(); } else control.click();
    return true;
  }

  function open() {
    const row = rows().find((each) => each.dataset.row === current);
    const link = row?.querySelector('[data-key="Enter"]') || row?.querySelector("a.row-link, a[href]");
    link?.click();
    return Boolean(link);
  }

  const help = () => document.getElementById("keys");
  function toggleHelp() {
    const dialog = help();
    if (!dialog) return;
    if (dialog.open) dialog.close();
    else dialog.showModal();
  }

  function submitForm(target) {
    const form = target.closest?.("form");
    if (form) form.requestSubmit();
    return Boolean(form);
  }

  function onKey(event) {
    if ((event.ctrlKey || event.metaKey) && event.key === "Enter" && submitForm(event.target)) return event.preventDefault();
    if (event.ctrlKey || event.metaKey || event.altKey || event.isComposing || switchedOff()) return;
    // Esc leads from a field that a key led into back to the rows.
    if (event.key === "Escape" && event.target.matches?.("[data-key-focus]")) { event.target.blur(); return select(rows().find((row) => row.dataset.row === current) || rows()[0]); }
    if (typing(event.target)) return;
    if (event.key === "?") { event.preventDefault(); return toggleHelp(); }
    if (document.querySelector("dialog[open], .modal.show")) return;
    // Enter belongs to whatever link or button has the focus; a row's own Enter opens it.
    if (event.key === "Enter") { if (event.target.matches("[data-row]") && open()) event.preventDefault(); return; }
    if (event.key === "j" || event.key === "k") { event.preventDefault(); return step(event.key === "j" ? 1 : -1); }
    if (event.key.length === 1 && press(event.key)) event.preventDefault();
  }

  document.addEventListener("keydown", onKey);
  document.addEventListener("focusin", (event) => {
    const row = event.target.closest?.("[data-row]");
    if (row) select(row, { focus: false });
  });
  document.addEventListener("click", (event) => { if (event.target.closest("[data-keys-help]")) toggleHelp(); });
  document.addEventListener("change", (event) => {
    if (event.target.matches("[data-keys-switch]")) {
      try { localStorage.setItem("single-keys", event.target.checked ? "on" : "off"); } catch { /* for this page only */ }
    }
  });

  // New rows arrive under the reader: the same lead stays current; if it went, its neighbour is.
  let place = 0, focused = false;
  document.addEventListener("htmx:beforeSwap", () => {
    place = rows().findIndex((row) => row.dataset.row === current);
    focused = Boolean(document.activeElement?.closest("[data-row]"));
  });
  document.addEventListener("htmx:afterSettle", () => {
    if (current === null || place < 0) return;
    const all = rows();
    const same = all.find((row) => row.dataset.row === current) || all[Math.min(place, all.length - 1)];
    select(same, { focus: focused && !document.activeElement?.closest("[data-row]") && document.activeElement === document.body });
  });

  const box = document.querySelector("[data-keys-switch]");
  if (box) box.checked = !switchedOff();
})();
