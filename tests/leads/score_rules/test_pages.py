"""The scoring pages: proposed by a marketer, looked at, signed by two managers."""

import pytest

from leads.models import ScoreDraft, ScoreRules
from leads.score_rules import drafting
from leads.score_rules.form import RulesForm
from tests.factories import SCORE_RULES, ny

AT = ny("2026-01-15 10:00")


def typed(rules=SCORE_RULES, **changes):
    """What a browser sends for these rules."""
    form = RulesForm(rules)
    data = {}
    for part in (form.bounds, *form.fit.forms, *form.engagement.forms):
        for bound in part:
            if (value := bound.value()) not in (None, False):
                data[bound.html_name] = str(value)
    for formset in (form.fit, form.engagement):
        for bound in formset.management_form:
            data[bound.html_name] = str(bound.value())
    return {**data, "seen": "0", **changes}


def test_a_form_sent_as_it_came_says_the_same_rules(db):
    form = RulesForm(SCORE_RULES, typed())
    assert form.is_valid()
    assert form.rules() == SCORE_RULES


def test_a_marketer_proposes_and_two_managers_sign(cast, client):
    client.force_login(cast.maya)
    assert client.post("/scoring/edit/", typed(**{"bounds-persona": "35"})).status_code == 302
    page = client.get("/scoring/").text
    assert "Draft of v2" in page
    assert "Sign for" not in page
    assert client.post("/scoring/sign/", {"seen": "1", "side": "marketing"}).status_code == 403
    for who, side in ((cast.mona, "marketing"), (cast.dana, "sales")):
        client.force_login(who)
        assert f"Sign for {side}" in client.get("/scoring/").text
        assert client.post("/scoring/sign/", {"seen": "1", "side": side}).status_code == 302
    assert ScoreRules.objects.get(version=2).rules == {**SCORE_RULES, "persona": 35}
    page = client.get("/scoring/").text
    assert "In force: v2" in page
    assert "Every lead is scored again by v2" in page


@pytest.mark.parametrize(
    ("changes", "said"),
    [
        ({"fit-0-value": ""}, "Say what it is compared with."),
        ({"fit-0-op": "at_least", "fit-0-value": "many"}, "“many” is not a number"),
        ({"fit-0-points": ""}, "Say how many points."),
        ({"fit-0-points": "101"}, "Ensure this value is less than or equal to 100."),
        ({"fit-0-label": ""}, "Say what people read beside the points."),
        ({"fit-0-field": "shoe_size"}, "Select a valid choice. shoe_size"),
        ({"fit-0-value": ",".join("abcdefg" * 9)}, "These are 63 values; at most 60 fit."),
        ({"engagement-0-half_life_days": "0"}, "greater than or equal to 1"),
        ({"engagement-0-most": ""}, "Say how many points at most."),
        ({"engagement-0-kind": "call"}, "Select a valid choice. call"),
        ({"bounds-warm": "90"}, "Warm starts below hot: write less than 80."),
        ({"bounds-quiet_points": "5"}, "Being quiet costs points: write a negative number."),
        ({"bounds-quiet_points": ""}, "Say both, the days and what they cost, or neither."),
        ({"fit-TOTAL_FORMS": "61"}, "Please submit at most 60 forms."),
    ],
)
def test_what_can_not_be_is_named_and_what_was_typed_stays(cast, client, changes, said):
    client.force_login(cast.mona)
    answer = client.post("/scoring/edit/", typed(**{"bounds-persona": "33", **changes}))
    assert answer.status_code == 422
    assert said in answer.text
    assert 'value="33"' in answer.text
    assert not ScoreDraft.objects.exists()


def test_a_row_more_keeps_what_was_typed_and_an_empty_one_is_none(cast, client):
    client.force_login(cast.maya)
    answer = client.post("/scoring/edit/", typed(add="fit", **{"bounds-persona": "34"}))
    assert answer.status_code == 200
    assert answer.text.count('class="score-row"') == 3
    assert 'value="34"' in answer.text
    empty = {"fit-TOTAL_FORMS": "3", "fit-2-field": "job_title", "fit-2-op": "contains"}
    assert (
        client.post("/scoring/edit/", typed(**empty, **{"bounds-persona": "34"})).status_code == 302
    )
    assert len(drafting.open_draft().rules["fit"]) == 2


def test_a_dropped_row_is_gone(cast, client):
    client.force_login(cast.maya)
    client.post("/scoring/edit/", typed(**{"fit-1-DELETE": "on"}))
    assert [rule["label"] for rule in drafting.open_draft().rules["fit"]] == ["Director"]


def test_two_who_edit_at_once_are_told_of_each_other(cast, client):
    drafting.save({**SCORE_RULES, "persona": 1}, by=cast.mona, at=AT)
    client.force_login(cast.maya)
    answer = client.post("/scoring/edit/", typed(**{"bounds-persona": "36"}))
    assert answer.status_code == 409
    assert "Mona has changed the draft since you opened it" in answer.text
    assert 'value="36"' in answer.text
    # Knowing theirs, one may save over it.
    assert 'name="seen" value="1"' in answer.text
    assert (
        client.post("/scoring/edit/", typed(seen="1", **{"bounds-persona": "36"})).status_code
        == 302
    )


def test_previews_name_only_leads_one_may_see(cast, client):
    near = cast.capture(at=AT, email="n@spa.example", first_name="Nora", job_title="Spa coach").lead
    drafting.save({**SCORE_RULES, "persona": 60}, by=cast.maya, at=AT)
    for who, sees in ((cast.maya, True), (cast.sam, False)):
        client.force_login(who)
        page = client.get("/scoring/preview/").text
        assert (near.get_absolute_url() in page) is sees
        assert "Would become MQLs" in page


def test_the_page_takes_few_queries(cast, client, django_assert_num_queries):
    drafting.save({**SCORE_RULES, "persona": 1}, by=cast.maya, at=AT)
    client.force_login(cast.mona)
    client.get("/scoring/")
    with django_assert_num_queries(15):
        client.get("/scoring/")


def test_the_backtest_is_told_or_what_it_lacks(cast, client):
    drafting.save({**SCORE_RULES, "persona": 1}, by=cast.maya, at=AT)
    client.force_login(cast.dana)
    assert "No past to try it on yet" in client.get("/scoring/backtest/").text
