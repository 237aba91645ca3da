// The palette (Ctrl K, ⌘K): pages of the navigation by name, everything else by asking the server.
// The arrows move, Enter opens; the field keeps the focus all the while.
(function () {
  "use strict";
  const dialog = document.getElementById("palette");
  if (!dialog) return;
  const words = dialog.querySelector(".palette-words");
  const pages = dialog.querySelector("[data-palette-pages]");
  const found = document.getElementById("palette-found");
  const options = () => [...dialog.querySelectorAll('[role="option"]')].filter((each) => each.offsetParent);
  const plain = (text) => text.trim().toLowerCase();

  // What the navigation offers this person, once: it is theirs by role.
  document.querySelectorAll("#side .side-nav .side-link").forEach((link, number) => {
    const option = document.createElement("a");
    option.className = "found-hit";
    option.id = `palette-page-${number}`;
    option.href = link.href;
    option.setAttribute("role", "option");
    option.append(...[...link.childNodes].map((node) => node.cloneNode(true)));
    pages.append(option);
  });

  function narrow() {
    const typed = plain(words.value);
    for (const option of pages.querySelectorAll('[role="option"]')) option.hidden = !plain(option.textContent).includes(typed);
    pages.hidden = !pages.querySelector('[role="option"]:not([hidden])');
    choose(options()[0]);
  }

  function choose(option) {
    for (const each of dialog.querySelectorAll('[aria-selected="true"]')) each.removeAttribute("aria-selected");
    words.removeAttribute("aria-activedescendant");
    if (!option) return;
    option.setAttribute("aria-selected", "true");
    words.setAttribute("aria-activedescendant", option.id);
    option.scrollIntoView({ block: "nearest" });
  }

  function step(by) {
    const all = options();
    const here = all.findIndex((each) => each.getAttribute("aria-selected") === "true");
    choose(all[(here + by + all.length) % all.length]);
  }

  function open() {
    if (dialog.open) return;
    if (document.querySelector("dialog[open]")) return;
    words.value = "";
    found.replaceChildren();
    dialog.showModal();
    narrow();
    words.focus();
  }

  document.addEventListener("keydown", (event) => {
    if (!(event.ctrlKey || event.metaKey) || event.altKey || event.shiftKey || event.key.toLowerCase() !== "k") return;
    event.preventDefault();
    if (dialog.open) dialog.close();
    else open();
  });
  document.addEventListener("click", (event) => {
    if (event.target.closest("[data-palette-open]")) { event.preventDefault(); open(); }
    if (event.target === dialog) dialog.close(); // its backdrop
  });
  words.addEventListener("input", narrow);
  words.addEventListener("keydown", (event) => {
    if (event.isComposing) return;
    if (event.key === "ArrowDown" || event.key === "ArrowUp") { event.preventDefault(); step(event.key === "ArrowDown" ? 1 : -1); }
    if (event.key === "Enter") { event.preventDefault(); dialog.querySelector('[aria-selected="true"]')?.click(); }
  });
  dialog.addEventListener("mousemove", (event) => {
    const option = event.target.closest('[role="option"]');
    if (option && option.getAttribute("aria-selected") !== "true") choose(option);
  });
  found.addEventListener("htmx:afterSwap", () => { if (!dialog.querySelector('[aria-selected="true"]')?.offsetParent) choose(options()[0]); });
  // A restored page (the back button) comes without what was open on it.
  addEventListener("pageshow", (event) => { if (event.persisted && dialog.open) dialog.close(); });
})();
