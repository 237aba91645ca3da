"""What sales heard goes into the next version of a persona, saying that it was heard."""

from collections.abc import Mapping
from datetime import datetime
from typing import Any

from accounts.models import User
from accounts.refusals import Refused
from leads.agreed.persona_form import MOST_ROWS, PersonaForm
from leads.insights import Said, heard
from leads.models import Insight
from personas import drafting, versions
from personas.models import Draft, Persona

About = Insight.About
# Where it belongs in the picture of a persona.
TEXTS: dict[str, str] = {
    About.PAIN: "pains", About.CHALLENGE: "pains", About.GOAL: "goals", About.CHANNEL: "channels",
}  # fmt: skip
OBJECTED = (About.OBJECTION, About.WHY_NOT)


def adopt(persona: Persona, about: str, words: str, *, by: User, at: datetime) -> tuple[Said, bool]:
    """Put what was heard into the open proposal, or open one; answers what it was, and whether it
    was not there already.

    Raises Refused for words nobody said, or where there is no room left; NotAllowed and Conflict as
    personas.drafting does.
    """
    key = (about, words.casefold())
    said = next((s for s in heard(persona, by) if (s.kind, s.words.casefold()) == key), None)
    if said is None:
        raise Refused("Nobody says that any more; look at the page again.")
    if not has_place(said):
        raise Refused(f"“{said.words}” is of those leads; a persona’s picture has no place for it.")
    number, current = versions.newest(Draft.Kind.PERSONA, persona.slug)
    draft = drafting.open_draft(Draft.Kind.PERSONA, persona.slug)
    facts = dict(draft.facts if draft else current)
    if is_in(facts, said):
        return said, False
    if said.kind in OBJECTED:
        facts["objections"] = _with_objection(facts.get("objections", []), said)
    else:
        name = TEXTS[said.kind]
        facts[name] = _with_line(name, facts.get(name) or "", said)
    seen = drafting.ticket(number, draft)
    drafting.save(Draft.Kind.PERSONA, persona.slug, facts, by=by, at=at, seen=seen)
    return said, True


def has_place(said: Said) -> bool:
    """Whether the picture of a persona speaks of such things at all."""
    return said.kind in TEXTS or said.kind in OBJECTED


def is_in(facts: Mapping[str, Any], said: Said) -> bool:
    """Whether a version says it already, in these words."""
    words = said.words.casefold()
    if said.kind in OBJECTED:
        return any(
            words == str(each["objection"] if isinstance(each, Mapping) else each).casefold()
            for each in facts.get("objections", [])
        )
    return has_place(said) and words in str(facts.get(TEXTS[said.kind]) or "").casefold()


def source_of(said: Said) -> str:
    """By how many it was said, and until when."""
    leads = f"{said.count} lead{'' if said.count == 1 else 's'}"
    until = f" until {said.newest.at:%-d %b %Y}" if said.newest else ""
    return f"heard from {leads}{until}"


def _with_objection(objections: list[Any], said: Said) -> list[Any]:
    if len(objections) >= MOST_ROWS:
        raise Refused(f"There are {len(objections)} objections already; drop one first.")
    return [*objections, {"objection": said.words, "answer": "", "heard": source_of(said)}]


def _with_line(name: str, text: str, said: Said) -> str:
    between = "; " if name == "channels" else "\n"
    made = f"{text.rstrip()}{between if text.strip() else ''}{said.words} ({source_of(said)})"
    field = PersonaForm.base_fields[name]
    most = int(getattr(field, "max_length", 0))
    if len(made) > most:
        raise Refused(
            f"“{field.label}” holds {most} letters and would have {len(made)}; shorten it first."
        )
    return made
