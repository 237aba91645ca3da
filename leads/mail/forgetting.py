"""Let go of mail that was set aside: after a time, and with the lead that it is from or to."""

from collections.abc import Iterable
from datetime import datetime, timedelta

from django.conf import settings

from leads.models import ReceivedMail


def forget(*, at: datetime) -> int:
    """Erase what has been set aside for MAIL_ASIDE_DAYS; how many mails."""
    before = at - timedelta(days=settings.MAIL_ASIDE_DAYS)
    aside = ReceivedMail.objects.filter(kind=ReceivedMail.Kind.ASIDE)
    return aside.filter(received_at__lt=before).delete()[0]


def forget_of(addresses: Iterable[str | None]) -> int:
    """Erase what was set aside and names one of these addresses anywhere: as it could not be read,
    nobody knows whose it is. In the caller's transaction."""
    wanted = [address.lower().encode() for address in addresses if address]
    if not wanted:
        return 0
    aside = ReceivedMail.objects.filter(kind=ReceivedMail.Kind.ASIDE)
    gone = [
        pk
        for pk, raw, error in aside.values_list("pk", "raw", "error").iterator(chunk_size=20)
        if any(address in bytes(raw or b"").lower() + error.lower().encode() for address in wanted)
    ]
    return ReceivedMail.objects.filter(pk__in=gone).delete()[0]
