"""Take a time: `book`, `move`, `cancel`, by whoever holds the link. One wins, the other is shown
what is still free.

1. The page is locked: whoever plans a meeting of this person's waits for the other.
2. The time must be free at that moment, as the page would show it.
3. The visitor becomes a lead, or is the one we know by address or link: a touchpoint, no touch.
4. The lead is the person's, unless somebody in sales has it; the meeting is planned and both are
   written to by the one verb there is (leads.mail.inviting).
"""

from collections.abc import Mapping
from datetime import datetime, timedelta
from typing import Any
from uuid import UUID

from django.db import transaction
from django.urls import reverse

from accounts import outbox
from accounts.models import BookingPage, Team
from accounts.refusals import Conflict, Refused
from leads import asked_for
from leads.capture import capture_leads
from leads.mail import inviting
from leads.mail.invitations import when_for
from leads.models import Activity, Kind, Lead, Meeting
from sla.booking import slots

# Ahead with one person: a fourth keeps others out.
MOST_AHEAD = 3
# Each of them is a mail to an address that somebody typed: nobody's mailbox is filled from here.
MOST_A_DAY, MOST_CHANGES = 6, 12
TAKEN = "This time was taken in the meantime. Please choose another; what you typed is kept."


def book(
    page: BookingPage,
    starts_at: datetime,
    *,
    once: UUID,
    zone: str,
    facts: Mapping[str, Any],
    lead: Lead | None,
    at: datetime,
) -> tuple[Meeting, bool]:
    """Book a time; returns the meeting, and whether this call made it (`once` is the form's own).

    `facts` are what the visitor typed, by the names capture knows; with `lead` it is that one's own
    link. Raises Conflict (code `taken`) for a time that is not free, Refused by field for facts
    that can't be, or too many meetings ahead.
    """
    known = Meeting.objects.filter(once=once, by=page.user).first()
    if known is not None:
        return known, False
    with transaction.atomic():
        now = _locked(page)
        _refuse_taken(now, starts_at, at=at)
        who = _captured(now, facts, lead, at=at)
        _refuse_many(now, who, at=at)
        asked_for.give(who, now.user, why=f"They booked a meeting with {now.user}", at=at)
        who.refresh_from_db()
        meeting, new = inviting.invite(
            who, by=now.user, once=once, at=at, starts_at=starts_at, minutes=now.minutes,
            title=f"{now.user} and {_called(who, facts, lead)}"[:200], place=now.place,
            words=str(facts.get("message", ""))[:4000], guest_zone=zone,
            guest_secret=inviting.new_secret(),
        )  # fmt: skip
        if new:
            _agreed(meeting, at=at)
            _tell(meeting, f"{who.name} booked a meeting", at=at)
    return meeting, new


def move(meeting: Meeting, starts_at: datetime, *, at: datetime) -> bool:
    """Move it, by its guest. Raises Conflict for a time that is not free, or one that is over."""
    page = BookingPage.objects.of(meeting.by)
    if page is None:
        raise Conflict(f"{meeting.by} can't be booked here any more; please write to them.")
    with transaction.atomic():
        now = _locked(page)
        if Meeting.objects.filter(pk=meeting.pk, sequence__gte=MOST_CHANGES).exists():
            raise Conflict("This meeting was changed too often; please write instead.")
        _refuse_taken(now, starts_at, at=at, without=meeting)
        changed = inviting.move(
            meeting, by=None, at=at, starts_at=starts_at, minutes=meeting.minutes
        )
        if changed:
            meeting.refresh_from_db()
            _agreed(meeting, at=at)
            _tell(meeting, f"{meeting.lead.name} moved the meeting", at=at)
    return changed


def cancel(meeting: Meeting, *, at: datetime) -> None:
    """Call it off, by its guest. Raises Conflict for one that is not planned any more."""
    with transaction.atomic():
        inviting.cancel(meeting, by=None, at=at)
        _tell(meeting, f"{meeting.lead.name} called the meeting off", at=at)


def _locked(page: BookingPage) -> BookingPage:
    pages = BookingPage.objects.select_for_update(of=("self",)).select_related("user")
    now = pages.filter(pk=page.pk, is_on=True).first()
    if now is None:
        raise Conflict("This page is closed.", code="closed")
    return now


def _refuse_taken(
    page: BookingPage, starts_at: datetime, *, at: datetime, without: Meeting | None = None
) -> None:
    just = timedelta(microseconds=1)
    found = slots.free(page, at=at, start=starts_at, until=starts_at + just, without=without)
    if starts_at not in found:
        raise Conflict(TAKEN, code="taken")


def _captured(
    page: BookingPage, facts: Mapping[str, Any], lead: Lead | None, *, at: datetime
) -> Lead:
    """Whoever books, with their touchpoint: by the one way in."""
    row = {**facts, "touchpoint": Kind.BOOKED}
    if lead is not None and lead.email:
        row = {"email": lead.email, "touchpoint": Kind.BOOKED, "message": facts.get("message", "")}
    elif lead is not None:
        lead.record(Kind.BOOKED, by=None, at=at, note=str(facts.get("message", "")))
        return lead
    else:
        row["source"] = "booking link"
    team = Team.objects.get(pk=page.user.sales_teams[0])
    captured = capture_leads([row], by=page.user, team=team, at=at, hand_over=False)[0]
    if captured.lead is None:
        raise Refused(" ".join(captured.refused.values()), fields=captured.refused)
    # It was theirs to do, and not the person's whose page it is.
    signs = Activity.objects.filter(lead=captured.lead, kind=Kind.BOOKED, recorded_at=at)
    signs.update(actor=None, data={"title": f"With {page.user}"})
    return captured.lead


def _called(who: Lead, facts: Mapping[str, Any], lead: Lead | None) -> str:
    """Whom the meeting's page names: by what they typed, as anybody may type anybody's address and
    is not to learn whose it is; whoever comes by a link of their own, as we know them."""
    typed = " ".join(str(facts.get(name, "")) for name in ("first_name", "last_name"))
    return who.name if lead is not None else " ".join(typed.split()) or str(facts["email"])


def _refuse_many(page: BookingPage, lead: Lead, *, at: datetime) -> None:
    booked = Meeting.objects.filter(lead=lead, changed_at__gt=at - timedelta(days=1))
    if booked.exclude(guest_secret=None).count() >= MOST_A_DAY:
        raise Refused("This address has booked often today. Please write or call instead.")
    ahead = Meeting.objects.planned().filter(lead=lead, by=page.user, starts_at__gt=at)
    if ahead.exclude(guest_secret=None).count() >= MOST_AHEAD:
        raise Refused(
            f"You have {MOST_AHEAD} meetings with {page.user} ahead. Move one of them by the link "
            "in its e-mail."
        )


def _agreed(meeting: Meeting, *, at: datetime) -> None:
    """Who chose the time need not say yes to it."""
    meeting.answer, meeting.answered_at = Meeting.Answer.ACCEPTED, at
    meeting.save(update_fields=["answer", "answered_at"])


def _tell(meeting: Meeting, title: str, *, at: datetime) -> None:
    """The person whose time it is, and who has the lead where that is somebody else."""
    lead = meeting.lead
    words = f"{when_for(meeting)}. {meeting.words}".strip()
    if lead.owner_id not in (None, meeting.by_id):
        words += f" {lead.owner} has this lead: agree who goes on with it."
    people = sorted({meeting.by_id, lead.owner_id or meeting.by_id})
    url = {lead.owner_id: lead.get_absolute_url()}
    if Lead.objects.visible_to(meeting.by).filter(pk=lead.pk).exists():
        url[meeting.by_id] = lead.get_absolute_url()
    outbox.send([
        outbox.message(pk, "booked", title, words, url.get(pk, reverse("agenda")), at=at)
        for pk in people
    ])  # fmt: skip
