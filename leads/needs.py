"""What a lead needs: what it said of its pains, goals, way to decide, heading by heading; and what
its persona is thought to say, with how many really did."""

import re
from collections.abc import Iterable
from dataclasses import dataclass, field

from django.db.models import Count
from django.db.models.functions import Lower

from leads.models import Insight, Lead
from personas.models import Persona

About = Insight.About
# In the order in which a rep asks. What is said of channels and of why not is the persona's alone.
HEADINGS: dict[str, tuple[str, str]] = {
    About.PAIN: ("Pains", "What is wrong today?"),
    About.GOAL: ("Goals", "What do they want to reach?"),
    About.CHALLENGE: ("Challenges", "What is in their way?"),
    About.SOLUTION: ("Present solution", "What do they use today?"),
    About.DECISION: ("Decision process", "Who decides, and how?"),
    About.TIMELINE: ("Timeline", "By when, and why then?"),
    About.OBJECTION: ("Objections", "What do they object?"),
}
LONGEST = 200
# What leads.agreed.adopting adds.
HEARD = re.compile(r"\s*\(heard from [^)]*\)$")
BREAKS = re.compile(r"[\n;•]+|(?<=[.!?])\s+")


@dataclass(slots=True)
class Heading:
    """One of the headings, and what the lead said about it."""

    about: str
    title: str
    asked: str
    said: list[Insight] = field(default_factory=list)


@dataclass(frozen=True, slots=True)
class Thought:
    """What an agreed persona is thought to say, and how many of its leads really said so."""

    about: str
    title: str
    words: str
    count: int


def assessed(lead: Lead) -> list[Heading]:
    """What the lead said, heading by heading; other things it said come last. One query."""
    found = {key: Heading(key, *words) for key, words in HEADINGS.items()}
    for insight in Insight.objects.standing().filter(lead=lead).select_related("by").reverse():
        title = insight.get_about_display()
        here = found.setdefault(insight.about, Heading(insight.about, title, ""))
        here.said.append(insight)
    return list(found.values())


def phrases(text: str) -> list[str]:
    """A persona's own words as single thoughts: "Staff is hard to find; a closed tub costs" is
    two."""
    parts = (HEARD.sub("", part.strip()).strip(" .-–") for part in BREAKS.split(text))
    return list(dict.fromkeys(p[:1].upper() + p[1:LONGEST] for p in parts if p))


def thoughts(persona: Persona) -> list[tuple[str, str]]:
    """What the persona is thought to say, as heading and words."""
    objections = [
        str(each.get("objection") or "") if isinstance(each, dict) else str(each)
        for each in persona.objections
    ]
    own = [(About.PAIN, persona.pains), (About.GOAL, persona.goals)]
    found = [(str(about), words) for about, text in own for words in phrases(text)]
    return found + [(str(About.OBJECTION), o.strip()[:LONGEST]) for o in objections if o.strip()]


def really_said(persona: Persona) -> list[Thought]:
    """How many leads said what the persona is thought to say; none is an answer, too. One query."""
    asked = thoughts(persona)
    rows = Insight.objects.standing().about(persona).annotate(key=Lower("words"))
    keys = _keys(words for _, words in asked)
    counts = {
        (about, key): count
        for about, key, count in rows.filter(key__in=keys)
        .order_by()
        .values_list("about", "key")
        .annotate(Count("lead", distinct=True))
    }
    return [
        Thought(about, HEADINGS[about][0], words, counts.get((about, words.lower()), 0))
        for about, words in asked
    ]


def _keys(words: Iterable[str]) -> list[str]:
    return [each.lower() for each in words]


def asked_about(persona: Persona) -> int:
    """Of how many leads of the persona anything was noted: what the counts are of."""
    rows = Insight.objects.standing().about(persona).filter(about__in=HEADINGS)
    return rows.values("lead").distinct().count()
