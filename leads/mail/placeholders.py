"""Placeholders of templates, such as {first_name}: filled in for one lead and one sender."""

import re
from collections.abc import Mapping

from accounts.models import User
from accounts.refusals import Refused
from leads.mail.booking_links import link_for
from leads.models import Lead

PLACEHOLDERS: Mapping[str, str] = {
    "first_name": "first name",
    "last_name": "last name",
    "name": "name",
    "company": "company",
    "job_title": "title",
    "sender": "your name",
    "sender_email": "your e-mail address",
    "booking_link": "link to book a time with you",
}
_PLACE = re.compile(r"\{\s*([^{}\s]{1,40})\s*\}")


def unknown(text: str) -> list[str]:
    """What stands in braces and is no placeholder."""
    return list(dict.fromkeys(n for n in _PLACE.findall(text) if n not in PLACEHOLDERS))


def refuse_unknown(subject: str, body: str) -> None:
    """Raise Refused where a field names a placeholder there is not."""
    wrong = {
        field: f"{{{names[0]}}} is no placeholder; there are {known()}."
        for field, text in (("subject", subject), ("body", body))
        if (names := unknown(text))
    }
    if wrong:
        raise Refused(" ".join(wrong.values()), code="unknown_placeholder", fields=wrong)


def known() -> str:
    """Every placeholder, for a sentence."""
    return ", ".join(f"{{{name}}}" for name in PLACEHOLDERS)


def fill(subject: str, body: str, *, lead: Lead, sender: User) -> tuple[str, str]:
    """Both with their placeholders filled in.

    Raises Refused, by field, for a placeholder there is not, and for one that is empty: nobody is
    to be greeted as “Dear ,”.
    """
    refuse_unknown(subject, body)
    values = _values(lead, sender)
    filled, empty = {}, {}
    for field, text in (("subject", subject), ("body", body)):
        gaps = [name for name in dict.fromkeys(_PLACE.findall(text)) if not values[name]]
        if "booking_link" in gaps:
            empty[field] = (
                "{booking_link} would be empty: your booking page is not open. Open it in your "
                "profile, or write the words yourself."
            )
        elif gaps:
            said = " and ".join(PLACEHOLDERS[name] for name in gaps)
            empty[field] = (
                f"{{{gaps[0]}}} would be empty: the {said} of {lead.name} "
                f"{'is' if len(gaps) == 1 else 'are'} not known. Fill it in on the lead, or write "
                "the words yourself."
            )
        filled[field] = _PLACE.sub(lambda found: values.get(found[1], found[0]), text)
    if empty:
        raise Refused(" ".join(empty.values()), code="empty_placeholder", fields=empty)
    return filled["subject"], filled["body"]


def _values(lead: Lead, sender: User) -> dict[str, str]:
    return {
        "first_name": lead.first_name,
        "last_name": lead.last_name,
        "name": f"{lead.first_name} {lead.last_name}".strip(),
        "company": lead.company,
        "job_title": lead.job_title,
        "sender": sender.name,
        "sender_email": sender.email,
        "booking_link": link_for(lead, sender),
    }
