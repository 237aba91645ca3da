// A value that is changed where it stands, in the list of leads and on a lead's page.
(function () {
  "use strict";

  // A cell that can be changed: its pencil or a double click draws it as a form; Esc leaves it.
  function draw(cell, query) {
    htmx.ajax("GET", cell.dataset.cell + query, { target: cell, swap: "outerHTML settle:0ms" });
  }
  document.addEventListener("click", (event) => {
    const pencil = event.target.closest("[data-cell-edit], [data-cell-cancel]");
    if (!pencil) return;
    event.preventDefault();
    draw(pencil.closest("[data-cell]"), pencil.matches("[data-cell-cancel]") ? "?shown=1" : "");
  });
  document.addEventListener("dblclick", (event) => {
    const cell = event.target.closest("[data-cell]");
    if (cell && !cell.querySelector("form")) draw(cell, "");
  });
  document.addEventListener("keydown", (event) => {
    const form = event.key === "Escape" && event.target.closest(".cell-form");
    if (form) draw(form.closest("[data-cell]"), "?shown=1");
    // A text is sent by Enter as it is; a list of choices is not.
    const list = event.key === "Enter" && event.target.closest(".cell-form select");
    if (list) {
      event.preventDefault();
      list.form.requestSubmit();
    }
  });
})();
