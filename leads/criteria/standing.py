"""Which criteria apply to a lead, and how far its answers have come."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any
from uuid import UUID

from accounts.configuration import remembered
from leads.criteria import checks
from leads.models import Answer, Framework, Lead, Pool

Said = Answer.Said
# Of a question's weight.
WORTH = {Said.YES: 1.0, Said.PARTLY: 0.5}


@dataclass(frozen=True, slots=True)
class Rules:
    """A framework: no ORM, so that it can be kept in memory."""

    id: int
    name: str
    questions: tuple[Mapping[str, Any], ...]
    minimum: int

    def question(self, key: str) -> Mapping[str, Any] | None:
        return next((each for each in self.questions if each["key"] == key), None)


@dataclass(slots=True)
class Line:
    """One question with its last answer, if there is one, and what it answers itself."""

    question: Mapping[str, Any]
    answer: Answer | None = None
    found: checks.Found | None = None
    # Where the fact comes from that it goes by; known on the lead's page.
    origin: checks.Origin | None = None

    @property
    def is_by_hand(self) -> bool:
        """Whether somebody's word counts; “not known” leaves it to the check again."""
        return self.answer is not None and self.answer.said != Said.OPEN

    @property
    def said(self) -> str:
        if self.answer is not None and self.is_by_hand:
            return self.answer.said
        return self.found.said if self.found else Said.OPEN

    @property
    def evidence(self) -> str:
        """What shows it, as it counts now."""
        if self.found is not None and not self.is_by_hand:
            return self.found.evidence
        return self.answer.evidence if self.answer else ""

    @property
    def is_overruled(self) -> bool:
        """Whether somebody sees it otherwise than the facts."""
        return self.is_by_hand and self.found is not None and self.found.said != self.said

    @property
    def has_moved(self) -> bool:
        """Whether the facts say something else since somebody saw it otherwise."""
        if self.answer is None or self.found is None or not self.is_by_hand:
            return False
        return self.answer.instead_of not in ("", self.found.said)

    @property
    def is_missing(self) -> bool:
        return self.said == Said.OPEN


@dataclass(slots=True)
class Standing:
    """How far a lead has come by the criteria that apply to it."""

    rules: Rules
    lines: list[Line] = field(default_factory=list)

    @property
    def share(self) -> int:
        """What the answers reach of all weights, in percent, rounded down."""
        of = sum(line.question["weight"] for line in self.lines)
        reached = sum(
            line.question["weight"] * WORTH.get(Said(line.said), 0.0) for line in self.lines
        )
        return int(100 * reached / of) if of else 100

    @property
    def missing(self) -> list[str]:
        """The questions nobody has an answer to."""
        return [line.question["label"] for line in self.lines if line.is_missing]

    @property
    def next_key(self) -> str:
        """The question to ask next: the first nobody has an answer to."""
        return next((line.question["key"] for line in self.lines if line.is_missing), "")

    @property
    def against(self) -> list[str]:
        """The questions whose answer speaks against the lead."""
        return [line.question["label"] for line in self.lines if line.said == Said.NO]

    @property
    def is_enough(self) -> bool:
        return self.share >= self.rules.minimum

    def facts(self) -> dict[str, Any]:
        """What is written down when the lead is qualified."""
        return {"framework": self.rules.name, "share": self.share, "missing": self.missing}


def in_force(pool_id: int | None, *, stamp: UUID | None = None) -> Rules | None:
    """The criteria of a pool's leads: its own, else those for all; None where there are none."""
    by_pool, for_all = remembered("frameworks", _load, under=stamp)
    return by_pool.get(pool_id or 0, for_all)


def _load() -> tuple[dict[int, Rules], Rules | None]:
    rows = {row.pk: row for row in Framework.objects.in_use()}
    rules = {pk: Rules(pk, row.name, tuple(row.questions), row.minimum) for pk, row in rows.items()}
    pools = Pool.objects.filter(framework__in=rows).values_list("pk", "framework")
    for_all = next((rules[pk] for pk, row in rows.items() if row.for_all), None)
    return {pool: rules[pk] for pool, pk in pools}, for_all


def standing(lead: Lead, *, stamp: UUID | None = None) -> Standing | None:
    """How far the lead has come; None where no criteria apply. One query, and one more where a
    check goes by the predicted chance."""
    rules = in_force(lead.pool_id, stamp=stamp)
    if rules is None:
        return None
    last = {answer.question: answer for answer in _last(lead, rules)}
    return Standing(rules, lines(rules, last, found_of(lead, rules, stamp=stamp)))


def lines(
    rules: Rules, last: Mapping[str, Answer], found: Mapping[str, checks.Found]
) -> list[Line]:
    """The questions with what is known of each."""
    return [Line(each, last.get(each["key"]), found.get(each["key"])) for each in rules.questions]


def found_of(lead: Lead, rules: Rules, *, stamp: UUID | None = None) -> Mapping[str, checks.Found]:
    """What the questions answer themselves of this lead."""
    if not any(each.get("check") for each in rules.questions):
        return {}
    values = checks.values_of(lead, rules.questions, stamp=stamp)
    return checks.found(rules.questions, values, stamp=stamp)


def with_origins(lead: Lead, known: Standing | None) -> Standing | None:
    """The same, with where the facts come from that its checks go by."""
    if known is not None and (found := [line.found for line in known.lines if line.found]):
        kept = checks.origins(lead, found)
        for line in known.lines:
            line.origin = kept.get(line.found.field) if line.found else None
    return known


def _last(lead: Lead, rules: Rules) -> Sequence[Answer]:
    answers = Answer.objects.filter(lead=lead, framework=rules.id).select_related("by")
    return list(answers.order_by("question", "-at", "-pk").distinct("question"))
