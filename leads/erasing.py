"""Erase for good what has been in the bin long enough, a batch a transaction.

1. A lead that sales never had goes altogether, with all that hangs on it.
2. Of one that was handed over the figures stay: which promises were kept is counted from its
   handoffs and clocks. Who it was goes: its details, what was written and typed about it, what it
   looked at, what merges noted of it; and the number that is left leads nowhere.
3. A company at which nobody is left goes too, with what was noted of it.
"""

from collections.abc import Sequence
from datetime import datetime, timedelta
from typing import Any

from django.db import transaction
from django.db.models import F, TextField, Value
from django.db.models.functions import Cast, Concat

from accounts import audit, outbox
from leads.companies import linking
from leads.deleting import in_queue, in_rulings
from leads.files import keeping
from leads.mail.forgetting import forget_of
from leads.models import (
    TOUCHPOINTS,
    Activity,
    Answer,
    Assignment,
    BadAddress,
    BulkLine,
    CallEntry,
    DuplicatePair,
    Enrolment,
    Feedback,
    FormerLead,
    Handoff,
    Insight,
    Kind,
    Lead,
    LeadFile,
    Meeting,
    Merge,
    ReceivedMail,
    Return,
    Ruling,
    SentMail,
    Task,
)
from leads.signals import leads_erased

KEPT_FOR = timedelta(days=30)
BATCH = 200
# Batches of one night: as many again wait for the next, so that it never lasts.
MOST_BATCHES = 500

NOBODY: dict[str, Any] = {
    "email": None, "match_text": "", "consent_text": "", "consent_at": None, "extra": {},
    "of_company": None, "decision_role": "",
    "tags": [], "score_reasons": [],
    **dict.fromkeys(
        ("email_typed", "phone", "phone_typed", "first_name", "last_name", "company",
         "company_domain", "job_title", "country"), ""),
}  # fmt: skip
# Activities whose facts say who somebody is or what they looked at; others say what we did.
TELLING = (
    *TOUCHPOINTS, Kind.EDITED, Kind.MERGED, Kind.UNMERGED, Kind.EMAIL, Kind.AUTO_REPLY,
    Kind.BOUNCED, Kind.HEARD,
)  # fmt: skip


def erased_on(lead: Lead) -> datetime:
    """From when on it may go; the night after it does."""
    assert lead.deleted_at is not None
    return lead.deleted_at + KEPT_FOR


def erase(*, at: datetime, batch: int = BATCH) -> int:
    """Erase what was deleted KEPT_FOR or longer ago; how many leads that was."""
    erased = 0
    for _ in range(MOST_BATCHES):
        done = _batch(batch, at=at)
        erased += done
        if done < batch:
            break
    return erased


def _batch(size: int, *, at: datetime) -> int:
    with transaction.atomic():
        due = Lead.everything.filter(deleted_at__lte=at - KEPT_FOR, erased_at=None)
        due = due.select_for_update(of=("self",), skip_locked=True).order_by("deleted_at")
        leads = list(due[:size])
        numbers = [lead.pk for lead in leads]
        others = Lead.objects.values("email").filter(email__isnull=False)
        emails = [lead.email for lead in leads if lead.email]
        BadAddress.objects.filter(address__in=emails).exclude(address__in=others).delete()
        former = Merge.objects.filter(survivor__in=numbers).values_list("former_email", flat=True)
        theirs = {*emails, *former} - {None}
        forget_of(theirs - set(others.filter(email__in=theirs).values_list("email", flat=True)))
        had = set(Handoff.objects.filter(lead__in=numbers).values_list("lead", flat=True))
        addresses = (Lead.get_absolute_url, in_queue, in_rulings)
        pages = [address(lead) for lead in leads for address in addresses]
        outbox.forget(pages, told_too=True)
        number = Concat(Value("Lead "), Cast(F("lead_number"), TextField()))
        BulkLine.objects.filter(lead_number__in=numbers).update(name=number)
        keeping.erase(list(LeadFile.objects.filter(lead__in=numbers)))
        for lead in leads:
            kept = {"figures_kept": lead.pk in had}
            audit.record("lead_erased", lead, by=None, at=at, facts=kept)
        _empty([number for number in numbers if number in had], at=at)
        Lead.everything.filter(pk__in=[n for n in numbers if n not in had]).delete()
        linking.forget({lead.of_company_id for lead in leads}, at=at)
    return len(leads)


def _empty(numbers: Sequence[int], *, at: datetime) -> None:
    """Leave of these leads what figures are made of."""
    if not numbers:
        return
    DuplicatePair.objects.filter(lead_a__in=numbers).delete()
    DuplicatePair.objects.filter(lead_b__in=numbers).delete()
    Merge.objects.filter(survivor__in=numbers).delete()
    SentMail.objects.filter(lead__in=numbers).delete()
    ReceivedMail.objects.filter(lead__in=numbers).delete()
    Meeting.objects.filter(lead__in=numbers).delete()
    Task.objects.filter(lead__in=numbers).delete()
    CallEntry.objects.filter(lead__in=numbers).delete()
    # How far it came is a figure; why it was stopped may name an address.
    Enrolment.objects.filter(lead__in=numbers).update(said="")
    Answer.objects.filter(lead__in=numbers).delete()
    Insight.objects.filter(lead__in=numbers).delete()
    FormerLead.objects.filter(now__in=numbers).delete()
    activities = Activity.objects.filter(lead__in=numbers)
    activities.exclude(note="").update(note="")
    activities.filter(kind__in=TELLING).update(data={})
    # Why it was qualified all the same: somebody's own words.
    reasoned = list(activities.filter(data__has_key="override_reason"))
    for activity in reasoned:
        del activity.data["override_reason"]
    # What the handoff's note was before the deletion.
    withdrawn = list(activities.filter(data__was__note__gt=""))
    for activity in withdrawn:
        activity.data["was"]["note"] = ""
    Activity.objects.bulk_update([*reasoned, *withdrawn], ["data"])
    handoffs = list(Handoff.objects.filter(lead__in=numbers))
    for handoff in handoffs:
        handoff.note = handoff.override_reason = ""
        handoff.receipt = _less_person(handoff.receipt)
    Handoff.objects.bulk_update(handoffs, ["note", "override_reason", "receipt"])
    Assignment.objects.filter(handoff__in=handoffs).update(reason="")
    Return.objects.filter(handoff__in=handoffs).update(note="", answer_note="")
    Ruling.objects.filter(returned__handoff__in=handoffs).update(reason="")
    Feedback.objects.filter(handoff__in=handoffs).update(why="")
    Lead.everything.filter(pk__in=numbers).update(**NOBODY, erased_at=at, updated_at=at)
    leads_erased.send(Lead, leads=numbers)


def _less_person(receipt: dict[str, Any]) -> dict[str, Any]:
    """What was promised at the handoff, less who it was and what they looked at; whether the packet
    was complete can still be told."""
    signs = [{**sign, "data": {}} for sign in receipt.get("touchpoints", [])]
    person = dict.fromkeys((name for name, said in receipt.get("person", {}).items() if said), "–")
    return {**receipt, "person": person, "reasons": [], "touchpoints": signs}
