"""What travels: the e-mail made of a `SentMail`, the same in every attempt."""

from email.utils import formataddr, parseaddr

from django.conf import settings
from django.core.mail import EmailMultiAlternatives

from leads.models import SentMail

MARK = "X-Leadflow"


def message_id(mail: SentMail) -> str:
    """Stable over every attempt, and what a reply's In-Reply-To says."""
    return f"<{mail.token}.lead@{settings.MAIL_DOMAIN}>"


def sender_of(mail: SentMail) -> str:
    """Our own address under the sender's name: another domain's would be taken for a forgery."""
    address = parseaddr(settings.DEFAULT_FROM_EMAIL)[1]
    return formataddr((mail.sender.name or mail.sender.email, address))


def reply_to(mail: SentMail) -> str:
    """Where an answer goes: into the mailbox that leadflow reads, or else to the sender."""
    if settings.REPLY_ADDRESS:
        return str(settings.REPLY_ADDRESS).replace("{token}", mail.token)
    return mail.sender.email


def letter(mail: SentMail) -> EmailMultiAlternatives:
    """The e-mail itself: plain text, as a person writes, and for an invitation the calendar's."""
    message = EmailMultiAlternatives(
        subject=" ".join(mail.subject.split()),
        body=mail.body,
        from_email=sender_of(mail),
        to=[mail.to],
        # What somebody booked goes into both calendars.
        cc=[mail.sender.email] if mail.automatic and mail.calendar else [],
        reply_to=[reply_to(mail)],
        headers={"Message-ID": message_id(mail), MARK: mail.token},
    )
    if mail.calendar:
        message.attach_alternative(mail.calendar, f"text/calendar; method={mail.method}")
        message.attach("invite.ics", mail.calendar, "text/calendar")
    return message
