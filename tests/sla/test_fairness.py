"""Before a miss is judged: how late in working time, and whether there was a fair chance."""

from accounts.models import Absence, AuditEntry
from leads.qualification import reassign
from sla.figures import fairness
from sla.models import Clock
from sla.sweep import sweep
from tests.factories import ny

NOW = ny("2027-01-15 16:00")


def misses(at=NOW) -> dict[str, fairness.Miss]:
    clocks = list(Clock.objects.select_related("term"))
    found = fairness.of(clocks, at=at)
    return {clock.term.key: found[clock.pk] for clock in clocks if clock.pk in found}


def test_lateness_is_told_in_working_time(cast):
    """Due Friday 16:45, answered Monday 10:00: a quarter of an hour, then an hour."""
    handoff = cast.hot_lead(at=ny("2027-01-15 16:30")).handoffs.get()
    handoff.accept(cast.sam, at=ny("2027-01-18 10:00"))

    found = misses(at=ny("2027-01-18 10:00"))["accept_hot"]
    assert (found.late, str(found), found.unfair) == (4500, "1 h late", [])


def test_an_unanswered_miss_grows_until_now(cast):
    cast.hot_lead(at=ny("2027-01-15 10:00"))
    assert str(misses(at=ny("2027-01-15 10:16"))["accept_hot"]) == "1 min late"
    sweep(at=ny("2027-01-15 10:20"))
    assert str(misses(at=ny("2027-01-15 10:45"))["accept_hot"]) == "30 min late"


def test_a_miss_that_ended_unanswered_grows_no_more(cast):
    handoff = cast.hot_lead(at=ny("2027-01-15 10:00")).handoffs.get()
    handoff.reject(cast.sam, reason="spam", at=ny("2027-01-15 11:30"))
    assert str(misses()["first_touch_hot"]) == "30 min late"


def test_what_is_in_time_is_no_miss(cast):
    cast.hot_lead(at=ny("2027-01-15 10:00")).handoffs.get().accept(
        cast.sam, at=ny("2027-01-15 10:15")
    )
    assert "accept_hot" not in misses()


def test_whoever_got_it_at_the_last_minute_had_no_fair_chance(cast):
    handoff = cast.hot_lead(at=ny("2027-01-15 10:00")).handoffs.get()
    reassign(handoff, cast.sue, by=cast.dana, at=ny("2027-01-15 10:48"), reason="Sam is ill")

    found = misses(at=ny("2027-01-15 11:10"))["first_touch_hot"]
    assert (found.had, found.unfair) == (720, ["only 12 min to act"])


def test_half_the_time_is_a_fair_chance(cast):
    handoff = cast.hot_lead(at=ny("2027-01-15 10:00")).handoffs.get()
    reassign(handoff, cast.sue, by=cast.dana, at=ny("2027-01-15 10:30"), reason="Sam is ill")

    assert misses(at=ny("2027-01-15 11:10"))["first_touch_hot"].unfair == []


def test_leave_at_the_deadline_is_said(cast):
    cast.hot_lead(at=ny("2027-01-15 10:00"))
    Absence.objects.create(
        user=cast.sam, starts_at=ny("2027-01-15 10:15"), ends_at=ny("2027-01-15 11:00")
    )
    found = misses()
    assert found["accept_hot"].unfair == ["on leave at the deadline"]
    # Back again at eleven sharp.
    assert found["first_touch_hot"].unfair == []
    assert AuditEntry.objects.filter(verb="miss_excused").count() == 0


def test_the_facts_cost_the_same_for_one_clock_and_many(cast, django_assert_num_queries):
    for n in range(3):
        cast.hot_lead(at=ny("2027-01-15 10:00"), email=f"{n}@spa.example")
    clocks = list(Clock.objects.select_related("term"))
    fairness.of(clocks, at=NOW)
    for some in (clocks[:1], clocks):
        with django_assert_num_queries(2):
            fairness.of(some, at=NOW)
