"""Who else may be this lead: asked on its page and when it is entered; nothing is merged."""

from dataclasses import dataclass

from django.contrib.postgres.search import TrigramSimilarity
from django.db.models import Q

from leads.duplicates.evidence import THRESHOLD
from leads.duplicates.of_leads import of_lead, present_model
from leads.duplicates.reasons import in_words
from leads.models import DuplicatePair, Lead

# Similarity of "first last company" from which two leads are compared, and how many of them.
ALIKE, LOOKED_AT = 0.5, 20
MOST = 5


@dataclass(frozen=True, slots=True)
class Likely:
    """Another lead that may be the same person, and why we think so."""

    lead: Lead
    why: str


def likely_duplicates(lead: Lead) -> list[Likely]:
    """Leads that are likely the same person, best first; never those somebody said are not.

    Candidates are found by two indexed queries, and by what the nightly look proposed.
    """
    model, mine = present_model(), of_lead(lead)
    others, decided = _candidates(lead)
    scored = [
        (model.chance(mine, of_lead(other)), other)
        for other in others
        if other.pk not in decided
    ]  # fmt: skip
    best = sorted(
        ((chance, other) for chance, other in scored if chance >= THRESHOLD),
        key=lambda pair: (-pair[0], pair[1].pk),
    )
    return [
        Likely(other, ", ".join(in_words(mine, of_lead(other)))) for _, other in best[:MOST]
    ]  # fmt: skip


def _candidates(lead: Lead) -> tuple[list[Lead], set[int]]:
    """Leads to compare, and the ids of those that were decided about."""
    found: dict[int, Lead] = {}
    decided: set[int] = set()
    proposed: list[int] = []
    for pair in DuplicatePair.objects.of(lead):
        other = pair.lead_b_id if pair.lead_a_id == lead.pk else pair.lead_a_id
        if pair.state == DuplicatePair.State.OPEN:
            proposed.append(other)
        else:
            decided.add(other)
    known = Q(pk__in=proposed)
    if lead.phone:
        known |= Q(phone=lead.phone)
    if proposed or lead.phone:
        found |= {other.pk: other for other in Lead.objects.filter(known)[: LOOKED_AT * 2]}
    if lead.last_name or lead.company:
        alike = (
            Lead.objects.filter(match_text__trigram_similar=lead.match_text)
            .annotate(likeness=TrigramSimilarity("match_text", lead.match_text))
            .filter(likeness__gte=ALIKE)
            .order_by("-likeness", "pk")[:LOOKED_AT]
        )
        found |= {other.pk: other for other in alike}
    found.pop(lead.pk, None)
    return list(found.values()), decided
