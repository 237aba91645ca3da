"""Booking by those who mean harm: strangers learn nothing, and nobody is written to without end."""

import io
import logging
from datetime import timedelta

import pytest
from django.core import mail as post
from django.urls import reverse
from icalendar import Calendar
from structlog.stdlib import ProcessorFormatter

from accounts.instants import database_now
from accounts.models import Membership
from accounts.refusals import Conflict, Refused
from leads import touchpoints
from leads.mail import inviting, sending
from leads.mail.booking_links import link_for
from leads.models import TOUCHPOINTS, Meeting
from sla.booking import booking, slots
from sla.booking.booking import MOST_A_DAY, MOST_CHANGES
from sla.views import booking as views
from sla.views.booking_parts import stamp_of
from tests.accounts.test_own_pages import signed_in
from tests.factories import ny
from tests.sla.test_booking import AT, open_page, page, plan, sent, take, visitor  # noqa: F401


def test_a_stranger_does_not_learn_whose_a_known_address_is(cast, page, visitor):  # noqa: F811
    known = cast.capture(
        at=AT, email="pat@spa.example", first_name="Patricia", last_name="Secretive"
    )
    meeting = take(page, email="pat@spa.example", first_name="X")
    url = reverse("booked", args=[meeting.guest_secret])
    shown = "".join(visitor.get(url + more).text for more in ("", "move/", "meeting.ics"))
    assert (meeting.lead, meeting.title) == (known.lead, "Sam and X")
    assert not {"Patricia", "Secretive"} & set(shown.replace("\n", " ").split(" "))
    assert "Secretive" not in shown
    # Whoever comes by the link that we sent them is known.
    assert take(page, ny("2027-01-18 11:00"), lead=known.lead).title == "Sam and Patricia Secretive"


@pytest.mark.parametrize("stamp", ["00010101T0000Z", "99991231T2359Z"])
def test_a_time_at_the_ends_of_the_calendar_is_none(page, visitor, stamp):  # noqa: F811
    for zone in ("America/New_York", "Pacific/Auckland"):
        path = f"/book/sam-abc/{stamp}/?zone={zone}"
        assert visitor.get(path).status_code == 404
        assert visitor.post(path, sent(page, stamp)).status_code == 404
    url = reverse("booked-move", args=[take(page).guest_secret])
    assert visitor.post(url, {"time": stamp}).status_code == 404


def test_a_long_meeting_is_not_moved_into_a_short_gap(cast, page):  # noqa: F811
    lead = cast.hot_lead(at=AT, consent={"text": "Yes", "time": AT})
    page.minutes, page.buffer = 60, 0
    page.save()
    meeting = take(page)
    page.minutes = 15
    page.save()
    plan(lead, cast.sam, ny("2027-01-18 10:30"))
    with pytest.raises(Conflict, match="taken"):
        booking.move(meeting, ny("2027-01-18 10:00"), at=AT)
    assert booking.move(meeting, ny("2027-01-18 09:30"), at=AT)


def test_a_strangers_words_are_carried_to_nobody_before_one_of_us_has_written(
    cast, page  # noqa: F811
):  # fmt: skip
    meeting = take(page, email="x@else.example", first_name="Pat", message="http://spam.example")
    sending.deliver(at=AT + timedelta(minutes=1))
    booking.move(meeting, ny("2027-01-18 11:00"), at=AT + timedelta(minutes=2))
    sending.deliver(at=AT + timedelta(minutes=3))
    said = [letter.body + letter.alternatives[0][0] for letter in post.outbox]
    assert ["spam.example" in each for each in said] == [False, False]
    meeting.refresh_from_db()
    changes = {"place": "By phone", "words": "We look at http://plan.example"}
    inviting.move(meeting, by=cast.sam, at=AT + timedelta(minutes=4), starts_at=meeting.starts_at,
                  minutes=30, **changes)  # fmt: skip
    sending.deliver(at=AT + timedelta(minutes=5))
    last = post.outbox[-1]
    assert "http://plan.example" in last.body
    assert "http://plan.example" in last.alternatives[0][0].replace("\r\n ", "")


def test_a_name_advertises_nothing(page, visitor):  # noqa: F811
    stamp = stamp_of(slots.free(page, at=database_now())[0])
    for name in ("Buy: http://spam.example", "www.spam.example", "spam.example/now"):
        answer = visitor.post(f"/book/sam-abc/{stamp}/", sent(page, stamp, first_name=name))
        assert (answer.status_code, "without an address" in answer.text) == (422, True)


def test_nobodys_mailbox_is_filled_by_moving_and_booking_without_end(cast, page):  # noqa: F811
    free = slots.free(page, at=AT)
    meeting = take(page)
    for n in range(MOST_CHANGES):
        booking.move(meeting, free[n % 2 + 5], at=AT)
    with pytest.raises(Conflict, match="too often"):
        booking.move(meeting, free[9], at=AT)
    booking.cancel(meeting, at=AT)
    for _ in range(MOST_A_DAY - 1):
        booking.cancel(take(page), at=AT)
    with pytest.raises(Refused, match="often today"):
        take(page)
    assert take(page, at=AT + timedelta(hours=25), starts_at=free[-1])


def test_moves_are_counted_with_bookings(page, visitor, monkeypatch):  # noqa: F811
    url = reverse("booked-move", args=[take(page).guest_secret])
    monkeypatch.setattr(views, "BOOKINGS", 1)
    answers = [visitor.post(url, {"time": "20200101T0000Z"}) for _ in range(2)]
    assert [each.status_code for each in answers] == [409, 429]
    assert "Too many bookings" in answers[1].text


def test_a_secret_link_stands_in_no_log(page, visitor, monkeypatch):  # noqa: F811
    written, handlers = io.StringIO(), logging.getLogger().handlers
    (ours,) = (h for h in handlers if isinstance(h.formatter, ProcessorFormatter))
    monkeypatch.setattr(ours, "stream", written)
    meeting = take(page)
    url = reverse("booked", args=[meeting.guest_secret])
    assert visitor.post(f"{url}move/", {"time": "20200101T0000Z"}).status_code == 409
    assert visitor.put(url).status_code == 403
    assert written.getvalue().count("/booked/***/") == 2
    assert meeting.guest_secret not in written.getvalue()


def test_the_page_of_who_sells_no_more_is_closed(cast, page, visitor):  # noqa: F811
    stamp = stamp_of(slots.free(page, at=database_now())[0])
    meeting = take(page)
    Membership.objects.filter(user=cast.sam).delete()
    assert visitor.get("/book/sam-abc/").status_code == 404
    assert visitor.post(f"/book/sam-abc/{stamp}/", sent(page, stamp)).status_code == 404
    assert link_for(meeting.lead, cast.sam) == ""
    url = reverse("booked", args=[meeting.guest_secret])
    assert (visitor.get(url).status_code, visitor.get(f"{url}move/").status_code) == (200, 404)
    assert visitor.post(f"{url}cancel/").headers["Location"] == url
    assert Meeting.objects.get().state == "cancelled"


@pytest.mark.parametrize("name", ['Pat";X-A=b', "a;b:c,d", "Pat\u2028Lee", "a\x85b\x7f", "\\n"])
def test_what_a_name_is_made_of_breaks_neither_mail_nor_calendar(page, visitor, name):  # noqa: F811
    meeting = take(page, email="pat@spa.example", first_name=name)
    sending.deliver(at=AT + timedelta(minutes=1))
    (letter,) = post.outbox
    assert b"\nX-A" not in letter.message().as_bytes()
    (event,) = Calendar.from_ical(letter.alternatives[0][0]).walk("VEVENT")
    assert event["attendee"] == "mailto:pat@spa.example"
    assert visitor.get(reverse("booked-ics", args=[meeting.guest_secret])).status_code == 200


def test_the_pages_of_whoever_booked_can_be_read(cast, page):  # noqa: F811
    lead = take(page, email="pat@spa.example", first_name="Pat").lead
    sam = signed_in(cast.sam)
    pages = (f"/leads/{lead.pk}/", "/queue/", "/", "/agenda/")
    answers = {url: sam.get(url) for url in pages}
    assert {url: answer.status_code for url, answer in answers.items()} == dict.fromkeys(pages, 200)
    assert "1 meeting booked" in answers[f"/leads/{lead.pk}/"].text
    assert set(touchpoints.WORDS) == set(touchpoints.ORDER) == TOUCHPOINTS
