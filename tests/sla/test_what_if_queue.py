"""The model of a pool's line: how another number of reps would change the first contact."""

from datetime import timedelta

import pytest

from leads.activities import log_touch
from sla.business_time import WorkingCalendar
from sla.replays.draft import draft_of
from sla.replays.queueing import ENOUGH, Line, contacts
from sla.replays.what_if import what_if
from tests.factories import ny

OFFICE = WorkingCalendar(
    tz="America/New_York", weekly={day: [("09:00", "17:00")] for day in range(5)}
)
START, NOW = ny("2027-01-11 00:00"), ny("2027-01-22 16:00")


def at(*clocks: str):
    return [ny(f"2027-01-15 {clock}") for clock in clocks]


@pytest.mark.parametrize(
    ("reps", "contacted"),
    [
        (1, ["10:30", "11:00", "11:30", "14:30"]),
        (2, ["10:30", "10:30", "11:00", "14:30"]),
        (3, ["10:30", "10:30", "10:40", "14:30"]),
        (9, ["10:30", "10:30", "10:40", "14:30"]),
    ],
)
def test_leads_are_taken_in_turn_by_whoever_is_free(reps, contacted):
    came = at("10:00", "10:00", "10:10", "14:00")
    found = contacts(came, reps=reps, handling=1800, working=OFFICE)
    assert found == at(*contacted)


def test_a_contact_goes_on_after_the_weekend():
    found = contacts(at("16:40", "16:50"), reps=1, handling=1800, working=OFFICE)
    assert found == [ny("2027-01-18 09:10"), ny("2027-01-18 09:40")]


def line(cast, **pools) -> Line:
    draft = draft_of(pools=pools, at=NOW)
    (found,) = what_if(draft, start=START, at=NOW).lines
    return found


def live(cast, number: int) -> None:
    """Sam gets them all on Monday at 9:00 and rings one every half hour."""
    cast.pool.members.filter(user=cast.sue).delete()
    cast.pool.members.update(capacity=1000)
    monday = ny("2027-01-18 09:00")
    leads = [cast.hot_lead(at=monday, email=f"{n}@spa.example") for n in range(number)]
    for n, lead in enumerate(leads):
        day, step = divmod(n, 14)
        log_touch(lead, "call", by=cast.sam,
                  at=monday + timedelta(days=day, minutes=30 * (step + 1)))  # fmt: skip


def test_the_model_stands_beside_the_record(cast):
    """Sam reaches two of 26 within their hour. His gaps are half an hour, over the night an hour
    and a half: of contacts of the mean of these each rep makes one in time."""
    live(cast, 26)
    found = line(cast, everyone="3")

    assert (found.reps, found.reps_after, found.seen, found.judged) == (1, 3, 25, 26)
    assert found.handling == round((24 * 1800 + 5400) / 25)
    assert (found.recorded, found.now, found.after) == (2 / 26, 1 / 26, 3 / 26)


def test_from_too_little_nothing_is_told(cast):
    live(cast, ENOUGH)
    found = line(cast, everyone="3")
    assert (found.seen, found.handling, found.judged, found.after) == (ENOUGH - 1, None, 0, None)


def test_a_lead_that_came_after_the_contact_before_it_says_nothing_of_how_long_one_takes(cast):
    cast.pool.members.filter(user=cast.sue).delete()
    for n in range(3):
        came = ny("2027-01-18 09:00") + timedelta(hours=n)
        lead = cast.hot_lead(at=came, email=f"{n}@spa.example")
        log_touch(lead, "call", by=cast.sam, at=came + timedelta(minutes=20))
    assert line(cast, everyone="2").seen == 0


def test_only_pools_the_draft_names_are_told(cast):
    for draft in (draft_of(at=NOW), draft_of(reps="9", at=NOW)):
        assert what_if(draft, start=START, at=NOW).lines == []
