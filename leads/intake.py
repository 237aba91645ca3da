"""Read one captured row: what was typed in, what can be compared out, or why not."""

import math
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from datetime import datetime
from functools import partial
from types import MappingProxyType
from typing import Any
from uuid import UUID

from accounts.configuration import remembered
from accounts.instants import clamped
from leads import custom_fields, normalise
from leads.custom_fields import FieldRules
from leads.models import TOUCHPOINTS, Campaign, Kind

PERSON_FIELDS = {
    "first_name": 100,
    "last_name": 100,
    "company": 200,
    "job_title": 160,
    "source": 60,
}
ORIGIN_FIELDS = {
    "utm_source": 200,
    "utm_medium": 200,
    "utm_campaign": 200,
    "utm_term": 200,
    "utm_content": 200,
    "referrer": 2000,
    "landing_page": 2000,
    "path": 2000,
}
MESSAGE_LIMIT = 10_000
EXTRA_LIMIT = 50
# Every name a row may carry; anything else is refused, so that a typo is not lost silently.
FIELDS = (
    "email", "phone", "country", "website", "campaign", "message", "consent", "extra",
    "tags", "touchpoint", "occurred_at", *PERSON_FIELDS, *ORIGIN_FIELDS,
)  # fmt: skip
Refusals = dict[str, str]
NOTHING: Mapping[str, Any] = MappingProxyType({})


@dataclass(frozen=True, slots=True)
class CampaignFacts:
    """A campaign as capture needs it."""

    id: int
    slug: str
    name: str
    team_id: int
    hand_over_at_once: bool


@dataclass(slots=True)
class Row:
    """One row, cleaned. `person` holds Lead fields; `origin` what belongs to the touchpoint."""

    email: str | None = None
    person: dict[str, str] = field(default_factory=dict)
    origin: dict[str, Any] = field(default_factory=dict)
    campaign: CampaignFacts | None = None
    consent_text: str = ""
    consent_at: datetime | None = None
    extra: dict[str, Any] = field(default_factory=dict)
    touchpoint: str = Kind.FORM
    occurred_at: datetime | None = None
    message: str = ""
    # The names of its tags; their numbers are filled in by leads.tagging.
    tag_names: list[str] = field(default_factory=list)
    tags: list[int] = field(default_factory=list)


def campaigns(*, stamp: UUID | None = None) -> dict[str, CampaignFacts]:
    """Every campaign by slug."""
    return remembered("campaigns", _load_campaigns, under=stamp)


def _load_campaigns() -> dict[str, CampaignFacts]:
    return {
        c.slug: CampaignFacts(c.pk, c.slug, c.name, c.team_id, c.hand_over_at_once)
        for c in Campaign.objects.all()
    }


def read(
    raw: Mapping[str, Any],
    known: Mapping[str, CampaignFacts],
    *,
    at: datetime,
    fields: Mapping[str, FieldRules] = NOTHING,
) -> tuple[Row, Refusals]:
    """Clean one row. The second value names each refused field and says what to do about it.

    `fields` are the fields of one's own by name (leads.custom_fields.by_name).
    """
    row, refused = Row(), Refusals()
    for name in raw:
        if name not in FIELDS:
            refused[str(name)[:60]] = "This field is not known; put your own fields into extra."
    _read_person(row, raw, refused)
    _read_reach(row, raw, refused)
    _read_origin(row, raw, known, refused)
    _read_consent(row, raw, refused, at=at)
    _read_extra(row, raw, refused, fields)
    row.tag_names = _take(refused, "tags", partial(normalise.tags, raw.get("tags"))) or []
    return row, refused


def _take(refused: Refusals, name: str, read_value: Callable[[], Any]) -> Any:
    try:
        return read_value()
    except ValueError as error:
        refused[name] = normalise.sentence(error)
        return None


def _read_person(row: Row, raw: Mapping[str, Any], refused: Refusals) -> None:
    for name, limit in PERSON_FIELDS.items():
        row.person[name] = _line(raw, name, limit, refused)


def _read_reach(row: Row, raw: Mapping[str, Any], refused: Refusals) -> None:
    country = _line(raw, "country", 60, refused)
    row.person["country"] = (
        _take(refused, "country", lambda: normalise.country(country)) or "" if country else ""
    )
    typed_email = _line(raw, "email", 320, refused)
    typed_phone = _line(raw, "phone", 60, refused)
    row.person["email_typed"], row.person["phone_typed"] = typed_email, typed_phone
    if typed_email:
        row.email = _take(refused, "email", lambda: normalise.email(typed_email))
    row.person["phone"] = ""
    if typed_phone:
        row.person["phone"] = (
            _take(refused, "phone", lambda: normalise.phone(typed_phone, row.person["country"]))
            or ""
        )
    if not typed_email and not typed_phone and "email" not in refused:
        refused["email"] = "Give an e-mail address or a phone number, so that we can answer."
    website = _line(raw, "website", 300, refused)
    row.person["company_domain"] = normalise.company_domain(row.email, website)
    row.person["match_text"] = normalise.match_text(
        row.person["first_name"], row.person["last_name"], row.person["company"]
    )


def _line(raw: Mapping[str, Any], name: str, limit: int, refused: Refusals) -> str:
    value = raw.get(name)
    if value is None:
        return ""
    if isinstance(value, dict | list | bool):
        refused[name] = "This must be a text."
        return ""
    return _take(refused, name, lambda: normalise.text(value, limit=limit)) or ""


def _read_origin(
    row: Row, raw: Mapping[str, Any], known: Mapping[str, CampaignFacts], refused: Refusals
) -> None:
    for name, limit in ORIGIN_FIELDS.items():
        value = _line(raw, name, limit, refused)
        if value:
            row.origin[name] = value
    slug = _line(raw, "campaign", 60, refused)
    if slug:
        row.campaign = known.get(slug)
        if row.campaign is None:
            refused["campaign"] = f"There is no campaign “{slug}”; see Campaigns for their names."
    message = raw.get("message")
    if isinstance(message, dict | list | bool):
        refused["message"] = "This must be a text."
    elif message not in (None, ""):
        words = str(message).replace("\x00", "")
        if len(words) > MESSAGE_LIMIT:
            refused["message"] = (
                f"This is {len(words):,} characters long; at most {MESSAGE_LIMIT:,} fit."
            )
        else:
            row.message = words
    kind = _line(raw, "touchpoint", 60, refused) or Kind.FORM
    if kind not in TOUCHPOINTS:
        refused["touchpoint"] = f"“{kind}” is not one of {', '.join(sorted(TOUCHPOINTS))}."
    else:
        row.touchpoint = kind


def _read_consent(row: Row, raw: Mapping[str, Any], refused: Refusals, *, at: datetime) -> None:
    consent = raw.get("consent")
    if consent:
        if not _is_consent(consent):
            refused["consent"] = 'Write it as {"text": …, "time": …}.'
        else:
            row.consent_text = _line(consent, "text", 4000, refused)
            row.consent_at = _instant(consent.get("time"), "consent", refused, at=at) or at
    row.occurred_at = _instant(raw.get("occurred_at"), "occurred_at", refused, at=at)


def _is_consent(value: Any) -> bool:
    return (
        isinstance(value, dict)
        and isinstance(value.get("text"), str)
        and not (value.keys() - {"text", "time"})
    )


def _instant(value: Any, name: str, refused: Refusals, *, at: datetime) -> datetime | None:
    if value in (None, ""):
        return None

    def read_value() -> datetime:
        if isinstance(value, datetime):
            return clamped(value, at=at)
        try:
            found = datetime.fromisoformat(str(value))
        except ValueError:
            raise ValueError(
                f"“{str(value)[:40]}” is not a time; write it as 2027-01-31T09:30:00Z"
            ) from None
        return clamped(found, at=at)

    result: datetime | None = _take(refused, name, read_value)
    return result


def _read_extra(
    row: Row, raw: Mapping[str, Any], refused: Refusals, fields: Mapping[str, FieldRules]
) -> None:
    extra = raw.get("extra")
    if not extra:
        return
    if not isinstance(extra, dict) or len(extra.keys() - fields.keys()) > EXTRA_LIMIT:
        refused["extra"] = f"This must be an object of at most {EXTRA_LIMIT} fields."
        return
    row.extra, wrong = read_extra(extra, fields)
    refused |= wrong


def read_extra(
    extra: Mapping[str, Any],
    fields: Mapping[str, FieldRules],
    *,
    standing: Mapping[str, Any] = NOTHING,
) -> tuple[dict[str, Any], Refusals]:
    """Fields of one's own in the form of their kinds, further ones as they are; and which are
    refused. `standing` is what the lead has now."""
    found, refused = dict[str, Any](), Refusals()
    for typed, value in extra.items():
        name = _take(refused, "extra", partial(normalise.text, typed, limit=60))
        rules = fields.get(name)
        if rules is not None:
            now = standing.get(name)
            taken = _take(
                refused, rules.key, partial(custom_fields.read, rules, value, standing=now)
            )
            if taken is not None and not rules.erasing:
                found[name] = taken
        elif isinstance(value, float) and not math.isfinite(value):
            refused[f"extra.{name}"] = "This is not a number we can keep."
        elif isinstance(value, int | float | bool):
            found[name] = value
        else:
            found[name] = _line({f"extra.{name}": value}, f"extra.{name}", 2000, refused)
    return found, refused
