"""How well the promises were kept: figures of a period, per group, that add up.

One public verb, `compliance`. What its figures mean:

- A clock belongs to the period in which it started: start <= started_at < end.
- Truth is arithmetic, not when the sweep looked: a running clock past its deadline is a miss in
  every figure from the instant after `due_at`, recorded or not. Paused clocks count as running.
- met + missed + voided + running = started, and each clock is in exactly one group: one without
  a rep, persona, campaign or source is in a group named for that.
- A miss belongs to whoever owned the lead at `due_at`: the breach's owner; any other clock to its
  own owner.
- rate = met / (met + missed); rate_with_excuses = met / (met + missed - excused), so an excused
  miss counts neither for nor against. None when nothing was judged.
"""

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from django.db.models import BigIntegerField, Case, CharField, Count, F, Model, Q, Value, When

from accounts.models import Role, Team, User
from accounts.refusals import Refused
from leads.models import Campaign
from personas.models import Persona
from sla.models import Clock, ClockQuerySet, Term

OUTCOMES = ("met", "missed", "voided", "running")


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

    def count(self, outcome: str, excused: bool, n: int) -> None:
        """Add so many clocks of one outcome."""
        setattr(self, outcome, getattr(self, outcome) + n)
        if excused:
            self.excused += n


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

    # What to group by, on `judged` clocks.
    path: str
    # The clocks whose group has this key.
    having: Callable[[str], Q]
    # The clocks of no group, and what that is called.
    without: Q
    nameless: str
    # Grouped value → (key, name) for the values found.
    names: Callable[[Iterable[Any]], Mapping[Any, tuple[str, str]]]


def _of(model: type[Model], key: str) -> Callable[[Iterable[Any]], Mapping[Any, tuple[str, str]]]:
    def names(found: Iterable[Any]) -> Mapping[Any, tuple[str, str]]:
        rows = model._default_manager.filter(pk__in=[pk for pk in found if pk is not None])
        return {row.pk: (getattr(row, key), str(row)) for row in rows}

    return names


def _term_names(found: Iterable[Any]) -> Mapping[Any, tuple[str, str]]:
    """By the newest contract: a term keeps its key through its versions."""
    rows = Term.objects.filter(key__in=list(found)).order_by("contract__version")
    return {key: (key, name) for key, name in rows.values_list("key", "name")}


def _sources(found: Iterable[Any]) -> Mapping[Any, tuple[str, str]]:
    return {source: (source, source) for source in found if source}


DIMENSIONS: dict[str, Dimension] = {
    "rep": Dimension(
        "answers_id",
        lambda key: Q(answers_id__in=User.objects.filter(email=key).values("pk")),
        Q(answers_id=None),
        "No owner",
        _of(User, "email"),
    ),
    "team": Dimension(
        "answering_team_id",
        lambda key: Q(answering_team_id__in=Team.objects.filter(slug=key).values("pk")),
        Q(answering_team_id=None),
        "No team",
        _of(Team, "slug"),
    ),
    "persona": Dimension(
        "lead__persona_id",
        lambda key: Q(lead__persona__slug=key),
        Q(lead__persona=None),
        "No persona",
        _of(Persona, "slug"),
    ),
    "campaign": Dimension(
        "lead__campaign_id",
        lambda key: Q(lead__campaign__slug=key),
        Q(lead__campaign=None),
        "No campaign",
        _of(Campaign, "slug"),
    ),
    "source": Dimension(
        "lead__source",
        lambda key: Q(lead__source=key),
        Q(lead__source=""),
        "No source known",
        _sources,
    ),
    "term": Dimension(
        "term__key", lambda key: Q(term__key=key), Q(pk=None), "No term", _term_names
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
    clocks = judged(user, at=at).filter(started_at__gte=start, started_at__lt=end)
    rows = list(
        clocks.order_by().values_list(dimension.path, "outcome", "excused").annotate(n=Count("pk"))
    )
    names = dimension.names({value for value, *_ in rows})
    groups: dict[str | None, Figures] = {}
    totals = Figures(key=None, name="All")
    for value, outcome, excused, n in rows:
        key, name = names.get(value, (None, dimension.nameless))
        groups.setdefault(key, Figures(key=key, name=name)).count(outcome, excused, n)
        totals.count(outcome, excused, n)
    ordered = sorted(groups.values(), key=lambda f: (f.key is None, -f.started, f.name.lower()))
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


def judged(user: User, *, at: datetime) -> ClockQuerySet:
    """The clocks this person may judge, with `outcome`, `answers_id` and `answering_team_id`.

    Managers and admins judge all, a rep their own, a marketer those of their own teams.
    """
    late = Q(state=Clock.State.RUNNING, due_at__lt=at)
    breached = Q(state=Clock.State.MISSED, breach__isnull=False)
    clocks = Clock.objects.annotate(
        outcome=Case(
            When(late, then=Value("missed")),
            When(state=Clock.State.PAUSED, then=Value("running")),
            default=F("state"),
            output_field=CharField(),
        ),
        answers_id=Case(
            When(breached, then=F("breach__owner_id")),
            default=F("owner_id"),
            output_field=BigIntegerField(),
        ),
        answering_team_id=Case(
            When(breached, then=F("breach__team_id")),
            default=F("team_id"),
            output_field=BigIntegerField(),
        ),
    )
    if user.is_manager:
        return clocks
    if user.role == Role.SALES_REP:
        return clocks.filter(answers_id=user.pk)
    if user.role == Role.MARKETER:
        return clocks.filter(answering_team_id__in=user.marketing_teams)
    return clocks.none()


def _in_order_of_the_contract(groups: list[Figures]) -> list[Figures]:
    terms = Term.objects.order_by("contract__version").values_list("key", "side", "id")
    found = {key: (side, pk) for key, side, pk in terms}
    for figures in groups:
        figures.side = found[figures.key][0] if figures.key in found else ""
    return sorted(groups, key=lambda f: found.get(f.key or "", ("", 0))[1])


def _share(part: int, whole: int) -> float | None:
    return part / whole if whole else None


__all__ = ["DIMENSIONS", "OUTCOMES", "Compliance", "Figures", "compliance", "judged"]
