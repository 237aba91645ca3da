"""What people can do with a lead as buttons: name, address, key, picture."""

from dataclasses import dataclass

from django.urls import NoReverseMatch, reverse

from leads.deleting import in_rulings
from leads.models import Deal, Handoff, Lead, Return


@dataclass(frozen=True, slots=True)
class Deed:
    """One button. A `direct` one is done at once; the others ask for something first."""

    name: str
    label: str
    url: str
    picture: str
    key: str = ""
    direct: bool = False
    # Done on a page of its own.
    link: bool = False
    # Query parameters of the form it opens.
    extra: tuple[tuple[str, str], ...] = ()


def deeds(
    lead: Lead, handoff: Handoff | None, deal: Deal | None, returned: Return | None
) -> dict[str, Deed]:
    """Every deed that has an address now, by name."""
    log = _of(lead, "activity")
    found = [
        Deed("call", "Log call", log, "phone", "c", extra=(("kind", "call"),)),
        Deed("email", "E-mail", _of(lead, "mail"), "mail", "e"),
        Deed("meeting", "Meeting", _of(lead, "meeting"), "calendar-event", "m"),
        Deed("note", "Note", log, "note", "n", extra=(("kind", "note"),)),
        Deed("qualify", "Qualify", _of(lead, "qualify"), "circle-check", "q", direct=True),
        Deed("disqualify", "Disqualify", _of(lead, "disqualify"), "circle-off"),
        Deed("recycle", "Recycle", _of(lead, "recycle"), "recycle"),
        Deed("deal", "Open deal", _of(lead, "deal"), "coin", "d"),
        Deed("hand_over", "Hand over", _of(lead, "hand-off"), "send", "h"),
        Deed("take_back", "Take back", _of(lead, "take-back"), "arrow-back", direct=True),
        Deed("take_up", "Take up", _of(lead, "take-up"), "hand-grab", "a", direct=True),
        Deed("edit", "Edit details", _of(lead, "edit"), "pencil"),
    ]  # fmt: skip
    if handoff is not None:
        found += [
            Deed("accept", "Accept", _at("handoff-accept", handoff.pk), "check", "a", direct=True),
            Deed("reject", "Reject", _at("handoff-reject", handoff.pk), "arrow-back-up", "r"),
            Deed("assign", "Assign" if handoff.owner_id is None else "Reassign",
                 _at("handoff-reassign", handoff.pk), "user-share", "s"),
            Deed("feedback", "Rate the lead", _at("handoff-feedback", handoff.pk), "stars", "g"),
        ]  # fmt: skip
    if deal is not None:
        close = _at("deal-close", deal.pk)
        found += [
            Deed("won", "Won", close, "trophy", "w", extra=(("state", "won"),)),
            Deed("lost", "Lost", close, "thumb-down", "l", extra=(("state", "lost"),)),
        ]
    if returned is not None:
        answers = f"{reverse('returns')}#return-{returned.pk}"
        found.append(Deed("answer", "Answer", answers, "message-reply", "v", link=True))
        found.append(Deed("rule", "Rulings", in_rulings(lead), "gavel", "u", link=True))
    return {deed.name: deed for deed in found if deed.url}


def _of(lead: Lead, name: str) -> str:
    return _at(f"lead-{name}", lead.pk)


def _at(name: str, pk: int) -> str:
    """The address, or nothing where that page is not installed."""
    try:
        return reverse(name, args=[pk])
    except NoReverseMatch:
        return ""
