"""@mentions in notes: whom a note names, who is told, and what they are called by now.

A mention is kept as who it is, with the words it was typed in: renamed, somebody is shown by their
new name. Only who may see the lead is offered and told; of others the writer is told that they
are not.
"""

import re
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from django.db.models import CharField, Value
from django.db.models.functions import Cast
from django.utils.html import conditional_escape, format_html
from django.utils.safestring import SafeString, mark_safe

from accounts import outbox
from accounts.models import User
from leads.models import Activity, Lead

# An @ that begins a word: not the one in an e-mail address.
AT = re.compile(r"(?<![\w@.])@(?=\w)")
OFFERED, LOOKED_AT, MOST = 6, 40, 20


@dataclass(frozen=True, slots=True)
class Mention:
    """Somebody whom a note names, in the words of the note, and whether they may see the lead."""

    person: User
    words: str
    sees: bool


def offered(lead: Lead, typed: str, *, by: User) -> list[User]:
    """Colleagues who may see the lead and whose name or address begins with what was typed."""
    words = typed.casefold().split()
    active = User.objects.filter(is_active=True).exclude(pk=by.pk).order_by("name", "email")
    fitting = [
        person
        for person in active
        if _fits(person, words) and not typed.casefold().startswith(f"{person.name.casefold()} ")
    ]
    seeing = _who_sees(lead, fitting[:LOOKED_AT])
    return [person for person in fitting if person.pk in seeing][:OFFERED]


def _fits(person: User, typed: Sequence[str]) -> bool:
    own = [*person.name.casefold().split(), person.email]
    return all(any(each.startswith(word) for each in own) for word in typed)


def found_in(text: str, lead: Lead) -> list[Mention]:
    """Whom a text names: by name, by address, or by a first name that only one of us has."""
    places = [match.end() for match in AT.finditer(text)]
    if not places:
        return []
    people = list(User.objects.filter(is_active=True))
    known = _by_words(people)
    named: dict[int, tuple[User, str]] = {}
    for place in places:
        said = next((words for words in known if _says(text, place, words)), None)
        if said is not None and len(named) < MOST:
            person = known[said]
            named.setdefault(person.pk, (person, text[place : place + len(said)]))
    seeing = _who_sees(lead, [person for person, _ in named.values()])
    return [Mention(person, words, person.pk in seeing) for person, words in named.values()]


def _by_words(people: Iterable[User]) -> dict[str, User]:
    """Whom each wording means, the longest first; what several share means nobody."""
    known: dict[str, User | None] = {}
    for person in people:
        words = {person.name, person.email, *person.name.split()[:1]} - {""}
        for each in words:
            known[each.casefold()] = None if each.casefold() in known else person
    meant = {words: person for words, person in known.items() if person is not None}
    return {words: meant[words] for words in sorted(meant, key=len, reverse=True)}


def _says(text: str, place: int, words: str) -> bool:
    end = place + len(words)
    after = text[end : end + 1]
    return text[place:end].casefold() == words and not (after.isalnum() or after == "_")


def _who_sees(lead: Lead, people: Sequence[User]) -> set[int]:
    """Of these people those who may see the lead: everybody's own right, asked in one."""
    asked = [
        Lead.objects.visible_to(person)
        .filter(pk=lead.pk)
        .order_by()
        .annotate(who=Cast(Value(str(person.pk)), CharField()))
        .values_list("who")
        for person in User.objects.with_roles(people)
    ]
    if not asked:
        return set()
    rows = asked[0].union(*asked[1:], all=True) if asked[1:] else asked[0]
    return {int(row[0]) for row in rows}


def facts_of(mentions: Sequence[Mention]) -> dict[str, Any]:
    """What is kept with the activity."""
    if not mentions:
        return {}
    return {
        "mentions": [{"id": m.person.pk, "words": m.words, "told": m.sees} for m in mentions],
    }


def tell(activity: Activity, mentions: Sequence[Mention], *, by: User, at: datetime) -> None:
    """Tell those who may see the lead, in the caller's transaction; nobody of themselves."""
    lead = activity.lead
    title = f"{by} mentioned you: {lead.name}"
    outbox.send([
        outbox.message(
            m.person.pk, "mention", title, activity.note[:400], lead.get_absolute_url(), at=at,
            dedupe_key=f"mention:{activity.pk}:{m.person.pk}",
        )
        for m in mentions
        if m.sees and m.person.pk != by.pk
    ])  # fmt: skip


def not_told(activity: Activity) -> str:
    """Who was named and may not see the lead, in words; empty when everybody may."""
    ids = [m["id"] for m in activity.data.get("mentions", ()) if not m["told"]]
    names = [str(person) for person in User.objects.filter(pk__in=ids).order_by("name")]
    if not names:
        return ""
    said = names[0] if len(names) == 1 else f"{', '.join(names[:-1])} and {names[-1]}"
    return f"{said} may not see this lead, so nothing is told to them."


def name_them(activities: Sequence[Activity]) -> None:
    """Look up what the people whom these notes name are called by now: one query, if any."""
    ids = {m["id"] for a in activities for m in (a.data or {}).get("mentions", ())}
    people = User.objects.in_bulk(ids) if ids else {}
    for activity in activities:
        activity.named = {  # type: ignore[attr-defined]
            m["words"]: str(people[m["id"]])
            for m in (activity.data or {}).get("mentions", ())
            if m["id"] in people
        }


def note_words(activity: Activity) -> SafeString:
    """The note, escaped, with the people it names by their present names."""
    named: dict[str, str] = getattr(activity, "named", {})
    if not named:
        return mark_safe(_lines(conditional_escape(activity.note)))  # noqa: S308 (escaped)
    words = sorted(named, key=len, reverse=True)
    pattern = re.compile("(?<![\\w@.])@(" + "|".join(map(re.escape, words)) + ")(?!\\w)")
    parts, done = [], 0
    for match in pattern.finditer(activity.note):
        parts.append(conditional_escape(activity.note[done : match.start()]))
        parts.append(format_html('<span class="mention">@{}</span>', named[match[1]]))
        done = match.end()
    parts.append(conditional_escape(activity.note[done:]))
    return mark_safe(_lines("".join(parts)))  # noqa: S308 (every part is escaped)


def _lines(html: str) -> str:
    return html.replace("\r\n", "\n").replace("\n", "<br>")
