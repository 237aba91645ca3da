"""The quick form: saved and ready for the next, and what became of the last ones."""

import pytest
from django.test import Client
from django.urls import reverse

from accounts.models import Membership, Team
from leads.models import Activity, Campaign, Lead
from tests.accounts.test_own_pages import signed_in
from tests.factories import make_user

URL = "/leads/new/"
TYPED = {
    "email": "pat@spa.example",
    "first_name": "Pat",
    "last_name": "Lee",
    "company": "Spa Hotel",
}
HOT = {**TYPED, "job_title": "Director of Wellness", "touchpoint": "event"}


def save(person, client=None, **typed):
    return (client or signed_in(person)).post(URL, typed)


def test_a_marketer_saves_a_lead(cast):
    answer = save(cast.maya, **TYPED, campaign="back-pain", message="Met at the fair", consent="on")
    assert (answer.status_code, answer.url) == (302, URL)
    lead = Lead.objects.get()
    assert (lead.email, lead.team, lead.campaign, lead.captured_by) == (
        "pat@spa.example", cast.marketing, cast.campaign, cast.maya,
    )  # fmt: skip
    assert lead.consent_text == "Agreed in person; noted by Maya."
    touchpoint = lead.activities.get()
    assert (touchpoint.kind, touchpoint.note) == ("entered", "Met at the fair")


def test_the_next_lead_starts_with_what_the_last_one_shared(cast):
    client = signed_in(cast.maya)
    save(cast.maya, client, **TYPED, campaign="back-pain", source="Fair", touchpoint="event")
    form = client.get(URL).context["form"]
    assert form.initial == {"campaign": "back-pain", "source": "Fair", "touchpoint": "event"}
    assert form["email"].value() is None


def test_htmx_gets_the_empty_form_with_the_focus_on_the_first_field(cast):
    answer = signed_in(cast.maya).post(URL, TYPED, headers={"HX-Request": "true"})
    text = answer.content.decode()
    assert (answer.status_code, "<html" in text, 'data-saved="lead-new"' in text) == (
        200, False, True,
    )  # fmt: skip
    assert answer.context["form"].fields["email"].widget.attrs["autofocus"] is True
    assert "pat@spa.example" not in text.split('id="last-saves"')[0]


def test_new_and_merged_are_told_apart(cast):
    client = signed_in(cast.maya)
    save(cast.maya, client, **TYPED)
    save(cast.maya, client, email="PAT@spa.example", phone="+1 212 555 0123")
    saves = client.get(URL).context["saves"]
    assert [(s.created, s.lead.pk) for s in saves] == [
        (False, Lead.objects.get().pk),
        (True, Lead.objects.get().pk),
    ]


def test_it_says_to_whom_a_hot_lead_went(cast):
    client = signed_in(cast.maya)
    save(cast.maya, client, **HOT, campaign="back-pain")
    saved = client.get(URL).context["saves"][0]
    assert (saved.handed_over, saved.lead.owner in (cast.sam, cast.sue)) == (True, True)
    assert f"With {saved.lead.owner}" in client.get(URL).content.decode()


def test_likely_duplicates_are_shown_and_not_merged(cast):
    client = signed_in(cast.maya)
    save(cast.maya, client, **TYPED)
    save(cast.maya, client, **{**TYPED, "email": "p.lee@spa.example"})
    saved = client.get(URL).context["saves"][0]
    assert (saved.created, [(d.lead.email, d.why) for d in saved.duplicates]) == (
        True, [("pat@spa.example", "same name, same company, another e-mail")],
    )  # fmt: skip
    assert Lead.objects.count() == 2


def test_another_teams_lead_is_merged_into_and_not_shown(cast):
    save(cast.maya, **TYPED)
    other = Team.objects.create(slug="brand", name="Brand", kind="marketing")
    client = signed_in(make_user("bea", other))
    save(None, client, email="pat@spa.example", first_name="Patricia")
    page = client.get(URL)
    assert [(s.lead, s.name) for s in page.context["saves"]] == [(None, "Patricia")]
    assert "Spa Hotel" not in page.content.decode()


def test_a_rep_enters_a_lead_of_their_own_for_their_team(cast):
    save(cast.sam, **TYPED)
    lead = Lead.objects.get()
    assert (lead.team, lead.captured_by) == (cast.sales, cast.sam)


def test_somebody_without_a_team_names_a_campaign(cast):
    assert save(cast.admin, **TYPED).status_code == 422
    assert save(cast.admin, **TYPED, campaign="back-pain").status_code == 302
    assert Lead.objects.get().team == cast.marketing


def test_a_campaign_of_another_team_is_no_choice(cast):
    other = Team.objects.create(slug="brand", name="Brand", kind="marketing")
    Campaign.objects.create(slug="theirs", name="Theirs", team=other)
    answer = save(cast.maya, **TYPED, campaign="theirs")
    assert (answer.status_code, Lead.objects.count()) == (422, 0)
    assert answer.context["form"].errors["campaign"] == [
        "There is no campaign “theirs” here; choose one of the list."
    ]


@pytest.mark.parametrize(
    ("name", "value", "said"),
    [
        ("email", "pat@", "“pat@” is not an e-mail address"),
        ("first_name", "x\x00y", "Null characters are not allowed."),
        ("last_name", "x" * 401, "401 characters long; at most 100 fit"),
        ("phone", "call me", "“call me” is not a phone number"),
        ("country", "Atlantis", "“Atlantis” is not a country"),
    ],
)
def test_what_cannot_be_kept_is_said_beside_its_field_and_nothing_is_lost(cast, name, value, said):
    answer = save(cast.maya, **{**TYPED, name: value})
    assert (answer.status_code, Lead.objects.count(), Activity.objects.count()) == (422, 0, 0)
    assert said in answer.context["form"].errors[name][0]
    assert answer.context["form"]["company"].value() == "Spa Hotel"
    assert answer.context["form"].fields[name].widget.attrs["autofocus"] is True


def test_without_address_and_phone_there_is_no_way_to_answer(cast):
    answer = save(cast.maya, first_name="Pat")
    assert answer.context["form"].errors["email"] == [
        "Give an e-mail address or a phone number, so that we can answer."
    ]


def test_ten_megabytes_are_refused_whole(cast):
    answer = save(cast.maya, **TYPED, message="x" * 10_000_000)
    assert (answer.status_code, Lead.objects.count()) == (413, 0)
    assert "shorten the text" in answer.content.decode()


def test_emoji_and_right_to_left_names_are_kept(cast):
    save(cast.maya, email="noa@spa.example", first_name="נועה", company="🛁 ספא")
    assert (Lead.objects.get().first_name, Lead.objects.get().company) == ("נועה", "🛁 ספא")


def test_outsiders_strangers_and_wrong_methods(cast):
    assert signed_in(cast.outsider).get(URL).status_code == 403
    assert save(cast.outsider, **TYPED).status_code == 403
    assert Client().get(URL).status_code == 302
    assert signed_in(cast.maya).delete(URL).status_code == 405
    assert Lead.objects.count() == 0


@pytest.mark.parametrize("count", [1, 3])
def test_queries_do_not_grow_with_the_last_saves(cast, count, django_assert_num_queries):
    client = signed_in(cast.maya)
    for n in range(count):
        save(cast.maya, client, **{**TYPED, "email": f"pat{n}@spa.example"})
    # session, user, memberships, instant, stamp of the fields, campaigns, last saves, bell
    with django_assert_num_queries(8):
        client.get(reverse("lead-new"))


def test_a_manager_of_sales_enters_for_their_team(cast):
    Membership.objects.filter(user=cast.dana).update(is_manager=True)
    save(cast.dana, **TYPED)
    assert Lead.objects.get().team == cast.sales
