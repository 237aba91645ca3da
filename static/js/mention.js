// Typing @ in a textarea[data-mention="/address/"] offers colleagues: arrows, Enter or Tab, Escape.
// Without a script the name is simply typed.
(function () {
  "use strict";
  const TYPED = /(?:^|[\s(])@([\p{L}\p{M}.'-][\p{L}\p{M}\d.' @-]{0,30})?$/u;
  let area = null, list = null, asked = 0;

  function shut() {
    asked += 1;
    list?.remove();
    list = null;
    area?.removeAttribute("aria-activedescendant");
    area?.removeAttribute("aria-controls");
  }
  const options = () => [...(list?.children || [])];
  const current = () => options().findIndex((each) => each.getAttribute("aria-selected") === "true");

  function mark(n) {
    options().forEach((each, i) => each.setAttribute("aria-selected", String(i === n)));
    area.setAttribute("aria-activedescendant", options()[n].id);
  }
  function choose(name) {
    const before = area.value.slice(0, area.selectionStart), after = area.value.slice(area.selectionStart);
    const at = before.indexOf("@", before.search(TYPED));
    const kept = before.slice(0, at) + "@" + name + " ";
    area.value = kept + after;
    area.setSelectionRange(kept.length, kept.length);
    shut();
    area.dispatchEvent(new Event("input", { bubbles: true }));
  }
  function show(people) {
    list?.remove();
    list = null;
    if (!people.length) return shut();
    list = document.createElement("ul");
    list.className = "mention-list";
    list.id = "mention-list";
    list.setAttribute("role", "listbox");
    list.setAttribute("aria-label", "Colleagues");
    people.forEach((person, n) => {
      const item = document.createElement("li");
      item.id = `mention-${n}`;
      item.setAttribute("role", "option");
      item.dataset.name = person.name;
      item.append(person.name);
      const quiet = document.createElement("span");
      quiet.textContent = person.about;
      item.append(quiet);
      item.addEventListener("pointerdown", (event) => { event.preventDefault(); choose(person.name); });
      list.append(item);
    });
    area.after(list);
    area.setAttribute("aria-controls", list.id);
    mark(0);
  }
  async function ask() {
    const typed = area.value.slice(0, area.selectionStart).match(TYPED);
    if (!typed) return shut();
    const turn = ++asked;
    try {
      const answer = await fetch(`${area.dataset.mention}?q=${encodeURIComponent(typed[1] || "")}`);
      const people = answer.ok ? (await answer.json()).people : [];
      if (turn === asked && document.activeElement === area) show(people);
    } catch { if (turn === asked) shut(); }
  }

  document.addEventListener("input", (event) => {
    if (!event.target.matches?.("textarea[data-mention]") || event.isTrusted === false) return;
    area = event.target;
    ask();
  });
  document.addEventListener("keydown", (event) => {
    if (!list || event.target !== area) return;
    const last = options().length - 1, n = current();
    if (event.key === "ArrowDown") mark(n === last ? 0 : n + 1);
    else if (event.key === "ArrowUp") mark(n <= 0 ? last : n - 1);
    else if ((event.key === "Enter" && !event.ctrlKey && !event.metaKey) || event.key === "Tab") choose(options()[n].dataset.name);
    else if (event.key === "Escape") shut();
    else return;
    event.preventDefault();
    event.stopPropagation();
  }, true);
  document.addEventListener("focusout", (event) => { if (event.target === area) shut(); });
})();
