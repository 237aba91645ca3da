"""What a sequence comes to, step by step: how many it reached, and what ended it there."""

from collections import Counter
from collections.abc import Sequence as Several
from dataclasses import dataclass, field
from typing import Any

from django.db.models import Count, Q

from leads.models import Enrolment, Sequence, SequenceVersion
from leads.quality_figures import FEW

State, Why = Enrolment.State, Enrolment.Why


@dataclass(slots=True)
class StepFigures:
    """One step of one version: how many came to it, did it, and were stopped after it by what."""

    place: int
    said: dict[str, Any]
    done: int = 0
    replied: int = 0
    met: int = 0

    @property
    def is_few(self) -> bool:
        return self.done < FEW

    def share(self, count: int) -> float | None:
        return count / self.done if self.done else None

    @property
    def reply_share(self) -> float | None:
        return self.share(self.replied)


@dataclass(slots=True)
class Figures:
    """A version's enrolments, together and by step."""

    version: SequenceVersion
    begun: int = 0
    active: int = 0
    finished: int = 0
    stopped: Counter[str] = field(default_factory=Counter)
    steps: list[StepFigures] = field(default_factory=list)

    @property
    def replied(self) -> int:
        return self.stopped[Why.REPLIED]

    @property
    def met(self) -> int:
        return self.stopped[Why.MEETING]

    @property
    def is_few(self) -> bool:
        return self.begun < FEW

    @property
    def reasons(self) -> list[tuple[str, int]]:
        """Why it was stopped, the most frequent first."""
        return [(Why(why).label, count) for why, count in self.stopped.most_common()]


def figures(sequences: Several[Sequence]) -> dict[int, list[Figures]]:
    """Sequence → the figures of its versions, the newest first; two queries for all of them."""
    versions = SequenceVersion.objects.filter(sequence__in=sequences).order_by("-number")
    found = {version.pk: Figures(version) for version in versions}
    for each in found.values():
        each.steps = [StepFigures(n, said) for n, said in enumerate(each.version.steps)]
    done = Count("steps", filter=Q(steps__done_at__isnull=False))
    rows = (
        Enrolment.objects.filter(version__in=found)
        .order_by()
        .annotate(done=done)
        .values_list("version", "state", "why", "done")
    )
    for (version, state, why, came), count in Counter(rows.iterator()).items():
        _add(found[version], state, why, came, count)
    result: dict[int, list[Figures]] = {sequence.pk: [] for sequence in sequences}
    for each in found.values():
        result[each.version.sequence_id].append(each)
    return result


def _add(of: Figures, state: str, why: str, came: int, count: int) -> None:
    of.begun += count
    of.active += count if state == State.ACTIVE else 0
    of.finished += count if state == State.FINISHED else 0
    if state == State.STOPPED:
        of.stopped[why] += count
    for step in of.steps[:came]:
        step.done += count
    if came and why in (Why.REPLIED, Why.MEETING):
        last = of.steps[min(came, len(of.steps)) - 1]
        last.replied += count if why == Why.REPLIED else 0
        last.met += count if why == Why.MEETING else 0
