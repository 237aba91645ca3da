"""Pairs of leads: proposed every night, decided once, and shown where a lead is."""

from datetime import timedelta

import pytest
from django.core.management import call_command
from django.db import IntegrityError, connection, transaction
from django.test.utils import CaptureQueriesContext

from accounts.instants import database_now
from accounts.models import AuditEntry
from accounts.refusals import Conflict
from leads.duplicates import pairs
from leads.duplicates.evidence import THRESHOLD
from leads.duplicates.likely import likely_duplicates
from leads.duplicates.nightly import propose
from leads.duplicates.of_leads import present_model
from leads.merging import merge
from leads.models import DuplicateFigures, DuplicatePair, Lead
from leads.tasks import propose_duplicates
from tests.factories import make_user, ny
from tests.leads.duplicates import made_up

AT = ny("2027-01-15 10:00")
State = DuplicatePair.State


def add(cast, email: str, **row: str) -> Lead:
    return cast.capture(at=AT, email=email, **row).lead


@pytest.fixture
def twins(cast) -> tuple[Lead, Lead]:
    """One person twice, and somebody else at the same company."""
    names = {"last_name": "Quixley", "company": "Tiberg Ltd"}
    first = add(cast, "zq@tiberg.example", first_name="Zoltan", **names)
    second = add(cast, "zoltan77@home.example", first_name="Zoltán", **names)
    add(cast, "hugo@tiberg.example", first_name="Hugo", last_name="Vander", company="Tiberg Ltd")
    return first, second


def test_a_pair_is_proposed_with_its_chance_and_why(twins):
    done = propose(at=AT)

    pair = DuplicatePair.objects.get()
    assert (pair.lead_a, pair.lead_b, pair.state, pair.found_at) == (*twins, State.OPEN, AT)
    assert THRESHOLD <= pair.score <= 1
    assert pair.reasons == ["same name", "same company", "another e-mail"]
    assert (done.leads, done.open) == (3, 1)


def test_looking_again_changes_nothing_and_what_no_longer_holds_goes(twins):
    propose(at=AT)
    propose(at=AT + timedelta(days=1))
    assert DuplicatePair.objects.get().found_at == AT + timedelta(days=1)

    Lead.objects.filter(pk=twins[1].pk).update(first_name="Walter", last_name="Other", company="X")
    propose(at=AT + timedelta(days=2))
    assert not DuplicatePair.objects.exists()


def test_what_somebody_called_two_people_is_not_proposed_again(cast, twins):
    propose(at=AT)
    decided = {"state": State.NOT_SAME, "decided_at": AT, "decided_by": cast.maya}
    DuplicatePair.objects.update(**decided)

    done = propose(at=AT + timedelta(days=1))

    pair = DuplicatePair.objects.get()
    assert (pair.state, pair.decided_by, done.open) == (State.NOT_SAME, cast.maya, 0)
    assert likely_duplicates(twins[0]) == []


def test_a_lead_page_needs_no_nightly_look(twins):
    found = [(likely.lead, likely.why) for likely in likely_duplicates(twins[0])]
    assert found == [(twins[1], "same name, same company, another e-mail")]


def test_what_the_night_proposed_is_on_the_page_though_names_are_not_alike(cast):
    one = add(cast, "", first_name="Bob", last_name="Quixley", phone="+12125550123")
    other = add(cast, "", first_name="Robert", last_name="Quixly", phone="+12125550132")
    DuplicatePair.objects.create(lead_a=one, lead_b=other, score=0.9, found_at=AT)
    with_pair = [likely.lead for likely in likely_duplicates(one)]
    DuplicatePair.objects.all().delete()
    assert (with_pair, likely_duplicates(one)) == ([other], [])


def test_asking_for_one_lead_takes_as_many_queries_however_many_are_alike(cast, twins):
    likely_duplicates(twins[0])  # fills the memory of what is learnt
    counts = []
    for number in range(3):
        with CaptureQueriesContext(connection) as queries:
            found = likely_duplicates(twins[0])
        counts.append((len(queries), len(found)))
        add(cast, f"z{number}@x.example", first_name="Zoltan", last_name="Quixley",
            company="Tiberg Ltd")  # fmt: skip
    assert counts == [(3, 1), (3, 2), (3, 3)]


def test_what_was_learnt_is_kept_for_the_page(cast):
    rows, _ = made_up.rows(700)
    Lead.objects.bulk_create(
        Lead(
            email=f"{number}@x.example", first_name=row["first"], last_name=row["last"],
            company=row["company"], team=cast.marketing, created_at=AT, updated_at=AT,
        )
        for number, row in enumerate(rows)
    )  # fmt: skip
    assert present_model().records == 1000

    propose(at=AT)

    kept = DuplicateFigures.objects.get()
    model = present_model()
    assert (kept.learnt_at, model.records) == (AT, len(rows))
    anna = sum(row["first"] == "Anna" for row in rows)
    assert model.counts[0]["anna"] == anna > 5
    assert model.one[0][0] > 0.5 > model.one[0][4]


def test_pairs_are_each_once_and_in_order(twins):
    first, second = twins
    DuplicatePair.objects.create(lead_a=first, lead_b=second, score=0.9, found_at=AT)
    for a, b in ((first, second), (second, first), (first, first)):
        with pytest.raises(IntegrityError), transaction.atomic():
            DuplicatePair.objects.create(lead_a=a, lead_b=b, score=0.9, found_at=AT)


def test_pairs_are_for_those_who_may_merge_both(cast, twins):
    propose(at=AT)
    rita = make_user("rita", cast.sales)

    def shown(user) -> int:
        return DuplicatePair.objects.open().to_decide_by(user).count()

    people = (cast.maya, cast.mona, cast.sam, cast.dana, cast.admin, cast.outsider)
    assert [shown(user) for user in people] == [1, 1, 0, 0, 1, 0]
    Lead.objects.filter(pk=twins[0].pk).update(captured_by=rita)
    assert shown(rita) == 0
    Lead.objects.update(captured_by=rita)
    assert shown(rita) == 1


def test_the_command_says_what_it_did(twins, capsys):
    call_command("propose_duplicates")
    assert capsys.readouterr().out.startswith("3 leads, 3 pairs looked at, 1 to decide; ")
    assert DuplicatePair.objects.get().found_at <= database_now()


@pytest.mark.django_db(transaction=True)
@pytest.mark.slow
def test_the_nightly_task_runs_in_a_process_of_its_own(settings, monkeypatch):
    """It sees what is committed in this very database."""
    from tests.factories import make_cast

    cast = make_cast()
    for email in ("a@x.example", "b@x.example"):
        add(cast, email, first_name="Zoltan", last_name="Quixley", company="Tiberg Ltd")
    database = connection.settings_dict
    monkeypatch.setenv(
        "DATABASE_URL",
        f"postgresql://leadflow@:5432/{database['NAME']}?host={database['HOST']}",
    )
    monkeypatch.setenv("SECRET_KEY", settings.SECRET_KEY)
    propose_duplicates()
    assert DuplicatePair.objects.count() == 1


def test_a_merge_ends_the_pair_and_keeps_what_was_said_of_others(cast, twins):
    third = add(cast, "third@x.example", first_name="Zoltan", last_name="Quixley")
    propose(at=AT)
    decided = {"decided_by": cast.maya, "decided_at": AT, "state": State.NOT_SAME}
    DuplicatePair.objects.of(third).delete()
    DuplicatePair.objects.create(
        lead_a=twins[1], lead_b=third, score=0.9, found_at=AT, **decided
    )  # fmt: skip

    merge(twins[0], twins[1], by=cast.maya, at=AT)

    pair = DuplicatePair.objects.get()
    assert (pair.lead_a, pair.lead_b, pair.state, pair.decided_by) == (
        twins[0], third, State.NOT_SAME, cast.maya,
    )  # fmt: skip


def test_what_is_decided_twice_is_refused_and_can_be_taken_back(cast, twins):
    propose(at=AT)
    pair = DuplicatePair.objects.get()
    pairs.set_apart(pair, by=cast.maya, at=AT)
    with pytest.raises(Conflict, match="decided about these two already"):
        pairs.set_apart(pair, by=cast.mona, at=AT)
    pairs.reopen(pair, by=cast.maya, at=AT)
    pair.refresh_from_db()
    assert (pair.state, pair.decided_by, pair.decided_at) == (State.OPEN, None, None)
    verbs = AuditEntry.objects.order_by("pk").values_list("verb", flat=True)
    assert list(verbs)[-2:] == ["duplicate_not_same", "duplicate_reopened"]
