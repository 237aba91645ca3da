"""What sales hears from conversations: noted on a lead's page, counted on its persona's."""

from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date, datetime, timedelta
from typing import Any

from django.db import IntegrityError, transaction
from django.db.models import Exists, OuterRef, QuerySet, Value
from django.db.models.functions import Lower

from accounts.models import User
from accounts.refusals import Conflict, Refused
from leads.activities import as_it_is_now
from leads.models import Activity, Deal, Handoff, Insight, Kind, Lead
from leads.qualification import DISQUALIFY_REASONS
from personas.models import Persona

LONGEST, LONGEST_NAME = 200, 120
# Somewhere it is tomorrow already.
AHEAD = timedelta(days=1)
# What a merge keeps of one that both had said.
KEPT = ("persona_id", "about", "words", "by_id", "at", "said_by", "said_on")
# Lines a page shows, and leads beside each of them.
MOST, NAMED = 30, 3
# Of the newest; what was said longer ago says less of today.
READ = 2000


@dataclass(slots=True)
class Said:
    """The same words of several people, with some of the leads."""

    # Insight.About, and in words.
    kind: str
    about: str
    words: str
    count: int = 0
    leads: list[Lead] = field(default_factory=list)
    newest: Insight | None = None


def add(
    lead: Lead,
    about: str,
    words: str,
    *,
    by: User,
    at: datetime,
    said_by: str = "",
    said_on: date | None = None,
) -> tuple[Insight, bool]:
    """Keep what this lead said; twice changes nothing. It is what this one needs, and of a persona
    it counts for what such people are like.

    `said_by` names who of theirs said it where it was not the lead, `said_on` the day where it was
    not today. Raises Refused for no words, too many, or a day to come.
    """
    said, who = _line(words), _line(said_by)
    _check(said, who, said_on, at=at)
    # As the constraint tells them apart: by small letters, which are not those of `iexact`.
    same = _with_key(Insight.objects.standing().filter(about=about))
    known = same.filter(key=Lower(Value(said)))
    try:
        with transaction.atomic():
            lead, handoff = as_it_is_now(lead)
            facts = {
                "lead": lead, "persona_id": lead.persona_id, "about": about, "words": said,
                "by": by, "at": at, "said_by": who, "said_on": said_on,
            }  # fmt: skip
            made, new = known.filter(lead=lead).get_or_create(defaults=facts)
            if new:
                _record(made, lead, handoff, by=by, at=at)
    except IntegrityError:  # in the same moment by another click
        return known.filter(lead=lead).get(), False
    return made, new


def _line(text: str) -> str:
    return " ".join(text.replace("\x00", "").split())


def _check(said: str, who: str, said_on: date | None, *, at: datetime) -> None:
    wrong = {}
    if not said:
        wrong["words"] = "Say what you heard."
    elif len(said) > LONGEST:
        wrong["words"] = f"At most {LONGEST} letters fit; this has {len(said)}."
    if len(who) > LONGEST_NAME:
        wrong["said_by"] = f"At most {LONGEST_NAME} letters fit; this has {len(who)}."
    if said_on is not None and said_on > (at + AHEAD).date():
        wrong["said_on"] = f"{said_on} is to come; choose the day on which they said it."
    if wrong:
        raise Refused(" ".join(wrong.values()), fields=wrong)


def take_back(insight: Insight, *, by: User, at: datetime) -> None:
    """It is not so, or was never said: it no longer counts, and stays on record."""
    with transaction.atomic():
        lead, handoff = as_it_is_now(insight.lead)
        there = Insight.objects.standing().filter(pk=insight.pk)
        if not there.update(taken_back_at=at, taken_back_by=by):
            raise Conflict(f"“{insight}” was taken back already.")
        _record(insight, lead, handoff, by=by, at=at, how="taken_back")


def put_back(insight: Insight, *, by: User, at: datetime) -> None:
    """Undo it. Raises Conflict when the same is noted again by now."""
    try:
        with transaction.atomic():
            lead, handoff = as_it_is_now(insight.lead)
            there = Insight.objects.filter(pk=insight.pk, taken_back_at__isnull=False)
            if not there.update(taken_back_at=None, taken_back_by=None):
                raise Conflict(f"“{insight}” counts already.")
            _record(insight, lead, handoff, by=by, at=at, how="put_back")
    except IntegrityError:
        raise Conflict(f"“{insight}” was noted again meanwhile.") from None


def _record(
    insight: Insight, lead: Lead, handoff: Handoff | None, *, by: User, at: datetime, how: str = ""
) -> None:
    """Part of the lead's history, and of the handoff it was heard in."""
    data = {"about": insight.about, "words": insight.words, "said_by": insight.said_by}
    lead.record(
        Kind.HEARD, by=by, at=at, occurred_at=at, handoff=handoff,
        data=data | ({how: True} if how else {}),
    )  # fmt: skip


def said_by_both(left: Lead, gone: Lead) -> list[dict[str, Any]]:
    """Where the two are one person, they said it once: drop what the other said in the same words.
    Returns what was dropped, as JSON keeps it."""
    standing = Insight.objects.standing()
    mine = _with_key(standing.filter(lead=left, about=OuterRef("about")))
    same = _with_key(standing.filter(lead=gone))
    same = same.filter(Exists(mine.filter(key=OuterRef("key"))))
    dropped = list(same.values(*KEPT))
    same.delete()
    return [
        {
            **facts,
            "at": facts["at"].isoformat(),
            "said_on": facts["said_on"].isoformat() if facts["said_on"] else None,
        }
        for facts in dropped
    ]


def say_again(lead: Lead, dropped: Sequence[Mapping[str, Any]]) -> None:
    """Put back what `said_by_both` had dropped, but of a persona that is no more."""
    there = set(Persona.objects.values_list("pk", flat=True)) if dropped else set()
    Insight.objects.bulk_create(
        Insight(lead=lead, **{**facts, **_instants(facts)})
        for facts in dropped
        if facts["persona_id"] is None or facts["persona_id"] in there
    )


def _instants(facts: Mapping[str, Any]) -> dict[str, Any]:
    day = facts.get("said_on")
    return {
        "at": datetime.fromisoformat(facts["at"]),
        "said_on": date.fromisoformat(day) if day else None,
    }


def _with_key(insights: "QuerySet[Insight]") -> "QuerySet[Any]":
    return insights.annotate(key=Lower("words"))


def heard(persona: Persona, user: User) -> list[Said]:
    """What was said about a persona, most often first; leads by name as far as one may see them."""
    found: dict[tuple[str, str], Said] = {}
    said_of_them = Insight.objects.standing().about(persona).select_related("by")
    for insight in said_of_them[:READ]:
        key = (insight.about, insight.words.casefold())
        said = found.setdefault(
            key, Said(insight.about, insight.get_about_display(), insight.words)
        )
        said.count += 1
        said.newest = said.newest or insight
    lines = sorted(found.items(), key=lambda line: -line[1].count)[:MOST]
    _name(persona, dict(lines), user)
    return [said for _, said in lines]


def _name(persona: Persona, found: dict[tuple[str, str], Said], user: User) -> None:
    seen = Insight.objects.visible_to(user).standing().about(persona).select_related("lead")
    for insight in seen[:READ]:
        said = found.get((insight.about, insight.words.casefold()))
        if said is not None and len(said.leads) < NAMED:
            said.leads.append(insight.lead)


def known_words(persona: Persona) -> Sequence[str]:
    """What others have heard already, to be said again in the same words."""
    words = Insight.objects.standing().about(persona).order_by("words")
    return list(words.values_list("words", flat=True).distinct()[:MOST])


def why_not(persona: Persona) -> list[tuple[str, int]]:
    """Why leads of this persona did not buy: reasons of lost deals and of disqualifications."""
    lost = Deal.objects.filter(lead__persona=persona, state=Deal.State.LOST)
    counted = Counter(
        reason.partition(":")[0] for reason in lost.values_list("reason", flat=True)[:READ]
    )
    ended = Activity.objects.filter(lead__persona=persona, kind=Kind.DISQUALIFIED)
    counted.update(
        DISQUALIFY_REASONS.get(str(reason), str(reason))
        for reason in ended.values_list("data__reason", flat=True)[:READ]
        if reason
    )
    return counted.most_common(8)
