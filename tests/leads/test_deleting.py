"""A lead is deleted and put back: nothing finds it in between, and its clocks go on."""

import csv
import io
import json
from datetime import timedelta

import pytest
from django.apps import apps

from accounts.instants import database_now
from accounts.models import AuditEntry, OutboxMessage
from accounts.outbox import relay
from accounts.refusals import Conflict
from leads import (
    deleting,
    erasing,
    insights,
    merging,
    qualification,
    quality,
    returns,
    rulings,
    tagging,
    taking_back,
)
from leads.activities import log_touch
from leads.bulk import running
from leads.bulk.deeds import BY_NAME
from leads.criteria import keeping
from leads.criteria.shipped import SHIPPED
from leads.editing import edit
from leads.handover import hand_over
from leads.mail import writing
from leads.models import Activity, BadAddress, BulkRun, Campaign, Handoff, Lead, Ruling
from sla.clocks import claims, pausing
from sla.clocks.rebuilding import rebuild
from sla.figures import exclusions, excuses
from sla.models import Claim, Clock, Excuse
from sla.sweep import sweep
from tests.accounts.test_own_pages import signed_in
from tests.factories import hours, ny

AT = ny("2027-01-15 10:00")  # a Friday
State = Clock.State


@pytest.fixture
def lead(cast) -> Lead:
    """Handed over, and offered to a rep."""
    return cast.hot_lead(at=AT)


def clocks(lead) -> dict[str, tuple]:
    found = Clock.objects.filter(lead=lead).select_related("term")
    return {clock.term.key: (clock.state, clock.due_at, clock.ended_at) for clock in found}


def test_a_deleted_lead_is_found_nowhere(cast, lead):
    handoff = lead.handoffs.get()
    deleting.delete(lead, by=cast.maya, at=AT + hours(0.1))
    for person in (cast.maya, cast.mona, cast.dana, cast.admin, handoff.owner):
        client = signed_in(person)
        assert list(client.get("/leads/").context["leads"]) == []
        assert list(client.get("/leads/?q=pat@spa.example").context["leads"]) == []
        assert client.get(f"/leads/{lead.pk}/").status_code == 404
        text = b"".join(client.get("/leads/export/").streaming_content).decode("utf-8-sig")
        assert list(csv.DictReader(io.StringIO(text))) == []
    assert list(Handoff.objects.queue_for(handoff.owner)) == []
    assert list(Lead.objects.all()) == []
    assert list(cast.campaign.leads.all()) == []
    with pytest.raises(Conflict, match="was deleted meanwhile"):
        edit(lead, {"company": "X"}, by=cast.maya, at=AT)
    with pytest.raises(Conflict, match="was deleted meanwhile"):
        log_touch(lead, "note", by=cast.maya, at=AT, note="x")
    with pytest.raises(Conflict):
        handoff.accept(handoff.owner, at=AT + hours(0.2))


def test_its_clocks_end_unjudged_and_run_on_when_it_is_put_back(cast, lead):
    before = clocks(lead)
    respond_by = Lead.objects.get().respond_by
    assert {state for state, *_ in before.values()} == {State.RUNNING}
    gone_at = AT + hours(0.1)
    deleting.delete(lead, by=cast.maya, at=gone_at)
    assert {(state, ended) for state, _, ended in clocks(lead).values()} == {
        (State.VOIDED, gone_at)
    }
    assert Lead.everything.get().respond_by is None
    sweep(at=AT + hours(48))
    assert not Clock.objects.filter(breach__isnull=False).exists()
    deleting.put_back(lead, by=cast.maya, at=gone_at + hours(0.05))
    assert clocks(lead) == before
    back = Lead.objects.get()
    assert (back.respond_by, back.deleted_at, back.stage) == (respond_by, None, lead.stage)
    handoff = back.handoffs.get()
    assert (handoff.state, handoff.closed_at, handoff.reason) == ("offered", None, "")
    assert rebuild(back, at=AT + hours(0.2), check=True) == []
    assert handoff.accept(handoff.owner, at=AT + hours(0.2))


def test_what_was_missed_stays_missed(cast, lead):
    sweep(at=AT + hours(0.4))
    missed = Clock.objects.get(lead=lead, term__key="accept_hot")
    assert missed.state == State.MISSED
    deleting.delete(lead, by=cast.maya, at=AT + hours(0.5))
    missed.refresh_from_db()
    assert missed.state == State.MISSED
    deleting.put_back(lead, by=cast.maya, at=AT + hours(0.6))
    assert clocks(lead)["accept_hot"] == (State.MISSED, missed.due_at, None)
    assert rebuild(Lead.objects.get(), at=AT + hours(0.7), check=True) == []


def test_a_deadline_that_passed_in_the_bin_is_found_missed(cast, lead):
    due = clocks(lead)["accept_hot"][1]
    deleting.delete(lead, by=cast.maya, at=AT + hours(0.1))
    deleting.put_back(lead, by=cast.maya, at=due + hours(1))
    sweep(at=due + hours(1.1))
    missed = Clock.objects.filter(lead=lead, term__key="accept_hot").earliest("pk")
    assert (missed.state, missed.breach.breached_at) == (State.MISSED, due)


def test_the_owner_is_told_both_times(cast, lead):
    owner = lead.handoffs.get().owner
    deleting.delete(lead, by=cast.maya, at=AT)
    deleting.put_back(lead, by=cast.maya, at=AT)
    titles = {told.title for told in OutboxMessage.objects.filter(recipient=owner)}
    assert titles == {"New lead: Pat Lee", "Nothing left to do: Pat Lee was deleted",
                      "Pat Lee is yours again"}  # fmt: skip
    verbs = AuditEntry.objects.filter(verb__startswith="lead_").order_by("pk")
    assert [(entry.verb, entry.actor) for entry in verbs] == [
        ("lead_deleted", cast.maya), ("lead_put_back", cast.maya),
    ]  # fmt: skip


def test_its_address_is_free_and_it_comes_back_only_when_it_is_again(cast, lead):
    deleting.delete(lead, by=cast.maya, at=AT)
    new = cast.capture(at=AT + hours(1), email="pat@spa.example")
    assert (new.created, new.lead.pk != lead.pk) == (True, True)
    with pytest.raises(Conflict, match="belongs to another lead by now"):
        deleting.put_back(lead, by=cast.maya, at=AT + hours(2))
    assert Lead.everything.get(pk=lead.pk).deleted_at == AT
    edit(new.lead, {"email": "other@spa.example"}, by=cast.maya, at=AT + hours(2))
    deleting.put_back(lead, by=cast.maya, at=AT + hours(3))
    assert Lead.objects.get(pk=lead.pk).email == "pat@spa.example"


def test_two_of_one_address_may_lie_in_the_bin(cast, lead):
    deleting.delete(lead, by=cast.maya, at=AT)
    again = cast.capture(at=AT + hours(1), email="pat@spa.example").lead
    deleting.delete(again, by=cast.maya, at=AT + hours(1))
    assert Lead.everything.filter(email="pat@spa.example").count() == 2


def test_a_lead_with_a_deal_or_an_open_return_stays(cast, lead):
    handoff = lead.handoffs.get()
    handoff.accept(handoff.owner, at=AT)
    qualification.qualify(lead, by=handoff.owner, at=AT)
    qualification.open_deal(lead, by=handoff.owner, at=AT, amount=5)
    with pytest.raises(Conflict, match="has a deal"):
        deleting.delete(lead, by=cast.maya, at=AT)
    other = cast.hot_lead(at=AT, email="q@spa.example")
    rejected = other.handoffs.get()
    rejected.reject(rejected.owner, reason="spam", at=AT)
    with pytest.raises(Conflict, match="waits for marketing's answer"):
        deleting.delete(other, by=cast.maya, at=AT)
    assert Lead.objects.count() == 2


def test_twice_is_told(cast, lead):
    deleting.delete(lead, by=cast.maya, at=AT)
    with pytest.raises(Conflict):
        deleting.delete(lead, by=cast.maya, at=AT)
    deleting.put_back(lead, by=cast.maya, at=AT)
    with pytest.raises(Conflict, match="not in the bin"):
        deleting.put_back(lead, by=cast.maya, at=AT)


# --- From the buttons ----------------------------------------------------------------------------


def delete(person, *leads, **more):
    data = {"deed": "delete", "lead": [lead.pk for lead in leads], **more}
    return signed_in(person).post("/leads/bulk/", data, follow=True)


def test_ticked_leads_are_deleted_and_the_undo_brings_them_back(cast, lead):
    cold = cast.capture(at=AT, email="cold@x.example").lead
    page = delete(cast.maya, lead, cold)
    assert "All of them can be deleted." in page.content.decode()
    done = delete(cast.maya, lead, cold, go=1)
    assert "2 leads deleted." in done.content.decode()
    assert Lead.objects.count() == 0
    signed_in(cast.maya).post(f"/leads/bulk/{BulkRun.objects.get().pk}/undo/")
    assert Lead.objects.count() == 2


def test_who_may_not_delete_is_told(cast, lead):
    owner = lead.handoffs.get().owner
    done = delete(owner, lead, go=1)
    assert [line.why for line in done.context["refused"]] == ["is not yours to delete"]
    assert Lead.objects.count() == 1


def test_undo_of_many_leaves_what_cannot_come_back(cast, lead):
    cold = cast.capture(at=AT, email="cold@x.example").lead
    delete(cast.maya, lead, cold, go=1)
    cast.capture(at=AT + hours(1), email="cold@x.example")
    run = BulkRun.objects.get()
    running.undo(run, at=AT + hours(1))
    running.go_on(run.pk)
    run.refresh_from_db()
    assert (run.state, run.refused) == ("undone", 1)
    assert run.lines.get(lead_number=cold.pk).why.startswith("belongs to another lead")


def test_the_bin_shows_each_what_they_could_delete(cast, lead):
    deleting.delete(lead, by=cast.maya, at=AT)
    seen = {
        person.name: [lead.pk for lead, _ in signed_in(person).get("/leads/bin/").context["rows"]]
        for person in (cast.maya, cast.mona, cast.sam, cast.sue, cast.dana, cast.admin)
    }
    assert seen == {"Maya": [lead.pk], "Mona": [lead.pk], "Sam": [], "Sue": [],
                    "Dana": [lead.pk], "Admin": [lead.pk]}  # fmt: skip
    assert signed_in(cast.sam).post(f"/leads/{lead.pk}/put-back/").status_code == 404
    page = signed_in(cast.maya).post(f"/leads/{lead.pk}/put-back/", follow=True)
    assert "Pat Lee is back." in page.content.decode()
    assert Lead.objects.get() == lead


@pytest.mark.parametrize("count", [1, 3])
def test_the_bin_costs_the_same_for_many(cast, count, django_assert_num_queries):
    for n in range(count):
        found = cast.capture(at=AT, email=f"p{n}@x.example").lead
        deleting.delete(found, by=cast.maya, at=AT)
    client = signed_in(cast.maya)
    # session, user, memberships, the leads, the instant, the bell
    with django_assert_num_queries(7):
        client.get("/leads/bin/")


# --- Erased for good -----------------------------------------------------------------------------

MINE = ("Pat", "spa.example", "Hotel", "spy", "5550123", "secret")


def traces() -> list[str]:
    """The rows anywhere in the database that still say who somebody was."""
    found = []
    for model in apps.get_models():
        if model._meta.app_label in ("leads", "sla", "accounts") and model is not Campaign:
            for row in model._base_manager.values():
                said = json.dumps(row, default=str)
                found += [f"{model.__name__}: {w}: {said}" for w in MINE if w in said]
    return found


def test_what_is_long_in_the_bin_is_erased_and_the_figures_stay(cast, lead):
    at = database_now()
    lead = cast.hot_lead(
        at=at, email="secret@spa.example", message="secret", phone="+1 212 555 0123",
        landing_page="https://tubs.example/spy", extra={"Note": "secret"},
    )  # fmt: skip
    early = cast.capture(at=at, email="early@spa.example", first_name="Pat").lead
    twin = cast.capture(at=at, email="twin@spa.example", company="Hotel").lead
    merging.merge(lead, twin, by=cast.maya, at=at)
    tag = tagging.called("fair", by=None, at=at)
    tagging.put_on([lead.pk], tag.pk, at=at)
    edit(lead, {"company": "Hotel secret"}, by=cast.maya, at=at)
    handoff = lead.handoffs.get()
    handoff.accept(handoff.owner, at=at)
    log_touch(lead, "call", by=handoff.owner, at=at, outcome="connected", note="secret")
    log_touch(lead, "note", by=cast.maya, at=at, note="secret")
    heard, _ = insights.add(lead, "pain", "secret pains", by=cast.sam, at=at, said_by="secret")
    insights.take_back(heard, by=cast.sam, at=at)
    relay(at=at)
    judged = list(Clock.objects.filter(lead=lead, state="met").values_list("term__key", flat=True))
    run = running.start(
        BY_NAME["delete"], [early.pk, lead.pk, cast_first(cast)], {}, by=cast.maya, at=at
    )
    running.go_on(run.pk)
    relay(at=database_now())
    page = signed_in(cast.maya).get("/leads/bin/").content.decode()
    assert "Erased for good" in page
    assert erasing.erase(at=at + timedelta(days=29)) == 0
    later = at + timedelta(days=31)
    assert erasing.erase(at=later, batch=2) == 3
    assert traces() == []
    # What is left of it, and of the lead that sales never had.
    left = Lead.everything.get(pk=lead.pk)
    assert (left.name, left.erased_at, left.tags) == (f"Lead {lead.pk}", later, [])
    assert not Lead.everything.filter(pk=early.pk).exists()
    kept = Clock.objects.filter(lead=lead, state="met").values_list("term__key", flat=True)
    assert (list(kept), bool(judged)) == (judged, True)
    receipt = Handoff.objects.get(pk=handoff.pk).receipt
    assert receipt["score"] == handoff.receipt["score"]
    # Of the packet it is known what was in it, not what that said.
    assert receipt["person"] == {
        name: "–" for name, said in handoff.receipt["person"].items() if said
    }
    assert AuditEntry.objects.filter(verb="lead_erased").count() == 3
    assert rebuild(left, at=later, check=True) == []
    # It is in no bin any more, and nothing is left to do.
    assert shown_in_bin(cast.maya) == []
    with pytest.raises(Conflict, match="is not in the bin any more"):
        deleting.put_back(left, by=cast.maya, at=later)
    assert erasing.erase(at=later) == 0


def cast_first(cast) -> int:
    return Lead.objects.get(email="pat@spa.example").pk


def shown_in_bin(person) -> list[int]:
    return [lead.pk for lead, _ in signed_in(person).get("/leads/bin/").context["rows"]]


WROTE = {
    "Activity", "Assignment", "Claim", "Exclusion", "Excuse", "Feedback", "Handoff", "Notification",
    "OutboxMessage", "Return", "Ruling",
}  # fmt: skip


def test_erased_is_also_what_anybody_wrote_of_it(cast):
    """Words are put into every table that takes some beside the lead's own; nothing is left."""
    at, now = AT, AT + hours(6)
    lead = cast.hot_lead(at=at)
    handoff = lead.handoffs.get()
    sweep(at=at + hours(0.3))
    missed = Clock.objects.get(lead=lead, term__key="accept_hot")
    for reason in ("Pat was away", "The Hotel was closed"):
        excuses.excuse(missed, by=cast.dana, reason=reason, at=at + hours(0.4))
        if reason.startswith("Pat"):
            excuses.take_back(missed, by=cast.dana, at=at + hours(0.5))
    exclusions.ask(handoff, "marketing", reason="Pat is a colleague", by=cast.mona, at=at)
    qualification.reassign(handoff, cast.sue, by=cast.dana, at=at + hours(1), reason="Pat asks")
    sweep(at=at + hours(3))
    log_touch(
        lead, "call", by=cast.sue, at=at + hours(4), occurred_at=at + hours(0.9), note="Pat",
        outcome="connected",
    )  # fmt: skip
    claim = Claim.objects.waiting().first()
    claims.refuse(claim, by=cast.dana, at=at + hours(4), note="Pat says no")
    handoff.refresh_from_db()
    handoff.accept(cast.sue, at=at + hours(4))
    pausing.pause(handoff, by=cast.sue, at=at + hours(4), reason="prospect_asked", note="Pat said")
    quality.rate(handoff, by=cast.sue, at=at + hours(4), rating=1, why="Pat is a spy")
    back = handoff.reject(cast.sue, reason="other", note="Pat is a spy", at=at + hours(5))
    returns.answer(back, "disputed", by=cast.maya, at=at + hours(5), note="Pat is none")
    for reason in ("Pat is no secret", "The Hotel wants Pat"):
        made = rulings.propose(back, "stands", "sales", reason=reason, by=cast.dana, at=now)
        if reason.startswith("Pat"):
            rulings.decline(made, by=cast.mona, at=now)
    rulings.agree(made, "marketing", by=cast.mona, at=now)
    hand_over([lead], by=cast.maya, at=now, override_reason="Pat wrote")
    relay(at=now)
    deleting.delete(lead, by=cast.mona, at=now)
    relay(at=now)
    assert WROTE - {trace.split(":")[0] for trace in traces()} == set()
    erasing.erase(at=now + timedelta(days=31))
    assert traces() == []
    assert (Ruling.objects.count(), Excuse.objects.count()) == (2, 2)


def test_erased_is_also_what_told_of_it_on_other_pages(cast):
    at = database_now()
    lead = cast.hot_lead(at=at, email="secret@spa.example", phone="+1 212 555 0123")
    BadAddress.note("secret@spa.example", "gone", at=at)
    writing.trust_again(lead, by=cast.sam, at=at)
    exclusions.ask(lead.handoffs.get(), "marketing", reason="A test", by=cast.mona, at=at)
    Handoff.objects.update(handed_over_by=cast.maya)
    taking_back.take_back(lead, by=cast.maya, at=at)
    relay(at=at)
    deleting.delete(lead, by=cast.maya, at=at)
    erasing.erase(at=at + timedelta(days=31))
    assert traces() == []


def test_erased_is_also_why_it_was_qualified_all_the_same(cast):
    at, bant = database_now(), SHIPPED["bant"]
    wanted = keeping.Wanted(bant["name"], "", 50, bant["questions"], True, ())
    keeping.save(wanted, by=cast.dana, at=at)
    lead = cast.hot_lead(at=at, phone="+1 212 555 0123")
    lead.handoffs.get().accept(cast.sam, at=at)
    qualification.qualify(lead, by=cast.sam, at=at, override_reason="Pat of the Hotel is sure")
    deleting.delete(lead, by=cast.maya, at=at)
    relay(at=at)
    erasing.erase(at=at + timedelta(days=31))
    assert traces() == []
    told = Activity.objects.get(kind="qualified").data
    assert (list(told), told["criteria"]["share"]) == (["criteria"], 0)
