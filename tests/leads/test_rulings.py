"""A disputed return is ruled on by both managers: who may, what follows, what counts."""

import threading
from datetime import timedelta

import pytest
from django.db import IntegrityError, connection, transaction

from accounts.instants import database_now
from accounts.models import Absence, ApiKey, AuditEntry, Membership, OutboxMessage
from accounts.refusals import Conflict, NotAllowed, Refused
from leads import deleting, returns, rulings, taking_back
from leads.handover import hand_over
from leads.models import Activity, Assignment, Handoff, Lead, Pool, Return, Ruling
from sla.clocks.rebuilding import rebuild
from sla.models import Clock, Side, Term
from sla.sweep import sweep
from tests.accounts.test_own_pages import signed_in
from tests.factories import hours, ny

START = ny("2026-01-15 10:00")
LATER = ny("2026-01-15 11:00")
STANDS, OVERTURNED = Return.Ruled.STANDS, Return.Ruled.OVERTURNED


def disputed(cast, n: int = 0, *, at=START) -> Return:
    lead = cast.hot_lead(at=at, email=f"p{n}@spa.example")
    handoff = lead.handoffs.get()
    back = handoff.reject(
        handoff.owner, reason="wrong_persona", note="Buys no tubs 🛁", at=at + hours(0.1)
    )
    returns.answer(back, "disputed", by=cast.maya, at=at + hours(0.2), note="She runs the spa")
    back.refresh_from_db()
    return back


def ruled(cast, returned: Return, outcome=OVERTURNED, *, at=LATER) -> Ruling:
    made = rulings.propose(returned, outcome, "marketing", reason="As agreed", by=cast.mona, at=at)
    return rulings.agree(made, "sales", by=cast.dana, at=at)


def test_overturned_the_lead_goes_back_to_its_rep_with_fresh_clocks(cast):
    returned = disputed(cast)
    before = returned.handoff
    at = START + hours(1)
    made = ruled(cast, returned, at=at)
    sent = made.sent
    assert (sent.owner, sent.state, sent.cycle, sent.handed_over_at) == (
        before.owner, "offered", 2, at,
    )  # fmt: skip
    assert (sent.handed_over_by, sent.override_reason) == (cast.mona, "")
    lead = Lead.objects.get()
    assert (lead.stage, lead.owner, lead.handed_over_at) == ("mql", before.owner, at)
    line = Assignment.objects.get(handoff=sent)
    assert line.reason == f"Back to {before.owner} after a ruling"
    fresh = Clock.objects.get(handoff=sent, term__key="accept_hot")
    assert (fresh.state, fresh.started_at) == ("running", at)
    # What the first handoff's clocks came to stays as it was.
    answered = Clock.objects.get(handoff=before, term__key="accept_hot")
    assert (answered.state, answered.ended_at) == ("met", START + hours(0.1))
    returned.refresh_from_db()
    before.refresh_from_db()
    assert (returned.ruling, before.state) == ("overturned", "rejected")
    kinds = Activity.objects.filter(handoff=before).order_by("pk").values_list("kind", flat=True)
    assert list(kinds)[-4:] == ["rejected", "return_answered", "disputed", "ruled"]
    assert rebuild(lead, at=at, check=True) == []
    with pytest.raises(Conflict, match="Both managers ruled that sales takes Pat Lee"):
        taking_back.take_back(lead, by=cast.mona, at=at)


def test_the_rep_is_away_so_it_goes_another_way_and_a_pool_has_its_own_again(cast):
    returned = disputed(cast)
    Absence.objects.create(
        user=returned.handoff.owner, starts_at=START, ends_at=START + timedelta(days=1)
    )
    assert ruled(cast, returned).sent.owner == cast.sue
    cast.pool.mode = Pool.Mode.OPEN
    cast.pool.save()
    lead = cast.hot_lead(at=START, email="pool@spa.example")
    back = lead.handoffs.get().reject(cast.sam, reason="spam", at=START + hours(0.1))
    returns.answer(back, "disputed", by=cast.maya, at=START + hours(0.2), note="A person")
    sent = ruled(cast, back).sent
    assert (sent.owner, sent.pool) == (None, cast.pool)


def test_standing_nothing_moves_and_everybody_concerned_is_told(cast):
    returned = disputed(cast)
    assert ruled(cast, returned, STANDS).sent is None
    assert (Handoff.objects.count(), Lead.objects.get().stage) == (1, "recycled")
    told = OutboxMessage.objects.filter(kind="ruled")
    assert {message.recipient.name for message in told} == {"Maya", "Sam", "Mona"}
    assert {message.title for message in told} == {"Ruled on Pat Lee: the return stands"}
    asked = OutboxMessage.objects.filter(kind="agreement_waits")
    assert sorted((message.recipient.name, message.title) for message in asked) == [
        ("Dana", "A disputed return waits for a ruling"),
        ("Dana", "A ruling on a return waits for you"),
        ("Mona", "A disputed return waits for a ruling"),
    ]
    verbs = AuditEntry.objects.filter(verb__contains="rul").order_by("pk")
    assert [(entry.verb, entry.actor.name, entry.facts) for entry in verbs] == [
        ("ruling_proposed", "Mona", {"outcome": "stands", "side": "marketing"}),
        ("return_ruled", "Dana", {"outcome": "stands", "side": "sales"}),
    ]


def test_handed_over_meanwhile_it_stays_where_it_is(cast):
    returned = disputed(cast)
    hand_over([returned.handoff.lead], by=cast.maya, at=START + hours(0.5))
    assert ruled(cast, returned).sent is None
    assert Handoff.objects.count() == 2


def test_nobody_rules_for_both_sides_or_one_they_do_not_manage(cast):
    returned = disputed(cast)
    Membership.objects.create(user=cast.mona, team=cast.sales, is_manager=True)
    made = rulings.propose(returned, STANDS, "marketing", reason="x", by=cast.mona, at=START)
    with pytest.raises(Refused, match="You signed for marketing; nobody signs for both sides"):
        rulings.agree(made, "sales", by=cast.mona, at=START)
    for person in (cast.maya, cast.sam, cast.admin):
        with pytest.raises(NotAllowed, match="Signing for sales is for a manager of sales"):
            rulings.agree(made, "sales", by=person, at=START)
    for facts in ({"ruled_at": START}, {"signed_for_sales_by": cast.mona}):
        with pytest.raises(IntegrityError), transaction.atomic():
            Ruling.objects.filter(pk=made.pk).update(**facts)


def test_what_is_declined_stays_to_be_read_and_another_is_proposed(cast):
    returned = disputed(cast)
    made = rulings.propose(returned, STANDS, "sales", reason="No", by=cast.dana, at=START)
    with pytest.raises(Conflict, match="Dana has proposed a ruling meanwhile"):
        rulings.propose(returned, OVERTURNED, "marketing", reason="Yes", by=cast.mona, at=START)
    rulings.decline(made, by=cast.mona, at=START)
    with pytest.raises(Conflict, match="ruled, declined or taken back meanwhile"):
        rulings.agree(made, "marketing", by=cast.mona, at=START)
    page = signed_in(cast.sam).get("/rulings/").content.decode()
    assert "Dana proposed: the return stands. “No” Declined by Mona" in " ".join(page.split())
    ruled(cast, returned)
    with pytest.raises(Conflict, match="Both managers have ruled already: sales should have"):
        rulings.propose(returned, STANDS, "sales", reason="x", by=cast.dana, at=START)
    assert returned.rulings.count() == 2


@pytest.mark.django_db(transaction=True)
def test_two_managers_at_once_rule_once(cast):
    returned = disputed(cast)
    ready, said = threading.Barrier(2), []

    def propose(outcome, side, by):
        ready.wait()
        try:
            rulings.propose(returned, outcome, side, reason="x", by=by, at=START)
            said.append("proposed")
        except Conflict as conflict:
            said.append(conflict.code)
        finally:
            connection.close()

    both = [
        threading.Thread(target=propose, args=args)
        for args in ((STANDS, "sales", cast.dana), (OVERTURNED, "marketing", cast.mona))
    ]
    for thread in both:
        thread.start()
    for thread in both:
        thread.join()
    assert sorted(said) == ["proposed", "ruling_proposed"]


def test_a_disputed_lead_is_not_deleted_until_it_is_ruled(cast):
    returned = disputed(cast)
    with pytest.raises(Conflict, match="its managers have not ruled on that yet"):
        deleting.delete(returned.handoff.lead, by=cast.mona, at=START)
    ruled(cast, returned, STANDS)
    deleting.delete(returned.handoff.lead, by=cast.mona, at=START + hours(2))


def test_a_promise_to_rule_in_time_runs_like_any_other(cast):
    Term.objects.create(
        contract=cast.contract, key="rule", measure="rule", name="Rule on a dispute",
        side=Side.SALES, starts_on="disputed", stops_on=["ruled"], target_seconds=3600, order=99,
        steps=[{"action": "breach"}, {"action": "tell_manager", "after": 60}],
    )  # fmt: skip
    returned = disputed(cast)
    clock = Clock.objects.get(term__key="rule")
    assert (clock.state, clock.owner, clock.team, clock.due_at) == (
        "running", None, cast.sales, START + hours(1.2),
    )  # fmt: skip
    assert "Rule" in signed_in(cast.dana).get("/rulings/").content.decode()
    sweep(at=START + hours(2))
    told = OutboxMessage.objects.filter(kind="tell_manager", title__contains="Rule")
    assert [message.recipient for message in told] == [cast.dana]
    ruled(cast, returned, at=START + hours(3))
    clock.refresh_from_db()
    assert (clock.state, clock.stopped_at) == ("missed", START + hours(3))
    assert rebuild(returned.handoff.lead, at=START + hours(4), check=True) == []


# --- The page, and the API -----------------------------------------------------------------------


def test_both_managers_rule_in_the_browser(cast):
    returned = disputed(cast)
    mona, dana = signed_in(cast.mona), signed_in(cast.dana)
    url = f"/rulings/{returned.pk}/"
    page = mona.post(f"{url}propose/", {"side": "marketing", "reason": "Typed"})
    assert page.status_code == 422
    assert "Choose how to rule." in page.content.decode()
    assert ">Typed</textarea>" in page.content.decode().replace("\n", "")
    typed = {"side": "marketing", "outcome": "overturned", "reason": "She decides"}
    assert mona.post(f"{url}propose/", typed).status_code == 302
    conflict = dana.post(f"{url}propose/", {**typed, "side": "sales"})
    assert (conflict.status_code, Ruling.objects.count()) == (409, 1)
    number = Ruling.objects.get().pk
    assert dana.post(f"{url}decide/", {"agree": "sales", "ruling": number + 1}).status_code == 302
    assert Ruling.objects.agreed().count() == 0
    done = dana.post(f"{url}decide/", {"agree": "sales", "ruling": number}, follow=True)
    assert "Ruled: sales should have taken it." in done.content.decode()
    for person in (cast.maya, cast.sam):
        shown = signed_in(person).get("/rulings/?show=ruled").content.decode()
        assert "She decides" in shown
        assert signed_in(person).post(f"{url}propose/", typed).status_code == 403
    assert signed_in(cast.sue).get("/rulings/?show=ruled").context["rows"] == []
    assert signed_in(cast.sue).post(f"{url}propose/", typed).status_code == 404


def test_a_program_reads_returns_and_rules(cast):
    returned = disputed(cast)
    clients = {}
    for name in ("mona", "dana", "maya", "sue"):
        _, key = ApiKey.objects.issue(getattr(cast, name), scope="full")
        clients[name] = {"HTTP_AUTHORIZATION": f"Bearer {key}", "content_type": "application/json"}
    client = signed_in(cast.outsider)

    def call(who, path="", body=None):
        url = f"/api/v1/returns/{path}"
        call = client.post if body is not None else client.get
        answer = call(url, body, **clients[who]) if body is not None else call(url, **clients[who])
        return answer.status_code, answer.json()

    status, found = call("maya")
    (told,) = found["results"]
    assert (status, told["id"], told["answer"], told["ruling"], told["rulings"]) == (
        200, returned.pk, "disputed", "", [],
    )  # fmt: skip
    assert call("sue")[1]["results"] == []
    said = {"outcome": "stands", "reason": "It is not"}
    assert call("maya", f"{returned.pk}/ruling/", said)[0] == 403
    status, told = call("mona", f"{returned.pk}/ruling/", said)
    number = told["rulings"][0]["id"]
    assert (status, told["ruling"]) == (200, "")
    decide = {"ruling": number, "agree": True}
    assert call("mona", f"{returned.pk}/ruling/decide/", decide)[0] == 422
    status, told = call("dana", f"{returned.pk}/ruling/decide/", decide)
    assert (status, told["ruling"], told["rulings"][0]["ruled_at"] is None) == (
        200, "stands", False,
    )  # fmt: skip
    assert call("dana", f"{returned.pk}/ruling/decide/", decide)[0] == 409


def test_a_period_at_the_ends_of_the_calendar_is_none(cast):
    disputed(cast)
    period = {"since": "0001-01-01T00:00:00+00:00", "until": "9999-12-31T23:59:59+00:00"}
    answer = signed_in(cast.mona).get("/rulings/", period)
    assert (answer.status_code, "handed over from" in answer.text) == (200, False)


@pytest.mark.parametrize("count", [1, 3])
def test_the_page_costs_the_same_for_many(cast, count, django_assert_num_queries):
    for n in range(count):
        made = rulings.propose(
            disputed(cast, n), STANDS, "sales", reason="x", by=cast.dana, at=START
        )
    assert made.pk
    client = signed_in(cast.mona)
    # session, user, memberships, instant, counts, returns, rulings and 3 × people, leads, sides,
    # clocks, whom to ask, bell
    with django_assert_num_queries(15):
        client.get("/rulings/")


def test_who_looks_at_the_lead_is_told_what_it_waits_for(cast):
    at = database_now()
    returned = disputed(cast, at=at - hours(1))
    url = returned.handoff.lead.get_absolute_url()
    for person, title in ((cast.mona, "rule on it"), (cast.maya, "the managers will rule")):
        page = signed_in(person).get(url).content.decode()
        assert (f"Disputed: {title}" in page, "She runs the spa" in page) == (True, True)
    # Sales has the lead no more; of its return it is told what was handed over.
    page = signed_in(cast.dana).get("/rulings/").content.decode()
    assert (url in page, "Pat Lee" in page, "She runs the spa" in page) == (False, True, True)
