"""Figures of a small story told by hand: who kept what, in every grouping, for every role."""

from datetime import timedelta

import pytest

from accounts.models import AuditEntry, Team
from accounts.refusals import Conflict, NotAllowed, Refused
from leads.activities import log_touch
from leads.models import Campaign, Lead
from sla.figures import at_risk, excuses, speed, trend
from sla.figures.compliance import DIMENSIONS, Figures, compliance, judged
from sla.models import Clock
from sla.sweep import sweep
from tests.factories import NEW_YORK, make_user, ny

START, END = ny("2027-01-11 00:00"), ny("2027-01-18 00:00")
NOW = ny("2027-01-15 12:00")


def tell(cast) -> dict[str, Lead]:
    """Four leads of one Friday, sam and sue by turns, and one of the week before."""
    before = cast.hot_lead(at=ny("2027-01-08 10:00"), email="old@spa.example")  # sam
    before.handoffs.get().accept(cast.sam, at=ny("2027-01-08 10:01"))
    log_touch(before, "call", by=cast.sam, at=ny("2027-01-08 10:05"), outcome="connected")
    Campaign.objects.create(slug="fair", name="Spa fair", team=cast.marketing)

    # Sue accepts and calls in time.
    good = cast.hot_lead(at=ny("2027-01-15 10:00"), email="good@spa.example", source="ad")
    good.handoffs.get().accept(cast.sue, at=ny("2027-01-15 10:05"))
    log_touch(good, "call", by=cast.sue, at=ny("2027-01-15 10:20"), outcome="connected")
    # Sam accepts at the last instant and calls nobody: due 11:10, the sweep has not come.
    slow = cast.hot_lead(
        at=ny("2027-01-15 10:10"), email="slow@spa.example", campaign="fair", source="fair"
    )
    slow.handoffs.get().accept(cast.sam, at=ny("2027-01-15 10:25"))
    # Sue refuses: marketing's clock starts, the first touch is voided.
    refused = cast.hot_lead(
        at=ny("2027-01-15 10:30"), email="no@spa.example", job_title="Director of Sales",
        touchpoint="event",
    )  # fmt: skip
    refused.handoffs.get().reject(cast.sue, reason="wrong_persona", at=ny("2027-01-15 10:40"))
    # Sam answers twenty minutes late.
    late = cast.hot_lead(at=ny("2027-01-15 11:00"), email="late@spa.example")
    sweep(at=ny("2027-01-15 11:05"))
    late.handoffs.get().accept(cast.sam, at=ny("2027-01-15 11:35"))
    return {"before": before, "good": good, "slow": slow, "refused": refused, "late": late}


def figures(user, by, *, start=START, end=END, at=NOW) -> dict[str | None, tuple[int, ...]]:
    """Key → started, met, missed, excused, voided, running."""
    found = compliance(user, start=start, end=end, by=by, at=at)
    return {f.key: numbers(f) for f in found.groups}


def numbers(f: Figures) -> tuple[int, ...]:
    return f.started, f.met, f.missed, f.excused, f.voided, f.running


def test_figures_by_term(cast):
    tell(cast)

    assert figures(cast.dana, "term") == {
        "accept_hot": (3, 2, 1, 0, 0, 0),
        "accept": (1, 1, 0, 0, 0, 0),
        "first_touch_hot": (3, 1, 1, 0, 0, 1),
        "first_touch": (1, 0, 0, 0, 1, 0),
        "disposition": (4, 1, 0, 0, 0, 3),
        "answer_return": (1, 0, 0, 0, 0, 1),
    }


def test_figures_by_rep_know_whose_miss_it_was(cast):
    tell(cast)

    assert figures(cast.dana, "rep") == {
        "sue@demo.test": (6, 4, 0, 0, 1, 1),
        "sam@demo.test": (6, 1, 2, 0, 0, 3),
        "maya@demo.test": (1, 0, 0, 0, 0, 1),
    }


def test_figures_by_team_campaign_source_and_persona(cast):
    tell(cast)

    assert figures(cast.dana, "team") == {
        "sales": (12, 5, 2, 0, 1, 4), "marketing": (1, 0, 0, 0, 0, 1),
    }  # fmt: skip
    assert figures(cast.dana, "campaign") == {
        "back-pain": (10, 4, 1, 0, 1, 4), "fair": (3, 1, 1, 0, 0, 1),
    }  # fmt: skip
    assert figures(cast.dana, "source") == {
        "ad": (3, 2, 0, 0, 0, 1), "fair": (3, 1, 1, 0, 0, 1), None: (7, 2, 1, 0, 1, 3),
    }  # fmt: skip
    assert figures(cast.dana, "persona") == {
        "spa-director": (9, 3, 2, 0, 0, 4), None: (4, 2, 0, 0, 1, 1),
    }  # fmt: skip


@pytest.mark.parametrize("by", DIMENSIONS)
@pytest.mark.parametrize("person", ["dana", "sam", "sue", "maya", "outsider"])
def test_the_sums_are_the_same_by_everything(cast, by, person):
    """Case 30: every clock is counted once, whatever it is grouped by."""
    tell(cast)
    user = getattr(cast, person)
    found = compliance(user, start=START, end=END, by=by, at=NOW)

    sums = tuple(map(sum, zip(*map(numbers, found.groups), strict=True))) or (0,) * 6
    assert sums == numbers(found.totals) == {
        "dana": (13, 5, 2, 0, 1, 5), "sam": (6, 1, 2, 0, 0, 3), "sue": (6, 4, 0, 0, 1, 1),
        "maya": (1, 0, 0, 0, 0, 1), "outsider": (0, 0, 0, 0, 0, 0),
    }[person]  # fmt: skip
    assert all(
        f.met + f.missed + f.voided + f.running == f.started and 0 <= (f.rate or 0) <= 1
        for f in [*found.groups, found.totals]
    )


def test_the_sweep_changes_no_figure(cast):
    """Truth is the deadline, not when somebody looked."""
    tell(cast)
    before = figures(cast.dana, "rep")

    sweep(at=NOW)

    assert figures(cast.dana, "rep") == before


def test_the_deadline_itself_is_in_time(cast):
    cast.hot_lead(at=ny("2027-01-15 10:00"))
    due = ny("2027-01-15 10:15")

    assert figures(cast.dana, "term", at=due)["accept_hot"] == (1, 0, 0, 0, 0, 1)
    late = figures(cast.dana, "term", at=due + timedelta(microseconds=1))
    assert late["accept_hot"] == (1, 0, 1, 0, 0, 0)


def test_the_period_holds_its_start_and_not_its_end(cast):
    at = ny("2027-01-15 10:00")
    cast.hot_lead(at=at)

    assert figures(cast.dana, "team", start=at, end=at + timedelta(microseconds=1)) != {}
    assert figures(cast.dana, "team", start=at - timedelta(days=1), end=at) == {}
    assert figures(cast.dana, "team", start=at, end=at) == {}


def test_paused_counts_as_running(cast):
    lead = cast.hot_lead(at=ny("2027-01-15 10:00"))
    lead.clocks.filter(term__key="accept_hot").update(
        state=Clock.State.PAUSED, due_at=None, remaining_seconds=600
    )

    assert figures(cast.dana, "term")["accept_hot"] == (1, 0, 0, 0, 0, 1)


def test_a_miss_stays_with_who_had_it_when_the_lead_moves_on(cast):
    cast.hot_lead(at=ny("2027-01-15 10:00"))
    sweep(at=ny("2027-01-15 11:15"))  # sam's accept is missed, sue has the lead now

    found = figures(cast.dana, "rep", at=ny("2027-01-15 11:20"))
    # Sam: the missed accept and the missed first touch (due 11:00). Sue: a new accept, the rest.
    assert found == {"sam@demo.test": (2, 0, 2, 0, 0, 0), "sue@demo.test": (2, 0, 0, 0, 0, 2)}


def test_a_clock_nobody_had_has_a_group_of_its_own(cast):
    cast.pool.members.all().delete()
    cast.hot_lead(at=ny("2027-01-15 10:00"))

    found = compliance(cast.dana, start=START, end=END, by="rep", at=NOW).groups
    assert [(f.key, f.name, numbers(f)) for f in found] == [
        (None, "No owner", (3, 0, 2, 0, 0, 1)),
    ]


def test_who_takes_a_lead_late_from_a_pool_does_not_inherit_the_misses(cast):
    """Nobody had it at the deadlines, and the sweep was down: the one who took it at last is not
    the one who missed them."""
    cast.pool.mode = cast.pool.Mode.OPEN
    cast.pool.save()
    lead = cast.hot_lead(at=ny("2027-01-15 10:00"))
    lead.handoffs.get().accept(cast.sam, at=ny("2027-01-15 11:30"))
    sweep(at=NOW)

    assert figures(cast.dana, "rep") == {
        None: (2, 0, 2, 0, 0, 0), "sam@demo.test": (1, 0, 0, 0, 0, 1),
    }  # fmt: skip


def test_rates_with_and_without_excuses(cast):
    leads = tell(cast)
    sweep(at=NOW)
    missed = leads["late"].clocks.get(term__key="accept_hot")
    excuses.excuse(missed, by=cast.dana, reason="The telephone was down.", at=NOW)

    totals = compliance(cast.dana, start=START, end=END, by="rep", at=NOW).totals
    assert numbers(totals) == (13, 5, 2, 1, 1, 5)
    assert (totals.rate, totals.rate_with_excuses) == (5 / 7, 5 / 6)


def test_nothing_judged_has_no_rate(cast):
    totals = compliance(cast.dana, start=START, end=END, by="rep", at=NOW).totals
    assert (totals.rate, totals.rate_with_excuses, numbers(totals)) == (None, None, (0,) * 6)


def test_grouping_by_nonsense_is_refused_naming_what_there_is(cast):
    with pytest.raises(Refused) as refused:
        compliance(cast.dana, start=START, end=END, by="moon", at=NOW)
    assert refused.value.message == (
        "“moon” is not something to group by; use one of "
        "rep, team, persona, campaign, source, term."
    )


def test_a_period_that_ends_before_it_starts_is_refused(cast):
    with pytest.raises(Refused):
        compliance(cast.dana, start=END, end=START, by="rep", at=NOW)


def test_a_marketer_judges_only_their_own_teams_promises(cast):
    tell(cast)
    other = make_user("olaf", Team.objects.create(slug="events", name="Events", kind="marketing"))

    assert figures(cast.maya, "term") == {"answer_return": (1, 0, 0, 0, 0, 1)}
    assert figures(other, "term") == {}


@pytest.mark.parametrize("by", DIMENSIONS)
def test_the_number_of_queries_is_constant(cast, django_assert_num_queries, by):
    def ask(expected: int) -> None:
        user = type(cast.dana).objects.get(pk=cast.dana.pk)
        with django_assert_num_queries(expected):
            compliance(user, start=START, end=END, by=by, at=NOW)

    # Memberships for the role, the counts, the names; terms also ask for the contract's order.
    expected = {"source": 2, "term": 4}.get(by, 3)
    cast.hot_lead(at=ny("2027-01-15 10:00"))
    ask(expected)
    for n in range(2):
        cast.hot_lead(at=ny("2027-01-15 11:00"), email=f"more{n}@spa.example")
    ask(expected)


# --- Trend, at risk, speed -----------------------------------------------------------------------


def test_the_trend_has_every_day_and_adds_up(cast):
    tell(cast)
    step, steps = trend.steps(cast.dana, START, END, zone=NEW_YORK, at=NOW)

    assert step == "day"
    assert [(s.first.day, numbers(s.figures)) for s in steps] == [
        (11, (0,) * 6), (12, (0,) * 6), (13, (0,) * 6), (14, (0,) * 6),
        (15, (13, 5, 2, 0, 1, 5)), (16, (0,) * 6), (17, (0,) * 6),
    ]  # fmt: skip


def test_a_long_trend_goes_by_weeks_and_adds_up(cast):
    tell(cast)
    start = ny("2026-12-01 00:00")
    step, steps = trend.steps(cast.dana, start, END, zone=NEW_YORK, at=NOW)

    assert (step, [s.first.isoformat() for s in steps]) == (
        "week",
        ["2026-11-30", "2026-12-07", "2026-12-14", "2026-12-21", "2026-12-28", "2027-01-04",
         "2027-01-11"],
    )  # fmt: skip
    assert [s.figures.started for s in steps] == [0, 0, 0, 0, 0, 3, 13]


def test_misses_by_hour_are_told_by_the_deadline(cast):
    tell(cast)
    # Slow's first touch was due Fri 11:10, late's accept Fri 11:15.
    assert trend.misses_by_hour(cast.dana, START, END, zone=NEW_YORK, at=NOW) == {(4, 11): 2}


def test_at_risk_has_the_next_deadline_first_and_misses_still_unanswered(cast):
    tell(cast)
    found = at_risk.now(cast.dana, at=ny("2027-01-15 11:40"))

    assert [(c.lead.email, c.term.key) for c in found.running][:2] == [
        ("late@spa.example", "first_touch_hot"), ("no@spa.example", "answer_return"),
    ]  # fmt: skip
    assert [(c.lead.email, c.term.key) for c in found.unanswered] == [
        ("old@spa.example", "disposition"), ("slow@spa.example", "first_touch_hot"),
    ]  # fmt: skip
    assert (found.running_count, found.unanswered_count) == (5, 2)


def test_a_warning_over_a_closed_office_is_told_in_working_time(cast):
    """Friday at 16:46, a quarter of an hour to accept: 75 % are over before the office closes."""
    cast.hot_lead(at=ny("2027-01-15 16:46"), email="eve@spa.example")
    accept = at_risk.now(cast.dana, at=ny("2027-01-15 18:00")).running[0]
    assert (accept.due_at, accept.warn_at) == (
        ny("2027-01-18 09:01"), ny("2027-01-15 16:57") + timedelta(seconds=15),
    )  # fmt: skip


def test_speed_is_measured_from_capture_to_the_first_touch(cast):
    tell(cast)
    found = {s.meaning: (s.median, s.p90) for s in speed.of(cast.dana, START, END, at=NOW)}
    assert found == {
        "capture → assigned": (0, 0),
        "assigned → first touch": (1200, 1200),
        "capture → first touch": (1200, 1200),
    }


# --- Excuses -------------------------------------------------------------------------------------


def missed(cast) -> Clock:
    cast.hot_lead(at=ny("2027-01-15 10:00"))
    sweep(at=NOW)
    return Clock.objects.get(term__key="accept_hot", state="missed")


def test_an_excuse_is_kept_with_its_reason(cast):
    clock = missed(cast)
    excuses.excuse(clock, by=cast.dana, reason=" Fire alarm. ", at=NOW)

    assert (clock.state, clock.excused) == ("missed", True)
    entry = excuses.reasons([clock])[clock.pk]
    assert (entry.by, entry.at, entry.reason) == (cast.dana, NOW, "Fire alarm.")


def test_a_miss_the_sweep_has_not_seen_can_be_excused(cast):
    clock = cast.hot_lead(at=ny("2027-01-15 10:00")).clocks.get(term__key="accept_hot")
    excuses.excuse(clock, by=cast.dana, reason="Fire alarm.", at=NOW)

    assert (clock.state, clock.excused, clock.breach.owner) == ("missed", True, cast.sam)
    assert clock.breach.breached_at == clock.due_at


@pytest.mark.parametrize("person", ["maya", "mona", "sam", "admin", "outsider"])
def test_only_the_manager_of_the_side_excuses(cast, person):
    clock = missed(cast)
    with pytest.raises(NotAllowed):
        excuses.excuse(clock, by=getattr(cast, person), reason="Fire.", at=NOW)
    assert AuditEntry.objects.filter(verb="miss_excused").count() == 0


def test_marketings_manager_excuses_marketings_miss(cast):
    lead = cast.hot_lead(at=ny("2027-01-15 10:00"))
    lead.handoffs.get().reject(cast.sam, reason="spam", at=ny("2027-01-15 10:05"))
    late = ny("2027-01-19 12:00")
    sweep(at=late)
    clock = lead.clocks.get(term__key="answer_return")

    with pytest.raises(NotAllowed):
        excuses.excuse(clock, by=cast.dana, reason="Fire.", at=late)
    excuses.excuse(clock, by=cast.mona, reason="Fire.", at=late)
    assert clock.excused is True


def test_what_is_no_miss_cannot_be_excused(cast):
    clock = cast.hot_lead(at=ny("2027-01-15 10:00")).clocks.get(term__key="accept_hot")
    with pytest.raises(Conflict) as conflict:
        excuses.excuse(clock, by=cast.dana, reason="Fire.", at=ny("2027-01-15 10:15"))
    assert conflict.value.message == "This clock is running, not missed."


@pytest.mark.parametrize("reason", ["", "  ", "x" * 501])
def test_an_excuse_needs_a_reason_of_bearable_length(cast, reason):
    clock = missed(cast)
    with pytest.raises(Refused) as refused:
        excuses.excuse(clock, by=cast.dana, reason=reason, at=NOW)
    assert list(refused.value.fields) == ["reason"]


def test_two_managers_at_once_excuse_once(cast):
    clock = missed(cast)
    excuses.excuse(clock, by=cast.dana, reason="Fire.", at=NOW)
    with pytest.raises(Conflict):
        excuses.excuse(clock, by=cast.dana, reason="Water.", at=NOW)
    assert AuditEntry.objects.filter(verb="miss_excused").count() == 1


def test_an_excuse_can_be_taken_back_once(cast):
    clock = missed(cast)
    excuses.excuse(clock, by=cast.dana, reason="Fire.", at=NOW)
    for _ in range(2):
        excuses.take_back(clock, by=cast.dana, at=NOW)

    assert clock.excused is False
    assert list(AuditEntry.objects.filter(subject_id=clock.pk).values_list("verb", flat=True)) == [
        "excuse_taken_back", "miss_excused",
    ]  # fmt: skip
    with pytest.raises(NotAllowed):
        excuses.take_back(clock, by=cast.sam, at=NOW)


def test_every_miss_has_its_breach_with_the_same_owner(cast):
    """What the figures rest on: the owner of a missed clock never changes afterwards."""
    tell(cast)
    sweep(at=ny("2027-01-15 13:00"))
    misses = Clock.objects.filter(state="missed").select_related("breach")
    assert [(c.owner_id, c.team_id) for c in misses] == [
        (c.breach.owner_id, c.breach.team_id) for c in misses
    ]
    assert judged(cast.dana, at=NOW).filter(outcome="missed").count() >= len(misses)
