"""Write an e-mail to a lead: it waits a little, so that it can be taken back, and then goes out.

Nothing is sent to who has not agreed to be written to, or to an address whose mail came back.
The touch is recorded when it has gone out (leads.mail.sending), at the instant it was written.
"""

from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any
from uuid import UUID, uuid4

from django.db import IntegrityError, transaction
from django.db.models import Q
from django.urls import reverse

from accounts import audit
from accounts.models import User
from accounts.refusals import Conflict, Refused
from leads.activities import as_it_is_now
from leads.mail import placeholders
from leads.models import BadAddress, Handoff, Kind, Lead, SentMail

# For so long it can be taken back.
UNDO = timedelta(seconds=15)
MOST_WORDS = 20_000


@dataclass(frozen=True, slots=True)
class Hindrance:
    """Why a lead can't be written to, and whether a word about their consent would do."""

    words: str
    wants_consent: bool = False
    bounced: bool = False


def hindrance(lead: Lead) -> Hindrance | None:
    """What stands against writing to a lead; None when nothing does."""
    if not lead.email:
        said = f"No e-mail address of {lead.name} is known: add it to the details, or call."
        return Hindrance(said)
    bad = BadAddress.objects.filter(address=lead.email).first()
    if bad is not None:
        why = f" ({bad.why})" if bad.why else ""
        said = f"Mail to {lead.email} came back{why}: correct the address, or call."
        return Hindrance(said, bounced=True)
    if lead.consent_at is None:
        said = f"{lead.name} has not agreed to be written to, as far as we know."
        return Hindrance(said, wants_consent=True)
    return None


def write(
    lead: Lead, *, by: User, subject: str, body: str, once: UUID, at: datetime, consent: str = ""
) -> tuple[SentMail, bool]:
    """Write one e-mail; returns it, and whether this call did it.

    `once` is the form's own number: said again, the first mail is the answer. `consent` is how
    they agreed to be written to, where nothing is on file. Raises Refused by field for empty words,
    for placeholders that are unknown or empty, and where leads.mail.writing.hindrance says why not.
    """
    known = SentMail.objects.filter(once=once, sender=by).first()
    if known is not None and known.cancelled_at is None:
        return known, False
    if known is not None:
        once = uuid4()  # taken back, and sent off once more from the same form
    subject, body = " ".join(subject.split()), body.strip()
    _refuse_empty(subject, body)
    try:
        with transaction.atomic():
            now, handoff = as_it_is_now(lead)
            now.refresh_from_db()
            subject, body = placeholders.fill(subject, body, lead=now, sender=by)
            mail = put_in_post(
                now, handoff, by=by, subject=subject, body=body, once=once, at=at, consent=consent
            )
    except IntegrityError as error:
        if "once" not in str(error):
            raise
        return SentMail.objects.get(once=once), False
    return mail, True


def put_in_post(
    lead: Lead,
    handoff: Handoff | None,
    *,
    by: User,
    subject: str,
    body: str,
    once: UUID,
    at: datetime,
    consent: str = "",
    asked_for: bool = False,
    **facts: Any,
) -> SentMail:
    """A mail as it stands, in the caller's transaction, where the lead may be written to; about
    what they asked for themselves, without a word of consent on file."""
    if not asked_for:
        _may_be_written_to(lead, consent, by=by, at=at)
    return SentMail.objects.create(
        once=once, lead=lead, handoff=handoff, sender=by, to=lead.email or "",
        subject=subject[:300], body=body, written_at=at, next_attempt_at=at + UNDO, **facts,
    )  # fmt: skip


def _refuse_empty(subject: str, body: str) -> None:
    missing = {}
    if not subject:
        missing["subject"] = "Say in a few words what it is about."
    if not body:
        missing["body"] = "Write something: an empty e-mail says nothing."
    elif len(body) > MOST_WORDS:
        missing["body"] = f"This is {len(body):,} characters long; at most {MOST_WORDS:,} fit."
    if missing:
        raise Refused(" ".join(missing.values()), fields=missing)


def _may_be_written_to(lead: Lead, consent: str, *, by: User, at: datetime) -> None:
    against = hindrance(lead)
    if against is None:
        return
    consent = " ".join(consent.split())
    if not against.wants_consent:
        raise Refused(against.words, code="not_to_be_written_to")
    if not consent:
        said = "Say how they agreed to be written to, such as “asked for the price list by phone”."
        raise Refused(f"{against.words} {said}", code="no_consent", fields={"consent": said})
    words = f"{consent} (noted by {by})"
    Lead.objects.filter(pk=lead.pk).update(consent_text=words, consent_at=at, updated_at=at)
    changed = {"consent": {"from": "", "to": words}}
    lead.record(Kind.EDITED, by=by, at=at, occurred_at=at, data={"changed": changed})


def take_back(mail: SentMail, *, at: datetime) -> None:
    """Stop a mail before it goes out, or put one away that was given up.

    Raises Conflict when it is on its way already.
    """
    stopped = Q(attempts=0) | Q(dead_at__isnull=False)
    waiting = SentMail.objects.under_way().filter(stopped, pk=mail.pk)
    if not waiting.update(cancelled_at=at):
        now = SentMail.objects.get(pk=mail.pk)
        if now.cancelled_at is None:
            raise Conflict(f"“{mail.subject}” is on its way to {mail.to} already.", code="gone")


def trust_again(lead: Lead, *, by: User, at: datetime) -> None:
    """Somebody says that the address works after all. Twice changes nothing."""
    with transaction.atomic():
        gone, _ = BadAddress.objects.filter(address=lead.email or "").delete()
        if gone:
            # Never changed again: so nothing that says who it was.
            audit.record("address_trusted_again", lead, by=by, at=at)


def again_url(mail: SentMail) -> str:
    """The form with the words of a mail that did not go out."""
    return f"{reverse('lead-mail', args=[mail.lead_id])}?again={mail.pk}"
