"""What if, as people and programs ask it: the page, the API, the command."""

import re
from io import StringIO

import pytest
from django.core.management import CommandError, call_command
from django.test import Client
from django.urls import reverse

from accounts.instants import database_now
from leads.models import Lead
from sla.contracts import drafting
from sla.replays.draft_contract import NONE as NO_DRAFT
from tests.factories import hours, make_calendar
from tests.leads.api.program import Program


@pytest.fixture
def story(cast):
    """Around the present: Pat accepted after 20 of 15 minutes, Lou's accept runs; low was kept."""
    always = {str(day): [["00:00", "24:00"]] for day in range(7)}
    for team in (cast.sales, cast.marketing):
        make_calendar(team, slug=f"always-{team.slug}", weekly=always)
    at = database_now() - hours(0.5)
    pat = cast.hot_lead(at=at)
    pat.handoffs.get().accept(cast.sam, at=at + hours(1 / 3))
    cast.capture(at=at, email="low@spa.example", company="Spa", touchpoint="form")
    return cast


def ask(person, **query):
    client = Client()
    client.force_login(person)
    htmx = {"hx-request": "true"} if query.pop("htmx", False) else {}
    return client.get(reverse("what-if"), query, headers=htmx)


# --- The page ------------------------------------------------------------------------------------


@pytest.mark.parametrize("person", ["mona", "dana", "admin"])
@pytest.mark.parametrize("page", ["compliance", "contract"])
def test_managers_find_it_on_compliance_and_contract(cast, person, page):
    client = Client()
    client.force_login(getattr(cast, person))
    assert f'href="{reverse("what-if")}"' in client.get(reverse(page)).content.decode()


def test_a_rep_does_not_find_it(cast):
    client = Client()
    client.force_login(cast.sam)
    assert reverse("what-if") not in client.get(reverse("contract")).content.decode()


def test_an_empty_form_says_what_is_in_force(story):
    html = ask(story.dana).content.decode()
    for placeholder in ("15 min now", "5 days now", "50 now", "2 now", "Always-Sales now"):
        assert f'placeholder="{placeholder}"' in html
    assert 'id="answer"' not in html


def test_the_answer_has_before_after_and_the_leads(story):
    answer = ask(story.dana, days="7", **{"targets.accept_hot": "30 min"})
    html = answer.content.decode()

    accept = answer.context["tables"][0][2][0]
    assert (accept.pair.before.missed, accept.pair.after.missed, accept.points) == (1, 0, "+100")
    assert "Accept (hot) within 30 working minutes instead of 15 working minutes" in html
    pat = Lead.objects.get(email="pat@spa.example")
    assert f'<a class="row-link" href="{pat.get_absolute_url()}">Pat Lee</a>' in html
    assert (answer.context["found"].changed_leads, answer.status_code) == (1, 200)


def test_the_row_of_a_promise_leads_to_its_clocks_as_they_were(story):
    answer = ask(story.dana, days="7")
    for _, _, rows in answer.context["tables"]:
        for row in rows:
            client = Client()
            client.force_login(story.dana)
            assert client.get(row.url).context["count"] == row.pair.before.started


def test_an_empty_draft_says_so(story):
    html = ask(story.dana, days="7").content.decode()
    assert "The last 7 days as they were: the draft is empty" in html


def test_days_without_handoffs_say_what_to_do(cast):
    assert "Nothing was handed over in these days" in ask(cast.dana, days="7").content.decode()


def test_htmx_gets_the_form_and_the_answer_alone(story):
    html = ask(story.dana, days="7", htmx=True).content.decode()
    assert ("<html" in html, 'id="answer"' in html, "<form" in html) == (False, True, True)


def test_bad_input_is_said_at_its_field_and_nothing_typed_is_lost(story):
    answer = ask(
        story.dana, days="0", threshold="high",
        **{"targets.accept_hot": "soon", "targets.accept": "3 h", "hours.sales": "9 to 5"},
    )  # fmt: skip
    html = answer.content.decode()

    assert answer.status_code == 422
    assert list(answer.context["form"].errors) == [
        "days", "targets.accept_hot", "hours.sales", "threshold",
    ]  # fmt: skip
    for typed in ('value="0"', 'value="soon"', 'value="3 h"', 'value="9 to 5"', 'value="high"'):
        assert typed in html
    assert "“soon” is not a length of time" in html
    assert "Give a whole number of days, 1 to 730." in html
    assert 'id="answer"' not in html


def test_a_hostile_text_is_told_back_as_text(story):
    html = ask(story.dana, days="7", **{"hours.sales": "<script>x</script>"}).content.decode()
    assert ("<script>x" in html, "&lt;script&gt;x" in html) == (False, True)


@pytest.mark.parametrize("person", ["maya", "sam", "outsider"])
def test_only_managers_ask(cast, person):
    assert ask(getattr(cast, person), days="7").status_code == 403
    program = Program(getattr(cast, person))
    assert program.post("sla/what-if/").status_code == 403


def test_the_page_takes_no_post(cast):
    client = Client()
    client.force_login(cast.dana)
    assert client.post(reverse("what-if")).status_code == 405


def test_a_marketing_manager_reads_names_and_opens_only_what_is_theirs(story):
    Lead.objects.update(team=story.sales)
    html = ask(story.mona, days="7", **{"targets.accept_hot": "30 min"}).content.decode()
    assert '<span title="You may not see this lead">Pat Lee</span>' in html


# --- The draft contract --------------------------------------------------------------------------


@pytest.fixture
def drafted(story):
    """In the draft hot leads have no promise of their own to accept, and there is one more."""
    contract = drafting.begin(by=story.dana, at=database_now())
    contract.terms.get(key="accept_hot").delete()
    contract.terms.filter(key="disposition").update(key="decide", measure="decide", name="Decide")
    return story


def test_without_a_draft_nobody_is_asked_for_it_and_asking_says_so(story):
    assert "contract" not in ask(story.dana, days="7").context["form"].fields
    answer = ask(story.dana, days="7", contract="on")
    assert (answer.status_code, answer.context["form"].errors["contract"]) == (422, [NO_DRAFT])


def test_under_the_draft_contract_the_page_says_what_is_new_and_what_is_dropped(drafted):
    answer = ask(drafted.dana, days="7", contract="on")
    html = answer.content.decode()

    _, _, rows = answer.context["tables"][0]
    assert [(row.pair.before.key, row.pair.fate) for row in rows] == [
        ("accept", ""), ("first_touch_hot", ""), ("decide", "new"), ("accept_hot", "dropped"),
        ("disposition", "dropped"),
    ]  # fmt: skip
    assert (html.count("new with the draft"), html.count("not in the draft")) == (1, 2)
    assert "No longer promised: Accept (hot)" in html
    assert "What follows from a deadline is not replayed" in html
    assert "A clock that was paused keeps its outcome" not in html
    assert re.search(r'<input type="checkbox" name="contract"[^>]* checked', html)
    # The fields are those of the draft's promises.
    assert ("targets.decide" in html, "targets.accept_hot" in html) == (True, False)


def test_the_draft_is_replayed_only_when_asked_for(drafted):
    answer = ask(drafted.dana, days="7")
    assert {row.pair.fate for row in answer.context["tables"][0][2]} == {""}
    assert 'name="contract"' in answer.content.decode()


def test_the_api_and_the_command_replay_the_draft_contract(drafted):
    body = Program(drafted.mona).post("sla/what-if/", {"days": 7, "contract": True}).json()
    told = [(term["key"], term["fate"], term["after"]["met"]) for term in body["terms"]]
    assert told == [
        ("accept", "", 1), ("first_touch_hot", "", 0), ("decide", "new", 0),
        ("accept_hot", "dropped", 0), ("disposition", "dropped", 0),
    ]  # fmt: skip
    [lead] = body["changed"]
    assert [(c["term"], c["under"], c["before"], c["after"]) for c in lead["clocks"]] == [
        ("accept_hot", "accept", "missed", "met")
    ]
    said = run("--days", "7", "--contract")
    assert "Decide (new)" in said
    assert "Accept (hot) (dropped)" in said
    assert "Accept (hot): missed → met" in said


# --- The API -------------------------------------------------------------------------------------


def test_the_api_answers_with_before_and_after(story):
    got = Program(story.mona).post(
        "sla/what-if/",
        {"days": 7, "targets": {"accept_hot": "30 min"}, "threshold": 20, "pools": {"everyone": 4}},
    )
    body = got.json()

    assert got.status_code == 200
    assert body["draft"] == [
        "Accept (hot) within 30 working minutes instead of 15 working minutes",
        "An MQL scores at least 20 instead of 50",
        "Everyone: 4 reps",
    ]
    accept = body["terms"][0]
    assert (accept["key"], accept["before"]["rate"], accept["after"]["rate"]) == (
        "accept_hot",
        0,
        1,
    )
    assert accept["difference"] == 1
    [pool] = body["pools"]
    assert (pool["pool"], pool["handoffs"], pool["added"], pool["handoffs_after"]) == (
        "everyone", 1, 1, 2,
    )  # fmt: skip
    assert (pool["reps"], pool["reps_after"]) == (2, 4)
    assert pool["each_a_week_after"] == pool["each_a_week"]
    [lead] = body["changed"]
    assert [(c["term"], c["before"], c["after"]) for c in lead["clocks"]] == [
        ("accept_hot", "missed", "met"),
    ]  # fmt: skip


def test_the_api_is_for_keys_of_full_scope(cast):
    assert Program(cast.dana, scope="capture").post("sla/what-if/").status_code == 403


@pytest.mark.parametrize(
    ("body", "field"),
    [
        ({"days": 0}, "days"),
        ({"days": 731}, "days"),
        ({"target": {}}, "target"),
        ({"targets": "soon"}, "targets"),
        ({"targets": {"accept": "soon"}}, "targets.accept"),
        ({"targets": {"accpet": "1 h"}}, "targets.accpet"),
        ({"hours": {"sales": "9 to 5"}}, "hours.sales"),
        ({"threshold": 101}, "threshold"),
        ({"reps": 0}, "reps"),
        ({"contract": True}, "contract"),
        ({"pools": {"nobody": 3}}, "pools.nobody"),
        ({"pools": {"everyone": 0}}, "pools.everyone"),
    ],
)
def test_the_api_names_what_it_refuses(cast, body, field):
    got = Program(cast.dana).post("sla/what-if/", body)
    assert (got.status_code, list(got.json()["errors"])) == (422, [field])


# --- The command ---------------------------------------------------------------------------------


def run(*arguments: str) -> str:
    out = StringIO()
    call_command("what_if", *arguments, stdout=out)
    return out.getvalue()


def test_the_command_prints_before_and_after(story):
    said = run(
        "--days", "7", "--target", "accept-hot=30m", "--threshold", "20", "--reps", "4",
        "--hours", "sales=24/7",
    )  # fmt: skip
    rows = {line.split("  ")[0]: line.split()[-5:] for line in said.splitlines() if line}

    assert rows["Accept (hot)"] == ["0%", "100%", "+100", "1", "0"]
    assert rows["All of sales"][1:3] == ["2", "4"]
    assert "0 handoffs fewer, 1 more; 0 leads more for marketing to hand over" in said
    assert f"/leads/{Lead.objects.get(email='pat@spa.example').pk}/ Pat Lee: Accept (hot): " in said


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        (["--days", "0"], "--days 0: use 1 to 730"),
        (["--zone", "Mars"], "--zone Mars: use a name such as Europe/London"),
        (["--target", "accept"], "--target accept: write it as name=value"),
        (["--threshold", "x"], "“x” is not a score; give a whole number from 0 to 100."),
        (["--contract"], NO_DRAFT),
        (["--reps", "nobody=3"],
         "There is no pool “nobody”; there are: everyone."),
    ],
)  # fmt: skip
def test_the_command_says_what_is_wrong(cast, arguments, said):
    with pytest.raises(CommandError) as error:
        run(*arguments)
    assert (str(error.value), error.value.returncode) == (said, 2)
