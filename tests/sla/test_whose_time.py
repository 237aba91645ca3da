"""The waiting split into parts: held against a second reckoning, minute by minute."""

from collections import Counter
from datetime import UTC, datetime, timedelta
from itertools import pairwise

import pytest
from django.test import Client
from django.urls import reverse
from hypothesis import given
from hypothesis import strategies as st

from accounts.models import Absence
from leads.activities import log_touch
from leads.handover import hand_over
from leads.models import Handoff, Pool
from leads.qualification import reassign, recycle
from leads.returns import answer
from sla.business_time import WorkingCalendar
from sla.clocks.pausing import pause, resume
from sla.figures import handoff_time
from sla.figures.whose_time import Part, Record, split
from sla.views.whose_time import bars, time_words
from tests.factories import NEW_YORK, hours, ny
from tests.leads.api.program import Program

OFFICE = WorkingCalendar(
    tz="America/New_York", weekly={day: [("09:00", "17:00")] for day in range(5)}
)
NOON_SHIFT = WorkingCalendar(
    tz="America/New_York", weekly={day: [("12:00", "20:00")] for day in range(5)}
)
# A Thursday morning before the office opens; what follows may cross a weekend.
BASE = datetime(2027, 1, 14, 11, tzinfo=UTC)
minutes = st.integers(0, 4 * 24 * 60)


def after(n: int) -> datetime:
    return BASE + timedelta(minutes=n)


@st.composite
def records(draw) -> Record:
    ready, late = draw(minutes), draw(st.integers(0, 300))
    handed = ready + late
    owners = [(after(handed), draw(st.sampled_from([None, 1, 2])))]
    changes = draw(st.lists(st.tuples(st.integers(0, 3000), st.sampled_from([None, 1, 2]))))
    owners += [(after(handed + n), rep) for n, rep in sorted(changes, key=lambda c: c[0])]
    pauses = [
        (after(handed + start), None if length is None else after(handed + start + length))
        for start, length in draw(
            st.lists(st.tuples(st.integers(0, 3000), st.none() | st.integers(0, 2000)))
        )
    ]
    touch = draw(st.none() | st.integers(0, 5000))
    closed = draw(st.none() | st.integers(0, 5000))
    returned = None
    if closed is not None and draw(st.booleans()):
        answered = draw(st.none() | st.integers(0, 3000))
        returned = (
            after(handed + closed),
            None if answered is None else after(handed + closed + answered),
        )
    return Record(
        ready_at=after(ready),
        handed_over_at=after(handed),
        owners=owners,
        pauses=pauses,
        first_touch_at=None if touch is None else after(handed + touch),
        closed_at=None if closed is None else after(handed + closed),
        returned=returned,
    )


def is_open(instant: datetime, opens: int, closes: int) -> bool:
    local = instant.astimezone(NEW_YORK)
    return local.weekday() < 5 and opens <= local.hour < closes


def slowly(record: Record, at: datetime) -> tuple[Counter, Counter]:
    """Ask of every minute up to `at` whom the lead waits for: (working, wall) seconds by part."""
    working, wall = Counter(), Counter()
    minute = record.ready_at
    while minute < at:
        who = None
        over = [record.first_touch_at, record.closed_at]
        if record.returned and record.returned[0] <= minute:
            if record.returned[1] is None or minute < record.returned[1]:
                who = "marketing"
        elif not any(end is not None and end <= minute for end in over):
            if minute < record.handed_over_at:
                who = "system"
            elif any(a <= minute and not (b and b <= minute) for a, b in record.pauses):
                who = "prospect"
            else:
                last = [rep for since, rep in record.owners if since <= minute][-1]
                who = "queue" if last is None else "rep"
        if who:
            wall[who] += 60
            working[who] += 60 * is_open(minute, *((12, 20) if who == "marketing" else (9, 17)))
        minute += timedelta(minutes=1)
    return +working, +wall


@given(records(), st.integers(0, 12_000))
def test_the_parts_are_what_asking_every_minute_says_and_add_up(record, now):
    at = record.ready_at + timedelta(minutes=now)
    found = split(record, at=at, sales=OFFICE, marketing=NOON_SHIFT)

    parts = found.parts
    assert list(parts) == list(Part)
    assert (
        Counter({part.value: amount.working for part, amount in parts.items() if amount.working}),
        Counter({part.value: amount.wall for part, amount in parts.items() if amount.wall}),
    ) == slowly(record, at)
    whole = found.whole
    assert whole.working == sum(amount.working for amount in parts.values())
    assert whole.wall == sum(amount.wall for amount in parts.values())


@given(records(), st.integers(0, 12_000), st.floats(0, 60))
def test_stretches_touch_and_no_second_is_lost_between_them(record, now, seconds):
    """Odd fractions of a second too: the sum is the whole, to the second."""
    at = record.ready_at + timedelta(minutes=now, seconds=seconds)
    record.owners = [
        (since + timedelta(seconds=0.37 * (n + 1)), rep)
        for n, (since, rep) in enumerate(record.owners)
    ]
    found = split(record, at=at, sales=OFFICE, marketing=NOON_SHIFT)
    sales = [s for s in found.stretches if s.part != Part.MARKETING]
    for first, second in pairwise(sales):
        assert first.end == second.start
    if sales:
        start, end = sales[0].start, sales[-1].end
        assert sum(s.working for s in sales) == OFFICE.elapsed(start, end)
        assert sum(s.wall for s in sales) == int((end - start).total_seconds())


def test_without_a_calendar_every_hour_counts():
    record = Record(ready_at=BASE, handed_over_at=BASE, owners=[(BASE, 1)])
    found = split(record, at=BASE + hours(30), sales=None, marketing=None)
    assert (found.parts[Part.REP].working, found.whole.wall) == (30 * 3600, 30 * 3600)


# --- From what was recorded ----------------------------------------------------------------------

AT = ny("2027-01-15 10:00")  # a Friday
H = 3600


def told(handoff: Handoff, at: datetime) -> dict[str, int]:
    """Working seconds by part, those without any left out."""
    (found,) = handoff_time.of(Handoff.objects.filter(pk=handoff.pk), at=at)
    return {part.value: a.working for part, a in found.split.parts.items() if a.working}


@pytest.fixture
def handoff(cast) -> Handoff:
    """Sam's, from Friday at ten."""
    cast.pool.members.filter(user=cast.sue).update(capacity=0)
    return cast.hot_lead(at=AT).handoffs.get()


def test_the_reps_part_ends_with_the_first_contact(cast, handoff):
    handoff.accept(cast.sam, at=ny("2027-01-15 10:30"))
    assert told(handoff, ny("2027-01-15 11:00")) == {"rep": H}
    log_touch(handoff.lead, "call", by=cast.sam, at=ny("2027-01-15 12:00"))
    assert told(handoff, ny("2027-01-18 12:00")) == {"rep": 2 * H}


def test_nights_and_weekends_are_nobodys(cast, handoff):
    assert told(handoff, ny("2027-01-18 10:00")) == {"rep": 8 * H}


def test_a_pause_is_the_prospects(cast, handoff):
    handoff.accept(cast.sam, at=AT)
    pause(handoff, by=cast.sam, at=ny("2027-01-15 11:00") - hours(0.5), reason="prospect_asked",
          until=ny("2027-01-18 10:00"))  # fmt: skip
    assert told(handoff, ny("2027-01-18 12:00")) == {"rep": 2.5 * H, "prospect": 7.5 * H}
    resume(handoff, by=cast.sam, at=ny("2027-01-15 16:00"))
    assert told(handoff, ny("2027-01-15 17:00")) == {"rep": 1.5 * H, "prospect": 5.5 * H}


def test_each_owner_has_their_own_part(cast, handoff):
    reassign(handoff, cast.sue, by=cast.dana, at=ny("2027-01-15 11:00"), reason="Sam is ill")
    reassign(handoff, None, by=cast.dana, at=ny("2027-01-15 12:30"), reason="Nobody")
    (found,) = handoff_time.of(Handoff.objects.all(), at=ny("2027-01-15 13:00"))
    assert [(s.part.value, s.owner_id, s.working) for s in found.split.stretches] == [
        ("rep", cast.sam.pk, H), ("rep", cast.sue.pk, 1.5 * H), ("queue", None, 0.5 * H),
    ]  # fmt: skip


def test_a_pool_that_nobody_takes_from_is_the_queue(cast):
    Pool.objects.update(mode=Pool.Mode.OPEN)
    cast.pool.refresh_from_db()
    cast.pool.save()
    handoff = cast.hot_lead(at=AT).handoffs.get()
    handoff.accept(cast.sue, at=ny("2027-01-15 10:20"))
    assert told(handoff, ny("2027-01-15 11:00")) == {"queue": 1200, "rep": 2400}


def test_a_return_is_marketings_until_it_is_answered(cast, handoff):
    returned = handoff.reject(cast.sam, reason="not_ready", at=ny("2027-01-15 11:00"))
    assert told(handoff, ny("2027-01-15 13:00")) == {"rep": H, "marketing": 2 * H}
    answer(returned, "accepted", by=cast.maya, at=ny("2027-01-15 14:00"))
    assert told(handoff, ny("2027-01-20 13:00")) == {"rep": H, "marketing": 3 * H}


def test_a_lead_that_was_ready_and_lay_there_waited_for_the_hand_over(cast):
    cast.campaign.hand_over_at_once = False
    cast.campaign.save()
    lead = cast.hot_lead(at=AT)
    (handoff,) = hand_over([lead], by=cast.maya, at=ny("2027-01-15 13:00"))
    assert told(handoff, ny("2027-01-15 14:00")) == {"system": 3 * H, "rep": H}


def test_the_second_cycle_does_not_count_the_first(cast, handoff):
    handoff.accept(cast.sam, at=AT)
    recycle(handoff.lead, by=cast.sam, at=ny("2027-01-15 12:00"), reason="no_budget")
    (second,) = hand_over(
        [handoff.lead], by=cast.maya, at=ny("2027-01-19 10:00"), override_reason="They asked"
    )
    assert told(second, ny("2027-01-19 11:00")) == {"rep": H}


def test_changed_hours_change_no_past(cast, handoff):
    handoff.accept(cast.sam, at=AT)
    Absence.objects.create(user=cast.sam, starts_at=AT, ends_at=AT + hours(100))
    cast.calendar.pk, cast.calendar.number = None, 2
    cast.calendar.weekly = {"4": [["09:00", "10:15"]]}
    cast.calendar.save()
    assert told(handoff, ny("2027-01-15 12:00")) == {"rep": 2 * H}


def test_the_record_costs_the_same_for_one_and_many(cast, django_assert_num_queries):
    for n in range(4):
        found = cast.hot_lead(at=AT, email=f"{n}@spa.example").handoffs.get()
        if n % 2:
            found.reject(found.owner, reason="not_ready", at=AT + hours(1))
    handoff_time.of(Handoff.objects.all(), at=AT)
    for some in (Handoff.objects.all()[:1], Handoff.objects.all()):
        with django_assert_num_queries(6):
            handoff_time.of(some, at=AT + hours(2))


def test_the_averages_are_of_all_and_of_each_rep(cast, handoff):
    cast.pool.members.filter(user=cast.sue).update(capacity=100)
    reassign(handoff, cast.sue, by=cast.dana, at=ny("2027-01-15 12:00"), reason="Sam is ill")
    cast.pool.members.filter(user=cast.sam).update(capacity=0)
    cast.hot_lead(at=AT, email="b@spa.example")  # Sue's

    def told_to(user):
        found = handoff_time.averages(user, AT - hours(1), AT + hours(1), at=ny("2027-01-15 13:00"))
        assert found.more is False
        return found.whole, *(
            {each.name: (each.handoffs, each.mean(Part.REP)) for each in group}
            for group in (found.reps, found.teams)
        )

    whole, reps, teams = told_to(cast.dana)
    assert (whole.handoffs, whole.mean(Part.REP)) == (2, 3 * H)
    assert reps == {"Sam": (1, 2 * H), "Sue": (2, 2 * H)}
    assert teams == {"Sales": (2, 3 * H)}
    assert told_to(cast.sue)[1:] == ({"Sue": (2, 2 * H)}, {})
    assert told_to(cast.maya)[1:] == ({}, {})
    assert told_to(cast.outsider)[0].handoffs == 0


# --- On the pages and in the API -----------------------------------------------------------------


def page_of(user, url: str, **headers: str) -> str:
    client = Client()
    client.force_login(user)
    return " ".join(client.get(url, headers=headers).content.decode().split())


def test_the_bar_says_each_part_in_words_and_time(cast, handoff):
    url = reverse("handoff-time", args=[handoff.pk])
    for page in (page_of(cast.sam, url), page_of(cast.sam, url, **{"HX-Request": "true"})):
        for words in ("With a rep, no contact yet", "Paused for the prospect", "<svg class="):
            assert words in page
    assert "<html" in page_of(cast.sam, url)
    assert "<html" not in page_of(cast.sam, url, **{"HX-Request": "true"})
    assert url in page_of(cast.sam, handoff.lead.get_absolute_url())


def test_the_bars_fill_the_width_and_a_minute_can_be_seen():
    drawn = bars({Part.SYSTEM: 0, Part.QUEUE: 60, Part.REP: 100_000, Part.PROSPECT: 0,
                  Part.MARKETING: 100_000})  # fmt: skip
    assert [bar.width for bar in drawn] == [0, 8, 495, 0, 495]
    assert [(bar.x, bar.said) for bar in drawn if bar.width] == [
        (0, "1 min"), (8, "3 working days 3 h"), (503, "3 working days 3 h"),
    ]  # fmt: skip


@pytest.mark.parametrize(
    ("seconds", "words"),
    [(59, "under a minute"), (60, "1 min"), (8640, "2 h 24 min"), (12 * H, "12 h"),
     (16 * H, "2 working days"), (17 * H + 60, "2 working days 1 h")],
)  # fmt: skip
def test_a_part_is_told_to_the_minute(seconds, words):
    assert time_words(seconds) == words


def test_programs_read_parts_that_add_up(cast):
    lead = cast.hot_lead(at=ny("2026-01-15 10:00"))
    handoff = lead.handoffs.get()
    owner = handoff.owner
    reassign(handoff, None, by=cast.dana, at=ny("2026-01-15 12:00"), reason="Nobody")
    handoff.accept(cast.sam, at=ny("2026-01-15 12:30"))
    log_touch(lead, "call", by=cast.sam, at=ny("2026-01-15 13:00"))

    got = Program(cast.dana).get(f"sla/handoffs/{handoff.pk}/time/").json()

    assert (got["handoff"], got["lead"], got["open"]) == (handoff.pk, lead.pk, False)
    assert {part: amount["working_seconds"] for part, amount in got["parts"].items()} == {
        "system": 0, "queue": 1800, "rep": 2.5 * H, "prospect": 0, "marketing": 0,
    }  # fmt: skip
    assert got["whole"] == {"working_seconds": 3 * H, "wall_seconds": 3 * H}
    assert [(s["part"], s["owner"], s["working_seconds"]) for s in got["stretches"]] == [
        ("rep", owner.email, 2 * H), ("queue", None, 1800), ("rep", "sam@demo.test", 1800),
    ]  # fmt: skip
    assert got["counted_in"]["sales"] == "New-York"


def test_the_means_of_a_period_are_on_the_compliance_page(cast):
    for n in range(2):
        handoff = cast.hot_lead(at=ny("2026-01-15 10:00"), email=f"{n}@spa.example").handoffs.get()
        handoff.accept(handoff.owner, at=ny("2026-01-15 10:05"))
        log_touch(handoff.lead, "call", by=handoff.owner, at=ny("2026-01-15 12:00"))
    dates = "?from=2026-01-15&to=2026-01-15"
    url = f"{reverse('compliance-time')}{dates}"
    page = page_of(cast.dana, url)
    assert '<dd data-part="rep">2 h</dd>' in page
    assert "Mean of 2 leads" in page
    assert "By rep" in page
    assert "By rep" not in page_of(cast.maya, url)
    assert "No lead was handed over" in page_of(cast.outsider, url)
    assert reverse("compliance-time") in page_of(cast.dana, reverse("compliance") + dates)
