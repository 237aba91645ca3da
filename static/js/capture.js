// Choosing rows: one box for all of them, and the button says how many.
(function () {
  "use strict";
  const form = document.querySelector("form[data-choose]");
  if (!form) return;
  const all = form.querySelector("[data-choose-all]");
  const boxes = [...form.querySelectorAll("input[name=lead]:not(:disabled)")];
  const count = form.querySelector("[data-chosen-count]");

  function show() {
    const chosen = boxes.filter((box) => box.checked).length;
    count.textContent = chosen ? String(chosen) : "";
    all.checked = chosen > 0 && chosen === boxes.length;
    all.indeterminate = chosen > 0 && chosen < boxes.length;
  }

  all.addEventListener("change", () => { boxes.forEach((box) => { box.checked = all.checked; }); show(); });
  boxes.forEach((box) => box.addEventListener("change", show));
  show();
})();
