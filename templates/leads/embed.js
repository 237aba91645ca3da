{% load capture_ui %}// Puts a leadflow form into this page, at the script's own place or into data-target="#id".
(function () {
  "use strict";
  const facts = {{ facts|js_literal }};
  const script = document.currentScript;
  if (!script) return;
  const home = new URL(script.src).origin;
  const address = new URL(facts.path, home);
  const here = new URLSearchParams(location.search);
  address.searchParams.set("embed", "1");
  address.searchParams.set("landing_page", location.href.slice(0, 2000));
  if (document.referrer) address.searchParams.set("referrer", document.referrer.slice(0, 2000));
  for (const name of ["utm_source", "utm_medium", "utm_campaign", "utm_term", "utm_content", "campaign"]) {
    if (here.has(name)) address.searchParams.set(name, here.get(name).slice(0, 200));
  }
  const frame = document.createElement("iframe");
  frame.src = address.href;
  frame.title = facts.title;
  Object.assign(frame.style, { width: "100%", height: "32rem", border: "0", colorScheme: "auto" });
  addEventListener("message", (event) => {
    if (event.source !== frame.contentWindow || event.origin !== home) return;
    if (event.data?.leadflow === "height") frame.style.height = `${Math.ceil(event.data.height)}px`;
    if (event.data?.leadflow === "sent") frame.dispatchEvent(new CustomEvent("leadflow:sent", { bubbles: true }));
  });
  // The script may stand in the head, or before its target.
  function place() {
    const target = script.dataset.target && document.querySelector(script.dataset.target);
    if (target) target.append(frame);
    else if (script.closest("body")) script.after(frame);
    else document.body.append(frame);
  }
  if (document.readyState === "loading" && (script.dataset.target || !script.closest("body"))) {
    addEventListener("DOMContentLoaded", place);
  } else place();
})();
