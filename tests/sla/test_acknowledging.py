"""The promise to acknowledge a change: a clock like any other, for each member of sales."""

import threading
from datetime import timedelta

import pytest
from django.core.management import call_command
from django.db import IntegrityError, connection, transaction

from accounts import configuration
from accounts.models import Absence, Membership, OutboxMessage, Team, User
from personas import announcing
from personas.models import Acknowledgement
from sla import agreement
from sla.clocks import acknowledging
from sla.contracts import drafting
from sla.figures import excuses
from sla.figures.compliance import compliance
from sla.hours import people
from sla.models import Alarm, Breach, Clock
from sla.replays.anew import anew
from sla.replays.draft import draft_of
from sla.sweep import sweep
from tests.factories import hours, make_offer, ny, promise_acknowledgement, publish
from tests.sla.test_contract_drafts import send

# A Thursday; two working days later is Monday the 19th at 10:00.
AT = ny("2026-01-15 10:00")
DUE = ny("2026-01-19 10:00")
MOMENT = timedelta(microseconds=1)


@pytest.fixture
def change(cast):
    promise_acknowledgement(cast.contract)
    return publish(make_offer(), by=cast.mona, at=AT, name="Meals for teams", price="14.50")


def clock_of(person) -> Clock:
    return Clock.objects.get(owner=person, acknowledgement__isnull=False)


def told(person, kind: str) -> list[str]:
    messages = OutboxMessage.objects.filter(recipient=person, kind=kind)
    return list(messages.order_by("created_at").values_list("title", flat=True))


def no_difference() -> bool:
    call_command("rebuild_clocks", check=True)  # an error where something differs
    return True


def test_each_member_of_sales_has_a_clock_in_their_own_hours(cast, change):
    found = Clock.objects.order_by("owner__email")
    assert [(c.owner, c.team, c.state, c.started_at, c.due_at, c.lead) for c in found] == [
        (person, cast.sales, "running", AT, DUE, None) for person in (cast.dana, cast.sam, cast.sue)
    ]
    assert found[0].title == change.title
    assert found[0].url == f"/changes/{change.pk}/"


@pytest.mark.parametrize(
    ("instant", "state"), [(DUE, "met"), (DUE + MOMENT, "missed")], ids=["in time", "too late"]
)
def test_the_deadline_itself_is_in_time(cast, change, instant, state):
    announcing.acknowledge(change, by=cast.sam, at=instant)
    clock = clock_of(cast.sam)
    assert (clock.state, clock.stopped_at, clock.ended_at) == (state, instant, instant)
    assert Breach.objects.filter(clock=clock).exists() == (state == "missed")
    assert not clock.alarms.filter(state=Alarm.State.WAITING).exists()
    assert clock_of(cast.sue).state == "running"
    assert no_difference()


def test_it_warns_breaches_and_tells_the_manager_once_each(cast, change):
    subject = change.title
    for instant in (ny("2026-01-16 14:00"), DUE, DUE + MOMENT, DUE + hours(0.5), DUE + hours(1)):
        for _ in range(2):
            sweep(at=instant)
    assert told(cast.sam, "warn") == [f"Acknowledge a change is due soon: {subject}"]
    assert told(cast.sam, "breach") == [f"Acknowledge a change missed: {subject}"]
    # Sam's, Sue's and her own.
    assert told(cast.dana, "tell_manager") == [f"Acknowledge a change is overdue: {subject}"] * 3
    breach = clock_of(cast.sam).breach
    assert (breach.owner, breach.breached_at, breach.noticed_at) == (cast.sam, DUE, DUE + MOMENT)
    message = OutboxMessage.objects.filter(kind="breach").first()
    assert (message.url, message.body) == (f"/changes/{change.pk}/", "Meals for teams")
    assert no_difference()


def test_a_late_acknowledgement_ends_what_was_missed(cast, change):
    sweep(at=DUE + hours(1))
    announcing.acknowledge(change, by=cast.sam, at=DUE + hours(2))
    clock = clock_of(cast.sam)
    assert (clock.state, clock.ended_at) == ("missed", DUE + hours(2))
    assert no_difference()


def test_compliance_shows_it_under_its_own_term_and_rep(cast, change):
    cast.hot_lead(at=AT)
    announcing.acknowledge(change, by=cast.sam, at=AT + hours(1))
    announcing.acknowledge(change, by=cast.sue, at=DUE + hours(1))
    period = {"start": AT - hours(1), "end": AT + hours(1), "at": DUE + hours(2)}
    terms = {g.key: g for g in compliance(cast.dana, by="term", **period).groups}
    found = terms["acknowledge"]
    assert (found.name, found.side) == ("Acknowledge a change", "sales")
    assert (found.met, found.missed, found.running) == (1, 2, 0)  # Dana has not read it
    reps = {g.key: g for g in compliance(cast.sam, by="rep", **period).groups}
    assert reps["sam@demo.test"].met == 1
    for by in ("team", "persona", "campaign", "source"):
        whole = compliance(cast.dana, by=by, **period)
        assert sum(g.started for g in whole.groups) == whole.totals.started == Clock.objects.count()


def test_a_miss_is_excused_like_any_other(cast, change):
    sweep(at=DUE + hours(1))
    excuses.excuse(clock_of(cast.sam), by=cast.dana, reason="At a fair", at=DUE + hours(2))
    assert clock_of(cast.sam).excused
    assert no_difference()


def test_leave_counts_as_closed_time(cast):
    promise_acknowledgement(cast.contract)
    Absence.objects.create(
        user=cast.sam, starts_at=ny("2026-01-16 00:00"), ends_at=ny("2026-01-20 00:00")
    )
    publish(make_offer(), by=cast.mona, at=AT, price="13.00")
    # Thursday from ten, then Tuesday, and the first hour of Wednesday.
    assert clock_of(cast.sam).due_at == ny("2026-01-21 10:00")
    assert clock_of(cast.sue).due_at == DUE


def test_leave_entered_later_moves_it_and_rebuilding_agrees(cast, change):
    def away() -> Absence:
        return Absence.objects.create(
            user=cast.sam, starts_at=ny("2026-01-16 00:00"), ends_at=ny("2026-01-17 00:00")
        )

    moved = people.carry_out(cast.sam, away, move=True, by=cast.dana, at=AT + hours(1))
    assert (moved, clock_of(cast.sam).due_at) == (1, ny("2026-01-20 10:00"))
    assert no_difference()


def test_taken_back_what_runs_ends_unjudged_and_what_was_missed_stays(cast, change):
    announcing.acknowledge(change, by=cast.sue, at=AT + hours(1))
    Clock.objects.filter(owner=cast.dana).update(due_at=AT)
    announcing.take_back(change, by=cast.mona, at=AT + hours(2))
    states = {c.owner: (c.state, c.ended_at) for c in Clock.objects.select_related("owner")}
    assert states == {
        cast.sam: ("voided", AT + hours(2)),
        cast.sue: ("met", AT + hours(1)),
        cast.dana: ("missed", AT + hours(2)),
    }
    assert not Alarm.objects.filter(state=Alarm.State.WAITING).exists()


def test_nothing_starts_without_a_promise(cast):
    publish(make_offer(), by=cast.mona, at=AT, price="13.00")
    assert (Clock.objects.count(), Acknowledgement.objects.count()) == (0, 3)


def test_a_step_that_moves_leads_is_none_here(cast):
    later = [{"action": name, "after": 60} for name in ("reassign", "back_to_pool", "tell_owner")]
    steps = [{"action": "breach"}, *later]
    promise_acknowledgement(cast.contract, steps=steps)
    publish(make_offer(), by=cast.mona, at=AT, price="13.00")
    sweep(at=DUE + hours(1))
    assert not Alarm.objects.filter(state=Alarm.State.WAITING).exists()
    assert len(told(cast.sam, "tell_owner")) == 1


def test_who_joins_sales_later_is_not_asked(cast, change):
    newcomer = User.objects.create_user("nora@demo.test", "x")
    Membership.objects.create(user=newcomer, team=Team.objects.get(slug="sales"))
    assert not Acknowledgement.objects.filter(user=newcomer).exists()


def test_rebuilding_finds_and_mends_what_differs(cast, change):
    announcing.acknowledge(change, by=cast.sam, at=AT + hours(1))
    Clock.objects.filter(owner=cast.sam).update(state="missed", stopped_at=DUE + hours(9))
    Clock.objects.filter(owner=cast.sue).delete()
    for row in Acknowledgement.objects.select_related("change"):
        acknowledging.rebuild(row, at=AT + hours(2))
    assert (clock_of(cast.sam).state, clock_of(cast.sam).stopped_at) == ("met", AT + hours(1))
    assert clock_of(cast.sue).due_at == DUE
    assert clock_of(cast.sue).alarms.filter(state=Alarm.State.WAITING).count() == 3
    assert no_difference()


def test_a_clock_has_exactly_one_subject(cast, change):
    lead = cast.hot_lead(at=AT)
    mine, its = clock_of(cast.sam), Clock.objects.filter(lead=lead).first()
    for facts in (
        {"pk": mine.pk, "acknowledgement": None},
        {"pk": mine.pk, "lead": lead},
        {"pk": its.pk, "handoff": None},
        {"pk": its.pk, "acknowledgement": mine.acknowledgement},
    ):
        with pytest.raises(IntegrityError, match="clock_has_one_subject"), transaction.atomic():
            Clock.objects.filter(pk=facts.pop("pk")).update(**facts)


@pytest.mark.django_db(transaction=True)
def test_an_acknowledgement_and_the_sweep_at_once_agree(cast):
    promise_acknowledgement(cast.contract)
    change = publish(make_offer(), by=cast.mona, at=AT, price="13.00")
    agreement.in_force(AT)

    def swept() -> None:
        sweep(at=DUE + hours(1))
        connection.close()

    def read() -> None:
        announcing.acknowledge(change, by=cast.sam, at=DUE + hours(1))
        connection.close()

    both = [threading.Thread(target=do) for do in (swept, read)]
    for each in both:
        each.start()
    for each in both:
        each.join()
    clock = clock_of(cast.sam)
    assert (clock.state, clock.stopped_at) == ("missed", DUE + hours(1))
    assert Breach.objects.filter(clock=clock).count() == 1
    sweep(at=DUE + hours(1))
    assert no_difference()


def test_a_draft_contract_judges_it_again(cast, change):
    """A day instead of two: who took longer would have missed it."""
    announcing.acknowledge(change, by=cast.sam, at=AT + hours(1))
    announcing.acknowledge(change, by=cast.sue, at=ny("2026-01-16 12:00"))
    drafting.begin(by=cast.dana, at=AT)
    term = drafting.draft().terms.get(key="acknowledge")
    term.target_seconds = 8 * 3600
    term.save()
    at, stamp = DUE - hours(2), configuration.stamp()
    draft = draft_of(contract=True, at=at)
    found = {r.clock.owner_id: r for r in anew(draft, start=AT, at=at, stamp=stamp)}
    outcomes = {pk: (r.before.outcome, r.after.outcome) for pk, r in found.items()}
    assert outcomes == {
        cast.sam.pk: ("met", "met"),
        cast.sue.pk: ("met", "missed"),
        cast.dana.pk: ("running", "missed"),
    }
    term.delete()
    draft = draft_of(contract=True, at=at)
    assert {r.after for r in anew(draft, start=AT, at=at, stamp=stamp)} == {None}


def test_a_draft_that_promises_it_first_judges_what_was_published(cast):
    change = publish(make_offer(), by=cast.mona, at=AT, price="13.00")
    announcing.acknowledge(change, by=cast.sam, at=AT + hours(1))
    drafting.begin(by=cast.dana, at=AT)
    promise_acknowledgement(drafting.draft())
    at, stamp = DUE + hours(1), configuration.stamp()
    found = list(anew(draft_of(contract=True, at=at), start=AT, at=at, stamp=stamp))
    assert {(r.clock.owner_id, r.before, r.after.outcome) for r in found} == {
        (cast.sam.pk, None, "met"), (cast.sue.pk, None, "missed"), (cast.dana.pk, None, "missed"),
    }  # fmt: skip


@pytest.mark.parametrize(
    ("said", "field"),
    [
        ({"stops_on": ["acknowledged", "call"]}, "stops_on"),
        ({"side": "marketing"}, "side"),
        ({"stops_after": 2}, "stops_after"),
        ({"tiers": ["hot"]}, "tiers"),
        ({"personas": ["spa-director"]}, "personas"),
        ({"sources": "fair"}, "sources"),
        ({"pauses": "Away"}, "pauses"),
        ({"per_owner": "on"}, "per_owner"),
        ({"steps": [("reassign", "1 h")]}, "starts_on"),
        ({"starts_on": "handed_over"}, "stops_on"),
    ],
)
def test_a_promise_about_changes_that_can_not_be_is_refused(cast, said, field):
    drafting.begin(by=cast.dana, at=AT)
    term = promise_acknowledgement(drafting.draft())
    assert send(cast.dana, term, steps=[("warn", "50 %")]).status_code == 302
    term.refresh_from_db()
    answer = send(cast.dana, term, **said)
    assert answer.status_code == 422
    assert list(answer.context["form"].errors) == [field]
