"""A person's agenda as a calendar file (RFC 5545), for the calendar app of their own."""

from datetime import datetime, timedelta
from zoneinfo import ZoneInfo

from django.conf import settings
from icalendar import Calendar, Event

from accounts.models import User
from leads.agenda import Entry, agenda

BACK, AHEAD = timedelta(days=30), timedelta(days=120)
EVERY = timedelta(minutes=15)
# What has no length of its own is drawn as long as a calendar can show.
DRAWN = timedelta(minutes=15)


def calendar_of(user: User, *, at: datetime) -> bytes:
    """What is due from a month ago to four months ahead; apps ask again by themselves."""
    file = Calendar()
    file.add("prodid", "-//leadflow//EN")
    file.add("version", "2.0")
    file.add("method", "PUBLISH")
    file.add("x-wr-calname", "leadflow")
    file.add("refresh-interval", EVERY, parameters={"VALUE": "DURATION"})
    file.add("x-published-ttl", "PT15M")
    zone = ZoneInfo(user.time_zone)
    for entry in agenda(user, start=at - BACK, until=at + AHEAD):
        file.add_component(_event(entry, zone, at=at))
    return bytes(file.to_ical())


def _event(entry: Entry, zone: ZoneInfo, *, at: datetime) -> Event:
    event = Event()
    event.add("uid", entry.uid if "@" in entry.uid else f"{entry.uid}@{settings.MAIL_DOMAIN}")
    event.add("dtstamp", at)
    name = entry.lead.name
    event.add("summary", entry.words if name in entry.words else f"{entry.words}: {name}")
    if entry.url:
        event.add("url", f"{settings.SITE_URL}{entry.url}")
    if entry.all_day:
        event.add("dtstart", entry.at.astimezone(zone).date())
        event.add("dtend", entry.until.astimezone(zone).date())
        event.add("transp", "TRANSPARENT")
        return event
    event.add("dtstart", entry.at)
    event.add("dtend", entry.until if entry.until > entry.at else entry.at + DRAWN)
    if entry.kind != "meeting":
        event.add("transp", "TRANSPARENT")  # a deadline keeps nobody busy
    return event
