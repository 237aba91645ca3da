"""Calendars: who may change which, versions that follow one another, and the pages."""

from concurrent.futures import ThreadPoolExecutor
from datetime import date

import pytest
from django.db import close_old_connections, connection
from django.test import Client
from django.urls import reverse

from accounts.models import AuditEntry, Team
from accounts.refusals import Conflict
from sla import agreement
from sla.hours import calendars
from sla.hours.year import year_of
from sla.models import Calendar, CalendarVersion, Clock, PersonCalendar, TeamCalendar
from tests.factories import OFFICE_HOURS, make_calendar, make_cast, ny

AT = ny("2026-01-15 10:00")


def signed_in(user) -> Client:
    client = Client()
    client.force_login(user)
    return client


def new_york() -> Calendar:
    return Calendar.objects.get(slug="new-york")


def typed(version: CalendarVersion | None = None, **changes) -> dict[str, str]:
    """What the form sends for Monday to Friday 9 to 17 in New York."""
    data = {"name": "New-York", "tz": "America/New_York", "country": "", "subdivision": "",
            "base": str(version.number if version else 1), "of": "new-york",
            "extra-TOTAL_FORMS": "2", "extra-INITIAL_FORMS": "0"}  # fmt: skip
    data |= {f"day{n}": "09:00–17:00" for n in range(5)} | {"day5": "", "day6": ""}
    return data | changes


def drawn(**changes) -> CalendarVersion:
    fields = {"tz": "America/New_York", "weekly": OFFICE_HOURS, "created_at": AT, **changes}
    return CalendarVersion(calendar=new_york(), **fields)


def send(user, slug="new-york", **changes):
    return signed_in(user).post(reverse("calendar", args=[slug]), typed(**changes))


# --- Who -----------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("person", "slugs"),
    [
        ("maya", []), ("sam", []), ("outsider", []),
        ("mona", ["marketing-hours"]), ("dana", ["new-york"]),
        ("admin", ["marketing-hours", "new-york"]),
    ],
)  # fmt: skip
def test_who_may_change_which(cast, person, slugs):
    found = Calendar.objects.editable_by(getattr(cast, person))
    assert sorted(c.slug for c in found) == slugs


def test_a_calendar_that_another_team_works_by_too_is_not_one_managers_to_change(cast):
    TeamCalendar.objects.filter(team=cast.marketing).update(calendar=new_york())
    assert list(Calendar.objects.editable_by(cast.dana)) == []
    assert send(cast.dana, day0="08:00–17:00").status_code == 403


def test_a_persons_own_calendar_is_theirs_their_managers_and_admins(cast):
    own = Calendar.objects.create(slug="sams", name="Sam’s")
    CalendarVersion.objects.create(calendar=own, number=1, tz="Europe/London", weekly=OFFICE_HOURS)
    PersonCalendar.objects.create(user=cast.sam, own=own)
    everybody = [cast.maya, cast.mona, cast.sam, cast.sue, cast.dana, cast.admin]
    for able in (Calendar.objects.visible_to, Calendar.objects.editable_by):
        assert [p.name for p in everybody if own in able(p)] == ["Sam", "Dana", "Admin"]


# --- Versions ------------------------------------------------------------------------------------


def test_a_save_makes_the_next_version_and_keeps_the_last(cast):
    was = cast.calendar
    saved, changes = calendars.save(
        drawn(weekly=OFFICE_HOURS | {"0": [["08:00", "17:00"]]}, closed=["2026-12-24"]),
        base=1, by=cast.dana, at=AT,
    )  # fmt: skip
    assert (saved.number, changes) == (
        2, ["Monday: 09:00–17:00 → 08:00–17:00", "Thu 24 Dec 2026: closed"],
    )  # fmt: skip
    was.refresh_from_db()
    assert (was.weekly, was.closed) == (OFFICE_HOURS, [])
    entry = AuditEntry.objects.get(verb="calendar_saved")
    assert (entry.actor, entry.subject_id, entry.facts) == (
        cast.dana, saved.calendar_id, {"version": 2, "changes": changes},
    )  # fmt: skip


def test_new_clocks_start_under_it_and_running_ones_keep_theirs(cast):
    first = cast.hot_lead(at=ny("2026-01-15 10:00"))
    before = list(first.clocks.values_list("pk", "due_at", "calendar_version"))
    saved, _ = calendars.save(drawn(closed=["2026-01-15"]), base=1, by=cast.dana, at=AT)
    second = cast.hot_lead(at=ny("2026-01-15 10:00"), email="second@spa.example")
    assert list(first.clocks.values_list("pk", "due_at", "calendar_version")) == before
    clock = second.clocks.get(term__key="accept_hot")
    assert (clock.calendar_version, clock.due_at) == (saved, ny("2026-01-16 09:15"))


def test_a_draft_that_changes_nothing_makes_no_version(cast):
    assert calendars.save(drawn(), base=1, by=cast.dana, at=AT) == (cast.calendar, [])
    assert (CalendarVersion.objects.count(), AuditEntry.objects.count()) == (2, 0)


@pytest.mark.django_db(transaction=True)
def test_of_two_who_save_at_once_one_is_told():
    cast = make_cast()

    def save(hour: str) -> str:
        try:
            weekly = {"0": [[hour, "17:00"]]}
            calendars.save(drawn(weekly=weekly), base=1, by=cast.dana, at=AT)
        except Conflict as conflict:
            return conflict.code
        finally:
            close_old_connections()
            connection.close()
        return "saved"

    with ThreadPoolExecutor(2) as pool:
        assert sorted(pool.map(save, ["07:00", "08:00"])) == ["calendar_changed", "saved"]
    assert list(new_york().versions.values_list("number", flat=True)) == [2, 1]


@pytest.mark.parametrize(
    ("change", "said"),
    [
        ({"tz": "Europe/London"}, ["Time zone: America/New_York → Europe/London"]),
        ({"country": "US", "subdivision": "NY"}, ["Public holidays: none → US NY"]),
        ({"closed": ["2026-12-24", "2026-12-25"]}, ["24 Dec 2026 – 25 Dec 2026: closed"]),
        ({"opened": {"2026-12-26": [["10:00", "12:00"]]}}, ["Sat 26 Dec 2026: 10:00–12:00"]),
        ({"weekly": {}}, [f"{day}: 09:00–17:00 → closed" for day in calendars.WEEKDAYS[:5]]),
    ],
)
def test_what_differs_is_said(cast, change, said):
    assert calendars.differences(cast.calendar, drawn(**change)) == said


def test_a_day_taken_off_the_list_is_said(cast):
    was = drawn(closed=["2026-12-24"])
    assert calendars.differences(was, drawn()) == ["Thu 24 Dec 2026: as any other day again"]


# --- The year ------------------------------------------------------------------------------------


def test_each_day_of_the_year_says_what_it_is(cast):
    version = drawn(
        country="US", subdivision="NY", closed=["2027-12-24", "2027-12-23"],
        opened={"2027-12-25": [["10:00", "12:00"]]},
    )  # fmt: skip
    year = year_of(version, 2027)
    days = {d.date: (d.kind, d.words) for m in year.months for w in m.weeks for d in w if d}
    assert len(days) == 365
    assert days[date(2027, 12, 20)] == ("open", "09:00–17:00")
    assert days[date(2027, 12, 19)] == ("closed", "closed")
    assert days[date(2027, 12, 23)] == ("shut", "closed")
    assert days[date(2027, 12, 24)] == ("shut", "closed (Christmas Day (observed))")
    assert days[date(2027, 12, 25)] == ("opened", "10:00–12:00 (Christmas Day)")
    assert days[date(2027, 7, 5)] == ("holiday", "Independence Day (observed)")


def test_the_year_agrees_with_the_arithmetic(cast):
    """Open days of the picture are the days on which the engine counts time."""
    version = drawn(country="US", subdivision="NY", closed=["2027-08-02"])
    working, year = agreement.working_calendar(version), year_of(version, 2027)
    for month in year.months:
        for day in (d for week in month.weeks for d in week if d):
            noon = ny(f"{day.date} 12:00")
            assert working.is_open(noon) is (day.kind in ("open", "opened")), day
    assert year.hours == 8 * year.open_days


@pytest.mark.parametrize(("country", "region"), [("US", "NY"), ("GB", "ENG"), ("DE", "BY"),
                                                 ("ES", "Barcelona"), ("", "")])  # fmt: skip
def test_public_holidays_by_the_year_are_those_of_all_years_together(cast, country, region):
    import holidays

    years = range(2023, 2034)
    found = {d for year in years for d in agreement.public_holidays(country, region, year)}
    expected = set()
    if country:
        expected = set(holidays.country_holidays(country, subdiv=region or None, years=years))
    assert found == {day for day in expected if day.year in years}


# --- Pages ---------------------------------------------------------------------------------------


def test_the_list_says_who_works_by_which_in_few_queries(cast, django_assert_num_queries):
    client = signed_in(cast.dana)
    with django_assert_num_queries(11):
        rows = client.get(reverse("calendar-list")).context["rows"]
    assert [(r["calendar"].slug, r["may_edit"]) for r in rows] == [
        ("marketing-hours", False), ("new-york", True),
    ]  # fmt: skip
    for n in range(3):
        make_calendar(Team.objects.create(slug=f"t{n}", name=f"T{n}", kind="sales"), slug=f"c{n}")
    with django_assert_num_queries(11):
        assert len(client.get(reverse("calendar-list")).context["rows"]) == 5


def test_the_form_saves_every_field(cast):
    answer = send(
        cast.dana, day0="8-12, 13:30-18", day5="22-6", tz="Europe/Berlin", country="DE",
        subdivision="BY", name="Munich", teams=[cast.sales.pk],
        **{"extra-0-first": "2026-12-24", "extra-0-last": "2026-12-26", "extra-0-hours": "",
           "extra-1-first": "2026-12-27", "extra-1-hours": "10-14"},
    )  # fmt: skip
    assert answer.status_code == 302
    calendar = new_york()
    version = calendars.newest(calendar)
    assert (calendar.name, version.number, version.tz) == ("Munich", 2, "Europe/Berlin")
    assert (version.country, version.subdivision) == ("DE", "BY")
    assert version.weekly == {
        "0": [["08:00", "12:00"], ["13:30", "18:00"]], "5": [["22:00", "06:00"]],
        **{str(n): [["09:00", "17:00"]] for n in range(1, 5)},
    }  # fmt: skip
    assert version.closed == ["2026-12-24", "2026-12-25", "2026-12-26"]
    assert version.opened == {"2026-12-27": [["10:00", "14:00"]]}


def test_what_the_page_shows_can_be_sent_back_unchanged(cast):
    calendars.save(
        drawn(country="DE", subdivision="BY", closed=["2026-12-24", "2026-12-25"],
              opened={"2026-12-27": [["10:00", "14:00"]]}, weekly={"5": [["22:00", "06:00"]]}),
        base=1, by=cast.dana, at=AT,
    )  # fmt: skip
    page = signed_in(cast.dana).get(reverse("calendar", args=["new-york"]))
    draft = page.context["draft"]
    sent = typed(calendars.newest(new_york()))
    for form in (draft.form, *draft.extra.forms, draft.extra.management_form):
        for field in form:
            value = field.field.widget.format_value(field.value()) if field.value() else ""
            sent[field.html_name] = value[0] if isinstance(value, list) and value else value or ""
    del sent["teams"]
    answer = signed_in(cast.dana).post(reverse("calendar", args=["new-york"]), sent)
    assert answer.status_code == 302
    assert calendars.newest(new_york()).number == 2


@pytest.mark.parametrize(
    ("change", "field", "said"),
    [
        ({"day2": "9-25"}, "day2", "“25” is not a time of day; use 00:00 to 24:00."),
        ({"country": "US", "subdivision": "BY"}, "subdivision",
         "“BY” is no region of United States; choose one from the list."),
        ({"country": "XX"}, "country", "“XX” is not in the list; choose from it."),
        ({"tz": "Mars/Base"}, "tz",
         "“Mars/Base” is not a time zone of the list; choose one from it."),
        ({f"day{n}": "" for n in range(5)}, "__all__",
         "It is open on no day, so nothing would ever be due; give a day its hours."),
    ],
)  # fmt: skip
def test_each_error_stands_at_its_field(cast, change, field, said):
    answer = send(cast.dana, **change)
    assert answer.status_code == 422
    assert answer.context["form"].errors == {field: [said]}
    assert CalendarVersion.objects.filter(calendar=new_york()).count() == 1


@pytest.mark.parametrize(
    ("change", "field", "said"),
    [
        ({"extra-0-hours": "10-12"}, "first",
         "Say which day these hours are for, or empty the row."),
        ({"extra-0-first": "2026-12-24", "extra-0-last": "2026-12-23"}, "last",
         "2026-12-23 is before the first day, 2026-12-24; pick a later day."),
        ({"extra-0-first": "2226-12-24"}, "first",
         "2226-12-24 is more than 7 years away; check the year."),
        ({"extra-0-first": "2026-12-24", "extra-0-last": "2028-12-23"}, "last",
         "2028-12-23 is more than a year later; check the year."),
    ],
)  # fmt: skip
def test_each_error_of_a_day_stands_at_its_field(cast, change, field, said):
    answer = send(cast.dana, **change)
    assert answer.status_code == 422
    assert answer.context["draft"].extra.errors[0] == {field: [said]}


def test_a_day_listed_twice_is_refused(cast):
    answer = send(cast.dana, **{"extra-0-first": "2026-12-24", "extra-1-first": "2026-12-24"})
    assert answer.context["draft"].extra.errors[1] == {
        "first": ["2026-12-24 is in the list twice; keep one of the rows."]
    }


def test_the_second_of_two_editors_is_told_what_changed_and_loses_nothing(cast):
    calendars.save(drawn(tz="Europe/London"), base=1, by=cast.admin, at=AT)
    answer = send(cast.dana, day0="07:00–15:00")
    assert answer.status_code == 409
    page = answer.content.decode()
    assert "Admin saved version 2" in page
    assert "Time zone: America/New_York → Europe/London" in page
    assert 'value="07:00–15:00"' in page
    assert calendars.newest(new_york()).number == 2
    # Saving again, now knowing.
    assert send(cast.dana, day0="07:00–15:00", base=str(answer.context["base"])).status_code == 302
    assert calendars.newest(new_york()).number == 3


def test_the_preview_says_what_would_change_and_be_due_and_writes_nothing(cast):
    before = CalendarVersion.objects.count()
    answer = signed_in(cast.dana).post(
        reverse("calendar-preview"), typed(day4="", start="2027-01-15T16:00", year="2027")
    )
    assert answer.status_code == 200
    assert answer.context["changes"] == ["Friday: 09:00–17:00 → closed"]
    due = {row["term"].key: (row["due_at"], row["was"]) for row in answer.context["due"]}
    assert due["accept_hot"] == (ny("2027-01-18 09:15"), ny("2027-01-15 16:15"))
    assert "answer_return" not in due  # the sales team's calendar: what marketing owes is not here
    assert CalendarVersion.objects.count() == before


def test_the_preview_of_nonsense_names_it(cast):
    answer = signed_in(cast.dana).post(reverse("calendar-preview"), typed(day4="soon"))
    assert (answer.status_code, answer.context["errors"]) == (
        200,
        ["Friday: “soon” is not a span of time; write it as 09:00–17:00, several with commas "
         "between."],
    )  # fmt: skip


def test_regions_depend_on_the_country(cast):
    answer = signed_in(cast.dana).get(reverse("calendar-regions"), {"country": "GB"})
    assert answer.context["regions"] == [
        ("", "The whole country"), ("ENG", "England"), ("NIR", "Northern Ireland"),
        ("SCT", "Scotland"), ("WLS", "Wales"),
    ]  # fmt: skip
    answer = signed_in(cast.dana).get(reverse("calendar-regions"), {"country": "<b>"})
    assert answer.context["regions"] == [("", "None")]


def test_a_manager_makes_a_calendar_for_their_own_team_only(cast):
    url = reverse("calendar-new")
    data = typed(name="Sales hours", day0="7-15", teams=[cast.marketing.pk])
    refused = signed_in(cast.dana).post(url, data)
    assert (refused.status_code, list(refused.context["form"].errors)) == (422, ["teams"])
    made = signed_in(cast.dana).post(url, data | {"teams": [cast.sales.pk]})
    calendar = Calendar.objects.get(slug="sales-hours")
    assert (made.status_code, made.url) == (302, reverse("calendar", args=["sales-hours"]))
    assert calendars.newest(calendar).weekly["0"] == [["07:00", "15:00"]]
    assert list(calendar.teams.all()) == [cast.sales]
    assert agreement.hours_of_team(cast.sales.pk).name == "Sales hours"
    given = AuditEntry.objects.get(verb="calendar_given")
    assert given.facts == {"team": "Sales", "before": "New-York"}


def test_a_manager_must_say_for_which_team(cast):
    answer = signed_in(cast.dana).post(reverse("calendar-new"), typed(name="Whose?"))
    assert answer.context["form"].errors == {"teams": ["Choose the team that will work by it."]}


def test_a_new_calendar_begins_as_a_copy(cast):
    calendars.save(drawn(country="US", subdivision="NY"), base=1, by=cast.dana, at=AT)
    page = signed_in(cast.admin).get(reverse("calendar-new"), {"copy": "new-york"})
    assert page.context["form"]["subdivision"].value() == "NY"


@pytest.mark.parametrize("person", ["maya", "mona", "sam", "outsider"])
def test_others_read(cast, person):
    page = signed_in(getattr(cast, person)).get(
        reverse("calendar", args=["new-york"]), {"start": "2027-01-15T16:50", "year": "2027"}
    )
    assert page.context["year"].number == 2027
    assert page.context["due"][0]["due_at"] == ny("2027-01-18 09:05")
    assert '<form method="post" id="calendar"' not in page.content.decode()


@pytest.mark.parametrize(
    "query", [{"start": "soon"}, {"year": "9999"}, {"year": "x", "start": "0"}]
)
def test_nonsense_in_the_address_is_answered(cast, query):
    for person in (cast.dana, cast.sam):
        page = signed_in(person).get(reverse("calendar", args=["new-york"]), query)
        assert page.status_code == 200


def test_clocks_are_left_alone_by_every_page(cast):
    lead = cast.hot_lead(at=AT)
    before = list(Clock.objects.values())
    send(cast.dana, day0="")
    assert list(Clock.objects.filter(lead=lead).values()) == before
