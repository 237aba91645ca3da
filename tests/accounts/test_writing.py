"""Rows written by one prepared statement are what the ORM would have written."""

import uuid
from datetime import timedelta

import pytest
from django.db import IntegrityError, transaction

from accounts.models import OutboxMessage, User
from accounts.outbox import message
from accounts.writing import BATCH, insert, update
from leads.models import Activity, Kind, Lead
from tests.factories import ny

NOW = ny("2027-01-12 10:00")
pytestmark = pytest.mark.django_db


def a_lead(cast, n=1, **values):
    return Lead(
        email=f"ü{n}@spa.example", first_name="Zoë 🙂", company="O'Neil; DROP TABLE",
        team=cast.marketing,
        extra={"interest": "back pain", "rooms": [1, None, 2.5]}, created_at=NOW, updated_at=NOW,
        score_reasons=[{"label": "Director", "points": 15}], **values,
    )  # fmt: skip


def test_an_inserted_row_reads_back_as_it_was(cast):
    lead = a_lead(cast, consent_at=NOW - timedelta(microseconds=1))
    insert([lead])
    stored = Lead.objects.get(pk=lead.pk)
    names = [field.attname for field in Lead._meta.concrete_fields]
    assert {n: getattr(stored, n) for n in names} == {n: getattr(lead, n) for n in names}
    assert not lead._state.adding


def test_many_rows_get_their_own_keys_in_order(cast, django_assert_num_queries):
    leads = [a_lead(cast, n) for n in range(BATCH + 2)]
    with django_assert_num_queries(2):
        insert(leads)
    assert dict(Lead.objects.values_list("pk", "email")) == {lead.pk: lead.email for lead in leads}


def test_nothing_to_write_asks_nothing(django_assert_num_queries):
    with django_assert_num_queries(0):
        insert([])
        update([], ["score"])


def test_a_broken_constraint_is_said(cast):
    insert([a_lead(cast)])
    with pytest.raises(IntegrityError), transaction.atomic():
        insert([a_lead(cast)])


def test_a_known_row_is_dropped_if_wished_and_the_others_are_written(cast):
    def news(key):
        return message(cast.sam.pk, "assigned", "New lead", "", "/", at=NOW, dedupe_key=key)

    insert([news("a")], drop_known=True)
    insert([news("a"), news("b")], drop_known=True)
    assert sorted(OutboxMessage.objects.values_list("dedupe_key", flat=True)) == ["a", "b"]


def test_a_key_made_by_us_is_kept(cast):
    told = message(cast.sam.pk, "assigned", "New lead", "", "/", at=NOW)
    told.pk = uuid.uuid4()
    insert([told])
    assert OutboxMessage.objects.get().pk == told.pk


def test_an_update_writes_the_named_fields_of_each_row_alone(cast, django_assert_num_queries):
    one, two, other = (cast.capture(email=f"{n}@spa.example", at=NOW).lead for n in "abc")
    one.score, one.extra, one.company = 80, {"rooms": 4}, "not written"
    two.score, two.extra, two.scored_at = 20, {}, NOW
    two.owner = cast.sam
    with django_assert_num_queries(1):
        update([one, two], ["score", "extra", "scored_at", "owner"])
    rows = Lead.objects.order_by("email").values_list("score", "extra", "scored_at", "owner")
    assert list(rows) == [
        (80, {"rooms": 4}, one.scored_at, one.owner_id),
        (20, {}, NOW, cast.sam.pk),
        (other.score, other.extra, other.scored_at, other.owner_id),
    ]
    assert not Lead.objects.filter(company="not written").exists()


def test_a_model_whose_instants_save_sets_is_refused():
    with pytest.raises(TypeError, match="bulk_create"):
        insert([User(email="x@example.org")])


def test_an_activity_with_nothing_optional_can_be_written(cast):
    lead = cast.capture(email="a@spa.example", at=NOW).lead
    insert([Activity(lead=lead, kind=Kind.NOTE, occurred_at=NOW, recorded_at=NOW)])
    assert lead.activities.filter(kind=Kind.NOTE, data={}, actor=None).count() == 1
