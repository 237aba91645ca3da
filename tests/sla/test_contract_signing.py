"""Both sides sign: the draft is in force, and what runs moves along only if they say so."""

from datetime import timedelta

import pytest
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext
from django.urls import reverse

from accounts.instants import database_now
from accounts.models import AuditEntry, Membership, OutboxMessage
from accounts.refusals import Conflict, NotAllowed, Refused
from leads.activities import log_touch
from leads.models import Handoff
from leads.qualification import reassign
from sla import agreement
from sla.clocks.rebuilding import rebuild
from sla.contracts import drafting, ending, signing
from sla.models import Alarm, Breach, Clock, Contract, Side, Term
from sla.sweep import sweep
from tests.factories import PASSWORD, make_cast, ny

pytestmark = pytest.mark.usefixtures("no_wrong_passwords")
AT = ny("2027-01-15 10:00")
SIGNED = ny("2027-01-15 12:00")
LATER = ny("2027-01-29 12:00")


def draft_with(cast, *, at=SIGNED, **targets) -> Contract:
    """A draft with another hop limit, in which these promises are within so many seconds."""
    draft = drafting.begin(by=cast.mona, at=at)
    Contract.objects.filter(pk=draft.pk).update(hop_limit=draft.version + 1)
    for key, seconds in targets.items():
        Term.objects.filter(contract=draft, key=key).update(target_seconds=seconds)
    draft.refresh_from_db()
    return draft


def whole(draft: Contract) -> str:
    draft = Contract.objects.get(pk=draft.pk)
    return drafting.whole_ticket(draft, drafting.terms_of(draft))


def sign_both(cast, draft: Contract, *, at=SIGNED, move=False) -> signing.Signed:
    base = whole(draft)
    first = signing.sign(Side.MARKETING, base=base, by=cast.mona, at=at)
    assert not first.agreed
    return signing.sign(Side.SALES, base=base, by=cast.dana, at=at, move=move)


def lead_at(cast, at: str, email="pat@spa.example", **row) -> Handoff:
    return cast.hot_lead(at=ny(at), email=email, **row).handoffs.get()


def due(handoff: Handoff, key: str):
    return handoff.clocks.get(term__key=key).due_at


# --- In force ------------------------------------------------------------------------------------


def test_with_both_signatures_it_is_in_force_from_then_on(cast):
    before = lead_at(cast, "2027-01-15 11:55", "before@spa.example")
    signed = sign_both(cast, draft_with(cast, accept_hot=600))
    after = lead_at(cast, "2027-01-15 12:00", "after@spa.example")

    assert (signed.agreed, signed.contract.version) == (True, 2)
    assert due(before, "accept_hot") == ny("2027-01-15 12:10")
    assert due(after, "accept_hot") == ny("2027-01-15 12:10")
    assert [h.contract_version for h in Handoff.objects.order_by("pk")] == [1, 2]
    old, new = Contract.objects.order_by("version")
    assert (old.in_force_to, new.in_force_from, new.in_force_to) == (SIGNED, SIGNED, None)
    assert (new.signed_for_marketing_by, new.signed_for_sales_by) == (cast.mona, cast.dana)
    assert agreement.in_force(SIGNED - timedelta(seconds=1)).version == 1
    assert AuditEntry.objects.get(verb="contract_agreed").facts["changes"] == [
        "Passed on at most: 2 → 3 times.",
        "Accept (hot): within: 15 working minutes → 10 working minutes.",
    ]


def test_its_promises_are_kept_in_the_order_in_which_they_are_tried(cast):
    draft = draft_with(cast)
    drafting.move_term(draft.terms.get(key="disposition").pk, up=True, by=cast.dana, at=SIGNED)
    sign_both(cast, draft)
    terms = Term.objects.filter(contract__version=2)
    order = [term.key for term in terms.order_by("pk")]
    assert order == [term.key for term in terms.order_by("order")]
    assert order[3:5] == ["disposition", "first_touch"]


def test_case_26_closed_history_stays_byte_for_byte_and_running_clocks_keep_theirs(cast):
    met = lead_at(cast, "2027-01-15 10:00", "met@spa.example")
    met.accept(met.owner, at=ny("2027-01-15 10:05"))
    log_touch(met.lead, "call", by=met.owner, at=ny("2027-01-15 10:10"))
    missed = lead_at(cast, "2027-01-15 10:00", "missed@spa.example")
    sweep(at=ny("2027-01-15 10:30"))
    running = lead_at(cast, "2027-01-15 11:55", "running@spa.example")

    def rows():
        models = (Clock, Breach, Alarm, Handoff)
        return [list(model.objects.order_by("pk").values()) for model in models]

    before = rows()
    sign_both(cast, draft_with(cast, accept_hot=60, first_touch_hot=120, disposition=3600))
    assert rows() == before
    assert due(running, "accept_hot") == ny("2027-01-15 12:10")
    assert {missed.contract_version, running.contract_version} == {1}


def test_a_handoff_stays_under_its_contract_for_the_next_owner_too(cast):
    handoff = lead_at(cast, "2027-01-15 11:55")
    sign_both(cast, draft_with(cast, accept_hot=60))
    reassign(handoff, cast.sue, by=cast.dana, at=ny("2027-01-15 12:05"), reason="Sam is out")
    assert handoff.clocks.get(term__key="accept_hot", round=1).due_at == ny("2027-01-15 12:20")
    assert rebuild(handoff.lead, at=ny("2027-01-15 12:06"), check=True) == []


# --- Signing -------------------------------------------------------------------------------------


def test_nobody_signs_for_the_other_side_nor_an_admin_or_a_rep(cast):
    base = whole(draft_with(cast))
    for who in (cast.mona, cast.admin, cast.sam):
        with pytest.raises(NotAllowed):
            signing.sign(Side.SALES, base=base, by=who, at=SIGNED)
    assert not AuditEntry.objects.filter(verb="contract_signed").exists()


def test_the_managers_of_the_other_side_are_told_whose_signature_is_missing(cast):
    Membership.objects.create(user=cast.admin, team=cast.sales, is_manager=True)
    signing.sign(Side.MARKETING, base=whole(draft_with(cast)), by=cast.mona, at=SIGNED)
    told = OutboxMessage.objects.filter(kind="contract_signed")
    assert {message.recipient for message in told} == {cast.dana, cast.admin}
    assert {(message.title, message.url) for message in told} == {
        ("Version 2 of the contract waits for you", "/sla/contract/draft/")
    }


def test_nobody_signs_for_both_sides_and_whoever_is_alone_learns_what_to_do(cast):
    for team in (cast.marketing, cast.sales):
        Membership.objects.create(user=cast.admin, team=team, is_manager=True)
    base = whole(draft_with(cast))
    signing.sign(Side.SALES, base=base, by=cast.admin, at=SIGNED)
    with pytest.raises(Refused, match=r"nobody signs for both sides\..*for marketing: Mona"):
        signing.sign(Side.MARKETING, base=base, by=cast.admin, at=SIGNED)
    Membership.objects.exclude(user=cast.admin).update(is_manager=False)
    with pytest.raises(Refused, match="make another person its manager, who then signs for mark"):
        signing.sign(Side.MARKETING, base=base, by=cast.admin, at=SIGNED)
    page = client_of(cast.admin).get(reverse("contract-draft")).content.decode()
    assert "You signed for sales. Nobody else manages a team of marketing yet" in page
    assert "Sign for marketing" not in page


def test_what_was_changed_since_it_was_read_is_not_signed(cast):
    draft = draft_with(cast)
    base = whole(draft)
    drafting.save_settings(
        {"name": draft.name, "hop_limit": 9, "in_force_from": None},
        base=drafting.ticket(draft), by=cast.dana, at=SIGNED,
    )  # fmt: skip
    with pytest.raises(Conflict, match="changed since you read it"):
        signing.sign(Side.MARKETING, base=base, by=cast.mona, at=SIGNED)


def test_a_signature_is_taken_back_by_hand(cast):
    draft = draft_with(cast)
    signing.sign(Side.MARKETING, base=whole(draft), by=cast.mona, at=SIGNED)
    with pytest.raises(NotAllowed):
        signing.take_back(Side.MARKETING, by=cast.dana, at=SIGNED)
    signing.take_back(Side.MARKETING, by=cast.mona, at=SIGNED)
    draft.refresh_from_db()
    assert draft.signed_for_marketing_by is None
    assert not signing.sign(Side.SALES, base=whole(draft), by=cast.dana, at=SIGNED).agreed


def test_what_says_nothing_new_is_not_signed(cast):
    draft = drafting.begin(by=cast.mona, at=SIGNED)
    with pytest.raises(Refused, match="It says what version 1 says; change something"):
        signing.sign(Side.SALES, base=whole(draft), by=cast.dana, at=SIGNED)


def test_what_promises_nothing_or_is_never_reached_is_not_signed(cast):
    draft = draft_with(cast)
    Term.objects.filter(contract=draft, key="accept").update(order=0)
    Term.objects.filter(contract=draft, key="accept_hot").update(order=1)
    with pytest.raises(Refused, match="is never reached: “Accept” is tried first"):
        signing.sign(Side.SALES, base=whole(draft), by=cast.dana, at=SIGNED)
    Term.objects.filter(contract=draft).delete()
    with pytest.raises(Refused, match="It promises nothing; add a promise"):
        signing.sign(Side.SALES, base=whole(draft), by=cast.dana, at=SIGNED)


# --- From a later instant ------------------------------------------------------------------------


def waiting(cast) -> Contract:
    draft = draft_with(cast, accept_hot=600)
    Contract.objects.filter(pk=draft.pk).update(in_force_from=ny("2027-01-18 09:00"))
    return sign_both(cast, draft).contract


def test_a_later_instant_is_waited_for(cast):
    waiting(cast)
    before = lead_at(cast, "2027-01-18 08:59", "before@spa.example")
    after = lead_at(cast, "2027-01-18 09:00", "after@spa.example")
    assert (due(before, "accept_hot"), due(after, "accept_hot")) == (
        ny("2027-01-18 09:15"), ny("2027-01-18 09:10"),
    )  # fmt: skip
    assert Contract.objects.get(version=1).in_force_to == ny("2027-01-18 09:00")


def test_an_instant_that_has_passed_meanwhile_is_now(cast):
    draft = draft_with(cast)
    Contract.objects.filter(pk=draft.pk).update(in_force_from=ny("2027-01-15 11:00"))
    assert sign_both(cast, draft).contract.in_force_from == SIGNED


def test_while_it_waits_nothing_else_is_drafted_but_it_can_be_taken_back(cast):
    found = waiting(cast)
    with pytest.raises(Conflict, match="Version 2 is signed and waits for its day"):
        drafting.begin(by=cast.dana, at=SIGNED)
    made = ending.ask(found, Side.SALES, ends_at=None, why="Too strict", by=cast.dana, at=SIGNED)
    found.refresh_from_db()
    assert (found.is_draft, made.takes_back) == (False, True)
    with pytest.raises(Conflict, match="was asked for already"):
        ending.ask(found, Side.MARKETING, ends_at=None, why="Yes", by=cast.mona, at=SIGNED)
    ending.sign(made, Side.MARKETING, by=cast.mona, at=SIGNED)
    found.refresh_from_db()
    assert (found.is_draft, found.signed_for_sales_by) == (True, None)
    assert Contract.objects.get(version=1).in_force_to is None
    assert agreement.in_force(LATER).version == 1


# --- Running clocks, moved along -----------------------------------------------------------------


def test_looking_writes_nothing_and_says_what_would_move(cast):
    lead_at(cast, "2027-01-15 11:50")
    draft = draft_with(cast, accept_hot=300, first_touch_hot=7200)
    before = list(Clock.objects.values()), list(Alarm.objects.values())
    plan = signing.looked_at(draft, at=SIGNED)
    said = {move.clock.term.key: (move.was, move.due_at) for move in plan.moved}
    assert said == {
        "accept_hot": (ny("2027-01-15 12:05"), ny("2027-01-15 11:55")),
        "first_touch_hot": (ny("2027-01-15 12:50"), ny("2027-01-15 13:50")),
    }
    assert [move.clock.term.key for move in plan.overdue] == ["accept_hot"]
    assert len(plan.moves) == 3
    assert (list(Clock.objects.values()), list(Alarm.objects.values())) == before


def test_running_clocks_move_with_the_last_signature(cast):
    handoff = lead_at(cast, "2027-01-15 11:50")
    signed = sign_both(cast, draft_with(cast, accept_hot=300, first_touch_hot=7200), move=True)
    assert (len(signed.plan.moves), len(signed.plan.moved)) == (3, 2)
    clocks = {c.term.key: c for c in handoff.clocks.select_related("term__contract")}
    assert {c.term.contract.version for c in clocks.values()} == {2}
    assert clocks["first_touch_hot"].due_at == ny("2027-01-15 13:50")
    assert AuditEntry.objects.get(verb="contract_rebased").facts == {
        "version": 2, "clocks": 3, "moved": 2, "overdue": 1,
    }  # fmt: skip
    assert AuditEntry.objects.filter(verb="clock_rebased").count() == 3
    # What would be past due is missed then, at its new deadline.
    sweep(at=SIGNED)
    breach = Breach.objects.get()
    assert (breach.clock, breach.breached_at) == (clocks["accept_hot"], ny("2027-01-15 11:55"))
    assert rebuild(handoff.lead, at=SIGNED, check=True) == []


def test_the_promise_of_the_same_kind_that_fits_the_lead_takes_a_clock_over(cast):
    """Warm leads get a promise of their own; the hot one's goes to every lead's."""
    hot = lead_at(cast, "2027-01-15 11:50")
    warm = lead_at(cast, "2027-01-15 11:50", "warm@spa.example", job_title="Head of Spa",
                   touchpoint="form")  # fmt: skip
    draft = draft_with(cast)
    Term.objects.filter(contract=draft, key="accept_hot").update(
        tiers=["warm"], key="accept_warm", target_seconds=1800
    )
    sign_both(cast, draft, move=True)
    assert due(hot, "accept") == ny("2027-01-15 15:50")
    assert due(warm, "accept_warm") == ny("2027-01-15 12:20")


def test_a_clock_without_such_a_promise_in_the_draft_stays(cast):
    handoff = lead_at(cast, "2027-01-15 11:50")
    draft = draft_with(cast)
    Term.objects.filter(contract=draft, measure="disposition").delete()
    plan = signing.looked_at(draft, at=SIGNED)
    assert {move.clock.term.measure for move in plan.moves} == {"accept", "first_touch"}
    sign_both(cast, draft, move=True)
    assert handoff.clocks.get(term__key="disposition").term.contract == cast.contract


def test_hours_move_only_when_they_are_counted_in_others(cast):
    handoff = lead_at(cast, "2027-01-15 16:50")
    draft = draft_with(cast)
    Term.objects.filter(contract=draft, key="accept_hot").update(calendar_of="wall")
    # The team's calendar has another version by now: that is for clocks that start from then on.
    cast.calendar.weekly, cast.calendar.number, cast.calendar.pk = {}, 2, None
    cast.calendar.save(force_insert=True)
    sign_both(cast, draft, at=ny("2027-01-15 16:55"), move=True)
    assert due(handoff, "accept_hot") == ny("2027-01-15 17:05")
    assert due(handoff, "first_touch_hot") == ny("2027-01-18 09:50")


def test_the_breach_is_not_lost_where_a_warning_that_fired_had_its_step(cast):
    """Step 0 was the warning, and has fired; in the new promise step 0 is the breach."""
    handoff = lead_at(cast, "2027-01-15 11:50")
    sweep(at=ny("2027-01-15 12:02"))
    draft = draft_with(cast, accept_hot=1200)
    Term.objects.filter(contract=draft).update(
        steps=[{"action": "breach"}, {"action": "tell_manager", "after": 600}]
    )
    sign_both(cast, draft, at=ny("2027-01-15 12:03"), move=True)
    clock = handoff.clocks.get(term__key="accept_hot")
    waiting = clock.alarms.filter(state="waiting").order_by("fire_at")
    assert [(alarm.action, alarm.fire_at) for alarm in waiting] == [
        ("breach", ny("2027-01-15 12:10") + timedelta(microseconds=1)),
        ("tell_manager", ny("2027-01-15 12:20")),
    ]
    sweep(at=ny("2027-01-15 12:10:01"))
    clock.refresh_from_db()
    assert (clock.state, clock.breach.breached_at) == ("missed", ny("2027-01-15 12:10"))


def test_what_runs_from_a_later_instant_on_moves_nothing(cast):
    handoff = lead_at(cast, "2027-01-15 11:50")
    draft = draft_with(cast, accept_hot=600)
    Contract.objects.filter(pk=draft.pk).update(in_force_from=ny("2027-01-18 09:00"))
    assert sign_both(cast, draft, move=True).plan is None
    assert due(handoff, "accept_hot") == ny("2027-01-15 12:05")


def test_once_its_day_has_come_a_manager_may_move_what_still_runs(cast):
    handoff = lead_at(cast, "2027-01-15 11:50", job_title="Head of Spa", touchpoint="form")
    draft = draft_with(cast, accept=2 * 3600)
    Contract.objects.filter(pk=draft.pk).update(in_force_from=ny("2027-01-15 13:00"))
    found = sign_both(cast, draft).contract
    at = ny("2027-01-15 13:30")
    with pytest.raises(NotAllowed):
        signing.move_running(found, by=cast.sam, at=at)
    assert len(signing.move_running(found, by=cast.mona, at=at).moved) == 1
    assert due(handoff, "accept") == ny("2027-01-15 13:50")
    assert AuditEntry.objects.get(verb="contract_rebased").actor == cast.mona
    assert signing.looked_at(found, at=at).moves == []


@pytest.mark.django_db(transaction=True)
def test_when_the_clocks_are_too_busy_nothing_is_signed():
    """All or none: a contract whose clocks could not move is not in force."""
    import threading

    cast = make_cast()
    lead_at(cast, "2027-01-15 11:50")
    draft = draft_with(cast, accept_hot=600)
    signing.sign(Side.MARKETING, base=whole(draft), by=cast.mona, at=SIGNED)
    held, let_go = threading.Event(), threading.Event()

    def hold():
        from django.db import transaction

        with transaction.atomic():
            list(Clock.objects.select_for_update())
            held.set()
            let_go.wait(30)
        connection.close()

    holder = threading.Thread(target=hold)
    holder.start()
    held.wait(10)
    try:
        with pytest.raises(Conflict, match="busy"):
            signing.sign(Side.SALES, base=whole(draft), by=cast.dana, at=SIGNED, move=True)
    finally:
        let_go.set()
        holder.join()
    draft.refresh_from_db()
    assert (draft.is_draft, draft.signed_for_sales_by) == (True, None)
    assert not Clock.objects.filter(term__contract=draft).exists()


def test_many_clocks_cost_no_more_queries_than_few(cast):
    counts = []
    for n in (1, 2, 6):  # the first reads what is remembered afterwards
        for each in range(n):
            lead_at(cast, "2027-01-15 11:50", f"lead{n}-{each}@spa.example")
        at = SIGNED + timedelta(seconds=n)
        draft = draft_with(cast, at=at, accept_hot=1200 + n)
        signing.sign(Side.MARKETING, base=whole(draft), by=cast.mona, at=at)
        base = whole(draft)
        with CaptureQueriesContext(connection) as asked:
            signed = signing.sign(Side.SALES, base=base, by=cast.dana, at=at, move=True)
        counts.append((len(signed.plan.moves), len(asked)))
    _, (few, queries), (many, no_more) = counts
    assert (few, many) == (9, 27)
    assert no_more == queries


# --- Promises that start when the lead is accepted -----------------------------------------------


def test_what_starts_with_the_first_acceptance_starts_once(cast):
    draft = draft_with(cast)
    Term.objects.filter(contract=draft, measure="first_touch").update(starts_on="accepted")
    sign_both(cast, draft)
    handoff = lead_at(cast, "2027-01-15 12:30")
    handoff.accept(cast.sam, at=ny("2027-01-15 12:40"))
    assert due(handoff, "first_touch_hot") == ny("2027-01-15 13:40")
    reassign(handoff, cast.sue, by=cast.dana, at=ny("2027-01-15 12:50"), reason="Sam is out")
    handoff.refresh_from_db()
    handoff.accept(cast.sue, at=ny("2027-01-15 12:55"))
    clock = handoff.clocks.get(term__key="first_touch_hot")
    assert (clock.owner, clock.due_at) == (cast.sue, ny("2027-01-15 13:40"))
    assert rebuild(handoff.lead, at=ny("2027-01-15 13:00"), check=True) == []


# --- The page ------------------------------------------------------------------------------------


def client_of(user) -> Client:
    client = Client()
    client.force_login(user)
    return client


def post(user, name: str, **data):
    return client_of(user).post(reverse(name), {"password": PASSWORD, **data})


def test_the_page_asks_before_it_signs_and_moves(cast):
    now = database_now()
    handoff = cast.hot_lead(at=now - timedelta(minutes=1)).handoffs.get()
    draft = draft_with(cast, at=now, accept_hot=4 * 3600)
    base = whole(draft)
    assert post(cast.mona, "contract-sign", side="marketing", base=base).status_code == 302
    before = due(handoff, "accept_hot")
    asked = post(cast.dana, "contract-sign", side="sales", base=base, move="on")
    assert asked.status_code == 200
    assert [row["move"].clock.lead for row in asked.context["moves"]] == [handoff.lead]
    assert "Sign and move 1" in asked.content.decode()
    draft.refresh_from_db()
    assert (draft.is_draft, due(handoff, "accept_hot")) == (True, before)
    chosen = {"side": "sales", "base": base, "move": "on", "confirmed": base}
    wrong = post(cast.dana, "contract-sign", **chosen, password="guess")
    assert wrong.status_code == 422
    assert "Sign and move 1" in wrong.content.decode()  # still asked, the password alone is missing
    assert "That is not your password" in wrong.content.decode()
    done = post(cast.dana, "contract-sign", **chosen)
    assert (done.status_code, done.url) == (302, reverse("contract"))
    draft.refresh_from_db()
    assert not draft.is_draft
    assert due(handoff, "accept_hot") > before


def test_the_page_may_sign_and_move_none(cast):
    now = database_now()
    handoff = cast.hot_lead(at=now - timedelta(minutes=1)).handoffs.get()
    draft = draft_with(cast, at=now, accept_hot=4 * 3600)
    base, before = whole(draft), due(handoff, "accept_hot")
    post(cast.mona, "contract-sign", side="marketing", base=base)
    post(cast.dana, "contract-sign", side="sales", base=base, move="on", keep="1")
    assert (agreement.in_force(database_now()).version, due(handoff, "accept_hot")) == (2, before)


def test_the_page_says_what_a_stale_signature_missed(cast):
    now = database_now()
    draft = draft_with(cast, at=now)
    base = whole(draft)
    Term.objects.filter(contract=draft, key="accept").update(target_seconds=60)
    answer = post(cast.dana, "contract-sign", side="sales", base=base)
    assert answer.status_code == 409
    assert "The draft was changed since you read it." in answer.content.decode()
    assert post(cast.dana, "contract-sign", side="marketing", base=base).status_code == 403


def test_the_contract_page_leads_to_moving_what_runs_under_older_versions(cast):
    now = database_now()
    handoff = cast.hot_lead(at=now - timedelta(minutes=1)).handoffs.get()
    sign_both(cast, draft_with(cast, at=now, accept_hot=4 * 3600), at=now)
    client = Client()
    client.force_login(cast.dana)
    page = client.get(reverse("contract"))
    assert "3 running clocks started under older versions" in page.content.decode()
    before = due(handoff, "accept_hot")
    asked = client.get(reverse("contract-move"))
    assert [row["move"].clock.lead for row in asked.context["moves"]] == [handoff.lead]
    assert client.post(reverse("contract-move"), {"confirmed": "1"}).status_code == 422
    assert due(handoff, "accept_hot") == before
    assert client.post(reverse("contract-move"), {"confirmed": "2"}).status_code == 302
    assert due(handoff, "accept_hot") > before
    assert "Nothing is left to move" in client.get(reverse("contract-move")).content.decode()


def test_the_contract_page_says_which_version_takes_its_place(cast):
    now = database_now()
    draft = draft_with(cast, at=now)
    Contract.objects.filter(pk=draft.pk).update(in_force_from=now + timedelta(days=1))
    sign_both(cast, draft, at=now)
    page = client_of(cast.sam).get(reverse("contract")).content.decode()
    assert f'then <a href="{reverse("contract-version", args=[2])}">version 2</a>' in page


def test_signing_twice_is_told(cast):
    now = database_now()
    draft = draft_with(cast, at=now)
    sign_both(cast, draft, at=now)
    answer = post(cast.dana, "contract-sign", side="sales", base="x")
    assert (answer.status_code, answer.url) == (302, reverse("contract"))
