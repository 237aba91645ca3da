"""Meetings: the invitation a calendar reads, its changes, its answers, and how it went."""

import time
import uuid
from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta

import pytest
from django.db import connection, transaction
from icalendar import Calendar

from accounts.instants import database_now
from accounts.refusals import Conflict, Refused
from leads.mail import inviting, sending, writing
from leads.mail.receiving import receive
from leads.models import Activity, BadAddress, Handoff, Lead, Meeting, SentMail
from tests.factories import hours, make_cast, ny

AT = ny("2027-01-15 10:00")
SOON = writing.UNDO + timedelta(seconds=1)
START = ny("2027-01-19 14:00")
HTMX = {"HX-Request": "true"}


@pytest.fixture
def lead(cast) -> Lead:
    lead = cast.hot_lead(at=AT, consent={"text": "Yes", "time": AT}, first_name="Zoë; Ann,")
    lead.handoffs.get().accept(cast.sam, at=AT)
    return lead


def plan(cast, lead, *, at=AT, **facts) -> Meeting:
    facts = {"title": "A look at the show garden", "starts_at": START, "minutes": 45,
             "place": "https://call.example/sam", "words": "Bring swimwear.\nTea is here.",
             **facts}  # fmt: skip
    meeting, _ = inviting.invite(
        lead, by=cast.sam, at=at, once=facts.pop("once", None) or uuid.uuid4(), **facts
    )
    return meeting


def invitation(letter) -> tuple[Calendar, object]:
    """The calendar's part of a mail, as the other side's program reads it."""
    found = [p for p in letter.message().walk() if p.get_content_type() == "text/calendar"]
    inline, attached = found
    file = Calendar.from_ical(inline.get_payload(decode=True))
    assert inline.get_param("method") == str(file["METHOD"])
    assert attached.get_filename() == "invite.ics"
    (event,) = file.walk("VEVENT")
    return file, event


def test_an_invitation_goes_out_and_is_logged_as_a_touch(cast, lead, mailoutbox):
    meeting = plan(cast, lead)
    assert sending.deliver(at=AT + SOON) == 1
    (letter,) = mailoutbox
    file, event = invitation(letter)
    assert (str(file["METHOD"]), str(event["UID"]), event["SEQUENCE"]) == (
        "REQUEST", meeting.uid, 0,
    )  # fmt: skip
    assert (event["DTSTART"].dt, event["DTEND"].dt) == (START, START + timedelta(minutes=45))
    assert str(event["ORGANIZER"]) == f"mailto:{cast.sam.email}"
    assert str(event["ATTENDEE"]) == "mailto:pat@spa.example"
    assert event["ATTENDEE"].params["RSVP"] == "TRUE"
    assert str(event["DESCRIPTION"]) == "Bring swimwear.\nTea is here."
    assert str(event["URL"]) == str(event["LOCATION"]) == "https://call.example/sam"
    assert letter.subject == "Invitation: A look at the show garden"
    assert "When: Tuesday 19 January 2027, 14:00–14:45 (America/New York, EST)" in letter.body
    touch = Activity.objects.get(kind="email")
    assert (touch.occurred_at, touch.evidence) == (AT, "machine")


def test_a_change_and_a_cancelling_keep_the_uid_and_count_up(cast, lead, mailoutbox):
    meeting = plan(cast, lead)
    sending.deliver(at=AT + SOON)
    facts = {"title": meeting.title, "minutes": 45, "place": "", "words": ""}
    later = START + hours(1)
    assert inviting.move(meeting, by=cast.sam, at=AT + hours(1), starts_at=later, **facts)
    assert not inviting.move(meeting, by=cast.sam, at=AT + hours(1), starts_at=later, **facts)
    sending.deliver(at=AT + hours(1) + SOON)
    meeting.refresh_from_db()
    inviting.cancel(meeting, by=cast.sam, at=AT + hours(2))
    sending.deliver(at=AT + hours(2) + SOON)
    said = [invitation(letter) for letter in mailoutbox]
    assert [(str(f["METHOD"]), e["SEQUENCE"], str(e["STATUS"])) for f, e in said] == [
        ("REQUEST", 0, "CONFIRMED"), ("REQUEST", 1, "CONFIRMED"), ("CANCEL", 2, "CANCELLED"),
    ]  # fmt: skip
    assert {str(e["UID"]) for _, e in said} == {meeting.uid}
    assert said[1][1]["DTSTART"].dt == later
    with pytest.raises(Conflict, match="is cancelled already"):
        inviting.move(meeting, by=cast.sam, at=AT + hours(3), starts_at=START, **facts)


def test_what_has_not_gone_out_is_taken_back(cast, lead, mailoutbox):
    never = plan(cast, lead)
    inviting.cancel(never, by=cast.sam, at=AT + timedelta(seconds=5))
    told = plan(cast, lead)
    sending.deliver(at=AT + SOON)
    inviting.cancel(told, by=cast.sam, at=AT + hours(1))
    inviting.keep(told, at=AT + hours(1) + timedelta(seconds=5))
    sending.deliver(at=AT + hours(2))
    assert [letter.subject for letter in mailoutbox] == ["Invitation: A look at the show garden"]
    told.refresh_from_db()
    assert told.state == "planned"
    inviting.cancel(told, by=cast.sam, at=AT + hours(3))
    sending.deliver(at=AT + hours(4))
    with pytest.raises(Conflict, match="called off already"):
        inviting.keep(told, at=AT + hours(4))


def test_a_cancelled_invitation_that_is_kept_after_all_goes_out(cast, lead, mailoutbox):
    meeting = plan(cast, lead)
    inviting.cancel(meeting, by=cast.sam, at=AT + timedelta(seconds=5))
    inviting.keep(meeting, at=AT + timedelta(seconds=8))
    sending.deliver(at=AT + hours(1))
    assert [letter.subject for letter in mailoutbox] == ["Invitation: A look at the show garden"]


def test_the_same_form_twice_is_one_meeting(cast, lead):
    once = uuid.uuid4()
    assert plan(cast, lead, once=once) == plan(cast, lead, once=once)
    assert SentMail.objects.count() == 1


def test_an_invitation_that_was_given_up_is_put_away(cast, lead, client):
    meeting = plan(cast, lead)
    mail = SentMail.objects.get()
    client.force_login(cast.sam)
    assert client.post(f"/mails/{mail.pk}/undo/").status_code == 404
    SentMail.objects.update(dead_at=AT, attempts=10)
    assert "Put away" in client.get(f"/leads/{lead.pk}/").content.decode()
    client.post(f"/mails/{mail.pk}/undo/")
    assert "E-mail under way" not in client.get(f"/leads/{lead.pk}/").content.decode()
    assert Meeting.objects.get() == meeting


@pytest.mark.parametrize(
    ("starts_at", "says"),
    [(AT, "lies behind us"), (AT + timedelta(days=900), "more than two years ahead")],
)
def test_a_start_that_can_not_be_is_refused(cast, lead, starts_at, says):
    with pytest.raises(Refused, match=says):
        plan(cast, lead, starts_at=starts_at)
    assert Meeting.objects.count() == 0


def test_nobody_is_invited_who_may_not_be_written_to(cast, lead):
    BadAddress.note("pat@spa.example", "gone", at=AT)
    with pytest.raises(Refused, match="came back"):
        plan(cast, lead)
    assert Meeting.objects.count() == 0


def test_it_is_called_off_although_they_can_not_be_written_to_any_more(cast, lead, client):
    meeting = plan(cast, lead)
    sending.deliver(at=AT + SOON)
    BadAddress.note("pat@spa.example", "gone", at=AT)
    client.force_login(cast.sam)
    answer = client.post(f"/meetings/{meeting.pk}/cancel/", follow=True)
    assert "can&#x27;t be written to: say so another way." in answer.content.decode()
    meeting.refresh_from_db()
    assert (meeting.state, SentMail.objects.count()) == ("cancelled", 1)


REPLY = """From: Pat <pat@spa.example>
To: leadflow@localhost
Subject: {word}: A look at the show garden
Message-ID: <{status}@spa.example>
MIME-Version: 1.0
Content-Type: multipart/alternative; boundary="b"

--b
Content-Type: text/plain; charset=utf-8

{word}
--b
Content-Type: text/calendar; charset=utf-8; method=REPLY

BEGIN:VCALENDAR
PRODID:-//Test//EN
VERSION:2.0
METHOD:REPLY
BEGIN:VEVENT
UID:{uid}
DTSTAMP:20270115T160000Z
DTSTART:20270119T190000Z
ORGANIZER:mailto:leadflow@localhost
ATTENDEE;PARTSTAT={status};CN=Pat:mailto:pat@spa.example
END:VEVENT
END:VCALENDAR
--b--
"""


def test_the_answer_of_their_calendar_stands_on_the_meeting(cast, lead):
    meeting = plan(cast, lead)
    for word, status in (("Accepted", "ACCEPTED"), ("Declined", "DECLINED")):
        mail = REPLY.format(word=word, status=status, uid=meeting.uid).encode()
        assert receive(mail, arrived_at=AT, at=AT + hours(1)) == "reply"
        meeting.refresh_from_db()
        assert (meeting.answer, meeting.answered_at) == (status.lower(), AT + hours(1))
    said = [a.data["meeting"] for a in Activity.objects.filter(kind="reply").order_by("pk")]
    assert said == [f"{w}: A look at the show garden" for w in ("Accepted", "Declined")]
    # Another time is another question.
    facts = {"title": meeting.title, "minutes": 45, "place": "", "words": ""}
    inviting.move(meeting, by=cast.sam, at=AT + hours(2), starts_at=START + hours(1), **facts)
    meeting.refresh_from_db()
    assert meeting.answer == ""
    stranger = REPLY.format(word="Yes", status="ACCEPTED", uid=meeting.uid).replace("pat@", "jo@")
    stranger = stranger.replace("<ACCEPTED@", "<other@")
    assert receive(stranger.encode(), arrived_at=AT, at=AT + hours(3)) == "unknown"


@pytest.mark.django_db(transaction=True)
def test_it_is_moved_in_the_moment_their_answer_comes_in(db):
    cast = make_cast()
    lead = cast.hot_lead(at=AT, consent={"text": "Yes", "time": AT})
    meeting = plan(cast, lead)
    facts = {"title": "Later", "minutes": 45, "place": "", "words": ""}

    def move() -> bool:
        try:
            return inviting.move(meeting, by=cast.sam, at=AT, starts_at=START, **facts)
        finally:
            connection.close()

    with ThreadPoolExecutor() as other, transaction.atomic():
        # As leads.mail.receiving locks them: the lead, then the meeting.
        Handoff.objects.locked_of(lead)
        Lead.objects.select_for_update(of=("self",)).get(pk=lead.pk)
        moved = other.submit(move)
        until_somebody_waits()
        Meeting.objects.filter(pk=meeting.pk).update(answer="accepted")
    assert moved.result(timeout=10)
    meeting.refresh_from_db()
    assert (meeting.title, meeting.answer) == ("Later", "accepted")


def until_somebody_waits() -> None:
    """For a lock of ours."""
    asked = "SELECT count(*) FROM pg_locks WHERE NOT granted"
    for _ in range(200):
        with connection.cursor() as cursor:
            cursor.execute(asked)
            if cursor.fetchone()[0]:
                return
        time.sleep(0.02)
    raise AssertionError("Nobody waits.")


def test_a_broken_calendar_is_an_ordinary_reply(cast, lead):
    mail = REPLY.format(word="Yes", status="ACCEPTED", uid="x").replace("BEGIN:VEVENT", "BEGIN:X")
    assert receive(mail.encode(), arrived_at=AT, at=AT) == "reply"


def test_a_place_of_two_lines_adds_none_to_the_calendar(cast, lead, mailoutbox):
    plan(cast, lead, place="https://call.example/sam\r\nATTENDEE:mailto:jo@spa.example")
    sending.deliver(at=AT + SOON)
    _, event = invitation(mailoutbox[0])
    assert str(event["ATTENDEE"]) == "mailto:pat@spa.example"
    assert "URL" not in event


def test_how_it_went_is_a_touch_at_its_time(cast, lead):
    meeting = plan(cast, lead)
    with pytest.raises(Conflict, match="has not begun"):
        inviting.end(meeting, "held", by=cast.sam, at=AT + hours(1))
    after = START + hours(1)
    inviting.end(meeting, "held", by=cast.sam, at=after)
    touch = Activity.objects.get(kind="meeting")
    assert (touch.outcome, touch.occurred_at, touch.note) == ("held", START, meeting.title)
    with pytest.raises(Conflict, match="held already"):
        inviting.end(meeting, "no_show", by=cast.sam, at=after)
    assert Activity.objects.filter(kind="meeting").count() == 1


def test_a_meeting_is_planned_changed_and_called_off_from_the_page(cast, client):
    at = database_now()
    lead = cast.hot_lead(at=at, consent={"text": "Yes", "time": at})
    lead.handoffs.get().accept(cast.sam, at=at)
    client.force_login(cast.sam)
    page, url = f"/leads/{lead.pk}/", f"/leads/{lead.pk}/meeting/"
    day = (at + timedelta(days=30)).date()
    words = {"once": str(uuid.uuid4()), "title": "Visit", "starts_at": f"{day}T15:00",
             "minutes": "60", "back": page}  # fmt: skip
    gap = client.post(url, {**words, "starts_at": "2027-03-14T02:30"}, headers=HTMX)
    assert "The clocks are put forward" in gap.content.decode()
    last = client.post(url, {**words, "starts_at": "9999-12-31T23:59"}, headers=HTMX)
    assert "There is no year 9999" in last.content.decode()
    answer = client.post(url, words, headers=HTMX).content.decode()
    meeting = Meeting.objects.get()
    assert meeting.starts_at == ny(f"{day} 15:00")
    assert f'action="/meetings/{meeting.pk}/cancel/"' in answer
    assert "No answer yet" in answer
    file = client.get(f"/meetings/{meeting.pk}/ics/")
    assert "METHOD:PUBLISH" in file.content.decode()
    assert file["Content-Type"].startswith("text/calendar")

    form = client.get(f"/meetings/{meeting.pk}/move/", headers=HTMX).content.decode()
    assert f'value="{day}T15:00"' in form
    moved = {**words, "once": str(uuid.uuid4()), "starts_at": f"{day}T16:00"}
    client.post(f"/meetings/{meeting.pk}/move/", moved, headers=HTMX)
    meeting.refresh_from_db()
    assert (meeting.starts_at, meeting.sequence) == (ny(f"{day} 16:00"), 1)
    answer = client.post(f"/meetings/{meeting.pk}/cancel/", {"back": page}, headers=HTMX)
    assert "is called off" in answer.content.decode()
    assert "meetings-title" not in answer.content.decode()
    client.post(f"/meetings/{meeting.pk}/keep/", {"back": page})
    assert "meetings-title" in client.get(page).content.decode()
    client.force_login(cast.sue)
    assert client.get(f"/meetings/{meeting.pk}/ics/").status_code == 404
