"""The demo company keeps the same rules as any other: its figures follow from its events."""

from collections import Counter
from datetime import UTC, datetime, time
from zoneinfo import ZoneInfo

import pytest
from django.db import transaction
from django.db.models import Count, Min

from accounts.models import Absence, Notification, OutboxMessage, User
from leadflow.demo import loading
from leads import scoring
from leads.capture import signs_of
from leads.lists import views
from leads.lists.places import QUEUE
from leads.models import Activity, Assignment, Deal, Handoff, Kind, Lead, Outcome, Return, Stage
from leads.models.stages import AIDA_AT
from personas.models import Acknowledgement, Definition, Offer
from sla import agreement
from sla.clocks.rebuilding import rebuild
from sla.models import Alarm, Breach, Clock

# A Wednesday morning in New York, four in the afternoon in London.
NOW = datetime(2027, 3, 17, 15, 20, tzinfo=UTC)
pytestmark = [pytest.mark.slow, pytest.mark.django_db]
STAGE_AFTER = {
    Kind.MQL: Stage.MQL, Kind.HANDED_OVER: Stage.MQL, Kind.REASSIGNED: Stage.MQL,
    Kind.SOURCED: Stage.SAL, Kind.ACCEPTED: Stage.SAL, Kind.REJECTED: Stage.RECYCLED,
    Kind.QUALIFIED: Stage.SQL,
    Kind.DISQUALIFIED: Stage.DISQUALIFIED, Kind.RECYCLED: Stage.RECYCLED,
    Kind.DEAL_OPENED: Stage.OPPORTUNITY, Kind.WON: Stage.CUSTOMER, Kind.LOST: Stage.RECYCLED,
}  # fmt: skip


@pytest.fixture(scope="module")
def demo(django_db_setup, django_db_blocker):
    """The company with 100 leads and its present, shared by the tests of this file.

    Each test's own transaction lies within this one.
    """
    with django_db_blocker.unblock(), transaction.atomic():
        yield loading.load(at=NOW, leads=100)
        transaction.set_rollback(True)


def test_every_handoff_runs_under_a_contract_with_one_clock_for_each_promise(demo):
    handed_over = Handoff.objects.filter(sourced_by="marketing")
    for handoff in handed_over.prefetch_related("clocks__term"):
        measures = Counter(c.term.measure for c in handoff.clocks.all() if c.round == 0)
        measures.pop("answer_return", None)
        assert measures == {"accept": 1, "first_touch": 1, "disposition": 1}
        assert handoff.contract_version == agreement.in_force(handoff.handed_over_at).version
        assert agreement.in_force(handoff.handed_over_at).covers(handoff.handed_over_at)


def test_deadlines_are_so_many_working_seconds_after_the_start(demo):
    for clock in Clock.objects.select_related("term"):
        working = agreement.hours(clock.calendar_version_id).working
        assert clock.due_at == working.add(clock.started_at, clock.target_seconds)
        assert clock.target_seconds == clock.term.target_seconds


def test_the_whole_company_replayed_from_its_activities_shows_no_difference(demo):
    before = list(Clock.objects.order_by("pk").values())
    leads = Lead.objects.filter(handoffs__isnull=False).distinct()
    differences = [str(d) for lead in leads for d in rebuild(lead, at=NOW, check=True)]
    assert differences == []
    assert list(Clock.objects.order_by("pk").values()) == before


def counting_instant(clock, activity):
    """When an activity counts, told again from the agreement and not from sla.clocks.following."""
    if activity.outcome == Outcome.WRONG_NUMBER or activity.occurred_at < clock.started_at:
        return None
    typed = activity.evidence == Activity.Evidence.TYPED
    return activity.recorded_at if typed and activity.recorded_at > clock.due_at else (
        activity.occurred_at
    )  # fmt: skip


def test_met_and_missed_follow_from_the_activities(demo):
    judged = Counter()
    clocks = Clock.objects.exclude(state="voided").exclude(handoff=None)
    for clock in clocks.select_related("term"):
        until = clock.ended_at or NOW
        answers = Activity.objects.filter(
            handoff=clock.handoff, kind__in=clock.term.stops_on, recorded_at__lte=until
        )
        instants = [i for a in answers if (i := counting_instant(clock, a)) is not None]
        stopped_at = min(instants, default=None)
        state = "missed" if (stopped_at or NOW) > clock.due_at else "met"
        if stopped_at is None and state == "met":
            state = "running"
        assert (clock.state, clock.stopped_at) == (state, stopped_at)
        judged[state] += 1
    assert judged.total() == clocks.count()
    assert min(judged["met"], judged["missed"], judged["running"]) > 10


def test_every_miss_has_one_breach_at_its_deadline_and_nothing_else_has(demo):
    breaches = Breach.objects.select_related("clock")
    assert {b.clock_id for b in breaches} == set(
        Clock.objects.filter(state="missed").values_list("pk", flat=True)
    )
    assert [b.breached_at for b in breaches] == [b.clock.due_at for b in breaches]
    assert max((b.noticed_at - b.breached_at).total_seconds() for b in breaches) <= 1


def test_alarms_that_fell_due_were_fired_within_a_second(demo):
    assert not Alarm.objects.filter(state="waiting", fire_at__lte=NOW).exists()
    assert not Alarm.objects.filter(state="aside").exists()
    fired = Alarm.objects.filter(state="fired")
    assert max((a.fired_at - a.fire_at).total_seconds() for a in fired) <= 1


def test_stages_are_those_of_the_last_step(demo):
    stages = {lead.pk: Stage.INQUIRY.value for lead in Lead.objects.all()}
    for activity in Activity.objects.filter(kind__in=STAGE_AFTER).order_by("occurred_at", "pk"):
        stages[activity.lead_id] = STAGE_AFTER[Kind(activity.kind)].value
    assert dict(Lead.objects.values_list("pk", "stage")) == stages


def test_scores_are_those_of_the_activities_as_of_now(demo):
    for lead in Lead.objects.exclude(stage__in=["customer", "disqualified"]):
        signs = signs_of(Activity.objects.filter(lead=lead))
        result = scoring.score(lead.values(), signs, at=NOW)
        assert (lead.score, lead.tier, lead.persona_id) == (
            result.total, result.tier, result.persona.id if result.persona else None,
        )  # fmt: skip


def test_the_queue_shows_the_earliest_deadline_that_has_not_ended(demo):
    earliest = dict(
        Clock.objects.filter(ended_at=None, term__side="sales", lead__isnull=False)
        .values_list("lead")
        .annotate(first=Min("due_at"))
    )
    shown = Lead.objects.exclude(respond_by=None).values_list("pk", "respond_by")
    assert dict(shown) == earliest


def test_nobody_acts_on_leave_and_open_handoffs_have_an_owner_or_a_place_on_the_list(demo):
    open_ones = Handoff.objects.open()
    assert set(open_ones.filter(owner=None)) == set(Handoff.objects.unassigned())
    assert "AU" in {h.lead.country for h in open_ones.filter(owner=None)}
    for absence in Absence.objects.all():
        theirs = Activity.objects.filter(
            actor=absence.user, recorded_at__gt=absence.starts_at, recorded_at__lt=absence.ends_at
        )
        assert list(theirs) == []


def test_leave_is_in_whole_days_where_the_person_is(demo):
    for absence in Absence.objects.select_related("user"):
        zone = ZoneInfo(absence.user.time_zone)
        ends = (absence.starts_at.astimezone(zone), absence.ends_at.astimezone(zone))
        assert [moment.time() for moment in ends] == [time.min, time.min]


def test_people_act_in_their_working_hours(demo):
    for activity in Activity.objects.filter(kind__in=["accepted", "call"]).select_related("actor"):
        local = activity.recorded_at.astimezone(ZoneInfo(activity.actor.time_zone))
        assert local.weekday() < 5
        assert 9 <= local.hour < 17 or (local.hour, local.minute, local.second) == (17, 0, 0)


def test_receipts_show_two_versions_of_the_definition(demo):
    versions = Counter(
        h.receipt["definition"]["version"] for h in Handoff.objects.exclude(receipt={})
    )
    assert set(versions) == {1, 2}
    assert Definition.objects.get(key="mql", version=2).rule == {"min_score": 50, "min_fit": 10}


def test_sam_has_a_queue_of_every_kind_of_moment(demo):
    mine = Handoff.objects.queue_for(demo.users["sam"])
    assert mine.filter(sourced_by="sales").count() == 2
    queue = list(mine.filter(sourced_by="marketing").prefetch_related("clocks"))
    assert 8 <= len(queue) <= 15
    late, soon, touched = 0, 0, 0
    for handoff in queue:
        running = [c for c in handoff.clocks.all() if c.ended_at is None]
        first = min(running, key=lambda c: c.due_at)
        working = agreement.hours(first.calendar_version_id).working
        late += first.due_at < NOW
        used = working.elapsed(first.started_at, NOW) / first.target_seconds
        soon += first.due_at >= NOW and used >= 0.75
        touched += handoff.first_touch_at is not None
    assert (late, touched) == (2, 2)
    assert soon >= 3
    assert {h.state for h in queue} == {"offered", "accepted"}


def test_marketing_has_returns_to_answer_and_leads_to_hand_over(demo):
    assert 2 <= Return.objects.waiting().count() <= 6
    ready = list(Lead.objects.ready_to_hand_over())
    assert 8 <= len(ready) <= 14
    missing = [scoring.score(r.values(), signs_of(r.activities.all()), at=NOW) for r in ready]
    assert min(score.total for score in missing) >= 50


def test_buyers_have_come_further_than_askers(demo):
    reached = set(Lead.objects.filter(stage__in=AIDA_AT).values_list("stage", "aida"))
    assert reached == {(stage.value, AIDA_AT[stage].value) for stage in AIDA_AT}


def test_deals_are_won_and_lost_by_their_owners(demo):
    assert Deal.objects.filter(state="won").exists()
    assert Deal.objects.filter(state="lost").exists()
    assert not Deal.objects.exclude(state="open").filter(reason="").exists()
    assert not Deal.objects.filter(closed_at__gt=NOW).exists()


def test_no_old_message_waits_to_be_sent_and_every_bell_has_news(demo):
    assert not OutboxMessage.objects.filter(delivered_at=None).exists()
    unread = dict(Notification.objects.unread().values_list("user__email").annotate(Count("pk")))
    assert unread["sam@demo.test"] >= 3
    assert unread["dana@demo.test"] >= 1
    assert max(unread.values()) <= 6


def test_nothing_happened_in_the_future(demo):
    assert not Activity.objects.filter(recorded_at__gt=NOW).exists()
    assert not Lead.objects.filter(updated_at__gt=NOW).exists()
    assert not Lead.objects.filter(email__isnull=True).exists()
    assert not Lead.objects.exclude(email__endswith=".example").exists()
    assert User.objects.filter(email__endswith="@demo.test").count() == User.objects.count()


def test_changes_of_offers_are_read_in_time_by_most_and_one_waits_for_sam(demo):
    rows = Acknowledgement.objects.select_related("change", "user")
    clocks = {c.acknowledgement_id: c for c in Clock.objects.filter(handoff=None)}
    assert {row.pk for row in rows} == clocks.keys()
    for row in rows:
        clock = clocks[row.pk]
        assert clock.stopped_at == row.acknowledged_at
        if row.acknowledged_at is not None:
            assert (clock.state == "met") == (row.acknowledged_at <= clock.due_at)
    states = Counter(clock.state for clock in clocks.values())
    assert states["met"] > 2 * states["missed"] > 0
    assert clocks[rows.get(user=demo.users["sam"], acknowledged_at=None).pk].state == "running"
    assert Offer.objects.get(slug="cedar-6").former_names == ["Cedar 6"]


def test_a_newcomer_sees_a_deputy_at_work_and_a_view_of_the_queue(demo):
    away = Absence.objects.covering(NOW).get()
    assert (away.user.name.split()[0], away.deputy.name.split()[0]) == ("Tomasz", "Oliver")
    assert away.passed_on_at == away.starts_at
    assert not Handoff.objects.open().filter(owner=away.user).exists()
    passed = Assignment.objects.filter(how=Assignment.How.LEAVE)
    assert all("is on leave" in line.reason for line in passed)
    for login in ("sam", "walt", "dana"):
        mine = views.of(demo.users[login], place=QUEUE).views
        assert [view.name for view in mine] == ["Hot, to accept"]
