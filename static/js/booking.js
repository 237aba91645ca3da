// Tells free times by the visitor's own clock: the zone is asked of the browser once, and chosen
// in the list from then on. Without a script the times are by the clock of whoever is booked.
(function () {
  "use strict";
  const form = document.querySelector("form[data-zone]");
  if (!form) return;
  const select = form.elements.zone;
  select.addEventListener("change", () => form.requestSubmit());
  if (form.dataset.zone !== "ask") return;
  const own = Intl.DateTimeFormat().resolvedOptions().timeZone;
  if (own && own !== select.value && [...select.options].some((each) => each.value === own)) {
    select.value = own;
    form.requestSubmit();
  }
})();
