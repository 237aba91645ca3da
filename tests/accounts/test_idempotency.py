"""`Idempotency-Key`: once done, twice answered; never half, never for somebody else."""

import threading
from datetime import timedelta

import pytest
from django.db import connection

from accounts.instants import database_now
from accounts.models import IdempotentRequest
from accounts.tasks import forget_requests
from leads.models import Activity, Lead
from tests.factories import make_cast
from tests.leads.api.program import Program

ROW = {"email": "pat@spa.example", "campaign": "back-pain"}


def capture(program, body=ROW, key="k1"):
    return program.post("leads/", body, **{"idempotency-key": key})


def test_the_same_again_changes_nothing_and_answers_the_same(cast):
    maya = Program(cast.maya)

    first, again = capture(maya), capture(maya)

    assert (first.status_code, again.status_code) == (201, 201)
    assert first.json() == again.json()
    assert again["Idempotent-Replayed"] == "true"
    assert "Idempotent-Replayed" not in first
    assert (Lead.objects.count(), Activity.objects.filter(kind="form").count()) == (1, 1)


def test_the_order_of_names_makes_no_difference(cast):
    maya = Program(cast.maya)

    assert capture(maya).json() == capture(maya, dict(reversed(ROW.items()))).json()


def test_another_body_under_the_same_key_is_refused(cast):
    maya = Program(cast.maya)
    capture(maya)

    got = capture(maya, {**ROW, "first_name": "Pat"})

    assert (got.status_code, got.json()["code"]) == (422, "idempotency_key_reused")
    assert list(got.json()["errors"]) == ["Idempotency-Key"]
    assert Lead.objects.get().first_name == ""


def test_another_address_or_another_scope_is_another_request(cast):
    maya = Program(cast.maya)
    lead = capture(maya).json()["id"]

    elsewhere = maya.post(f"leads/{lead}/activities/", ROW, **{"idempotency-key": "k1"})

    assert elsewhere.status_code == 422
    assert capture(Program(cast.maya, scope="capture")).status_code == 422


def test_keys_of_two_people_do_not_meet(cast):
    first, second = capture(Program(cast.maya)), capture(Program(cast.mona))

    assert (first.status_code, second.status_code) == (201, 200)


def test_a_refusal_is_not_remembered(cast):
    maya = Program(cast.maya)

    wrong = capture(maya, {"email": "pat@"})
    right = capture(maya)

    assert (wrong.status_code, right.status_code) == (422, 201)


def test_what_fails_half_way_leaves_neither_deed_nor_memory(cast):
    def fail(execute, sql, *rest):
        if sql.startswith('INSERT INTO "accounts_idempotentrequest"'):
            raise ZeroDivisionError
        return execute(sql, *rest)

    maya = Program(cast.maya)
    maya.client.raise_request_exception = False
    with connection.execute_wrapper(fail):
        assert capture(maya).status_code == 500

    assert (Lead.objects.count(), IdempotentRequest.objects.count()) == (0, 0)
    assert capture(maya).status_code == 201


@pytest.mark.parametrize("key", ["", "   ", "x" * 201])
def test_a_key_that_is_none_is_refused(cast, key):
    got = capture(Program(cast.maya), key=key)

    assert (got.status_code, got.json()["code"]) == (422, "idempotency_key_invalid")
    assert Lead.objects.count() == 0


def test_a_touch_logged_twice_counts_once(cast):
    lead = cast.hot_lead(at=database_now())
    sam = Program(cast.sam)

    said = [
        sam.post(f"leads/{lead.pk}/activities/", {"kind": "call"}, **{"idempotency-key": "c"})
        for _ in range(2)
    ]

    assert said[0].json() == said[1].json()
    assert Activity.objects.filter(kind="call").count() == 1


def test_old_answers_are_forgotten(cast):
    capture(Program(cast.maya), key="old")
    long_ago = database_now() - timedelta(days=8)
    IdempotentRequest.objects.update(created_at=long_ago)
    capture(Program(cast.maya), key="new")

    forget_requests()

    assert list(IdempotentRequest.objects.values_list("key", flat=True)) == ["new"]


@pytest.mark.django_db(transaction=True)
def test_while_the_first_is_under_way_the_second_is_told_so():
    maya = Program(make_cast().maya)
    with connection.cursor() as cursor:
        cursor.execute("BEGIN")
        cursor.execute(
            "SELECT pg_advisory_xact_lock(hashtextextended(%s, 0))",
            [f"idempotency:{maya.key.user_id}:k1"],
        )
        answers = in_threads(lambda: capture(maya), 1)
        cursor.execute("ROLLBACK")

    assert (answers[0].status_code, answers[0].json()["code"]) == (409, "request_under_way")
    assert capture(maya).status_code == 201


@pytest.mark.django_db(transaction=True)
def test_of_many_at_once_exactly_one_is_done():
    maya = Program(make_cast().maya)

    answers = in_threads(lambda: capture(maya), 8)

    assert {a.status_code for a in answers} <= {201, 409}
    assert len({a.json()["id"] for a in answers if a.status_code == 201}) == 1
    assert (Lead.objects.count(), Activity.objects.filter(kind="form").count()) == (1, 1)


def in_threads(do, count):
    answers = []

    def run():
        answers.append(do())
        connection.close()

    threads = [threading.Thread(target=run) for _ in range(count)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    return answers
