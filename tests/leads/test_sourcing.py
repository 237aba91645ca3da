"""Leads that sales finds itself: whose they are, what may be done, what no figure counts."""

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext

from accounts.models import Notification
from accounts.refusals import Conflict, NotAllowed
from leads import campaign_results, merging, qualification, quality, sourcing
from leads.activities import log_touch
from leads.agreed.let_through import let_through
from leads.capture import capture_leads
from leads.handover import hand_over
from leads.imports import running, undoing
from leads.lists import conditions
from leads.models import Activity, Assignment, Feedback, Handoff, Lead, Prediction
from leads.prediction import due, history
from sla.clocks.rebuilding import rebuild
from sla.figures import handoff_time, speed
from sla.models import Clock
from tests.accounts.test_own_pages import signed_in
from tests.factories import hours, ny
from tests.leads.api.program import Program
from tests.leads.imports.files import imported

pytestmark = pytest.mark.django_db
AT = ny("2026-01-15 10:00")
HOT = {"email": "pat@spa.example", "first_name": "Pat", "company": "Spa Hotel",
       "job_title": "Director of Wellness", "touchpoint": "event"}  # fmt: skip


def found_by(person, *, at=AT, **row) -> Lead:
    captured = capture_leads([{**HOT, **row}], by=person, team=person.home_team, at=at)[0]
    assert captured.lead is not None, captured.refused
    captured.lead.refresh_from_db()
    return captured.lead


def test_what_a_rep_finds_is_theirs_and_accepted_at_once(cast):
    lead = found_by(cast.sam)
    handoff = lead.handoffs.get()
    assert (lead.sourced_by, lead.team, lead.owner, lead.stage, lead.captured_by) == (
        "sales", cast.sales, cast.sam, "sal", cast.sam,
    )  # fmt: skip
    assert (handoff.state, handoff.owner, handoff.sourced_by, handoff.accepted_at) == (
        "accepted", cast.sam, "sales", AT,
    )  # fmt: skip
    assert [a.kind for a in lead.activities.order_by("pk")] == ["event", "sourced"]
    assert handoff.assignments.get().how == Assignment.How.SOURCED
    assert list(Handoff.objects.queue_for(cast.sam)) == [handoff]
    assert Notification.objects.count() == 0


def test_a_campaign_named_by_a_rep_stays_but_makes_the_lead_no_marketings(cast):
    lead = found_by(cast.sam, campaign="back-pain")
    assert (lead.campaign, lead.team, lead.owner) == (cast.campaign, cast.sales, cast.sam)
    assert Lead.objects.visible_to(cast.mona).count() == 0
    [row] = campaign_results.results([cast.campaign])
    assert (row.leads, row.from_sales, row.mqls, row.accepted) == (0, 1, 0, 0)


def test_what_a_sales_manager_finds_is_theirs(cast):
    assert found_by(cast.dana).owner == cast.dana


@pytest.mark.parametrize("who", ["maya", "mona", "admin"])
def test_what_others_capture_is_marketings(cast, who):
    lead = cast.hot_lead(at=AT) if who == "maya" else None
    if lead is None:
        person = getattr(cast, who)
        lead = capture_leads([{**HOT, "campaign": "back-pain"}], by=person, at=AT)[0].lead
    lead.refresh_from_db()
    assert (lead.sourced_by, lead.handoffs.get().sourced_by) == ("marketing", "marketing")


def test_a_lead_marketing_has_stays_marketings_and_the_rep_learns_no_more_than_that(cast):
    theirs = cast.capture(at=AT, email="pat@spa.example", first_name="Patricia").lead
    client = signed_in(cast.sam)
    client.post("/leads/new/", {"email": "pat@spa.example", "first_name": "Pat"})
    theirs.refresh_from_db()
    assert (theirs.sourced_by, theirs.owner, theirs.first_name) == ("marketing", None, "Patricia")
    page = client.get("/leads/new/").content.decode()
    assert ("Patricia" in page, "Merged into the lead we had" in page) == (False, True)
    assert client.get(f"/leads/{theirs.pk}/").status_code == 404


def test_it_is_seen_by_who_found_it_and_their_manager_alone(cast):
    lead = found_by(cast.sam)
    see = [p for p in (cast.maya, cast.mona, cast.sam, cast.sue, cast.dana, cast.admin)
           if Lead.objects.visible_to(p).filter(pk=lead.pk)]  # fmt: skip
    assert see == [cast.sam, cast.dana, cast.admin]


def test_no_clock_runs_whatever_becomes_of_it(cast):
    lead = found_by(cast.sam)
    handoff = lead.handoffs.get()
    log_touch(lead, "call", by=cast.sam, at=AT + hours(1), outcome="connected")
    qualification.reassign(handoff, cast.sue, by=cast.dana, at=AT + hours(2), reason="Hers")
    handoff.refresh_from_db()
    handoff.accept(cast.sue, at=AT + hours(3))
    lead.refresh_from_db()
    assert (Clock.objects.count(), lead.respond_by, lead.owner) == (0, None, cast.sue)
    assert rebuild(lead, at=AT + hours(4)) == []
    handoff.refresh_from_db()
    assert handoff.contract_version is None


def test_it_can_be_qualified_and_not_rejected_or_rated(cast):
    lead = found_by(cast.sam)
    handoff = lead.handoffs.get()
    with pytest.raises(Conflict, match="found this lead itself"):
        handoff.reject(cast.sam, reason="spam", at=AT)
    page = signed_in(cast.sam).get(f"/leads/{lead.pk}/")
    offered = {deed.name for deed in (*page.context["main_deeds"], *page.context["more_deeds"])}
    assert ("reject" in offered, "qualify" in offered) == (False, True)
    with pytest.raises(Conflict, match="found this lead itself"):
        quality.rate(handoff, 5, by=cast.sam, at=AT)
    qualification.qualify(lead, by=cast.sam, at=AT + hours(1))
    assert (lead.stage, Feedback.objects.count()) == ("sql", 0)


def test_one_that_rests_is_taken_up_again_by_one_alone(cast):
    lead = found_by(cast.sam)
    client = signed_in(cast.sam)
    client.post(f"/leads/{lead.pk}/recycle/", {"reason": "no_budget"})
    lead.refresh_from_db()
    assert (lead.stage, lead.owner) == ("recycled", None)
    assert client.get(f"/leads/{lead.pk}/").context["step"].title == "Resting"
    client.post(f"/leads/{lead.pk}/take-up/")
    lead.refresh_from_db()
    assert (lead.stage, lead.owner) == ("sal", cast.sam)
    assert [h.cycle for h in lead.handoffs.order_by("cycle")] == [1, 2]
    with pytest.raises(Conflict, match="Sam has it"):
        sourcing.take_up(lead, by=cast.dana, at=AT + hours(1))


def test_its_finder_hands_it_over_to_whoever_it_suits_and_still_no_clock_runs(cast):
    lead = found_by(cast.sam)
    hand_over([lead], by=cast.sam, at=AT + hours(1), override_reason="Not my region")
    first, second = lead.handoffs.order_by("cycle")
    assert (first.state, second.state, second.sourced_by) == ("withdrawn", "offered", "sales")
    assert Clock.objects.count() == 0
    with pytest.raises(Conflict, match="handed over already"):
        hand_over([lead], by=cast.dana, at=AT + hours(2), override_reason="Again")


def test_what_marketing_found_can_not_be_taken_up(cast):
    lead = cast.capture(at=AT, email="pat@spa.example").lead
    with pytest.raises(Conflict, match="not a lead of sales' own"):
        sourcing.take_up(lead, by=cast.dana, at=AT)
    with pytest.raises(NotAllowed):
        sourcing.take_up(lead, by=cast.mona, at=AT)


def test_a_rested_find_that_comes_by_a_form_is_marketings_handoff_with_its_clocks(cast):
    lead = found_by(cast.sam)
    qualification.recycle(lead, by=cast.sam, at=AT, reason="no_budget")
    cast.capture(at=AT + hours(1), email="pat@spa.example", touchpoint="download")
    again = lead.handoffs.order_by("-cycle").first()
    assert (again.cycle, again.sourced_by, again.clocks.exists()) == (2, "marketing", True)


def test_merged_it_is_whose_it_was_first(cast):
    first = cast.capture(at=AT, email="pat@spa.example", first_name="Pat").lead
    later = found_by(cast.sam, at=AT + hours(1), email="p@spa.example")
    merging.merge(later, first, by=cast.admin, at=AT + hours(2))
    later.refresh_from_db()
    assert (later.sourced_by, later.owner) == ("marketing", cast.sam)


def test_figures_of_the_agreement_leave_it_out(cast):
    lead = found_by(cast.sam, campaign="back-pain")
    log_touch(lead, "call", by=cast.sam, at=AT + hours(1), outcome="connected")
    end = AT + hours(24)
    assert [each.median for each in speed.of(cast.dana, AT, end, at=end)] == [None] * 3
    assert handoff_time.averages(cast.dana, AT, end, at=end).whole.handoffs == 0
    assert let_through({"min_score": 1}, weeks=1, at=end).looked_at == 0
    qualification.disqualify(lead, by=cast.sam, at=end, reason="no_need")
    assert history.history(at=end + hours(24 * 365)).ended == 0
    assert [week.leads for week in campaign_results.trend(
        [cast.campaign], at=end, time_zone="UTC", weeks=1)] == [0]  # fmt: skip


def test_no_chance_is_foreseen_for_it(cast):
    found_by(cast.sam)
    assert due.waiting_for_chance(Prediction(pk=1), most=10) == []


def test_an_import_by_a_rep_is_theirs_and_taken_back_whole(cast):
    done = imported(b"email,company\na@x.example,A\nb@x.example,B\n", cast.sam)
    assert [(lead.owner, lead.sourced_by) for lead in Lead.objects.all()] == [
        (cast.sam, "sales"), (cast.sam, "sales"),
    ]  # fmt: skip
    undoing.undo(done, by=cast.sam, at=AT)
    running.run(done.pk, at=AT)
    assert (Lead.everything.count(), Handoff.objects.count(), Activity.objects.count()) == (0, 0, 0)


def test_lists_exports_and_the_api_tell_who_found_it(cast):
    lead = found_by(cast.sam)
    cast.hot_lead(at=AT, email="other@x.example")
    client = signed_in(cast.admin)
    where = conditions.text(
        conditions.Group("all", (conditions.Condition("sourced_by", "in", ("sales",)),))
    )
    listed = client.get("/leads/", {"where": where, "columns": "sourced_by"})
    assert [line.lead for line in listed.context["lines"]] == [lead]
    assert listed.context["lines"][0].cells[0].value == "Sales"
    exported = b"".join(client.get("/leads/export/", {"where": where}).streaming_content)
    assert (b"sourced_by" in exported, exported.count(b"\r\n")) == (True, 2)
    told = Program(cast.admin).get("leads/?sourced_by=sales").json()["results"]
    assert [(each["id"], each["sourced_by"]) for each in told] == [(lead.pk, "sales")]


def test_entering_ten_asks_the_database_no_more_than_one(cast):
    rows = [{**HOT, "email": f"p{n}@spa.example"} for n in range(11)]
    for some in (rows[:1], rows[1:2], rows[2:]):  # the first fills what is kept in memory
        with CaptureQueriesContext(connection) as asked:
            capture_leads(some, by=cast.sam, team=cast.sales, at=AT)
    assert len(asked) == 10
