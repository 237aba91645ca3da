"""How well the promises were kept: figures of a period, per group, that add up.

One public verb, `compliance`. What its figures mean:

- A clock belongs to the period in which it started: start <= started_at < end.
- Truth is arithmetic, not when the sweep looked: a running clock past its deadline is a miss in
  every figure from the instant after `due_at`, recorded or not. Paused clocks count as running.
- met + missed + voided + running = started, and each clock is in exactly one group: one without
  a rep, persona, campaign or source is in a group named for that.
- A miss belongs to whoever owned the lead at `due_at`. That is the clock's owner:
  sla.clocks.following settles what is overdue before a lead changes hands, and leaves the owner
  of a miss alone.
- Persona, campaign and source are the lead's when the clock started.
- rate = met / (met + missed); rate_with_excuses = met / (met + missed - excused), so an excused
  miss counts neither for nor against. None when nothing was judged.

The counting itself is in sla.figures.tallies.
"""

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from datetime import datetime

from django.db.models import Case, CharField, F, Model, Q, Value, When

from accounts.models import Role, Team, User
from accounts.refusals import Refused
from leads.models import Campaign
from personas.models import Persona
from sla.figures.tallies import Cutting, Whose, counted, text
from sla.models import Clock, ClockQuerySet, Tally, Term


@dataclass(slots=True)
class Figures:
    """The clocks of one group, counted."""

    # What tells the group in an address or a program: e-mail, slug, term key; None: no such thing.
    key: str | None
    name: str
    met: int = 0
    missed: int = 0
    # Of the missed ones.
    excused: int = 0
    voided: int = 0
    # Paused ones included.
    running: int = 0
    # Of terms alone: who owes it.
    side: str = ""

    @property
    def started(self) -> int:
        return self.met + self.missed + self.voided + self.running

    @property
    def rate(self) -> float | None:
        """Share of what was judged that was met, 0 to 1; None when nothing was judged."""
        return _share(self.met, self.met + self.missed)

    @property
    def rate_with_excuses(self) -> float | None:
        """The same with excused misses left out of what was judged."""
        return _share(self.met, self.met + self.missed - self.excused)

    def add(self, met: int, missed: int, excused: int, voided: int, running: int) -> None:
        """Add some clocks."""
        self.met += met
        self.missed += missed
        self.excused += excused
        self.voided += voided
        self.running += running


@dataclass(slots=True)
class Compliance:
    """The figures of one period, told at one instant."""

    by: str
    start: datetime
    end: datetime
    at: datetime
    groups: list[Figures]
    totals: Figures


@dataclass(frozen=True, slots=True)
class Dimension:
    """One way to group clocks."""

    cutting: Cutting
    # The clocks whose group has this key, and those of no group.
    having: Callable[[str], Q]
    without: Q
    nameless: str
    # Grouped value, as text → (key, name), for those found.
    names: Callable[[Iterable[str]], Mapping[str, tuple[str, str]]]


def _of(model: type[Model], key: str) -> Callable[[Iterable[str]], Mapping[str, tuple[str, str]]]:
    def names(found: Iterable[str]) -> Mapping[str, tuple[str, str]]:
        rows = model._default_manager.filter(pk__in=[int(pk) for pk in found if pk])
        return {str(row.pk): (getattr(row, key), str(row)) for row in rows}

    return names


def _term_names(found: Iterable[str]) -> Mapping[str, tuple[str, str]]:
    """A term keeps its key through its contract's versions; the newest gives the name."""
    rows = list(
        Term.objects.agreed().order_by("contract__version").values_list("pk", "key", "name")
    )
    newest = {key: name for _, key, name in rows}
    return {str(pk): (key, newest[key]) for pk, key, _ in rows}


def _sources(found: Iterable[str]) -> Mapping[str, tuple[str, str]]:
    return {source: (source, source) for source in found if source}


def _cut(cut: str, field: str, *, tally: str = "value") -> Cutting:
    return Cutting(cut, text(field), text(tally), text(field))


DIMENSIONS: dict[str, Dimension] = {
    "rep": Dimension(
        _cut(Tally.Cut.HOUR, "owner_id", tally="owner_id"),
        lambda key: Q(owner__email=key),
        Q(owner=None),
        "No owner",
        _of(User, "email"),
    ),
    "team": Dimension(
        _cut(Tally.Cut.HOUR, "team_id", tally="team_id"),
        lambda key: Q(team__slug=key),
        Q(team=None),
        "No team",
        _of(Team, "slug"),
    ),
    "persona": Dimension(
        _cut(Tally.Cut.PERSONA, "persona_id"),
        lambda key: Q(persona__slug=key),
        Q(persona=None),
        "No persona",
        _of(Persona, "slug"),
    ),
    "campaign": Dimension(
        _cut(Tally.Cut.CAMPAIGN, "campaign_id"),
        lambda key: Q(campaign__slug=key),
        Q(campaign=None),
        "No campaign",
        _of(Campaign, "slug"),
    ),
    "source": Dimension(
        _cut(Tally.Cut.SOURCE, "source"),
        lambda key: Q(source=key),
        Q(source=""),
        "No source known",
        _sources,
    ),
    "term": Dimension(
        _cut(Tally.Cut.TERM, "term_id"),
        lambda key: Q(term__key=key),
        Q(pk=None),
        "No term",
        _term_names,
    ),
}


def compliance(user: User, *, start: datetime, end: datetime, by: str, at: datetime) -> Compliance:
    """Figures of the clocks this person may judge, started in [start, end), per group of `by`.

    Instants are aware; `at` is the instant the figures are told for. The number of queries is
    constant. Raises Refused for an unknown `by`, or a period that ends before it starts.
    """
    dimension = dimension_named(by)
    if end < start:
        raise Refused(
            f"The period ends ({end:%Y-%m-%d}) before it starts ({start:%Y-%m-%d}); swap the two.",
            fields={"to": "This must not be before “from”."},
        )
    rows = list(counted(dimension.cutting, whose(user), start, end, at=at))
    names = dimension.names({value for value, *_ in rows})
    groups: dict[str | None, Figures] = {}
    totals = Figures(key=None, name="All")
    for value, *counts in rows:
        key, name = names.get(value, (None, dimension.nameless))
        groups.setdefault(key, Figures(key=key, name=name)).add(*counts)
        totals.add(*counts)
    # A note may take away what a tally holds: nothing is left of such a group.
    found = [figures for figures in groups.values() if figures.started]
    ordered = sorted(found, key=lambda f: (f.key is None, -f.started, f.name.lower()))
    return Compliance(
        by=by,
        start=start,
        end=end,
        at=at,
        groups=_in_order_of_the_contract(ordered) if by == "term" else ordered,
        totals=totals,
    )


def dimension_named(by: str) -> Dimension:
    """One way to group; raises Refused naming those there are."""
    if by not in DIMENSIONS:
        allowed = ", ".join(DIMENSIONS)
        raise Refused(
            f"“{by[:40]}” is not something to group by; use one of {allowed}.",
            fields={"by": f"Choose one of {allowed}."},
        )
    return DIMENSIONS[by]


def whose(user: User) -> Whose:
    """Whose clocks a person may judge: managers and admins all, a rep their own, a marketer those
    of their own teams."""
    if user.is_manager:
        return Whose()
    if user.role == Role.SALES_REP:
        return Whose(owner_id=user.pk)
    return Whose(team_ids=tuple(user.marketing_teams) if user.role == Role.MARKETER else ())


def is_late(at: datetime) -> Q:
    """Running past its deadline: a miss the sweep has not recorded yet."""
    return Q(state=Clock.State.RUNNING, ended_at=None, due_at__lt=at)


def judged(user: User, *, at: datetime) -> ClockQuerySet:
    """The clocks this person may judge, with their `outcome` as the figures count it."""
    return Clock.objects.filter(whose(user).condition).annotate(
        outcome=Case(
            When(is_late(at), then=Value("missed")),
            When(state=Clock.State.PAUSED, then=Value("running")),
            default=F("state"),
            output_field=CharField(),
        )
    )


def with_outcome(outcome: str, *, at: datetime) -> Q:
    """The clocks a figure counts, told so that an index serves: "excused" and "unanswered" too."""
    late = is_late(at)
    state = Clock.State
    known = {
        "": Q(),
        "met": Q(state=state.MET),
        "missed": Q(state=state.MISSED) | late,
        "excused": Q(state=state.MISSED, excused=True),
        "unanswered": Q(ended_at=None) & (Q(state=state.MISSED) | late),
        "running": Q(ended_at=None, state__in=[state.RUNNING, state.PAUSED]) & ~late,
        "voided": Q(state=state.VOIDED),
    }
    return known.get(outcome, Q(pk=None))


def _in_order_of_the_contract(groups: list[Figures]) -> list[Figures]:
    terms = Term.objects.agreed().order_by("contract__version").values_list("key", "side", "id")
    found = {key: (side, pk) for key, side, pk in terms}
    for figures in groups:
        figures.side = found[figures.key][0] if figures.key in found else ""
    return sorted(groups, key=lambda f: found.get(f.key or "", ("", 0))[1])


def _share(part: int, whole: int) -> float | None:
    return part / whole if whole else None
