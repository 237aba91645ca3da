"""What a calendar reads: invitations, changes and cancellations as iCalendar (RFC 5545, 5546)."""

from datetime import datetime, timedelta
from email.utils import parseaddr
from zoneinfo import ZoneInfo

from django.conf import settings
from icalendar import Calendar, Event, vCalAddress, vText

from leads.models import Meeting

REQUEST, CANCEL, PUBLISH = "REQUEST", "CANCEL", "PUBLISH"
ANSWERS = {
    "ACCEPTED": Meeting.Answer.ACCEPTED,
    "TENTATIVE": Meeting.Answer.TENTATIVE,
    "DECLINED": Meeting.Answer.DECLINED,
}


def calendar(meeting: Meeting, method: str, *, at: datetime, with_words: bool = True) -> str:
    """One meeting as a calendar file; instants in UTC, so that no rules of a zone travel along."""
    event = Event()
    event.add("uid", meeting.uid)
    event.add("sequence", meeting.sequence)
    event.add("dtstamp", at)
    event.add("dtstart", meeting.starts_at)
    event.add("dtend", meeting.ends_at)
    event.add("summary", meeting.title)
    event.add("status", "CANCELLED" if method == CANCEL else "CONFIRMED")
    if meeting.place:
        event.add("location", meeting.place)
        if meeting.place.startswith(("https://", "http://")) and len(meeting.place.split()) == 1:
            event.add("url", meeting.place)
    if meeting.words and with_words:
        event.add("description", meeting.words)
    organiser = vCalAddress(f"mailto:{organiser_of(meeting)}")
    organiser.params["CN"] = vText(meeting.by.name or meeting.by.email)
    event.add("organizer", organiser)
    if method != PUBLISH and meeting.lead.email:
        guest = vCalAddress(f"mailto:{meeting.lead.email}")
        guest.params["CN"] = vText(meeting.lead.name)
        guest.params["ROLE"], guest.params["RSVP"] = vText("REQ-PARTICIPANT"), vText("TRUE")
        booked = meeting.guest_secret is not None
        guest.params["PARTSTAT"] = vText("ACCEPTED" if booked else "NEEDS-ACTION")
        event.add("attendee", guest)
        if booked and organiser_of(meeting) != meeting.by.email:
            host = vCalAddress(f"mailto:{meeting.by.email}")
            host.params["CN"] = vText(meeting.by.name or meeting.by.email)
            host.params["PARTSTAT"] = vText("ACCEPTED")
            event.add("attendee", host)
    file = Calendar()
    file.add("prodid", "-//leadflow//EN")
    file.add("version", "2.0")
    file.add("method", method)
    file.add_component(event)
    return str(file.to_ical().decode())


def organiser_of(meeting: Meeting) -> str:
    """Whom a calendar answers: the mailbox that leadflow reads, or else whoever invited."""
    if settings.REPLY_ADDRESS:
        return parseaddr(settings.DEFAULT_FROM_EMAIL)[1]
    return meeting.by.email


def when(meeting: Meeting) -> str:
    """Day, hours and zone as the inviting person's clock shows them."""
    return _by_clock(meeting, meeting.by.time_zone)


def when_for(meeting: Meeting) -> str:
    """The same by the guest's clock, and the inviting person's hours where they differ."""
    here, there = meeting.by.time_zone, meeting.guest_zone or meeting.by.time_zone
    said = _by_clock(meeting, there)
    offsets = {meeting.starts_at.astimezone(ZoneInfo(zone)).utcoffset() for zone in (here, there)}
    if len(offsets) == 1:
        return said
    start = meeting.starts_at.astimezone(ZoneInfo(here))
    return f"{said}; for {meeting.by} it is {start:%a %H:%M} ({here.replace('_', ' ')})"


def _by_clock(meeting: Meeting, name: str) -> str:
    start = meeting.starts_at.astimezone(ZoneInfo(name))
    end = start + timedelta(minutes=meeting.minutes)
    return f"{start:%A %-d %B %Y}, {start:%H:%M}–{end:%H:%M} ({name.replace('_', ' ')}, {start:%Z})"


def answer_in(text: str) -> tuple[str, str] | None:
    """The uid and the answer that a guest's calendar sends; None when it is nothing of the kind."""
    try:
        file = Calendar.from_ical(text)
        if str(file.get("method", "")).upper() != "REPLY":
            return None
        for event in file.walk("VEVENT"):
            guests = event.get("attendee")
            for guest in guests if isinstance(guests, list) else [guests]:
                said = str(getattr(guest, "params", {}).get("PARTSTAT", "")).upper()
                if said in ANSWERS:
                    return str(event.get("uid", "")), ANSWERS[said]
    except (ValueError, AttributeError, IndexError, KeyError, TypeError):
        return None
    return None
