"""Typed times: what waits for a manager, who decides, and what follows."""

import pytest
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext
from django.urls import reverse

from accounts.models import AuditEntry, Membership, OutboxMessage
from accounts.refusals import Conflict, NotAllowed, Refused
from leads.activities import log_touch
from leads.models import Activity, Handoff
from sla.clocks import claims
from sla.figures import excuses
from sla.figures.compliance import compliance
from sla.models import Claim, Clock
from sla.sweep import sweep
from tests.factories import hours, make_user, ny

AT = ny("2027-01-15 10:00")
SAID, TYPED = ny("2027-01-15 10:58"), ny("2027-01-15 11:10")
DECIDED = ny("2027-01-15 12:00")


def accepted(cast, **row) -> Handoff:
    """A hot lead that Sam has taken: its first touch is due at 11:00."""
    cast.pool.members.filter(user=cast.sue).update(capacity=0)
    handoff = cast.hot_lead(at=AT, **row).handoffs.get()
    handoff.accept(cast.sam, at=AT)
    return handoff


def typed(cast, handoff: Handoff, *, said=SAID, at=TYPED, by=None) -> Activity:
    return log_touch(handoff.lead, "call", by=by or cast.sam, at=at, occurred_at=said,
                     outcome="connected")  # fmt: skip


def first_touch(handoff: Handoff) -> Clock:
    return handoff.clocks.get(term__key="first_touch_hot")


@pytest.fixture
def claim(cast) -> Claim:
    """Sam called at 10:58 and said so at 11:10; the first touch was due at 11:00."""
    handoff = accepted(cast)
    sweep(at=ny("2027-01-15 11:00:01"))
    typed(cast, handoff)
    return Claim.objects.get()


# --- What waits ----------------------------------------------------------------------------------


def test_case_16_a_time_typed_after_the_breach_waits_for_a_manager(cast, claim):
    clock = claim.clock
    assert (clock.state, clock.stopped_at) == ("missed", TYPED)
    assert (claim.state, claim.claimed_at, claim.made_at) == ("waiting", SAID, TYPED)


def test_a_time_typed_before_the_deadline_is_believed(cast):
    handoff = accepted(cast)
    typed(cast, handoff, said=ny("2027-01-15 10:20"), at=ny("2027-01-15 10:30"))
    assert (first_touch(handoff).stopped_at, Claim.objects.count()) == (ny("2027-01-15 10:20"), 0)


def test_a_typed_time_that_is_late_itself_claims_nothing(cast):
    typed(cast, accepted(cast), said=ny("2027-01-15 11:00:01"))
    assert Claim.objects.count() == 0


def test_a_time_at_exactly_the_deadline_waits(cast):
    typed(cast, accepted(cast), said=ny("2027-01-15 11:00"))
    assert Claim.objects.get().claimed_at == ny("2027-01-15 11:00")


def test_a_time_from_before_the_clock_started_claims_nothing(cast):
    typed(cast, accepted(cast), said=AT - hours(1))
    assert Claim.objects.count() == 0


def test_a_promise_kept_already_needs_no_claim(cast):
    handoff = accepted(cast)
    log_touch(handoff.lead, "email", by=cast.sam, at=ny("2027-01-15 10:30"))
    typed(cast, handoff)
    assert Claim.objects.count() == 0


def test_the_managers_of_the_side_are_told_once(cast, claim):
    told = OutboxMessage.objects.get(kind="claim")
    assert (told.recipient, told.title, told.url) == (
        cast.dana, "A typed time waits for you: Pat Lee",
        f"{reverse('claim-list')}#lead-{claim.clock.lead_id}",
    )  # fmt: skip


def test_without_a_manager_in_the_team_the_managers_of_the_side_are_told(cast):
    handoff = accepted(cast)
    Membership.objects.filter(user=cast.dana).delete()
    other = make_user("olga", type(cast.sales).objects.create(slug="o", name="O", kind="sales"),
                      manager=True)  # fmt: skip
    typed(cast, handoff)
    assert [m.recipient for m in OutboxMessage.objects.filter(kind="claim")] == [other]


# --- The decision --------------------------------------------------------------------------------


def test_case_16_an_approved_time_makes_the_clock_met_with_an_audit_entry(cast, claim):
    claims.approve(claim, by=cast.dana, at=DECIDED, note="The call log agrees.")

    clock = Clock.objects.get(pk=claim.clock_id)
    assert (clock.state, clock.stopped_at, clock.breach.overturned_at) == ("met", SAID, DECIDED)
    claim.refresh_from_db()
    assert (claim.state, claim.decided_by, claim.note) == (
        "approved", cast.dana, "The call log agrees.",
    )  # fmt: skip
    audited = AuditEntry.objects.filter(at=DECIDED).order_by("id")
    assert [(entry.verb, entry.actor) for entry in audited] == [
        ("claim_approved", cast.dana), ("breach_overturned", cast.dana),
    ]  # fmt: skip


def test_case_16_a_refused_time_leaves_the_miss(cast, claim):
    claims.refuse(claim, by=cast.dana, at=DECIDED, note="The call log has no such call.")

    clock = Clock.objects.get(pk=claim.clock_id)
    assert (clock.state, clock.stopped_at, clock.breach.overturned_at) == ("missed", TYPED, None)
    assert AuditEntry.objects.get(at=DECIDED).verb == "claim_refused"


def test_refusing_takes_a_reason(cast, claim):
    with pytest.raises(Refused, match="Say why"):
        claims.refuse(claim, by=cast.dana, at=DECIDED, note=" ")
    assert Claim.objects.get().state == "waiting"


def test_an_approved_time_moves_the_figures(cast, claim):
    def counts() -> tuple[int, int]:
        totals = compliance(cast.dana, start=AT - hours(1), end=AT + hours(1), by="term",
                            at=DECIDED).totals  # fmt: skip
        return totals.met, totals.missed

    before = counts()
    claims.approve(claim, by=cast.dana, at=DECIDED)
    assert (before, counts()) == ((1, 1), (2, 0))


def test_an_excuse_ends_with_the_miss(cast, claim):
    excuses.excuse(claim.clock, by=cast.dana, reason="Fire alarm.", at=TYPED)
    claims.approve(claim, by=cast.dana, at=DECIDED)
    assert Clock.objects.get(pk=claim.clock_id).excused is False


def test_of_several_approved_times_the_earliest_counts(cast, claim):
    earlier = typed(cast, claim.clock.handoff, said=ny("2027-01-15 10:40"), at=TYPED + hours(0.1))
    second = Claim.objects.get(activity=earlier)
    claims.approve(claim, by=cast.dana, at=DECIDED)
    assert Clock.objects.get(pk=claim.clock_id).stopped_at == SAID
    claims.approve(second, by=cast.dana, at=DECIDED)
    assert Clock.objects.get(pk=claim.clock_id).stopped_at == ny("2027-01-15 10:40")


def test_machine_evidence_settles_a_later_typed_time(cast, claim):
    claim.clock.handoff.lead.record(
        "call", by=cast.sam, at=DECIDED, handoff=claim.clock.handoff,
        occurred_at=ny("2027-01-15 10:30"), evidence=Activity.Evidence.MACHINE,
    )  # fmt: skip
    claim.refresh_from_db()
    assert (claim.state, claim.decided_by, claim.clock.state) == ("settled", None, "met")


@pytest.mark.parametrize("name", ["sam", "sue", "maya", "mona", "admin", "outsider"])
def test_only_a_manager_of_the_side_decides(cast, claim, name):
    with pytest.raises(NotAllowed):
        claims.approve(claim, by=getattr(cast, name), at=DECIDED)
    assert Clock.objects.get(pk=claim.clock_id).state == "missed"


def test_nobody_decides_on_their_own_word(cast):
    typed(cast, accepted(cast), by=cast.dana)
    with pytest.raises(NotAllowed):
        claims.approve(Claim.objects.get(), by=cast.dana, at=DECIDED)
    assert OutboxMessage.objects.filter(kind="claim").count() == 0


def test_a_decision_stands(cast, claim):
    claims.refuse(claim, by=cast.dana, at=DECIDED, note="No.")
    with pytest.raises(Conflict, match="Dana decided this already: refused"):
        claims.approve(claim, by=cast.dana, at=DECIDED)


def test_whoever_typed_the_time_is_told(cast, claim):
    claims.approve(claim, by=cast.dana, at=DECIDED, note="Thanks.")
    told = OutboxMessage.objects.get(recipient=cast.sam, kind="claim")
    assert (told.title, told.body) == (
        "Your time was approved: Pat Lee",
        "First touch (hot): the promise was kept. Thanks.",
    )


# --- The pages -----------------------------------------------------------------------------------


def signed_in(user) -> Client:
    client = Client()
    client.force_login(user)
    return client


def test_a_manager_approves_on_the_page(cast, claim):
    client = signed_in(cast.dana)
    shown = client.get(reverse("claim-list"))
    assert [each.claim for each in shown.context["waiting"]] == [claim]

    client.post(reverse("claim-decide", args=[claim.pk]), {"decision": "approve", "note": ""})

    shown = client.get(reverse("claim-list"))
    assert (list(shown.context["waiting"]), list(shown.context["decided"])) == ([], [claim])
    assert Clock.objects.get(pk=claim.clock_id).state == "met"


def test_refusing_without_a_note_keeps_the_page_and_says_what_is_missing(cast, claim):
    answer = signed_in(cast.dana).post(
        reverse("claim-decide", args=[claim.pk]), {"decision": "refuse", "note": ""}
    )
    assert answer.status_code == 422
    assert "Say why the time is not believed" in answer.content.decode()


@pytest.mark.parametrize(("person", "status"), [("mona", 404), ("sam", 403), ("admin", 403)])
def test_a_claim_of_the_other_side_is_not_there(cast, claim, person, status):
    answer = signed_in(getattr(cast, person)).post(
        reverse("claim-decide", args=[claim.pk]), {"decision": "approve"}
    )
    assert answer.status_code == status


@pytest.mark.parametrize(("person", "count"), [("dana", 1), ("mona", 0), ("sam", None)])
def test_compliance_counts_what_waits_for_this_manager(cast, claim, person, count):
    answer = signed_in(getattr(cast, person)).get(reverse("compliance"))
    assert answer.context["claims_waiting"] == count


@pytest.mark.parametrize("page", ["lead", "clock-list"])
def test_whoever_is_judged_sees_that_it_waits(cast, claim, page):
    args = [claim.clock.lead_id] if page == "lead" else []
    html = signed_in(cast.sam).get(reverse(page, args=args)).content.decode().lower()
    assert html.count("typed time waits for a manager") == 1

    claims.refuse(claim, by=cast.dana, at=DECIDED, note="No.")
    html = signed_in(cast.sam).get(reverse(page, args=args)).content.decode().lower()
    assert html.count("typed time waits for a manager") == 0


def test_a_rep_types_an_earlier_time_by_their_own_clock(cast):
    cast.sam.time_zone = "America/New_York"
    cast.sam.save()
    handoff = accepted(cast)
    signed_in(cast.sam).post(
        reverse("lead-activity", args=[handoff.lead_id]),
        {"kind": "call", "outcome": "connected", "occurred_at": "2020-06-01T09:30"},
    )
    call = handoff.activities.get(kind="call")
    assert (call.occurred_at, call.evidence) == (ny("2020-06-01 09:30"), "typed")


@pytest.mark.parametrize("count", [1, 3])
def test_queries_do_not_grow_with_the_claims(cast, count):
    for number in range(count):
        typed(cast, accepted(cast, email=f"pat{number}@spa.example"))
    client = signed_in(cast.dana)
    client.get(reverse("claim-list"))
    with CaptureQueriesContext(connection) as queries:
        client.get(reverse("claim-list"))
    assert len(queries) == 10


# --- Speed to lead -------------------------------------------------------------------------------


def touched_at(handoff: Handoff):
    handoff.refresh_from_db()
    return handoff.first_touch_at


def test_the_speed_to_lead_does_not_believe_a_time_that_waits(cast, claim):
    handoff = claim.clock.handoff
    assert touched_at(handoff) == TYPED
    claims.refuse(claim, by=cast.dana, at=DECIDED, note="Not in the log")
    assert touched_at(handoff) == TYPED


def test_the_speed_to_lead_believes_what_a_manager_does(cast, claim):
    claims.approve(claim, by=cast.dana, at=DECIDED)
    assert touched_at(claim.clock.handoff) == SAID


def test_a_time_typed_before_the_deadline_is_believed_by_both(cast):
    handoff = accepted(cast)
    typed(cast, handoff, said=ny("2027-01-15 10:20"), at=ny("2027-01-15 10:40"))
    assert first_touch(handoff).stopped_at == ny("2027-01-15 10:20") == touched_at(handoff)


def test_a_contact_from_before_the_handoff_is_no_first_touch(cast):
    handoff = accepted(cast)
    typed(cast, handoff, said=ny("2027-01-15 09:00"), at=ny("2027-01-15 10:40"))
    assert (first_touch(handoff).stopped_at, touched_at(handoff)) == (None, None)


def test_the_earliest_is_the_first_touch_in_whatever_order(cast):
    handoff = accepted(cast)
    log_touch(handoff.lead, "call", by=cast.sam, at=ny("2027-01-15 10:40"))
    typed(cast, handoff, said=ny("2027-01-15 10:20"), at=ny("2027-01-15 10:50"))
    log_touch(handoff.lead, "email", by=cast.sam, at=ny("2027-01-15 10:55"))
    assert touched_at(handoff) == ny("2027-01-15 10:20")
