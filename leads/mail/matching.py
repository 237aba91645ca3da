"""Whose mail it is: by the token in the address it was sent to, by the mail it answers, by its
sender's address."""

import re
from datetime import datetime, timedelta
from email.utils import parseaddr

from django.conf import settings

from accounts.models import User
from leads.mail.judging import TOKEN, Returned
from leads.mail.letters import MARK
from leads.mail.reading import Mail
from leads.models import Lead, Merge, SentMail

IN_ADDRESS = re.compile(r"(?<![0-9a-f])([0-9a-f]{24})(?![0-9a-f])[^@]*@")
# For so long after it was sent a mail may come back without a word of which one it was.
RETURNS_WITHIN = timedelta(days=10)


def is_ours(mail: Mail) -> bool:
    """Our own mail on its way back, or a colleague's: a loop is never an answer."""
    if mail.header(MARK) or TOKEN.match(mail.message_id):
        return True
    own = (parseaddr(settings.DEFAULT_FROM_EMAIL)[1], settings.REPLY_ADDRESS)
    if mail.sender and _untagged(mail.sender) in {_untagged(address) for address in own}:
        return True
    return User.objects.filter(email=mail.sender).exists()


def _untagged(address: str) -> str:
    """Without what stands after a plus sign."""
    return re.sub(r"\+[^@]*@", "@", address.lower())


def answered(mail: Mail) -> SentMail | None:
    """The mail of ours that it answers."""
    tokens = [*IN_ADDRESS.findall(" ".join(mail.recipients)),
              *TOKEN.findall(" ".join(mail.refers_to))]  # fmt: skip
    for token in dict.fromkeys(tokens):
        sent = SentMail.objects.select_related("lead", "sender").filter(token=token).first()
        if sent is not None:
            return sent
    return None


def lead_of(mail: Mail) -> Lead | None:
    """The lead that has the sender's address, or has become who had it."""
    if not mail.sender:
        return None
    lead = Lead.objects.filter(email=mail.sender).first()
    if lead is not None:
        return lead
    merge = Merge.objects.filter(former_email=mail.sender, undone_at=None).first()
    return Lead.objects.filter(pk=merge.survivor_id).first() if merge is not None else None


def returned_mail(said: Returned, *, at: datetime) -> SentMail | None:
    """Which mail of ours came back; the word of a stranger about another address counts nothing.

    Who names no mail of ours is believed as far as its sender being told (`is_proven`)."""
    sent = SentMail.objects.select_related("lead", "sender").exclude(sent_at=None)
    if said.token:
        return sent.filter(token=said.token).first()
    lately = sent.filter(to=said.address, sent_at__gte=at - RETURNS_WITHIN)
    return lately.order_by("-sent_at").first()


def is_proven(said: Returned, sent: SentMail) -> bool:
    """Whether it names that very mail, by what only its receiver's servers have read, and no other
    address than the one it went to: anybody can write what looks like a bounce."""
    return said.token == sent.token and said.address in ("", sent.to.lower())
