"""Answer a question about a lead, and take the answer back; every word stays on record."""

from datetime import datetime

from django.db import transaction

from accounts.models import User
from accounts.refusals import Conflict, Refused
from leads.criteria.standing import Said, in_force
from leads.models import Answer, Lead

LONGEST = 500


def answer(
    lead: Lead, question: str, said: str, *, evidence: str = "", by: User, at: datetime
) -> Answer | None:
    """Say what is known; None when that was said already.

    Raises Refused for a question or answer there is not, or a yes without what shows it.
    """
    rules = in_force(lead.pool_id)
    asked = rules.question(question) if rules else None
    evidence = " ".join(evidence.replace("\x00", "").split())
    if rules is None or asked is None:
        raise Refused("These criteria were changed; look at the questions again.", code="changed")
    if said not in Said.values:
        raise Refused(f"{asked['label']}: choose one of the answers.", code="invalid")
    if len(evidence) > LONGEST:
        raise Refused(f"{asked['label']}: at most {LONGEST} letters fit; this has {len(evidence)}.")
    if said == Said.YES and not evidence:
        raise Refused(
            f"{asked['label']}: say what shows it, such as what they said and when.", code="invalid"
        )
    with transaction.atomic():
        # Two who answer at once come one after the other, so that each undo finds its own.
        Lead.objects.select_for_update(of=("self",)).get(pk=lead.pk)
        last = _last(lead, rules.id, question)
        if (last.said, last.evidence) == (said, evidence) if last else said == Said.OPEN:
            return None
        return Answer.objects.create(
            lead=lead, framework_id=rules.id, question=question, said=said, evidence=evidence,
            by=by, at=at,
        )  # fmt: skip


def undo(given: Answer, *, by: User, at: datetime) -> Answer:
    """Say again what was known before this answer. Raises Conflict when somebody answered since."""
    with transaction.atomic():
        lead = Lead.objects.select_for_update(of=("self",)).get(pk=given.lead_id)
        last = _last(lead, given.framework_id, given.question)
        if last is None or last.pk != given.pk:
            raise Conflict(f"{last.by if last else 'Somebody'} has answered this since; it stays.")
        earlier = Answer.objects.filter(
            lead=lead, framework=given.framework_id, question=given.question, pk__lt=given.pk
        ).last()
        return Answer.objects.create(
            lead=lead, framework_id=given.framework_id, question=given.question, by=by, at=at,
            said=earlier.said if earlier else Said.OPEN,
            evidence=earlier.evidence if earlier else "",
        )  # fmt: skip


def _last(lead: Lead, framework: int, question: str) -> Answer | None:
    given = Answer.objects.filter(lead=lead, framework=framework, question=question)
    return given.select_related("by").order_by("-at", "-pk").first()
