"""What the demo's leads said of their needs, noted by the reps who reached them."""

from collections.abc import Mapping
from datetime import datetime, timedelta
from random import Random

from leadflow.demo.criteria import LATELY, first_talks
from leads import needs
from leads.activities import record_activities
from leads.models import Activity, Answer, Handoff, Insight, Kind

About = Insight.About
# Beside what the persona is thought to say: in their own words.
OWN: Mapping[str, tuple[tuple[str, str], ...]] = {
    "spa-director": (
        (About.CHALLENGE, "The plant room is full"),
        (About.SOLUTION, "A whirlpool of 2009 that is closed every other week"),
        (About.DECISION, "The owner signs, after three offers"),
        (About.TIMELINE, "Before the ski season"),
    ),
    "back-pain-homeowner": (
        (About.CHALLENGE, "Three steps up to the terrace"),
        (About.SOLUTION, "Baths, and a heat pad at night"),
        (About.DECISION, "Decides with the family"),
        (About.TIMELINE, "Before the damp weather"),
        (About.OBJECTION, "The neighbours will hear it"),
    ),
    "holiday-let-owner": (
        (About.CHALLENGE, "One cleaner for both cottages"),
        (About.SOLUTION, "No tub; a sauna that nobody books for"),
        (About.DECISION, "Decides alone"),
        (About.TIMELINE, "In the listing by Easter"),
    ),
    "new-house-couple": (
        (About.CHALLENGE, "No power in the garden yet"),
        (About.SOLUTION, "An inflatable one that leaks"),
        (About.DECISION, "Both of them"),
        (About.TIMELINE, "When the patio is laid"),
    ),
}  # fmt: skip
# Questions of the criteria that ask for the same.
ASKED: dict[str, str] = {"timeline": About.TIMELINE, "authority": About.DECISION}
SAID_BY = {"spa-director": "The owner’s accountant"}


def _answered() -> dict[tuple[int, str], str]:
    """What was answered to the criteria already, so that nobody says two things of one."""
    rows = Answer.objects.filter(question__in=ASKED).values_list("lead", "question", "evidence")
    return {(lead, ASKED[question]): evidence for lead, question, evidence in rows}


def note(*, seed: int, at: datetime) -> None:
    """Of whom a rep has spoken with lately, a few words; of whom nobody reached, none."""
    lately = Handoff.objects.filter(accepted_at__gte=at - LATELY, owner__isnull=False)
    handoffs = list(lately.select_related("lead__persona", "owner").order_by("pk"))
    talks, answered = first_talks(handoffs), _answered()
    found: dict[tuple[int, str, str], Insight] = {}
    for handoff in handoffs:
        lead = handoff.lead
        if handoff.pk not in talks or lead.persona is None:
            continue
        rng = Random(f"{seed}-needs-{lead.email}")  # noqa: S311 (made-up words)
        thought = needs.thoughts(lead.persona)
        own = [
            (about, answered.get((lead.pk, about), words))
            for about, words in OWN.get(lead.persona.slug, ())
        ]
        talk = talks[handoff.pk]
        when = min(at, talk.occurred_at + timedelta(minutes=rng.randint(1, 9)))
        activities = []
        said = [*rng.sample(thought, min(2, len(thought))), *rng.sample(own, min(2, len(own)))]
        for about, words in said:
            who = SAID_BY.get(lead.persona.slug, "") if about == About.DECISION else ""
            if (lead.pk, about, words) in found:
                continue
            found[lead.pk, about, words] = Insight(
                lead=lead, persona=lead.persona, about=about, words=words, by=talk.actor,
                at=when, said_by=who,
            )  # fmt: skip
            data = {"about": str(about), "words": words, "said_by": who}
            activities.append(
                Activity(
                    lead=lead, handoff=handoff, kind=Kind.HEARD, actor=talk.actor,
                    occurred_at=when, data=data,
                )
            )  # fmt: skip
        record_activities(activities, at=when)
    Insight.objects.bulk_create(found.values())
