// Calling down a list: a number chooses the outcome and puts the focus on “Log and next”, so that
// Enter logs it. Two keys a call.
(function () {
  "use strict";
  const form = document.querySelector("[data-calling]");
  form?.addEventListener("change", (event) => {
    if (event.target.matches("[name=outcome]")) form.querySelector("[data-log]").focus();
  });
})();
