"""How times, spans and amounts are said."""

from datetime import UTC, datetime, timedelta
from decimal import Decimal
from zoneinfo import ZoneInfo

import pytest

from accounts.words import (
    ago_words,
    due_words,
    leave_words,
    moment_words,
    money_words,
    span_words,
)

NEW_YORK = ZoneInfo("America/New_York")
# A Friday, 15:00 in New York.
NOW = datetime(2027, 1, 15, 20, 0, tzinfo=UTC)


@pytest.mark.parametrize(
    ("left", "words"),
    [
        (timedelta(minutes=12, seconds=59), "12 min left"),
        (timedelta(seconds=59), "59 s left"),
        (timedelta(0), "0 s left"),
        (timedelta(seconds=-1), "1 s over"),
        (timedelta(minutes=-3), "3 min over"),
        (timedelta(hours=-47), "47 h over"),
        (timedelta(days=-2), "2 days over"),
        (timedelta(minutes=59, seconds=59), "59 min left"),
        (timedelta(hours=1), "due 16:00"),
        (timedelta(hours=9), "due Sat 00:00"),
        (timedelta(days=3, hours=-5), "due Mon 10:00"),
        (timedelta(days=6), "due Thu 15:00"),
        (timedelta(days=7), "due 22 Jan 15:00"),
    ],
)
def test_a_deadline_is_said_as_a_person_says_it(left, words):
    assert due_words(NOW + left, at=NOW, zone=NEW_YORK) == words


def test_the_viewers_zone_decides_which_day_it_is():
    due = NOW + timedelta(hours=6)
    assert due_words(due, at=NOW, zone=NEW_YORK) == "due 21:00"
    assert due_words(due, at=NOW, zone=ZoneInfo("Europe/Berlin")) == "due Sat 03:00"


@pytest.mark.parametrize(
    ("gone", "words"),
    [
        (timedelta(seconds=59), "just now"),
        (timedelta(minutes=5), "5 min ago"),
        (timedelta(hours=3), "3 h ago"),
        (timedelta(days=4), "4 days ago"),
        (timedelta(days=8), "Thu 7 Jan"),
        (timedelta(days=30), "Wed 16 Dec 2026"),
    ],
)
def test_the_past_is_said_as_a_person_says_it(gone, words):
    assert ago_words(NOW - gone, at=NOW, zone=NEW_YORK) == words


def test_an_instant_names_its_year_only_when_it_is_another():
    assert moment_words(NOW, at=NOW, zone=NEW_YORK) == "Fri 15 Jan, 15:00"
    assert moment_words(NOW - timedelta(30), at=NOW, zone=NEW_YORK) == "Wed 16 Dec 2026, 15:00"


@pytest.mark.parametrize(
    ("seconds", "words"),
    [
        (0, "0 s"),
        (59.9, "59 s"),
        (60, "1 min"),
        (7200, "2 h"),
        (172_799, "47 h"),
        (172_800, "2 days"),
    ],
)
def test_a_span_is_told_in_its_largest_whole_unit(seconds, words):
    assert span_words(seconds) == words


@pytest.mark.parametrize(
    ("amount", "currency", "words"),
    [
        (Decimal("12400"), "USD", "$12,400"),
        (Decimal("12400.00"), "USD", "$12,400"),
        (Decimal("99.50"), "EUR", "€99.50"),
        (Decimal("-20"), "CHF", "−CHF 20"),
        (0, "GBP", "£0"),
    ],
)
def test_an_amount_has_cents_only_where_there_are_some(amount, currency, words):
    assert money_words(amount, currency) == words


def test_leave_is_told_in_whole_days_of_whoever_is_away():
    first = datetime(2027, 1, 18, tzinfo=NEW_YORK)
    after = datetime(2027, 1, 25, tzinfo=NEW_YORK)
    told = leave_words(first.astimezone(UTC), after.astimezone(UTC), at=NOW, zone=NEW_YORK)
    assert told == ("Mon 18 Jan", "Sun 24 Jan")


def test_leave_of_a_few_hours_is_told_by_its_instants():
    first = datetime(2027, 1, 18, 12, tzinfo=NEW_YORK)
    after = datetime(2027, 1, 19, tzinfo=NEW_YORK)
    told = leave_words(first, after, at=NOW, zone=NEW_YORK)
    assert told == ("Mon 18 Jan, 12:00", "Tue 19 Jan, 00:00")
