"""Criteria that answer themselves: a fact of the lead is held against a condition.

Nothing of it is kept: it is asked whenever somebody looks, so that it is never older than the lead.
A condition is a rule of personas.matching under `check` of a question; besides the facts that
rules of scoring know it may go by what follows from them (BESIDE).
"""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any
from uuid import UUID

from accounts import configuration
from leads.custom_fields import FieldRules
from leads.custom_fields.rules import counting, labels
from leads.custom_fields.saying import said
from leads.handover import definition_values
from leads.models import TOUCHPOINTS, Activity, Answer, Chance, Kind, Lead
from leads.score_rules.words import FACTS, fit_words
from personas.definitions import persona_rules
from personas.matching import matches

BESIDE = {
    "persona": "Persona", "fit": "Fit score", "score": "Score", "chance": "Predicted chance in %",
}  # fmt: skip
NUMBERS = ("fit", "score", "chance")
NO_PERSONA = "fits none that was agreed"
# Signs of theirs that come with facts about them, and what they are called as a source.
SOURCES = {
    Kind.FORM: "the form", Kind.IMPORTED: "the import", Kind.ENTERED: "the entry by hand",
    Kind.EVENT: "the event", Kind.DOWNLOAD: "the download",
}  # fmt: skip

Question = Mapping[str, Any]
# Fields of one's own by `extra.<name>`, and personas' names by slug.
Own = Mapping[str, FieldRules]
Names = Mapping[str, str]


@dataclass(frozen=True, slots=True)
class Found:
    """What a question answers itself: yes, no, or not known; and the fact that shows it."""

    field: str
    said: str
    evidence: str
    asked: str


@dataclass(frozen=True, slots=True)
class Origin:
    """Where a fact comes from: "from the import", and when."""

    words: str
    at: datetime


def found(
    questions: Iterable[Question], values: Mapping[str, Any], *, stamp: UUID | None = None
) -> dict[str, Found]:
    """What the questions with a check answer themselves, by key; one that goes by a removed field
    is for people to answer, as if it had none."""
    rules = [
        {**each["check"], "key": each["key"], "called": each["label"]}
        for each in questions
        if each.get("check")
    ]
    # Kept from asking for each of them: one stamp, if the caller has not read it.
    stamp = stamp or (configuration.stamp() if rules else None)
    rules = counting(rules, stamp=stamp)
    if not rules:
        return {}
    own, names = labels(rules, stamp=stamp), persona_names(stamp=stamp)
    return {str(rule["key"]): _found(rule, values, own, names) for rule in rules}


def _found(rule: Question, values: Mapping[str, Any], own: Own, names: Names) -> Found:
    name, value = str(rule["field"]), values.get(rule["field"])
    asked, label = words(rule, own, names), label_of(name, own)
    # Not “Budget: Budget: $8,000”.
    fact = "" if label.casefold() == str(rule["called"]).casefold() else f"{label}: "
    if name == "persona":
        here = names.get(str(value), str(value)) if value else NO_PERSONA
        answer = Answer.Said.YES if matches(rule, values) else Answer.Said.NO
        return Found(name, answer, f"{fact}{here}", asked)
    if value in (None, "", []):
        return Found(name, Answer.Said.OPEN, f"{fact}not known", asked)
    shown = said(own[name], value) if name in own else str(value)
    answer = Answer.Said.YES if matches(rule, values) else Answer.Said.NO
    return Found(name, answer, f"{fact}{shown}", asked)


def words(rule: Question, own: Own, names: Names) -> str:
    """The condition as people read it, such as "industry is one of hotels, spas"."""
    name = str(rule["field"])
    if name == "persona" and rule.get("value"):
        named = ", ".join(names.get(slug, slug) for slug in rule["value"])
        return f"persona is one of {named}"
    if name in NUMBERS and rule.get("value") is not None:
        test = "at least" if rule["op"] == "at_least" else "at most"
        return f"{label_of(name, own).lower()} is {test} {rule['value']:g}"
    return fit_words(rule, own)


def label_of(name: str, own: Own) -> str:
    """What people call a fact."""
    if name in own:
        return str(own[name].label)
    return BESIDE.get(name) or FACTS.get(name) or name.removeprefix("extra.").capitalize()


def persona_names(*, stamp: UUID | None = None) -> Names:
    """What the personas in use are called, by slug."""
    return {each.slug: each.name for each in persona_rules(stamp=stamp)}


def values_of(
    lead: Lead, questions: Iterable[Question], *, stamp: UUID | None = None
) -> Mapping[str, Any]:
    """What the checks of these questions are held against. Asks for the predicted chance only
    where one goes by it."""
    values = definition_values(lead, stamp=stamp)
    if not any(each["check"]["field"] == "chance" for each in questions if each.get("check")):
        return values
    last = Chance.objects.filter(handoff__lead=lead).order_by("-handoff__cycle").first()
    return {**values, "chance": last.percent if last else None}


def origins(lead: Lead, answered: Iterable[Found]) -> dict[str, Origin]:
    """Where the facts come from, by their names: from whom changed it last, else from what the
    lead came in by, where that is one thing. Two queries, none where no check goes by a fact."""
    names = {each.field for each in answered if each.said != Answer.Said.OPEN} - set(BESIDE)
    if not names:
        return {}
    kept: dict[str, Origin] = {}
    edits = Activity.objects.filter(
        lead=lead, kind=Kind.EDITED, data__changed__has_any_keys=sorted(names)
    )
    for edit in edits.select_related("actor").order_by("occurred_at", "pk"):
        by = f"from {edit.actor}’s change" if edit.actor else "from a change"
        kept |= {n: Origin(by, edit.occurred_at) for n in names & set(edit.data["changed"])}
    if names <= set(kept):
        return kept
    signs = Activity.objects.filter(lead=lead, kind__in=TOUCHPOINTS).filter(kind__in=SOURCES)
    rows = list(signs.order_by("occurred_at", "pk").values_list("kind", "occurred_at")[:2])
    if len(rows) == 1:
        came = Origin(f"from {SOURCES[Kind(rows[0][0])]}", rows[0][1])
        kept = dict.fromkeys(names, came) | kept
    return kept
