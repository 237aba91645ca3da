"""What if the agreement were another one? The past, replayed under a draft; it writes nothing.

One public verb, `what_if`. What its figures mean:

- The clocks are those that started in the period, as sla.figures.compliance counts them; "before"
  are its figures, and under an empty draft "after" is the same (a test holds them together).
- People did what they did: an answer keeps its instant, a lead its owners. That people work by
  their deadlines, and would have acted differently, can't be known.
- A handoff below the draft's score is taken out with its clocks. Leads that would have been
  handed over besides are counted as load; nobody answered them, so no compliance is made up.
- Under a draft contract clocks are made anew (sla.replays.anew). What only one of both promises is
  counted on its side and is no changed outcome. Steps are not replayed: nobody is told, or a lead
  passed on, that was not.
- The number of reps changes the load for each of them, and no outcome: how fast somebody answers
  with fewer leads at hand is not on record. A model of the line stands beside it
  (sla.replays.queueing), with what it assumes.
"""

from collections import Counter, defaultdict
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import datetime, time, timedelta
from zoneinfo import ZoneInfo

from django.db import connection, transaction

from accounts import configuration
from accounts.models import User
from leads.models import Lead
from sla.agreement import Agreement
from sla.figures.compliance import Figures
from sla.models import Term
from sla.replays.anew import anew
from sla.replays.draft import Draft
from sla.replays.load import Load, load
from sla.replays.queueing import Line, lines
from sla.replays.replay import Replayed, replay

SHOWN = 50
OUTCOMES = ("met", "missed", "voided", "running")


@dataclass(slots=True)
class Pair:
    """One group's figures, before and after."""

    before: Figures
    after: Figures
    # Of a promise: "new" with the draft, "dropped" by it, or "".
    fate: str = ""

    @property
    def difference(self) -> float | None:
        """Of the kept shares; None where one of them judges nothing."""
        before, after = self.before.rate, self.after.rate
        return None if before is None or after is None else after - before


@dataclass(slots=True)
class ChangedLead:
    """A lead with an outcome that is another: its clocks, in the order of their start."""

    lead: Lead
    clocks: list[Replayed] = field(default_factory=list)

    @property
    def gone(self) -> bool:
        """Whether it would not have been handed over at all."""
        return all(each.gone for each in self.clocks)


@dataclass(slots=True)
class WhatIf:
    """The answer: the period before and after, by term and by rep, the load, and what changed."""

    draft: Draft
    start: datetime
    at: datetime
    totals: Pair
    terms: list[Pair]
    reps: list[Pair]
    load: Load
    # First contacts by a model, of the pools for which the draft names a number of reps.
    lines: list[Line]
    changed_clocks: int
    changed_leads: int
    # The newest SHOWN of them.
    changed: list[ChangedLead]


def points(pair: Pair) -> str:
    """The difference in points of a hundred, with its sign: "+12", "−3", "0"; "" for none."""
    if pair.difference is None:
        return ""
    whole = round(pair.difference * 100)
    return f"{whole:+d}".replace("-", "−") if whole else "0"


def since(days: int, *, zone: ZoneInfo, at: datetime) -> datetime:
    """The midnight with which the last `days` days of a zone began, today among them."""
    first = at.astimezone(zone).date() - timedelta(days=days - 1)
    return datetime.combine(first, time.min, zone)


@contextmanager
def reading_only() -> Iterator[None]:
    """A transaction in which the database refuses every write."""
    with transaction.atomic():
        with connection.cursor() as cursor:
            cursor.execute("SET TRANSACTION READ ONLY")
        yield


def what_if(draft: Draft, *, start: datetime, at: datetime) -> WhatIf:
    """Replay the clocks and handoffs of [start, at) under a draft.

    Instants are aware; the number of queries does not grow with the handoffs. For managers and
    admins, who may judge every clock: the caller sees to that.
    """
    stamp = configuration.stamp()
    with reading_only():
        run = anew if draft.contract else replay
        replayed = run(draft, start=start, at=at, stamp=stamp)
        also = {each.clock.handoff_id or 0 for each in replayed}
        found = load(draft, also, start=start, at=at, stamp=stamp)
        for each in replayed:
            if each.clock.handoff_id in found.gone:
                each.after, each.gone = None, True
        changed = [each for each in replayed if each.changed]
        before, after = _grouped(replayed)
        terms = _by_term(before, after, draft.contract)
        leads, clocks = _by_lead(changed)
        return WhatIf(
            draft=draft, start=start, at=at,
            totals=_totals(terms), terms=terms, reps=_by_rep(before, after),
            load=found,
            lines=lines(draft, replayed, found, start=start, at=at, stamp=stamp),
            changed_clocks=len(changed), changed_leads=len(leads),
            changed=_shown(leads, clocks),
        )  # fmt: skip


# (term, owner, outcome, excused) → how many clocks.
Groups = Counter[tuple[int, int | None, str, bool]]


def _grouped(replayed: Sequence[Replayed]) -> tuple[Groups, Groups]:
    """Before and after; what there are many of is counted once."""
    before: Groups = Counter()
    after: Groups = Counter()
    for each in replayed:
        for groups, term, found in (
            (before, each.term, each.before), (after, each.under or each.term, each.after),
        ):  # fmt: skip
            if found is not None:
                groups[term.pk, found.owner_id, found.outcome, found.excused] += 1
    return before, after


def _add(figures: Figures, outcome: str, excused: bool, n: int) -> None:
    counts = {name: n if name == outcome else 0 for name in OUTCOMES}
    figures.add(**counts, excused=n if excused else 0)


def _pair(key: str | None, name: str, side: str = "") -> Pair:
    return Pair(Figures(key, name, side=side), Figures(key, name, side=side))


def _totals(terms: Sequence[Pair]) -> Pair:
    total = _pair(None, "All")
    for pair in terms:
        for all_, one in ((total.before, pair.before), (total.after, pair.after)):
            all_.add(one.met, one.missed, one.excused, one.voided, one.running)
    return total


def _by_term(before: Groups, after: Groups, drafted: Agreement | None) -> list[Pair]:
    """In the order of the contract, what a draft of it drops at the end; a term keeps its key
    through the versions."""
    newest: dict[str, Term] = {}
    keys: dict[int, str] = {}
    agreed = Term.objects.agreed().order_by("contract__version", "pk")
    for term in (*agreed, *(drafted.terms if drafted else ())):
        newest[term.key], keys[term.pk] = term, term.key
    used = {keys[term] for term, *_ in (*before, *after)}
    pairs = {key: _pair(key, term.name, term.side) for key, term in newest.items() if key in used}
    for groups, side in ((before, "before"), (after, "after")):
        for (term_id, _, outcome, excused), n in groups.items():
            _add(getattr(pairs[keys[term_id]], side), outcome, excused, n)
    place = {term.key: n for n, term in enumerate(drafted.terms)} if drafted else {}
    known = {term.key for term in agreed}
    for key, pair in pairs.items() if drafted else ():
        pair.fate = "dropped" if key not in place else "" if key in known else "new"
    order = {key: (place.get(key, len(place)), newest[key].pk) for key in pairs}
    return sorted(pairs.values(), key=lambda pair: order[pair.before.key or ""])


def _by_rep(before: Groups, after: Groups) -> list[Pair]:
    """Those with the most clocks first; nobody's at the end. A miss may change hands: with
    another deadline somebody else may have had the lead."""
    owners = {owner for _, owner, *_ in (*before, *after)}
    people = User.objects.in_bulk([pk for pk in owners if pk])
    pairs = {
        owner: _pair(people[owner].email, str(people[owner])) if owner else _pair(None, "No owner")
        for owner in owners
    }
    for groups, side in ((before, "before"), (after, "after")):
        for (_, owner, outcome, excused), n in groups.items():
            _add(getattr(pairs[owner], side), outcome, excused, n)
    return sorted(
        pairs.values(),
        key=lambda p: (p.before.key is None, -p.before.started, p.before.name.lower()),
    )


def _by_lead(changed: Sequence[Replayed]) -> tuple[list[int], dict[int, list[Replayed]]]:
    """Lead ids, the newest change first, and each one's clocks; what is about no lead is only
    counted."""
    clocks: dict[int, list[Replayed]] = defaultdict(list)
    for each in sorted(changed, key=lambda each: (each.clock.started_at, each.clock.id)):
        if each.clock.lead_id is not None:
            clocks[each.clock.lead_id].append(each)
    newest = sorted(clocks, key=lambda pk: (clocks[pk][-1].clock.started_at, pk), reverse=True)
    return newest, clocks


def _shown(ids: Sequence[int], clocks: dict[int, list[Replayed]]) -> list[ChangedLead]:
    shown = ids[:SHOWN]
    leads = Lead.objects.only("first_name", "last_name", "email", "phone", "company").in_bulk(shown)
    return [ChangedLead(leads[pk], clocks[pk]) for pk in shown]
