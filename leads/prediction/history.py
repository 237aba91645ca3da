"""Handoffs as a model sees them: what was known when they were made, and how they ended.

- Won: a deal of the handoff was won. Not won: rejected, disqualified or recycled, or its deal was
  lost. Not known, and left out: still open, qualified without a deal, withdrawn, or rejected
  because somebody was working the person already.
- Losses come sooner than wins, so that among the newest handoffs those that ended were mostly
  lost. Only handoffs are learned from that are older than nine in ten wins took.
- What sales found itself is no handoff of marketing's: it is neither learned from nor foreseen.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

from django.db.models import Count, Exists, F, OuterRef, Q, QuerySet, Subquery

from leads.models import TOUCHPOINTS, Activity, Deal, Handoff, RejectReason, Sourced
from leads.prediction import ENOUGH_OF_EACH, ENOUGH_ROWS

# The rolling window: as many handoffs as this, the newest that are ripe.
WINDOW = 20_000
LONGEST_RIPENING = timedelta(days=180)
RIPE_SHARE = 0.9

State = Handoff.State
ENDED = (State.REJECTED, State.DISQUALIFIED, State.RECYCLED, State.QUALIFIED)
# What each fact is called where its part in a chance is told.
LABELS = {
    "score": "Score", "fit": "Fit", "engagement": "Engagement", "tier": "Tier",
    "persona": "Persona", "source": "Source", "campaign": "Campaign", "job_title": "Title",
    "country": "Country", "company": "Company known", "by_hand": "Handed over by hand",
    "touchpoints": "Touchpoints", "kinds": "Kinds of touchpoints", "days_known": "Days known",
    "days_quiet": "Days since the last touchpoint",
}  # fmt: skip


@dataclass(frozen=True, slots=True)
class Ended:
    """A handoff whose end is known."""

    handoff_id: int
    facts: dict[str, str]
    won: bool
    handed_over_at: datetime


@dataclass(frozen=True, slots=True)
class History:
    """How much there is to learn from: ripe handoffs that ended, and those won among them."""

    ended: int
    won: int

    @property
    def rarer(self) -> int:
        return min(self.won, self.ended - self.won)

    @property
    def enough(self) -> bool:
        return self.ended >= ENOUGH_ROWS and self.rarer >= ENOUGH_OF_EACH


def history(*, at: datetime) -> History:
    """What there is by now."""
    found = ripe_handoffs(at=at).aggregate(
        ended=Count("pk"), won=Count("pk", filter=Q(is_won=True))
    )
    return History(found["ended"], found["won"])


def ended_handoffs(*, at: datetime, since: datetime | None = None) -> list[Ended]:
    """The newest ripe handoffs that ended (WINDOW of them), the oldest first."""
    found = ripe_handoffs(at=at)
    if since is not None:
        found = found.filter(handed_over_at__gt=since)
    newest = _with_campaign(found).order_by("-handed_over_at", "-id")[:WINDOW]
    return [
        Ended(h.pk, facts(h), h.is_won, h.handed_over_at)  # type: ignore[attr-defined]
        for h in reversed(newest)
    ]


def ripe_handoffs(*, at: datetime) -> QuerySet[Handoff]:
    """Handoffs that ended and are old enough to learn from, each with `is_won`."""
    deals = Deal.objects.filter(handoff=OuterRef("pk"))
    return (
        Handoff.objects.filter(
            state__in=ENDED, handed_over_at__lte=at - ripening(), sourced_by=Sourced.MARKETING
        )
        .exclude(state=State.REJECTED, reason=RejectReason.DUPLICATE)
        .annotate(
            is_won=Exists(deals.filter(state=Deal.State.WON)),
            is_running=Exists(deals.filter(state=Deal.State.OPEN)),
            has_deal=Exists(deals),
        )
        .exclude(is_running=True)
        .exclude(Q(state=State.QUALIFIED) & Q(has_deal=False))
    )


def ripening() -> timedelta:
    """The time in which nine in ten wins were won, from handoff to the end of the deal."""
    wins = Deal.objects.filter(state=Deal.State.WON).exclude(handoff=None)
    newest = wins.annotate(took=F("closed_at") - F("handoff__handed_over_at")).order_by("-pk")
    took = sorted(newest.values_list("took", flat=True)[:WINDOW])
    if not took:
        return timedelta(0)
    return min(took[int((len(took) - 1) * RIPE_SHARE)], LONGEST_RIPENING)


def known_handoffs(handoff_ids: Sequence[int]) -> list[tuple[int, dict[str, str]]]:
    """What was known of these handoffs when they were made."""
    found = _with_campaign(Handoff.objects.filter(pk__in=handoff_ids)).order_by("pk")
    return [(handoff.pk, facts(handoff)) for handoff in found]


def _with_campaign(handoffs: QuerySet[Handoff]) -> QuerySet[Handoff]:
    # The lead's own campaign may have been filled in since.
    first = Activity.objects.filter(
        lead=OuterRef("lead"),
        kind__in=sorted(TOUCHPOINTS),
        occurred_at__lte=OuterRef("handed_over_at"),
    ).order_by("occurred_at", "id")
    return handoffs.annotate(campaign_then=Subquery(first.values("campaign__slug")[:1]))


def facts(handoff: Handoff) -> dict[str, str]:
    """What was known at the handoff, as texts, from its frozen receipt."""
    receipt = handoff.receipt
    person = receipt.get("person") or {}
    touchpoints = receipt.get("touchpoints") or []
    days = [
        (handoff.handed_over_at - datetime.fromisoformat(touchpoint["at"])) / timedelta(days=1)
        for touchpoint in touchpoints
    ]
    kinds = [touchpoint["kind"] for touchpoint in touchpoints]
    return {
        **{name: _text(receipt.get(name)) for name in ("score", "fit", "engagement", "tier")},
        "source": _text(receipt.get("source")),
        "persona": _text((receipt.get("persona") or {}).get("slug")),
        "campaign": _text(getattr(handoff, "campaign_then", None)),
        "job_title": _text(person.get("job_title")).casefold(),
        "country": _text(person.get("country")),
        "company": "yes" if person.get("company") else "no",
        "by_hand": "yes" if handoff.override_reason else "no",
        "touchpoints": str(len(kinds)),
        "kinds": str(len(set(kinds))),
        "days_known": f"{max(days):.0f}" if days else "",
        "days_quiet": f"{min(days):.0f}" if days else "",
    }


def _text(value: object) -> str:
    return "" if value is None else str(value)
