// Words that are said no more (personas.retired) are told below the field while somebody types:
// “Business lunch” is now called “Meals for teams”. The words come with the page, as JSON.
(function () {
  "use strict";
  const FIELDS = "textarea, input[name=subject], input[list=deal-offers], input[name=headline], input[name=button]";
  const fold = (text) => text.toLowerCase().split(/\s+/).join(" ");
  const escaped = (name) => name.split(" ").map((word) => word.replace(/[\\^$.*+?()[\]{}|/]/g, "\\$&")).join("\\s+");
  let words = null;

  // They come with a page, or with the form that is put into its dialog.
  function known() {
    const told = document.getElementById("retired-words");
    if (told && words?.told !== told.textContent) words = read(told.textContent);
    return words;
  }

  function read(told) {
    const { retired, in_use: inUse } = JSON.parse(told);
    const byWords = new Map(retired.map((one) => [fold(one.words), one]));
    // The longest first: a name in use that contains a retired one is not it.
    const names = [...byWords.keys(), ...inUse.map(fold)].sort((a, b) => b.length - a.length);
    const either = names.map(escaped).join("|") || "(?!)";
    return { told, byWords, pattern: new RegExp(`(?<![\\p{L}\\p{N}_])(?:${either})(?![\\p{L}\\p{N}_])`, "gu") };
  }

  function found(text) {
    const { byWords, pattern } = known() || {};
    const said = (pattern && text.toLowerCase().match(pattern)) || [];
    return [...new Set(said.map(fold))].map((each) => byWords.get(each)).filter(Boolean);
  }

  function line(one) {
    const item = document.createElement("li");
    const mark = document.createElement("mark");
    mark.textContent = one.words;
    const link = document.createElement("a");
    link.href = one.url;
    link.target = "_blank";
    link.textContent = "Why";
    item.append("“", mark, "” is ", one.remedy, ". ", link);
    return item;
  }

  function check(field) {
    let list = field.parentElement.querySelector(":scope > .retired-words");
    const said = found(field.value);
    if (!list && !said.length) return;
    if (!list) {
      list = document.createElement("ul");
      list.className = "retired-words";
      list.setAttribute("role", "status");
      field.after(list);
    }
    if (list.dataset.said === said.map((one) => one.words).join("|")) return;
    list.dataset.said = said.map((one) => one.words).join("|");
    list.replaceChildren(...said.map(line));
    field.classList.toggle("has-retired-words", said.length > 0);
  }

  const all = (root) => root.querySelectorAll(FIELDS).forEach((field) => { if (field.value) check(field); });
  document.addEventListener("input", (event) => { if (event.target.matches?.(FIELDS)) check(event.target); });
  // What comes with text in it: a kept draft, a template's words.
  document.addEventListener("htmx:afterSettle", (event) => all(event.target));
  document.addEventListener("DOMContentLoaded", () => all(document));
})();
