"""What the demo's reps and their manager do with the leads they are given."""

from datetime import datetime, timedelta
from functools import partial
from random import Random

from accounts.models import Absence, User
from leadflow.demo import dealing, marketing
from leadflow.demo.history import LEAD, History, spell
from leadflow.demo.objections import objection
from leadflow.demo.people import REPS, TEMPERS
from leads import standing_in
from leads.activities import log_touch
from leads.models import Handoff, Kind, Lead, Outcome
from leads.qualification import disqualify, qualify, reassign, recycle
from leads.quality import rate

HOUR = 3600
OWNED = "SELECT * FROM leads_handoff WHERE id = %s AND owner_id = %s AND state = %s"
MOST_TOUCHES = 4
CALLS = (
    (Outcome.CONNECTED, 0.5), (Outcome.VOICEMAIL, 0.24), (Outcome.NO_ANSWER, 0.22),
    (Outcome.WRONG_NUMBER, 0.04),
)  # fmt: skip
REACHED = (Outcome.CONNECTED, Outcome.REPLIED, Outcome.HELD)
SAID = {
    Outcome.CONNECTED: (
        "Twenty minutes. Has a terrace of 15 m², wants to decide after the summer holidays.",
        "Friendly, was waiting for the call. Sends photos of the garden tonight.",
        "Asked about running costs; promised the calculator with their tariff.",
        "Wants to try one before anything else. Offered Saturday.",
        "Compares us with two others. Price matters, but so does who comes when it leaks.",
        "",
    ),
    Outcome.VOICEMAIL: ("Left name and number.", "", ""),
    Outcome.NO_ANSWER: ("", "", "Rang out. Will try in the evening."),
    Outcome.WRONG_NUMBER: ("A bakery.", "Number belongs to somebody else."),
    Outcome.SENT: ("Sent the brochure and three times to call.", "", "Asked for photos."),
    Outcome.REPLIED: ("They answered within the hour: please call tomorrow.",),
}
# What a lead was worth, in the rep's words, by how it went.
WORTH = {
    "good": (
        (5, "Had read the guide and knew what they wanted. More of these."),
        (4, "Right person, right moment; only the budget took a second call."),
        (4, ""), (3, "Good in the end, but thought we sold pools."),
    ),
    "poor": (
        (3, ""), (2, "No place for a tub: the form should ask about a garden."),
        (2, "Wanted the gift from the fair, not a tub."), (4, "Good lead, bad timing."),
    ),
    "silent": (
        (1, "Never answered, and the address bounced."), (2, "Four attempts, nothing."),
        (3, ""),
    ),
}  # fmt: skip
GOOD = (
    "Knows what they want, budget agreed with the family.", "Place, power and money are there.",
    "Decides alone, wants it before winter.", "Came prepared; the guide had answered everything.",
    "",
)  # fmt: skip


def owned(handoff_id: int, rep: User, state: str) -> Handoff | None:
    """The handoff, if this rep still has it in that state."""
    # Raw, for Django takes longer to write it than PostgreSQL to answer it.
    found = Handoff.objects.raw(OWNED, [handoff_id, rep.pk, state])
    handoff = next(iter(found), None)
    if handoff is not None:
        handoff.owner = rep
        handoff.lead = Lead.objects.raw(LEAD, [handoff.lead_id])[0]
    return handoff


def given(history: History, handoff: Handoff, rep: User | None, at: datetime) -> None:
    """A rep gets a lead: sooner or later they look at it, or they forget it."""
    if rep is None:
        unassigned(history, handoff, at)
        return
    login = history.logins[rep.pk]
    temper, hot = TEMPERS[login], handoff.receipt["tier"] == "hot"
    rng = history.rng("rep", handoff.lead.email, handoff.cycle, handoff.hops)
    delay = spell(rng, (270 if hot else 3300) * temper.pace)
    friday_afternoon = at.weekday() == 4 and history.hours(login).elapsed(
        at, at + timedelta(hours=2)
    ) < 2 * HOUR  # fmt: skip
    # What Sam has left lying these last days is arranged by leadflow.demo.present.
    careful = login == "sam" and history.until - at < timedelta(days=5)
    if rng.random() < temper.forgets + 0.08 * friday_afternoon and not careful:
        delay += rng.uniform(6, 20) * HOUR
    step = partial(look_at, history, handoff.pk, rep, rng)
    history.at(history.in_working(login, at, delay), step)


def look_at(history: History, handoff_id: int, rep: User, rng: Random, at: datetime) -> None:
    """Accept it or send it back."""
    handoff = owned(handoff_id, rep, Handoff.State.OFFERED)
    if handoff is None:
        return
    history.stirred = True
    reason, note = objection(rng, handoff)
    if reason:
        returned = handoff.reject(rep, reason=reason, note=note, at=at)
        marketing.came_back(history, returned, at)
        return
    handoff.accept(rep, at=at)
    login = history.logins[rep.pk]
    hot = handoff.receipt["tier"] == "hot"
    delay = spell(rng, (700 if hot else 5400) * TEMPERS[login].pace)
    if rng.random() < TEMPERS[login].forgets:
        delay += rng.uniform(5, 14) * HOUR
    step = partial(touch, history, handoff_id, rep, rng, 1)
    history.at(history.in_working(login, at, delay), step)


def touch(
    history: History, handoff_id: int, rep: User, rng: Random, number: int, at: datetime
) -> None:
    """Call or write; if nobody answers, try again a few hours on."""
    handoff = owned(handoff_id, rep, Handoff.State.ACCEPTED)
    if handoff is None:
        return
    history.stirred = number == 1
    reached = contact(handoff, rep, rng, at=at)
    login = history.logins[rep.pk]
    pace = TEMPERS[login].pace
    if reached or number == MOST_TOUCHES:
        delay = spell(rng, 6 * HOUR * pace, 0.7)
        step = partial(decide, history, handoff_id, rep, rng, reached)
    else:
        delay = spell(rng, 4.5 * HOUR * pace, 0.5)
        step = partial(touch, history, handoff_id, rep, rng, number + 1)
    if rng.random() < TEMPERS[login].forgets * 1.5:
        delay += rng.uniform(20, 40) * HOUR
    history.at(history.in_working(login, at, delay), step)


def contact(handoff: Handoff, rep: User, rng: Random, *, at: datetime) -> bool:
    """Log one call or e-mail, some of them a while after they were made; reached somebody?"""
    if handoff.lead.phone and rng.random() < 0.8:
        kind = Kind.CALL
        outcome = rng.choices([o for o, _ in CALLS], weights=[w for _, w in CALLS])[0]
    else:
        kind = Kind.EMAIL
        outcome = Outcome.REPLIED if rng.random() < 0.35 else Outcome.SENT
    occurred_at = None
    if rng.random() < 0.2 and handoff.accepted_at is not None:
        occurred_at = max(handoff.accepted_at, at - timedelta(minutes=rng.randint(5, 40)))
    note = rng.choice(SAID[outcome])
    log_touch(
        handoff.lead, kind, by=rep, at=at, outcome=outcome, note=note, occurred_at=occurred_at
    )
    return outcome in REACHED


def decide(
    history: History, handoff_id: int, rep: User, rng: Random, reached: bool, at: datetime
) -> None:
    """The disposition: qualified, disqualified, or back to marketing for later."""
    handoff = owned(handoff_id, rep, Handoff.State.ACCEPTED)
    if handoff is None:
        return
    history.stirred = True
    lead, skill = handoff.lead, TEMPERS[history.logins[rep.pk]].persuades
    chance = 0.55 * skill**0.5 * dealing.warmth(handoff) ** 0.5
    if reached and rng.random() < chance:
        qualify(lead, by=rep, at=at, note=rng.choice(GOOD))
        dealing.consider(history, lead.pk, rep, rng, at)
        say_how_good(history, handoff, rep, "good", at)
    elif not reached:
        disqualify(lead, by=rep, at=at, reason="unreachable", note="Four attempts.")
        say_how_good(history, handoff, rep, "silent", at)
    elif rng.random() < 0.5:
        recycle(lead, by=rep, at=at, reason="no_budget", note="Ask again in half a year.")
    else:
        reason = rng.choice(["no_need", "competitor", "not_a_fit", "no_authority", "no_budget"])
        disqualify(lead, by=rep, at=at, reason=reason)
        say_how_good(history, handoff, rep, "poor", at)


def say_how_good(history: History, handoff: Handoff, rep: User, how: str, at: datetime) -> None:
    """Every other time somebody tells marketing what the lead was worth."""
    rng = history.rng("quality", handoff.lead.email, handoff.cycle)
    if rng.random() < 0.5:
        rating, why = rng.choice(WORTH[how])
        rate(handoff, rating, by=rep, at=at, why=why)


def unassigned(history: History, handoff: Handoff, at: datetime) -> None:
    """Nobody has it: Dana looks through her list a few times a day."""
    rng = history.rng("dana", handoff.lead.email, handoff.cycle, handoff.hops)
    step = partial(give, history, handoff.pk)
    history.at(history.in_working("dana", at, spell(rng, 1.2 * HOUR, 0.6)), step)


def give(history: History, handoff_id: int, at: datetime) -> None:
    """Dana gives a lead nobody has to whoever of the nearest office has the least to do."""
    handoff = Handoff.objects.select_related("lead__campaign", "pool").get(pk=handoff_id)
    if not handoff.is_open or handoff.owner_id is not None:
        return
    american = handoff.pool is not None and handoff.pool.slug != "europe"
    office = REPS[:3] if american else REPS[3:]
    free = [login for login in office if not history.is_away(login, at)] or list(office)
    busy = {login: history.users[login].handoffs.open().count() for login in free}
    rep = history.users[min(free, key=lambda login: (busy[login], login))]
    history.stirred = True
    reassign(handoff, rep, by=history.users["dana"], at=at, reason="Nobody had it; you have room")


def plan_cover(history: History) -> None:
    """What is open goes to the deputy as a leave begins; without one Dana passes it on, on the
    first working day of a longer leave."""
    for absence in Absence.objects.filter(user__in=history.people).select_related("user"):
        if absence.deputy_id is not None:
            history.at(absence.starts_at, partial(stand_in, history, absence))
        elif absence.ends_at - absence.starts_at > timedelta(days=3):
            login = history.logins[absence.user_id]
            start = history.hours(login).add(absence.starts_at, 40 * 60)
            if start is not None and start < absence.ends_at:
                history.at(start, partial(cover, history, login))


def stand_in(history: History, absence: Absence, at: datetime) -> None:
    """A leave begins: its deputy gets what is open."""
    history.stirred = True
    standing_in.pass_on(absence, at=at)


def cover(history: History, login: str, at: datetime) -> None:
    """Somebody went on leave: Dana gives their open leads to the others of the office."""
    office = REPS[:3] if login in REPS[:3] else REPS[3:]
    history.stirred = True
    others = [name for name in office if name != login and not history.is_away(name, at)]
    for place, handoff in enumerate(history.users[login].handoffs.open().order_by("pk")):
        rep = history.users[others[place % len(others)]]
        why = f"{history.users[login].name} is on leave"
        reassign(handoff, rep, by=history.users["dana"], at=at, reason=why)
