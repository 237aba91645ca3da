// The calendar's form: more rows for days of its own, emptied rows, Monday's hours for all.
(function () {
  "use strict";
  const form = document.getElementById("calendar");
  if (!form) return;
  const rows = form.querySelector("[data-extra]");
  const pattern = form.querySelector("[data-extra-row]");
  const total = form.querySelector("[name$=TOTAL_FORMS]");
  form.querySelectorAll("[data-extra-add], [data-extra-remove], [data-copy-monday]").forEach((each) => { each.hidden = false; });

  const changed = () => form.dispatchEvent(new Event("input", { bubbles: true }));

  function add() {
    const holder = document.createElement("template");
    holder.innerHTML = pattern.innerHTML.replaceAll("__prefix__", total.value);
    holder.content.querySelector("[data-extra-remove]").hidden = false;
    rows.append(holder.content);
    total.value = Number(total.value) + 1;
    rows.lastElementChild.querySelector("input").focus();
  }

  function empty(row) {
    row.querySelectorAll("input").forEach((input) => { input.value = ""; });
    row.hidden = true;
    changed();
  }

  form.addEventListener("click", (event) => {
    if (event.target.closest("[data-extra-add]")) add();
    const remove = event.target.closest("[data-extra-remove]");
    if (remove) empty(remove.closest("[data-extra-day]"));
    if (event.target.closest("[data-copy-monday]")) {
      for (const day of [1, 2, 3, 4]) form.elements[`day${day}`].value = form.elements.day0.value;
      changed();
    }
  });
})();
