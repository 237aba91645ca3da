"""What must be true once everything is quiet again; each thing that is not, in words."""

from collections import Counter
from collections.abc import Iterator, Mapping
from datetime import datetime
from typing import Any

from accounts.instants import database_now
from accounts.models import Membership, Notification, OutboxMessage, User
from leads.models import Activity, Assignment, Handoff, Kind
from sla.figures.compliance import compliance
from sla.models import Alarm, Breach, Clock
from tests.chaos.company import ACCEPT, DISPOSE, TOUCH, Book, Promise
from tests.chaos.people import Deed, by_handoff

Letters = Mapping[str, list[tuple[str, str, str]]]
DEED_KINDS = {
    "accept": Kind.ACCEPTED, "call": Kind.CALL, "disqualify": Kind.DISQUALIFIED,
    "reject": Kind.REJECTED,
}  # fmt: skip
STOPS = {
    ACCEPT: ("accept", "reject"), TOUCH: ("call",), DISPOSE: ("disqualify", "reject"),
}  # fmt: skip


def outcome(promise: Promise, measure: str, done: Mapping[str, datetime]) -> str:
    """Met, missed or voided, by what was done when and nothing else."""
    due = promise.due[measure]
    stop = min((done[what] for what in STOPS[measure] if what in done), default=None)
    if stop is not None:
        return "met" if stop <= due else "missed"
    close = min((done[what] for what in ("disqualify", "reject") if what in done), default=None)
    return "voided" if close is not None and close <= due else "missed"


def faults(book: Book, deeds: list[Deed], letters: Letters) -> Iterator[str]:
    """Every difference between what is on record and what ought to be."""
    done: dict[int, dict[str, datetime]] = {}
    yield from deeds_faults(deeds, done)
    expected = {
        (promise.handoff_id, measure): outcome(promise, measure, done.get(promise.handoff_id, {}))
        for promise in book.promises.values()
        for measure in promise.due
    }
    clocks = {
        (clock.handoff_id, clock.term.measure): clock
        for clock in Clock.objects.filter(round=0, term__side="sales").select_related("term")
    }
    yield from different("clocks", Counter(list(expected)), Counter(list(clocks)))
    yield from outcome_faults(book, expected, clocks)
    yield from breach_faults(clocks)
    yield from alarm_faults(clocks)
    yield from hot_faults(book)
    yield from delivery_faults(letters)
    yield from figure_faults(book, expected)


def different(what: str, expected: Any, found: Any) -> Iterator[str]:
    if expected != found:
        if isinstance(expected, Counter) and isinstance(found, Counter):
            lost, more = expected - found, found - expected
            yield (f"{what}: {lost.total()} missing, such as {list(lost)[:3]}; "
                   f"{more.total()} too many, such as {list(more)[:3]}")  # fmt: skip
        else:
            yield f"{what}: expected {expected}, found {found}"


def deeds_faults(deeds: list[Deed], done: dict[int, dict[str, datetime]]) -> Iterator[str]:
    """What people did is on record, at an instant at which they did it; fills `done`."""
    recorded: dict[tuple[int | None, str], list[datetime]] = {}
    for handoff, kind, at in Activity.objects.filter(kind__in=DEED_KINDS.values()).values_list(
        "handoff", "kind", "occurred_at"
    ):
        recorded.setdefault((handoff, kind), []).append(at)
    for handoff_id, told in by_handoff(deeds).items():
        for what, deed in told.items():
            found = recorded.pop((handoff_id, DEED_KINDS[what].value), [])
            if not found or not set(found) <= set(deed.tried):
                yield f"{what} of handoff {handoff_id}: tried at {deed.tried}, recorded {found}"
            if len(found) > 1 and what != "call":  # a call may be logged twice by a retry
                yield f"{what} of handoff {handoff_id} is recorded {len(found)} times"
            if found:
                done.setdefault(handoff_id, {})[what] = min(found)
    if recorded:
        yield f"{len(recorded)} things are recorded that nobody did"


def outcome_faults(
    book: Book, expected: Mapping[tuple[int, str], str], clocks: Mapping[tuple[Any, str], Clock]
) -> Iterator[str]:
    wrong = []
    for promise in book.promises.values():
        for measure, due in promise.due.items():
            key = (promise.handoff_id, measure)
            clock = clocks.get(key)
            if clock and (clock.state, clock.due_at) != (expected[key], due):
                wrong.append(f"{measure} of handoff {key[0]}: {clock.state}, not {expected[key]}")
            if clock and not promise.hot and clock.owner_id != promise.owner_id:
                wrong.append(f"{measure} of handoff {key[0]} is owed by somebody else")
    if wrong:
        yield f"{len(wrong)} clocks are wrong, such as {wrong[:3]}"


def breach_faults(clocks: Mapping[tuple[Any, str], Clock]) -> Iterator[str]:
    """One breach and one notice for each miss, dated by the deadline; none for anything else.

    A sweep may come between an answer in time and its commit: then the breach is overturned, and
    only then may what was met have one.
    """
    by_pk = {clock.pk: clock for clock in clocks.values()}
    missed = Counter(pk for pk, clock in by_pk.items() if clock.state == Clock.State.MISSED)
    breaches = list(Breach.objects.all())
    standing = Counter(b.clock_id for b in breaches if b.overturned_at is None)
    yield from different("breaches", missed, standing)
    for breach in breaches:
        clock = by_pk.get(breach.clock_id)
        if clock is None:
            continue
        facts = (breach.breached_at, breach.owner_id)
        if facts != (clock.due_at, clock.owner_id):
            yield f"breach of clock {clock.pk} is dated and owed {facts}"
        if breach.overturned_at and not (clock.state == "met" and clock.ended_at > clock.due_at):
            yield f"breach of clock {clock.pk} is overturned without reason"
    told = OutboxMessage.objects.filter(kind="breach")
    yield from different(
        "notices of breaches",
        Counter((f"breach:{b.clock_id}:{b.owner_id}", b.owner_id) for b in breaches),
        Counter(told.values_list("dedupe_key", "recipient")),
    )


def alarm_faults(clocks: Mapping[tuple[Any, str], Clock]) -> Iterator[str]:
    """Nothing that is due waits, nothing was set aside, and what fired told each person once."""
    states = Alarm.objects.filter(fire_at__lte=database_now()).values_list("state", flat=True)
    yield from different("states of due alarms", set(), set(states) - {"fired", "void"})
    fired = list(Alarm.objects.filter(state="fired").select_related("clock"))
    managers: dict[int, list[int]] = {}
    for team, user in Membership.objects.filter(is_manager=True).values_list("team", "user"):
        managers.setdefault(team, []).append(user)
    keys: Counter[str] = Counter()
    for alarm in fired:
        if alarm.action == "warn":
            keys[f"warn:{alarm.pk}:"] += 1
        elif alarm.action == "tell_manager":
            keys.update(f"tell_manager:{alarm.pk}:{u}" for u in managers[alarm.clock.team_id or 0])
    told = OutboxMessage.objects.filter(kind__in=["warn", "tell_manager"])
    found = Counter(
        key if key.startswith("tell") else key.rpartition(":")[0] + ":"
        for key in told.values_list("dedupe_key", flat=True)
    )
    yield from different("warnings and words to managers", keys, found)
    unheard = Alarm.objects.filter(
        clock__in=[c.pk for c in clocks.values() if c.state == "missed" and c.ended_at is None]
    ).exclude(state="fired")
    yield from different("alarms of unanswered misses that did not fire", 0, unheard.count())


def hot_faults(book: Book) -> Iterator[str]:
    """Each hot lead was passed on once, and its next owner has one new clock to accept it."""
    hot = [p.handoff_id for p in book.promises.values() if p.hot]
    once = Counter(hot)
    escalated = Assignment.objects.filter(how="escalated").values_list("handoff", flat=True)
    yield from different("leads passed on", once, Counter(escalated))
    again = Clock.objects.filter(round=1, term__side="sales").values_list("handoff", flat=True)
    yield from different("new clocks to accept", once, Counter(again))
    hops = set(Handoff.objects.filter(pk__in=hot).values_list("hops", flat=True))
    yield from different("hops", {1}, hops)


def delivery_faults(letters: Letters) -> Iterator[str]:
    """Every notice is in its person's bell once, and in a letter whose id never changed."""
    rows = list(OutboxMessage.objects.select_related("recipient"))
    late = [row for row in rows if row.delivered_at is None]
    if late:
        yield f"{len(late)} notices are not delivered, such as {late[0]}: {late[0].last_error}"
    yield from different(
        "lines in the bells",
        Counter((row.pk, row.recipient_id) for row in rows),
        Counter(Notification.objects.values_list("delivery_id", "user")),
    )
    envelopes: dict[str, list[OutboxMessage]] = {}
    for row in rows:
        envelopes.setdefault(str(row.envelope), []).append(row)
    unsent, unknown = set(envelopes) - set(letters), set(letters) - set(envelopes)
    if unsent or unknown:
        yield f"{len(unsent)} envelopes were never sent, {len(unknown)} letters have no envelope"
    for envelope, said in letters.items():
        contents = envelopes.get(envelope, [])
        if len(set(said)) != 1:
            yield f"letters of one id differ: {[subject for _, subject, _ in said]}"
        to, subject, _ = said[0]
        if {row.recipient.email for row in contents} - {to}:
            yield f"envelope {envelope} went to {to} alone"
        if len(contents) > 1 and not subject.startswith(f"{len(contents)} things "):
            yield f"envelope {envelope} holds {len(contents)} notices and says “{subject}”"


def figure_faults(book: Book, expected: Mapping[tuple[int, str], str]) -> Iterator[str]:
    """The figures that managers read count the same, folded in the meantime or not."""
    admin = User.objects.create_superuser("admin@bench.test", name="Admin")
    at = database_now()
    start = min(c.started_at for c in Clock.objects.order_by("started_at")[:1])
    totals = Counter(expected.values())
    for by in ("rep", "term"):
        told = compliance(admin, start=start, end=book.begins, by=by, at=at).totals
        found = {"met": told.met, "missed": told.missed, "voided": told.voided}
        yield from different(f"figures by {by}", {k: totals[k] for k in found}, found)
