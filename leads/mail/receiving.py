"""One mail that came in: read, matched, recorded; the same one again changes nothing.

1. Mail of our own that comes round is dropped.
2. Mail that says that ours came back marks the mail, and the address where it is for good and
   proves to be about that mail.
3. An automatic reply stands on the timeline; it is no sign of interest and no contact.
4. A reply is a touchpoint, by the one way in (leads.capture); whoever has the lead is told.
5. Of anything else no word is kept. Nothing makes a new lead.
What raises is set aside as it came, and the admins are told.
"""

import hashlib
from datetime import datetime

import structlog
from django.db import OperationalError, transaction
from django.urls import reverse

from accounts import outbox
from accounts.models import User
from leads.capture import capture_leads
from leads.mail import attachments, judging, matching
from leads.mail.invitations import answer_in
from leads.mail.judging import Returned
from leads.mail.reading import Mail, content_type, decoded, parts, read
from leads.models import Activity, BadAddress, Handoff, Kind, Lead, Meeting, ReceivedMail, SentMail

log = structlog.get_logger(__name__)

What = ReceivedMail.Kind
MOST_KEPT = 2_000_000


def receive(raw: bytes, *, arrived_at: datetime, at: datetime) -> str:
    """Take one mail in, in a transaction of its own; returns what it was (ReceivedMail.Kind)."""
    try:
        with transaction.atomic():
            return _receive(read(raw), arrived_at=min(arrived_at, at), at=at)
    except OperationalError:
        raise  # the database's trouble, not the mail's: it is looked at again
    except Exception as error:
        log.warning("mail_set_aside", error=type(error).__name__)
        return _set_aside(raw, error, arrived_at=min(arrived_at, at), at=at)


def again(row: ReceivedMail, *, at: datetime) -> str:
    """Try once more what was set aside; returns what it was."""
    raw, arrived_at = bytes(row.raw or b""), row.received_at
    try:
        with transaction.atomic():
            ReceivedMail.objects.filter(pk=row.pk, kind=What.ASIDE).delete()
            return _receive(read(raw), arrived_at=arrived_at, at=at)
    except Exception as error:
        said = f"{type(error).__name__}: {error}"[:500]
        ReceivedMail.objects.filter(pk=row.pk).update(error=said, recorded_at=at)
        return What.ASIDE


def _receive(mail: Mail, *, arrived_at: datetime, at: datetime) -> str:
    row, new = ReceivedMail.objects.get_or_create(
        key=mail.key, defaults={"received_at": arrived_at, "recorded_at": at}
    )
    if not new:
        return row.kind
    said = judging.returned(mail)
    if said is not None:
        _came_back(row, said, at=at)
    elif matching.is_ours(mail):
        row.kind = What.OURS
    else:
        _from_them(row, mail, at=at)
    row.save()
    return row.kind


def _came_back(row: ReceivedMail, said: Returned, *, at: datetime) -> None:
    sent = matching.returned_mail(said, at=at)
    lead = _as_it_is_now(sent.lead_id) if sent is not None else None
    if sent is None or lead is None:
        return
    row.sent, row.lead = sent, lead
    row.kind = What.DELAYED if said.delayed else What.BOUNCE
    for_good = said.for_good and matching.is_proven(said, sent)
    if for_good:
        BadAddress.note(sent.to, said.why, at=at)
    if said.delayed or sent.bounced_at is not None:
        return
    SentMail.objects.filter(pk=sent.pk).update(bounced_at=at, bounce=said.why[:500])
    data = {"subject": sent.subject, "to": sent.to, "why": said.why[:500], "mail": sent.pk,
            "for_good": for_good}  # fmt: skip
    row.activity = lead.record(
        Kind.BOUNCED, by=None, at=at, occurred_at=row.received_at, data=data,
        evidence=Activity.Evidence.MACHINE,
    )  # fmt: skip
    remedy = "Correct the address, or call." if for_good else "Try again later, or call."
    if said.for_good and not for_good:
        remedy = "It does not prove to be about this mail, so the address is not given up. Call."
    title = f"Came back: “{sent.subject}” to {lead.name}"
    _tell([sent.sender_id], "mail", title, f"{sent.to}: {said.why} {remedy}", lead, at=at)


def _from_them(row: ReceivedMail, mail: Mail, *, at: datetime) -> None:
    sent = matching.answered(mail)
    found = sent.lead if sent is not None else matching.lead_of(mail)
    lead = _as_it_is_now(found.pk) if found is not None else None
    if lead is None:
        return
    row.sent, row.lead = sent, lead
    data: dict[str, object] = {
        "subject": mail.subject,
        "from": mail.sender,
        "message_id": mail.message_id,
    }
    if sent is not None:
        data["mail"] = sent.pk
    answer = _answer(lead, mail, at=at)
    if answer:
        data["meeting"] = answer
    elif judging.is_automatic(mail):
        row.kind = What.AUTO_REPLY
        row.activity = lead.record(
            Kind.AUTO_REPLY, by=None, at=at, occurred_at=row.received_at, note=mail.text,
            data=data, evidence=Activity.Evidence.MACHINE,
        )  # fmt: skip
        return
    row.kind = What.REPLY
    row.activity = _reply(lead, mail, data, occurred_at=row.received_at, at=at)
    attachments.keep(row.activity, mail, at=at)
    # Whoever reads what we write has an address that works.
    BadAddress.objects.filter(address=mail.sender).delete()
    title = f"{lead.name} replied: {mail.subject or 'no subject'}"
    _tell(_whom(lead, sent), "reply", title, mail.text[:400], lead, at=at)


def _answer(lead: Lead, mail: Mail, *, at: datetime) -> str:
    """What their calendar says to an invitation of ours, in words; empty when it says nothing."""
    for part in parts(mail.message):
        if content_type(part) not in ("text/calendar", "application/ics"):
            continue
        said = answer_in(decoded(part))
        if said is None:
            continue
        meeting = Meeting.objects.filter(uid=said[0], lead=lead).first()
        if meeting is not None:
            Meeting.objects.filter(pk=meeting.pk).update(answer=said[1], answered_at=at)
            return f"{Meeting.Answer(said[1]).label}: {meeting.title}"
    return ""


def _as_it_is_now(pk: int) -> Lead | None:
    """The lead, locked as everybody locks it; None for one in the bin."""
    Handoff.objects.locked_of(Lead(pk=pk))
    return Lead.objects.select_for_update(of=("self",)).filter(pk=pk).first()


def _reply(
    lead: Lead, mail: Mail, data: dict[str, object], *, occurred_at: datetime, at: datetime
) -> Activity:
    """A touchpoint: it counts for the score, and may hand the lead over."""
    row = {"email": lead.email, "touchpoint": Kind.REPLY, "message": mail.text,
           "occurred_at": occurred_at}  # fmt: skip
    if lead.campaign is not None:
        row["campaign"] = lead.campaign.slug
    captured = capture_leads([row], by=None, at=at)[0] if lead.email else None
    if captured is None or captured.lead is None:
        # Nobody has this address any more: it is their word all the same.
        return lead.record(
            Kind.REPLY, by=None, at=at, occurred_at=occurred_at, note=mail.text, data=data,
            evidence=Activity.Evidence.MACHINE,
        )  # fmt: skip
    written = Activity.objects.filter(lead=lead, kind=Kind.REPLY, recorded_at=at).latest("pk")
    written.data, written.evidence = {**written.data, **data}, Activity.Evidence.MACHINE
    written.save(update_fields=["data", "evidence"])
    return written


def _whom(lead: Lead, sent: SentMail | None) -> list[int]:
    """Whoever has the lead and whoever wrote; with nobody in sales those who answer for it."""
    people = {lead.owner_id, sent.sender_id if sent is not None else None} - {None}
    if not people:
        managers = User.objects.filter(
            is_active=True, memberships__is_manager=True, memberships__team=lead.team_id
        )
        people = set(managers.values_list("pk", flat=True))
    return sorted(pk for pk in people if pk is not None)


def _tell(people: list[int], kind: str, title: str, body: str, lead: Lead, *, at: datetime) -> None:
    url = lead.get_absolute_url()
    outbox.send([outbox.message(pk, kind, title, body, url, at=at) for pk in people])


def _set_aside(raw: bytes, error: Exception, *, arrived_at: datetime, at: datetime) -> str:
    """Keep it as it came; one line a day tells the admins, however many there are."""
    row, new = ReceivedMail.objects.get_or_create(
        key=hashlib.sha256(raw).hexdigest(),
        defaults={
            "kind": What.ASIDE, "received_at": arrived_at, "recorded_at": at,
            "raw": raw[:MOST_KEPT], "error": f"{type(error).__name__}: {error}"[:500],
        },
    )  # fmt: skip
    if new:
        title = "A mail could not be read and was set aside"
        outbox.send([
            outbox.message(
                admin, "mail", title, row.error, reverse("mailbox"), at=at,
                dedupe_key=f"mail-aside:{at:%Y-%m-%d}:{admin}",
            )
            for admin in User.objects.admins().values_list("pk", flat=True)
        ])  # fmt: skip
    return row.kind
