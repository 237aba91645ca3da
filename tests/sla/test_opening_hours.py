"""Opening hours as people type them."""

import re
from datetime import date

import pytest

from sla.hours import opening_hours


@pytest.mark.parametrize(
    ("typed", "windows"),
    [
        ("", []),
        ("closed", []),
        ("9-17", [["09:00", "17:00"]]),
        ("09:00–17:00", [["09:00", "17:00"]]),
        ("13:30-18, 8:00 to 12.30", [["08:00", "12:30"], ["13:30", "18:00"]]),
        ("9am - 5:30pm", [["09:00", "17:30"]]),
        ("12am-12pm", [["00:00", "12:00"]]),
        ("22:00–06:00", [["22:00", "06:00"]]),
        ("all day", [["00:00", "24:00"]]),
        ("00:00-24:00", [["00:00", "24:00"]]),
    ],
)
def test_what_is_typed_is_read(typed, windows):
    assert opening_hours.read(typed) == windows


@pytest.mark.parametrize("typed", ["9-17", "8-12, 13:30-18", "22-6", "closed", "0-24"])
def test_what_is_written_is_read_again(typed):
    windows = opening_hours.read(typed)
    assert opening_hours.read(opening_hours.words(windows)) == windows


@pytest.mark.parametrize(
    ("typed", "said"),
    [
        ("9 o'clock", "“9 o'clock” is not a span of time; write it as 09:00–17:00, several with "
         "commas between."),
        ("9-25", "“25” is not a time of day; use 00:00 to 24:00."),
        ("9-17:60", "“17:60” is not a time of day; use 00:00 to 24:00."),
        ("nine-17", "“nine” is not a time; write it as HH:MM, such as 09:00."),
        ("13pm-17", "“13pm” is not a time; before am or pm use 1 to 12."),
        ("9-9", "“9-9” starts and ends at once; for a whole day write 00:00–24:00, or nothing "
         "when closed."),
        ("24:00-06:00", "“24:00-06:00” starts at 24:00; write it as 00:00 of the next day."),
        (",".join(["9-10"] * 13), "13 windows are too many for a day; 12 is the most."),
    ],
)  # fmt: skip
def test_what_cannot_be_read_is_named_with_its_remedy(typed, said):
    with pytest.raises(ValueError, match=f"^{re.escape(said)}$"):
        opening_hours.read(typed)


def test_days_that_follow_on_one_another_are_one_run():
    days = [date(2027, 12, 24), date(2027, 12, 25), date(2027, 12, 31), date(2028, 1, 1)]
    found = opening_hours.runs(days)
    assert found == [(days[0], days[1]), (days[2], days[3])]
    assert [opening_hours.day_words(*run) for run in found] == [
        "24 Dec 2027 – 25 Dec 2027", "31 Dec 2027 – 1 Jan 2028",
    ]  # fmt: skip
