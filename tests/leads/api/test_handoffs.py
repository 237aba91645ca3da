"""Hand over, accept, reject and the rest: who may, who may not, and who has it then."""

import pytest

from accounts.instants import database_now
from leads.models import Handoff, Lead, Pool, PoolMember, Stage
from leads.qualification import reassign
from tests.factories import make_user

STEPS = ["hand-off", "accept", "reject", "activities", "qualify", "disqualify", "recycle"]


@pytest.fixture
def hot(cast):
    """A lead handed over to sam just now."""
    lead = cast.hot_lead(at=database_now())
    lead.refresh_from_db()
    return lead


@pytest.fixture
def cold(cast):
    """A lead of marketing's that is no MQL."""
    return cast.capture(at=database_now(), email="cold@spa.example").lead


def open_pool(cast, *members):
    Pool.objects.filter(pk=cast.pool.pk).update(mode=Pool.Mode.OPEN)
    cast.pool.refresh_from_db()
    cast.pool.save()
    PoolMember.objects.exclude(user__in=members).delete()


class TestAccept:
    def test_by_its_owner_and_again(self, cast, program, hot):
        sam = program(cast.sam)

        first = sam.post(f"leads/{hot.pk}/accept/")
        accepted_at = Handoff.objects.get().accepted_at
        again = sam.post(f"leads/{hot.pk}/accept/")

        assert (first.status_code, again.status_code) == (200, 200)
        assert first.json() == again.json()
        assert (first.json()["stage"], first.json()["handoff"]["state"]) == ("sal", "accepted")
        assert [c["state"] for c in first.json()["handoff"]["clocks"]] == [
            "met", "running", "running",
        ]  # fmt: skip
        assert Handoff.objects.get().accepted_at == accepted_at

    def test_out_of_an_open_pool_one_wins_and_the_other_learns_who(self, cast, program):
        open_pool(cast, cast.sam, cast.sue)
        lead = cast.hot_lead(at=database_now())

        won = program(cast.sue).post(f"leads/{lead.pk}/accept/")
        lost = program(cast.sam).post(f"leads/{lead.pk}/accept/")

        assert (won.status_code, won.json()["owner"]) == (200, "sue@demo.test")
        assert lost.status_code == 409
        assert lost["Content-Type"] == "application/problem+json"
        assert (lost.json()["owner"], lost.json()["code"]) == ("sue@demo.test", "handoff_gone")

    def test_of_what_nobody_was_free_for_one_wins_and_the_other_learns_who(self, cast, program):
        PoolMember.objects.update(capacity=0)
        lead = cast.hot_lead(at=database_now())

        won = program(cast.sue).post(f"leads/{lead.pk}/accept/")
        lost = program(cast.sam).post(f"leads/{lead.pk}/accept/")

        assert (won.status_code, won.json()["owner"]) == (200, "sue@demo.test")
        assert (lost.status_code, lost.json()["owner"]) == (409, "sue@demo.test")

    def test_after_it_was_passed_on_says_who_has_it(self, cast, program, hot):
        handoff = hot.handoffs.get()
        reassign(handoff, cast.sue, by=cast.dana, at=database_now(), reason="Away")

        got = program(cast.sam).post(f"leads/{hot.pk}/accept/")

        assert (got.status_code, got.json()["owner"]) == (409, "sue@demo.test")
        assert program(cast.sue).post(f"leads/{hot.pk}/accept/").status_code == 200

    def test_of_what_was_never_theirs_is_not_found(self, cast, program, hot):
        stranger = make_user("stan", cast.sales)

        for person in (stranger, cast.sue, cast.outsider):
            got = program(person).post(f"leads/{hot.pk}/accept/")
            assert (got.status_code, got["Content-Type"]) == (404, "application/problem+json")
        assert program(cast.sam).post("leads/999999/accept/").status_code == 404

    def test_is_not_for_marketing(self, cast, program, hot):
        for person in (cast.maya, cast.mona):
            assert program(person).post(f"leads/{hot.pk}/accept/").status_code == 403
        assert Handoff.objects.get().state == "offered"

    def test_by_the_manager_leaves_it_with_its_owner(self, cast, program, hot):
        got = program(cast.dana).post(f"leads/{hot.pk}/accept/")

        assert (got.status_code, got.json()["owner"]) == (200, "sam@demo.test")

    def test_of_a_lead_still_with_marketing_is_a_conflict(self, cast, program, cold):
        got = program(cast.admin).post(f"leads/{cold.pk}/accept/")

        assert (got.status_code, got.json()["code"]) == (409, "no_open_handoff")


class TestReject:
    def test_sends_the_lead_back(self, cast, program, hot):
        got = program(cast.sam).post(
            f"leads/{hot.pk}/reject/", {"reason": "wrong_persona", "note": "A student."}
        )

        body = got.json()
        assert (got.status_code, body["stage"], body["owner"]) == (200, "recycled", None)
        assert body["handoff"]["state"] == "rejected"
        assert {c["term"]: c["state"] for c in body["handoff"]["clocks"]} == {
            "accept_hot": "met", "first_touch_hot": "voided", "disposition": "met",
            "answer_return": "running",
        }  # fmt: skip

    def test_needs_a_known_reason_and_a_note_for_other(self, cast, program, hot):
        sam = program(cast.sam)

        for body, field in (
            ({}, "reason"),
            ({"reason": "bored"}, "reason"),
            ({"reason": "other"}, "note"),
            ({"reason": "spam", "nota": "x"}, "nota"),
            ({"reason": "spam", "note": "x\u0000"}, "note"),
        ):
            got = sam.post(f"leads/{hot.pk}/reject/", body)
            assert (got.status_code, list(got.json()["errors"])) == (422, [field])
        assert Handoff.objects.get().state == "offered"

    def test_twice_is_a_conflict(self, cast, program, hot):
        sam = program(cast.sam)
        sam.post(f"leads/{hot.pk}/reject/", {"reason": "spam"})

        got = sam.post(f"leads/{hot.pk}/reject/", {"reason": "spam"})

        assert (got.status_code, got.json()["owner"]) == (409, None)
        assert got.json()["detail"].endswith("it is rejected and marketing has it.")


class TestHandOff:
    def test_needs_the_definition_met_or_a_reason(self, cast, program, cold):
        maya = program(cast.maya)

        without = maya.post(f"leads/{cold.pk}/hand-off/")
        with_one = maya.post(f"leads/{cold.pk}/hand-off/", {"override_reason": "She called us"})

        assert (without.status_code, without.json()["code"]) == (422, "mql_not_met")
        assert without.json()["missing"] == ["score 15 is below the agreed 50"]
        assert list(without.json()["errors"]) == ["override_reason"]
        assert (with_one.status_code, with_one.json()["handoff"]["state"]) == (200, "offered")
        assert Handoff.objects.get().override_reason == "She called us"

    def test_of_what_sales_has_already_says_who(self, cast, program, hot):
        got = program(cast.maya).post(f"leads/{hot.pk}/hand-off/")

        assert (got.status_code, got.json()["owner"]) == (409, "sam@demo.test")

    def test_by_a_rep_only_of_what_they_sourced(self, cast, program, hot):
        sourced = program(cast.sam).post("leads/", {"email": "met@fair.example"}).json()["id"]
        why = {"override_reason": "Met at the fair"}

        assert program(cast.sam).post(f"leads/{hot.pk}/hand-off/", why).status_code == 403
        assert program(cast.sue).post(f"leads/{hot.pk}/hand-off/", why).status_code == 404
        assert program(cast.sam).post(f"leads/{sourced}/hand-off/", why).status_code == 200

    def test_reason_of_any_length_gets_an_answer(self, cast, program, cold):
        got = program(cast.maya).post(f"leads/{cold.pk}/hand-off/", {"override_reason": "x" * 301})

        assert (got.status_code, list(got.json()["errors"])) == (422, ["override_reason"])


class TestDisposition:
    def test_qualify(self, cast, program, hot):
        sam = program(cast.sam)
        too_soon = sam.post(f"leads/{hot.pk}/qualify/")
        sam.post(f"leads/{hot.pk}/accept/")

        got = sam.post(f"leads/{hot.pk}/qualify/", {"note": "Budget and need are there."})

        assert (too_soon.status_code, too_soon.json()["code"]) == (409, "not_accepted")
        assert (got.status_code, got.json()["stage"]) == (200, "sql")
        assert got.json()["handoff"]["state"] == "qualified"

    @pytest.mark.parametrize(
        ("step", "stage"), [("recycle", Stage.RECYCLED), ("disqualify", Stage.DISQUALIFIED)]
    )
    def test_not_now_and_never(self, cast, program, hot, step, stage):
        sam = program(cast.sam)
        sam.post(f"leads/{hot.pk}/accept/")

        wrong = sam.post(f"leads/{hot.pk}/{step}/", {"reason": "bored"})
        got = sam.post(f"leads/{hot.pk}/{step}/", {"reason": "no_budget"})

        assert (wrong.status_code, list(wrong.json()["errors"])) == (422, ["reason"])
        assert (got.status_code, got.json()["stage"]) == (200, stage)

    def test_is_not_for_marketing_nor_for_other_reps(self, cast, program, hot):
        program(cast.sam).post(f"leads/{hot.pk}/accept/")

        assert program(cast.maya).post(f"leads/{hot.pk}/qualify/").status_code == 403
        assert program(cast.sue).post(f"leads/{hot.pk}/qualify/").status_code == 404
        assert Lead.objects.get().stage == Stage.SAL


@pytest.mark.parametrize("step", STEPS)
def test_a_capture_key_may_only_capture(cast, program, hot, step):
    got = program(cast.sam, scope="capture").post(f"leads/{hot.pk}/{step}/")

    assert (got.status_code, got.json()["code"]) == (403, "scope_too_narrow")


@pytest.mark.parametrize("step", STEPS)
def test_steps_refuse_other_methods_bad_ids_and_strangers(cast, program, hot, step):
    sam, stranger = program(cast.sam), program(cast.outsider)
    body = {"reason": "no_need"} if step in ("disqualify", "recycle") else {}
    body = {"reason": "spam"} if step == "reject" else body
    body = {"kind": "call"} if step == "activities" else body

    assert sam.patch(f"leads/{hot.pk}/{step}/").status_code == 405
    assert sam.post(f"leads/x/{step}/").status_code == 404
    assert sam.post(f"leads/{2**70}/{step}/", body).status_code == 404
    assert stranger.post(f"leads/{hot.pk}/{step}/", body).status_code == 404
    assert sam.client.post(f"/api/v1/leads/{hot.pk}/{step}/", data=b"[]",
                           content_type="application/json").status_code == 422  # fmt: skip


class TestFeedback:
    def test_who_has_it_says_how_good_it_was(self, cast, program, hot):
        sam, maya = program(cast.sam), program(cast.maya)
        early = sam.post(f"leads/{hot.pk}/feedback/", {"rating": 4})
        sam.post(f"leads/{hot.pk}/accept/")

        poor = sam.post(f"leads/{hot.pk}/feedback/", {"rating": 2})
        said = sam.post(f"leads/{hot.pk}/feedback/", {"rating": 2, "why": "A student."})
        others = maya.post(f"leads/{hot.pk}/feedback/", {"rating": 5})
        hidden = program(cast.outsider).post(f"leads/{hot.pk}/feedback/", {"rating": 5})

        assert (early.status_code, poor.status_code, said.status_code) == (409, 422, 200)
        assert list(poor.json()["errors"]) == ["why"]
        assert (others.status_code, hidden.status_code) == (403, 404)
        assert hot.handoffs.get().feedback.rating == 2
