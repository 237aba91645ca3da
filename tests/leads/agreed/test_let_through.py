"""How many a definition would have let through, of the leads of late."""

from datetime import timedelta

import pytest

from leads.agreed.let_through import let_through
from leads.models import CustomField, Lead
from personas.models import Definition
from tests.factories import hours, ny

AT = ny("2026-01-15 10:00")


def passing(rule, *, at=None, weeks=4):
    found = let_through(rule, weeks=weeks, at=at or AT + hours(1))
    entering, leaving = ([each.lead for each in side] for side in (found.entering, found.leaving))
    return (found.before, found.after), entering, leaving


def test_the_rule_in_force_lets_through_what_it_let_through(cast):
    hot = cast.hot_lead(at=AT)
    cast.capture(at=AT, email="n@spa.example", job_title="Wellness coach")
    assert hot.handoffs.exists()
    assert passing({"min_score": 50}) == ((1, 1), [], [])


def test_a_lower_one_lets_more_in_and_says_what_keeps_them_out_now(cast):
    near = cast.capture(at=AT, email="n@spa.example", job_title="Wellness coach").lead
    cast.capture(at=AT, email="f@x.example")
    found = let_through({"min_score": 35}, weeks=4, at=AT + hours(1))
    assert (found.before, found.after, found.looked_at, found.of) == (0, 1, 2, 2)
    (entering,) = found.entering
    assert (entering.lead, entering.score, entering.handed_over) == (near.pk, 35, False)
    assert entering.why == "score 35 is below the agreed 50"


def test_who_was_handed_over_is_judged_as_the_receipt_says(cast):
    hot = cast.hot_lead(at=AT)
    score = hot.handoffs.get().receipt["score"]
    # What the lead became since is not what was handed over.
    Lead.objects.update(score=1, fit=0, persona=None)
    assert passing({"min_score": score}) == ((1, 1), [], [])
    assert passing({"min_score": score + 1}) == ((1, 0), [], [hot.pk])
    assert passing({"personas": ["spa-director"]}) == ((1, 1), [], [])
    assert passing({"personas": ["nobody"]}) == ((1, 0), [], [hot.pk])


def test_who_was_not_is_judged_at_its_best_and_not_as_it_has_faded(cast):
    near = cast.capture(at=AT, email="n@spa.example", job_title="Wellness coach").lead
    later = AT + timedelta(days=80)
    assert passing({"min_score": 35}, at=later, weeks=13) == ((0, 1), [near.pk], [])
    assert passing({"min_score": 36}, at=later, weeks=13) == ((0, 0), [], [])


def test_fields_of_ones_own_may_be_asked_for(cast):
    CustomField.objects.create(name="budget", label="Budget", kind="number")
    poor = cast.hot_lead(at=AT)
    rich = cast.hot_lead(at=AT, email="rich@spa.example", extra={"budget": "0"})
    assert rich.extra == {"budget": 0}
    found = let_through({"require": ["extra.budget"]}, weeks=4, at=AT + hours(1))
    assert [(each.lead, each.why) for each in found.leaving] == [(poor.pk, "Budget is not known")]


def test_only_leads_of_these_weeks_each_in_its_own(cast):
    for n, days in enumerate((0, 1, 8, 27, 28, 29)):
        cast.hot_lead(at=AT - timedelta(days=days), email=f"{n}@spa.example")
    found = let_through({"min_score": 50}, weeks=4, at=AT)
    assert found.looked_at == 4
    assert [(week.before, week.after) for week in found.weeks] == [(1, 1), (0, 0), (1, 1), (2, 2)]
    assert (found.weekly_before, found.weekly_after) == (1, 1)


def test_before_anything_is_agreed_nothing_passes(cast):
    hot = cast.hot_lead(at=AT)
    assert passing({}) == ((1, 1), [], [])
    Definition.objects.get().delete()
    assert passing({}) == ((0, 1), [hot.pk], [])


@pytest.mark.parametrize("leads", [1, 4])
def test_it_takes_as_many_queries_for_many_as_for_one(cast, django_assert_num_queries, leads):
    for n in range(leads):
        cast.hot_lead(at=AT, email=f"{n}@spa.example")
        cast.capture(at=AT, email=f"{n}@x.example")
    let_through({}, weeks=4, at=AT + hours(1))
    with django_assert_num_queries(4):
        let_through({"min_score": 70}, weeks=4, at=AT + hours(1))
