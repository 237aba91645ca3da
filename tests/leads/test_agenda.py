"""Tasks and the agenda: what one has to do, in one list, and in one's own calendar."""

import uuid
from datetime import date, timedelta

import pytest
from django.contrib.auth.hashers import make_password
from django.test import Client
from django.urls import reverse
from icalendar import Calendar

from accounts.instants import database_now
from accounts.models import AuditEntry, CalendarFeed
from accounts.refusals import Refused
from leads.agenda import agenda, by_day
from leads.forms_tasks import next_morning
from leads.models import Deal, Meeting, Task
from leads.qualification import reassign
from tests.factories import NEW_YORK, PASSWORD, ny

AT = ny("2027-01-14 10:00")  # a Thursday
WEEK = timedelta(days=7)


def signed_in(user) -> Client:
    client = Client()
    client.force_login(user)
    return client


def kept(lead, by, words="Call back", due="2027-01-15 09:00", *, with_the_lead=True):
    return Task.objects.plan(lead, words, ny(due), by=by, at=AT, with_the_lead=with_the_lead)


def lines(user, *, at=AT):
    return [(entry.kind, entry.words) for entry in agenda(user, start=at - WEEK, until=at + WEEK)]


@pytest.fixture
def lead(cast):
    """Sam's, accepted, with its clocks running."""
    found = cast.hot_lead(at=AT)
    found.handoffs.get().accept(cast.sam, at=AT)
    return found


def test_a_full_day_of_the_month_unfolds(cast, lead):
    for number in range(7):
        kept(lead, cast.sam, f"Call {number}", "2027-02-15 09:00")
    page = signed_in(cast.sam).get("/agenda/2027-02/").content.decode()
    assert "and 2 more" in page
    assert [page.count(f" Call {number}: ") for number in range(7)] == [1] * 7


def test_deadlines_tasks_meetings_and_deals_stand_in_one_list(cast, lead):
    kept(lead, cast.sam)
    Meeting.objects.create(
        uid="m1@x", once=uuid.uuid4(), lead=lead, by=cast.sam, title="Demonstration",
        starts_at=ny("2027-01-14 15:00"), minutes=30, changed_at=AT,
    )  # fmt: skip
    Deal.objects.create(
        lead=lead, name="Six tubs", owner=cast.sam, opened_at=AT, expected_on=date(2027, 1, 18)
    )
    assert lines(cast.sam) == [
        ("deadline", "First touch"), ("meeting", "Demonstration"), ("task", "Call back"),
        ("deal", "Close the deal: Six tubs"),
    ]  # fmt: skip
    assert lines(cast.sue) == []
    days = by_day(
        agenda(cast.sam, start=AT - WEEK, until=AT + WEEK), at=ny("2027-01-14 12:00"), zone=NEW_YORK
    )
    assert [(day.name, len(day.entries)) for day in days] == [
        ("Late", 1), ("Today", 1), ("Tomorrow", 1), ("Monday 18 January", 1)
    ]  # fmt: skip


def test_a_task_goes_with_the_lead_or_stays_with_who_made_it(cast, lead):
    kept(lead, cast.sam, "Send the offer")
    kept(lead, cast.dana, "Ask how it went", with_the_lead=False)
    reassign(lead.handoffs.get(), cast.sue, by=cast.dana, at=AT, reason="Sam is full")
    assert ("task", "Send the offer") not in lines(cast.sam)
    assert ("task", "Send the offer") in lines(cast.sue)
    assert lines(cast.dana) == [("task", "Ask how it went")]


def test_what_is_over_cannot_be_planned_and_what_is_done_is_gone(cast, lead):
    with pytest.raises(Refused, match="choose a later time"):
        kept(lead, cast.sam, due="2027-01-14 10:00")
    task = kept(lead, cast.sam)
    task.finish(by=cast.sam, at=AT)
    task.finish(by=cast.dana, at=AT + WEEK)
    task.refresh_from_db()
    assert (task.done_at, task.done_by) == (AT, cast.sam)
    assert ("task", "Call back") not in lines(cast.sam)
    task.reopen()
    assert ("task", "Call back") in lines(cast.sam)


def test_marketing_owes_answers_to_what_came_back(cast):
    handoff = cast.hot_lead(at=AT).handoffs.get()
    handoff.reject(cast.sam, reason="not_ready", at=AT)
    ((kind, words),) = lines(cast.maya)
    assert (kind, words) == ("deadline", "Answer return")
    assert lines(cast.sam) == []


@pytest.mark.parametrize(
    ("at", "morning"),
    [("2027-01-14 23:30", "2027-01-15 09:00"), ("2027-01-15 10:00", "2027-01-18 09:00"),
     ("2027-03-13 10:00", "2027-03-15 09:00")],
)  # fmt: skip
def test_the_next_morning_is_a_weekdays_by_ones_own_clock(at, morning):
    assert next_morning(ny(at), NEW_YORK) == ny(morning)


def test_a_task_is_kept_and_done_from_the_page(cast):
    lead = cast.hot_lead(at=database_now())
    lead.handoffs.get().accept(cast.sam, at=database_now())
    sam, url = signed_in(cast.sam), reverse("lead-task", args=[lead.pk])
    answer = sam.post(url, {"words": "Send prices", "due_at": "soon"})
    assert answer.status_code == 422
    assert "Write it as 2027-01-31T09:30." in answer.text
    assert "Send prices" in answer.text
    answer = sam.post(url, {"words": "Send prices", "due_at": "2020-01-31T09:30"})
    assert answer.status_code == 422
    assert "That is over; choose a later time." in answer.text
    # It was kept, and nobody could open the lead's page any more.
    answer = sam.post(url, {"words": "Send prices", "due_at": "9999-12-31T23:59"})
    assert answer.status_code == 422
    assert "more than ten years ahead" in answer.text
    due = database_now().astimezone(NEW_YORK) + timedelta(days=1)
    sam.post(url, {"words": "<b>Send</b> prices", "due_at": f"{due:%Y-%m-%dT%H:%M}"})
    task = Task.objects.get()
    assert (task.owner, task.due_at.astimezone(NEW_YORK).date()) == (cast.sam, due.date())
    page = sam.get(reverse("agenda")).text
    assert "&lt;b&gt;Send&lt;/b&gt; prices" in page
    month = due.strftime("%Y-%m")
    assert "&lt;b&gt;Send&lt;/b&gt;" in sam.get(reverse("agenda-month", args=[month])).text
    # Somebody else's is no concern of theirs.
    assert signed_in(cast.maya).post(reverse("task-done", args=[task.pk])).status_code == 403
    answer = sam.post(reverse("task-done", args=[task.pk]), {"back": reverse("agenda")})
    assert answer.headers["Location"] == reverse("agenda")
    assert "&lt;b&gt;Send&lt;/b&gt; prices</a>" not in sam.get(reverse("agenda")).text
    sam.post(reverse("task-reopen", args=[task.pk]))
    assert Task.objects.open().count() == 1


@pytest.mark.parametrize("month", ["2027-13", "27-1", "0001-01", "9999-12", "soon"])
def test_a_month_there_is_not_is_not_found(cast, month):
    assert signed_in(cast.sam).get(f"/agenda/{month}/").status_code == 404


def test_the_link_shows_the_agenda_to_a_calendar_until_it_is_ended(cast):
    at = database_now()
    lead = cast.hot_lead(at=at, last_name="Lee, of Spa;Hotel")
    lead.handoffs.get().accept(cast.sam, at=at)
    Task.objects.plan(
        lead, "Send prices", at + timedelta(days=1), by=cast.sam, at=at, with_the_lead=True
    )
    sam, stranger = signed_in(cast.sam), Client()
    page = sam.post(reverse("agenda-feed"))
    assert page["Cache-Control"] == "no-store"
    secret = page.context["feed_url"].rpartition("/")[2].removesuffix(".ics")
    assert secret not in sam.get(reverse("agenda")).text
    assert secret not in CalendarFeed.objects.get().hash

    answer = stranger.get(reverse("calendar-feed", args=[secret]))
    assert answer["Content-Type"] == "text/calendar; charset=utf-8"
    events = Calendar.from_ical(answer.content).walk("VEVENT")
    assert {str(event["summary"]) for event in events} == {
        "First touch: Pat Lee, of Spa;Hotel", "Send prices: Pat Lee, of Spa;Hotel"
    }  # fmt: skip
    (task,) = (event for event in events if "prices" in event["summary"])
    assert task["dtstart"].dt == (at + timedelta(days=1)).replace(microsecond=0)
    again = Calendar.from_ical(stranger.get(reverse("calendar-feed", args=[secret])).content)
    assert {str(each["uid"]) for each in again.walk("VEVENT")} == {str(e["uid"]) for e in events}
    assert CalendarFeed.objects.get().read_at is not None

    other = sam.post(reverse("agenda-feed")).context["feed_url"].rpartition("/")[2][:-4]
    assert stranger.get(reverse("calendar-feed", args=[secret])).status_code == 404
    assert stranger.get(reverse("calendar-feed", args=[other])).status_code == 200
    sam.post(reverse("agenda-feed"), {"end": "1"})
    assert stranger.get(reverse("calendar-feed", args=[other])).status_code == 404
    assert AuditEntry.objects.filter(verb="calendar_link_made").count() == 2


def test_a_changed_password_ends_the_link_and_a_stronger_hash_does_not(cast):
    secret, sam = CalendarFeed.objects.issue(cast.sam, at=AT), signed_in(cast.sam)
    cast.sam.name = "Sam C."
    cast.sam.save()
    cast.sam.password = make_password(PASSWORD, salt="a")
    cast.sam.save(update_fields=["password"])
    assert cast.sam.check_password(PASSWORD)  # and, with it, hashed anew
    assert Client().get(reverse("calendar-feed", args=[secret])).status_code == 200
    words = "another-word-of-mine"
    sam.force_login(cast.sam)
    sent = {"oldpassword": PASSWORD, "password1": words, "password2": words}
    assert sam.post(reverse("account_change_password"), sent).status_code == 302
    assert Client().get(reverse("calendar-feed", args=[secret])).status_code == 404


def test_who_has_left_shows_nothing(cast):
    secret = CalendarFeed.objects.issue(cast.sam, at=AT)
    cast.sam.is_active = False
    cast.sam.save()
    assert Client().get(reverse("calendar-feed", args=[secret])).status_code == 404
