"""Leads are qualified by agreed criteria: kept by managers, answered by reps, told at “Qualify”."""

import pytest

from accounts.instants import database_now
from accounts.models import AuditEntry
from accounts.refusals import Conflict, Refused
from leads.criteria import answering, keeping
from leads.criteria.shipped import SHIPPED
from leads.criteria.standing import in_force, standing
from leads.merging import merge
from leads.models import Activity, Answer, Framework, Lead, Pool
from leads.qualification import qualify
from tests.accounts.test_own_pages import signed_in
from tests.leads.api.program import Program

pytestmark = pytest.mark.django_db


def make(cast, key="bant", *, for_all=True, pools=(), minimum=0) -> Framework:
    facts = SHIPPED[key]
    wanted = keeping.Wanted(
        facts["name"], facts["about"], minimum, facts["questions"], for_all, pools
    )
    return keeping.save(wanted, by=cast.dana, at=database_now())


def say(lead, question, said, evidence="They said so", by=None):
    return answering.answer(
        lead, question, said, evidence=evidence, by=by or lead.owner, at=database_now()
    )


# --- Which apply, and how far a lead has come -----------------------------------------------------


def test_a_pools_own_come_before_those_for_all(cast):
    assert in_force(cast.pool.pk) is None
    make(cast)
    assert in_force(cast.pool.pk).name == in_force(None).name == "BANT"
    meddic = make(cast, "meddic", for_all=False, pools=[cast.pool.pk])
    assert (in_force(cast.pool.pk).name, in_force(None).name) == ("MEDDIC", "BANT")
    make(cast, "champ")
    assert list(Framework.objects.filter(for_all=True).values_list("name", flat=True)) == ["CHAMP"]
    keeping.remove(meddic, by=cast.dana, at=database_now())
    assert in_force(cast.pool.pk).name == "CHAMP"
    keeping.put_back(meddic, by=cast.dana, at=database_now())
    assert in_force(cast.pool.pk).name == "MEDDIC"


def test_answers_move_the_share_by_weight_and_are_taken_back_one_by_one(cast, lead):
    make(cast)  # weights: budget 3, authority 2, need 3, timeline 2
    assert (standing(lead).share, standing(lead).missing) == (
        0, ["Budget", "Authority", "Need", "Timeline"],
    )  # fmt: skip
    first = say(lead, "budget", "yes", "12,000 set aside")
    say(lead, "authority", "partly")
    assert (standing(lead).share, standing(lead).missing) == (40, ["Need", "Timeline"])
    assert say(lead, "budget", "yes", " 12,000  set aside ") is None  # said already
    second = say(lead, "budget", "no", "The bank refused")
    assert (standing(lead).share, standing(lead).against) == (10, ["Budget"])
    with pytest.raises(Conflict, match="has answered this since"):
        answering.undo(first, by=lead.owner, at=database_now())
    back = answering.undo(second, by=lead.owner, at=database_now())
    assert (back.said, back.evidence, standing(lead).share) == ("yes", "12,000 set aside", 40)
    answering.undo(Answer.objects.get(question="authority"), by=lead.owner, at=database_now())
    assert standing(lead).missing == ["Authority", "Need", "Timeline"]
    # Every word is on record, with who said it.
    assert [a.said for a in Answer.objects.filter(question="budget")] == ["yes", "no", "yes"]
    assert set(Answer.objects.values_list("by", flat=True)) == {lead.owner_id}


@pytest.mark.parametrize(
    ("question", "said", "evidence"),
    [("nothing", "yes", "x"), ("budget", "perhaps", "x"), ("budget", "yes", " "),
     ("budget", "no", "x" * 501)],
)  # fmt: skip
def test_what_is_no_answer_is_refused(cast, lead, question, said, evidence):
    make(cast)
    with pytest.raises(Refused):
        say(lead, question, said, evidence)
    assert not Answer.objects.exists()


def test_a_merge_brings_the_answers_along(cast, lead):
    make(cast)
    other = cast.capture(at=database_now(), email="other@x.example").lead
    say(other, "need", "yes", by=lead.owner)
    merge(lead, other, by=cast.admin, at=database_now())
    assert standing(lead).share == 30


# --- Qualify --------------------------------------------------------------------------------------


def test_qualify_shows_what_is_open_first_and_notes_it(cast, lead):
    make(cast)
    client = signed_in(lead.owner)
    shown = client.post(f"/leads/{lead.pk}/qualify/").content.decode()
    assert "Nobody knows yet" in shown
    assert "all the same" not in shown
    assert Lead.objects.get(pk=lead.pk).stage == "sal"
    say(lead, "budget", "yes")
    client.post(f"/leads/{lead.pk}/qualify/", {"sure": 1})
    assert Lead.objects.get(pk=lead.pk).stage == "sql"
    noted = Activity.objects.get(kind="qualified").data["criteria"]
    assert noted == {"framework": "BANT", "share": 30, "missing": ["Authority", "Need", "Timeline"]}
    page = client.get(f"/leads/{lead.pk}/").content.decode()
    assert "30 % by BANT; not known: Authority, Need, Timeline" in page


def test_all_answered_and_enough_is_one_click(cast, lead):
    make(cast, minimum=90)
    for question in ("budget", "authority", "need", "timeline"):
        say(lead, question, "yes")
    signed_in(lead.owner).post(f"/leads/{lead.pk}/qualify/")
    assert Lead.objects.get(pk=lead.pk).stage == "sql"


def test_below_the_minimum_a_reason_is_asked_and_kept_on_the_page_and_in_the_api(cast, lead):
    make(cast, minimum=60)
    say(lead, "need", "yes")
    client = signed_in(lead.owner)
    asked = client.post(f"/leads/{lead.pk}/qualify/", {"sure": 1})
    assert asked.status_code == 422
    assert "Say why it is worth a deal all the same." in asked.content.decode()
    refused = Program(lead.owner).post(f"leads/{lead.pk}/qualify/")
    assert (refused.status_code, refused.json()["code"]) == (422, "criteria_not_met")
    assert (refused.json()["share"], refused.json()["minimum"]) == (30, 60)
    client.post(f"/leads/{lead.pk}/qualify/", {"sure": 1, "override_reason": "Old customer"})
    noted = Activity.objects.get(kind="qualified").data
    assert (noted["override_reason"], noted["criteria"]["share"]) == ("Old customer", 30)
    with pytest.raises(Conflict):  # whoever comes too late hears of that, not of criteria
        qualify(lead, by=lead.owner, at=database_now())


# --- The page and the API -------------------------------------------------------------------------


def test_a_rep_answers_on_the_page_with_an_undo(cast, lead):
    make(cast)
    client = signed_in(lead.owner)
    said = {"question": "budget", "said": "yes", "evidence": "<b>12,000"}
    done = client.post(f"/leads/{lead.pk}/answer/", said, follow=True)
    given = Answer.objects.get()
    [message] = done.context["messages"]
    assert message.extra_tags == f"undo:/leads/{lead.pk}/answer/{given.pk}/undo/"
    assert "&lt;b&gt;12,000" in done.content.decode()
    client.post(f"/leads/{lead.pk}/answer/{given.pk}/undo/")
    assert standing(lead).missing[0] == "Budget"
    assert signed_in(cast.maya).post(f"/leads/{lead.pk}/answer/", said).status_code == 403
    assert 'name="said"' not in signed_in(cast.maya).get(f"/leads/{lead.pk}/").content.decode()


def test_a_program_reads_how_far_a_lead_has_come(cast, lead):
    api = Program(lead.owner)
    assert api.get(f"leads/{lead.pk}/").json()["criteria"] is None
    make(cast, "meddic", for_all=False, pools=[cast.pool.pk], minimum=50)
    make(cast)
    given = say(lead, "pain", "yes", "Two bad reviews")
    said = api.get(f"leads/{lead.pk}/").json()["criteria"]
    at = given.at.isoformat().replace("+00:00", "Z")
    assert said == {
        "framework": "MEDDIC", "share": 20, "minimum": 50,
        "missing": ["Metrics", "Economic buyer", "Decision criteria", "Decision process",
                    "Champion"],
        "answers": [{"question": "Identified pain", "answer": "yes", "evidence": "Two bad reviews",
                     "by": lead.owner.email, "at": at}],
    }  # fmt: skip


# --- Made and changed in the browser --------------------------------------------------------------


def sent(*rows: dict, initial: int = 0, **more) -> dict:
    data = {"asks-TOTAL_FORMS": len(rows), "asks-INITIAL_FORMS": initial, "seen": 0, "minimum": 0}
    for n, row in enumerate(rows):
        data |= {f"asks-{n}-{name}": value for name, value in row.items()}
    return data | more


def test_a_sales_manager_makes_them_and_a_question_worded_anew_keeps_its_answers(cast, lead):
    dana = signed_in(cast.dana)
    assert 'value="Economic buyer"' in dana.get("/criteria/new/?from=meddic").content.decode()
    rows = [{"label": "Budget?", "weight": 3}, {"label": "Garden", "weight": 1},
            {"label": "", "help": "", "weight": 1}]  # fmt: skip
    made = dana.post("/criteria/new/", sent(*rows, name="Ours", pools=[cast.pool.pk], minimum=50))
    assert made.status_code == 302
    ours = Framework.objects.get()
    assert [q["key"] for q in ours.questions] == ["budget", "garden"]
    say(lead, "budget", "yes")
    rows = [{"key": "budget", "label": "Money", "weight": 1}, {"key": "garden", "label": "Garden",
            "weight": 1, "DELETE": "on"}, {"label": "Terrace", "weight": 1}]  # fmt: skip
    changed = sent(*rows, initial=2, name="Ours", seen=1, pools=[cast.pool.pk])
    assert dana.post(f"/criteria/{ours.pk}/", changed).status_code == 302
    now = standing(lead)
    assert (now.share, now.missing, now.rules.minimum) == (50, ["Terrace"], 0)
    stale = dana.post(f"/criteria/{ours.pk}/", changed | {"name": "Mine"})
    assert stale.status_code == 409
    assert 'value="Mine"' in stale.content.decode()
    page = signed_in(cast.sam).get("/criteria/").content.decode()
    assert "Money · Terrace" in page
    assert "/criteria/new/" not in page
    assert AuditEntry.objects.filter(verb="criteria_saved").count() == 2


def test_what_is_wrong_is_said_beside_it_and_kept(cast):
    make(cast)
    dana = signed_in(cast.dana)
    twice = [{"label": "Need", "weight": 1}, {"label": "need", "weight": 11}]
    answer = dana.post("/criteria/new/", sent(*twice, name="", minimum=101))
    page = answer.content.decode()
    assert answer.status_code == 422
    assert "there is a question of this name above" in page
    assert set(answer.context["form"].errors) == {"name", "minimum"}
    assert 'value="11"' in page
    none = dana.post("/criteria/new/", sent({"label": "", "weight": 1}, name="Empty"))
    assert "Ask at least one question." in none.content.decode()
    taken = dana.post("/criteria/new/", sent({"label": "X", "weight": 1}, name="bant"))
    assert (taken.status_code, Framework.objects.count()) == (409, 1)


def test_another_teams_pool_stays_as_it_is(cast):
    from accounts.models import Team

    other = Team.objects.create(slug="rivals", name="Rivals", kind="sales")
    theirs = Pool.objects.create(slug="theirs", name="Theirs", team=other)
    ours = make(cast, pools=[theirs.pk])
    said = sent({"key": "budget", "label": "Budget", "weight": 1}, initial=1, name="BANT", seen=1)
    signed_in(cast.dana).post(f"/criteria/{ours.pk}/", said)
    theirs.refresh_from_db()
    assert theirs.framework == ours
