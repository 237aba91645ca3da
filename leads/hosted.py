"""What guards a form that anyone may fill in: a signed token, a trap, a pace and a limit.

The form is embedded in other people's pages, where our cookies do not reach; so what must not
be forged (when the page was drawn, where the visitor came from, which consent they read) travels
signed in the form itself.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from secrets import token_urlsafe
from typing import Any
from urllib.parse import urlsplit

import structlog
from django.core import signing
from django.core.cache import cache
from redis.exceptions import RedisError

from accounts import pacing
from leads.intake import ORIGIN_FIELDS
from leads.models import Campaign, CaptureForm

SALT = "leads.hosted"
# Nobody reads and fills in a form in less; a program does.
LEAST = timedelta(seconds=2)
# A page left open longer is asked to send again, so that a token can't be kept for ever.
MOST = timedelta(days=1)
SENDS_A_MINUTE = 10
# How long one sending may take before the same page may try again.
UNDER_WAY_SECONDS = 60

_LINES = tuple(ORIGIN_FIELDS.items())

log = structlog.get_logger(__name__)


class BadToken(Exception):
    """The token is not one of ours, or of another form."""


@dataclass(frozen=True, slots=True)
class Token:
    """What the page knew when it was drawn."""

    nonce: str
    issued_at: datetime
    campaign: str
    consent_text: str
    origin: Mapping[str, str]

    def is_too_quick(self, at: datetime) -> bool:
        return at - self.issued_at < LEAST

    def is_too_old(self, at: datetime) -> bool:
        return at - self.issued_at > MOST


def issue(form: CaptureForm, origin: Mapping[str, str], campaign: str, *, at: datetime) -> str:
    """A signed token for one drawn page."""
    facts = [
        form.pk,
        token_urlsafe(9),
        at.timestamp(),
        campaign,
        form.consent_text,
        dict(origin),
    ]
    return signing.dumps(facts, salt=SALT, compress=True)


def read_token(form: CaptureForm, text: str, *, at: datetime) -> Token:
    """Raises BadToken for a text we did not sign for this form."""
    try:
        pk, nonce, issued, campaign, consent, origin = signing.loads(text, salt=SALT)
    except (signing.BadSignature, ValueError, TypeError) as error:
        raise BadToken from error
    if pk != form.pk:
        raise BadToken
    return Token(nonce, datetime.fromtimestamp(issued, at.tzinfo), campaign, consent, origin)


def stamp(about: str, *, at: datetime) -> str:
    """The same for a page without a CaptureForm: what it is about, and when it was drawn."""
    return signing.dumps([about, token_urlsafe(9), at.timestamp()], salt=SALT)


def read_stamp(about: str, text: str, *, at: datetime) -> Token:
    """Raises BadToken for a text we did not sign for this page."""
    try:
        said, nonce, issued = signing.loads(text, salt=SALT)
    except (signing.BadSignature, ValueError, TypeError) as error:
        raise BadToken from error
    if said != about:
        raise BadToken
    return Token(nonce, datetime.fromtimestamp(issued, at.tzinfo), "", "", {})


def origin_of(query: Mapping[str, str], *, referrer: str, page: str, host: str) -> dict[str, str]:
    """Where the visitor came from: the query string first, then what the browser told."""
    found = {
        name: _line(query[name], most) for name, most in ORIGIN_FIELDS.items() if name in query
    }
    if "referrer" not in found and urlsplit(referrer).netloc not in ("", host):
        found["referrer"] = _line(referrer, ORIGIN_FIELDS["referrer"])
    found.setdefault("landing_page", _line(page, ORIGIN_FIELDS["landing_page"]))
    found.setdefault("path", urlsplit(found["landing_page"]).path)
    return {name: value for name, value in found.items() if value}


def _line(value: str, most: int) -> str:
    # A visitor can't mend a link that somebody else wrote too long: it is cut, not refused.
    return "".join(c for c in value if c.isprintable())[:most]


def campaign_of(form: CaptureForm, wanted: str) -> str:
    """The campaign to count for: one named in the link, if it is of the same team."""
    if wanted and wanted != form.campaign.slug and len(wanted) <= 50:
        team_id = form.campaign.team_id
        if Campaign.objects.filter(slug=wanted.replace("\x00", ""), team_id=team_id).exists():
            return wanted
    return form.campaign.slug


def over_limit(address: str) -> bool:
    """Count one sending from this address; too many in a minute? Without Redis: never."""
    return pacing.over_limit("hosted-sends", address, most=SENDS_A_MINUTE, seconds=60)


def claim(nonce: str) -> bool:
    """Take this page's one sending; False when it was sent already (a double click)."""
    return bool(_quietly(True, cache.add, f"hosted-sent:{nonce}", 1, UNDER_WAY_SECONDS))


def keep_claim(nonce: str) -> None:
    """The lead is stored: the same page adds nothing more."""
    _quietly(None, cache.set, f"hosted-sent:{nonce}", 1, int(MOST.total_seconds()))


def release(nonce: str) -> None:
    """Nothing was stored: the visitor may mend the form and send again."""
    _quietly(None, cache.delete, f"hosted-sent:{nonce}")


def _quietly(otherwise: Any, verb: Any, *args: Any) -> Any:
    try:
        return verb(*args)
    except RedisError as error:
        log.warning("form_claim_not_kept", error=str(error))
        return otherwise
