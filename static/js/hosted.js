// A hosted form in a frame tells the page around it how tall it is and when it was sent;
// alone it only keeps a second click from sending twice.
(function () {
  "use strict";
  const inFrame = window.parent !== window;
  const tell = (facts) => { if (inFrame) window.parent.postMessage(facts, "*"); };
  const box = document.getElementById("main");
  const height = () => tell({ leadflow: "height", height: box.getBoundingClientRect().height });

  if (inFrame) {
    document.body.classList.add("hosted-embedded");
    new ResizeObserver(height).observe(box);
    height();
  }
  if ("sent" in document.body.dataset) tell({ leadflow: "sent" });
  document.querySelector(".field-wrong :is(input, select, textarea)")?.focus();

  const form = document.querySelector("form[data-hosted]");
  form?.addEventListener("submit", (event) => {
    if (form.dataset.sending) event.preventDefault();
    form.dataset.sending = "1";
    setTimeout(() => { delete form.dataset.sending; }, 5000);
  });
  // The back button shows the page as it was left.
  addEventListener("pageshow", () => { if (form) delete form.dataset.sending; });
})();
