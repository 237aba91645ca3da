"""A draft of the scoring rules: changed, signed by both sides, published, applied to every lead."""

import pytest
from django.db import IntegrityError, transaction

from accounts.models import AuditEntry, Membership
from accounts.refusals import Conflict, Refused
from leads import rescoring, scoring
from leads.models import Activity, Lead, ScoreDraft, ScoreRules, ScoreRun
from leads.score_rules import drafting
from tests.factories import SCORE_RULES, hours, ny

AT = ny("2026-01-15 10:00")
MORE = {**SCORE_RULES, "persona": 30}
OTHER = {**SCORE_RULES, "persona": 10}


def drafted(cast, rules=MORE, *, seen=0):
    return drafting.save(rules, by=cast.maya, at=AT, seen=seen)


def test_a_change_is_a_draft_and_counts_for_nobody_yet(cast):
    draft = drafted(cast)
    assert (draft.based_on, draft.edits, draft.changed_by) == (1, 1, cast.maya)
    assert scoring.current_rules(AT) == (1, SCORE_RULES)


def test_both_sides_sign_and_it_is_in_force(cast):
    draft = drafted(cast)
    assert drafting.sign("marketing", by=cast.mona, at=AT, seen=1) is None
    assert scoring.current_rules(AT)[0] == 1
    made = drafting.sign("sales", by=cast.dana, at=AT + hours(1), seen=1)
    assert made.version == 2
    assert scoring.current_rules(AT + hours(1)) == (2, MORE)
    assert scoring.current_rules(AT)[0] == 1
    draft.refresh_from_db()
    assert draft.published_as == 2
    assert drafting.open_draft() is None
    verbs = AuditEntry.objects.order_by("id").values_list("verb", "actor__email")
    assert list(verbs) == [
        ("signed", cast.mona.email), ("signed", cast.dana.email), ("published", cast.dana.email),
    ]  # fmt: skip


def test_a_change_takes_the_signatures_back(cast):
    drafted(cast)
    drafting.sign("marketing", by=cast.mona, at=AT, seen=1)
    draft = drafted(cast, OTHER, seen=1)
    assert (draft.edits, draft.signed_for_marketing_by) == (2, None)


@pytest.mark.parametrize(
    ("who", "side"),
    [("maya", "marketing"), ("sam", "sales"), ("mona", "sales"), ("dana", "marketing"),
     ("admin", "sales"), ("mona", "everybody")],
)  # fmt: skip
def test_only_a_manager_of_the_side_signs_for_it(cast, who, side):
    drafted(cast)
    with pytest.raises(Refused, match=f"Signing for {side} is for a manager of {side}"):
        drafting.sign(side, by=getattr(cast, who), at=AT, seen=1)
    draft = drafting.open_draft()
    assert (draft.signed_for_marketing_by, draft.signed_for_sales_by) == (None, None)


def test_nobody_signs_for_both_sides(cast):
    """The rule of contracts, definitions and personas."""
    Membership.objects.create(user=cast.mona, team=cast.sales, is_manager=True)
    drafted(cast)
    drafting.sign("sales", by=cast.mona, at=AT, seen=1)
    with pytest.raises(Refused, match="You signed for sales; nobody signs for both sides"):
        drafting.sign("marketing", by=cast.mona, at=AT, seen=1)
    Membership.objects.create(user=cast.sue, team=cast.marketing, is_manager=True)
    assert drafting.sign("marketing", by=cast.sue, at=AT, seen=1).version == 2


def test_nobody_saves_over_or_signs_what_they_have_not_seen(cast):
    drafted(cast)
    with pytest.raises(Conflict, match="Maya has changed the draft since you opened it"):
        drafted(cast, OTHER, seen=0)
    with pytest.raises(Conflict, match="look again before you sign"):
        drafting.sign("sales", by=cast.dana, at=AT, seen=0)
    with pytest.raises(Conflict, match="look again"):
        drafting.discard(by=cast.maya, at=AT, seen=0)
    assert drafting.open_draft().rules == MORE


def test_a_draft_that_changes_nothing_is_refused(cast):
    with pytest.raises(Refused, match="Nothing is different"):
        drafted(cast, SCORE_RULES)
    assert not ScoreDraft.objects.exists()


def test_a_draft_can_be_thrown_away_and_another_begun(cast):
    drafted(cast)
    drafting.discard(by=cast.mona, at=AT, seen=1)
    assert drafting.open_draft() is None
    assert drafted(cast, OTHER).edits == 1


def test_there_is_one_open_draft_at_a_time(cast):
    drafted(cast)
    with pytest.raises(IntegrityError, match="one_open_score_draft"), transaction.atomic():
        ScoreDraft.objects.create(rules=OTHER, based_on=1, changed_at=AT)


# --- Every lead scored again -----------------------------------------------------------------


@pytest.fixture
def leads(cast):
    """Five leads that fit the persona and one who does not."""
    spa = [cast.capture(at=AT, email=f"p{n}@spa.example", job_title="Head of Wellness").lead
           for n in range(5)]  # fmt: skip
    return [*spa, cast.capture(at=AT, email="q@x.example", job_title="Clerk").lead]


def publish():
    at = AT + hours(1)
    made = ScoreRules.objects.create(version=2, rules=MORE, in_force_from=at)
    return rescoring.begin(made.version, at=at)


def scores(leads):
    return list(Lead.objects.filter(pk__in=[one.pk for one in leads]).order_by("pk")
                .values_list("score", flat=True))  # fmt: skip


def test_a_run_scores_every_lead_and_says_how_many_changed(cast, leads):
    before = scores(leads)
    publish()
    run = rescoring.go_on(at=AT + hours(1))
    assert (run.total, run.done, run.changed, run.percent) == (6, 6, 5, 100)
    assert run.finished_at == AT + hours(1)
    assert scores(leads) == [score + 10 for score in before[:5]] + before[5:]
    assert rescoring.go_on(at=AT + hours(2)) is None


def test_a_run_whose_worker_died_goes_on_where_it_was(cast, leads, monkeypatch):
    monkeypatch.setattr(rescoring, "BATCH", 2)
    run = publish()
    assert rescoring._advance(run, at=AT + hours(1))
    run.refresh_from_db()
    assert (run.done, run.last_lead) == (2, leads[1].pk)
    # Somebody seems to be at it: a second worker leaves it alone, until it has stood still.
    assert rescoring.go_on(at=AT + hours(1)) is None
    run = rescoring.go_on(at=AT + hours(1) + 2 * rescoring.STALLED)
    assert (run.done, run.changed) == (6, 5)


def test_a_newer_run_overtakes_an_older_one(cast, leads):
    older = publish()
    newer = rescoring.begin(3, at=AT + hours(1))
    assert rescoring.go_on(at=AT + hours(1)).pk == newer.pk
    older.refresh_from_db()
    assert (older.done, older.finished_at) == (0, AT + hours(1))


def test_rows_that_do_not_change_are_not_written(cast, leads):
    stamps = dict(Lead.objects.values_list("pk", "scored_at"))
    publish()
    rescoring.go_on(at=AT + hours(1))
    assert dict(Lead.objects.values_list("pk", "scored_at"))[leads[5].pk] == stamps[leads[5].pk]


def test_what_is_captured_meanwhile_is_not_scored_away(cast, leads):
    """The batch is read under its locks: with the score of before, the touchpoint would be lost."""
    publish()
    cast.capture(at=AT + hours(1), email="p0@spa.example", touchpoint="event")
    rescoring.go_on(at=AT + hours(1))
    lead = Lead.objects.get(email="p0@spa.example")
    assert "Came to a demonstration" in {reason["label"] for reason in lead.score_reasons}
    assert Activity.objects.filter(lead=lead, kind="event").count() == 1
    # The capture scored it by the new rules already.
    assert ScoreRun.objects.get().changed == 4
