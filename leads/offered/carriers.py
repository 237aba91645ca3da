"""What still carries a name, a price or a claim that a change takes away: where, and how many."""

from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass, field
from functools import reduce
from operator import or_
from time import monotonic
from typing import Any

from django.db.models import Exists, OuterRef, Q, QuerySet, TextField
from django.db.models.functions import Cast
from django.urls import reverse

from accounts.models import User
from accounts.words import money_words
from leads.lists.patience import LONGEST, TooSlow, within
from leads.models import Activity, Campaign, CaptureForm, Deal, Handoff, Lead, MailTemplate
from personas.models import Definition, Offer, OfferChange, Persona
from personas.retired import spoken

# Milliseconds for all kinds together.
PATIENCE = 6000
# Of each kind.
MOST = 25
# Of each kind so many rows with the letters in them are read for whole words, the newest first.
READ = 1000
PERSONA_WORDS = ("description", "motives", "influences", "pains", "goals", "channels")
FORM_WORDS = ("name", "headline", "intro", "button", "thanks", "consent_text")


@dataclass(frozen=True, slots=True)
class Carrier:
    """One thing that says it: its name, what is said beside it, and where it is mended."""

    title: str
    beside: str
    url: str


@dataclass(slots=True)
class Group:
    """The carriers of one kind."""

    title: str
    found: list[Carrier] = field(default_factory=list)
    # There are more than are named, or may be: not all were read.
    more: bool = False
    # Looking took too long, so nothing is known.
    unknown: bool = False


@dataclass(frozen=True, slots=True)
class Asked:
    """The words that go, by whom they are asked for, and the names that stay in use."""

    words: tuple[str, ...]
    in_use: tuple[str, ...]
    by: User
    # Of a price: deals of this offer carry it, whatever they are called.
    offer: Offer | None = None

    def anywhere(self, *fields: str) -> Q:
        """Rows that may say it: letters in a row, whatever stands around them."""
        return reduce(or_, (Q(**{f"{f}__icontains": w}) for f in fields for w in self.words))

    def say(self, *texts: str) -> bool:
        """Whether they do, in whole words."""
        gone = {" ".join(words.casefold().split()) for words in self.words}
        return any(gone & set(spoken(text, self.words, self.in_use)) for text in texts)


def carriers(change: OfferChange, *, by: User) -> list[Group]:
    """Everything this person may see that says what the change takes away, kind by kind."""
    words = change.retired_words
    asked = Asked(tuple(words), (change.after.get("name", change.offer.name),), by)
    kinds = KINDS if words else ()
    until = monotonic() + PATIENCE / 1000
    groups = [_quoted(change, by, until) if change.repriced else _named(asked, until)]
    groups += [_group(title, look, asked, until) for title, look in kinds]
    return [group for group in groups if group.found or group.unknown or group.more]


def _group(
    title: str, look: Callable[[Asked], Iterable[Carrier]], asked: Asked, until: float
) -> Group:
    group, left = Group(title), int((until - monotonic()) * 1000)
    if left <= 0:
        group.unknown = True
        return group
    try:
        with within(min(left, LONGEST)):
            for carrier in look(asked):
                if len(group.found) == MOST:
                    group.more = True
                    break
                group.found.append(carrier)
    except TooSlow:
        group.unknown = True
    except _Unread:
        group.more = True
    return group


class _Unread(Exception):
    """There are rows that were not read."""


def _newest(rows: QuerySet[Any]) -> Iterator[Any]:
    found = list(rows[: READ + 1])
    yield from found[:READ]
    if len(found) > READ:
        raise _Unread


def _quoted(change: OfferChange, by: User, until: float) -> Group:
    """Open deals of the offer, by any of its names: the customer may have heard the old price."""
    names = {change.offer.name, *change.offer.former_names, *change.retired_words}
    names.add(change.after.get("name", change.offer.name))
    asked = Asked(tuple(sorted(names)), (), by, change.offer)
    return _group("Open deals, quoted before", _deals, asked, until)


def _named(asked: Asked, until: float) -> Group:
    return _group("Open deals", _deals, asked, until) if asked.words else Group("Open deals")


def _deals(asked: Asked) -> Iterator[Carrier]:
    which = asked.anywhere("name")
    if asked.offer is not None:
        which |= Q(offer=asked.offer)
    deals = Deal.objects.visible_to(asked.by).open().filter(which)
    deals = deals.with_rights(asked.by).select_related("lead", "owner")
    for deal in _newest(deals.order_by("-opened_at")):
        of_offer = asked.offer is not None and deal.offer_id == asked.offer.pk
        if of_offer or asked.say(deal.name):
            whose = deal.lead.name if deal.may_see else deal.lead.company  # type: ignore[attr-defined]
            beside = f"{whose}, {money_words(deal.amount, deal.currency)}, {deal.owner}"
            yield Carrier(deal.name, beside, deal.get_absolute_url())


def _leads(asked: Asked) -> Iterator[Carrier]:
    """Leads with sales whose form, notes or mails say it."""
    ours = Lead.objects.visible_to(asked.by).filter(
        Exists(Handoff.objects.open().filter(lead=OuterRef("pk")))
        | Exists(Deal.objects.open().filter(lead=OuterRef("pk")))
    )
    ours = ours.annotate(told=Cast("extra", TextField()))
    notes = Activity.objects.filter(asked.anywhere("note"), lead__in=ours.values("pk"))
    noted = {
        note.lead_id: note.note
        for note in notes.only("lead", "note").order_by("-pk")[: 10 * MOST]
        if asked.say(note.note)
    }
    rows = ours.filter(asked.anywhere("told") | Q(pk__in=list(noted)))
    for lead in _newest(rows.select_related("owner").order_by("-updated_at", "-pk")):
        texts = [str(value) for value in lead.extra.values()]
        if lead.pk in noted or asked.say(*texts):
            where = "in a note or message" if lead.pk in noted else "in what they told us"
            yield Carrier(
                lead.name, f"{where}, {lead.owner or 'nobody’s'}", lead.get_absolute_url()
            )


def _campaigns(asked: Asked) -> Iterator[Carrier]:
    found = Campaign.objects.visible_to(asked.by).filter(asked.anywhere("name"))
    for campaign in _newest(found.order_by("-pk")):
        if asked.say(campaign.name):
            url = reverse("campaign", args=[campaign.slug])
            yield Carrier(campaign.name, campaign.get_channel_display(), url)


def _forms(asked: Asked) -> Iterator[Carrier]:
    for form in CaptureForm.objects.filter(asked.anywhere(*FORM_WORDS)).order_by("name"):
        if asked.say(*(getattr(form, name) for name in FORM_WORDS)):
            beside = "on the website" if form.is_active else "switched off"
            yield Carrier(form.name, beside, reverse("form", args=[form.slug]))


def _templates(asked: Asked) -> Iterator[Carrier]:
    """Everybody's, by name; their words are for whom they are shared with."""
    found = MailTemplate.objects.filter(asked.anywhere("subject", "body"), removed_at=None)
    mine = set(MailTemplate.objects.visible_to(asked.by).values_list("pk", flat=True))
    for template in _newest(found.select_related("by", "team")):
        if asked.say(template.subject, template.body):
            url = template.get_absolute_url() if template.pk in mine else ""
            yield Carrier(template.name, f"{template.by}’s, {template.team or 'their own'}", url)


def _agreed(asked: Asked) -> Iterator[Carrier]:
    """What both teams wrote down: personas and definitions."""
    for persona in Persona.objects.in_use():
        objections: Any = persona.objections
        answers = [
            " · ".join(map(str, o.values())) if isinstance(o, dict) else str(o) for o in objections
        ]
        if asked.say(*(getattr(persona, name) for name in PERSONA_WORDS), *answers):
            yield Carrier(persona.name, "Persona", reverse("persona", args=[persona.slug]))
    newest = Definition.objects.order_by("key", "-version").distinct("key")
    for definition in newest:
        if asked.say(definition.name, definition.words):
            url = reverse("definition", args=[definition.key])
            yield Carrier(definition.name, "Definition", url)


KINDS = (
    ("Leads with sales", _leads),
    ("Campaigns", _campaigns),
    ("Forms", _forms),
    ("E-mail templates", _templates),
    ("Personas and definitions", _agreed),
)
