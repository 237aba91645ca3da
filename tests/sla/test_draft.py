"""A draft as somebody wrote it: what it names, and what is wrong with it, by field."""

import pytest

from accounts.refusals import Refused
from sla.replays.draft import ALL_POOLS, Draft, draft_of
from tests.factories import ny

AT = ny("2027-01-15 10:00")


def test_an_empty_draft_names_nothing(cast):
    empty = draft_of(targets={"accept": " "}, hours={"sales": ""}, pools={"everyone": ""}, at=AT)
    assert empty == draft_of(at=AT) == Draft()


def test_a_draft_is_read_and_said_in_words(cast):
    draft = draft_of(
        targets={"accept-hot": "30m", "disposition": "5 days"},
        hours={"sales": "08:00–12:00, 13:00-18:00"},
        threshold="60",
        reps="1",
        pools={"everyone": "3"},
        at=AT,
    )

    assert (draft.targets, draft.threshold) == ({"accept_hot": 1800, "disposition": 144_000}, 60)
    assert draft.reps == {cast.pool.pk: 3, ALL_POOLS: 1}
    assert draft.said == (
        "Accept (hot) within 30 working minutes instead of 15 working minutes",
        "Disposition within 5 working days",
        "Sales works 08:00–12:00, 13:00-18:00",
        "An MQL scores at least 60 instead of 50",
        "All of sales: 1 rep",
        "Everyone: 3 reps",
    )


@pytest.mark.parametrize(
    ("text", "due"),
    [
        # One hour from Friday 16:30 in New York.
        ("new-york", "2027-01-18 09:30"),
        ("09:00-17:00", "2027-01-18 09:30"),
        ("08:00-17:00", "2027-01-18 08:30"),
        ("10:00-16:00", "2027-01-18 11:00"),
        ("24/7", "2027-01-15 17:30"),
    ],
)
def test_hours_are_windows_of_the_workdays_or_a_calendar(cast, text, due):
    draft = draft_of(hours={"sales": text}, at=AT)
    assert draft.hours[cast.sales.pk].add(ny("2027-01-15 16:30"), 3600) == ny(due)


def test_hours_keep_the_teams_holidays(cast):
    cast.calendar.closed = ["2027-01-18"]
    cast.calendar.save()
    draft = draft_of(hours={"sales": "08:00-18:00"}, at=AT)
    due = draft.hours[cast.sales.pk].add(ny("2027-01-15 17:30"), 3600)
    assert due == ny("2027-01-19 08:30")


@pytest.mark.parametrize(
    ("written", "field", "said"),
    [
        ({"targets": {"accpet": "1 h"}}, "targets.accpet",
         "There is no promise “accpet”; there are: accept_hot, first_touch_hot, accept, "
         "first_touch, disposition, answer_return."),
        ({"targets": {"accept": "30"}}, "targets.accept",
         "“30” is not a length of time; write it as 15 min, 4 h, 1 h 30 min or 5 days (a day is 8 "
         "working hours)."),
        ({"hours": {"sails": "24/7"}}, "hours.sails",
         "There is no team “sails”; there are: marketing, sales."),
        ({"hours": {"sales": "9 to 5"}}, "hours.sales",
         "“9 to 5” can't be read; write hours such as 08:00-18:00, 24/7, or the name of a calendar "
         "(marketing-hours, new-york)."),
        ({"hours": {"sales": "08:00-25:00"}}, "hours.sales",
         "time '25:00' of 0: write it as HH:MM, such as '09:00'"),
        ({"threshold": "high"}, "threshold",
         "“high” is not a score; give a whole number from 0 to 100."),
        ({"threshold": "101"}, "threshold",
         "“101” is not a score; give a whole number from 0 to 100."),
        ({"pools": {"everyone": "0"}}, "pools.everyone",
         "“0” is not a number of reps; give 1 to 1,000."),
        ({"reps": "many"}, "reps", "“many” is not a number of reps; give 1 to 1,000."),
    ],
)  # fmt: skip
def test_what_is_wrong_is_said_at_its_field(cast, written, field, said):
    with pytest.raises(Refused) as refused:
        draft_of(**written, at=AT)
    assert refused.value.fields == {field: said}


def test_everything_wrong_is_said_at_once(cast):
    with pytest.raises(Refused) as refused:
        draft_of(targets={"accept": "x"}, threshold="x", reps="x", at=AT)
    assert list(refused.value.fields) == ["targets.accept", "threshold", "reps"]


def test_without_an_mql_definition_there_is_no_threshold(db):
    with pytest.raises(Refused) as refused:
        draft_of(threshold="60", at=AT)
    assert refused.value.message == ("The teams have not agreed what an MQL is; agree that first.")
