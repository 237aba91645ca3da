// The lead page: after a call it asks how it went, and what was unfolded stays so when a deed draws
// the page anew.
(function () {
  "use strict";
  const workspace = document.getElementById("workspace");
  if (!workspace) return;

  // The phone comes back to this page when the call is over: the outcomes wait there.
  document.addEventListener("click", (event) => {
    const log = event.target.closest("a[href^='tel:']") && document.querySelector(".call-log");
    if (log) setTimeout(() => { log.open = true; });
  });

  const named = () => [...workspace.querySelectorAll("details[id], details[data-fold]")];
  const name = (fold) => fold.id || fold.dataset.fold;
  let open = new Set();
  document.addEventListener("htmx:beforeSwap", (event) => {
    if (event.detail.target === workspace) open = new Set(named().filter((fold) => fold.open).map(name));
  });
  document.addEventListener("htmx:afterSwap", (event) => {
    if (event.detail.target === workspace) named().filter((fold) => open.has(name(fold))).forEach((fold) => { fold.open = true; });
  });
})();
