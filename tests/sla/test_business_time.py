"""Working time: the named hard cases, then every rule against a second, slow implementation."""

import ast
import sys
from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, date, datetime, time, timedelta
from functools import cached_property
from pathlib import Path
from zoneinfo import ZoneInfo

import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st

from sla import business_time
from sla.business_time import WorkingCalendar

NEW_YORK = "America/New_York"
OFFICE = {day: [("09:00", "17:00")] for day in range(5)}
ALWAYS = {day: [("00:00", "24:00")] for day in range(7)}
HOUR = 3600


def local(text: str, tz: str = NEW_YORK, fold: int = 0) -> datetime:
    return datetime.fromisoformat(text).replace(tzinfo=ZoneInfo(tz), fold=fold)


def calendar(weekly=OFFICE, tz=NEW_YORK, **days) -> WorkingCalendar:
    return WorkingCalendar(tz=tz, weekly=weekly, **days)


class TestCases:
    """Cases 1 to 11 of the deadline engine. 2027-01-15 is a Friday."""

    def test_01_weekend_start_begins_at_opening(self):
        assert calendar().add(local("2027-01-16 15:00"), HOUR) == local("2027-01-18 10:00")

    def test_02_holiday_is_skipped(self):
        office = calendar(closed={date(2027, 1, 18)})
        assert office.add(local("2027-01-17 16:30"), HOUR) == local("2027-01-19 10:00")

    def test_03_full_at_closing_is_closing_and_a_second_more_is_monday(self):
        friday = local("2027-01-15 16:00")
        assert calendar().add(friday, 3600) == local("2027-01-15 17:00")
        assert calendar().add(friday, 3601) == local("2027-01-18 09:00:01")

    def test_04_lunch_of_a_split_day_does_not_count(self):
        split = calendar({day: [("08:00", "12:00"), ("13:30", "18:00")] for day in range(5)})
        assert split.add(local("2027-01-15 11:50"), 30 * 60) == local("2027-01-15 13:50")

    def test_05_no_minute_is_lost_at_midnight_around_the_clock(self):
        due = calendar(ALWAYS).add(local("2027-01-15 23:50"), 20 * 60)
        assert due == local("2027-01-16 00:10")

    def test_06_overnight_window_belongs_to_the_day_it_starts_on(self):
        night = calendar({day: [("22:00", "06:00")] for day in range(5)})
        assert night.add(local("2027-01-15 23:00"), 8 * HOUR) == local("2027-01-18 23:00")

    def test_07_spring_forward_around_the_clock(self):
        due = calendar(ALWAYS).add(local("2027-03-13 22:00"), 8 * HOUR)
        assert due == local("2027-03-14 07:00")

    def test_08_fall_back_around_the_clock(self):
        due = calendar(ALWAYS).add(local("2027-11-06 22:00"), 8 * HOUR)
        assert due == local("2027-11-07 05:00")

    def test_08_lord_howe_shifts_by_half_an_hour(self):
        tz = "Australia/Lord_Howe"
        due = calendar(ALWAYS, tz).add(local("2027-04-03 22:00", tz), 8 * HOUR)
        assert due == local("2027-04-04 05:30", tz)

    def test_09_opening_inside_the_spring_gap_moves_on_by_the_gap(self):
        sunday = calendar({6: [("02:30", "05:00")]})
        opening = sunday.next_opening(local("2027-03-14 00:00"))
        assert opening == local("2027-03-14 03:30")
        assert opening == datetime(2027, 3, 14, 7, 30, tzinfo=UTC)

    def test_09_window_over_the_autumn_fold_lasts_two_hours(self):
        sunday = calendar({6: [("01:30", "02:30")]})
        night = local("2027-11-07 00:00"), local("2027-11-07 12:00")
        assert sunday.elapsed(*night) == 7200

    # Case 10 is the properties below.

    @pytest.mark.parametrize(
        "never",
        [
            {"weekly": {}},
            {"weekly": {0: []}},
            {"weekly": {}, "opened": {date(2027, 1, 18): []}},
        ],
    )
    def test_11_a_calendar_that_never_opens_has_no_deadline(self, never):
        empty = calendar(**never)
        at = local("2027-01-16 15:00")
        assert [empty.add(at, seconds) for seconds in (0, 1, 10**15)] == [None, None, None]
        assert empty.elapsed(at, at + timedelta(days=900)) == 0
        assert (empty.is_open(at), empty.next_opening(at)) == (False, None)

    def test_11_the_last_opening_in_the_past_has_no_deadline(self):
        once = calendar({}, opened={date(2027, 1, 18): [("10:00", "14:00")]})
        assert once.add(local("2027-01-18 10:00"), 4 * HOUR) == local("2027-01-18 14:00")
        assert once.add(local("2027-01-18 10:00"), 4 * HOUR + 1) is None
        assert once.next_opening(local("2027-01-18 14:00")) is None

    def test_11_a_promise_beyond_the_year_2199_has_no_deadline(self):
        at = local("2027-01-16 15:00")
        assert calendar().add(at, 10**15) is None
        assert calendar().add(at, 170 * 365 * 86_400) is None

    def test_11_ninety_days_are_laid_out_by_the_day(self):
        office = calendar()
        due = office.add(local("2027-01-15 09:00"), 90 * 8 * HOUR)
        assert due == local("2027-05-20 17:00")
        assert len(office._timeline.opens) < 200  # spells, of which a day has one


class TestDays:
    def test_opened_replaces_the_hours_of_its_day_and_wins_over_closed(self):
        monday = date(2027, 1, 18)
        short = calendar(closed={monday}, opened={monday: [("10:00", "14:00")]})
        week = local("2027-01-16 00:00"), local("2027-01-19 00:00")
        assert short.elapsed(*week) == 4 * HOUR
        assert short.next_opening(week[0]) == local("2027-01-18 10:00")

    def test_opened_with_no_windows_is_closed(self):
        office = calendar(opened={date(2027, 1, 18): []})
        assert office.next_opening(local("2027-01-16 00:00")) == local("2027-01-19 09:00")

    def test_closed_day_loses_its_own_night_and_keeps_the_one_before(self):
        night = calendar(
            {day: [("22:00", "06:00")] for day in range(7)}, closed={date(2027, 1, 18)}
        )
        assert night.is_open(local("2027-01-18 05:59"))
        assert not night.is_open(local("2027-01-18 22:00"))
        assert not night.is_open(local("2027-01-19 05:59"))

    def test_overlapping_windows_count_once_also_across_midnight(self):
        twice = calendar({0: [("09:00", "13:00"), ("12:00", "17:00"), ("10:00", "11:00")]})
        assert twice.elapsed(local("2027-01-18 00:00"), local("2027-01-19 00:00")) == 8 * HOUR
        nights = calendar({0: [("20:00", "08:00")], 1: [("06:00", "10:00")]})
        assert nights.elapsed(local("2027-01-18 00:00"), local("2027-01-20 00:00")) == 14 * HOUR

    @pytest.mark.parametrize("window", [("09:00", "09:00"), ("00:00", "00:00"), ("00:00", "24:00")])
    def test_window_that_ends_where_it_starts_is_a_whole_day(self, window):
        monday = calendar({0: [window]})
        week = local("2027-01-16 00:00"), local("2027-01-22 00:00")
        assert monday.elapsed(*week) == 24 * HOUR

    def test_window_turned_inside_out_by_the_spring_gap_does_not_open(self):
        sunday = calendar({6: [("02:30", "03:15")]})
        assert sunday.elapsed(local("2027-03-14 00:00"), local("2027-03-15 00:00")) == 0

    def test_twice_told_time_means_its_first_coming(self):
        sunday = calendar({6: [("00:30", "01:30")]})
        assert sunday.elapsed(local("2027-11-07 00:00"), local("2027-11-08 00:00")) == HOUR
        assert not sunday.is_open(local("2027-11-07 01:15", fold=1))

    def test_midnight_that_the_clocks_jump_over_loses_nothing(self):
        tz = "Africa/Cairo"  # 2027-04-30 begins at 01:00
        due = calendar(ALWAYS, tz).add(local("2027-04-29 23:00", tz), 2 * HOUR)
        assert due == local("2027-04-30 02:00", tz)


class TestEdges:
    def test_zero_seconds_are_due_at_the_start_open_or_closed(self):
        for start in (local("2027-01-16 15:00"), local("2027-01-15 12:00:00.25")):
            assert calendar().add(start, 0) == start

    def test_results_are_in_utc_whatever_zone_was_asked_in(self):
        start = local("2027-01-16 15:00", "Asia/Kolkata")
        office = calendar()
        assert office.add(start, HOUR).tzinfo is UTC
        assert office.add(start, 0).tzinfo is UTC
        assert office.next_opening(start).tzinfo is UTC
        assert office.add(start, HOUR) == office.add(start.astimezone(UTC), HOUR)

    def test_microseconds_are_worked_not_rounded(self):
        late = local("2027-01-15 16:59:59.5")
        assert calendar().add(late, 1) == local("2027-01-18 09:00:00.5")
        assert calendar().elapsed(late, local("2027-01-18 09:00:00.5")) == 1
        assert calendar().elapsed(late, local("2027-01-18 09:00:00.499999")) == 0

    def test_start_a_moment_before_opening_begins_at_opening(self):
        assert calendar().add(local("2027-01-18 08:59:59.9"), 60) == local("2027-01-18 09:01")

    def test_elapsed_backwards_is_negative(self):
        earlier, later = local("2027-01-15 16:00"), local("2027-01-18 10:00:00.7")
        assert calendar().elapsed(earlier, later) == 2 * HOUR
        assert calendar().elapsed(later, earlier) == -2 * HOUR
        assert calendar().elapsed(later, later) == 0

    def test_open_from_the_first_instant_up_to_not_including_the_last(self):
        office = calendar()
        hours = [local(f"2027-01-18 {t}") for t in ("08:59:59", "09:00", "16:59:59", "17:00")]
        assert [office.is_open(at) for at in hours] == [False, True, True, False]
        assert office.next_opening(hours[2]) == hours[2]
        assert office.next_opening(hours[3]) == local("2027-01-19 09:00")

    def test_answers_do_not_depend_on_what_was_asked_before(self):
        asked, years = calendar(), (2027, 1950, 2100, 1900, 2026, 2199)
        for year in years:
            start = datetime(year, 6, 1, 12, tzinfo=UTC)
            assert asked.add(start, 40 * HOUR) == calendar().add(start, 40 * HOUR)
        whole = local("1900-01-02 00:00"), local("2199-12-30 00:00")
        assert asked.elapsed(*whole) == calendar().elapsed(*whole)

    @pytest.mark.parametrize("tz", ["Pacific/Kiritimati", "Pacific/Pago_Pago"])
    def test_the_timeline_is_whole_up_to_its_edges(self, tz):
        nights = {day: [("23:00", "22:00")] for day in range(7)}
        grown = calendar(nights, tz)
        grown.is_open(local("2027-01-15 12:00"))
        for at in (datetime(1990, 3, 1, 5, tzinfo=UTC), datetime(2060, 3, 1, 5, tzinfo=UTC)):
            assert grown.elapsed(at, at + timedelta(hours=1)) == HOUR
            grown = calendar(nights, tz)
            grown.is_open(local("2027-01-15 12:00"))
            assert grown.elapsed(at - timedelta(hours=1), at) == HOUR

    def test_an_opening_in_a_far_year_is_found(self):
        once = calendar({}, opened={date(2190, 1, 18): [("10:00", "14:00")]})
        assert once.add(local("2027-01-15 12:00"), HOUR) == local("2190-01-18 11:00")

    def test_threads_share_a_calendar(self):
        shared = calendar()
        starts = [datetime(1990 + n * 7 % 80, 3, 1 + n % 28, tzinfo=UTC) for n in range(400)]
        expected = [calendar().add(start, 30 * HOUR) for start in starts]
        with ThreadPoolExecutor(8) as threads:
            assert list(threads.map(lambda at: shared.add(at, 30 * HOUR), starts)) == expected


class TestBadInput:
    """Each message names the thing, the value and the remedy."""

    @pytest.mark.parametrize(
        ("wrong", "message"),
        [
            ({"tz": "America/Gotham"}, "time zone 'America/Gotham' is unknown: use an IANA name"),
            ({"tz": "America"}, "time zone 'America' is unknown"),
            ({"tz": ""}, "time zone '' is unknown"),
            ({"tz": "../etc/passwd"}, "time zone '../etc/passwd' is unknown"),
            ({"tz": None}, "time zone None is unknown"),
            ({"weekly": {7: []}}, r"weekday 7: use a number from 0 \(Monday\) to 6 \(Sunday\)"),
            ({"weekly": {"0": []}}, "weekday '0': use a number"),
            ({"weekly": {True: []}}, "weekday True: use a number"),
            ({"weekly": {0: [("9:00", "17:00")]}}, "time '9:00' of 0: write it as HH:MM"),
            ({"weekly": {0: [("09:00", "24:01")]}}, "time '24:01' of 0"),
            ({"weekly": {0: [("09:00", "17:60")]}}, "time '17:60' of 0"),
            ({"weekly": {0: [("09:00", "١٧:٠٠")]}}, "time '١٧:٠٠' of 0"),
            ({"weekly": {0: [("09:00", "17:00\n")]}}, r"time '17:00\\n' of 0"),
            ({"weekly": {0: [("09:00", 17)]}}, "time 17 of 0"),
            ({"weekly": {0: [("24:00", "06:00")]}}, "starts at 24:00: use 00:00 the next day"),
            ({"weekly": {0: ["09:00-17:00"]}}, r"'09:00-17:00' of 0: give a pair such as \('09"),
            ({"weekly": {0: ("09:00", "17:00")}}, "window '09:00' of 0: give a pair"),
            ({"weekly": {0: [("09:00",)]}}, r"window \('09:00',\) of 0: give a pair"),
            ({"weekly": {0: "09:00-17:00"}}, "windows '09:00-17:00' of 0: give a list"),
            ({"weekly": {0: None}}, "windows None of 0: give a list"),
            ({"closed": ["2027-01-18"]}, "closed day '2027-01-18': give a date"),
            ({"closed": [local("2027-01-18 00:00")]}, r"closed day datetime.* give a date"),
            ({"opened": {"2027-01-18": []}}, "opened day '2027-01-18': give a date"),
            ({"opened": {date(2027, 1, 18): [("x", "y")]}}, "time 'x' of 2027-01-18: write it"),
        ],
    )
    def test_calendar_is_refused(self, wrong, message):
        with pytest.raises(ValueError, match=message):
            WorkingCalendar(**{"tz": NEW_YORK, "weekly": OFFICE, **wrong})

    def test_naive_instants_are_refused_everywhere(self):
        office, aware = calendar(), local("2027-01-15 12:00")
        naive = aware.replace(tzinfo=None)
        for ask in (
            lambda: office.add(naive, 1),
            lambda: office.elapsed(naive, aware),
            lambda: office.elapsed(aware, naive),
            lambda: office.is_open(naive),
            lambda: office.next_opening(naive),
        ):
            with pytest.raises(ValueError, match=r"2027, 1, 15, 12, 0\) has no time zone: give an"):
                ask()

    @pytest.mark.parametrize("seconds", [-1, 1.5, 60.0, "60", None, timedelta(seconds=1)])
    def test_seconds_are_a_whole_number_from_zero_up(self, seconds):
        with pytest.raises(ValueError, match=r"seconds .*: give a whole number, 0 or more"):
            calendar().add(local("2027-01-15 12:00"), seconds)

    @pytest.mark.parametrize(
        ("start", "day"),
        [
            (datetime.min.replace(tzinfo=ZoneInfo("Asia/Tokyo")), "0001-01-01"),
            (datetime(1899, 12, 31, 23, tzinfo=UTC), "1899-12-31"),
            (datetime(2200, 1, 1, 1, tzinfo=UTC), "2200-01-01"),
            (datetime.max.replace(tzinfo=ZoneInfo(NEW_YORK)), "9999-12-31"),
        ],
    )
    def test_years_without_end_are_refused_at_once(self, start, day):
        with pytest.raises(ValueError, match=f"instant {day} UTC: give one from 1900 to 2199"):
            calendar(ALWAYS).add(start, HOUR)


def test_imports_the_standard_library_only():
    tree = ast.parse(Path(business_time.__file__).read_text())
    names = {
        name.split(".")[0]
        for node in ast.walk(tree)
        for name in (
            [alias.name for alias in node.names]
            if isinstance(node, ast.Import)
            else [node.module]
            if isinstance(node, ast.ImportFrom)
            else []
        )
    }
    assert names - sys.stdlib_module_names == set()


# The second implementation: a set of open minutes around one week, and stepping through them.

MINUTE = timedelta(minutes=1)
EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
AROUND = 18  # days on both sides of the middle that the slow calendar knows
ZONES = [
    NEW_YORK,
    "Australia/Lord_Howe",  # shifts by 30 minutes
    "Europe/London",
    "Africa/Cairo",  # shifts at midnight
    "America/Havana",
    "Asia/Kathmandu",  # +05:45
    "Pacific/Chatham",  # +12:45, +13:45
    "Pacific/Kiritimati",  # +14
    "Pacific/Pago_Pago",  # -11
    "Africa/Casablanca",  # several shifts a year
    "America/Scoresbysund",
    "Antarctica/Troll",  # shifts by two hours
    "UTC",
]
MIDDLES = [  # nights of a shift in one zone or another, and days of none
    date(2027, 3, 14), date(2027, 11, 7), date(2027, 3, 28), date(2027, 10, 31),
    date(2027, 4, 4), date(2027, 10, 3), date(2027, 4, 30), date(2027, 10, 29),
    date(2027, 9, 26), date(2028, 2, 29), date(2026, 12, 31),
]  # fmt: skip


class SlowCalendar:
    def __init__(self, middle: date, *, tz, weekly, closed, opened):
        self.middle, self.zone = middle, ZoneInfo(tz)
        self.weekly, self.closed, self.opened = weekly, closed, opened

    @cached_property
    def open_minutes(self) -> set[datetime]:
        found = set()
        for offset in range(-AROUND, AROUND + 1):
            day = self.middle + timedelta(days=offset)
            for start, end in self.windows(day):
                opening = self.utc(day, start)
                closing = self.utc(day if end > start else day + timedelta(days=1), end)
                while opening < closing:
                    found.add(opening)
                    opening += MINUTE
        return found

    def windows(self, day: date) -> list[tuple[str, str]]:
        if day in self.opened:
            return self.opened[day]
        return [] if day in self.closed else self.weekly.get(day.weekday(), [])

    def utc(self, day: date, text: str) -> datetime:
        """The first instant that shows this wall time, or what the old offset makes of it."""
        hours, minutes = map(int, text.split(":"))
        midnight = datetime.combine(day, time())
        wall = midnight + timedelta(hours=hours, minutes=minutes)
        offsets = [
            (wall + timedelta(hours=aside)).replace(tzinfo=UTC).astimezone(self.zone).utcoffset()
            for aside in (-30, 30)
        ]
        guesses = [(wall - offset).replace(tzinfo=UTC) for offset in offsets]
        shown = [at for at in guesses if at.astimezone(self.zone).replace(tzinfo=None) == wall]
        return min(shown, default=guesses[0])

    def is_open(self, at: datetime) -> bool:
        return at.replace(second=0, microsecond=0) in self.open_minutes

    def add(self, start: datetime, seconds: int) -> datetime | None:
        at, left = start.astimezone(UTC), timedelta(seconds=seconds)
        while left:
            following = at.replace(second=0, microsecond=0) + MINUTE
            if self.is_open(at):
                if left <= following - at:
                    return at + left
                left -= following - at
            at = following
            if at.date() > self.middle + timedelta(days=AROUND - 3):
                return None  # not known here
        return at

    def elapsed(self, start: datetime, end: datetime) -> int:
        at, end, worked = start.astimezone(UTC), end.astimezone(UTC), timedelta()
        while at < end:
            following = min(at.replace(second=0, microsecond=0) + MINUTE, end)
            worked += following - at if self.is_open(at) else timedelta()
            at = following
        return worked // timedelta(seconds=1)


clock_times = st.one_of(
    st.sampled_from(["00:00", "01:30", "02:00", "02:30", "03:00", "09:00", "17:00", "22:00"]),
    st.builds("{:02}:{:02}".format, st.integers(0, 23), st.integers(0, 59)),
)
window_lists = st.lists(st.tuples(clock_times, clock_times | st.just("24:00")), max_size=3)


@st.composite
def questions(draw) -> dict:
    """A calendar, an instant near a middle day, and how many seconds are promised."""
    middle = draw(st.sampled_from(MIDDLES) | st.dates(date(2024, 1, 1), date(2035, 12, 31)))
    near = st.integers(-4, 4).map(lambda days: middle + timedelta(days=days))
    around_the_clock = st.just(ALWAYS)
    weeks = st.dictionaries(st.integers(0, 6), window_lists) | around_the_clock | st.just(OFFICE)
    start = datetime(middle.year, middle.month, middle.day, tzinfo=UTC)
    return {
        "middle": middle,
        "hours": {
            "tz": draw(st.sampled_from(ZONES) | st.timezone_keys(allow_prefix=False)),
            "weekly": draw(weeks),
            "closed": draw(st.sets(near, max_size=3)),
            "opened": draw(st.dictionaries(near, window_lists, max_size=2)),
        },
        "start": start + timedelta(seconds=draw(st.integers(-3 * 86_400, 3 * 86_400)))
        + timedelta(microseconds=draw(st.sampled_from([0, 0, 1, 500_000, 999_999]))),
        "seconds": draw(st.integers(0, 4 * 86_400) | st.integers(0, 120) | st.just(8 * HOUR)),
    }  # fmt: skip


SPRING_GAP = {
    "middle": date(2027, 3, 14),
    "hours": {"tz": NEW_YORK, "weekly": {6: [("02:30", "05:00")]}, "closed": set(), "opened": {}},
    "start": datetime(2027, 3, 14, 6, tzinfo=UTC),
    "seconds": HOUR,
}


class TestProperties:
    """Case 10, for random zones, windows, holidays and opened days."""

    @given(questions())
    @example(SPRING_GAP)
    @settings(max_examples=60)
    def test_agrees_with_the_slow_calendar(self, question):
        start, seconds = question["start"], question["seconds"]
        fast = WorkingCalendar(**question["hours"])
        slow = SlowCalendar(question["middle"], **question["hours"])
        end = start + timedelta(seconds=seconds)
        assert fast.is_open(start) == slow.is_open(start)
        assert fast.elapsed(start, end) == slow.elapsed(start, end)
        due = slow.add(start, seconds)
        if due is not None and fast._opens_ever:
            assert fast.add(start, seconds) == due

    @given(questions())
    @settings(max_examples=60)
    def test_elapsed_takes_back_what_add_gave(self, question):
        start, seconds = question["start"], question["seconds"]
        fast = WorkingCalendar(**question["hours"])
        due = fast.add(start, seconds)
        if due is not None:
            assert due >= start
            assert fast.elapsed(start, due) == seconds
            if seconds:  # and no earlier instant would do
                assert fast.elapsed(start, due - timedelta(microseconds=1)) == seconds - 1

    @given(questions(), st.integers(0, 5 * 86_400 * 10**6), st.integers(0, 90 * 86_400))
    @settings(max_examples=60)
    def test_add_never_decreases(self, question, later, more):
        start, seconds = question["start"], question["seconds"]
        fast = WorkingCalendar(**question["hours"])
        never = datetime.max.replace(tzinfo=UTC)
        due = fast.add(start, seconds) or never
        assert (fast.add(start + timedelta(microseconds=later), seconds) or never) >= due
        assert (fast.add(start, seconds + more) or never) >= due

    @given(questions(), st.integers(-(10**6), 10**6), st.integers(-(10**6), 10**6))
    @settings(max_examples=60)
    def test_elapsed_adds_up_for_whole_seconds(self, question, first, second):
        fast = WorkingCalendar(**question["hours"])
        a = question["start"].replace(microsecond=0)
        b, c = a + timedelta(seconds=first), a + timedelta(seconds=second)
        assert fast.elapsed(a, b) + fast.elapsed(b, c) == fast.elapsed(a, c)
        assert fast.elapsed(a, b) == -fast.elapsed(b, a)

    @given(questions())
    @settings(max_examples=60)
    def test_next_opening_is_open_and_nothing_was_worked_before_it(self, question):
        start = question["start"]
        fast = WorkingCalendar(**question["hours"])
        opening = fast.next_opening(start)
        if opening is None:
            assert fast.add(start, 1) is None
        else:
            assert opening >= start
            assert fast.is_open(opening)
            assert fast.elapsed(start, opening) == 0
            assert fast.add(start, 1) == fast.add(opening, 1)
