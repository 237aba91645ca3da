// The frame: navigation on a narrow screen, toasts that leave by themselves, copy buttons.
(function () {
  "use strict";
  const root = document.documentElement;
  const TOAST_MS = 8000;

  function openNav(event) {
    event.preventDefault();
    root.classList.add("nav-open");
    root.classList.remove("nav-closed");
    document.querySelector("#side a")?.focus();
  }

  function closeNav() {
    if (!root.classList.contains("nav-open") && location.hash !== "#side") return;
    root.classList.remove("nav-open");
    root.classList.add("nav-closed");
    document.querySelector("[data-nav-open]")?.focus();
  }

  document.addEventListener("click", (event) => {
    const at = (selector) => event.target.closest(selector);
    if (at("[data-nav-open]")) openNav(event);
    else if (at("[data-nav-close]")) { event.preventDefault(); closeNav(); }
    else if (root.classList.contains("nav-open") && !at("#side")) closeNav();
    if (at("[data-toast-close]")) at("[data-toast]").remove();
    if (at("[data-dialog-close]")) at("dialog").close();
    if (at("[data-dialog-open]")) document.getElementById(at("[data-dialog-open]").dataset.dialogOpen)?.showModal();
    if (at("[data-copy]")) copy(at("[data-copy]"));
  });
  document.addEventListener("click", (event) => {
    for (const menu of document.querySelectorAll("details.menu[open]")) if (!menu.contains(event.target)) menu.open = false;
  });
  document.addEventListener("keydown", (event) => {
    if (event.key !== "Escape") return;
    closeNav();
    const menu = document.querySelector("details.menu[open]");
    if (menu) { menu.open = false; menu.querySelector("summary").focus(); }
  });

  // What is wrong comes first: the keyboard goes to the first field that was refused; where the
  // form as a whole was, to the first that has to be typed again.
  function toWrong(root) {
    const whole = root.querySelector?.("form .alert-danger")?.closest("form");
    const wrong = root.querySelector?.(".is-invalid, .field-wrong input")
      || [...whole?.elements || []].find((each) => each.matches("input:not([type=hidden])") && !each.value);
    if (wrong && wrong.offsetParent) wrong.focus();
  }
  toWrong(document);
  document.addEventListener("htmx:afterSettle", (event) => toWrong(event.detail.elt));

  async function copy(button) {
    const text = document.getElementById(button.dataset.copy).textContent.trim();
    await navigator.clipboard.writeText(text);
    button.querySelector("[data-copied]")?.removeAttribute("hidden");
  }

  // A toast stays while it is pointed at or holds the focus, and errors stay until dismissed.
  function watchToast(toast) {
    if (toast.dataset.watched) return;
    toast.dataset.watched = "1";
    if (toast.classList.contains("toast-error")) return;
    const leave = () => {
      if (toast.matches(":hover, :focus-within")) setTimeout(leave, 1500);
      else toast.remove();
    };
    setTimeout(leave, TOAST_MS);
  }

  const toasts = document.getElementById("toasts");
  if (toasts) {
    const watchAll = () => toasts.querySelectorAll("[data-toast]").forEach(watchToast);
    watchAll();
    new MutationObserver(watchAll).observe(toasts, { childList: true, subtree: true });
  }
})();
