"""What the demo's sales team agreed to find out, and what its reps have found out lately."""

from collections.abc import Iterable, Mapping
from datetime import datetime, timedelta
from random import Random
from typing import Any

from leadflow.demo.company import Company
from leadflow.demo.sales import REACHED
from leads.criteria.shipped import SHIPPED
from leads.models import Activity, Answer, Framework, Handoff, Pool

LATELY = timedelta(days=21)
# What leadflow looks up by itself; what it does not find is asked.
LOOKED_UP: dict[str, dict[str, Any]] = {
    "budget": {"field": "extra.budget", "op": "at_least", "value": 8000},
    "timeline": {
        "field": "extra.timeframe", "op": "in", "value": ["this month", "this quarter"],
    },
}  # fmt: skip
FITS = {
    "key": "persona", "label": "Persona", "help": "Is it somebody we sell to?", "weight": 2,
    "check": {"field": "persona", "op": "present"},
}  # fmt: skip
INDUSTRY = {
    "key": "industry", "label": "Industry", "help": "A hotel, a spa, a resort?", "weight": 2,
    "check": {
        "field": "company", "op": "contains", "value": ["hotel", "spa", "resort", "lodge", "hôtel"],
    },
}  # fmt: skip
Found = tuple[str, str]
# By persona and question: what they said on the phone, and what that comes to.
FOUND: Mapping[str, Mapping[str, tuple[Found, ...]]] = {
    "spa-director": {
        "budget": (("The owner has released 40,000 for the spa this year.", "yes"),
                   ("Nothing is set aside before the next balance sheet.", "no")),
        "authority": (("Prepares it, the owner signs; both come to the demonstration.", "partly"),),
        "need": (("Three of ten reviews last winter name the closed whirlpool.", "yes"),),
        "timeline": (("Must be open before the ski season.", "yes"),
                     ("“Some time next year.”", "no")),
        "metrics": (("Wants occupancy in November up from 48 to 60 %.", "yes"),),
        "economic_buyer": (("The owner; we have not met her yet.", "partly"),),
        "decision_criteria": (("Running costs first, then how quiet it is at night.", "yes"),),
        "decision_process": (("The board meets on the first of the month, three offers.", "yes"),),
        "pain": (("Refunded eleven guests in January.", "yes"),),
        "champion": (("The head of wellness wants it and has said so to the owner.", "yes"),),
    },
    "back-pain-homeowner": {
        "budget": (("Has 9,000 from a life insurance that was paid out.", "yes"),
                   ("Thinks of 5,000; has seen only inflatable ones.", "partly")),
        "authority": (("Decides with his wife, who was listening in.", "yes"),
                      ("The daughter pays, and is to be asked first.", "no")),
        "need": (("Two slipped discs; warm baths help, getting in does not.", "yes"),),
        "timeline": (("Would like it before the damp weather.", "yes"),
                     ("After the operation in spring.", "partly")),
    },
    "holiday-let-owner": {
        "budget": (("One winter’s extra nights may go into it, about 12,000.", "yes"),),
        "authority": (("Owns both cottages alone.", "yes"),),
        "need": (("The neighbour with a tub is booked in February, she is not.", "yes"),
                 ("Only curious; the cottages are full anyway.", "no")),
        "timeline": (("In the listing by Easter.", "yes"),),
    },
    "new-house-couple": {
        "budget": (("300 a month is fine, no more up front.", "partly"),
                   ("The garden budget is 15,000, half of it spoken for.", "partly")),
        "authority": (("Both were on the phone.", "yes"),),
        "need": (("Want evenings outside with friends; no other plan for the corner.", "yes"),),
        "timeline": (("When the patio is laid, in May.", "yes"),
                     ("First the kitchen.", "no")),
    },
}  # fmt: skip


def agree(company: Company, *, at: datetime) -> None:
    """BANT for everybody, MEDDIC for hotels and spas; both look up what they can."""
    dana = company.users["dana"]
    for key, own, for_all, pools in (
        ("bant", FITS, True, ()), ("meddic", INDUSTRY, False, ("american-hotels",)),
    ):  # fmt: skip
        facts = SHIPPED[key]
        asked = [_looked_up(question) for question in facts["questions"]]
        framework = Framework.objects.create(
            **{**facts, "questions": [own, *asked]}, for_all=for_all, changed_by=dana,
            changed_at=at,
        )  # fmt: skip
        Pool.objects.filter(slug__in=pools).update(framework=framework)
        framework.save()  # after the pools: it renews what is remembered


def _looked_up(question: Mapping[str, Any]) -> dict[str, Any]:
    check = LOOKED_UP.get(question["key"])
    return {**question, "check": check} if check else dict(question)


def find_out(company: Company, *, seed: int, at: datetime) -> None:
    """Of whom a rep has spoken with lately, some answers; of whom nobody reached, none."""
    frameworks = {framework.name: framework for framework in Framework.objects.all()}
    lately = Handoff.objects.filter(accepted_at__gte=at - LATELY, owner__isnull=False)
    handoffs = list(
        lately.select_related("pool__framework", "lead__persona", "owner").order_by("pk")
    )
    talks = first_talks(handoffs)
    answers = []
    for handoff in handoffs:
        lead = handoff.lead
        if handoff.pk not in talks or lead.persona is None:
            continue
        rng = Random(f"{seed}-{lead.email}")  # noqa: S311 (made-up answers)
        name = handoff.pool.framework.name if handoff.pool and handoff.pool.framework else "BANT"
        for question in frameworks[name].questions:
            said = FOUND.get(lead.persona.slug, {}).get(question["key"])
            known = question.get("check", {}).get("field", "").removeprefix("extra.") in lead.extra
            if said and not known and rng.random() < 0.7:
                evidence, answer = rng.choice(said)
                talk = talks[handoff.pk]
                when = min(at, talk.occurred_at + timedelta(minutes=rng.randint(4, 25)))
                answers.append(
                    Answer(
                        lead_id=handoff.lead_id, framework=frameworks[name], at=when,
                        question=question["key"], said=answer, evidence=evidence,
                        by=talk.actor,
                    )
                )  # fmt: skip
    Answer.objects.bulk_create(answers)


def first_talks(handoffs: Iterable[Handoff]) -> dict[int, Activity]:
    """When somebody was first reached and by whom, by the handoff; nothing for whom nobody
    reached. Who has the lead today may have been elsewhere then."""
    reached = Activity.objects.filter(handoff__in=handoffs, outcome__in=REACHED)
    rows = reached.select_related("actor").order_by("-occurred_at", "-pk")
    return {talk.handoff_id: talk for talk in rows if talk.handoff_id is not None}
