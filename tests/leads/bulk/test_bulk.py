"""One deed for many leads: what it would do, done in turns, refused with reasons, undone."""

import json
from datetime import timedelta

import pytest

from accounts.instants import database_now
from accounts.models import AuditEntry, Notification, OutboxMessage, Team
from leads import qualification, tag_keeping, tagging
from leads.activities import log_touch
from leads.bulk import running
from leads.bulk.deeds import BY_NAME
from leads.handover import hand_over
from leads.models import BulkRun, Campaign, Handoff, Lead, Tag
from leads.tasks import resume_bulk
from sla.clocks.rebuilding import rebuild
from sla.models import Clock
from tests.accounts.test_own_pages import signed_in
from tests.factories import make_user


@pytest.fixture
def leads(cast):
    """Two cold leads and a hot one that sales has."""
    at = database_now()
    cast.capture(at=at, email="a@x.example")
    cast.capture(at=at, email="b@x.example")
    cast.hot_lead(at=at)
    return cast


def number(email: str) -> int:
    return Lead.objects.get(email=email).pk


def post(person, deed, *emails, **more):
    more = {"deed": deed, "lead": [number(email) for email in emails], **more}
    return signed_in(person).post("/leads/bulk/", more, follow=True)


def said(answer) -> list[str]:
    return [str(message) for message in answer.context["messages"]]


def tagged(name: str) -> list[str]:
    tag = Tag.objects.get(name=name)
    return sorted(Lead.objects.filter(tags__contains=[tag.pk]).values_list("email", flat=True))


# --- Tags ----------------------------------------------------------------------------------------


def test_ticked_leads_are_tagged_found_and_untagged_by_undo(leads):
    page = post(leads.maya, "tag", "a@x.example", "b@x.example")
    assert "All of them can be tagged." in page.content.decode()
    done = post(leads.maya, "tag", "a@x.example", "b@x.example", tag="  Trade  fair ", go=1)
    assert said(done) == ["2 leads tagged."]
    assert tagged("Trade fair") == ["a@x.example", "b@x.example"]
    where = json.dumps(["all", ["tags", "in", str(Tag.objects.get().pk)]])
    shown = signed_in(leads.maya).get("/leads/", {"where": where, "columns": "tags"})
    assert [lead.email for lead in shown.context["leads"]] == ["b@x.example", "a@x.example"]
    assert shown.content.decode().count('<span class="tag">Trade fair</span>') == 2
    undone = signed_in(leads.maya).post(f"/leads/bulk/{BulkRun.objects.get().pk}/undo/")
    assert undone.status_code == 302
    assert tagged("Trade fair") == []


def test_undo_leaves_a_lead_that_had_the_tag_before(leads):
    post(leads.maya, "tag", "a@x.example", tag="Fair", go=1)
    post(leads.maya, "tag", "a@x.example", "b@x.example", tag="fair", go=1)
    assert Tag.objects.count() == 1
    signed_in(leads.maya).post(f"/leads/bulk/{BulkRun.objects.first().pk}/undo/")
    assert tagged("Fair") == ["a@x.example"]


def test_a_tag_is_taken_off_many_and_put_back(leads):
    tag = tagging.called("Old", by=leads.maya, at=database_now())
    tagging.put_on([number("a@x.example")], tag.pk, at=database_now())
    done = post(leads.maya, "untag", "a@x.example", "b@x.example", tag=tag.pk, go=1)
    assert (said(done), tagged("Old")) == (["1 lead untagged."], [])
    signed_in(leads.maya).post(f"/leads/bulk/{BulkRun.objects.get().pk}/undo/")
    assert tagged("Old") == ["a@x.example"]


@pytest.mark.parametrize("name", ["", " ", "x" * 41])
def test_what_can_be_no_tag(leads, name):
    answer = post(leads.maya, "tag", "a@x.example", tag=name, go=1)
    assert (answer.status_code, Tag.objects.count(), BulkRun.objects.count()) == (422, 0, 0)


def test_every_test_of_tags(leads):
    at = database_now()
    one, two = (tagging.called(name, by=None, at=at) for name in ("one", "two"))
    tagging.put_on([number("a@x.example"), number("b@x.example")], one.pk, at=at)
    tagging.put_on([number("b@x.example")], two.pk, at=at)

    def found(op, *tags):
        where = json.dumps(["all", ["tags", op, *(str(tag.pk) for tag in tags)]])
        shown = signed_in(leads.maya).get("/leads/", {"where": where}).context["leads"]
        return sorted(lead.email[0] for lead in shown)

    assert found("in", one, two) == ["a", "b"]
    assert found("all_of", one, two) == ["b"]
    assert found("not_in", two) == ["a", "p"]
    assert found("empty") == ["p"]
    assert found("filled") == ["a", "b"]


def test_a_lead_is_tagged_on_its_page(leads):
    url = f"/leads/{number('a@x.example')}/tags/"
    client = signed_in(leads.maya)
    client.post(url, {"tag": "<b>VIP"})
    page = client.get(f"/leads/{number('a@x.example')}/").content.decode()
    assert "Take the tag &lt;b&gt;VIP off" in page
    client.post(url, {"off": Tag.objects.get().pk})
    assert tagged("<b>VIP") == []
    client.post(url, {"off": "x"})
    assert signed_in(leads.sue).post(url, {"tag": "x"}).status_code == 404


def test_a_merge_joins_the_tags(leads):
    from leads.merging import merge

    at = database_now()
    one, two = (tagging.called(name, by=None, at=at) for name in ("one", "two"))
    tagging.put_on([number("a@x.example")], one.pk, at=at)
    tagging.put_on([number("a@x.example"), number("b@x.example")], two.pk, at=at)
    left, gone = (Lead.objects.get(email=f"{n}@x.example") for n in "ab")
    merge(left, gone, by=leads.maya, at=at)
    assert Lead.objects.get(pk=left.pk).tags == [one.pk, two.pk]


# --- Assign, hand over, recycle ------------------------------------------------------------------


def test_a_manager_assigns_and_who_cannot_be_is_named(leads):
    hot = Lead.objects.get(email="pat@spa.example")
    other = leads.sue if hot.owner == leads.sam else leads.sam
    recycled = leads.hot_lead(at=database_now(), email="q@spa.example")
    handoff = recycled.handoffs.get()
    handoff.reject(handoff.owner, reason="spam", at=database_now())
    Lead.objects.filter(pk=recycled.pk).update(handed_over_at=database_now())
    page = post(leads.dana, "assign", "pat@spa.example", "q@spa.example")
    assert "1 can't be assigned; the others will be." in page.content.decode()
    done = post(leads.dana, "assign", "pat@spa.example", "q@spa.example", rep=other.pk, go=1)
    assert Lead.objects.get(pk=hot.pk).owner == other
    run = BulkRun.objects.get()
    assert (run.changed, run.refused, run.state) == (1, 1, "finished")
    assert done.context["refused"][0].why == "is not with sales now"
    # Taken back, it is with who had it before, to be accepted anew.
    signed_in(leads.dana).post(f"/leads/bulk/{run.pk}/undo/")
    handoff = Handoff.objects.open().get(lead=hot)
    assert (handoff.owner, handoff.state) == (hot.owner, "offered")
    assert [a.rep for a in handoff.assignments.all()] == [hot.owner, other, hot.owner]


@pytest.mark.parametrize("name", ["maya", "mona", "sam"])
def test_only_sales_managers_assign(leads, name):
    person = getattr(leads, name)
    page = post(person, "assign", "pat@spa.example", rep=leads.sue.pk, go=1)
    assert (BulkRun.objects.count(), "assign" in page.content.decode()) == (0, False)


def test_mqls_are_handed_over_and_others_say_what_is_missing(leads):
    Campaign.objects.update(hand_over_at_once=False)
    Campaign.objects.get().save()
    leads.hot_lead(at=database_now(), email="ready@spa.example")
    page = post(leads.maya, "hand_over", "ready@spa.example", "a@x.example", "pat@spa.example")
    why = {lead.email: why for lead, why in page.context["preview"].named}
    assert why == {
        "a@x.example": "is not an MQL as agreed: score 15 is below the agreed 50",
        "pat@spa.example": "was handed over already",
    }
    done = post(leads.maya, "hand_over", "ready@spa.example", "a@x.example", "pat@spa.example",
                go=1)  # fmt: skip
    assert Handoff.objects.filter(lead__email="ready@spa.example").count() == 1
    refused = done.context["refused"]
    assert [line.name for line in refused] == ["a@x.example", "Pat Lee"]
    assert refused[0].why.endswith(
        "below the agreed 50. Give a reason to hand it over all the same"
    )
    reason = "They asked for a call"
    post(leads.maya, "hand_over", "a@x.example", reason=reason, go=1)
    assert Handoff.objects.get(lead__email="a@x.example").override_reason == reason


def test_accepted_leads_are_recycled(leads):
    handoff = Handoff.objects.get()
    owner = handoff.owner
    page = post(owner, "recycle", "pat@spa.example")
    assert page.context["preview"].named[0][1] == "was not accepted yet"
    handoff.accept(owner, at=database_now())
    wrong = post(owner, "recycle", "pat@spa.example", why="other", go=1)
    assert wrong.status_code == 422
    assert said(post(owner, "recycle", "pat@spa.example", why="no_budget", go=1)) == [
        "1 lead recycled."
    ]
    assert Lead.objects.get(email="pat@spa.example").stage == "recycled"


# --- All that match, in the background -----------------------------------------------------------


def test_all_that_match_and_no_other(leads):
    post(leads.maya, "tag", tag="cold", every=1, tier="cold", go=1)
    assert tagged("cold") == ["a@x.example", "b@x.example"]


@pytest.mark.parametrize(
    "asked",
    [{"where": '["all",["size","gte","1"]]'}, {"where": "nonsense"}, {"stage": "nonsense"}],
)
def test_nothing_is_done_to_all_of_a_list_that_is_not_what_was_asked(leads, asked):
    post(leads.maya, "tag", tag="all", every=1, go=1, **asked)
    assert (BulkRun.objects.count(), Tag.objects.count()) == (0, 0)


def test_too_many_are_refused(leads, monkeypatch):
    monkeypatch.setattr("leads.bulk.preview.MOST", 2)
    answer = post(leads.maya, "tag", tag="all", every=1, go=1)
    assert said(answer) == ["These are more than 2 leads; narrow the list first."]


def test_nobody_reaches_leads_they_may_not_see(leads):
    brand = Team.objects.create(slug="brand", name="Brand", kind="marketing")
    bea = make_user("bea", brand)
    answer = post(bea, "tag", "a@x.example", tag="mine", go=1)
    assert (said(answer), BulkRun.objects.count()) == (["Choose at least one lead."], 0)


def test_who_sees_a_lead_and_may_not_change_it_is_told(leads):
    Lead.objects.filter(email="pat@spa.example").update(owner=None, pool=leads.pool)
    done = post(leads.sue, "tag", "pat@spa.example", tag="mine", go=1)
    assert [line.why for line in done.context["refused"]] == ["is not yours to change"]


def many(cast, count=60) -> list[int]:
    at = database_now()
    return [cast.capture(at=at, email=f"m{n}@x.example").lead.pk for n in range(count)]


def test_many_are_done_in_the_background_in_turns(leads, django_capture_on_commit_callbacks):
    tag = tagging.called("many", by=None, at=database_now())
    numbers = many(leads)
    run = running.start(BY_NAME["tag"], numbers, {"tag": tag.pk, "name": "many"}, by=leads.maya,
                        at=database_now())  # fmt: skip
    assert running.go_on(run.pk, turn=0) is False
    run.refresh_from_db()
    assert (run.state, run.position, run.changed) == ("running", 1, 1)
    page = signed_in(leads.maya).get(f"/leads/bulk/{run.pk}/", headers={"HX-Request": "true"})
    assert 'hx-trigger="every 1s"' in page.content.decode()
    same = signed_in(leads.maya).get(
        f"/leads/bulk/{run.pk}/",
        headers={"HX-Request": "true", "If-None-Match": page["ETag"]},
    )
    assert same.status_code == 304
    resume_bulk()
    run.refresh_from_db()
    assert (run.state, run.position, run.changed, run.refused) == ("finished", 60, 60, 0)
    assert Notification.objects.filter(user=leads.maya).count() <= 1
    running.undo(run, at=database_now())
    resume_bulk()
    run.refresh_from_db()
    assert (run.state, len(tagged("many"))) == ("undone", 0)


def test_a_run_that_was_interrupted_does_nothing_twice(leads, monkeypatch):
    """A worker dies in the middle of a lead: that lead's transaction is gone, the run goes on."""
    tag = tagging.called("many", by=None, at=database_now())
    numbers = many(leads, 5)
    run = running.start(BY_NAME["tag"], numbers, {"tag": tag.pk, "name": "many"}, by=leads.maya,
                        at=database_now())  # fmt: skip
    real, calls = tagging.put_on, []

    def dies(leads_, number_, *, at):
        calls.append(leads_)
        if len(calls) == 3:
            real(leads_, number_, at=at)
            raise KeyboardInterrupt
        return real(leads_, number_, at=at)

    monkeypatch.setattr(tagging, "put_on", dies)
    with pytest.raises(KeyboardInterrupt):
        running.go_on(run.pk)
    run.refresh_from_db()
    assert (run.position, run.changed, len(tagged("many"))) == (2, 2, 2)
    running.go_on(run.pk)
    run.refresh_from_db()
    assert (run.position, run.changed, len(tagged("many"))) == (5, 5, 5)


def test_a_lead_that_is_gone_meanwhile_stops_nothing(leads):
    tag = tagging.called("many", by=None, at=database_now())
    numbers = many(leads, 3)
    run = running.start(BY_NAME["tag"], numbers, {"tag": tag.pk, "name": "many"}, by=leads.maya,
                        at=database_now())  # fmt: skip
    Lead.objects.filter(pk=numbers[1]).delete()
    running.go_on(run.pk)
    run.refresh_from_db()
    assert (run.changed, run.refused) == (2, 1)


def test_a_run_is_stopped_and_what_was_done_can_be_undone(leads):
    tag = tagging.called("many", by=None, at=database_now())
    run = running.start(BY_NAME["tag"], many(leads, 3), {"tag": tag.pk, "name": "many"},
                        by=leads.maya, at=database_now())  # fmt: skip
    running.go_on(run.pk, turn=0)
    signed_in(leads.maya).post(f"/leads/bulk/{run.pk}/stop/")
    resume_bulk()
    run.refresh_from_db()
    assert (run.state, run.changed) == ("stopped", 1)
    signed_in(leads.maya).post(f"/leads/bulk/{run.pk}/undo/")
    assert tagged("many") == []


def test_a_run_is_its_makers_and_on_record(leads):
    post(leads.maya, "tag", "a@x.example", tag="x", go=1)
    run = BulkRun.objects.get()
    for path in ("", "undo/", "stop/"):
        client = signed_in(leads.mona)
        answer = client.post if path else client.get
        assert answer(f"/leads/bulk/{run.pk}/{path}").status_code == 404
    entry = AuditEntry.objects.get(verb="leads.bulk")
    assert (entry.actor, entry.facts["leads"]) == (leads.maya, 1)
    assert entry.at - run.started_at < timedelta(seconds=5)


def test_what_none_of_them_can_have_done_is_not_offered(leads):
    assert b"Back to the list" in post(leads.maya, "delete", "a@x.example").content
    given = Lead.objects.get(tier="hot")
    given.handoffs.get().accept(given.owner, at=database_now())
    qualification.qualify(given, by=given.owner, at=database_now())
    qualification.open_deal(given, by=given.owner, at=database_now(), amount=5)
    page = post(leads.maya, "delete", given.email).content.decode()
    assert "None of them can be deleted." in page
    assert '<details class="bulk-why" open>' in page
    assert '<button class="btn btn-primary">' not in page
    # A reason may still make a handover possible.
    page = post(leads.maya, "hand_over", "a@x.example").content.decode()
    assert "None of them can be handed over." in page
    assert '<button class="btn btn-primary">' in page


def test_ticked_leads_go_into_a_file(leads):
    answer = post(leads.maya, "export", "a@x.example", "b@x.example")
    query = answer.context["query"]
    lines = b"".join(signed_in(leads.maya).get(f"/leads/export/?{query}").streaming_content)
    assert lines.decode().count("@x.example") == 2
    assert "pat@spa" not in lines.decode()


def test_a_file_names_the_tags(leads):
    at = database_now()
    for name in ("one", "two"):
        tag = tagging.called(name, by=None, at=at)
        tagging.put_on([number("a@x.example")], tag.pk, at=at)
    query = {"column": ["email", "tags"], "q": "a@x.example"}
    text = b"".join(signed_in(leads.maya).get("/leads/export/", query).streaming_content)
    assert text.decode("utf-8-sig").splitlines() == ["email,tags", "a@x.example,one; two"]


# --- Taken back ----------------------------------------------------------------------------------


def undone(person) -> BulkRun:
    run = BulkRun.objects.first()
    signed_in(person).post(f"/leads/bulk/{run.pk}/undo/")
    run.refresh_from_db()
    return run


def why(run: BulkRun) -> dict[str, str]:
    return {line.name: line.why for line in run.lines.all()}


def clocks(lead: Lead) -> dict[str, tuple]:
    found = Clock.objects.filter(lead=lead).select_related("term")
    return {clock.term.key: (clock.state, clock.due_at) for clock in found}


def test_a_handover_nobody_acted_on_is_taken_back_and_others_stay(leads):
    Campaign.objects.update(hand_over_at_once=False)
    Campaign.objects.get().save()
    one, two, three = (
        leads.hot_lead(at=database_now(), email=f"{n}@mql.example") for n in ("one", "two", "three")
    )
    emails = [lead.email for lead in (one, two, three)] + ["a@x.example"]
    post(leads.maya, "hand_over", *emails, reason="They called", go=1)
    cold = Lead.objects.get(email="a@x.example")
    accepted = Handoff.objects.get(lead=two)
    accepted.accept(accepted.owner, at=database_now())
    touched = Handoff.objects.get(lead=three)
    log_touch(three, "call", by=touched.owner, at=database_now(), outcome="no_answer")
    run = undone(leads.maya)
    assert (run.state, run.refused) == ("undone", 2)
    assert set(run.lines.exclude(why="").values_list("lead_number", "why")) == {
        (two.pk, "stays: accepted by sales since"), (three.pk, "stays: call since"),
    }  # fmt: skip
    for lead, stage in ((one, "mql"), (cold, "inquiry")):
        now, handoff = Lead.objects.get(pk=lead.pk), Handoff.objects.get(lead=lead)
        assert (now.stage, now.owner, now.handed_over_at, now.respond_by) == (
            stage, None, None, None,
        )  # fmt: skip
        assert (handoff.state, handoff.reason) == ("withdrawn", "taken_back")
        assert {state for state, _ in clocks(lead).values()} == {"voided"}
        assert rebuild(now, at=database_now(), check=True) == []
    told = OutboxMessage.objects.filter(kind="withdrawn").values_list("title", flat=True)
    assert sorted(told) == [
        "Nothing left to do: Pat Lee was taken back",
        "Nothing left to do: a@x.example was taken back",
    ]
    # It can go again.
    post(leads.maya, "hand_over", one.email, reason="Now", go=1)
    assert Handoff.objects.filter(lead=one).count() == 2


def test_a_recycled_lead_is_with_sales_again_with_its_deadlines(leads):
    handoff = Handoff.objects.get()
    owner, lead = handoff.owner, handoff.lead
    handoff.accept(owner, at=database_now())
    before = clocks(lead)
    post(owner, "recycle", "pat@spa.example", why="no_budget", go=1)
    assert Lead.objects.get(pk=lead.pk).owner is None
    assert undone(owner).refused == 0
    now = Lead.objects.get(pk=lead.pk)
    assert (now.stage, now.owner, clocks(lead)) == ("sal", owner, before)
    assert rebuild(now, at=database_now(), check=True) == []
    assert now.respond_by == min(due for state, due in before.values() if state == "running")
    # Somebody went on with it since: it stays.
    post(owner, "recycle", "pat@spa.example", why="no_budget", go=1)
    post(leads.maya, "hand_over", "pat@spa.example", reason="Try again", go=1)
    recycling = BulkRun.objects.get(deed="recycle", state="finished")
    signed_in(owner).post(f"/leads/bulk/{recycling.pk}/undo/")
    assert why(recycling) == {"Pat Lee": "is not recycled any more"}


def test_what_was_given_on_since_is_not_given_back(leads):
    hot = Lead.objects.get(email="pat@spa.example")
    other = leads.sue if hot.owner == leads.sam else leads.sam
    post(leads.dana, "assign", "pat@spa.example", rep=other.pk, go=1)
    handoff = Handoff.objects.get(lead=hot)
    handoff.accept(other, at=database_now())
    assert why(undone(leads.dana)) == {"Pat Lee": "stays: accepted by sales since"}
    assert Lead.objects.get(pk=hot.pk).owner == other


def test_who_handed_a_lead_over_takes_it_back_on_its_page(leads):
    lead = Lead.objects.get(email="a@x.example")
    hand_over([lead], by=leads.maya, at=database_now(), override_reason="They called")
    url = f"/leads/{lead.pk}/take-back/"
    assert url in signed_in(leads.maya).get(f"/leads/{lead.pk}/").content.decode()
    assert url not in signed_in(leads.mona).get(f"/leads/{lead.pk}/").content.decode()
    signed_in(leads.mona).post(url)  # somebody else's is not hers to take back
    assert Handoff.objects.get(lead=lead).is_open
    signed_in(leads.maya).post(url)
    lead.refresh_from_db()
    assert (lead.stage, Handoff.objects.get(lead=lead).state) == ("inquiry", "withdrawn")


def test_a_tag_that_is_no_more_can_not_be_taken_off_many(leads):
    at = database_now()
    one, two, three = (tagging.called(name, by=None, at=at) for name in ("one", "two", "three"))
    tag_keeping.merge(one, two, by=leads.mona, at=at)
    tag_keeping.remove(three, by=leads.mona, at=at)
    page = post(leads.maya, "untag", "a@x.example")
    assert [tag.name for tag in page.context["form"].fields["tag"].queryset] == ["two"]
