"""The past under a draft contract: what it would have made of the record, held against the engine.

The oracle is the engine itself: the same story is lived twice, once under what is in force with the
draft replayed over it, and once with the draft's promises in force from the start.
"""

from collections.abc import Callable
from contextlib import suppress
from datetime import datetime, timedelta

import pytest
from django.db import transaction

from accounts import configuration
from accounts.models import Absence, Team
from accounts.refusals import Refused
from leads.activities import log_touch
from leads.models import Activity, Handoff, PoolMember
from leads.qualification import reassign
from sla.clocks import claims, pausing
from sla.contracts import drafting
from sla.figures import excuses
from sla.models import Calendar, CalendarVersion, Claim, Clock, Contract, Term
from sla.replays.anew import anew
from sla.replays.draft import draft_of
from sla.replays.recorded import judged
from sla.replays.what_if import WhatIf, what_if
from tests.factories import Cast, make_calendar, make_user, ny
from tests.sla.test_what_if import MET, MISSED, NONE, counts, reps, term

START, NOW = ny("2027-01-11 00:00"), ny("2027-01-20 12:00")
FRIDAY = ny("2027-01-15 10:00")


def under(cast: Cast, change: Callable[[Contract], object] | None = None, **more) -> WhatIf:
    """The last days under a draft that was changed so; more is what else the draft names."""
    contract = drafting.begin(by=cast.dana, at=NOW)
    if change:
        change(contract)
    found = what_if(draft_of(contract=True, at=NOW, **more), start=START, at=NOW)
    assert not [each for each in found.terms if each.before == each.after == NONE]
    return found


def changed(key: str, **values) -> Callable[[Contract], object]:
    return lambda contract: contract.terms.filter(key=key).update(**values)


def handed_over(cast: Cast, at: datetime = FRIDAY, **row) -> Handoff:
    return cast.hot_lead(at=at, **row).handoffs.get()


def accepted(cast: Cast, minutes: int = 20, **row) -> Handoff:
    handoff = handed_over(cast, **row)
    handoff.accept(handoff.owner, at=FRIDAY + timedelta(minutes=minutes))
    return handoff


# --- One change at a time, by hand ---------------------------------------------------------------


def test_a_draft_that_changes_nothing_changes_nothing(cast):
    accepted(cast)
    found = under(cast)
    assert found.totals.before == found.totals.after
    assert [pair.fate for pair in found.terms] == ["", "", ""]
    assert (found.changed, found.draft.said) == ([], ("The promises of the draft of version 2",))


def test_the_first_promise_that_fits_counts(cast):
    """Pat is hot: accepted after 20 of 15 minutes. For warm leads alone, four hours hold for it."""
    accepted(cast)
    found = under(cast, changed("accept_hot", tiers=["warm"]))

    assert (term(found, "accept_hot"), term(found, "accept")) == ((MISSED, NONE), (NONE, MET))
    assert reps(found)["sam@demo.test"] == ((0, 2, 0, 0, 1), (1, 1, 0, 0, 1))
    [lead] = found.changed
    assert [(c.before.outcome, c.after.outcome, c.under.key) for c in lead.clocks] == [
        ("missed", "met", "accept")
    ]
    assert found.draft.said[1:] == ("Accept (hot): for: hot leads → warm leads",)


@pytest.mark.parametrize(
    ("values", "fits"),
    [
        ({"personas": ["spa-director"]}, True), ({"personas": ["nurse"]}, False),
        ({"sources": [""]}, False), ({"tiers": ["hot", "cold"]}, True),
    ],
)  # fmt: skip
def test_filters_ask_the_receipt(cast, values, fits):
    accepted(cast, source="fair")
    found = under(cast, changed("accept_hot", **values))
    assert term(found, "accept_hot")[1] == (MISSED if fits else NONE)


def test_another_order_is_another_promise(cast):
    accepted(cast)

    def swap(contract: Contract) -> None:
        drafting.move_term(contract.terms.get(key="accept").pk, up=True, by=cast.dana, at=NOW)

    found = under(cast, swap)
    assert (term(found, "accept_hot"), term(found, "accept")) == ((MISSED, NONE), (NONE, MET))


def test_what_the_draft_adds_and_drops_is_said_and_is_no_changed_outcome(cast):
    accepted(cast)

    def add_and_drop(contract: Contract) -> None:
        contract.terms.filter(measure="first_touch").delete()
        Term.objects.create(
            contract=contract, key="hello", measure="hello", name="Say hello", side="sales",
            order=9, starts_on="accepted", stops_on=["call"], target_seconds=3600, steps=[],
        )  # fmt: skip

    found = under(cast, add_and_drop)
    assert [(p.before.key, p.fate) for p in found.terms] == [
        ("accept_hot", ""), ("disposition", ""), ("hello", "new"), ("first_touch_hot", "dropped"),
    ]  # fmt: skip
    assert term(found, "first_touch_hot") == (MISSED, NONE)
    assert term(found, "hello") == (NONE, MISSED)  # accepted 10:20, no call until 11:20
    assert (found.changed_clocks, found.changed_leads) == (0, 0)


@pytest.mark.parametrize(("second", "outcome"), [("14:30", MET), ("12:29", MISSED)])
def test_attempts_are_counted_with_their_spacing(cast, second, outcome):
    handoff = accepted(cast)
    for clock in ("10:30", second):
        log_touch(handoff.lead, "call", by=cast.sam, at=ny(f"2027-01-15 {clock}"))
    change = changed("first_touch_hot", stops_after=2, spacing_seconds=7200, target_seconds=18_000)
    assert term(under(cast, change), "first_touch_hot") == (MET, outcome)


def test_around_the_clock_the_night_counts(cast):
    """Handed over Friday 16:55, accepted Monday 09:05: ten of 15 working minutes."""
    handed_over(cast, ny("2027-01-15 16:55")).accept(cast.sam, at=ny("2027-01-18 09:05"))
    assert term(under(cast, changed("accept_hot", calendar_of="wall")), "accept_hot") == (
        MET, MISSED,
    )  # fmt: skip
    assert not Calendar.objects.filter(always_open=True).exists()


def test_in_the_owners_hours_their_leave_is_closed_and_nothing_is_written(cast):
    """An hour from Friday 16:30 ends Monday 09:30; with Monday off, on Tuesday."""
    handoff = handed_over(cast, ny("2027-01-15 16:30"))
    handoff.accept(cast.sam, at=ny("2027-01-15 16:31"))
    Absence.objects.create(
        user=cast.sam, starts_at=ny("2027-01-18 00:00"), ends_at=ny("2027-01-19 00:00")
    )
    log_touch(handoff.lead, "call", by=cast.sam, at=ny("2027-01-19 09:20"))
    before = CalendarVersion.objects.count()

    found = under(cast, changed("first_touch_hot", calendar_of="owner"))
    assert term(found, "first_touch_hot") == (MISSED, MET)
    assert CalendarVersion.objects.count() == before


def test_a_pause_holds_where_the_draft_allows_its_reason(cast):
    handoff = accepted(cast)
    pausing.pause(handoff, by=cast.sam, at=ny("2027-01-15 10:30"), reason="prospect_asked")
    pausing.resume(handoff, by=cast.sam, at=ny("2027-01-18 10:30"))
    log_touch(handoff.lead, "call", by=cast.sam, at=ny("2027-01-18 10:50"))

    assert term(under(cast), "first_touch_hot") == (MET, MET)
    assert term(under(cast, changed("first_touch_hot", pause_reasons=[])), "first_touch_hot") == (
        MET, MISSED,
    )  # fmt: skip
    # Twenty-nine minutes were over before the pause.
    shorter = changed("first_touch_hot", pause_reasons=[], target_seconds=1740)
    assert term(under(cast, shorter), "first_touch_hot") == (MET, MISSED)


def test_a_target_may_be_named_besides(cast):
    accepted(cast)
    found = under(cast, changed("accept_hot", target_seconds=1140), targets={"accept_hot": "20m"})
    assert term(found, "accept_hot") == (MISSED, MET)
    assert found.draft.said[-1] == (
        "Accept (hot) within 20 working minutes instead of 19 working minutes"
    )


def test_hours_and_score_may_be_named_besides(cast):
    """From eight on there are five minutes on Friday, and the rest until Monday 08:10."""
    handed_over(cast, ny("2027-01-15 16:55")).accept(cast.sam, at=ny("2027-01-18 09:05"))
    assert term(under(cast, hours={"sales": "08:00-17:00"}), "accept_hot") == (MET, MISSED)
    gone = under(cast, threshold="90")
    assert (counts(gone.totals.after), gone.changed_leads, gone.changed[0].gone) == (NONE, 1, True)


def test_an_excuse_holds_as_long_as_there_is_a_miss(cast):
    clock = accepted(cast).clocks.get(term__key="accept_hot")
    excuses.excuse(clock, by=cast.dana, reason="Fire alarm.", at=NOW)
    assert term(under(cast), "accept_hot") == ((0, 1, 1, 0, 0), (0, 1, 1, 0, 0))
    assert term(under(cast, changed("accept_hot", target_seconds=1200)), "accept_hot")[1] == MET


def test_a_time_that_a_manager_approved_stays_believed(cast):
    lead = accepted(cast).lead
    log_touch(
        lead, "call", by=cast.sam, at=ny("2027-01-15 11:10"), occurred_at=ny("2027-01-15 10:58")
    )
    claims.approve(Claim.objects.get(), by=cast.dana, at=ny("2027-01-15 11:30"))
    for target, outcome in ((58 * 60, MET), (57 * 60, MISSED)):
        found = under(cast, changed("first_touch_hot", target_seconds=target))
        assert term(found, "first_touch_hot") == (MET, outcome)


def test_without_a_draft_it_is_said_and_nothing_is_replayed(cast):
    with pytest.raises(Refused) as refused:
        draft_of(contract=True, at=NOW)
    assert list(refused.value.fields) == ["contract"]


def test_only_clocks_of_the_period_are_told(cast):
    accepted(cast)
    drafting.begin(by=cast.dana, at=NOW)
    draft = draft_of(contract=True, at=NOW)
    for start, number in ((FRIDAY, 3), (FRIDAY + timedelta(microseconds=1), 0)):
        found = what_if(draft, start=start, at=NOW)
        assert sum(counts(found.totals.before)) == sum(counts(found.totals.after)) == number


def test_the_number_of_queries_is_constant(cast, django_assert_num_queries):
    Term.objects.filter(contract=cast.contract, key="first_touch_hot").update(stops_after=2)
    cast.contract.save()
    drafting.begin(by=cast.dana, at=NOW)
    draft = draft_of(contract=True, threshold="10", at=NOW)

    def live_and_ask(number: int) -> None:
        for n in range(number):
            handoff = accepted(cast, email=f"{number}{n}@spa.example")
            for minute in (30, 50):
                log_touch(handoff.lead, "call", by=handoff.owner,
                          at=FRIDAY + timedelta(minutes=minute))  # fmt: skip
        with django_assert_num_queries(24):
            what_if(draft, start=START, at=NOW)

    live_and_ask(1)
    live_and_ask(3)


# --- The engine as oracle ------------------------------------------------------------------------


@pytest.fixture
def lily(cast):
    """A rep in London, whose team works nine to five there."""
    london = Team.objects.create(slug="london", name="London", kind="sales")
    make_calendar(london, slug="london", tz="Europe/London")
    found = make_user("lily", london)
    PoolMember.objects.create(pool=cast.pool, user=found, capacity=0)
    return found


def live(cast: Cast, lily) -> None:
    """Ten leads: answered soon and late, typed late, by machine, paused, passed on, taken from a
    pool, rejected, disposed of, left alone."""
    cast.pool.members.filter(user=cast.sue).update(capacity=0)
    leads = [
        handed_over(
            cast, FRIDAY + timedelta(minutes=37 * n), email=f"{n}@spa.example",
            source=("fair", "web")[n % 2], touchpoint="event" if n % 3 else "form",
        )
        for n in range(9)
    ]  # fmt: skip
    for n, handoff in enumerate(leads[:7]):
        handoff.accept(cast.sam, at=FRIDAY + timedelta(minutes=37 * n + 7 * n))
    touch = {"by": cast.sam}
    log_touch(leads[0].lead, "call", **touch, at=ny("2027-01-15 10:40"))
    log_touch(leads[0].lead, "call", **touch, at=ny("2027-01-15 13:40"))
    log_touch(leads[1].lead, "email", **touch, at=ny("2027-01-15 16:10"),
              occurred_at=ny("2027-01-15 11:20"))  # fmt: skip
    leads[2].lead.record(
        "email", by=cast.sam, at=ny("2027-01-18 11:20"), handoff=leads[2],
        occurred_at=ny("2027-01-15 12:05"), evidence=Activity.Evidence.MACHINE,
    )  # fmt: skip
    for handoff in leads[3:5]:
        with suppress(Refused):
            until = ny("2027-01-18 11:00") if handoff == leads[3] else None
            pausing.pause(handoff, by=cast.sam, at=ny("2027-01-15 13:00"), reason="prospect_asked",
                          until=until)  # fmt: skip
    pausing.resume_due(at=ny("2027-01-18 11:00:01"), most=9)
    log_touch(leads[3].lead, "call", **touch, at=ny("2027-01-18 11:30"))
    with suppress(Refused):
        pausing.resume(leads[4], by=cast.dana, at=ny("2027-01-18 15:00"))
    log_touch(leads[4].lead, "meeting", **touch, at=ny("2027-01-18 16:00"))
    reassign(leads[5], lily, by=cast.dana, at=ny("2027-01-15 15:30"), reason="London")
    reassign(leads[7], cast.sue, by=cast.dana, at=ny("2027-01-15 14:40"), reason="Sue's")
    leads[5].refresh_from_db()
    leads[5].accept(lily, at=ny("2027-01-18 04:20"))
    log_touch(leads[5].lead, "call", by=lily, at=ny("2027-01-18 05:30"))
    leads[6].refresh_from_db()
    leads[6].reject(cast.sam, reason="spam", at=ny("2027-01-15 16:20"))
    cast.pool.mode = cast.pool.Mode.OPEN
    cast.pool.save()
    pooled = handed_over(cast, ny("2027-01-15 16:00"), email="pool@spa.example")
    pooled.accept(cast.sam, at=ny("2027-01-18 09:20"))
    log_touch(pooled.lead, "call", **touch, at=ny("2027-01-18 10:10"))


def wall(contract: Contract) -> None:
    contract.terms.filter(measure__in=["accept", "disposition"]).update(calendar_of="wall")


def owners(contract: Contract) -> None:
    contract.terms.exclude(side="marketing").update(calendar_of="owner", per_owner=False)


def stricter(contract: Contract) -> None:
    contract.terms.filter(measure="first_touch").update(target_seconds=1200, pause_reasons=[])
    contract.terms.filter(measure="accept").update(target_seconds=300, sources=["fair"])


def attempts(contract: Contract) -> None:
    contract.terms.filter(measure="first_touch").update(
        stops_after=2, spacing_seconds=3600, target_seconds=5 * 3600
    )
    contract.terms.filter(key="accept").delete()


def afresh(contract: Contract) -> None:
    contract.terms.filter(starts_on="handed_over").update(per_owner=True, target_seconds=7200)
    Term.objects.create(
        contract=contract, key="call_soon", measure="call_soon", name="Call soon", side="sales",
        order=9, starts_on="accepted", stops_on=["call"], target_seconds=5400, steps=[],
        calendar_of="owner",
    )  # fmt: skip


Told = list[tuple[object, ...]]


@pytest.mark.parametrize("change", [str, wall, owners, stricter, attempts, afresh])
def test_a_replay_gives_what_the_engine_would_have_given(cast, lily, change):
    replayed, draft_terms = _replayed(cast, lily, change)
    assert replayed == _lived(cast, lily, draft_terms)
    assert len(replayed) >= 20
    assert {outcome for *_, outcome, _owner, _due in replayed} >= {"met", "missed"}


def _replayed(cast: Cast, lily, change) -> tuple[Told, list[Term]]:
    with transaction.atomic():
        live(cast, lily)
        contract = drafting.begin(by=cast.dana, at=NOW)
        change(contract)
        draft = draft_of(contract=True, at=NOW)
        found = anew(draft, start=START, at=NOW, stamp=configuration.stamp())
        told = [
            (each.clock.lead_id, (each.under or each.term).key, each.clock.round, *facts)
            for each in found
            if each.after
            for facts in [(each.after.outcome, each.after.owner_id, each.after.due_at)]
        ]
        terms = drafting.terms_of(contract)
        transaction.set_rollback(True)
    first = min(lead for lead, *_ in told)
    return sorted(((lead - first, *more) for lead, *more in told), key=str), terms


def _lived(cast: Cast, lily, terms: list[Term]) -> Told:
    """The same story with those promises in force from the beginning."""
    cast.contract.terms.all().delete()
    for promised in terms:
        promised.pk, promised.contract = None, cast.contract
        promised._state.adding = True
        promised.save()
    live(cast, lily)
    clocks = Clock.objects.filter(started_at__gte=START).select_related("term")
    first = min(clock.lead_id for clock in clocks)
    told = []
    for clock in clocks:
        found = judged(clock, at=NOW)
        told.append((clock.lead_id - first, clock.term.key, clock.round, found.outcome,
                     found.owner_id, found.due_at))  # fmt: skip
    return sorted(told, key=str)
