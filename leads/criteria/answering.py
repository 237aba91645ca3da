"""Answer a question about a lead, and take the answer back; every word stays on record."""

from collections.abc import Mapping
from datetime import datetime
from typing import Any

from django.db import transaction

from accounts.models import User
from accounts.refusals import Conflict, Refused
from leads.criteria.standing import Rules, Said, found_of, in_force
from leads.models import Answer, Lead

LONGEST = 500


def answer(
    lead: Lead, question: str, said: str, *, evidence: str = "", by: User, at: datetime
) -> Answer | None:
    """Say what is known; None when that was said already. Of a question that answers itself it
    counts instead, until it is taken back by “not known”.

    Raises Refused for a question or answer there is not, a yes without what shows it, or a word
    against the facts without a reason.
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
        now = Lead.objects.select_for_update(of=("self",)).get(pk=lead.pk)
        last = _last(lead, rules.id, question)
        if (last.said, last.evidence) == (said, evidence) if last else said == Said.OPEN:
            return None
        return Answer.objects.create(
            lead=lead, framework_id=rules.id, question=question, said=said, evidence=evidence,
            by=by, at=at, instead_of=_instead_of(now, rules, asked, said, evidence),
        )  # fmt: skip


def _instead_of(
    lead: Lead, rules: Rules, asked: Mapping[str, Any], said: str, evidence: str
) -> str:
    """What the question answers itself, where this is another answer. Raises Refused for one
    without a reason."""
    found = found_of(lead, rules).get(asked["key"])
    if found is None or said in (Said.OPEN, found.said):
        return ""
    if not evidence:
        raise Refused(
            f"{asked['label']} answers itself ({found.evidence}); say why you see it otherwise.",
            code="invalid",
        )
    return found.said


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
            instead_of=earlier.instead_of if earlier else "",
        )  # fmt: skip


def _last(lead: Lead, framework: int, question: str) -> Answer | None:
    given = Answer.objects.filter(lead=lead, framework=framework, question=question)
    return given.select_related("by").order_by("-at", "-pk").first()
