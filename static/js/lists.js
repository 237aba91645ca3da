// Lists of leads and the queue (data-choosable): tick rows, and the bar of deeds appears.
// The boxes belong to the form #bulk wherever they stand, so the rows may be swapped under it.
(function () {
  "use strict";

  const bar = document.getElementById("bulk");
  if (!bar) return;
  const boxes = () => [...document.querySelectorAll("[data-choosable] input[name=lead]")];
  const every = bar.querySelector("[name=every]");

  function show() {
    const all = boxes();
    const chosen = all.filter((box) => box.checked);
    const head = document.querySelector("[data-choose-page]");
    if (head) {
      head.checked = all.length > 0 && chosen.length === all.length;
      head.indeterminate = chosen.length > 0 && !head.checked;
    }
    if (!head?.checked) every.value = "";
    bar.hidden = chosen.length === 0;
    bar.querySelector("[data-chosen]").textContent = every.value
      ? "All leads of the list" : `${chosen.length} chosen`;
    const offer = bar.querySelector("[data-choose-every]"); // not where rows are chosen one by one
    if (offer) offer.hidden = !head?.checked || Boolean(every.value) || !document.querySelector("[data-more-pages]");
  }

  document.addEventListener("change", (event) => {
    if (event.target.matches("[data-choose-page]")) boxes().forEach((box) => { box.checked = event.target.checked; });
    if (event.target.closest("[data-choosable]")) show();
  });
  bar.addEventListener("click", (event) => {
    if (event.target.closest("[data-choose-every]")) { every.value = "1"; show(); }
    if (event.target.closest("[data-choose-none]")) { boxes().forEach((box) => { box.checked = false; }); show(); }
  });
  document.addEventListener("htmx:afterSwap", () => { if (document.querySelector("[data-choosable]")) show(); });
  show();
})();
