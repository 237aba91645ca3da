"""Likely duplicates: shown to people, never merged silently."""

from dataclasses import dataclass

from django.contrib.postgres.search import TrigramSimilarity

from leads.models import Lead

# Similarity of "first last company" from which two leads look like one person.
LIKELY = 0.6
MOST = 5


@dataclass(frozen=True, slots=True)
class Likely:
    """Another lead that may be the same person, and why we think so."""

    lead: Lead
    why: str


def likely_duplicates(lead: Lead) -> list[Likely]:
    """Leads with the same phone, or much the same name and company; two indexed queries."""
    found: dict[int, Likely] = {}
    if lead.phone:
        for other in Lead.objects.filter(phone=lead.phone).exclude(pk=lead.pk)[:MOST]:
            found[other.pk] = Likely(other, "same phone")
    # A name alone says too little: without a last name and a company nothing is proposed.
    if lead.last_name and lead.company:
        alike = (
            Lead.objects.filter(match_text__trigram_similar=lead.match_text)
            .exclude(pk=lead.pk)
            .annotate(likeness=TrigramSimilarity("match_text", lead.match_text))
            .filter(likeness__gte=LIKELY)
            .order_by("-likeness", "pk")[:MOST]
        )
        for other in alike:
            found.setdefault(other.pk, Likely(other, "much the same name and company"))
    return list(found.values())[:MOST]
