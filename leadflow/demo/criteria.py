"""What the demo's sales team agreed to find out, and what its reps have found out lately."""

from datetime import datetime, timedelta
from random import Random

from leadflow.demo.company import Company
from leads.criteria.shipped import SHIPPED
from leads.models import Answer, Framework, Handoff, Pool

LATELY = timedelta(days=21)
FOUND = {
    "budget": ("Has 12,000 set aside; the bank agreed last week.", "yes"),
    "authority": ("Decides together with the husband, who was on the call.", "partly"),
    "need": ("The old tub leaks, and guests ask for one.", "yes"),
    "timeline": ("Before the season starts in May.", "yes"),
    "metrics": ("Wants ten more nights a month in winter.", "partly"),
    "economic_buyer": ("The owner; not met yet.", "no"),
    "decision_criteria": ("Running costs first, then how quiet it is.", "yes"),
    "decision_process": ("The board meets on the first of the month.", "yes"),
    "pain": ("Two bad reviews about the closed spa.", "yes"),
    "champion": ("The director of wellness speaks for us.", "yes"),
}


def agree(company: Company, *, at: datetime) -> None:
    """BANT for everybody, MEDDIC for hotels and spas."""
    dana = company.users["dana"]
    for key, for_all, pools in (("bant", True, ()), ("meddic", False, ("american-hotels",))):
        framework = Framework.objects.create(
            **SHIPPED[key], for_all=for_all, changed_by=dana, changed_at=at
        )
        Pool.objects.filter(slug__in=pools).update(framework=framework)
        framework.save()  # after the pools: it renews what is remembered


def find_out(company: Company, *, seed: int, at: datetime) -> None:
    """Reps have asked what they could: of each lead accepted lately some of the questions."""
    frameworks = {framework.name: framework for framework in Framework.objects.all()}
    lately = Handoff.objects.filter(accepted_at__gte=at - LATELY, owner__isnull=False)
    answers = []
    for handoff in lately.select_related("pool__framework", "lead", "owner").order_by("pk"):
        rng = Random(f"{seed}-{handoff.lead.email}")  # noqa: S311 (made-up answers)
        name = handoff.pool.framework.name if handoff.pool and handoff.pool.framework else "BANT"
        since, rep = handoff.accepted_at, handoff.owner
        assert since is not None
        assert rep is not None
        for question in frameworks[name].questions:
            evidence, said = FOUND[question["key"]]
            if rng.random() < 0.6:
                when = since + (at - since) * rng.random()
                answers.append(
                    Answer(
                        lead_id=handoff.lead_id, framework=frameworks[name], at=when,
                        question=question["key"], said=said, evidence=evidence,
                        by=rep,
                    )
                )  # fmt: skip
    Answer.objects.bulk_create(answers)
