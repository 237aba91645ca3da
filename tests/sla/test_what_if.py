"""The past under another agreement, each change worked by hand."""

from datetime import timedelta

import pytest
from django.db import InternalError, connection

from leads.activities import log_touch
from leads.handover import hand_over
from leads.models import Activity, Campaign, Lead
from sla.business_time import WorkingCalendar
from sla.clocks import claims
from sla.figures import excuses
from sla.figures.compliance import Figures
from sla.models import Claim, PersonCalendar
from sla.replays.draft import Draft, draft_of
from sla.replays.what_if import SHOWN, Pair, WhatIf, reading_only, what_if
from sla.sweep import sweep
from tests.factories import ny

START, NOW = ny("2027-01-11 00:00"), ny("2027-01-15 12:00")


def counts(f: Figures) -> tuple[int, ...]:
    """Met, missed, excused, voided, running."""
    return f.met, f.missed, f.excused, f.voided, f.running


def asked(*, start=START, at=NOW, **written) -> WhatIf:
    return what_if(draft_of(at=at, **written), start=start, at=at)


def term(found: WhatIf, key: str) -> tuple[tuple[int, ...], tuple[int, ...]]:
    """Before and after."""
    pair = next(pair for pair in found.terms if pair.before.key == key)
    return counts(pair.before), counts(pair.after)


def reps(found: WhatIf) -> dict[str | None, tuple[tuple[int, ...], tuple[int, ...]]]:
    return {p.before.key: (counts(p.before), counts(p.after)) for p in found.reps}


MET, MISSED, VOIDED, RUNNING = (1, 0, 0, 0, 0), (0, 1, 0, 0, 0), (0, 0, 0, 1, 0), (0, 0, 0, 0, 1)
NONE = (0, 0, 0, 0, 0)
TABLES = (
    "sla_clock", "sla_alarm", "sla_breach", "sla_tallychange", "leads_lead", "leads_handoff",
    "leads_activity", "leads_assignment", "accounts_outboxmessage",
)  # fmt: skip


# --- Targets -------------------------------------------------------------------------------------


def accepted(cast, *, minutes: int, email: str = "pat@spa.example") -> Lead:
    """A hot lead of Friday 10:00, accepted so many minutes later; the first is Sam's."""
    lead = cast.hot_lead(at=ny("2027-01-15 10:00"), email=email)
    handoff = lead.handoffs.get()
    handoff.accept(handoff.owner, at=ny("2027-01-15 10:00") + timedelta(minutes=minutes))
    return lead


@pytest.mark.parametrize(
    ("minutes", "target", "before", "after"),
    [
        (20, "30 min", MISSED, MET),
        (20, "20 min", MISSED, MET),  # at the deadline itself
        (20, "19 min", MISSED, MISSED),
        (10, "5 min", MET, MISSED),
        (10, "10 min", MET, MET),
    ],
)
def test_an_answer_is_held_against_the_new_deadline(cast, minutes, target, before, after):
    accepted(cast, minutes=minutes)
    found = asked(targets={"accept_hot": target})

    assert term(found, "accept_hot") == (before, after)
    assert term(found, "disposition") == (RUNNING, RUNNING)
    assert reps(found)["sam@demo.test"][1] == counts(found.totals.after)


def test_what_still_runs_is_missed_under_a_shorter_target(cast):
    accepted(cast, minutes=5)
    found = asked(targets={"disposition": "1 h 30 min"})  # due 11:30, told at 12:00
    assert term(found, "disposition") == (RUNNING, MISSED)


def test_what_was_missed_runs_under_a_longer_target(cast):
    cast.hot_lead(at=ny("2027-01-15 10:00"))
    sweep(at=ny("2027-01-15 11:01"))
    found = asked(targets={"first_touch_hot": "3 h"})  # due 13:00
    assert term(found, "first_touch_hot") == (MISSED, RUNNING)


def test_a_time_typed_before_the_new_deadline_is_believed(cast):
    lead = accepted(cast, minutes=5)
    log_touch(
        lead, "call", by=cast.sam, at=ny("2027-01-15 11:10"), occurred_at=ny("2027-01-15 10:58")
    )
    # Due 11:00: typed after the deadline, it counted as 11:10.
    found = asked(targets={"first_touch_hot": "2 h"})
    assert term(found, "first_touch_hot") == (MISSED, MET)
    # And the other way round: what was believed is not any more.
    assert term(asked(targets={"first_touch_hot": "59 min"}), "first_touch_hot") == (MISSED, MISSED)


def test_a_time_that_a_manager_approved_stays_believed(cast):
    lead = accepted(cast, minutes=5)
    log_touch(
        lead, "call", by=cast.sam, at=ny("2027-01-15 11:10"), occurred_at=ny("2027-01-15 10:58")
    )
    claims.approve(Claim.objects.get(), by=cast.dana, at=ny("2027-01-15 11:30"))
    assert term(asked(targets={"first_touch_hot": "58 min"}), "first_touch_hot") == (MET, MET)
    assert term(asked(targets={"first_touch_hot": "57 min"}), "first_touch_hot") == (MET, MISSED)


def test_machine_evidence_keeps_its_instant_under_any_deadline(cast):
    lead = accepted(cast, minutes=5)
    sweep(at=ny("2027-01-15 11:01"))
    lead.record(
        "email", by=cast.sam, at=ny("2027-01-15 11:20"), handoff=lead.handoffs.get(),
        occurred_at=ny("2027-01-15 10:50"), evidence=Activity.Evidence.MACHINE,
    )  # fmt: skip
    assert term(asked(targets={"first_touch_hot": "50 min"}), "first_touch_hot") == (MET, MET)
    assert term(asked(targets={"first_touch_hot": "49 min"}), "first_touch_hot") == (MET, MISSED)


@pytest.mark.parametrize(("target", "after"), [("30 min", MISSED), ("40 min", VOIDED)])
def test_a_rejected_lead_was_missed_before_only_under_a_shorter_target(cast, target, after):
    lead = cast.hot_lead(at=ny("2027-01-15 10:00"))
    lead.handoffs.get().reject(cast.sam, reason="spam", at=ny("2027-01-15 10:40"))
    found = asked(targets={"first_touch_hot": target})
    assert term(found, "first_touch_hot") == (VOIDED, after)


def test_a_lead_passed_on_counts_for_whoever_would_have_had_it(cast):
    """Sam missed the first touch at 11:00; at 11:15 the lead went to Sue. Had there been three
    hours, the deadline would have been hers."""
    cast.hot_lead(at=ny("2027-01-15 10:00"))
    sweep(at=ny("2027-01-15 11:15"))
    found = asked(targets={"first_touch_hot": "3 h"})

    # Sam: accept and first touch missed. Sue: a new accept, and the disposition.
    assert reps(found) == {
        "sam@demo.test": ((0, 2, 0, 0, 0), MISSED),
        "sue@demo.test": ((0, 1, 0, 0, 1), (0, 1, 0, 0, 2)),
    }


def test_the_next_owners_accept_starts_when_they_got_it(cast):
    cast.hot_lead(at=ny("2027-01-15 10:00"))
    sweep(at=ny("2027-01-15 11:15"))
    # Sam's was due 10:15, Sue's 11:30; with 40 minutes 10:40 and 11:55.
    before, after = term(asked(targets={"accept_hot": "40 min"}), "accept_hot")
    assert (before, after) == ((0, 2, 0, 0, 0), (0, 2, 0, 0, 0))
    before, after = term(asked(targets={"accept_hot": "50 min"}), "accept_hot")
    assert (before, after) == ((0, 2, 0, 0, 0), (0, 1, 0, 0, 1))
    # With two hours Sam's would still have run when the lead was taken from him.
    before, after = term(asked(targets={"accept_hot": "2 h"}), "accept_hot")
    assert after == (0, 0, 0, 1, 1)


def test_who_takes_a_lead_from_a_pool_has_it_from_then_on(cast):
    cast.pool.mode = cast.pool.Mode.OPEN
    cast.pool.save()
    lead = cast.hot_lead(at=ny("2027-01-15 10:00"))
    lead.handoffs.get().accept(cast.sam, at=ny("2027-01-15 11:30"))

    found = asked(targets={"accept_hot": "2 h", "first_touch_hot": "3 h"})
    assert reps(found) == {
        None: ((0, 2, 0, 0, 0), NONE),
        "sam@demo.test": (RUNNING, (1, 0, 0, 0, 2)),
    }


def test_an_excuse_holds_as_long_as_there_is_a_miss(cast):
    lead = accepted(cast, minutes=20)
    clock = lead.clocks.get(term__key="accept_hot")
    excuses.excuse(clock, by=cast.dana, reason="Fire alarm.", at=NOW)

    assert term(asked(targets={"accept_hot": "18 min"}), "accept_hot") == (
        (0, 1, 1, 0, 0), (0, 1, 1, 0, 0),
    )  # fmt: skip
    assert term(asked(targets={"accept_hot": "30 min"}), "accept_hot") == ((0, 1, 1, 0, 0), MET)


def test_marketings_promises_are_replayed_too(cast):
    lead = cast.hot_lead(at=ny("2027-01-14 13:00"))
    lead.handoffs.get().reject(cast.sam, reason="spam", at=ny("2027-01-14 13:40"))
    # Due Fri 13:40; with four hours Fri 09:40.
    found = asked(targets={"answer_return": "4 h"})
    assert term(found, "answer_return") == (RUNNING, MISSED)
    assert reps(found)["maya@demo.test"] == (RUNNING, MISSED)


def test_only_clocks_started_in_the_period_are_replayed(cast):
    accepted(cast, minutes=20)
    at = ny("2027-01-15 10:00")
    assert counts(asked(start=at + timedelta(microseconds=1)).totals.before) == NONE
    assert sum(counts(asked(start=at).totals.before)) == 3


# --- Hours ---------------------------------------------------------------------------------------


def test_hours_move_the_deadlines_of_their_team_alone(cast):
    """Friday 16:55: five minutes on Friday, ten on Monday. Round the clock it was due 17:10."""
    lead = cast.hot_lead(at=ny("2027-01-08 16:55"))
    lead.handoffs.get().accept(cast.sam, at=ny("2027-01-11 09:05"))
    start = ny("2027-01-08 00:00")

    assert term(asked(start=start, hours={"sales": "24/7"}), "accept_hot") == (MET, MISSED)
    assert term(asked(start=start, hours={"marketing": "24/7"}), "accept_hot") == (MET, MET)
    # From eight on there are five minutes on Friday, and the rest until 08:10.
    assert term(asked(start=start, hours={"sales": "08:00-17:00"}), "accept_hot") == (MET, MISSED)


def test_whoever_has_hours_of_their_own_keeps_them(cast):
    lead = cast.hot_lead(at=ny("2027-01-08 16:55"))
    lead.handoffs.get().accept(cast.sam, at=ny("2027-01-11 09:05"))
    start = ny("2027-01-08 00:00")
    PersonCalendar.objects.create(user=cast.sam, own=cast.calendar.calendar)

    assert term(asked(start=start, hours={"sales": "24/7"}), "accept_hot") == (MET, MET)


# --- Threshold -----------------------------------------------------------------------------------


def test_a_higher_score_takes_handoffs_out_with_their_clocks(cast):
    accepted(cast, minutes=20)  # scores 80
    found = asked(threshold="81")

    assert term(found, "accept_hot") == (MISSED, NONE)
    assert counts(found.totals.after) == NONE
    assert (found.load.total.handoffs, found.load.total.removed, found.load.total.added) == (
        1, 1, 0,
    )  # fmt: skip
    assert (found.changed_leads, found.changed_clocks) == (1, 3)
    assert [each.after for each in found.changed[0].clocks] == [None, None, None]
    assert counts(asked(threshold="80").totals.after) == (0, 2, 0, 0, 1)


def test_who_overrode_the_definition_would_do_it_again(cast):
    lead = cast.capture(at=ny("2027-01-15 10:00"), email="low@spa.example").lead
    hand_over([lead], by=cast.maya, at=ny("2027-01-15 10:05"), override_reason="They rang us.")
    found = asked(threshold="90")
    assert (found.load.total.handoffs, found.load.total.removed) == (1, 0)
    assert sum(counts(found.totals.after)) == 3


@pytest.mark.parametrize(("threshold", "added"), [("21", 0), ("20", 1), ("10", 1)])
def test_a_lower_score_adds_load_and_no_figures(cast, threshold, added):
    """A company known and one form: 5 + 15 points."""
    cast.capture(at=ny("2027-01-15 10:00"), email="low@spa.example", company="Spa",
                 touchpoint="form")  # fmt: skip
    found = asked(threshold=threshold)

    share = found.load.pools[0]
    assert (share.name, share.handoffs, share.added, share.after) == ("Everyone", 0, added, added)
    assert (found.load.total.added, found.load.waiting) == (added, 0)
    assert (found.terms, counts(found.totals.after)) == ([], NONE)


def test_the_score_counts_as_it_stood_at_its_best(cast):
    """Three forms within the hour: 15, then 30 and no more; the year before fades."""
    for minute in (0, 20, 40):
        cast.capture(at=ny("2027-01-15 10:00") + timedelta(minutes=minute),
                     email="low@spa.example", touchpoint="form")  # fmt: skip
    assert [asked(threshold=str(n)).load.total.added for n in (30, 31)] == [1, 0]


def test_a_campaign_that_waits_for_marketing_adds_no_load_by_itself(cast):
    Campaign.objects.create(slug="fair", name="Fair", team=cast.marketing, hand_over_at_once=False)
    cast.capture(at=ny("2027-01-15 10:00"), email="low@spa.example", campaign="fair",
                 touchpoint="form")  # fmt: skip
    found = asked(threshold="10").load
    assert (found.total.added, found.waiting) == (0, 1)


def test_a_lead_that_was_handed_over_in_the_period_is_not_added(cast):
    cast.capture(at=ny("2027-01-15 09:00"), email="pat@spa.example", touchpoint="form")
    accepted(cast, minutes=5)
    assert asked(threshold="10").load.total.added == 0


# --- Reps ----------------------------------------------------------------------------------------


def test_reps_share_the_load(cast):
    for n in range(6):
        cast.hot_lead(at=ny("2027-01-15 10:00"), email=f"{n}@spa.example")
    start = NOW - timedelta(weeks=2)
    found = asked(start=start, pools={"everyone": "3"})

    share = found.load.pools[0]
    assert (share.a_week, share.reps, share.reps_after, share.each) == ((3, 3), 2, 3, (1.5, 1))
    assert (found.load.total.reps, found.load.total.reps_after) == (2, 3)
    assert found.totals.before == found.totals.after
    together = asked(start=start, reps="6").load
    assert (together.total.each, together.pools[0].each) == ((1.5, 0.5), (1.5, 1.5))


# --- What changed --------------------------------------------------------------------------------


def test_leads_that_changed_are_listed_newest_first(cast):
    for n in range(3):
        lead = cast.hot_lead(at=ny(f"2027-01-15 1{n}:00"), email=f"{n}@spa.example")
        handoff = lead.handoffs.get()
        handoff.accept(handoff.owner, at=ny(f"2027-01-15 1{n}:{20 - n}"))
    found = asked(targets={"accept_hot": "19 min"}, at=ny("2027-01-15 13:00"))

    told = [
        (c.lead.email, [(r.term.key, r.before.outcome, r.after.outcome) for r in c.clocks])
        for c in found.changed
    ]
    assert told == [
        (f"{n}@spa.example", [("accept_hot", "missed", "met")]) for n in (2, 1)
    ]  # fmt: skip
    assert (found.changed_leads, found.changed_clocks) == (2, 2)


def test_the_list_stops_at_so_many_and_the_count_does_not(cast):
    cast.pool.members.update(capacity=1000)
    for n in range(SHOWN + 1):
        cast.hot_lead(at=ny("2027-01-15 10:00"), email=f"{n}@spa.example")
    found = asked(threshold="90")
    assert (found.changed_leads, len(found.changed)) == (SHOWN + 1, SHOWN)


# --- Writes nothing, asks little -----------------------------------------------------------------


def test_the_database_refuses_a_write_and_takes_writes_again_afterwards(cast):
    lead = accepted(cast, minutes=5)
    with pytest.raises(InternalError, match="read-only transaction"), reading_only():
        Lead.objects.filter(pk=lead.pk).update(company="Other")
    Lead.objects.filter(pk=lead.pk).update(company="Third")
    lead.refresh_from_db()
    assert lead.company == "Third"


class Scribbling(WorkingCalendar):
    """Hours that write to the database when they are asked."""

    def add(self, start, seconds):
        Lead.objects.update(company="Scribbled on")
        return super().add(start, seconds)


def test_a_replay_that_wrote_anything_would_fail(cast):
    accepted(cast, minutes=5)
    hours = {cast.sales.pk: Scribbling(tz="UTC", weekly={0: [("09:00", "17:00")]})}
    with pytest.raises(InternalError, match="read-only transaction"):
        what_if(Draft(hours=hours), start=START, at=NOW)


def test_nothing_is_written(cast):
    accepted(cast, minutes=20)
    cast.capture(at=ny("2027-01-15 10:00"), email="low@spa.example", touchpoint="form")

    def rows() -> list[object]:
        found = []
        with connection.cursor() as cursor:
            for table in TABLES:
                # Names of our own tables.
                cursor.execute(f"SELECT xmin::text, t::text FROM {table} t ORDER BY id")  # noqa: S608
                found.append(cursor.fetchall())
        return found

    before = rows()
    asked(targets={"accept_hot": "1 h"}, hours={"sales": "24/7"}, threshold="10", reps="9")
    assert rows() == before


def test_the_number_of_queries_is_constant(cast, django_assert_num_queries):
    def ask() -> None:
        draft = draft_of(
            targets={"accept_hot": "1 h"}, hours={"sales": "24/7"}, threshold="10",
            pools={"everyone": "9"}, at=NOW,
        )  # fmt: skip
        with django_assert_num_queries(26):
            what_if(draft, start=START, at=NOW)

    def rejected(email: str) -> None:
        handoff = cast.hot_lead(at=ny("2027-01-15 10:00"), email=email).handoffs.get()
        handoff.reject(handoff.owner, reason="spam", at=ny("2027-01-15 10:30"))

    accepted(cast, minutes=20)
    rejected("no@spa.example")
    cast.capture(at=ny("2027-01-15 10:00"), email="low@spa.example", touchpoint="form")
    ask()
    for n in range(2):
        accepted(cast, minutes=20, email=f"more{n}@spa.example")
        rejected(f"no{n}@spa.example")
        cast.capture(at=ny("2027-01-15 10:00"), email=f"low{n}@spa.example", touchpoint="form")
    ask()


def test_a_pair_without_judged_clocks_has_no_difference():
    nothing = Figures("a", "A")
    assert Pair(nothing, Figures("a", "A", met=1)).difference is None
    assert Pair(Figures("a", "A", met=1, missed=1), Figures("a", "A", met=1)).difference == 0.5
