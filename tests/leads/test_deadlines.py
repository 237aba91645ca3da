"""Which deadline of a handoff counts first, and when it is at risk."""

import pytest

from leads import deadlines
from leads.models import Handoff
from tests.factories import ny


@pytest.fixture
def handoff(cast) -> Handoff:
    """Handed over at 10:00: accept by 10:15, touch by 11:00, decide within five days."""
    return cast.hot_lead(at=ny("2027-01-15 10:00")).handoffs.get()


def read(handoff: Handoff) -> Handoff:
    return deadlines.with_clocks(Handoff.objects.all()).get(pk=handoff.pk)


@pytest.mark.parametrize(
    ("now", "following", "at_risk"),
    [
        ("2027-01-15 10:05", None, False),
        ("2027-01-15 10:12", None, True),
        ("2027-01-15 10:20", "First touch", True),
        ("2027-01-15 12:00", "Disposition", True),
        ("2027-02-15 12:00", None, True),
    ],
)
def test_the_first_deadline_and_the_next_that_can_be_kept(handoff, now, following, at_risk):
    at, found = ny(now), read(handoff)
    first = deadlines.next_clock(found)
    then = deadlines.following_clock(found, at=at)
    assert deadlines.label(first) == "Accept"
    assert (deadlines.label(then) if then else None) == following
    assert deadlines.is_at_risk(first, at=at) is at_risk


def test_what_was_kept_no_longer_counts(cast, handoff):
    handoff.accept(cast.sam, at=ny("2027-01-15 10:05"))
    first = deadlines.next_clock(read(handoff))
    assert (deadlines.label(first), first.due_at) == ("First touch", ny("2027-01-15 11:00"))


def test_marketings_clock_is_marketings(cast, handoff):
    handoff.reject(cast.sam, reason="spam", at=ny("2027-01-15 10:05"))
    found = read(handoff)
    assert deadlines.next_clock(found) is None
    assert deadlines.label(deadlines.next_clock(found, side="marketing")) == "Answer return"
    assert deadlines.is_at_risk(None, at=ny("2027-01-15 10:05")) is False


def test_two_queries_for_any_number_of_handoffs(cast, handoff, django_assert_num_queries):
    cast.hot_lead(at=ny("2027-01-15 10:00"), email="kim@spa.example")
    with django_assert_num_queries(2):
        found = list(deadlines.with_clocks(Handoff.objects.all()))
        assert [len(each.clocks.all()) for each in found] == [3, 3]
