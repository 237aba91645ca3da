"""Booking a time with a rep: which are free, who wins, what becomes of whoever books."""

import re
import threading
import uuid
from datetime import timedelta
from ipaddress import IPv6Address
from urllib.parse import unquote
from zoneinfo import ZoneInfo

import pytest
from django.core import mail as post
from django.db import connection
from django.test import Client
from django.urls import reverse
from icalendar import Calendar

from accounts.instants import database_now
from accounts.models import Absence, AuditEntry, BookingPage, OutboxMessage
from accounts.refusals import Conflict, Refused
from leads import hosted, merging
from leads.agenda import agenda
from leads.feeds import calendar_of
from leads.mail import inviting, placeholders, sending
from leads.mail.booking_links import lead_by, link_for
from leads.models import Activity, Lead, Meeting, SentMail
from sla.booking import booking, slots
from sla.models import Clock
from sla.views import booking as views
from sla.views.booking_parts import instant_of, stamp_of
from tests.factories import NEW_YORK, hours, make_cast, ny

AT = ny("2027-01-15 10:10")  # a Friday
NINE = ny("2027-01-18 09:00")  # the Monday after
PAT = {"email": "Pat@Spa.example", "first_name": "Pat", "message": "A garden"}


def open_page(user, **more) -> BookingPage:
    facts = {"notice": 2, "ahead": 7, "buffer": 10, **more}
    return BookingPage.objects.create(user=user, slug="sam-abc", made_at=AT, **facts)


@pytest.fixture
def page(cast) -> BookingPage:
    return open_page(cast.sam)


def take(page, starts_at=NINE, *, at=AT, zone="Europe/Berlin", lead=None, **facts) -> Meeting:
    return booking.book(
        page, starts_at, once=uuid.uuid4(), zone=zone, facts=facts or PAT, lead=lead, at=at
    )[0]


def plan(lead, by, starts_at, minutes=30) -> Meeting:
    return inviting.invite(
        lead, by=by, once=uuid.uuid4(), at=AT, title="Talk", starts_at=starts_at, minutes=minutes,
        place="", words="",
    )[0]  # fmt: skip


def told() -> list[tuple[str, str]]:
    booked = OutboxMessage.objects.filter(kind="booked").select_related("recipient")
    return sorted((m.recipient.name, m.title) for m in booked)


def times(found) -> list[str]:
    return [f"{each.astimezone(NEW_YORK):%a %H:%M}" for each in found]


def test_free_are_working_hours_less_leave_meetings_and_what_lies_between(cast, page):
    monday = {"start": ny("2027-01-18 00:00"), "until": ny("2027-01-19 00:00")}
    # Two hours' notice today; nothing on the weekend; whole times within the hours.
    assert times(slots.free(page, at=AT, until=monday["start"]))[::9] == ["Fri 12:30"]
    assert times(slots.free(page, at=AT, **monday))[::15] == ["Mon 09:00", "Mon 16:30"]
    lead = cast.hot_lead(at=AT, consent={"text": "Yes", "time": AT})
    plan(lead, cast.sam, ny("2027-01-18 10:00"))
    Absence.objects.create(
        user=cast.sam, starts_at=ny("2027-01-18 12:00"), ends_at=ny("2027-01-19 00:00")
    )
    assert times(slots.free(page, at=AT, **monday)) == ["Mon 09:00", "Mon 11:00", "Mon 11:30"]
    page.buffer = 0
    assert times(slots.free(page, at=AT, **monday)) == [
        "Mon 09:00", "Mon 09:30", "Mon 10:30", "Mon 11:00", "Mon 11:30",
    ]  # fmt: skip
    page.minutes, page.ahead = 60, 3
    assert times(slots.free(page, at=AT, start=monday["start"])) == ["Mon 09:00"]


def test_whoever_is_new_becomes_the_reps_lead_with_a_touchpoint_and_no_touch(cast, page):
    meeting = take(page, zone="Europe/Berlin")
    lead = Lead.objects.get()
    assert (lead.email, lead.owner, lead.sourced_by) == ("pat@spa.example", cast.sam, "sales")
    sign = Activity.objects.get(kind="booked")
    assert (sign.actor, sign.note, sign.is_touchpoint, sign.is_touch) == (
        None, "A garden", True, False,
    )  # fmt: skip
    assert (meeting.by, meeting.starts_at, meeting.minutes) == (cast.sam, NINE, 30)
    assert meeting.answer == "accepted"
    assert told() == [("Sam", "Pat booked a meeting")]
    sending.deliver(at=AT + timedelta(minutes=1))
    (letter,) = post.outbox
    assert (letter.to, letter.cc) == (["pat@spa.example"], ["sam@demo.test"])
    assert "When: Monday 18 January 2027, 15:00–15:30 (Europe/Berlin, CET); for Sam it is " in (
        letter.body
    )
    assert inviting.guest_link(meeting) in letter.body
    (event,) = Calendar.from_ical(letter.alternatives[0][0]).walk("VEVENT")
    assert event["dtstart"].dt == NINE
    # What went out by itself is no touch of ours, and needs no word of consent.
    assert not Activity.objects.filter(kind__in=["email", "meeting", "call"]).exists()
    assert (lead.consent_at, SentMail.objects.get().activity) == (None, None)


def test_a_known_one_of_marketings_is_handed_to_the_rep_with_clocks_that_run_on(cast, page):
    cold = cast.capture(at=AT, email="pat@spa.example", company="Spa").lead
    take(page)
    cold.refresh_from_db()
    assert (cold.owner, cold.first_name, cold.team) == (cast.sam, "Pat", cast.marketing)
    handoff = cold.handoffs.get()
    assert handoff.override_reason == "They booked a meeting with Sam"
    assert (handoff.state, handoff.first_touch_at) == ("offered", None)
    assert {c.state for c in Clock.objects.filter(lead=cold)} == {"running"}
    assert handoff.assignments.get().how == "asked"


def test_a_lead_that_another_rep_has_stays_theirs_and_both_are_told(cast, page):
    lead = cast.hot_lead(at=AT)
    Lead.objects.filter(pk=lead.pk).update(owner=cast.sue)
    lead.handoffs.update(owner=cast.sue)
    take(page)
    lead.refresh_from_db()
    assert lead.owner == cast.sue
    assert told() == [(name, "Pat Lee booked a meeting") for name in ("Sam", "Sue")]
    # It is on the agenda of whose time it is.
    found = agenda(cast.sam, start=AT, until=AT + timedelta(days=7))
    assert [(entry.kind, entry.at) for entry in found] == [("meeting", NINE)]
    # Without a link into a page that is not there for them.
    assert found[0].url == ""
    links = OutboxMessage.objects.filter(kind="booked").values_list("recipient__name", "url")
    assert sorted(links) == [("Sam", "/agenda/"), ("Sue", lead.get_absolute_url())]


def test_a_meeting_with_a_lead_one_does_not_see_is_shown_without_a_link(cast, page):
    lead = cast.hot_lead(at=database_now())
    now = database_now()
    meeting = Meeting.objects.create(
        uid="m1@x", once=uuid.uuid4(), lead=lead, by=cast.sam, title="Sam and Pat", changed_at=now,
        starts_at=now + timedelta(hours=1), minutes=30, guest_secret="x" * 43,
    )  # fmt: skip
    month = (now + timedelta(hours=1)).astimezone(NEW_YORK).strftime("%Y-%m")
    pages = [reverse("agenda"), reverse("agenda-month", args=[month])]
    visitor = Client()
    visitor.force_login(cast.sam)
    link = f'href="{lead.get_absolute_url()}"'
    for owner, opens in (("sam", True), ("sue", False)):
        Lead.objects.filter(pk=lead.pk).update(owner=getattr(cast, owner))
        lead.handoffs.update(owner=getattr(cast, owner))
        said = [visitor.get(url).content.decode() for url in pages]
        assert [link in text for text in said] == [opens, opens]
        assert [meeting.title in text for text in said] == [True, True]
        assert ("Sue has this lead" in said[0]) == (not opens)
        assert ("URL:" in calendar_of(cast.sam, at=now).decode()) == opens


def test_two_at_once_one_wins_and_the_other_is_told_what_is_free(transactional_db):
    page = open_page(make_cast().sam)
    barrier, said = threading.Barrier(2), []

    def visit(name: str) -> None:
        barrier.wait(10)
        try:
            take(page, email=f"{name}@spa.example", first_name=name)
            said.append("booked")
        except Conflict as conflict:
            said.append(conflict.code)
        connection.close()

    threads = [threading.Thread(target=visit, args=(name,)) for name in ("Ann", "Bob")]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(30)
    assert sorted(said) == ["booked", "taken"]
    assert (Meeting.objects.count(), Lead.objects.count()) == (1, 1)


@pytest.mark.parametrize("wanted", ["2027-01-16 10:00", "2027-01-18 09:10", "2027-01-15 11:00",
                                    "2027-02-01 09:00", "2026-01-05 09:00"])  # fmt: skip
def test_what_is_not_offered_can_not_be_booked(page, wanted):
    with pytest.raises(Conflict, match="This time was taken"):
        take(page, ny(wanted))
    assert not Lead.objects.exists()


def test_nobody_fills_a_whole_week(page):
    for n in range(3):
        take(page, NINE + hours(n))
    with pytest.raises(Refused, match="You have 3 meetings with Sam ahead"):
        take(page, NINE + hours(4))
    assert Meeting.objects.count() == 3


def test_the_guest_moves_it_and_calls_it_off_by_their_link(cast, page):
    meeting = take(page)
    sending.deliver(at=AT + timedelta(minutes=1))
    with pytest.raises(Conflict, match="This time was taken"):
        booking.move(meeting, ny("2027-01-16 10:00"), at=AT)
    # Half an hour later overlaps with itself alone.
    assert booking.move(meeting, NINE + hours(0.5), at=AT) is True
    assert NINE in slots.free(page, at=AT, until=NINE + hours(1), without=meeting)
    meeting.refresh_from_db()
    sending.deliver(at=AT + timedelta(minutes=2))
    booking.cancel(meeting, at=AT)
    sending.deliver(at=AT + timedelta(minutes=3))
    subjects = [letter.subject.partition(":")[0] for letter in post.outbox]
    assert subjects == ["Invitation", "Changed", "Cancelled"]
    assert [title for _, title in told()] == [
        "Pat booked a meeting", "Pat called the meeting off", "Pat moved the meeting",
    ]  # fmt: skip
    assert not Activity.objects.filter(kind="email").exists()
    with pytest.raises(Conflict):
        booking.cancel(meeting, at=AT)


def test_a_link_of_ones_own_is_for_that_lead_and_follows_it(cast, page):
    lead, other = cast.hot_lead(at=AT), cast.capture(at=AT, email="two@spa.example").lead
    url = link_for(other, cast.sam)
    mark = url.partition("?for=")[2]
    assert lead_by(unquote(mark), page) == other
    merging.merge(lead, other, by=cast.maya, at=AT)
    assert lead_by(unquote(mark), page) == lead
    page.renew(at=AT)
    assert lead_by(unquote(mark), page) is None
    assert lead_by("x" * 5000, page) is None
    page.slug = "sam-abc"
    meeting = take(BookingPage.objects.get(), lead=lead, message="Hello")
    assert (meeting.lead, meeting.words) == (lead, "Hello")
    filled = placeholders.fill("Hi", "Book: {booking_link}", lead=lead, sender=cast.sam)[1]
    assert filled == f"Book: {link_for(lead, cast.sam)}"
    with pytest.raises(Refused, match="your booking page is not open"):
        placeholders.fill("Hi", "{booking_link}", lead=lead, sender=cast.sue)


# --- The pages ------------------------------------------------------------------------------------


@pytest.fixture
def visitor() -> Client:
    # Of an address of their own: how often one sends is counted beyond a test's end.
    return Client(enforce_csrf_checks=True, REMOTE_ADDR=str(IPv6Address(uuid.uuid4().int)))


def sent(page, stamp, **more) -> dict[str, str]:
    token = hosted.stamp(page.slug, at=database_now() - timedelta(seconds=9))
    return {"token": token, "time": stamp, **PAT, **more}


@pytest.mark.parametrize("zone", ["Europe/Berlin", "America/New_York", "Asia/Kolkata"])
def test_times_are_told_by_the_clock_that_is_named(cast, page, visitor, zone):
    free = visitor.get(f"/book/sam-abc/?zone={zone}").text
    stamp, shown = re.findall(r'href="/book/sam-abc/(\w+)/[^>]*>([\d:]+)<', free)[0]
    local = instant_of(stamp).astimezone(ZoneInfo(zone))
    assert shown == f"{local:%H:%M}"
    one = visitor.get(f"/book/sam-abc/{stamp}/?zone={zone}").text
    assert f"<h1>{local:%A} {local.day} {local:%B, %H:%M}</h1>" in one
    assert f"{zone} time" in one
    late = visitor.get(f"/book/sam-abc/20260101T0000Z/?zone={zone}").text  # no free one
    offered = re.findall(r'value="(\w+)"[^>]*><span class="form-check-label">([^<]+)<', late)[0]
    assert offered == (stamp, f"{local:%a} {local.day} {local:%b, %H:%M}")


def test_a_visitor_books_without_a_script_and_changes_it_afterwards(cast, page, visitor):
    answer = visitor.get("/book/sam-abc/?zone=Europe/Berlin")
    assert "by the clock of" in answer.text
    assert (answer["X-Robots-Tag"], answer["Referrer-Policy"]) == ("noindex", "same-origin")
    first, second = re.findall(r'href="(/book/sam-abc/\w+/)\?', answer.text)[:2]
    stamp = first.split("/")[-2]
    assert "Book it" in visitor.get(first).text
    wrong = visitor.post(first, sent(page, stamp, email="nonsense", company="Spa <b>"))
    assert wrong.status_code == 422
    assert 'value="Spa &lt;b&gt;"' in wrong.text
    facts = sent(page, stamp)
    done = [visitor.post(f"{first}?zone=Europe/Berlin", facts) for _ in range(2)]
    meeting = Meeting.objects.get()
    url = reverse("booked", args=[meeting.guest_secret])
    assert [(each.status_code, each.headers["Location"]) for each in done] == [(302, url)] * 2
    assert meeting.guest_zone == "Europe/Berlin"
    # Somebody else who still has the page is shown others, and keeps what they typed.
    late = visitor.post(first, sent(page, stamp, email="bob@spa.example", company="Bobs"))
    assert (late.status_code, "This time is taken" in late.text) == (409, True)
    assert 'value="Bobs"' in late.text
    assert stamp not in re.findall(r'name="time" value="(\w+)"', late.text)
    assert "It is booked" in visitor.get(url).text
    assert "BEGIN:VEVENT" in visitor.get(f"{url}meeting.ics").text
    moved = visitor.post(f"{url}move/", {"time": second.split("/")[-2]})
    assert moved.headers["Location"] == f"{url}?moved=1"
    assert visitor.post(f"{url}move/", {"time": "20200101T0000Z"}).status_code == 409
    assert visitor.post(f"{url}cancel/").headers["Location"] == url
    assert "Called off" in visitor.get(url).text
    assert visitor.post(f"{url}cancel/").headers["Location"] == f"{url}?late=1"


def test_a_robot_learns_nothing_and_leaves_nothing(page, visitor, monkeypatch):
    stamp = stamp_of(slots.free(page, at=database_now())[0])
    url = f"/book/sam-abc/{stamp}/"
    quick = sent(page, stamp) | {"token": hosted.stamp(page.slug, at=database_now())}
    for facts in (sent(page, stamp, homepage="x"), quick):
        answer = visitor.post(url, facts)
        assert (answer.status_code, "Thank you" in answer.text) == (200, True)
    for token in ("", "forged", hosted.stamp("another", at=database_now())):
        assert visitor.post(url, sent(page, stamp) | {"token": token}).status_code == 422
    monkeypatch.setattr(views, "BOOKINGS", 5)
    assert visitor.post(url, sent(page, stamp)).status_code == 429
    assert not Lead.objects.exists()


@pytest.mark.parametrize("path", ["/book/nobody/", "/book/sam-abc/nonsense/", "/booked/x/",
                                  "/booked/x%00/", "/book/sam-abc/99999999T9999Z/"])  # fmt: skip
def test_an_address_there_is_not_is_not_found(page, visitor, path):
    assert visitor.get(path).status_code == 404


def test_the_page_is_opened_moved_and_ended_in_the_profile(cast, visitor):
    sam, maya = Client(), Client()
    sam.force_login(cast.sam)
    maya.force_login(cast.maya)
    assert maya.get("/profile/booking/").status_code == 403
    facts = {"minutes": "45", "buffer": "0", "notice": "24", "ahead": "28"}
    assert sam.post("/profile/booking/", facts | {"minutes": "7"}).status_code == 422
    sam.post("/profile/booking/", facts)
    page = BookingPage.objects.get()
    assert (page.minutes, page.ahead, page.is_on) == (45, 28, True)
    first = f"/book/{page.slug}/"
    assert first in sam.get("/profile/booking/").text
    assert visitor.get(first).status_code == 200
    sam.post("/profile/booking/", {"renew": "1"})
    assert visitor.get(first).status_code == 404
    page.refresh_from_db()
    sam.post("/profile/booking/", {"off": "1"})
    assert visitor.get(f"/book/{page.slug}/").status_code == 404
    assert AuditEntry.objects.filter(verb__startswith="booking_page").count() == 3
