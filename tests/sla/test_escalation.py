"""What follows a miss, step by step: the owner reminded, the lead back in its pool, the manager."""

from concurrent.futures import ThreadPoolExecutor

import pytest
from django.db import connection, transaction
from django.test import Client

from accounts.models import Absence, OutboxMessage, Webhook, WebhookDelivery
from accounts.refusals import Conflict
from leads.models import Assignment, Handoff
from leads.qualification import reassign
from sla.clocks.rebuilding import rebuild
from sla.models import Breach, Term
from sla.reading import promises
from sla.sweep import sweep
from tests.factories import hours, make_cast, make_user, ny

AT = ny("2027-01-15 10:00")
DUE = ny("2027-01-15 10:15")
AN_HOUR_OVER = ny("2027-01-15 11:15")
TO_POOL = [{"action": "breach"}, {"action": "back_to_pool", "after": 3600}]


def agree(cast, *steps, key="accept_hot") -> None:
    """Give a term of the contract other steps, and no other term any."""
    for term in Term.objects.filter(contract=cast.contract):
        term.steps = list(steps) if term.key == key else [{"action": "breach"}]
        term.save()


def sams(cast, **row) -> Handoff:
    """A hot lead of Sam's; afterwards Sue has room."""
    cast.pool.members.filter(user=cast.sue).update(capacity=0)
    handoff = cast.hot_lead(at=AT, **row).handoffs.get()
    cast.pool.members.filter(user=cast.sue).update(capacity=100)
    assert handoff.owner == cast.sam
    return handoff


def told(kind: str) -> list[tuple[str, str]]:
    rows = OutboxMessage.objects.filter(kind=kind).select_related("recipient")
    return sorted((row.recipient.name, row.title) for row in rows)


def test_the_owner_is_reminded_after_the_miss(cast):
    agree(cast, {"action": "breach"}, {"action": "tell_owner", "after": 600})
    sams(cast)
    sweep(at=DUE + hours(1 / 6) - hours(1 / 3600))
    assert told("tell_owner") == []

    for _ in range(2):
        sweep(at=DUE + hours(1 / 6))
    assert told("tell_owner") == [("Sam", "Accept (hot) is overdue: Pat Lee")]


def test_whoever_has_passed_the_lead_on_is_not_reminded(cast):
    agree(cast, {"action": "breach"}, {"action": "tell_owner", "after": 600}, key="first_touch_hot")
    handoff = sams(cast)
    sweep(at=ny("2027-01-15 11:01"))
    reassign(handoff, cast.sue, by=cast.dana, at=ny("2027-01-15 11:02"), reason="Too slow")

    sweep(at=ny("2027-01-15 11:10"))

    assert told("breach") == [("Sam", "Accept (hot) missed: Pat Lee"),
                              ("Sam", "First touch (hot) missed: Pat Lee")]  # fmt: skip
    assert told("tell_owner") == []


def test_marketing_is_reminded_of_its_return_though_it_owns_no_handoff(cast):
    agree(cast, {"action": "breach"}, {"action": "tell_owner", "after": 60}, key="answer_return")
    handoff = sams(cast)
    handoff.reject(cast.sam, reason="not_ready", at=AT)
    sweep(at=ny("2027-01-19 12:00"))
    assert told("tell_owner") == [("Maya", "Answer a return is overdue: Pat Lee")]


def test_a_forgotten_lead_goes_back_to_its_pool_and_any_member_may_take_it(cast):
    agree(cast, *TO_POOL)
    handoff = sams(cast)
    ann = make_user("ann", cast.sales)
    cast.pool.members.create(user=ann)

    for _ in range(2):
        sweep(at=AN_HOUR_OVER)

    handoff.refresh_from_db()
    assert (handoff.owner, handoff.state, handoff.pool, handoff.hops) == (
        None, "offered", cast.pool, 1,
    )  # fmt: skip
    assert told("pooled") == [
        ("Ann", "Up for whoever takes it: Pat Lee"), ("Sue", "Up for whoever takes it: Pat Lee"),
    ]  # fmt: skip
    line = handoff.assignments.last()
    assert (line.how, line.rep, line.pool, line.skipped) == (
        Assignment.How.ESCALATED, None, cast.pool, [{"rep": "Sam", "why": "had it before"}],
    )  # fmt: skip
    assert line.reason == (
        "Accept (hot) was missed; back to Everyone, where any member may take it"
    )
    assert list(Handoff.objects.queue_for(ann)) == [handoff]

    handoff.accept(ann, at=AN_HOUR_OVER + hours(0.1))
    with pytest.raises(Conflict, match="Ann has it"):
        handoff.accept(cast.sue, at=AN_HOUR_OVER + hours(0.1))


def test_the_pool_gets_an_accept_clock_of_its_own_and_the_first_touch_goes_on(cast):
    agree(cast, *TO_POOL)
    slow = Term.objects.get(key="first_touch_hot")
    slow.target_seconds = 14_400
    slow.save()
    handoff = sams(cast)
    sweep(at=AN_HOUR_OVER)

    accept = handoff.clocks.filter(term__measure="accept").order_by("round")
    assert [(c.owner, c.state, c.due_at) for c in accept] == [
        (cast.sam, "missed", DUE), (None, "running", ny("2027-01-15 11:30")),
    ]  # fmt: skip
    assert {c.team for c in accept} == {cast.sales}
    touch = handoff.clocks.get(term__key="first_touch_hot")
    assert (touch.owner, touch.state) == (None, "running")

    handoff.accept(cast.sue, at=ny("2027-01-15 11:20"))
    touch.refresh_from_db()
    second = accept.last()
    assert (second.owner, second.state, touch.owner) == (cast.sue, "met", cast.sue)
    assert Breach.objects.get().owner == cast.sam


def test_the_record_replayed_shows_no_difference(cast):
    agree(cast, *TO_POOL)
    handoff = sams(cast)
    sweep(at=AN_HOUR_OVER)
    handoff.accept(cast.sue, at=ny("2027-01-15 11:20"))
    assert rebuild(handoff.lead, at=ny("2027-01-15 11:25"), check=True) == []


def test_a_lead_nobody_of_the_pool_took_is_the_managers(cast):
    agree(cast, *TO_POOL)
    handoff = sams(cast)
    sweep(at=AN_HOUR_OVER)
    for _ in range(2):
        sweep(at=ny("2027-01-15 12:30"))  # the pool's quarter of an hour, and an hour more

    handoff.refresh_from_db()
    assert (handoff.owner, handoff.hops) == (None, 1)
    message = OutboxMessage.objects.get(kind="unassigned")
    assert (message.recipient, message.body) == (
        cast.dana, "Pat Lee: nobody of Everyone took it",
    )  # fmt: skip
    assert list(Handoff.objects.unassigned()) == [handoff]


def test_with_everyone_else_away_it_is_the_managers_at_once(cast):
    agree(cast, *TO_POOL)
    handoff = sams(cast)
    Absence.objects.create(user=cast.sue, starts_at=AT, ends_at=AT + hours(100))
    sweep(at=AN_HOUR_OVER)

    handoff.refresh_from_db()
    line = handoff.assignments.last()
    assert (handoff.owner, told("pooled")) == (None, [])
    assert told("unassigned") == [("Dana", "Nobody took Pat Lee")]
    assert {"rep": "Sue", "why": "away"} in line.skipped
    # Nobody was asked, so no accept clock runs against anybody.
    assert handoff.clocks.filter(term__measure="accept", state="running").count() == 0


def test_the_hop_limit_holds_for_pools_too(cast):
    cast.contract.hop_limit = 0
    cast.contract.save()
    agree(cast, *TO_POOL)
    handoff = sams(cast)
    sweep(at=AN_HOUR_OVER)
    assert "passed on 0 times already" in handoff.assignments.last().reason
    assert told("pooled") == []


def test_somebody_who_got_it_since_the_miss_keeps_it(cast):
    agree(cast, *TO_POOL)
    handoff = sams(cast)
    sweep(at=DUE + hours(0.1))
    reassign(handoff, cast.sue, by=cast.dana, at=DUE + hours(0.9), reason="Too slow")
    sweep(at=AN_HOUR_OVER)
    handoff.refresh_from_db()
    assert (handoff.owner, handoff.hops) == (cast.sue, 1)


@pytest.mark.django_db(transaction=True)
def test_case_25_back_to_the_pool_and_taken_at_once_tells_each_member_once():
    """Sweepers, Sam's late accept and a manager, all at the same instant, many times."""
    cast = make_cast()
    agree(cast, *TO_POOL)
    handoffs = [sams(cast, email=f"lead{n}@spa.example") for n in range(9)]

    def act(number: int) -> None:
        try:
            handoff = handoffs[number % 9]
            if number % 3 == 0:
                sweep(at=AN_HOUR_OVER, batch=3)
            elif number % 3 == 1:
                handoff.accept(cast.sam, at=AN_HOUR_OVER)
            else:
                reassign(handoff, cast.sue, by=cast.dana, at=AN_HOUR_OVER, reason="Too slow")
        except Conflict:
            pass
        finally:
            connection.close()

    with ThreadPoolExecutor(5) as pool:
        list(pool.map(act, range(27)))
    for _ in range(2):
        sweep(at=AN_HOUR_OVER)

    for handoff in handoffs:
        handoff.refresh_from_db()
        # One step of the ledger a hop, and never an owner the ledger does not name last.
        moves = [a for a in handoff.assignments.all() if a.how in ("manual", "escalated")]
        assert (len(moves), handoff.assignments.last().rep) == (handoff.hops, handoff.owner)
        running = handoff.clocks.filter(term__measure="accept", ended_at=None)
        assert running.count() == (0 if handoff.state == "accepted" else 1)
    told_about = OutboxMessage.objects.filter(kind="pooled").values_list("recipient", "url")
    assert len(set(told_about)) == len(told_about)


def test_the_contract_says_the_steps_in_words(cast):
    agree(cast, *TO_POOL, {"action": "tell_owner", "after": 600})
    term = Term.objects.get(contract=cast.contract, key="accept_hot")
    (promise,) = promises((term,), "sales")
    assert promise.alarms == [
        "at the deadline it is missed",
        "1 working hour later it goes back to its pool",
        "10 working minutes later the owner is reminded",
    ]


WEBHOOK = [
    {"action": "webhook", "share": 0.5},
    {"action": "breach"},
    {"action": "webhook", "after": 600},
]


def test_other_programs_are_told_before_and_after_the_deadline(cast):
    agree(cast, *WEBHOOK)
    chat = Webhook.objects.create(name="Chat", url="https://hook.example/", created_at=AT)
    Webhook.objects.create(name="Off", url="https://off.example/", is_active=False, created_at=AT)
    handoff = sams(cast)
    clock = handoff.clocks.get(term__key="accept_hot")

    for _ in range(2):
        sweep(at=AN_HOUR_OVER)

    near, missed = WebhookDelivery.objects.order_by("pk")
    assert (near.webhook, near.event, missed.event) == (chat, "deadline.near", "deadline.missed")
    assert near.next_attempt_at == AN_HOUR_OVER
    # Ids and what was agreed: nothing about the lead but where to find it.
    assert missed.body == {
        "type": "deadline.missed", "timestamp": "2027-01-15T15:25:00+00:00",
        "data": {
            "lead": handoff.lead_id, "handoff": handoff.pk, "change": None,
            "clock": clock.pk, "term": "accept_hot",
            "contract_version": 1, "due_at": "2027-01-15T15:15:00+00:00",
            "owner": "sam@demo.test", "team": "sales",
            "url": f"http://127.0.0.1:8000{handoff.lead.get_absolute_url()}",
        },
    }  # fmt: skip


def test_nothing_is_told_of_a_promise_that_was_kept(cast):
    agree(cast, {"action": "breach"}, {"action": "webhook", "after": 600})
    Webhook.objects.create(name="Chat", url="https://hook.example/", created_at=AT)
    sams(cast).accept(cast.sam, at=AT + hours(0.1))
    sweep(at=AN_HOUR_OVER)
    assert WebhookDelivery.objects.count() == 0


def test_a_sweep_that_fails_tells_nobody_anything(cast):
    """What is told and what is marked as told are one transaction."""
    agree(cast, *WEBHOOK)
    Webhook.objects.create(name="Chat", url="https://hook.example/", created_at=AT)
    sams(cast)
    with transaction.atomic():
        sweep(at=AN_HOUR_OVER)
        assert WebhookDelivery.objects.count() == 2
        transaction.set_rollback(True)
    assert WebhookDelivery.objects.count() == 0
    sweep(at=AN_HOUR_OVER)
    assert WebhookDelivery.objects.count() == 2


def test_the_lead_page_offers_it_to_the_members_and_asks_the_manager_to_give_it(cast):
    agree(cast, *TO_POOL)
    handoff = sams(cast)
    sweep(at=AN_HOUR_OVER)
    for person, words in ((cast.sue, "Take this lead?"), (cast.dana, "Nobody has this lead")):
        client = Client()
        client.force_login(person)
        assert words in client.get(handoff.lead.get_absolute_url()).content.decode()
