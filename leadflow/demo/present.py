"""The demo's present: a queue for Sam at every kind of moment, and work waiting for the others.

Everything happens through the same verbs as the history before it; only what people will do
next is left to whoever looks at the demo.
"""

from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime, timedelta
from functools import partial
from itertools import count

from accounts.models import User
from leadflow.demo import sales, words
from leadflow.demo.agreement import leave_out
from leadflow.demo.arrivals import Arrival, Rows, session
from leadflow.demo.campaigns import PLANS
from leadflow.demo.history import History
from leadflow.demo.marketing import arrive
from leadflow.demo.names import People, Someone
from leads import scoring
from leads.activities import log_touch
from leads.capture import capture_leads
from leads.models import Handoff, Kind, Outcome, RejectReason, Stage, Tier

MINUTE, HOUR = 60, 3600
PLAN = {plan.slug: plan for plan in PLANS}
TRIES = 3
Then = Callable[[History, Handoff, User, datetime], None]


@dataclass(frozen=True, slots=True)
class Slot:
    """A lead in Sam's queue: handed over so many working seconds ago, and what he did since."""

    ago: int
    plan: str
    hot: bool
    accepted_after: int | None = None
    touched_after: int | None = None
    outcome: str = Outcome.CONNECTED


SAM = (
    Slot(4 * MINUTE, "good-for-your-back", hot=True),
    Slot(9 * MINUTE, "garden-of-the-new-house", hot=False),
    # At risk, then overdue: to accept.
    Slot(12 * MINUTE, "holiday-let-letter", hot=True),
    Slot(3 * HOUR + 20 * MINUTE, "good-for-your-back", hot=False),
    Slot(4 * HOUR + 22 * MINUTE, "holiday-let-letter", hot=False),
    # Accepted: first touch still to come, at risk, overdue.
    Slot(2 * HOUR, "maintenance-guide", hot=False, accepted_after=25 * MINUTE),
    Slot(7 * HOUR, "garden-of-the-new-house", hot=False, accepted_after=70 * MINUTE),
    Slot(8 * HOUR + 16 * MINUTE, "friends-of-customers", hot=False, accepted_after=2 * HOUR),
    # Touched; the decision is due within days, for one of them soon.
    Slot(21 * HOUR, "holiday-let-letter", True, 6 * MINUTE, 31 * MINUTE, Outcome.VOICEMAIL),
    Slot(35 * HOUR, "maintenance-guide", False, 90 * MINUTE, 6 * HOUR, Outcome.NO_ANSWER),
)
EARLIER = (
    (), (Kind.EMAIL_CLICK,), (Kind.FORM,), (Kind.FORM, Kind.EMAIL_CLICK), (Kind.FORM, Kind.EVENT),
    (Kind.FORM, Kind.EMAIL_CLICK, Kind.EVENT), (Kind.EVENT, Kind.FORM, Kind.EVENT),
)  # fmt: skip
RETURNS = (
    (40 * MINUTE, RejectReason.WRONG_PERSONA, "Wants one for a student house. Is that still us?"),
    (2 * HOUR, RejectReason.BAD_CONTACT, "The number rings at a dentist’s."),
    (6 * HOUR + 30 * MINUTE, RejectReason.NOT_READY, "Is still building, ask again in spring."),
    (9 * HOUR, RejectReason.OTHER, "Supplier who wants to sell us pumps."),
)
READY = ((5, 8 * HOUR), (3, 3 * HOUR), (2, 25 * MINUTE))


def arrange(history: History, people: People, at: datetime) -> None:
    """Put the last days' special leads on the agenda."""
    number = count()
    for slot in SAM:
        _bring(history, people, number, slot, history.before("sam", at, slot.ago), TRIES)
    for ago, reason, note in RETURNS:
        step = partial(_send_back, history, reason, note)
        history.at(history.before("tomasz", at, ago), step)
    for size, ago in READY:
        step = partial(_introduce, history, people, number, size)
        history.at(history.before("leo", at, ago), step)
    step = partial(_from_far_away, history, people, number)
    history.at(history.before("dana", at, 50 * MINUTE), step)
    history.at(history.before("mona", at, 10 * HOUR), partial(leave_out, history.users))


def _visitor(
    history: History, people: People, number: "count[int]", interest: str, country: str
) -> Someone:
    return people.someone(history.rng("present", next(number)), interest, country=country)


def _bring(
    history: History,
    people: People,
    number: "count[int]",
    slot: Slot,
    at: datetime,
    tries: int,
) -> None:
    """Somebody comes in who meets the definition; if it is not Sam's turn, somebody else does."""
    plan = PLAN[slot.plan]
    who = _visitor(history, people, number, plan.interest, "US")
    rng = history.rng("visit", who.email)
    rows = _warmed_up(session(rng, plan, who, at, keen=True), Tier.HOT if slot.hot else Tier.WARM)

    def given(handoff: Handoff, rep: User | None, given_at: datetime) -> bool:
        if rep is None or history.logins[rep.pk] != "sam":
            if tries > 1:
                again = given_at + timedelta(seconds=7)
                _bring(history, people, number, slot, again, tries - 1)
            return False
        _follow_up(history, slot, handoff.pk, rep, at)
        return True

    history.awaited[who.email] = given
    history.at(at, partial(arrive, history, Arrival(at, rows)))


def _warmed_up(rows: Rows, tier: str) -> Rows:
    """The same visit, after as many earlier signs of interest as make this tier."""
    if tier == Tier.WARM:
        rows = [{**row, "extra": {"interest": row["extra"]["interest"]}} for row in rows]
    last = rows[-1]
    at, extra = last["consent"]["time"], last["extra"]
    values = {**last, **{f"extra.{name}": value for name, value in extra.items()}}
    for kinds in EARLIER:
        earlier = [
            {**last, "touchpoint": kind, "occurred_at": at - timedelta(days=days, hours=2)}
            for days, kind in zip((9, 4, 2), kinds, strict=False)
        ]
        signs = [
            scoring.Sign(row["touchpoint"], row.get("occurred_at", at), row.get("path", ""))
            for row in (*earlier, *rows)
        ]
        if scoring.score(values, signs, at=at).tier == tier:
            return [*earlier, *rows]
    raise AssertionError(f"no visit makes this lead {tier}: {last}")


def _follow_up(history: History, slot: Slot, handoff_id: int, rep: User, at: datetime) -> None:
    working = history.hours("sam")
    if slot.accepted_after is not None:
        accepted = working.add(at, slot.accepted_after)
        assert accepted is not None
        history.at(accepted, partial(_accept, history, handoff_id, rep))
    if slot.touched_after is not None:
        touched = working.add(at, slot.touched_after)
        assert touched is not None
        history.at(touched, partial(_touch, history, handoff_id, rep, slot.outcome))
        if slot.outcome == Outcome.VOICEMAIL:
            written = touched + timedelta(minutes=4)
            history.at(written, partial(_write, history, handoff_id, rep))
            answered = written + timedelta(minutes=97)
            history.at(answered, partial(_answer, history, handoff_id, rep))


def _accept(history: History, handoff_id: int, rep: User, at: datetime) -> None:
    history.stirred = True
    handoff = sales.owned(handoff_id, rep, Handoff.State.OFFERED)
    if handoff is not None:
        handoff.accept(rep, at=at)


def _touch(history: History, handoff_id: int, rep: User, outcome: str, at: datetime) -> None:
    history.stirred = True
    handoff = sales.owned(handoff_id, rep, Handoff.State.ACCEPTED)
    if handoff is None:
        return
    note = history.rng("note", handoff.lead.email).choice(sales.SAID[Outcome(outcome)])
    log_touch(handoff.lead, Kind.CALL, by=rep, at=at, outcome=outcome, note=note)


def _write(history: History, handoff_id: int, rep: User, at: datetime) -> None:
    history.stirred = True
    handoff = sales.owned(handoff_id, rep, Handoff.State.ACCEPTED)
    if handoff is not None:
        words.write(handoff, rep, at)


def _answer(history: History, handoff_id: int, rep: User, at: datetime) -> None:
    history.stirred = True
    handoff = sales.owned(handoff_id, rep, Handoff.State.ACCEPTED)
    if handoff is not None:
        words.answer(handoff.lead, at)
        words.meet(handoff, rep, at)


def _send_back(history: History, reason: str, note: str, at: datetime) -> None:
    """A rep sends back a lead of these days; marketing's answer is due."""
    theirs = Handoff.objects.open().select_related("lead", "owner").exclude(owner=None)
    for handoff in theirs.exclude(owner=history.users["sam"]).order_by("-handed_over_at", "-pk"):
        login = history.logins[handoff.owner_id or 0]
        present = history.hours(login).is_open(at) and not history.is_away(login, at)
        if handoff.pk not in history.left_alone and handoff.owner is not None and present:
            history.stirred = True
            handoff.reject(handoff.owner, reason=reason, note=note, at=at)
            return


def _introduce(
    history: History, people: People, number: "count[int]", size: int, at: datetime
) -> None:
    """Pool builders introduce people; Leo has not looked at them yet."""
    rows = []
    for _ in range(size):
        who = _visitor(history, people, number, "new house", "")
        rng = history.rng("introduced", who.email)
        rows += session(rng, PLAN["pool-builders"], who, at, keen=True)
        for days in rng.sample(range(1, 20), 2):
            rows.append({**rows[-1], "touchpoint": rng.choice([Kind.FORM, Kind.EVENT]),
                         "occurred_at": at - timedelta(days=days)})  # fmt: skip
    capture_leads(rows, by=history.users["leo"], at=at)


def _from_far_away(history: History, people: People, number: "count[int]", at: datetime) -> None:
    """A hotel in a region no pool takes: it waits on Dana's list."""
    who = _visitor(history, people, number, "hotel spa", "AU")
    plan = PLAN["hotel-and-spa-fair"]
    rows = session(history.rng("far", who.email), plan, who, at, keen=True)
    history.awaited[who.email] = lambda handoff, rep, given_at: rep is None
    captured = capture_leads(rows, by=history.users["leo"], at=at, hand_over=True)
    assert captured[0].lead is not None
    assert captured[0].lead.stage == Stage.MQL
    history.stirred = True
