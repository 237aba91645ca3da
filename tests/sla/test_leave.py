"""A person's own hours, and leave as closed time."""

from datetime import date, timedelta

import pytest
from django.test import Client
from django.urls import reverse

from accounts.instants import database_now
from accounts.models import Absence, AuditEntry, Membership
from sla import agreement
from sla.business_time import WorkingCalendar
from sla.hours import calendars, leave
from sla.models import Calendar, CalendarVersion, PersonCalendar
from tests.factories import OFFICE_HOURS, ny

AT = ny("2027-01-15 10:00")
NINE_TO_FIVE = {day: [("09:00", "17:00")] for day in range(5)}
NEW_YORK = WorkingCalendar(tz="America/New_York", weekly=NINE_TO_FIVE)


def off(*spells, working=NEW_YORK) -> list[str]:
    days = leave.days_off(working, tuple((ny(a), ny(b)) for a, b in spells))
    return [day.isoformat() for day in days]


def away(user, start: str, end: str) -> Absence:
    return Absence.objects.create(user=user, starts_at=ny(start), ends_at=ny(end))


def due(cast, user, start: str, hours: int):
    found = agreement.hours_of_person(user.pk, cast.sales.pk)
    return found.working.add(ny(start), hours * 3600)


# --- Which days are closed -----------------------------------------------------------------------


@pytest.mark.parametrize(
    ("spells", "days"),
    [
        ([("2027-01-18 00:00", "2027-01-20 00:00")], ["2027-01-18", "2027-01-19"]),
        ([("2027-01-18 09:00", "2027-01-18 17:00")], ["2027-01-18"]),
        ([("2027-01-18 12:00", "2027-01-19 00:00")], []),  # an afternoon
        ([("2027-01-18 09:00", "2027-01-18 16:59")], []),
        ([("2027-01-18 09:00", "2027-01-18 12:00"), ("2027-01-18 12:00", "2027-01-18 17:00")],
         ["2027-01-18"]),
        ([("2027-01-18 09:00", "2027-01-18 14:00"), ("2027-01-18 12:00", "2027-01-18 17:00")],
         ["2027-01-18"]),
        ([("2027-01-16 00:00", "2027-01-18 00:00")], []),  # a weekend is closed anyway
        ([("2027-01-17 19:00", "2027-01-22 19:00")],  # Monday to Friday, entered in London
         ["2027-01-18", "2027-01-19", "2027-01-20", "2027-01-21", "2027-01-22"]),
    ],
)  # fmt: skip
def test_a_day_is_closed_when_all_its_working_time_is_leave(spells, days):
    assert off(*spells) == days


def test_a_night_belongs_to_the_day_it_starts_on():
    nights = WorkingCalendar(
        tz="America/New_York", weekly={day: [("22:00", "06:00")] for day in range(7)}
    )
    assert off(("2027-01-18 00:00", "2027-01-19 00:00"), working=nights) == ["2027-01-18"]


# --- Hours of a person ---------------------------------------------------------------------------


def test_without_hours_of_their_own_a_person_works_by_the_teams(cast):
    found = agreement.hours_of_person(cast.sam.pk, cast.sales.pk)
    assert found == agreement.hours_of_team(cast.sales.pk)
    assert agreement.hours_of_person(None, cast.sales.pk) == found


def test_hours_of_their_own_count_and_nobody_elses_change(cast):
    own = calendars.give_own(cast.sam, pattern=cast.calendar, by=cast.sam, at=AT)
    draft = CalendarVersion(calendar=own, tz="Europe/London", weekly=OFFICE_HOURS, created_at=AT)
    calendars.save(draft, base=1, by=cast.sam, at=AT)
    assert due(cast, cast.sam, "2027-01-18 00:00", 1) == ny("2027-01-18 05:00")
    assert due(cast, cast.sue, "2027-01-18 00:00", 1) == ny("2027-01-18 10:00")
    assert agreement.hours_of_team(cast.sales.pk).version_id == cast.calendar.pk
    calendars.take_own(cast.sam, by=cast.dana, at=AT)
    assert due(cast, cast.sam, "2027-01-18 00:00", 1) == ny("2027-01-18 10:00")
    # Given again, they are the hours they were.
    calendars.give_own(cast.sam, pattern=cast.calendar, by=cast.sam, at=AT)
    assert due(cast, cast.sam, "2027-01-18 00:00", 1) == ny("2027-01-18 05:00")


def test_leave_is_closed_time_under_a_version_a_clock_can_freeze(cast):
    away(cast.sam, "2027-01-18 00:00", "2027-01-20 00:00")
    assert due(cast, cast.sam, "2027-01-15 16:30", 1) == ny("2027-01-20 09:30")
    found = agreement.hours_of_person(cast.sam.pk, cast.sales.pk)
    version = CalendarVersion.objects.get(pk=found.version_id)
    assert version.closed == ["2027-01-18", "2027-01-19"]
    assert agreement.hours(version.pk).working is found.working
    assert due(cast, cast.sue, "2027-01-15 16:30", 1) == ny("2027-01-18 09:30")


def test_leave_wins_over_a_specially_opened_day(cast):
    version = CalendarVersion.objects.create(
        calendar=cast.calendar.calendar, number=2, tz="America/New_York", weekly=OFFICE_HOURS,
        opened={"2027-01-16": [["10:00", "12:00"]]},
    )  # fmt: skip
    away(cast.sam, "2027-01-16 00:00", "2027-01-17 00:00")
    assert leave.less_leave(version, [date(2027, 1, 16)]).opened == {}
    assert due(cast, cast.sam, "2027-01-15 16:30", 1) == ny("2027-01-18 09:30")


def test_the_version_is_made_once_and_again_when_leave_or_hours_change(cast):
    first = away(cast.sam, "2027-01-18 00:00", "2027-01-20 00:00")
    ids = [agreement.hours_of_person(cast.sam.pk, cast.sales.pk).version_id for _ in range(3)]
    assert len(set(ids)) == 1
    away(cast.sam, "2027-02-01 00:00", "2027-02-02 00:00")
    second = agreement.hours_of_person(cast.sam.pk, cast.sales.pk).version_id
    assert second != ids[0]
    Absence.objects.exclude(pk=first.pk).delete()
    assert agreement.hours_of_person(cast.sam.pk, cast.sales.pk).version_id == ids[0]
    first.delete()
    assert agreement.hours_of_person(cast.sam.pk, cast.sales.pk).version_id == cast.calendar.pk


def test_asking_costs_only_the_stamp_once_it_is_known(cast, django_assert_num_queries):
    away(cast.sam, "2027-01-18 00:00", "2027-01-20 00:00")
    agreement.hours_of_person(cast.sam.pk, cast.sales.pk)
    agreement.hours_of_person(cast.sam.pk, cast.sales.pk)
    with django_assert_num_queries(1):
        agreement.hours_of_person(cast.sam.pk, cast.sales.pk)


def test_hours_less_leave_are_nobodys_to_see_or_the_teams_to_fall_back_on(cast):
    away(cast.sam, "2027-01-18 00:00", "2027-01-20 00:00")
    agreement.hours_of_person(cast.sam.pk, cast.sales.pk)
    hidden = PersonCalendar.objects.get(user=cast.sam).less_leave
    assert hidden not in Calendar.objects.visible_to(cast.admin)
    assert hidden not in Calendar.objects.editable_by(cast.sam)
    Calendar.objects.exclude(pk=hidden.pk).filter(teams=None, person=None).delete()
    assert agreement.hours_of_team(10_000).version_id == cast.calendar.pk


# --- Pages ---------------------------------------------------------------------------------------


def send(user, name: str, person, **data):
    client = Client()
    client.force_login(user)
    return client.post(reverse(name, args=[person.pk]), data)


def test_a_person_gives_themselves_hours_and_edits_them(cast):
    answer = send(cast.sam, "person-hours", cast.sam, hours="own")
    own = PersonCalendar.objects.get(user=cast.sam).own
    assert (answer.status_code, answer.url) == (302, reverse("calendar", args=[own.slug]))
    assert calendars.newest(own).weekly == OFFICE_HOURS
    client = Client()
    client.force_login(cast.sam)
    assert "Save as version 2" in client.get(answer.url).content.decode()
    send(cast.dana, "person-hours", cast.sam, hours="team")
    assert PersonCalendar.objects.get(user=cast.sam).own is None


def test_a_manager_enters_and_removes_leave_of_their_team_only(cast):
    year = database_now().year + 1
    data = {"first": f"{year}-03-01", "last": f"{year}-03-05", "note": "Skiing"}
    assert send(cast.mona, "person-leave", cast.sam, **data).status_code == 404
    assert send(cast.dana, "person-leave", cast.sam, **data).status_code == 302
    absence = Absence.objects.get()
    assert (absence.user, absence.ends_at - absence.starts_at) == (cast.sam, timedelta(days=5))
    entry = AuditEntry.objects.get(verb="leave_entered")
    assert (entry.actor, entry.subject_id) == (cast.dana, cast.sam.pk)
    assert send(cast.dana, "person-leave", cast.sue, remove=absence.pk).status_code == 404
    assert send(cast.dana, "person-leave", cast.sam, remove=absence.pk).status_code == 302
    assert Absence.objects.count() == 0


def test_wrong_leave_is_said_at_its_field_and_kept(cast):
    answer = send(cast.dana, "person-leave", cast.sam, first="2099-01-05", last="2099-01-01")
    assert answer.status_code == 422
    assert answer.context["form"].errors == {
        "last": ["2099-01-01 is before the first day, 2099-01-05; pick a later day."]
    }


def test_the_list_of_a_team_in_few_queries(cast, django_assert_num_queries):
    client = Client()
    client.force_login(cast.dana)
    with django_assert_num_queries(9):
        page = client.get(reverse("person-list"))
    assert [person.name for person in page.context["people"]] == ["Dana", "Sam", "Sue"]
    for n in range(3):
        Membership.objects.create(user=_user(n), team=cast.sales)
    with django_assert_num_queries(9):
        assert len(client.get(reverse("person-list")).context["people"]) == 6
    start, end = ny("2099-01-05"), ny("2099-01-08")
    for person, deputy in [(cast.sam, cast.sue), (cast.sue, cast.sam)]:
        Absence.objects.create(user=person, deputy=deputy, starts_at=start, ends_at=end)
    with django_assert_num_queries(9):
        page = client.get(reverse("person-list")).text
    assert [page.count(f", {name} stands in") for name in ("Sam", "Sue", "Dana")] == [1, 1, 0]


def _user(n: int):
    from accounts.models import User

    return User.objects.create_user(f"rep{n}@demo.test", name=f"Rep {n}")
