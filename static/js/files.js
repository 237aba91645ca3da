// Files can be dropped on any [data-drop="#form"]; what is chosen or dropped is sent at once.
(function () {
  "use strict";
  const place = (event) => event.dataTransfer?.types.includes("Files") && event.target.closest?.("[data-drop]");

  document.addEventListener("dragover", (event) => {
    const card = place(event);
    document.querySelectorAll(".is-dropping").forEach((each) => each.classList.toggle("is-dropping", each === card));
    if (!card) return;
    event.preventDefault();
    card.classList.add("is-dropping");
  });
  document.addEventListener("dragleave", (event) => {
    const card = event.target.closest?.("[data-drop]");
    if (card && !card.contains(event.relatedTarget)) card.classList.remove("is-dropping");
  });
  document.addEventListener("drop", (event) => {
    const card = place(event);
    if (!card) return;
    event.preventDefault();
    card.classList.remove("is-dropping");
    const form = document.querySelector(card.dataset.drop);
    form.querySelector("input[type=file]").files = event.dataTransfer.files;
    form.requestSubmit();
  });
  document.addEventListener("change", (event) => {
    if (event.target.matches("[data-drop] input[type=file]") && event.target.files.length) event.target.form.requestSubmit();
  });
})();
