"""What sales hears from conversations: added on a lead's page, counted on its persona's."""

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import datetime

from django.db import IntegrityError, transaction

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
    known = Insight.objects.filter(lead=lead, about=about, words__iexact=said)
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


def heard(persona: Persona, user: User) -> list[Said]:
    """What was said about a persona, most often first; leads by name as far as one may see them."""
    found: dict[tuple[str, str], Said] = {}
    for insight in persona.insights.select_related("by")[:READ]:
        key = (insight.about, insight.words.casefold())
        said = found.setdefault(key, Said(insight.get_about_display(), insight.words))
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
