"""Why the demo's sales sends a lead back, what marketing says to it, how the managers rule: a word
about a lead fits the lead."""

from dataclasses import dataclass
from random import Random

from leads.models import Handoff, Lead, RejectReason, Return


@dataclass(frozen=True, slots=True)
class Case:
    """What each side says about one kind of returned lead."""

    said: str  # by sales
    fixed: str  # by marketing, sending it again
    disputed: str  # by marketing, disagreeing
    outcome: Return.Ruled
    ruled: str  # by the managers


STANDS, OVERTURNED = Return.Ruled.STANDS, Return.Ruled.OVERTURNED
FLAT = Case(
    "Renting a flat on the fourth floor.",
    "Asked again: it is for the house they move into, not for the flat.",
    "The flat is where they live now; what they asked us about has a garden.",
    OVERTURNED, "They buy for the place with the garden. The flat does not matter.",
)  # fmt: skip
NO_SPA = Case(
    "A small house without a spa: nobody we agreed on.",
    "Asked again: the spa is planned, and they decide on it this year.",
    "They plan a spa and came to us for it: exactly who we agreed on.",
    OVERTURNED, "Who plans a spa is who we look for, however small the house.",
)  # fmt: skip
STUDENT = Case(
    "A student writing a paper about spas.",
    "Asked again: the parents want the tub, the paper was how they found us.",
    "The paper is one thing; the family asked us for a price as well.",
    OVERTURNED, "The family asked for a price. The student is the way to them.",
)  # fmt: skip
CASES = {
    RejectReason.NOT_READY: Case(
        "Is only looking around, ask again next year.",
        "They wrote this morning: they would like to begin sooner, please call.",
        "They asked us for a price; that is ready.",
        STANDS, "A price was asked for out of curiosity. Nurture it until spring.",
    ),
    RejectReason.BAD_CONTACT: Case(
        "No phone number, and the e-mail came back.",
        "Wrote once more and had an answer: the address works.",
        "Our letters reach that address, and they are opened.",
        OVERTURNED, "The address works; one mail that came back is no reason to return a lead.",
    ),
    RejectReason.DUPLICATE: Case(
        "", "Another person at the same address; both want to come and see it.",
        "No other lead of that name is open.",
        STANDS, "A colleague has been talking with the two of them for weeks.",
    ),
    RejectReason.SPAM: Case(
        "", "Called them. A real person with a very short name.",
        "They have been opening our letters for three weeks.",
        OVERTURNED, "Opening letters for three weeks is what a person does.",
    ),
}  # fmt: skip
OTHER = "Competitor's employee, known from the fair."


def objection(rng: Random, handoff: Handoff) -> tuple[str, str]:
    """Why a rep sends it back, and what they note; twice nothing when they take it."""
    lead, dice = handoff.lead, rng.random()
    if lead.persona_id is None and dice < 0.3:
        return RejectReason.WRONG_PERSONA, _wrong_persona(lead).said
    if not lead.phone and dice < 0.09:
        reason = RejectReason.BAD_CONTACT
    elif dice < 0.03:
        reason = RejectReason.NOT_READY
    elif dice < 0.05:
        return RejectReason.WRONG_PERSONA, NO_SPA.said if lead.company else STUDENT.said
    elif dice < 0.06:
        reason = RejectReason.DUPLICATE
    elif dice < 0.068:
        reason = RejectReason.SPAM
    elif dice < 0.074:
        return RejectReason.OTHER, OTHER
    else:
        return "", ""
    return reason, CASES[reason].said


def _wrong_persona(lead: Lead) -> Case:
    return NO_SPA if lead.company else FLAT


def case_of(returned: Return) -> Case | None:
    """What there is to say about what sales said; None for what nobody disputes."""
    found = (case for case in (FLAT, NO_SPA, STUDENT) if case.said == returned.note)
    return next(found, CASES.get(RejectReason(returned.reason)))
