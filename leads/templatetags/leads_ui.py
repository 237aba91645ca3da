"""How activities are drawn: a picture for each kind, and what the record says beyond it."""

from dataclasses import asdict
from datetime import datetime
from decimal import Decimal
from functools import lru_cache
from typing import Any

import phonenumbers
from django import template
from django.template.defaultfilters import filesizeformat
from django.utils.html import json_script
from django.utils.safestring import SafeString

from accounts.words import money_words
from leads.custom_fields.saying import cell
from leads.mentions import note_words
from leads.models import (
    OUTCOMES,
    Activity,
    Enrolment,
    Insight,
    Kind,
    Outcome,
    RejectReason,
    Return,
    Stage,
)
from leads.qualification import DISQUALIFY_REASONS
from leads.sequences.running import words
from leads.working_time import DAY, HOUR
from personas.retired import vocabulary

register = template.Library()

PICTURES = {
    Kind.FORM: "forms", Kind.PAGE_VIEW: "eye", Kind.DOWNLOAD: "download",
    Kind.EMAIL_CLICK: "click", Kind.EVENT: "ticket", Kind.REPLY: "message-reply",
    Kind.AD_CLICK: "ad-2", Kind.IMPORTED: "file-import", Kind.ENTERED: "keyboard",
    Kind.CALL: "phone", Kind.EMAIL: "mail", Kind.MEETING: "calendar-event", Kind.NOTE: "note",
    Kind.MQL: "star", Kind.HANDED_OVER: "send", Kind.REASSIGNED: "arrows-exchange",
    Kind.ACCEPTED: "user-check", Kind.REJECTED: "arrow-back-up",
    Kind.RETURN_ANSWERED: "message-circle", Kind.QUALIFIED: "circle-check",
    Kind.DISQUALIFIED: "circle-off", Kind.RECYCLED: "recycle", Kind.DEAL_OPENED: "coin",
    Kind.JOINED_DEAL: "coins", Kind.WON: "trophy", Kind.LOST: "thumb-down",
    Kind.EDITED: "edit", Kind.FEEDBACK: "stars",
    Kind.PAUSED: "player-pause", Kind.RESUMED: "player-play", Kind.WITHDRAWN: "arrow-back",
    Kind.MERGED: "git-merge", Kind.UNMERGED: "arrow-back-up",
    Kind.RESTORED: "arrow-back-up", Kind.AUTO_REPLY: "robot", Kind.BOUNCED: "mail-x",
    Kind.REOPENED: "arrow-back-up", Kind.HEARD: "message-2", Kind.BOOKED: "calendar-plus",
    Kind.SOURCED: "user-plus", Kind.UNLOGGED: "arrow-back-up",
    Kind.DISPUTED: "scale", Kind.RULED: "gavel",
}  # fmt: skip
OUTCOME_PICTURES: dict[str, str] = {
    Outcome.CONNECTED: "phone-check", Outcome.VOICEMAIL: "device-landline-phone",
    Outcome.NO_ANSWER: "phone-off", Outcome.WRONG_NUMBER: "phone-x",
}  # fmt: skip
FIELD_WORDS = {"email": "e-mail", "job_title": "title", "first_name": "first name",
               "last_name": "last name"}  # fmt: skip


@register.filter
def activity_picture(kind: str) -> str:
    """The icon of a kind of activity."""
    return PICTURES.get(Kind(kind), "circle-dashed") if kind in Kind.values else "circle-dashed"


register.filter("note_words", note_words)


@register.simple_tag
def call_outcomes() -> list[tuple[str, str]]:
    """How a call may go, in the order of the buttons."""
    return [(outcome.value, str(outcome.label)) for outcome in OUTCOMES[Kind.CALL]]


@register.filter
def outcome_picture(outcome: str) -> str:
    """The icon of how a call went."""
    return OUTCOME_PICTURES.get(outcome, "phone")


@register.filter
def activity_words(activity: Activity) -> str:
    """What the record says beyond its kind: the page, the reason, the amount, what changed."""
    data: dict[str, Any] = activity.data or {}
    if activity.kind == Kind.EDITED:
        return "; ".join(_change(name, change) for name, change in data.get("changed", {}).items())
    if activity.kind == Kind.REASSIGNED:
        if data.get("pool"):
            return f"Back to the pool {data['pool']}"
        return f"To {data.get('to') or 'the sales manager’s list'}"
    if activity.kind == Kind.MQL and "score" in data:
        return f"With a score of {data['score']}"
    if data.get("meeting"):
        return str(data["meeting"])
    if data.get("subject"):
        why = f": {data['why']}" if data.get("why") else ""
        return f"“{data['subject']}”{why}{_attached(data)}"
    if activity.kind == Kind.HEARD and "words" in data:
        return _heard(data)
    if activity.kind == Kind.FEEDBACK:
        return f"{data.get('rating')} of 5"
    if activity.kind == Kind.QUALIFIED and "criteria" in data:
        return _by_criteria(data)
    if activity.kind == Kind.WITHDRAWN:
        if data.get("taken_back"):
            return "Handed over by mistake"
        gone = "was deleted" if data.get("deleted") else "was merged with another lead"
        return f"It {gone}"
    if activity.kind == Kind.UNLOGGED:
        how = f", {Outcome(data['outcome']).label.lower()}" if data.get("outcome") else ""
        return f"{Kind(data['kind']).label}{how}: logged by mistake"
    if activity.kind == Kind.UNMERGED:
        return f"{data.get('name') or 'A lead'} stands by itself again"
    if activity.kind == Kind.MERGED:
        aside = ", ".join(str(value) for value in data.get("aside", {}).values())
        also = f"; not taken over: {aside}" if aside else ""
        return f"{data.get('name') or 'A lead'}, number {data.get('other')} before{also}"
    if activity.kind in (Kind.PAUSED, Kind.RESUMED):
        return _paused(data)
    if activity.kind == Kind.RULED:
        return str(Return.Ruled(data["outcome"]).label)
    if data.get("answer"):
        return str(Return.Answer(data["answer"]).label)
    if data.get("reason"):
        return _reason(str(data["reason"]))
    if data.get("amount"):
        return money_words(Decimal(str(data["amount"])), data.get("currency") or "USD")
    return _origin(data)


def _attached(data: dict[str, Any]) -> str:
    """What came with a mail; of what is not kept, why not."""
    said = [
        f"{each['name']} ({filesizeformat(each['size'])}"
        f"{', not kept: ' + each['why'] if each.get('why') else ''})"
        for each in data.get("attachments", ())
    ]
    return f", with {', '.join(said)}" if said else ""


def _heard(data: dict[str, Any]) -> str:
    about = data.get("about")
    title = str(Insight.About(about).label) if about in Insight.About.values else ""
    who = f" ({data['said_by']})" if data.get("said_by") else ""
    ends = {"taken_back": "; taken back", "put_back": "; it counts again"}
    how = next((words for name, words in ends.items() if data.get(name)), "")
    return f"{title}: {data['words']}{who}{how}"


def _by_criteria(data: dict[str, Any]) -> str:
    known = data["criteria"]
    said = [f"{known['share']} % by {known['framework']}"]
    if known["missing"]:
        said.append(f"not known: {', '.join(known['missing'])}")
    if data.get("override_reason"):
        said.append(f"all the same: {data['override_reason']}")
    return "; ".join(said)


def _paused(data: dict[str, Any]) -> str:
    until = data.get("until")
    day = f"{datetime.fromisoformat(until):%a %-d %b}" if until else ""
    words = str(data.get("words") or "")
    return " · ".join(filter(None, [words, f"until {day}" if day and words else ""]))


def _change(name: str, change: dict[str, Any]) -> str:
    words = FIELD_WORDS.get(name, name.removeprefix("extra.").replace("_", " "))
    before, after = (cell(change.get(side)) or "nothing" for side in ("from", "to"))
    return f"{words}: {before} → {after}"


def _reason(reason: str) -> str:
    if reason in RejectReason.values:
        return str(RejectReason(reason).label)
    return DISQUALIFY_REASONS.get(reason, reason)


def _origin(data: dict[str, Any]) -> str:
    place = data.get("title") or data.get("path") or data.get("landing_page") or ""
    source = " / ".join(filter(None, [data.get("utm_source"), data.get("utm_medium")]))
    seconds = data.get("seconds")
    stayed = f"{seconds} s" if seconds else ""
    return " · ".join(filter(None, [str(place), source, stayed]))


@register.filter
@lru_cache(maxsize=4096)
def phone_words(number: str) -> str:
    """An E.164 number as people read it: "+1 212-555-0123"."""
    try:
        parsed = phonenumbers.parse(number)
    except phonenumbers.NumberParseException:
        return number
    return phonenumbers.format_number(parsed, phonenumbers.PhoneNumberFormat.INTERNATIONAL)


@register.simple_tag
def retired_words() -> SafeString:
    """The words that are said no more, for static/js/retired.js."""
    words = vocabulary()
    told = {"retired": [asdict(one) for one in words.retired], "in_use": words.in_use}
    return json_script(told, "retired-words")


@register.inclusion_tag("leads/_sequence.html", takes_context=True)
def sequence_of_lead(context: Any) -> dict[str, Any]:
    """The sequence a lead is in, or was in last, on its page; two queries."""
    lead, allowed = context["lead"], context["rights"]
    found = Enrolment.objects.filter(lead=lead).select_related("version__sequence", "owner")
    last = found.prefetch_related("steps").first()
    steps = list(last.steps.all()) if last else []
    waiting = next((step for step in steps if step.done_at is None), None)
    active = last is not None and last.state == Enrolment.State.ACTIVE
    working = lead.stage not in (Stage.CUSTOMER, Stage.DISQUALIFIED) and allowed.may_work
    return {
        "enrolment": last,
        "active": active,
        "waiting": waiting if active else None,
        "to_write": active and waiting and not waiting.sends and waiting.said["kind"] == "email",
        "what": words(last.version.steps[waiting.place]) if last and waiting else "",
        "count": len(last.version.steps) if last else 0,
        "may_work": allowed.may_work,
        "may_begin": working and not active,
        **{name: context.get(name) for name in ("lead", "request", "at", "csrf_token")},
    }


@register.filter
def step_words(said: dict[str, Any]) -> str:
    """What a step of a sequence asks for."""
    return words(said)


@register.filter
def wait_words(seconds: int) -> str:
    """How long a step waits, in working days and hours."""
    days, hours = seconds // DAY, seconds % DAY // HOUR
    said = [f"{days} working day{'' if days == 1 else 's'}"] if days else []
    said += [f"{hours} h"] if hours else []
    return " and ".join(said) or "at once"


@register.filter
def clock_words(instant: datetime) -> str:
    """The time of day by the clock the instant carries."""
    return f"{instant:%H:%M}"
