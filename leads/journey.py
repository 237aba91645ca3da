"""AIDA from evidence: how far the person has come, read off what they did."""

from collections.abc import Collection

from leads.models import Aida, Kind
from leads.models.stages import AIDA_AT

INTEREST = frozenset({Kind.PAGE_VIEW, Kind.DOWNLOAD, Kind.EMAIL_CLICK})
DESIRE = frozenset({Kind.EVENT, Kind.REPLY, Kind.BOOKED})


def aida_of(kinds: Collection[str], stage: str) -> str:
    """The furthest stage the evidence supports."""
    if stage in AIDA_AT:
        return AIDA_AT[stage]
    if Kind.MEETING in kinds:
        return Aida.ACTION
    if DESIRE.intersection(kinds):
        return Aida.DESIRE
    if INTEREST.intersection(kinds):
        return Aida.INTEREST
    return Aida.AWARENESS
