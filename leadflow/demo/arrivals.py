"""Where the demo's leads come from, and when: sessions, newsletters, demonstrations, fairs."""

from collections import defaultdict
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, date, datetime, time, timedelta
from random import Random
from typing import Any
from zoneinfo import ZoneInfo

from leadflow.demo.campaigns import CONSENT, PLANS, Plan
from leadflow.demo.library import TIMEFRAMES
from leadflow.demo.names import People, Someone
from leads.models import Kind

Rows = list[dict[str, Any]]
OFFICE = ZoneInfo("America/New_York")
# Monday to Sunday; then the hours of the lead's own day.
DAYS = (1.15, 1.1, 1.05, 1.0, 0.85, 0.75, 0.95)
HOURS = (1, 0, 0, 0, 0, 1, 2, 4, 7, 9, 10, 9, 8, 7, 7, 6, 6, 7, 8, 10, 11, 9, 6, 3)
# Weeks before now in which a campaign ran at full strength, by its place in the list.
PEAKS = ((3, 14, 22), (9, 19), (2, 6, 17), (1, 5, 11), (), (4, 12), (8,), (3, 10))
UTM = {
    "search": ("google", "cpc"), "social": ("instagram", "paid-social"),
    "email": ("letter", "email"), "content": ("website", "organic"), "event": ("event", "offline"),
    "referral": ("friend", "referral"), "partner": ("pool-builder", "partner"),
}  # fmt: skip
PAGES = {
    "back pain": ("/advice/hot-tubs-and-your-back", "/models/cedar-4", "/advice/what-doctors-say"),
    "new house": ("/gardens/before-and-after", "/models/cedar-6", "/advice/foundations-and-power"),
    "holiday let": ("/holiday-lets/what-it-earns", "/models/lodge-6", "/holiday-lets/changeover"),
    "hotel spa": ("/hotels", "/models/grand-spa", "/hotels/figures"),
}
WORDS = {
    "back pain": ("back pain", "my back, and sleep", "arthritis in both knees", "joint pain"),
    "new house": ("new house", "a patio for the new house", "garden to be planned", "new build"),
    "holiday let": ("holiday let", "guests of our cabin", "two rental cottages"),
    "hotel spa": ("hotel spa",),
}
MESSAGES = (
    "", "", "", "", "Can you call after six?", "Is there a showroom near us?",
    "We have a small terrace, 4 × 3 m. Would the four-seater fit?",
    "What does it cost to run in winter?", "Please send prices with installation.",
    "We would like to try before we decide 🙂",
)  # fmt: skip


@dataclass(slots=True)
class Arrival:
    """Rows captured together at one instant; `by` is a login, or None for the web."""

    at: datetime
    rows: Rows
    by: str | None = None


def arrivals(
    people: People, count: int, *, seed: int, start: datetime, at: datetime
) -> list[Arrival]:
    """Everything that leads did from `start` to `at`, in no particular order."""
    together: dict[tuple[datetime, str | None], Rows] = defaultdict(list)
    found: list[Arrival] = []
    for number in range(count):
        rng = Random(f"{seed}:lead:{number}")  # noqa: S311 (made-up people, no secrets)
        plan, peaks = _plan(rng)
        who = people.someone(rng, plan.interest)
        first = _first_instant(rng, plan, peaks, who.zone, start=start, at=at)
        if plan.slug == "hotel-and-spa-fair":
            first = _office(_office_day(first), 9, 40)
            together[first, plan.owner] += _badge_scan(rng, plan, who, first)
        else:
            found.append(Arrival(first, session(rng, plan, who, first)))
        for instant, by, row in _later(rng, plan, who, first):
            together[instant, by].append(row)
    found += [Arrival(instant, rows, by) for (instant, by), rows in together.items()]
    return [arrival for arrival in found if arrival.at < at]


def _plan(rng: Random) -> tuple[Plan, tuple[int, ...]]:
    index = rng.choices(range(len(PLANS)), weights=[plan.share for plan in PLANS])[0]
    return PLANS[index], PEAKS[index]


def _first_instant(
    rng: Random,
    plan: Plan,
    peaks: tuple[int, ...],
    zone: str,
    *,
    start: datetime,
    at: datetime,
) -> datetime:
    """A day of the campaign by weekday and peak, an hour by the lead's own clock."""
    days = range(plan.last or 0, min(plan.first, (at - start).days) + 1)
    weights = []
    for ago in days:
        peak = 2.2 if ago // 7 in peaks else 1.0
        growth = 1.25 - 0.5 * ago / 182
        weights.append(DAYS[(at - timedelta(days=ago)).weekday()] * peak * growth)
    day = (at - timedelta(days=rng.choices(days, weights=weights)[0])).date()
    hour = rng.choices(range(24), weights=HOURS)[0]
    local = datetime.combine(day, time(hour, rng.randrange(60), rng.randrange(60)))
    instant = local.replace(tzinfo=ZoneInfo(zone)).astimezone(UTC)
    return instant if start <= instant < at else at - timedelta(hours=rng.uniform(0.3, 30))


def session(rng: Random, plan: Plan, who: Someone, at: datetime, *, keen: bool = False) -> Rows:
    """One visit to the site: how they came, the pages they read, what they sent in the end."""
    source, medium = UTM[plan.channel]
    told = keen or rng.random() < 0.57
    person: dict[str, Any] = {**who.row(), "campaign": plan.slug, "source": source}
    if told:
        person["extra"] = {"interest": rng.choice(WORDS[plan.interest])}
        if rng.random() < 0.3:
            person["extra"]["timeframe"] = rng.choice(TIMEFRAMES)
    minutes, pages = rng.uniform(4, 25), [*PAGES[plan.interest]]
    rng.shuffle(pages)
    pages = pages[: rng.randint(1, 3)] + ["/pricing"] * (keen or rng.random() < 0.3)
    origin = {"utm_source": source, "utm_medium": medium, "utm_campaign": plan.slug}
    rows: Rows = []
    if plan.channel in ("search", "social"):
        rows.append({**person, **origin, "touchpoint": Kind.AD_CLICK, "landing_page": pages[0],
                     "occurred_at": at - timedelta(minutes=minutes)})  # fmt: skip
    for place, path in enumerate(pages):
        ago = timedelta(minutes=minutes * (len(pages) - place) / (len(pages) + 1))
        rows.append({**person, "touchpoint": Kind.PAGE_VIEW, "path": path, "occurred_at": at - ago})
    download = plan.channel in ("content", "search") and rng.random() < 0.7
    last = {
        **person, **origin,
        "touchpoint": Kind.DOWNLOAD if download else Kind.FORM,
        "path": "/f/maintenance-guide" if download else "/f/demonstration",
        "consent": {"text": CONSENT, "time": at},
    }  # fmt: skip
    if not download and (words := rng.choice(MESSAGES)):
        last["message"] = words
    return [*rows, last]


def _badge_scan(rng: Random, plan: Plan, who: Someone, at: datetime) -> Rows:
    tried = rng.random() < 0.25
    return [{
        **who.row(), "campaign": plan.slug, "source": "fair",
        "touchpoint": Kind.EVENT if tried else Kind.IMPORTED,
        "message": "Sat in the Grand Spa on our stand." if tried else "",
    }]  # fmt: skip


def _later(
    rng: Random, plan: Plan, who: Someone, first: datetime
) -> Iterator[tuple[datetime, str | None, dict[str, Any]]]:
    """What they did after the first contact, some of them for weeks."""
    base = {"email": who.email, "campaign": plan.slug}
    instant, chance = first, plan.keen
    while rng.random() < chance:
        chance *= 0.72
        instant += timedelta(days=rng.uniform(1.5, 12))
        what = rng.random()
        if what < 0.4:
            sent = _office(_next_weekday(_office_day(instant), 1), 10)
            opened = sent + timedelta(minutes=rng.expovariate(1 / 70))
            yield (
                _reported(opened), None,
                {**base, "touchpoint": Kind.EMAIL_CLICK, "path": rng.choice(PAGES[plan.interest]),
                 "utm_source": "letter", "utm_medium": "email", "occurred_at": opened},
            )  # fmt: skip
        elif what < 0.68:
            seen = instant + timedelta(minutes=rng.uniform(0, 600))
            yield (
                _reported(seen), None,
                {**base, "touchpoint": Kind.PAGE_VIEW, "path": "/pricing", "occurred_at": seen},
            )  # fmt: skip
        elif what < 0.9 and who.country in ("US", "GB", "CA", "IE"):
            saturday = _next_weekday(_office_day(instant), 5)
            yield (
                _office(saturday, 17), "maya",
                {"email": who.email, "campaign": "demonstration-days", "touchpoint": Kind.EVENT,
                 "message": "Came to the demonstration day.",
                 "occurred_at": _office(saturday, rng.randint(10, 15))},
            )  # fmt: skip
        else:
            yield (
                _reported(instant), None,
                {**base, "occurred_at": instant, "touchpoint": Kind.REPLY,
                 "message": "Thanks for your e-mail. We are interested, please call us."},
            )  # fmt: skip


def _reported(instant: datetime) -> datetime:
    """The site and the mailbox are read every four hours."""
    hour = instant.hour - instant.hour % 4
    return instant.replace(hour=hour, minute=0, second=0, microsecond=0) + timedelta(hours=4)


def _office_day(instant: datetime) -> date:
    return instant.astimezone(OFFICE).date()


def _office(day: date, hour: int, minute: int = 0) -> datetime:
    return datetime.combine(day, time(hour, minute), tzinfo=OFFICE).astimezone(UTC)


def _next_weekday(day: date, weekday: int) -> date:
    """The first such weekday after `day`."""
    return day + timedelta(days=(weekday - day.weekday() - 1) % 7 + 1)
