"""The lead page: who may see it, what it shows, what can be done next by state and role."""

from datetime import timedelta

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext

from accounts.instants import database_now
from leads.activities import log_touch
from leads.models import Handoff, Lead, Stage, Task
from leads.qualification import open_deal, qualify
from personas.models import Offer
from tests.factories import make_offer

HTMX = {"HX-Request": "true"}


@pytest.fixture
def lead(cast) -> Lead:
    """A hot lead, offered to Sam a minute ago."""
    return cast.hot_lead(at=database_now() - timedelta(minutes=1), phone="(212) 555-0123")


@pytest.fixture
def cool(cast) -> Lead:
    """A lead of marketing's, short of the definition."""
    return cast.capture(at=database_now(), email="joe@home.example", last_name="Okafor").lead


def accepted(cast, lead: Lead) -> Handoff:
    handoff = lead.handoffs.get()
    handoff.accept(cast.sam, at=database_now())
    return handoff


def page(client, user, lead: Lead) -> str:
    client.force_login(user)
    answer = client.get(f"/leads/{lead.pk}/")
    assert answer.status_code == 200
    return answer.content.decode()


def step(client, user, lead: Lead) -> tuple[str, list[str]]:
    """The sentence on top and the deeds on offer, further ones included."""
    client.force_login(user)
    context = client.get(f"/leads/{lead.pk}/").context
    deeds = [*context["main_deeds"], *context["more_deeds"]]
    return context["step"].title, [deed.name for deed in deeds]


@pytest.mark.parametrize(
    ("who", "status"),
    [
        ("sam", 200),
        ("dana", 200),
        ("maya", 200),
        ("mona", 200),
        ("admin", 200),
        ("sue", 404),
        ("outsider", 404),
    ],
)
def test_who_may_see_it(cast, lead, client, who, status):
    client.force_login(getattr(cast, who))
    assert client.get(f"/leads/{lead.pk}/").status_code == status
    assert client.get(f"/leads/{lead.pk}/edit/").status_code == status


def test_a_lead_that_is_not_there(cast, client):
    client.force_login(cast.admin)
    assert client.get("/leads/999999/").status_code == 404


def test_it_shows_who_they_are_and_why_they_matter(cast, lead, client):
    cast.persona.pains = "A closed tub costs refunds"
    cast.persona.objections = [{"objection": "Too dear", "answer": "Show the sums"}]
    cast.persona.save()
    offer = Offer.objects.create(slug="grand", name="Grand Spa", price=38500)
    offer.former.create(name="Hotel Line 12")
    offer.personas.add(cast.persona)

    html = page(client, cast.sam, lead)

    for words in (
        "Pat Lee", "Director of Wellness", "Spa Hotel", 'href="tel:+12125550123"',
        "+1 212-555-0123", "typed as (212) 555-0123", 'href="mailto:pat@spa.example"',
        "Came to a demonstration", "+40", "A closed tub costs refunds", "Too dear",
        "Show the sums", "Grand Spa", "was Hotel Line 12", "$38,500", "Why me?",
        "Everyone: Sam&#x27;s turn (2 available)", "Contract v1", "First touch",
        "Score of at least 50.",
    ):  # fmt: skip
        assert words in html, words


def test_its_queries_do_not_grow_with_what_there_is_to_show(cast, lead, client):
    """Notes, tasks, offers and signs of theirs: one of each, then three."""
    counts = []
    client.force_login(cast.sam)
    for more in (1, 2):
        for _ in range(more):
            at = database_now()
            log_touch(lead, "note", by=cast.sam, at=at, note="Rang again")
            lead.record("page_view", by=None, at=at, occurred_at=at)
            Task.objects.create(
                lead=lead, words="Ring", due_at=at, by=cast.sam, owner=cast.sam, made_at=at
            )
            make_offer(f"Tub {at}").personas.add(cast.persona)
        client.get(f"/leads/{lead.pk}/")  # fills the memory of what is configured
        with CaptureQueriesContext(connection) as queries:
            client.get(f"/leads/{lead.pk}/")
        counts.append(len(queries))
    assert counts == [22, 22]


def test_the_timeline_is_read_page_by_page(cast, lead, client):
    for number in range(25):
        log_touch(lead, "note", by=cast.sam, at=database_now(), note=f"Note {number}.")
    first = page(client, cast.sam, lead)
    older = first.split("?before=")[1].split('"')[0]

    rest = client.get(f"/leads/{lead.pk}/?before={older}", headers=HTMX).content.decode()

    assert [f"Note {n}." in first for n in range(25)] == [n >= 5 for n in range(25)]
    assert [f"Note {n}." in rest for n in range(25)] == [n < 5 for n in range(25)]
    assert "Came to an event" in rest
    assert "?before=" not in rest


@pytest.mark.parametrize("before", ["x", "0", "99999999999999999999", "-1"])
def test_an_odd_cursor_shows_the_first_page(cast, lead, client, before):
    client.force_login(cast.sam)
    answer = client.get(f"/leads/{lead.pk}/?before={before}")
    assert len(answer.context["activities"]) == 3


@pytest.mark.parametrize("headers", [HTMX, {}])
def test_likely_duplicates_are_shown_to_those_who_may_see_them(cast, lead, client, headers):
    other = cast.hot_lead(at=database_now(), email="pat.lee@spa.example")
    assert f'hx-get="/leads/{lead.pk}/alike/"' in page(client, cast.maya, lead)
    for who, sees in ((cast.maya, True), (cast.sam, False)):
        client.force_login(who)
        answer = client.get(f"/leads/{lead.pk}/alike/", headers=headers)
        assert (other.get_absolute_url() in answer.content.decode()) is sees


def test_the_receipt_stands_beside_what_holds_today(cast, lead, client):
    reasons = [{"label": "Director", "points": 15, "part": "fit"},
               {"label": "Visited pricing", "points": 4, "part": "engagement"}]  # fmt: skip
    Lead.objects.filter(pk=lead.pk).update(
        score=30, job_title="Former director", score_reasons=reasons
    )
    lead.record("page_view", by=None, at=database_now(), occurred_at=database_now())
    client.force_login(cast.sam)

    answer = client.get(f"/leads/{lead.pk}/")

    beside = answer.context["receipt"]
    assert [(line.label, line.then, line.now) for line in beside.lines] == [
        ("Score", 80, 30), ("Tier", "Hot", "Hot"), ("Fit", 40, 40), ("Engagement", 40, 40),
        ("Persona", "Spa director", "Spa director"), ("Name", "Pat Lee", "Pat Lee"),
        ("Title", "Director of Wellness", "Former director"),
        ("Company", "Spa Hotel", "Spa Hotel"), ("Country", "US", "US"), ("Source", "–", "–"),
    ]  # fmt: skip
    assert [line.label for line in beside.moved] == ["Score", "Title"]
    assert ("Visited pricing", "–", "+4") in [(r.label, r.then, r.now) for r in beside.reasons]
    assert beside.signs_since == 1
    html = answer.content.decode()
    assert "1</b> new sign of theirs" in html
    assert "Director of Wellness</s>" in html


def test_it_sums_up_what_they_did(cast, lead, client):
    at = database_now()
    for path, seconds in (("/pricing", 130), ("/pricing", 50), ("/hotels", "x" * 9)):
        data = {"path": path, "seconds": seconds}
        lead.record("page_view", by=None, at=at, occurred_at=at, data=data)
    client.force_login(cast.sam)
    did = client.get(f"/leads/{lead.pk}/").context["did"]
    assert [(each.words, each.minutes, each.places) for each in did] == [
        ("1 visit to an event", 0, []), ("3 pages read", 3, ["/pricing 2 ×", "/hotels"]),
    ]  # fmt: skip


def test_a_detail_is_changed_where_it_stands_and_undone(cast, lead, client):
    accepted(cast, lead)
    client.force_login(cast.sam)
    there = HTMX | {"HX-Current-URL": f"http://testserver/leads/{lead.pk}/"}
    cell = f"/leads/{lead.pk}/cell/job_title/"
    assert f'data-cell="{cell}"' in page(client, cast.sam, lead)
    answer = client.post(
        cell, {"value": "Head of Spa", "seen": "Director of Wellness"}, headers=there
    )
    # All that follows from it is drawn anew, with the undo.
    assert (answer.status_code, answer["HX-Retarget"]) == (200, "#workspace")
    html = answer.content.decode()
    assert "Head of Spa" in html
    edit = lead.activities.get(kind="edited")
    assert f'action="/leads/{lead.pk}/edits/{edit.pk}/undo/"' in html
    client.post(f"/leads/{lead.pk}/edits/{edit.pk}/undo/")
    assert Lead.objects.get(pk=lead.pk).job_title == "Director of Wellness"


def test_details_saved_together_are_undone_together(cast, lead, client):
    accepted(cast, lead)
    client.force_login(cast.sam)
    typed = {"first_name": "Patricia", "last_name": "Lee", "company": "Spa Inn",
             "job_title": "Director of Wellness", "email": lead.email, "phone": lead.phone,
             "country": "US"}  # fmt: skip
    done = client.post(f"/leads/{lead.pk}/edit/", typed, follow=True)
    edit = lead.activities.get(kind="edited")
    assert [message.extra_tags for message in done.context["messages"]] == [
        f"undo:/leads/{lead.pk}/edits/{edit.pk}/undo/"
    ]
    client.post(f"/leads/{lead.pk}/edits/{edit.pk}/undo/")
    now = Lead.objects.get(pk=lead.pk)
    assert (now.first_name, now.company) == ("Pat", "Spa Hotel")


def test_on_a_phone_the_outcome_is_the_second_tap(cast, lead, client):
    accepted(cast, lead)
    html = page(client, cast.sam, lead)
    bar = html[html.index('class="call-bar"') : html.index('class="deeds"')]
    assert bar.count('name="outcome"') == 4
    assert 'href="tel:+12125550123"' in bar
    said = {"kind": "call", "outcome": "no_answer", "back": f"/leads/{lead.pk}/"}
    answer = client.post(f"/leads/{lead.pk}/activity/", said, headers=HTMX)
    assert "Call logged: no answer." in answer.content.decode()
    assert 'name="outcome"' not in page(client, cast.maya, lead)


# What comes next -----------------------------------------------------------------------------


def test_an_offered_lead_asks_its_rep_and_tells_the_others(cast, lead, client):
    note = ["note"]
    assert {who: step(client, getattr(cast, who), lead) for who in ("sam", "dana", "maya")} == {
        "sam": ("Accept this lead?", ["accept", "reject", "call", "note"]),
        "dana": ("Waiting for Sam to accept", ["assign", "accept", "reject", "note"]),
        "maya": ("Waiting for Sam to accept", ["take_back", *note]),
    }


def test_an_accepted_lead_wants_a_contact_then_a_decision(cast, lead, client):
    accepted(cast, lead)
    aside = ["disqualify", "recycle", "reject"]
    assert step(client, cast.sam, lead) == (
        "Make the first contact", ["call", "email", "meeting", "note", "qualify", *aside],
    )  # fmt: skip
    log_touch(lead, "call", by=cast.sam, at=database_now(), outcome="connected")
    assert step(client, cast.sam, lead) == (
        "Is it qualified?", ["qualify", "call", "email", "meeting", "note", *aside],
    )  # fmt: skip
    assert step(client, cast.maya, lead) == ("Sam is working on it", ["note"])


def test_a_qualified_lead_wants_a_deal_and_a_deal_an_end(cast, lead, client):
    accepted(cast, lead)
    now = database_now()
    qualify(lead, by=cast.sam, at=now)
    logging = ["call", "email", "meeting", "note"]
    assert step(client, cast.sam, lead) == ("Open a deal", ["deal", *logging])
    assert step(client, cast.maya, lead) == ("Qualified by sales", ["note"])
    deal, _ = open_deal(lead, by=cast.sam, at=now, amount=9000)
    assert step(client, cast.sam, lead) == ("Close the deal", ["won", "lost", *logging])
    deal.close("won", by=cast.sam, reason="Trust in us", at=now)
    assert step(client, cast.sam, lead) == ("Customer", logging)


def test_marketing_hands_over_or_sees_what_is_missing(cast, cool, client):
    assert step(client, cast.maya, cool) == ("Not an MQL yet", ["hand_over", "edit", "note"])
    html = page(client, cast.maya, cool)
    assert "score 15 is below the agreed 50" in html
    Lead.objects.filter(pk=cool.pk).update(score=60, stage=Stage.MQL)
    assert step(client, cast.maya, cool) == ("Ready to hand over", ["hand_over", "note"])


def test_a_rejected_lead_asks_marketing_for_an_answer(cast, lead, client):
    lead.handoffs.get().reject(
        cast.sam, reason="wrong_persona", note="Sells tubs", at=database_now()
    )
    assert step(client, cast.maya, lead) == ("Answer sales", ["answer", "note", "edit"])
    html = page(client, cast.maya, lead)
    assert "Sam: wrong persona. “Sells tubs”" in html
    client.force_login(cast.sam)
    assert client.get(f"/leads/{lead.pk}/").status_code == 404


# Deeds ---------------------------------------------------------------------------------------


def test_a_call_is_logged_in_two_clicks(cast, lead, client):
    handoff = accepted(cast, lead)
    client.force_login(cast.sam)
    path = f"/leads/{lead.pk}/activity/"
    form = client.get(path, {"kind": "call"}, headers=HTMX).content.decode()
    assert [f'value="{o}"' in form for o in ("connected", "no_answer", "sent")] == [
        True, True, False,
    ]  # fmt: skip

    answer = client.post(
        path, {"kind": "call", "outcome": "connected", "note": "Wants a demo"}, headers=HTMX
    )

    assert (answer.status_code, answer["HX-Retarget"]) == (200, "#workspace")
    assert f'data-saved="{path}"' in answer.content.decode()
    assert "Call logged: connected." in answer.content.decode()
    activity = lead.activities.get(kind="call")
    assert (activity.outcome, activity.note, activity.actor) == (
        "connected", "Wants a demo", cast.sam,
    )  # fmt: skip
    handoff.refresh_from_db()
    assert handoff.first_touch_at == activity.occurred_at


@pytest.mark.parametrize(
    ("data", "words"),
    [
        ({"kind": "call", "note": "Kept <b>this</b>"}, "Choose how it went."),
        ({"kind": "call", "outcome": "sent", "note": "Kept <b>this</b>"}, "Select a valid choice"),
        ({"kind": "note", "note": ""}, "This field is required."),
    ],
)
def test_a_touch_that_says_too_little_keeps_what_was_typed(cast, lead, client, data, words):
    accepted(cast, lead)
    client.force_login(cast.sam)

    answer = client.post(f"/leads/{lead.pk}/activity/", data, headers=HTMX)

    html = answer.content.decode()
    assert (answer.status_code, answer["HX-Retarget"]) == (422, "#sheet-body")
    assert words in html
    assert ("Kept &lt;b&gt;this&lt;/b&gt;" in html) is bool(data["note"])
    assert lead.activities.filter(kind__in=["call", "note"]).count() == 0


def test_marketing_may_note_and_not_call(cast, lead, client):
    client.force_login(cast.maya)
    path = f"/leads/{lead.pk}/activity/"
    note = client.post(path, {"kind": "note", "note": "Met at the fair"})
    call = client.post(path, {"kind": "call", "outcome": "connected"}, headers=HTMX)
    assert (note.status_code, call.status_code) == (302, 403)
    assert [a.kind for a in lead.activities.filter(kind__in=["call", "note"])] == ["note"]


@pytest.mark.parametrize(
    ("path", "state"), [("disqualify", "disqualified"), ("recycle", "recycled")]
)
def test_ending_it_needs_a_reason(cast, lead, client, path, state):
    handoff = accepted(cast, lead)
    client.force_login(cast.sam)
    assert client.post(f"/leads/{lead.pk}/{path}/", {}).status_code == 422
    assert client.post(f"/leads/{lead.pk}/{path}/", {"reason": "other"}).status_code == 422

    done = client.post(f"/leads/{lead.pk}/{path}/", {"reason": "no_budget", "note": "Next year"})

    assert done.status_code == 302
    handoff.refresh_from_db()
    assert (handoff.state, handoff.reason, handoff.note) == (state, "no_budget", "Next year")


def test_whoever_qualifies_from_the_queue_is_led_to_what_comes_next(cast, lead, client):
    accepted(cast, lead)
    client.force_login(cast.sam)
    data = {"back": "/queue/"}
    html = client.post(f"/leads/{lead.pk}/qualify/", data, headers=HTMX).content.decode()
    assert f'href="/leads/{lead.pk}/">What comes next</a>' in html


def test_qualifying_before_accepting_is_refused(cast, lead, client):
    client.force_login(cast.sam)
    answer = client.post(f"/leads/{lead.pk}/qualify/", headers=HTMX)
    assert answer.status_code == 409
    assert "Accept the lead first." in answer.content.decode()
    lead.refresh_from_db()
    assert lead.stage == Stage.MQL


@pytest.mark.parametrize("who", ["maya", "mona"])
def test_marketing_does_not_qualify(cast, lead, client, who):
    accepted(cast, lead)
    client.force_login(getattr(cast, who))
    assert client.post(f"/leads/{lead.pk}/qualify/", headers=HTMX).status_code == 403
    lead.refresh_from_db()
    assert lead.stage == Stage.SAL


@pytest.mark.parametrize("path", ["qualify/"])
def test_wrong_methods_are_refused(cast, lead, client, path):
    client.force_login(cast.sam)
    assert client.get(f"/leads/{lead.pk}/{path}").status_code == 405
    assert client.put(f"/leads/{lead.pk}/edit/").status_code == 405


def test_handing_over_a_lead_short_of_the_definition_needs_a_reason(cast, cool, client):
    client.force_login(cast.maya)
    path = f"/leads/{cool.pk}/hand-off/"
    form = client.get(path, headers=HTMX).content.decode()
    assert "score 15 is below the agreed 50" in form

    refused = client.post(path, {"override_reason": " "}, headers=HTMX)
    assert refused.status_code == 422
    assert "Say why sales should take it all the same." in refused.content.decode()

    done = client.post(path, {"override_reason": "Asked for a price"}, headers=HTMX)
    assert done.status_code == 200
    assert "Okafor is with Sam now." in done.content.decode()
    assert cool.handoffs.get().override_reason == "Asked for a price"


def test_a_rep_may_not_hand_over_what_marketing_sourced(cast, lead, client):
    lead.handoffs.get().accept(cast.sam, at=database_now())
    client.force_login(cast.sam)
    answer = client.post(f"/leads/{lead.pk}/hand-off/", {}, headers=HTMX)
    assert answer.status_code == 403


def test_details_are_edited_in_place(cast, lead, client):
    client.force_login(cast.sam)
    path = f"/leads/{lead.pk}/edit/"
    form = client.get(path, headers=HTMX).context["form"]

    answer = client.post(
        path, {**form.initial, "last_name": "Leigh", "country": "Canada"}, headers=HTMX
    )

    assert answer.status_code == 200
    lead.refresh_from_db()
    assert (lead.last_name, lead.country, lead.first_name) == ("Leigh", "CA", "Pat")
    assert "country: US → CA; last name: Lee → Leigh" in answer.content.decode()


def test_an_address_somebody_else_has_is_refused_by_name(cast, lead, cool, client):
    client.force_login(cast.maya)
    path = f"/leads/{lead.pk}/edit/"
    form = client.get(path, headers=HTMX).context["form"]

    answer = client.post(
        path, {**form.initial, "email": "JOE@home.example", "company": "Kept"}, headers=HTMX
    )

    html = answer.content.decode()
    assert answer.status_code == 409
    assert "JOE@home.example belongs to “Okafor” already" in html
    assert 'value="Kept"' in html


def test_scripts_in_what_was_typed_are_text(cast, lead, client):
    Lead.objects.filter(pk=lead.pk).update(company="<script>alert(1)</script>")
    html = page(client, cast.sam, lead)
    assert "<script>alert" not in html
    assert "&lt;script&gt;alert(1)" in html


# Bad input -----------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("field", "typed", "words"),
    [
        ("note", "a\x00b", "Null characters are not allowed."),
        ("note", "x" * 4001, "at most 4000 characters"),
        ("kind", "nonsense\x00", ""),
        ("outcome", "\x00", "Select a valid choice"),
    ],
)
def test_odd_touches_are_refused_and_nothing_is_written(cast, lead, client, field, typed, words):
    accepted(cast, lead)
    client.force_login(cast.sam)
    data = {"kind": "call", "outcome": "connected", field: typed}
    if field == "kind":
        data["note"] = ""
    answer = client.post(f"/leads/{lead.pk}/activity/", data, headers=HTMX)
    assert answer.status_code == 422
    assert words in answer.content.decode()
    assert lead.activities.filter(kind__in=["call", "note"]).count() == 0


def test_a_ten_megabyte_field_is_refused(cast, lead, client):
    client.force_login(cast.sam)
    answer = client.post(
        f"/leads/{lead.pk}/activity/", {"kind": "note", "note": "x" * 10_000_000}, headers=HTMX
    )
    assert answer.status_code == 413
    assert lead.activities.filter(kind="note").count() == 0


def test_emoji_and_right_to_left_text_are_kept(cast, lead, client):
    client.force_login(cast.sam)
    words = "مرحبا 👋🏽\nsecond line"
    client.post(f"/leads/{lead.pk}/activity/", {"kind": "note", "note": words})
    assert lead.activities.get(kind="note").note.splitlines() == words.splitlines()


@pytest.mark.parametrize(
    "back", ["https://evil.example/", "//evil.example", "javascript:x", "/\\evil"]
)
def test_nobody_is_sent_elsewhere(cast, lead, client, back):
    client.force_login(cast.sam)
    answer = client.post(f"/leads/{lead.pk}/activity/", {"kind": "note", "note": "x", "back": back})
    assert answer["Location"] == f"/leads/{lead.pk}/"


def test_a_way_back_with_line_ends_splits_no_header(cast, lead, client):
    client.force_login(cast.sam)
    answer = client.post(
        f"/leads/{lead.pk}/activity/",
        {"kind": "note", "note": "x", "back": "/deals/\r\nX-Evil: 1"},
        headers=HTMX,
    )
    assert answer["HX-Redirect"] == "/deals/%0D%0AX-Evil:%201"


def test_a_number_beyond_any_id_is_not_found(cast, client):
    client.force_login(cast.admin)
    big = "9" * 30
    paths = [f"/leads/{big}/", f"/handoffs/{big}/reject/", f"/deals/{big}/close/"]
    assert [client.get(path).status_code for path in paths] == [404, 404, 404]
