// Deadlines as a person says them, kept current: "12 min left", "due Mon 10:00", "3 min over".
// Same words as accounts/words.py. The server's instant counts, not the clock of this desk.
(function () {
  "use strict";
  const MINUTE = 60, HOUR = 3600, DAY = 86400;
  const serverTime = document.querySelector('meta[name="server-time"]');
  let ahead = serverTime ? Date.parse(serverTime.content) - Date.now() : 0;
  const zone = document.documentElement.dataset.zone || undefined;
  const parts = new Intl.DateTimeFormat("en-GB", {
    timeZone: zone, weekday: "short", day: "numeric", month: "short", year: "numeric",
    hour: "2-digit", minute: "2-digit", hourCycle: "h23",
  });
  const MONTHS = ["Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec"];

  function local(ms) {
    const found = Object.fromEntries(parts.formatToParts(ms).map((part) => [part.type, part.value]));
    const month = MONTHS.findIndex((name) => found.month.startsWith(name));
    return { ...found, month: MONTHS[month], clock: `${found.hour}:${found.minute}`,
      dayNumber: Date.UTC(+found.year, month, +found.day) / 864e5 };
  }

  function spanWords(seconds) {
    if (seconds < MINUTE) return `${Math.floor(seconds)} s`;
    if (seconds < HOUR) return `${Math.floor(seconds / MINUTE)} min`;
    if (seconds < 2 * DAY) return `${Math.floor(seconds / HOUR)} h`;
    return `${Math.floor(seconds / DAY)} days`;
  }

  function dueWords(due, now) {
    const left = (due - now) / 1000;
    if (left < 0) return `${spanWords(-left)} over`;
    if (left < HOUR) return `${spanWords(left)} left`;
    const then = local(due), days = then.dayNumber - local(now).dayNumber;
    if (days === 0) return `due ${then.clock}`;
    return days < 7 ? `due ${then.weekday} ${then.clock}` : `due ${then.day} ${then.month} ${then.clock}`;
  }

  function agoWords(instant, now) {
    const gone = (now - instant) / 1000;
    if (gone < MINUTE) return "just now";
    if (gone < 7 * DAY) return `${spanWords(gone)} ago`;
    const then = local(instant), year = then.year === local(now).year ? "" : ` ${then.year}`;
    return `${then.weekday} ${then.day} ${then.month}${year}`;
  }

  function momentWords(instant, now) {
    const then = local(instant), year = then.year === local(now).year ? "" : ` ${then.year}`;
    return `${then.weekday} ${then.day} ${then.month}${year}, ${then.clock}`;
  }

  const write = (element, text) => { if (element.textContent !== text) element.textContent = text; };

  // A running clock turns amber at its warning and red at its end, in icon, word and colour.
  function turn(time, due, now) {
    const clock = time.closest("[data-clock]");
    if (!clock || !["running", "at_risk"].includes(clock.dataset.clock)) return;
    const warn = Date.parse(time.dataset.warn || "");
    const state = now > due ? "missed" : now >= warn ? "at_risk" : clock.dataset.clock;
    if (state === clock.dataset.clock) return;
    clock.classList.replace(`clock-${clock.dataset.clock}`, `clock-${state}`);
    clock.dataset.clock = state;
    write(clock.querySelector(".clock-word"), state === "missed" ? "Missed" : "At risk");
    const icons = document.getElementById("clock-icons");
    const icon = icons?.content.querySelector(`[data-state="${state}"] > svg`);
    if (icon) clock.querySelector(".clock-icon").replaceChildren(icon.cloneNode(true));
  }

  function tick() {
    const now = Date.now() + ahead;
    for (const time of document.querySelectorAll("time[data-due]")) {
      const due = Date.parse(time.dataset.due);
      write(time, dueWords(due, now));
      if (!time.title) time.title = `${momentWords(due, now)}${zone ? ` (${zone})` : ""}`;
      turn(time, due, now);
    }
    for (const time of document.querySelectorAll("time[data-ago]")) {
      write(time, agoWords(Date.parse(time.dataset.ago), now));
    }
  }

  // A fragment may carry a newer server instant: a page open for days stays right. Not the header
  // Date, which is the clock of whichever machine answered; the instant is the database's.
  let heard = "";
  document.addEventListener("htmx:afterRequest", () => {
    const told = document.querySelector("[data-server-time]")?.dataset.serverTime || "";
    if (told && told !== heard) ahead = Date.parse(told) - Date.now();
    heard = told;
    tick();
  });
  tick();
  setInterval(tick, 1000);
  window.leadflowWords = { dueWords, agoWords, momentWords };
})();
