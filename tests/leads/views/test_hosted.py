"""The hosted form: anyone may send it, a robot's sending leaves nothing, nothing typed is lost."""

import json
import re
from datetime import timedelta

import pytest
from django.core.cache import cache
from django.test import Client
from django.urls import reverse

from accounts.instants import database_now
from leads import hosted
from leads.models import Activity, Campaign, CaptureForm, Lead

ANSWER = {"email": "pat@spa.example", "first_name": "Pat", "company": "Spa Hotel"}


@pytest.fixture
def form(cast):
    cache.clear()
    return CaptureForm.objects.create(
        slug="guide", name="Maintenance guide", campaign=cast.campaign, owner=cast.maya,
        headline="Get the guide", button="Send me the guide", thanks="It is on its way.",
        consent_text="You may e-mail me.", touchpoint="download",
        fields=["email", "first_name", "company", "phone", "message"],
    )  # fmt: skip


def url(form, **query) -> str:
    return reverse("hosted-form", args=[form.slug], query=query or None)


def token(form, *, seconds: float = 10, **origin) -> str:
    """A token as a page drawn so many seconds ago carries it."""
    at = database_now() - timedelta(seconds=seconds)
    return hosted.issue(form, origin, form.campaign.slug, at=at)


def send(form, client=None, path="", **values):
    values = {"token": token(form), **values}
    return (client or Client()).post(path or url(form), values)


def drawn_token(answer) -> str:
    return re.search(r'name="token" value="([^"]+)"', answer.content.decode())[1]


def test_what_a_visitor_sends_becomes_a_lead_with_its_origin(cast, form):
    page = Client().get(
        url(form, utm_source="google", utm_campaign="backs", landing_page="https://tubs.example/a"),
        headers={"referer": "https://search.example/?q=back"},
    )
    assert page.status_code == 200
    read = hosted.read_token(form, drawn_token(page), at=database_now())
    aged = hosted.issue(form, read.origin, read.campaign, at=database_now() - timedelta(seconds=5))
    answer = send(form, **ANSWER, token=aged, consent="on", message="Call me")
    assert (answer.status_code, answer.url) == (302, "/f/guide/thanks/")
    lead = Lead.objects.get()
    assert (lead.email, lead.campaign, lead.team, lead.source, lead.captured_by) == (
        "pat@spa.example", cast.campaign, cast.marketing, "google", None,
    )  # fmt: skip
    assert (lead.consent_text, lead.consent_at is None) == ("You may e-mail me.", False)
    touchpoint = lead.activities.first()
    assert (touchpoint.kind, touchpoint.note) == ("download", "Call me")
    assert touchpoint.data == {
        "utm_source": "google", "utm_campaign": "backs", "path": "/a",
        "landing_page": "https://tubs.example/a", "referrer": "https://search.example/?q=back",
    }  # fmt: skip


def test_thanks_are_said(form):
    page = Client().get("/f/guide/thanks/")
    assert page.status_code == 200
    assert "It is on its way." in page.content.decode()


def test_without_consent_there_is_none(form):
    send(form, **ANSWER)
    assert (Lead.objects.get().consent_text, Lead.objects.get().consent_at) == ("", None)


def test_the_consent_kept_is_the_one_that_was_read(form):
    drawn = token(form)
    CaptureForm.objects.update(consent_text="You may sell my address.")
    send(form, **ANSWER, token=drawn, consent="on")
    assert Lead.objects.get().consent_text == "You may e-mail me."


@pytest.mark.parametrize(
    "robot",
    [
        {"homepage": "https://spam.example"},
        {"token": ""},
        {"token": "quick"},
    ],
)
def test_a_robot_is_thanked_and_leaves_nothing(form, robot):
    if robot.get("token") == "quick":
        robot = {"token": token(form, seconds=1)}
    answer = send(form, **ANSWER, **robot)
    assert (answer.status_code, answer.url) == (302, "/f/guide/thanks/")
    assert (Lead.objects.count(), Activity.objects.count()) == (0, 0)


@pytest.mark.parametrize("text", ["forged", "a:b:c", "x" * 100_000])
def test_a_token_of_another_key_is_asked_for_again(form, text):
    answer = send(form, **ANSWER, token=text)
    assert (answer.status_code, Lead.objects.count()) == (422, 0)
    assert "Please send it once more" in answer.content.decode()
    assert 'value="Spa Hotel"' in answer.content.decode()


def test_a_token_of_another_form_is_no_token(cast, form):
    other = CaptureForm.objects.create(
        slug="other", name="Other", campaign=cast.campaign, owner=cast.maya
    )
    answer = send(form, **ANSWER, token=token(other))
    assert (answer.status_code, Lead.objects.count()) == (422, 0)


def test_a_page_left_open_for_days_is_sent_once_more_with_its_origin(form):
    old = token(form, seconds=2 * 86_400, utm_source="google")
    answer = send(form, **ANSWER, token=old)
    assert (answer.status_code, Lead.objects.count()) == (422, 0)
    fresh = hosted.read_token(form, drawn_token(answer), at=database_now())
    assert fresh.origin == {"utm_source": "google"}


def test_a_double_click_is_one_touchpoint(form):
    drawn = token(form)
    for _ in range(2):
        assert send(form, **ANSWER, token=drawn).status_code == 302
    assert (Lead.objects.count(), Activity.objects.filter(kind="download").count()) == (1, 1)


def test_a_mended_form_can_be_sent_again(form):
    drawn = token(form)
    wrong = send(form, **{**ANSWER, "email": "pat@"}, token=drawn)
    assert (wrong.status_code, Lead.objects.count()) == (422, 0)
    assert "“pat@” is not an e-mail address" in wrong.content.decode()
    assert 'value="Spa Hotel"' in wrong.content.decode()
    assert send(form, **ANSWER, token=drawn).status_code == 302
    assert Lead.objects.count() == 1


def test_too_many_from_one_address_wait(form):
    answers = [send(form, email=f"p{n}@spa.example").status_code for n in range(12)]
    assert answers == [302] * 10 + [429] * 2
    assert Lead.objects.count() == 10


def test_without_redis_the_form_still_works(form, settings):
    settings.CACHES = {
        "default": {
            "BACKEND": "django.core.cache.backends.redis.RedisCache",
            "LOCATION": "redis://127.0.0.1:1/0",
        }
    }
    assert send(form, **ANSWER).status_code == 302
    assert Lead.objects.count() == 1


def test_a_campaign_in_the_link_counts_only_within_the_team(cast, form):
    Campaign.objects.create(slug="spring", name="Spring", team=cast.marketing)
    Campaign.objects.create(slug="theirs", name="Theirs", team=cast.sales)
    for wanted, counted in (("spring", "spring"), ("theirs", "back-pain"), ("\x00", "back-pain")):
        drawn = drawn_token(Client().get(url(form, campaign=wanted)))
        assert hosted.read_token(form, drawn, at=database_now()).campaign == counted


@pytest.mark.parametrize(
    ("name", "value", "said"),
    [
        ("email", "", "This field is required."),
        ("first_name", "x\x00y", "Null characters are not allowed."),
        ("first_name", "x" * 1000, "characters long; at most 100 fit"),
        ("message", "x" * 1_000_000, "1,000,000 characters long; at most 10,000 fit"),
        ("phone", "call me", "“call me” is not a phone number"),
    ],
)
def test_what_cannot_be_kept_is_said_beside_its_field(form, name, value, said):
    answer = send(form, **{**ANSWER, name: value})
    assert (answer.status_code, Lead.objects.count()) == (422, 0)
    assert said in answer.content.decode()


def test_ten_megabytes_are_refused_whole(form):
    answer = send(form, **ANSWER, message="x" * 10_000_000)
    assert (answer.status_code, Lead.objects.count()) == (413, 0)
    page = answer.content.decode()
    assert "too much text for this form" in page
    assert re.findall(r'class="field-error"', page) == []
    assert "X-Frame-Options" not in answer


def test_emoji_and_right_to_left_names_are_kept(form):
    send(form, email="noa@spa.example", first_name="נועה", company="🛁 ספא")
    assert (Lead.objects.get().first_name, Lead.objects.get().company) == ("נועה", "🛁 ספא")


@pytest.mark.parametrize("name", ["hosted-form", "hosted-thanks", "hosted-form-js"])
def test_unknown_and_inactive_forms_are_not_found(form, name):
    assert Client().get(reverse(name, args=["nothing"])).status_code == 404
    CaptureForm.objects.update(is_active=False)
    assert Client().get(reverse(name, args=["guide"])).status_code == 404


@pytest.mark.parametrize(
    ("name", "method"),
    [("hosted-form", "delete"), ("hosted-thanks", "post"), ("hosted-form-js", "post")],
)
def test_the_wrong_method(form, name, method):
    assert getattr(Client(), method)(reverse(name, args=["guide"])).status_code == 405


def test_only_these_pages_may_be_framed_and_they_set_no_cookie(form):
    for path in ("/f/guide/", "/f/guide/thanks/"):
        page = Client().get(path)
        assert "frame-ancestors *" in page["Content-Security-Policy"]
        assert ("X-Frame-Options" in page, page.cookies) == (False, {})
    elsewhere = Client().get("/accounts/login/")
    assert "frame-ancestors 'none'" in elsewhere["Content-Security-Policy"]


def test_no_cookie_is_asked_of_a_form_embedded_elsewhere(form):
    client = Client(enforce_csrf_checks=True)
    assert send(form, client, **ANSWER, path=url(form, embed="1")).url == "/f/guide/thanks/?embed=1"


def test_the_script_names_the_form_and_cannot_be_broken_out_of(form):
    CaptureForm.objects.update(name='</script>"\u2028')
    script = Client().get("/f/guide.js")
    assert script["Content-Type"] == "text/javascript; charset=utf-8"
    literal = re.search(r"const facts = (.*);", script.content.decode())[1]
    assert json.loads(literal) == {"path": "/f/guide/", "title": '</script>"\u2028'}
    assert "<" not in literal


@pytest.mark.parametrize("count", [1, 3])
def test_queries_of_a_drawn_form_do_not_grow_with_its_fields(
    form, count, django_assert_num_queries
):
    CaptureForm.objects.update(fields=["email", "first_name", "company"][:count])
    with django_assert_num_queries(2):
        Client().get("/f/guide/")
