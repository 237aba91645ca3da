"""Meet a lead: plan and invite, move, cancel, keep, and say how it went.

Each word to the lead's calendar is an e-mail like any other (leads.mail.writing): the uid stays,
the sequence counts up. What has not gone out yet is taken back by what comes after it.
"""

import secrets
import uuid
from datetime import datetime, timedelta
from typing import Any

from django.conf import settings
from django.db import IntegrityError, transaction
from django.urls import reverse

from accounts.models import BookingPage, User
from accounts.refusals import Conflict, Refused
from leads.activities import as_it_is_now, log_touch
from leads.mail.invitations import CANCEL, REQUEST, calendar, when_for
from leads.mail.writing import hindrance, put_in_post
from leads.models import Activity, Enrolment, Kind, Lead, Meeting, SentMail
from leads.sequences import running as sequences

FARTHEST = timedelta(days=730)
State = Meeting.State


def invite(
    lead: Lead, *, by: User, once: uuid.UUID, at: datetime, consent: str = "", **facts: Any
) -> tuple[Meeting, bool]:
    """Plan a meeting and invite to it; returns it, and whether this call did it.

    `facts`: title, starts_at, minutes, place, words. Raises Refused by field for a start that lies
    behind or too far ahead, and where a lead can't be written to.
    """
    known = Meeting.objects.filter(once=once, by=by).first()
    if known is not None:
        return known, False
    _check(facts["starts_at"], at=at)
    try:
        with transaction.atomic():
            _one_at_a_time(by.pk)
            now, handoff = as_it_is_now(lead)
            now.refresh_from_db()
            meeting = Meeting.objects.create(
                uid=f"{uuid.uuid4()}@{settings.MAIL_DOMAIN}", once=once, lead=now, handoff=handoff,
                by=by, changed_at=at, **facts,
            )  # fmt: skip
            sequences.stop([now.pk], Enrolment.Why.MEETING, at=at)
            by_guest = meeting.guest_secret is not None
            _tell(meeting, "Invitation", REQUEST, at=at, consent=consent, by_guest=by_guest)
    except IntegrityError as error:
        if "once" not in str(error):
            raise
        return Meeting.objects.get(once=once), False
    return meeting, True


def move(meeting: Meeting, *, by: User | None, at: datetime, **facts: Any) -> bool:
    """Change when, where or what; returns whether anything was different. `by` nobody: its guest.

    Raises Refused for a start that can't be, Conflict when it is not planned any more.
    """
    with transaction.atomic():
        _one_at_a_time(meeting.by_id)
        now = _planned(meeting)
        if all(getattr(now, name) == value for name, value in facts.items()):
            return False
        _check(facts.get("starts_at", now.starts_at), at=at)
        if (facts["starts_at"], facts["minutes"]) != (now.starts_at, now.minutes):
            now.answer, now.answered_at = "", None  # they said yes to another time
        for name, value in facts.items():
            setattr(now, name, value)
        _next(now, at=at)
        _tell(now, "Changed", REQUEST, at=at, by_guest=by is None)
    return True


def cancel(meeting: Meeting, *, by: User | None, at: datetime) -> bool:
    """Call it off; `by` nobody: its guest. They are told, but for an invitation that has not gone
    out yet; returns False where they know of it and can't be written to any more."""
    with transaction.atomic():
        now = _planned(meeting)
        now.state = State.CANCELLED
        _next(now, at=at)
        told = SentMail.objects.filter(meeting=now, cancelled_at=None).exclude(attempts=0)
        knows = told.exists()
        against = hindrance(now.lead)
        booked = now.guest_secret is not None
        reached = not knows or against is None or (booked and against.wants_consent)
        if knows and reached:
            _tell(now, "Cancelled", CANCEL, at=at, by_guest=by is None)
        else:
            _take_back(now, at=at)
    return reached


def keep(meeting: Meeting, *, at: datetime) -> None:
    """Undo a cancelling that nobody was told of yet. Raises Conflict when they were."""
    with transaction.atomic():
        now = _locked(meeting)
        mails = SentMail.objects.filter(meeting=now, method=CANCEL)
        if now.state != State.CANCELLED or mails.exclude(attempts=0).exists():
            raise Conflict(f"“{now.title}” is called off already.", code="told")
        if now.starts_at <= at:
            raise Conflict(f"“{now.title}” would have been by now; plan another.", code="late")
        invited = SentMail.objects.filter(meeting=now).exclude(attempts=0).exists()
        _take_back(now, at=at)
        now.state = State.PLANNED
        _next(now, at=at)
        if not invited:
            _tell(now, "Invitation", REQUEST, at=at)


def end(meeting: Meeting, outcome: str, *, by: User, at: datetime) -> Activity:
    """Say how it went; returns that, a touch at its time. Raises Conflict when it is not begun, or
    told."""
    if outcome not in (State.HELD, State.NO_SHOW):
        raise Refused(f"“{outcome}” is no outcome of a meeting; use held or no_show.")
    with transaction.atomic():
        now = _planned(meeting)
        if now.starts_at > at:
            raise Conflict(f"“{now.title}” has not begun yet.", code="not_begun")
        now.state = outcome
        now.save(update_fields=["state"])
        return log_touch(
            now.lead, Kind.MEETING, by=by, at=at, outcome=outcome, note=now.title,
            occurred_at=now.starts_at,
        )  # fmt: skip


def _check(starts_at: datetime, *, at: datetime) -> None:
    said = ""
    if starts_at <= at:
        said = "This start lies behind us; choose a later one."
    elif starts_at > at + FARTHEST:
        said = "This is more than two years ahead; choose an earlier day."
    if said:
        raise Refused(said, fields={"starts_at": said})


def _locked(meeting: Meeting) -> Meeting:
    """It as it stands now; its lead first, as whoever takes in an answer locks them."""
    as_it_is_now(meeting.lead)
    return Meeting.objects.select_for_update(of=("self",)).get(pk=meeting.pk)


def _planned(meeting: Meeting) -> Meeting:
    now = _locked(meeting)
    if now.state != State.PLANNED:
        raise Conflict(f"“{now.title}” is {now.get_state_display().lower()} already.", code="over")
    return now


def _next(meeting: Meeting, *, at: datetime) -> None:
    """The next word about it; calendars believe the highest sequence."""
    meeting.sequence += 1
    meeting.changed_at = at
    meeting.save()


def _take_back(meeting: Meeting, *, at: datetime) -> None:
    SentMail.objects.under_way().filter(meeting=meeting, attempts=0).update(cancelled_at=at)


def _tell(
    meeting: Meeting,
    what: str,
    method: str,
    *,
    at: datetime,
    consent: str = "",
    by_guest: bool = False,
) -> None:
    _take_back(meeting, at=at)
    booked = meeting.guest_secret is not None
    against = hindrance(meeting.lead) if booked else None
    if against is not None and not against.wants_consent:
        return  # they booked all the same, and have the page with its link
    place = f"\nWhere: {meeting.place}" if meeting.place else ""
    # What a stranger typed goes to no address that they typed, before one of us has written.
    ours = not by_guest or meeting.mails.filter(automatic=False).exists()
    words = f"\n\n{meeting.words}" if meeting.words and ours else ""
    called_off = "This meeting will not take place.\n\n" if method == CANCEL else ""
    theirs = f"\n\nAnother time, or not at all: {guest_link(meeting)}" if booked else ""
    body = (
        f"{called_off}{meeting.title}\nWhen: {when_for(meeting)}{place}{words}{theirs}"
        f"\n\n{meeting.by}"
    )
    put_in_post(
        meeting.lead, meeting.handoff, by=meeting.by, subject=f"{what}: {meeting.title}", body=body,
        once=uuid.uuid4(), at=at, consent=consent, asked_for=booked, meeting=meeting, method=method,
        calendar=calendar(meeting, method, at=at, with_words=ours), automatic=by_guest,
    )  # fmt: skip


def _one_at_a_time(person: int) -> None:
    """Whoever books a time of this person's waits, and then sees what is planned here."""
    list(BookingPage.objects.select_for_update().filter(user=person))


def new_secret() -> str:
    """What the link of a guest's meeting has."""
    return secrets.token_urlsafe(24)


def guest_link(meeting: Meeting) -> str:
    """The guest's own address of their meeting."""
    return f"{settings.SITE_URL}{reverse('booked', args=[meeting.guest_secret])}"
