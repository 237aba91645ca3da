"""What a draft would do: to the leads that are here, and to handoffs of the past."""

from datetime import timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from leads.models import Deal, Handoff
from leads.score_rules.backtest import _auc, backtest
from leads.score_rules.preview import preview
from leads.score_rules.words import differences, lines
from tests.factories import SCORE_RULES, hours, ny

AT = ny("2026-01-15 10:00")
MORE = {**SCORE_RULES, "persona": 40}
LESS = {**SCORE_RULES, "persona": 0, "fit": []}


def test_the_same_rules_change_nothing(cast):
    cast.hot_lead(at=AT)
    found = preview(SCORE_RULES, at=AT)
    assert (found.of, found.looked_at, found.up, found.down, found.same) == (1, 1, 0, 0, 1)
    assert (found.entering, found.leaving) == ([], [])
    assert found.weekly_before == found.weekly_after == 0.25


def test_who_would_cross_the_line_is_named(cast):
    # A head of wellness with a form: 20 for the persona, 15 for the form, 15 for the title.
    near = cast.capture(at=AT, email="n@spa.example", job_title="Wellness coach").lead
    assert near.score == 35
    far = cast.capture(at=AT, email="f@x.example").lead
    found = preview(MORE, at=AT)
    assert [(c.lead.pk, c.before.total, c.after.total) for c in found.entering] == [
        (near.pk, 35, 55)
    ]
    assert (found.up, found.same, found.leaving) == (1, 1, [])
    assert (found.weekly_before, found.weekly_after) == (0, 0.25)
    assert far.pk not in {c.lead.pk for c in found.entering}


def test_who_would_no_longer_be_an_mql_is_named_unless_sales_has_them(cast):
    cast.hot_lead(at=AT)
    cast.campaign.hand_over_at_once = False
    cast.campaign.save()
    waiting = cast.hot_lead(at=AT, email="w@spa.example")
    found = preview(LESS, at=AT)
    assert [c.lead.pk for c in found.leaving] == [waiting.pk]
    assert found.down == 2


def test_old_leads_do_not_count_for_the_week(cast):
    cast.hot_lead(at=AT - timedelta(weeks=5))
    assert preview(SCORE_RULES, at=AT).weekly_before == 0


def test_a_preview_takes_the_same_queries_for_any_number(cast, django_assert_num_queries):
    cast.hot_lead(at=AT)
    with django_assert_num_queries(6):
        preview(MORE, at=AT)
    for n in range(3):
        cast.hot_lead(at=AT, email=f"x{n}@spa.example")
    with django_assert_num_queries(6):
        preview(MORE, at=AT)


@pytest.fixture
def past(cast):
    """Four handoffs of October: two customers who came to an event, two who did not buy."""
    handoffs = []
    for n, (title, won) in enumerate([("Director of Wellness", True), ("Spa Director", True),
                                      ("Director", False), ("Wellness coach", False)]):  # fmt: skip
        at = ny("2025-10-01 10:00") + timedelta(days=n)
        lead = cast.hot_lead(at=at, email=f"p{n}@spa.example", job_title=title)
        handoff = lead.handoffs.get()
        state = Handoff.State.QUALIFIED if won else Handoff.State.DISQUALIFIED
        Handoff.objects.filter(pk=handoff.pk).update(state=state, closed_at=at + hours(5))
        if won:
            Deal.objects.create(lead=lead, handoff=handoff, name="Tub", owner=cast.sam, state="won",
                                opened_at=at, closed_at=at + timedelta(days=5))  # fmt: skip
        handoffs.append(handoff)
    return handoffs


def test_the_past_is_scored_as_it_stood_at_the_handoff(cast, past):
    before, after = backtest(LESS, at=AT)
    # 80, 80, 60, 65 by the rules in force: event 40, company 5, title 15, persona 20.
    assert [(b.first, b.handoffs, b.won) for b in before.bands if b.handoffs] == [
        (60, 2, 0),
        (80, 2, 2),
    ]
    assert (before.handoffs, before.won, before.threshold) == (4, 2, 50)
    assert (before.above, before.precision, before.kept) == (4, 0.5, 1.0)
    assert (before.auc, before.lift) == (1.0, 2.0)
    # Without fit everybody has the 40 points of the event.
    assert [(b.first, b.handoffs, b.won) for b in after.bands if b.handoffs] == [(40, 4, 2)]
    assert (after.above, after.precision, after.kept, after.auc) == (0, None, 0.0, 0.5)


def test_what_came_after_the_handoff_does_not_count(cast, past):
    as_it_was = backtest(SCORE_RULES, at=AT)
    lead = past[3].lead
    lead.job_title = "Director of Wellness"
    lead.save()
    cast.capture(at=AT - timedelta(days=30), email=lead.email, touchpoint="event")
    assert backtest(SCORE_RULES, at=AT) == as_it_was


def test_without_a_past_there_are_no_figures(cast):
    before, after = backtest(MORE, at=AT)
    assert before == after
    assert (before.handoffs, before.precision, before.kept, before.lift, before.auc) == (
        0, None, None, None, None,
    )  # fmt: skip


@given(st.lists(st.tuples(st.integers(0, 5), st.booleans()), max_size=40))
def test_auc_is_the_share_of_pairs_in_the_right_order(pairs):
    yes, no = [s for s, won in pairs if won], [s for s, won in pairs if not won]
    found = _auc([s for s, _ in pairs], [won for _, won in pairs])
    if not yes or not no:
        assert found is None
    else:
        slow = sum((a > b) + (a == b) / 2 for a in yes for b in no) / (len(yes) * len(no))
        assert found == pytest.approx(slow)


def test_rules_are_told_in_words():
    said = [(line.part, line.name, line.test, line.points) for line in lines(SCORE_RULES)]
    assert said[0] == ("Fit", "Director", "job title contains one of director, head of", 15)
    assert said[2] == ("Fit", "Persona", "fits any agreed persona", 20)
    assert said[-4:] == [
        ("Engagement", "Visited pricing",
         "page visited with “pricing”, at most 20, half of it fades in 14 days", 4),
        ("Engagement", "Quiet", "nothing heard for 30 days", -6),
        ("Tiers", "Hot", "from 80 points", 80),
        ("Tiers", "Warm", "from 50 points", 50),
    ]  # fmt: skip


def test_differences_are_told_rule_by_rule():
    new = {**SCORE_RULES, "persona": 10, "fit": [
        SCORE_RULES["fit"][0],
        {"field": "phone", "op": "present", "points": 5, "label": "Phone known"},
    ]}  # fmt: skip
    told = [
        (d.before and (d.before.name, d.before.points), d.after and (d.after.name, d.after.points))
        for d in differences(SCORE_RULES, new)
    ]
    assert told == [
        (("Company known", 5), None),
        (("Persona", 20), ("Persona", 10)),
        (None, ("Phone known", 5)),
    ]
