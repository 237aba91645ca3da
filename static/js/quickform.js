// What was typed is never lost: forms marked data-keep="name" survive errors, a closed tab's
// reload and an ended session, for the same person only, and are forgotten once sent or signed out.
(function () {
  "use strict";
  const person = document.documentElement.dataset.person || "";
  const SECRET = "[type=password], [type=hidden], [type=file]";
  const storage = (() => { try { return window.sessionStorage; } catch { return null; } })();
  if (!storage) return;
  const slot = (form) => `keep:${person}:${form.dataset.keep}`;
  const controls = (form) => [...form.elements].filter((each) => each.name && !each.matches(SECRET));

  function save(form) {
    const values = controls(form).filter((each) => (each.matches("[type=checkbox], [type=radio]") ? each.checked : each.value))
      .map((each) => [each.name, each.value]);
    storage.setItem(slot(form), JSON.stringify(values));
  }

  function restore(form) {
    const text = storage.getItem(slot(form));
    if (!text || form.querySelector(".field-wrong")) return; // the server sent back what was typed
    for (const [name, value] of JSON.parse(text)) {
      const control = controls(form).find((each) => each.name === name && (!each.matches("[type=checkbox], [type=radio]") || each.value === value));
      if (!control) continue;
      if (control.matches("[type=checkbox], [type=radio]")) control.checked = true;
      else if (!control.value || control.matches("select") || "keepOver" in form.dataset) control.value = value;
    }
  }

  // `data-saved="name"` on any element of the answer says that the form of that name arrived.
  function forgetSaved(root) {
    root.querySelectorAll?.("[data-saved]").forEach((mark) => storage.removeItem(`keep:${person}:${mark.dataset.saved}`));
  }
  forgetSaved(document);
  document.addEventListener("htmx:load", (event) => forgetSaved(event.detail.elt));

  const kept = (target) => target.closest?.("form[data-keep]");
  document.addEventListener("input", (event) => { const form = kept(event.target); if (form) save(form); });
  document.querySelectorAll("form[data-keep]").forEach(restore);
  document.addEventListener("htmx:load", (event) => event.detail.elt.querySelectorAll?.("form[data-keep]").forEach(restore));

  document.addEventListener("submit", (event) => {
    if (event.target.matches("form[data-forget]")) {
      Object.keys(storage).filter((key) => key.startsWith("keep:")).forEach((key) => storage.removeItem(key));
    }
  });
})();
