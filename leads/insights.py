"""What sales hears from conversations: added on a lead's page, counted on its persona's."""

from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

from django.db import IntegrityError, transaction
from django.db.models import Exists, OuterRef, QuerySet, Value
from django.db.models.functions import Lower

from accounts.models import User
from accounts.refusals import Refused
from leads.models import Activity, Deal, Insight, Kind, Lead
from leads.qualification import DISQUALIFY_REASONS
from personas.models import Persona

# Lines a page shows, and leads beside each of them.
MOST, NAMED = 30, 3
# Of the newest; what was said longer ago says less of today.
READ = 2000


@dataclass(slots=True)
class Said:
    """The same words of several people, with some of the leads."""

    # Insight.About, and in words.
    kind: str
    about: str
    words: str
    count: int = 0
    leads: list[Lead] = field(default_factory=list)
    newest: Insight | None = None


def add(lead: Lead, about: str, words: str, *, by: User, at: datetime) -> tuple[Insight, bool]:
    """Keep what this lead said about what its persona is like; twice changes nothing.

    Raises Refused for a lead without a persona, whom it could be about.
    """
    if lead.persona_id is None:
        raise Refused(f"{lead.name} fits no persona yet, so there is nobody this could be about.")
    said = " ".join(words.split())
    if not said:
        raise Refused("Say what you heard.", fields={"words": "Say what you heard."})
    # As the constraint tells them apart: by small letters, which are not those of `iexact`.
    same = _with_key(Insight.objects.filter(lead=lead, about=about))
    known = same.filter(key=Lower(Value(said)))
    try:
        with transaction.atomic():
            made, new = known.get_or_create(
                defaults={
                    "lead": lead,
                    "persona_id": lead.persona_id,
                    "about": about,
                    "words": said,
                    "by": by,
                    "at": at,
                }
            )
    except IntegrityError:  # in the same moment by another click
        return known.get(), False
    return made, new


def said_by_both(left: Lead, gone: Lead) -> list[dict[str, Any]]:
    """Where the two are one person, they said it once: drop what the other said in the same words.
    Returns what was dropped, as JSON keeps it."""
    mine = _with_key(Insight.objects.filter(lead=left, about=OuterRef("about")))
    same = _with_key(Insight.objects.filter(lead=gone))
    same = same.filter(Exists(mine.filter(key=OuterRef("key"))))
    dropped = list(same.values("persona_id", "about", "words", "by_id", "at"))
    same.delete()
    return [{**facts, "at": facts["at"].isoformat()} for facts in dropped]


def say_again(lead: Lead, dropped: Sequence[Mapping[str, Any]]) -> None:
    """Put back what `said_by_both` had dropped, but of a persona that is no more."""
    there = set(Persona.objects.values_list("pk", flat=True)) if dropped else set()
    Insight.objects.bulk_create(
        Insight(lead=lead, **{**facts, "at": datetime.fromisoformat(facts["at"])})
        for facts in dropped
        if facts["persona_id"] in there
    )


def _with_key(insights: "QuerySet[Insight]") -> "QuerySet[Any]":
    return insights.annotate(key=Lower("words"))


def heard(persona: Persona, user: User) -> list[Said]:
    """What was said about a persona, most often first; leads by name as far as one may see them."""
    found: dict[tuple[str, str], Said] = {}
    for insight in persona.insights.select_related("by")[:READ]:
        key = (insight.about, insight.words.casefold())
        said = found.setdefault(
            key, Said(insight.about, insight.get_about_display(), insight.words)
        )
        said.count += 1
        said.newest = said.newest or insight
    lines = sorted(found.items(), key=lambda line: -line[1].count)[:MOST]
    _name(persona, dict(lines), user)
    return [said for _, said in lines]


def _name(persona: Persona, found: dict[tuple[str, str], Said], user: User) -> None:
    seen = Insight.objects.visible_to(user).filter(persona=persona).select_related("lead")
    for insight in seen[:READ]:
        said = found.get((insight.about, insight.words.casefold()))
        if said is not None and len(said.leads) < NAMED:
            said.leads.append(insight.lead)


def known_words(persona: Persona) -> Sequence[str]:
    """What others have heard already, to be said again in the same words."""
    words = persona.insights.order_by("words").values_list("words", flat=True).distinct()
    return list(words[:MOST])


def why_not(persona: Persona) -> list[tuple[str, int]]:
    """Why leads of this persona did not buy: reasons of lost deals and of disqualifications."""
    lost = Deal.objects.filter(lead__persona=persona, state=Deal.State.LOST)
    counted = Counter(
        reason.partition(":")[0] for reason in lost.values_list("reason", flat=True)[:READ]
    )
    ended = Activity.objects.filter(lead__persona=persona, kind=Kind.DISQUALIFIED)
    counted.update(
        DISQUALIFY_REASONS.get(str(reason), str(reason))
        for reason in ended.values_list("data__reason", flat=True)[:READ]
        if reason
    )
    return counted.most_common(8)
