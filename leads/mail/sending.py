"""Send what was written to leads: `deliver`, at least once under one Message-ID.

A mail is claimed in a committed transaction, then sent, then marked as sent together with its
touch. A crash in between sends it again under the same id. What fails is tried again, each time
after twice as long, and given up, visibly, after ten attempts (about an hour and a half).
"""

from datetime import datetime, timedelta
from smtplib import SMTPRecipientsRefused
from time import monotonic

import structlog
from django.db import connection, transaction
from django.db.models import F

from accounts import outbox
from accounts.refusals import Conflict
from leads.activities import log_sent
from leads.mail.letters import letter, message_id
from leads.models import BadAddress, Lead, SentMail

log = structlog.get_logger(__name__)

BATCH = 20
MOST_ATTEMPTS = 10
# How long a claimed mail is left alone before another may take it: longer than a server's answer.
CLAIM = timedelta(minutes=5)
# Seconds after which a run puts back what it has not come to.
RUN = 60.0
LONGEST_WAIT = timedelta(hours=1)

CLAIM_SQL = """
WITH waiting AS (
    SELECT id FROM leads_sentmail
    WHERE sent_at IS NULL AND cancelled_at IS NULL AND dead_at IS NULL
        AND next_attempt_at <= %(at)s
    ORDER BY next_attempt_at LIMIT %(batch)s FOR UPDATE SKIP LOCKED
)
UPDATE leads_sentmail m SET attempts = m.attempts + 1, next_attempt_at = %(until)s
FROM waiting WHERE m.id = waiting.id RETURNING m.id
"""


def deliver(*, at: datetime, batch: int = BATCH) -> int:
    """Send what is due; returns how many mails the server took."""
    sent, until = 0, monotonic() + RUN
    for pk in _claim(at=at, batch=batch):
        if monotonic() > until:
            _put_back(pk, at=at)
        else:
            sent += _attempt(pk, at=at)
    return sent


def _claim(*, at: datetime, batch: int) -> list[int]:
    with transaction.atomic(), connection.cursor() as cursor:
        cursor.execute(CLAIM_SQL, {"at": at, "batch": batch, "until": at + CLAIM})
        return sorted(row[0] for row in cursor.fetchall())


def _attempt(pk: int, *, at: datetime) -> bool:
    mail = SentMail.objects.select_related("sender").filter(pk=pk).first()
    if mail is None:  # erased with its lead
        return False
    lead = Lead.objects.filter(pk=mail.lead_id).first()
    if lead is None:
        _give_up(mail, "The lead was deleted before it went out.", at=at)
        return False
    if BadAddress.objects.filter(address=mail.to).exists():
        _give_up(mail, f"Mail to {mail.to} came back meanwhile.", at=at)
        return False
    try:
        letter(mail).send()
    except Exception as error:
        _failed(mail, error, at=at)
        return False
    try:
        _mark(mail, lead, at=at)
    except Conflict:  # merged or deleted in this very moment: it has gone out all the same
        SentMail.objects.filter(pk=pk).update(sent_at=at, last_error="")
    return True


def _put_back(pk: int, *, at: datetime) -> None:
    """Claimed and not tried: as if it had not been claimed."""
    SentMail.objects.filter(pk=pk).update(attempts=F("attempts") - 1, next_attempt_at=at)


def _mark(mail: SentMail, lead: Lead, *, at: datetime) -> None:
    """It has gone out: a contact, at the instant its sender sent it off."""
    with transaction.atomic():
        marked = SentMail.objects.filter(pk=mail.pk, sent_at=None).update(sent_at=at, last_error="")
        if not marked or mail.automatic:
            return
        data = {"subject": mail.subject, "to": mail.to, "message_id": message_id(mail),
                "mail": mail.pk}  # fmt: skip
        activity = log_sent(
            lead, by=mail.sender, at=at, occurred_at=mail.written_at, note=mail.body, data=data,
            handoff_id=mail.handoff_id,
        )  # fmt: skip
        SentMail.objects.filter(pk=mail.pk).update(activity=activity)


def _failed(mail: SentMail, error: Exception, *, at: datetime) -> None:
    """Try again later; never where the server says that there is nobody of that name."""
    said = f"{type(error).__name__}: {error}"
    if isinstance(error, SMTPRecipientsRefused):
        code, words = next(iter(error.recipients.values()))
        said = f"{code} {words.decode('utf-8', 'replace') if isinstance(words, bytes) else words}"
        if code >= 500:
            BadAddress.note(mail.to, said, at=at)
            _give_up(mail, said, at=at, bounced=True)
            return
    log.warning("mail_failed", mail=mail.pk, attempts=mail.attempts, error=type(error).__name__)
    if mail.attempts >= MOST_ATTEMPTS:
        _give_up(mail, said, at=at)
        return
    wait = min(timedelta(seconds=5 * 2**mail.attempts), LONGEST_WAIT)
    SentMail.objects.filter(pk=mail.pk).update(next_attempt_at=at + wait, last_error=said[:500])


def _give_up(mail: SentMail, why: str, *, at: datetime, bounced: bool = False) -> None:
    """It will not go out: its sender is told at once, and no contact is counted."""
    facts = {"dead_at": at, "last_error": why[:500]}
    if bounced:
        facts |= {"bounced_at": at, "bounce": why[:500]}
    with transaction.atomic():
        SentMail.objects.filter(pk=mail.pk).update(**facts)
        title, url = f"Not sent: “{mail.subject}”", f"/leads/{mail.lead_id}/"
        body = f"The e-mail to {mail.to} did not go out. {why}"
        outbox.send([
            outbox.message(
                mail.sender_id, "mail", title, body, url, at=at, dedupe_key=f"mail-dead:{mail.pk}"
            )
        ])  # fmt: skip
