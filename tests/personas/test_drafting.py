"""What both sides agree on: proposed by anyone, never signed for both sides by one."""

import time
from concurrent.futures import ThreadPoolExecutor

import pytest
from django.db import connection, transaction

from accounts import two_signatures
from accounts.models import AuditEntry, Membership
from accounts.refusals import Conflict, NotAllowed, Refused
from personas import drafting, versions
from personas.definitions import in_force, latest
from personas.models import Definition, Draft
from tests.factories import hours, ny

AT = ny("2026-01-15 10:00")
MQL = ("definition", "mql")
STRICTER = {"name": "MQL", "words": "Score of at least 70.", "rule": {"min_score": 70}}


def propose(by, facts=STRICTER, *, key="mql", at=AT, seen="1"):
    return drafting.save("definition", key, facts, by=by, at=at, seen=seen)


def seen(key="mql"):
    number, _ = versions.newest("definition", key)
    return drafting.ticket(number, drafting.open_draft("definition", key))


@pytest.mark.parametrize("who", ["maya", "mona", "sam", "dana"])
def test_everybody_of_both_teams_proposes(cast, who):
    assert propose(getattr(cast, who)).changed_by == getattr(cast, who)
    assert latest("mql").version == 1


@pytest.mark.parametrize("who", ["admin", "outsider"])
def test_nobody_else_does(cast, who):
    with pytest.raises(NotAllowed):
        propose(getattr(cast, who))
    assert not Draft.objects.exists()


def test_with_the_second_signature_it_is_in_force(cast):
    propose(cast.sam)
    assert drafting.sign(*MQL, "sales", by=cast.dana, at=AT, seen=seen()) is None
    assert latest("mql").version == 1
    made = drafting.sign(*MQL, "marketing", by=cast.mona, at=AT + hours(1), seen=seen())
    assert (made.version, made.words) == (2, "Score of at least 70.")
    assert (made.signed_for_marketing_by, made.signed_for_sales_by) == (cast.mona, cast.dana)
    assert in_force("mql", AT).version == 1
    assert in_force("mql", AT + hours(1)).rule == {"min_score": 70}
    assert drafting.open_draft(*MQL) is None
    assert Draft.objects.get().agreed_as == 2
    verbs = AuditEntry.objects.order_by("id").values_list("verb", "actor")
    assert list(verbs) == [
        ("signed", cast.dana.pk),
        ("signed", cast.mona.pk),
        ("agreed", cast.mona.pk),
    ]


def test_nobody_signs_for_both_sides(cast):
    Membership.objects.create(user=cast.mona, team=cast.sales, is_manager=True)
    propose(cast.maya)
    drafting.sign(*MQL, "marketing", by=cast.mona, at=AT, seen=seen())
    assert two_signatures.unsigned(drafting.open_draft(*MQL), cast.mona) == []
    with pytest.raises(Refused, match="nobody signs for both sides"):
        drafting.sign(*MQL, "sales", by=cast.mona, at=AT, seen=seen())
    assert latest("mql").version == 1
    drafting.sign(*MQL, "sales", by=cast.dana, at=AT, seen=seen())
    assert latest("mql").version == 2


@pytest.mark.parametrize(
    ("who", "side"),
    [("mona", "sales"), ("dana", "marketing"), ("maya", "marketing"), ("sam", "sales"),
     ("admin", "sales"), ("mona", ""), ("mona", "changed_by")],
)  # fmt: skip
def test_only_a_manager_of_the_side_signs(cast, who, side):
    propose(cast.maya)
    with pytest.raises(NotAllowed):
        drafting.sign(*MQL, side, by=getattr(cast, who), at=AT, seen=seen())
    assert two_signatures.unsigned(drafting.open_draft(*MQL), cast.mona) == ["marketing"]


def test_a_change_takes_the_signatures_back(cast):
    propose(cast.maya)
    drafting.sign(*MQL, "marketing", by=cast.mona, at=AT, seen=seen())
    propose(cast.dana, {**STRICTER, "rule": {"min_score": 60}}, seen=seen())
    draft = drafting.open_draft(*MQL)
    assert (draft.signed_for_marketing_by, draft.edits) == (None, 2)
    drafting.sign(*MQL, "sales", by=cast.dana, at=AT, seen=seen())
    assert latest("mql").version == 1


def test_two_who_edit_meet(cast):
    before = seen()
    propose(cast.maya, seen=before)
    with pytest.raises(Conflict, match="Maya has changed the draft"):
        propose(cast.sam, {**STRICTER, "words": "Mine."}, seen=before)
    assert drafting.open_draft(*MQL).facts == STRICTER


def test_what_was_seen_is_neither_another_draft_nor_another_version(cast):
    propose(cast.maya)
    first = seen()
    drafting.discard(*MQL, by=cast.maya, at=AT, seen=first)
    propose(cast.sam, {**STRICTER, "words": "Another draft, changed as often."})
    for deed in (
        lambda: drafting.sign(*MQL, "sales", by=cast.dana, at=AT, seen=first),
        lambda: drafting.discard(*MQL, by=cast.dana, at=AT, seen=first),
    ):
        with pytest.raises(Conflict):
            deed()
    for side, who in (("sales", cast.dana), ("marketing", cast.mona)):
        drafting.sign(*MQL, side, by=who, at=AT, seen=seen())
    with pytest.raises(Conflict, match="Another version was agreed"):
        propose(cast.sam, seen="1")


def test_the_same_again_is_no_proposal(cast):
    with pytest.raises(Refused, match="Nothing is different"):
        propose(cast.maya, {"name": "MQL", "words": "Score of at least 50.",
                            "rule": {"min_score": 50}})  # fmt: skip
    assert not Draft.objects.exists()


def test_a_new_word_is_agreed_like_any(cast):
    facts = {"name": "Hand raiser", "words": "Asked to be called.", "rule": {}}
    propose(cast.sam, facts, key="hand-raiser", seen="0")
    for side, who in (("sales", cast.dana), ("marketing", cast.mona)):
        drafting.sign("definition", "hand-raiser", side, by=who, at=AT, seen=seen("hand-raiser"))
    assert latest("hand-raiser").words == "Asked to be called."
    assert Definition.objects.get(key="hand-raiser").version == 1


@pytest.mark.django_db(transaction=True)
@pytest.mark.parametrize("deed", ["open", "sign"])
def test_who_comes_while_another_is_at_it_is_told(cast, deed):
    if deed == "sign":
        propose(cast.maya)
        drafting.sign(*MQL, "sales", by=cast.dana, at=AT, seen=seen())
    before = seen()

    def second():
        try:
            if deed == "open":
                propose(cast.maya, {**STRICTER, "words": "As Maya says."}, seen=before)
            else:
                drafting.sign(*MQL, "marketing", by=cast.mona, at=AT, seen=before)
        except Conflict:
            return "conflict"
        finally:
            connection.close()
        return "done"

    with ThreadPoolExecutor(1) as pool:
        with transaction.atomic():
            if deed == "open":
                propose(cast.sam, seen=before)
            else:
                drafting.sign(*MQL, "marketing", by=cast.mona, at=AT, seen=before)
            answer = pool.submit(second)
            time.sleep(0.3)
            assert not answer.done()
        assert answer.result(10) == "conflict"
    assert Draft.objects.count() == 1
    assert latest("mql").version == (2 if deed == "sign" else 1)
