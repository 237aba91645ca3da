// Fragments that keep themselves current: an unchanged poll costs a 304, a hidden tab asks nothing,
// a lost connection and an ended session are said instead of silently showing old rows.
(function () {
  "use strict";
  const tags = new WeakMap();
  const offline = document.getElementById("offline");
  const signedOut = document.getElementById("signed-out");
  const show = (banner, on) => { if (banner) banner.hidden = !on; };
  const isPoll = (element) => /\bevery\b/.test(element.getAttribute?.("hx-trigger") || "");

  document.addEventListener("htmx:configRequest", (event) => {
    const { elt, verb, headers } = event.detail;
    const known = tags.get(elt);
    if (verb === "get" && known && known.path === event.detail.path) headers["If-None-Match"] = known.etag;
  });

  document.addEventListener("htmx:beforeRequest", (event) => {
    if (document.hidden && isPoll(event.detail.elt)) event.preventDefault();
  });

  document.addEventListener("htmx:beforeSwap", (event) => {
    // Somebody else has signed in at this browser: the page becomes theirs as a whole.
    const { person } = document.documentElement.dataset, whose = event.detail.xhr.getResponseHeader("X-Leadflow-Person");
    if (person && whose && whose !== person) {
      event.detail.shouldSwap = false;
      location.reload();
      return;
    }
    // An ended session answers with the sign-in page; it must not land between the rows.
    if (/\/accounts\/login\//.test(event.detail.xhr.responseURL)) {
      event.detail.shouldSwap = false;
      show(signedOut, true);
    }
  });

  document.addEventListener("htmx:afterRequest", (event) => {
    const { xhr, elt, successful, requestConfig } = event.detail;
    if (!xhr || xhr.status === 0) return;
    show(offline, [502, 503, 504].includes(xhr.status));
    const etag = xhr.getResponseHeader("ETag");
    if (successful && etag && requestConfig.verb === "get") tags.set(elt, { etag, path: requestConfig.path });
  });

  for (const lost of ["htmx:sendError", "htmx:timeout"]) {
    document.addEventListener(lost, () => show(offline, true));
  }
  addEventListener("offline", () => show(offline, true));
  addEventListener("online", () => refresh());
  document.addEventListener("visibilitychange", () => { if (!document.hidden) refresh(); });

  // A page come back to by "Back" is an old picture, its server time included.
  addEventListener("pageshow", (event) => {
    const [way] = performance.getEntriesByType("navigation");
    if (event.persisted || way?.type === "back_forward") refresh();
  });

  // Elements that poll also listen for `refresh`: hx-trigger="every 5s, refresh".
  function refresh() {
    document.querySelectorAll('[hx-trigger*="refresh"]').forEach((element) => {
      window.htmx?.trigger(element, "refresh");
    });
  }

  // A failed action is said in a toast; the fragment it would have replaced stays.
  document.addEventListener("htmx:responseError", (event) => {
    if (isPoll(event.detail.elt) || [502, 503, 504].includes(event.detail.xhr.status)) return;
    const toast = document.createElement("div");
    toast.className = "toast-item toast-error";
    toast.setAttribute("role", "alert");
    toast.dataset.toast = "";
    const status = event.detail.xhr.status;
    toast.textContent = status === 403 ? "You may not do that here." :
      status === 404 ? "That is no longer here; reload the page." :
      status === 413 ? "That is too much text for one form. Nothing was changed; shorten it." :
      status === 429 ? "Too many tries; wait a minute and try again." :
      status >= 500 ? "Something broke on our side. Reload the page to see what was saved before you try again." :
      "The server could not do that. Nothing was changed; try again.";
    document.getElementById("toasts")?.append(toast);
    setTimeout(() => toast.remove(), 8000);
  });
})();
