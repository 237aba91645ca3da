"""Rebuilding: what was recorded, followed again, gives the same clocks; what differs is mended."""

from datetime import timedelta

import pytest
from django.core.management import CommandError, call_command

from accounts.models import AuditEntry
from leads.activities import log_touch
from leads.models import Activity, Handoff, Lead, Return
from leads.qualification import qualify, reassign, recycle
from leads.returns import answer
from sla.clocks import claims
from sla.clocks.rebuilding import rebuild
from sla.figures import excuses
from sla.figures.compliance import compliance
from sla.models import Alarm, Breach, Claim, Clock, Term
from sla.sweep import sweep
from tests.factories import hours, make_calendar, make_contract, ny

AT = ny("2027-01-15 10:00")
NOON = ny("2027-01-15 12:00")
LATER = ny("2027-01-29 12:00")


def told(lead: Lead, *, at=LATER, check=True) -> list[str]:
    return [str(difference) for difference in rebuild(lead, at=at, check=check)]


def accepted(cast, **row) -> Handoff:
    handoff = cast.hot_lead(at=AT, **row).handoffs.get()
    handoff.accept(handoff.owner, at=AT)
    handoff.refresh_from_db()
    return handoff


@pytest.fixture
def missed(cast) -> Clock:
    """Sam took the lead in time and has not called by noon; the first touch was due at 11."""
    handoff = accepted(cast)
    sweep(at=ny("2027-01-15 11:00:01"))
    return handoff.clocks.get(term__key="first_touch_hot")


# --- Nothing to find -----------------------------------------------------------------------------


def answered_late(cast) -> Lead:
    handoff = accepted(cast)
    log_touch(handoff.lead, "call", by=handoff.owner, at=NOON)
    qualify(handoff.lead, by=handoff.owner, at=LATER - hours(1))
    return handoff.lead


def met_by_later_evidence(cast) -> Lead:
    handoff = accepted(cast)
    sweep(at=ny("2027-01-15 11:00:01"))
    handoff.lead.record(
        "email", by=cast.sam, at=NOON, handoff=handoff, occurred_at=ny("2027-01-15 10:58"),
        evidence=Activity.Evidence.MACHINE,
    )  # fmt: skip
    return handoff.lead


def with_an_approved_time(cast) -> Lead:
    handoff = accepted(cast)
    log_touch(handoff.lead, "call", by=handoff.owner, at=NOON, occurred_at=ny("2027-01-15 10:50"))
    claims.approve(Claim.objects.get(), by=cast.dana, at=ny("2027-01-15 13:00"))
    log_touch(handoff.lead, "call", by=handoff.owner, at=ny("2027-01-15 14:00"))
    return handoff.lead


def with_a_refused_time(cast) -> Lead:
    handoff = accepted(cast)
    log_touch(handoff.lead, "call", by=handoff.owner, at=NOON, occurred_at=ny("2027-01-15 10:50"))
    claims.refuse(Claim.objects.get(), by=cast.dana, at=ny("2027-01-15 13:00"), note="No.")
    return handoff.lead


def escalated_to_the_manager(cast) -> Lead:
    lead = cast.hot_lead(at=AT)
    sweep(at=ny("2027-01-15 11:15"))
    sweep(at=ny("2027-01-15 12:30"))
    reassign(lead.handoffs.get(), cast.sue, by=cast.dana, at=ny("2027-01-15 13:00"), reason="You")
    return lead


def taken_from_a_pool(cast) -> Lead:
    type(cast.pool).objects.filter(pk=cast.pool.pk).update(mode="open")
    cast.pool.save_base(update_fields=["name"])
    lead = cast.hot_lead(at=AT)
    lead.handoffs.get().accept(cast.sue, at=AT + hours(0.1))
    return lead


def sent_back_and_again(cast) -> Lead:
    handoff = accepted(cast)
    handoff.reject(handoff.owner, reason="not_ready", at=NOON)
    answer(Return.objects.get(), "fixed", by=cast.maya, at=ny("2027-01-15 13:00"), note="Called")
    return handoff.lead


def recycled(cast) -> Lead:
    handoff = accepted(cast)
    recycle(handoff.lead, by=handoff.owner, at=NOON, reason="no_budget")
    return handoff.lead


STORIES = [
    answered_late, met_by_later_evidence, with_an_approved_time, with_a_refused_time,
    escalated_to_the_manager, taken_from_a_pool, sent_back_and_again, recycled,
]  # fmt: skip


@pytest.mark.parametrize("story", STORIES, ids=lambda story: story.__name__)
def test_a_story_replayed_shows_no_difference(cast, story):
    lead = story(cast)
    sweep(at=LATER)
    rows = list(Clock.objects.order_by("pk").values())
    audited = AuditEntry.objects.count()

    assert told(lead) == []
    assert told(lead, check=False) == []
    assert list(Clock.objects.order_by("pk").values()) == rows
    assert AuditEntry.objects.count() == audited


def test_a_miss_the_sweep_has_not_come_to_is_no_difference(cast):
    lead = cast.hot_lead(at=AT)
    assert told(lead) == []


def test_an_excuse_is_kept(cast, missed):
    excuses.excuse(missed, by=cast.dana, reason="Fire alarm.", at=NOON)
    Clock.objects.filter(pk=missed.pk).update(owner=cast.dana)
    rebuild(missed.lead, at=NOON)
    missed.refresh_from_db()
    assert (missed.excused, missed.owner.role) == (True, "sales_rep")


def test_case_27_a_clock_keeps_the_hours_it_started_under(cast):
    handoff = accepted(cast)
    make_calendar(cast.sales, slug="never", weekly={"6": [["03:00", "03:01"]]})
    assert told(handoff.lead, at=AT + hours(0.2)) == []


def test_case_26_a_clock_moved_onto_another_contract_stays_there(cast):
    handoff = accepted(cast)
    make_contract(version=2, in_force_from=AT, targets={"first_touch_hot": 7200})
    term = Term.objects.get(key="first_touch_hot", contract__version=2)
    moved = handoff.clocks.filter(term__measure="first_touch")
    moved.update(term=term, target_seconds=7200, due_at=NOON)
    Alarm.objects.filter(clock__in=moved, action="breach").update(fire_at=NOON)
    log_touch(handoff.lead, "call", by=handoff.owner, at=ny("2027-01-15 11:30"))

    assert told(handoff.lead) == []
    assert moved.get().state == "met"


# --- What is found, and mended -------------------------------------------------------------------

FIRST_TOUCH = "First touch (hot) of handoff {}"
CORRUPTIONS = {
    "state": (
        {"state": "voided", "ended_at": NOON},
        ["state is voided, not missed", "ended at is 2027-01-15 17:00:00 UTC, not nothing"],
    ),
    "deadline": (
        {"due_at": NOON - hours(0.5)},
        ["due at is 2027-01-15 16:30:00 UTC, not 2027-01-15 16:00:00 UTC"],
    ),
    "start": (
        {"started_at": AT - hours(1)},
        ["started at is 2027-01-15 14:00:00 UTC, not 2027-01-15 15:00:00 UTC"],
    ),
    "owner": ({"owner": None}, ["owner is nothing, not Sam"]),
    "team": ({"team": None}, ["team is nothing, not Sales"]),
    "answer": (
        {"stopped_at": NOON, "ended_at": NOON},
        ["stopped at is 2027-01-15 17:00:00 UTC, not nothing",
         "ended at is 2027-01-15 17:00:00 UTC, not nothing"],
    ),
}  # fmt: skip


@pytest.mark.parametrize("what", CORRUPTIONS)
def test_a_corrupted_clock_is_found_and_mended(cast, missed, what):
    changes, words = CORRUPTIONS[what]
    right = list(Clock.objects.filter(pk=missed.pk).values())
    Clock.objects.filter(pk=missed.pk).update(**changes)

    name = FIRST_TOUCH.format(missed.handoff_id)
    found = told(missed.lead, at=NOON)
    assert [words for words in found if "next deadline" not in words] == [
        f"{name}: {each}" for each in words
    ]
    told(missed.lead, at=NOON, check=False)

    assert list(Clock.objects.filter(pk=missed.pk).values()) == right
    assert told(missed.lead, at=NOON) == []
    assert AuditEntry.objects.get(subject="sla.clock").facts["changes"][0].keys() == {
        "what",
        "was",
        "is",
    }


def test_checking_changes_nothing(cast, missed):
    Clock.objects.filter(pk=missed.pk).update(owner=None)
    rows = list(Clock.objects.order_by("pk").values())
    audited = AuditEntry.objects.count()
    told(missed.lead, at=NOON)
    assert list(Clock.objects.order_by("pk").values()) == rows
    assert AuditEntry.objects.count() == audited


def test_a_lost_breach_is_written_again(cast, missed):
    Breach.objects.filter(clock=missed).delete()
    told(missed.lead, at=NOON, check=False)
    breach = Breach.objects.get(clock=missed)
    assert (breach.breached_at, breach.owner, breach.noticed_at) == (
        missed.due_at, missed.owner, NOON,
    )  # fmt: skip


def test_a_breach_of_a_promise_that_was_kept_is_overturned(cast):
    handoff = accepted(cast)
    log_touch(handoff.lead, "call", by=handoff.owner, at=AT + hours(0.5))
    clock = handoff.clocks.get(term__key="first_touch_hot")
    Breach.objects.create(
        clock=clock, owner=clock.owner, started_at=clock.started_at, breached_at=clock.due_at,
        noticed_at=NOON,
    )  # fmt: skip
    told(handoff.lead, at=NOON, check=False)
    assert Breach.objects.get(clock=clock).overturned_at == NOON


def test_a_lost_clock_is_started_again_with_its_alarms(cast):
    handoff = accepted(cast)
    clock = handoff.clocks.get(term__key="first_touch_hot")
    alarms = set(clock.alarms.values_list("step", "action", "fire_at", "state"))
    clock.delete()

    at = AT + hours(0.5)
    assert told(handoff.lead, at=at)[0] == (
        f"{FIRST_TOUCH.format(handoff.pk)}: clock is nothing, not there"
    )
    told(handoff.lead, at=at, check=False)

    again = handoff.clocks.get(term__key="first_touch_hot")
    assert again.due_at == ny("2027-01-15 11:00")
    assert set(again.alarms.values_list("step", "action", "fire_at", "state")) == alarms
    sweep(at=ny("2027-01-15 11:00:01"))
    again.refresh_from_db()
    assert again.state == "missed"


def test_a_clock_that_nothing_started_is_removed(cast):
    handoff = accepted(cast)
    extra = handoff.clocks.get(term__key="accept_hot")
    extra.pk, extra.round = None, 5
    extra.save()
    told(handoff.lead, at=AT, check=False)
    assert handoff.clocks.count() == 3
    assert AuditEntry.objects.get(subject="sla.clock").verb == "clock_removed"


def test_a_clock_whose_breach_alarm_was_lost_is_found_and_will_be_missed(cast):
    handoff = accepted(cast)
    clock = handoff.clocks.get(term__key="first_touch_hot")
    Alarm.objects.filter(clock=clock).delete()
    assert told(handoff.lead, at=NOON)[0] == (
        f"{FIRST_TOUCH.format(handoff.pk)}: state is running, not missed"
    )
    told(handoff.lead, at=NOON, check=False)
    clock.refresh_from_db()
    assert (clock.state, clock.breach.breached_at) == ("missed", clock.due_at)


def test_a_clock_wrongly_held_for_missed_runs_and_can_be_missed_again(cast):
    handoff = accepted(cast)
    clock = handoff.clocks.get(term__key="first_touch_hot")
    due_at = clock.due_at
    Clock.objects.filter(pk=clock.pk).update(due_at=AT)
    Alarm.objects.filter(clock=clock).update(fire_at=AT)
    sweep(at=AT + timedelta(seconds=1))
    clock.refresh_from_db()
    assert clock.state == "missed"

    told(handoff.lead, at=AT + timedelta(seconds=2), check=False)
    clock.refresh_from_db()
    assert (clock.state, clock.due_at) == ("running", due_at)
    sweep(at=due_at + timedelta(seconds=1))
    clock.refresh_from_db()
    assert (clock.state, clock.breach.breached_at, clock.breach.overturned_at) == (
        "missed", due_at, None,
    )  # fmt: skip


def test_the_next_deadline_on_the_lead_is_mended(cast):
    handoff = accepted(cast)
    lead, right = handoff.lead, ny("2027-01-15 11:00")
    Lead.objects.filter(pk=lead.pk).update(respond_by=None)
    assert told(lead, at=AT, check=False) == [
        "Pat Lee: next deadline is nothing, not 2027-01-15 16:00:00 UTC"
    ]
    lead.refresh_from_db()
    assert lead.respond_by == right


def test_the_figures_follow_the_mended_rows(cast, missed):
    def figures() -> tuple[int, int, int]:
        totals = compliance(cast.dana, start=AT - hours(1), end=AT + hours(1), by="rep",
                            at=NOON).totals  # fmt: skip
        return totals.met, totals.missed, totals.voided

    right = figures()
    Clock.objects.filter(pk=missed.pk).update(state="voided", ended_at=NOON)
    assert figures() != right
    rebuild(missed.lead, at=NOON)
    assert figures() == right


# --- The command ---------------------------------------------------------------------------------


@pytest.fixture
def long_ago(cast) -> Clock:
    """The first touch of a lead that nobody has looked at since June 2020."""
    lead = cast.hot_lead(at=ny("2020-06-01 10:00"))
    return lead.handoffs.get().clocks.get(term__key="first_touch_hot")


def test_the_command_checks_and_mends(long_ago, capsys):
    call_command("rebuild_clocks", "--lead", long_ago.lead_id)
    assert capsys.readouterr().out == "1 leads replayed; 0 differences mended.\n"

    Clock.objects.filter(pk=long_ago.pk).update(stopped_at=None, started_at=LATER)
    with pytest.raises(CommandError, match="1 leads replayed; 1 differences found") as failed:
        call_command("rebuild_clocks", "--check")
    assert failed.value.returncode == 1
    assert "started at is 2027-01-29 17:00:00 UTC, not 2020-06-01" in capsys.readouterr().out

    call_command("rebuild_clocks")
    long_ago.refresh_from_db()
    assert long_ago.started_at == ny("2020-06-01 10:00")


def test_the_command_names_a_lead_that_is_not_there(cast):
    with pytest.raises(CommandError, match="No lead 7 was ever handed over"):
        call_command("rebuild_clocks", "--lead", 7)
