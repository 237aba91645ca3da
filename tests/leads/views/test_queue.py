"""The queue page: whose rows, in which order, what is done on them, and what a poll costs."""

import json
from datetime import timedelta

import pytest
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext
from django.utils.http import quote_etag

from accounts.instants import database_now
from leads.models import Handoff, Lead, Pool, Return, SavedView
from leads.views.queue import MOST, queue_rows_of, signature
from tests.factories import make_user

HTMX = {"HX-Request": "true"}


@pytest.fixture
def always_open(cast):
    """Working hours around the clock, so that deadlines follow from the real instant."""
    cast.calendar.weekly = {str(day): [["00:00", "24:00"]] for day in range(7)}
    cast.calendar.save()
    return cast


def hot(cast, number=0, **row):
    at = row.pop("at", None) or database_now()
    return cast.hot_lead(at=at, email=f"pat{number}@spa.example", **row).handoffs.get()


def shown(html: str) -> list[int]:
    """The handoffs shown, in order."""
    return [int(part.split('"')[0]) for part in html.split('data-row="')[1:]]


def test_a_rep_sees_their_own_leads_with_score_reasons_and_deadline(cast, client):
    mine, other = hot(cast, 1, first_name="Pat"), hot(cast, 2, first_name="Kim")
    assert (mine.owner, other.owner) == (cast.sam, cast.sue)
    client.force_login(cast.sam)

    html = client.get("/queue/").content.decode()

    assert shown(html) == [mine.pk]
    for words in ("Pat Lee", "Spa Hotel", "Spa director", "Came to a demonstration +40", "Accept"):
        assert words in html


def test_the_next_deadline_is_on_top(always_open, cast, client):
    client.force_login(cast.sam)
    now = database_now()
    late = hot(cast, 1, at=now - timedelta(minutes=1))
    hot(cast, 2)
    early = hot(cast, 3, at=now - timedelta(minutes=9))
    assert {late.owner, early.owner} == {cast.sam}

    assert shown(client.get("/queue/").content.decode()) == [early.pk, late.pk]


def test_members_see_what_their_pool_offers_and_outsiders_do_not(cast, client):
    Pool.objects.filter(pk=cast.pool.pk).update(mode=Pool.Mode.OPEN)
    Pool.objects.get(pk=cast.pool.pk).save()
    handoff = hot(cast)
    stranger = make_user("rita", cast.sales)
    found = {}
    for user in (cast.sam, cast.sue, stranger):
        client.force_login(user)
        found[user.name] = shown(client.get("/queue/").content.decode())

    assert found == {"Sam": [handoff.pk], "Sue": [handoff.pk], "Rita": []}


@pytest.mark.parametrize("who", ["maya", "mona", "outsider"])
@pytest.mark.parametrize("path", ["/queue/", "/queue/rows/"])
def test_the_queue_is_for_sales(cast, client, who, path):
    client.force_login(getattr(cast, who))
    assert client.get(path).status_code == 403


def test_an_empty_queue_says_what_happens_next(cast, client):
    client.force_login(cast.sam)
    assert "New leads appear here by themselves" in client.get("/queue/").content.decode()


def test_the_filters_count_and_show(always_open, cast, client):
    now = database_now()
    risky = hot(cast, 1, at=now - timedelta(minutes=13))
    hot(cast, 2)
    fresh = hot(cast, 3)
    taken = hot(cast, 4)
    taken = hot(cast, 5) if taken.owner != cast.sam else taken
    taken.accept(cast.sam, at=now)
    client.force_login(cast.sam)

    found = {
        show: shown(client.get(f"/queue/?show={show}").content.decode())
        for show in ("all", "offered", "accepted", "at_risk", "nonsense")
    }

    assert found == {
        "all": [risky.pk, fresh.pk, taken.pk],
        "offered": [risky.pk, fresh.pk],
        "accepted": [taken.pk],
        "at_risk": [risky.pk],
        "nonsense": [risky.pk, fresh.pk, taken.pk],
    }


@pytest.mark.parametrize("path", ["/queue/", "/queue/rows/"])
@pytest.mark.parametrize("count", [1, 3])
def test_the_number_of_queries_does_not_grow(cast, client, path, count):
    cast.pool.members.filter(user=cast.sue).delete()
    for number in range(count):
        hot(cast, number)
    client.force_login(cast.sam)
    client.get(path)  # reads what is configured: campaigns, personas, views

    with CaptureQueriesContext(connection) as queries:
        html = client.get(path).content.decode()

    assert len(shown(html)) == count
    # Session, user, memberships, instant, configuration, handoffs, clocks; the page counts the
    # bell, the poll asks for the signature.
    assert len(queries) == 8


def test_an_unchanged_poll_is_a_304_of_three_queries(cast, client):
    hot(cast)
    client.force_login(cast.sam)
    etag = client.get("/queue/rows/")["ETag"]

    with CaptureQueriesContext(connection) as queries:
        again = client.get("/queue/rows/", headers={"If-None-Match": etag})

    assert (again.status_code, again.content, len(queries)) == (304, b"", 3)


def test_whatever_changes_a_row_changes_the_signature(always_open, cast):
    now = database_now()
    handoff = hot(cast, 1, at=now - timedelta(minutes=5))
    seen = [signature(cast.sam)]

    handoff.accept(cast.sam, at=now)
    seen.append(signature(cast.sam))
    hot(cast, 2)
    hot(cast, 3)
    seen.append(signature(cast.sam))
    handoff.clocks.get(term__key="first_touch_hot").alarms.filter(action="warn").update(
        fire_at=now - timedelta(seconds=1)
    )
    seen.append(signature(cast.sam))

    assert len(set(seen)) == 4
    assert signature(cast.sam) == seen[-1]
    assert signature(cast.sam, "show=offered") != seen[-1]


def test_accepting_with_htmx_answers_with_the_rows_and_a_toast(cast, client):
    handoff = hot(cast)
    client.force_login(cast.sam)

    answer = client.post(
        f"/handoffs/{handoff.pk}/accept/", {"back": "/queue/?show=all"}, headers=HTMX
    )

    handoff.refresh_from_db()
    assert handoff.state == Handoff.State.ACCEPTED
    assert (answer.status_code, answer["HX-Retarget"]) == (200, "#queue")
    html = answer.content.decode()
    assert shown(html) == [handoff.pk]
    assert "Accepted: Pat Lee is yours." in html
    assert "Log call" in html


def test_accepting_without_scripts_goes_back_to_the_queue(cast, client):
    handoff = hot(cast)
    client.force_login(cast.sam)

    answer = client.post(f"/handoffs/{handoff.pk}/accept/", {"back": "/queue/"}, follow=True)

    assert answer.redirect_chain == [("/queue/", 302)]
    assert "Accepted: Pat Lee is yours." in answer.content.decode()


def test_a_lead_that_is_gone_says_who_has_it(cast, client):
    Pool.objects.filter(pk=cast.pool.pk).update(mode=Pool.Mode.OPEN)
    Pool.objects.get(pk=cast.pool.pk).save()
    handoff = hot(cast)
    handoff.accept(cast.sue, at=database_now())
    client.force_login(cast.sam)

    answer = client.post(f"/handoffs/{handoff.pk}/accept/", {"back": "/queue/"}, headers=HTMX)

    html = answer.content.decode()
    assert answer.status_code == 409
    assert "Sue has it" in html
    assert shown(html) == []


@pytest.mark.parametrize(
    ("who", "status"),
    [("sue", 404), ("maya", 404), ("mona", 404), ("outsider", 404), ("dana", 302)],
)
def test_who_may_accept(cast, client, who, status):
    handoff = hot(cast)
    client.force_login(getattr(cast, who))
    assert client.post(f"/handoffs/{handoff.pk}/accept/").status_code == status


def test_accept_wants_a_post_and_a_sign_in_and_a_token(cast, client):
    handoff = hot(cast)
    path = f"/handoffs/{handoff.pk}/accept/"
    assert client.post(path).headers["Location"].startswith("/accounts/login/")
    client.force_login(cast.sam)
    assert client.get(path).status_code == 405
    strict = Client(enforce_csrf_checks=True)
    strict.force_login(cast.sam)
    assert strict.post(path).status_code == 403


def test_an_unsafe_way_back_is_not_followed(cast, client):
    handoff = hot(cast)
    client.force_login(cast.sam)

    answer = client.post(f"/handoffs/{handoff.pk}/accept/", {"back": "//evil.example/"})

    assert answer["Location"] == f"/leads/{handoff.lead_id}/"


def test_rejecting_wants_a_reason_and_keeps_what_was_typed(cast, client):
    handoff = hot(cast)
    client.force_login(cast.sam)
    path, words = f"/handoffs/{handoff.pk}/reject/", "Wants a pool, not a tub"

    missing = client.post(path, {"note": words, "back": "/queue/"}, headers=HTMX)
    assert (missing.status_code, missing["HX-Retarget"]) == (422, "#sheet-body")
    assert "Choose a reason." in missing.content.decode()
    assert words in missing.content.decode()

    unexplained = client.post(path, {"reason": "other", "back": "/queue/"})
    assert unexplained.status_code == 422
    assert "Say why in a few words." in unexplained.content.decode()

    done = client.post(
        path, {"reason": "wrong_persona", "note": words, "back": "/queue/"}, headers=HTMX
    )
    assert (done.status_code, done["HX-Trigger"]) == (200, "sheet-close")
    assert shown(done.content.decode()) == []
    handoff.refresh_from_db()
    assert (handoff.state, handoff.returned.reason, handoff.returned.note) == (
        "rejected", "wrong_persona", words,
    )  # fmt: skip


@pytest.mark.parametrize("headers", [{}, HTMX])
def test_the_reject_form_is_a_page_and_a_fragment(cast, client, headers):
    handoff = hot(cast)
    client.force_login(cast.sam)

    html = client.get(f"/handoffs/{handoff.pk}/reject/?back=/queue/", headers=headers)

    assert ("<!doctype html>" in html.content.decode()) is not bool(headers)
    assert "Wrong persona" in html.content.decode()


def test_a_very_long_queue_is_cut_and_says_so(cast, client, monkeypatch):
    monkeypatch.setattr("leads.views.queue.MOST", 2)
    cast.pool.members.filter(user=cast.sue).delete()
    for number in range(3):
        hot(cast, number)
    client.force_login(cast.sam)

    html = client.get("/queue/").content.decode()

    assert MOST == 100
    assert len(shown(html)) == 2
    assert "The 2 with the nearest deadlines are shown." in html


def test_etags_are_quoted(cast, client):
    client.force_login(cast.sam)
    assert client.get("/queue/rows/")["ETag"] == quote_etag(signature(cast.sam))


def test_a_row_without_a_clock_is_still_shown(cast):
    handoff = hot(cast)
    handoff.clocks.all().delete()
    [row] = queue_rows_of(cast.sam, at=database_now())
    assert (row.handoff, row.clock, row.at_risk) == (handoff, None, False)


# --- Grouped, narrowed, kept as a view, worked in bulk --------------------------------------------


def headings(html: str) -> dict[str, list[int]]:
    """The headings in order, and the handoffs under each."""
    parts = html.split('scope="rowgroup">')[1:]
    return {part.split("<")[0].strip(): shown(part) for part in parts}


@pytest.fixture
def three(always_open, cast):
    """Sam's: one at risk, a fresh one from elsewhere, an accepted one without a persona."""
    cast.pool.members.filter(user=cast.sue).delete()
    now = database_now()
    risky = hot(cast, 1, at=now - timedelta(minutes=13))
    other = hot(cast, 2, job_title="Director of Spas", country="GB", last_name="Ray")
    taken = hot(cast, 3)
    Lead.objects.filter(pk=taken.lead_id).update(persona=None)
    taken.accept(cast.sam, at=database_now())
    return risky.pk, other.pk, taken.pk


@pytest.mark.parametrize(
    ("by", "found"),
    [
        ("due", {"At risk": [0], "Within the hour": [1, 2]}),
        ("term", {"Accept": [0, 1], "First touch": [2]}),
        ("state", {"Offered": [0, 1], "Accepted": [2]}),
        ("country", {"United States": [0, 2], "United Kingdom": [1]}),
        ("campaign", {"Back pain": [0, 1, 2]}),
        ("persona", {"Spa director": [0, 1], "No persona": [2]}),
        ("none", {}),
        ("nonsense", {}),
    ],
)
def test_rows_stand_under_headings_the_nearest_deadline_first(three, cast, client, by, found):
    client.force_login(cast.sam)
    html = client.get(f"/queue/?group={by}").content.decode()
    assert headings(html) == {name: [three[n] for n in some] for name, some in found.items()}
    assert sorted(shown(html)) == sorted(three)


def test_the_grouping_is_in_the_address_and_remembered(three, cast, client):
    client.force_login(cast.sam)
    sent = {"group": "term", "show": "offered", "on": "queue"}

    answer = client.post("/queue/group/", sent, headers=HTMX)

    assert answer["HX-Push-Url"] == "/queue/?show=offered&group=term"
    assert headings(answer.content.decode()) == {"Accept": list(three[:2])}
    assert list(headings(client.get("/queue/").content.decode())) == ["Accept", "First touch"]
    assert headings(client.get("/queue/?group=none").content.decode()) == {}
    client.force_login(cast.sue)
    assert client.get("/queue/").context["asked"].group == "none"
    # Without scripts the browser is sent to the address.
    assert client.post("/queue/group/", {"group": "tier"})["Location"] == "/queue/?group=tier"


def test_the_queue_is_narrowed_as_the_list_of_leads_is(three, cast, client):
    client.force_login(cast.sam)
    uk = json.dumps(["all", ["country", "in", "GB"]])
    for query, found in (
        ({"q": "ray"}, [1]), ({"q": "pat1@"}, [0]), ({"persona": cast.persona.pk}, [0, 1]),
        ({"where": uk}, [1]), ({"where": "nonsense"}, []), ({"tier": "cold"}, []),
        ({"persona": cast.persona.pk, "show": "at_risk"}, [0]),
    ):  # fmt: skip
        expected = [three[n] for n in found]
        assert shown(client.get("/queue/", query).content.decode()) == expected, query
        rows = client.get("/queue/rows/", query, headers=HTMX)
        assert shown(rows.content.decode()) == expected, query
        assert rows["HX-Push-Url"].startswith("/queue/?"), query
    # Another's lead is not found by its name either.
    client.force_login(cast.sue)
    assert shown(client.get("/queue/?q=ray").content.decode()) == []


def test_a_view_of_the_queue_is_kept_shared_and_opens_first(three, cast, client):
    client.force_login(cast.dana)
    sent = {"name": "Accept now", "shared": "everybody", "on": "queue", "group": "due",
            "show": "offered", "tier": "hot"}  # fmt: skip
    address = client.post("/leads/views/new/", sent)["Location"]
    view = SavedView.objects.get()
    assert address == f"/queue/?view={view.pk}" == view.get_absolute_url()
    assert view.query == {"group": "due", "show": "offered", "tier": "hot"}
    client.force_login(cast.sam)
    assert [v.name for v in client.get("/leads/").context["asked"].kept.views] == []
    page = client.get(address)
    assert [v.name for v in page.context["asked"].kept.views] == ["Accept now"]
    assert headings(page.content.decode()) == {
        "At risk": [three[0]], "Within the hour": [three[1]],
    }  # fmt: skip
    client.post(f"/leads/views/{view.pk}/", {"opens": "first", "on": "queue", "view": view.pk})
    assert client.get("/queue/").context["asked"].view.id == view.pk
    assert shown(client.get("/queue/?view=all").content.decode()) == list(three)
    assert client.get("/leads/").context["asked"].view is None


def test_chosen_rows_are_accepted_and_rejected_in_bulk(three, cast, client):
    client.force_login(cast.sam)
    leads = {pk: Handoff.objects.get(pk=pk).lead_id for pk in three}
    chosen = {"lead": list(leads.values()), "on": "queue", "group": "term"}

    preview = client.post("/leads/bulk/", {**chosen, "deed": "accept"}).content.decode()
    assert "1 can't be accepted; the others will be." in preview
    assert "was accepted already" in preview
    chosen["lead"] = [leads[three[0]], leads[three[1]]]
    done = client.post("/leads/bulk/", {**chosen, "deed": "accept", "go": "1"})
    assert done["Location"] == "/queue/?group=term"
    assert set(Handoff.objects.values_list("state", flat=True)) == {"accepted"}
    refused = client.post("/leads/bulk/", {**chosen, "deed": "reject", "go": "1", "why": "other"})
    assert "Say why when the reason is" in refused.content.decode()
    sent = {**chosen, "deed": "reject", "go": "1", "why": "spam", "reason": "Bots"}
    assert client.post("/leads/bulk/", sent)["Location"] == "/queue/?group=term"
    assert shown(client.get("/queue/").content.decode()) == [three[2]]
    assert {r.note for r in Return.objects.all()} == {"Bots"}
    # All of a queue at once is not offered, and not done.
    assert (
        client.post("/leads/bulk/", {"every": "1", "on": "queue", "deed": "tag"}).status_code == 302
    )
    assert "one by one" in client.get("/queue/").content.decode()
