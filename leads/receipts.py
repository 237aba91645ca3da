"""The receipt that was frozen at the handoff, beside what holds today."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from leads.models import Handoff, Lead

FIGURES = (("score", "Score"), ("tier", "Tier"), ("fit", "Fit"), ("engagement", "Engagement"))
FACTS = (
    ("persona", "Persona"), ("name", "Name"), ("job_title", "Title"), ("company", "Company"),
    ("country", "Country"), ("source", "Source"),
)  # fmt: skip
# As many touchpoints as a receipt keeps (leads.handover).
KEPT = 50


@dataclass(frozen=True, slots=True)
class Line:
    """One fact as it was handed over and as it is."""

    label: str
    then: Any
    now: Any

    @property
    def moved(self) -> bool:
        return bool(self.then != self.now)


@dataclass(slots=True)
class Beside:
    """All facts side by side; the reasons of the score; signs since."""

    lines: list[Line] = field(default_factory=list)
    reasons: list[Line] = field(default_factory=list)
    signs_since: int = 0

    @property
    def moved(self) -> list[Line]:
        """What is different today; of the score the sum and not its parts."""
        parts = ("Fit", "Engagement")
        return [line for line in self.lines if line.moved and line.label not in parts]


def beside(lead: Lead, handoff: Handoff | None, *, signs: int) -> Beside | None:
    """Then and now; None where nothing was handed over. `signs` counts theirs up to now."""
    if handoff is None or not handoff.receipt:
        return None
    receipt = handoff.receipt
    then = {**receipt, **receipt.get("person", {})}
    then["persona"] = (receipt.get("persona") or {}).get("name")
    then["tier"] = str(then.get("tier") or "").capitalize()
    now = {key: getattr(lead, key) for key, _ in (*FIGURES, *FACTS)}
    now["persona"] = lead.persona.name if lead.persona else None
    now["tier"] = lead.get_tier_display()
    lines = [Line(label, _said(then.get(key)), _said(now[key])) for key, label in FIGURES + FACTS]
    had = len(receipt.get("touchpoints", []))
    since = max(0, signs - had) if had < KEPT else 0
    return Beside(lines, _reasons(receipt.get("reasons", []), lead.score_reasons), since)


def _reasons(then: list[Mapping[str, Any]], now: list[Mapping[str, Any]]) -> list[Line]:
    """What counted then, what counts now: those that are new last."""
    before = {str(each["label"]): _points(each["points"]) for each in then}
    after = {str(each["label"]): _points(each["points"]) for each in now}
    labels = list(dict.fromkeys([*before, *after]))
    return [Line(label, before.get(label, "–"), after.get(label, "–")) for label in labels]


def _points(points: int) -> str:
    return f"+{points}" if points > 0 else str(points)


def _said(value: Any) -> Any:
    return "–" if value in (None, "") else value
