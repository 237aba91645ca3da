"""Signing in and out, forgotten passwords, and what a stranger learns: nothing."""

import re

import pytest
from django.core import mail
from django.template.loader import render_to_string
from django.test import Client, override_settings

from tests.factories import PASSWORD

pytestmark = pytest.mark.django_db
LOGIN, RESET = "/accounts/login/", "/accounts/password/reset/"


@pytest.fixture(autouse=True)
def unlimited():
    """Attempts of other tests don't count; the limits have a test of their own."""
    with override_settings(ACCOUNT_RATE_LIMITS=False):
        yield


def sign_in(client: Client, email: str, password: str, url: str = LOGIN):
    return client.post(url, {"login": email, "password": password})


@pytest.mark.parametrize("email", ["sam@demo.test", "SAM@Demo.Test"])
def test_people_sign_in_by_address_in_any_case(cast, client, email):
    answer = sign_in(client, email, PASSWORD)
    assert (answer.status_code, answer.url) == (302, "/")
    assert client.session["_auth_user_id"] == str(cast.sam.pk)


@pytest.mark.parametrize("url", [LOGIN, RESET, "/accounts/password/change/"])
def test_a_field_says_its_name_once_and_as_a_sentence(cast, client, url):
    if "change" in url:
        client.force_login(cast.sam)
    html = client.get(url).content.decode()
    labels = re.findall(r'<label class="form-label"[^>]*>([^<]+)', html)
    page = html[html.index("<main") :]
    assert "placeholder=" not in page[: page.index("</main>")]
    assert [label.capitalize() for label in labels] == labels != []


def test_sign_in_leads_to_the_page_that_was_asked_for(cast, client):
    answer = sign_in(client, "sam@demo.test", PASSWORD, f"{LOGIN}?next=/profile/")
    assert answer.url == "/profile/"


def test_sign_in_leads_nowhere_else(cast, client):
    answer = sign_in(client, "sam@demo.test", PASSWORD, f"{LOGIN}?next=https://elsewhere.example/")
    assert answer.url == "/"


@pytest.mark.parametrize("email", ["sam@demo.test", "nobody@demo.test"])
def test_a_wrong_password_and_an_unknown_address_are_told_alike(cast, client, email):
    page = sign_in(client, email, "wrong").content.decode()
    assert "The email address and/or password you specified are not correct." in page
    assert f'value="{email}"' in page


def test_who_left_can_not_sign_in(cast, client):
    cast.sam.is_active = False
    cast.sam.save()
    sign_in(client, "sam@demo.test", PASSWORD)
    assert "_auth_user_id" not in client.session


def test_guessing_is_stopped(cast, client):
    with override_settings(ACCOUNT_RATE_LIMITS={"login_failed": "2/m/key"}):
        answers = [sign_in(client, "guess@demo.test", "wrong") for _ in range(3)]
    assert "Too many failed login attempts" in answers[-1].content.decode()


def test_signing_out_is_not_done_by_a_link(cast, client):
    client.force_login(cast.sam)
    assert client.get("/accounts/logout/").status_code == 200
    assert "_auth_user_id" in client.session
    assert client.post("/accounts/logout/").url == LOGIN
    assert "_auth_user_id" not in client.session


def test_a_forgotten_password_is_set_anew_by_the_mailed_link(cast, client):
    client.post(RESET, {"email": "sam@demo.test"})
    assert [message.to for message in mail.outbox] == [["sam@demo.test"]]
    link = re.search(r"https?://[^/]+(/accounts/password/reset/key/\S+)", mail.outbox[0].body)
    page = client.get(link[1], follow=True)
    data = {"password1": "green-kettle-7", "password2": "green-kettle-7"}
    client.post(page.request["PATH_INFO"], data)
    sign_in(client, "sam@demo.test", "green-kettle-7")
    assert client.session["_auth_user_id"] == str(cast.sam.pk)


def test_a_stranger_can_not_find_out_who_has_an_account(cast, client):
    answers = [
        client.post(RESET, {"email": email}, follow=True)
        for email in ("sam@demo.test", "nobody@demo.test")
    ]
    known, unknown = (re.search(r"<main.*</main>", a.content.decode(), re.S) for a in answers)
    assert known[0] == unknown[0]
    assert answers[0].redirect_chain == answers[1].redirect_chain


def test_a_used_up_link_says_what_to_do(client):
    page = client.get("/accounts/password/reset/key/1-abc/").content.decode()
    assert "This link no longer works" in page
    assert f'href="{RESET}"' in page


def test_nobody_makes_an_account_by_themselves(client):
    data = {"email": "new@demo.test", "password1": "green-kettle-7", "password2": "green-kettle-7"}
    page = client.post("/accounts/signup/", data).content.decode()
    assert "Accounts are by invitation" in page


@pytest.mark.parametrize("code", [400, 403, 404, 429, 500])
def test_error_pages_stand_without_person_and_database(code, django_assert_num_queries):
    with django_assert_num_queries(0):
        page = render_to_string(f"{code}.html")
    assert f"Error {code}" in page


def test_a_missing_page_answers_in_our_words(client):
    answer = client.get("/nope/")
    assert (answer.status_code, "Nothing here" in answer.content.decode()) == (404, True)
