// Light or dark before the first pixel: follows the system until somebody chooses otherwise.
// Loaded in the head, without defer, so that no page flashes.
(function () {
  "use strict";
  const system = matchMedia("(prefers-color-scheme: dark)");
  const root = document.documentElement;

  function chosen() {
    try { return localStorage.getItem("theme"); } catch { return null; }
  }

  function apply() {
    root.setAttribute("data-bs-theme", chosen() || (system.matches ? "dark" : "light"));
    root.dispatchEvent(new CustomEvent("themechange"));
  }

  function toggle() {
    const next = root.getAttribute("data-bs-theme") === "dark" ? "light" : "dark";
    const followsSystem = next === (system.matches ? "dark" : "light");
    try {
      if (followsSystem) localStorage.removeItem("theme");
      else localStorage.setItem("theme", next);
    } catch { /* storage refused: the choice lasts for this page */ }
    root.setAttribute("data-bs-theme", next);
    root.dispatchEvent(new CustomEvent("themechange"));
  }

  apply();
  system.addEventListener("change", apply);
  addEventListener("storage", (event) => { if (event.key === "theme") apply(); });
  document.addEventListener("click", (event) => {
    if (event.target.closest("[data-theme-toggle]")) toggle();
  });
})();
