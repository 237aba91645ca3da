"""Duplicates reviewed: the list, side by side, merge, set apart, undo; page and API lead on."""

import pytest
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext

from accounts.instants import database_now
from accounts.models import ApiKey
from accounts.templatetags.leadflow_ui import likelihood
from leads.duplicates import pairs
from leads.duplicates.nightly import propose
from leads.models import DuplicatePair, Lead, Merge
from tests.factories import ny

AT = ny("2027-01-15 10:00")
URL = "/leads/duplicates/"


def add(cast, number: int, **row: str) -> Lead:
    row = {"first_name": "Zoltan", "last_name": "Quixley", "company": "Tiberg Ltd", **row}
    return cast.capture(at=AT, email=f"z{number}@x.example", **row).lead


@pytest.fixture
def twins(cast) -> tuple[Lead, Lead]:
    return add(cast, 1), add(cast, 2, phone="+1 212 555 0123", job_title="Buyer")


@pytest.fixture
def maya(cast) -> Client:
    client = Client()
    client.force_login(cast.maya)
    return client


def merge_url(one: Lead) -> str:
    return f"/leads/{one.pk}/merge/"


def test_the_list_shows_pairs_best_first_in_as_many_queries_however_many(cast, twins, maya):
    counts = []
    for number in (3, 5):
        propose(at=database_now())
        with CaptureQueriesContext(connection) as queries:
            shown = maya.get(URL).context["pairs"]
        counts.append((len(queries), len(shown)))
        assert [pair.score for pair in shown] == sorted((p.score for p in shown), reverse=True)
        add(cast, number)
    assert counts == [(7, 1), (7, 3)]


def test_pages_of_it_go_on_where_the_last_ended(cast, twins, maya, monkeypatch):
    monkeypatch.setattr("leads.views.duplicates.PAGE", 2)
    add(cast, 3)
    propose(at=AT)
    first = maya.get(URL)
    second = maya.get(URL, {"cursor": first.context["next_cursor"]})
    shown = [pair.pk for page in (first, second) for pair in page.context["pairs"]]
    assert sorted(shown) == sorted(DuplicatePair.objects.values_list("pk", flat=True))
    assert second.context["next_cursor"] is None


@pytest.mark.parametrize("cursor", ["x", "WyJmIiwgMiwgMV0", "WyJmIiwgIm5hbiIsIDFd"])
def test_an_odd_cursor_shows_the_first_page(cast, twins, maya, cursor):
    propose(at=AT)
    assert len(maya.get(URL, {"cursor": cursor}).context["pairs"]) == 1


def test_side_by_side_says_what_becomes_of_them(twins, maya):
    one, other = twins
    page = maya.get(merge_url(one), {"other": other.pk}).content.decode()
    for words in (
        "z1@x.example", "z2@x.example", "Buyer", "What comes along from the other: 1 activity.",
        f"Lead {other.pk} is no more; its page and its e-mail address lead to this one.",
    ):  # fmt: skip
        assert words in page, words


def test_a_preview_shows_the_choice_and_changes_nothing(twins, maya):
    one, other = twins
    sent = {"other": other.pk, "keep": other.pk, "take_email": one.pk, "preview": "1"}
    answer = maya.post(merge_url(one), sent, headers={"HX-Request": "true"})
    choice = next(c for c in answer.context["preview"].choices if c.name == "email")
    assert (answer.context["survivor"], choice.result) == (other, "z1@x.example")
    assert answer.templates[0].name == "leads/_merge.html"
    assert Lead.objects.count() == 2


@pytest.mark.parametrize(("taken", "fit"), [(0, 5), (1, 20)])
def test_a_preview_foretells_the_score_by_what_was_chosen(cast, maya, taken, fit):
    one, other = add(cast, 1, job_title="Buyer"), add(cast, 2, job_title="Director")
    sent = {"other": other.pk, "keep": one.pk, "take_job_title": (one, other)[taken].pk}
    foretold = maya.post(merge_url(one), {**sent, "preview": "1"}).context["preview"].lines[1]
    before = one.score
    maya.post(merge_url(one), sent)
    one.refresh_from_db()
    assert one.fit == fit
    assert foretold == f"The score by what is known of both: about {one.score}, now {before}."


def test_a_preview_without_any_address_says_that_it_can_not_be(cast, maya):
    one, other = add(cast, 1), cast.capture(at=AT, phone="+1 212 555 0123").lead
    sent = {"other": other.pk, "keep": one.pk, "take_email": other.pk, "take_phone": one.pk}
    shown = maya.post(merge_url(one), {**sent, "preview": "1"}).context["preview"]
    assert shown.lines[1].startswith("Keep an e-mail address or a phone number")


@pytest.mark.parametrize(
    ("chance", "said"), [(0.5, "50\u202f%"), (0.99, "99\u202f%"), (0.9999, "> 99\u202f%")]
)
def test_no_chance_is_called_certain(chance, said):
    assert likelihood(chance) == said


def test_merging_takes_what_was_chosen_and_offers_to_undo(cast, twins, maya):
    one, other = twins
    propose(at=AT)
    sent = {"other": other.pk, "keep": one.pk, "take_email": other.pk, "take_phone": one.pk}
    answer = maya.post(merge_url(one), sent, follow=True)

    one.refresh_from_db()
    assert (one.email, one.phone, one.job_title) == ("z2@x.example", "", "Buyer")
    undo = f"/leads/merges/{Merge.objects.get().pk}/undo/"
    assert undo in answer.content.decode()
    assert undo in maya.get(URL).content.decode()

    answer = maya.post(undo, follow=True)
    assert "are two leads again." in answer.content.decode()
    one.refresh_from_db()
    assert (one.email, Lead.objects.count()) == ("z1@x.example", 2)
    assert DuplicatePair.objects.open().count() == 1


def test_what_can_not_be_merged_or_undone_is_said_and_choices_are_kept(cast, twins, maya):
    one, other = twins
    Lead.objects.filter(pk=one.pk).update(email=None, phone="+12125550199")
    sent = {"other": other.pk, "keep": one.pk, "take_email": one.pk, "take_phone": other.pk}
    Lead.objects.filter(pk=other.pk).update(phone="")
    answer = maya.post(merge_url(one), sent)
    assert answer.status_code == 422
    assert "Keep an e-mail address or a phone number" in answer.content.decode()
    taken = {c.name: c.taken for c in answer.context["preview"].choices}
    assert (taken["email"], taken["phone"]) == ("survivor", "other")

    maya.post(merge_url(one), {"other": other.pk, "keep": one.pk})
    done = Merge.objects.get()
    maya.post(f"/leads/merges/{done.pk}/undo/")
    answer = maya.post(f"/leads/merges/{done.pk}/undo/", follow=True)
    assert "This merge is undone already" in answer.content.decode()


def test_not_the_same_is_remembered_and_taken_back(twins, maya):
    one, other = twins
    answer = maya.post(f"/leads/{one.pk}/not-same/", {"other": other.pk}, follow=True)
    pair = DuplicatePair.objects.get()
    assert pair.state == "not_same"
    assert f"/leads/duplicates/{pair.pk}/reopen/" in answer.content.decode()
    propose(at=AT)
    assert maya.get(URL).context["pairs"] == []
    maya.post(f"/leads/duplicates/{pair.pk}/reopen/")
    assert [p.pk for p in maya.get(URL).context["pairs"]] == [pair.pk]


@pytest.mark.parametrize("other", ["x", "0", "99999999999999999999", "-1", "12345"])
def test_an_odd_partner_is_not_found(twins, maya, other):
    assert maya.get(merge_url(twins[0]), {"other": other}).status_code == 404


def test_who_may_not_merge_both_is_turned_away(cast, twins):
    one, other = twins
    handed = cast.hot_lead(at=AT)
    handed.handoffs.get().accept(handed.owner, at=AT)
    for person, first, second, status in (
        (handed.owner, handed, one, 403), (cast.dana, one, other, 404),
        (cast.outsider, one, other, 404), (cast.mona, one, other, 200),
    ):  # fmt: skip
        client = Client()
        client.force_login(person)
        assert client.get(merge_url(first), {"other": second.pk}).status_code == status, person


def test_the_lead_page_links_to_the_comparison(twins, maya):
    assert f"/leads/{twins[0].pk}/alike/" in maya.get(f"/leads/{twins[0].pk}/").content.decode()
    alike = maya.get(f"/leads/{twins[0].pk}/alike/").content.decode()
    assert f"{merge_url(twins[0])}?other={twins[1].pk}" in alike


def test_page_and_api_lead_on_from_the_old_number(cast, twins, maya):
    one, other = twins
    maya.post(merge_url(one), {"other": other.pk, "keep": one.pk})
    assert maya.get(f"/leads/{other.pk}/").url == f"/leads/{one.pk}/"
    for person, status in ((cast.maya, 307), (cast.outsider, 404)):
        key = {"Authorization": f"Bearer {ApiKey.objects.issue(person, scope='full')[1]}"}
        for ask in (Client().get, Client().patch):
            answer = ask(
                f"/api/v1/leads/{other.pk}/", data={}, content_type="application/json", headers=key
            )
            assert answer.status_code == status
            if status == 307:
                assert (answer.headers["Location"], answer.json()) == (
                    f"/api/v1/leads/{one.pk}/", {"id": one.pk},
                )  # fmt: skip


def test_a_pair_by_hand_has_its_chance_and_why(twins):
    pair = pairs.pair_of(*reversed(twins), at=AT)
    assert (pair.lead_a, pair.lead_b) == twins
    assert (pair.score > 0.9, pair.reasons) == (
        True, ["same name", "same company", "e-mail nearly the same"],
    )  # fmt: skip
