"""The pages on which managers make fields, and the forms and pages on which fields then are."""

from datetime import timedelta

import pytest
from django.test import Client
from django.urls import reverse

from accounts.instants import database_now
from leads import custom_fields, hosted
from leads.custom_fields import changing
from leads.models import CaptureForm, CustomField, Lead
from tests.leads.custom_fields.making import AT, facts, make

HOSTILE = "<script>alert(1)</script>"


def signed_in(person) -> Client:
    client = Client()
    client.force_login(person)
    return client


def posted(label: str, kind: str, **more) -> dict:
    given = {**facts(label, kind), "choices": "", "name": ""} | more
    return {name: value for name, value in given.items() if value is not False}


def labels() -> list[str]:
    return [rules.label for rules in custom_fields.of("lead")]


class TestPages:
    @pytest.mark.parametrize("who", ["mona", "dana", "admin"])
    def test_managers_of_both_sides_make_them(self, cast, who):
        client = signed_in(getattr(cast, who))
        answer = client.post("/fields/new/", posted("Budget", "money"), follow=True)
        assert answer.redirect_chain == [("/fields/", 302)]
        assert "“Budget” is a field now." in answer.content.decode()
        assert labels() == ["Budget"]

    @pytest.mark.parametrize(
        ("more", "field", "says"),
        [
            ({"label": ""}, "label", "Say what people read beside the field."),
            ({"kind": "blob"}, "kind", "Select a valid choice. blob is not one of the available"),
            ({"kind": "choice"}, "choices", "Write at least one choice."),
            ({"kind": "choice", "choices": "a;b"}, "choices", "“a;b” has a semicolon, which"),
            ({"kind": "choice", "choices": "x" * 90}, "choices", "A choice is 90 characters"),
            ({"name": "2x"}, "name", "“2x” can’t be a name; write small letters"),
            ({"name": "Größe"}, "name", "“Größe” can’t be a name; write small letters"),
            ({"kind": "number", "label": "Size", "name": "size"}, "kind",
             "These do not read as number: “big” (1)."),
        ],
    )  # fmt: skip
    def test_what_is_wrong_is_said_beside_it_and_typed_input_stays(self, cast, more, field, says):
        cast.capture(at=AT, email="a@b.example", extra={"size": "big"})
        sent = posted("Typed", "text", help="Kept help") | more
        answer = signed_in(cast.mona).post("/fields/new/", sent)
        assert (answer.status_code, list(answer.context["form"].errors)) == (422, [field])
        assert answer.context["form"].errors[field][0].startswith(says)
        assert 'value="Kept help"' in answer.content.decode()
        assert labels() == []

    def test_choices_are_one_a_line_and_none_twice(self, cast):
        sent = posted("Wood", "choices", choices=" Cedar \n\nSpruce\ncedar\n")
        signed_in(cast.mona).post("/fields/new/", sent)
        assert custom_fields.of("lead")[0].choices == ("Cedar", "Spruce")

    def test_a_further_field_of_leads_becomes_one(self, cast):
        cast.capture(at=AT, email="a@b.example", extra={"Annual Revenue": "1,200"})
        client = signed_in(cast.mona)
        usage = client.get("/fields/usage/").content.decode()
        assert "/fields/new/?key=Annual%20Revenue" in usage
        assert 'value="Annual Revenue"' in client.get(
            "/fields/new/?key=Annual%20Revenue"
        ).content.decode()  # fmt: skip
        client.post("/fields/new/", posted("Revenue", "number", key="Annual Revenue"))
        assert Lead.objects.get().extra == {"revenue": 1200}

    def test_changing_one_and_being_second(self, cast):
        field = make(cast.mona, "Budget", "money")
        client, url = signed_in(cast.dana), f"/fields/{field.pk}/"
        seen = client.get(url).context["seen"]
        client.post(url, posted("Spend", "money", seen=seen))
        assert labels() == ["Spend"]
        second = signed_in(cast.mona).post(url, posted("Mine", "money", seen=seen))
        assert second.status_code == 409
        assert 'value="Mine"' in second.content.decode()
        assert "Somebody has changed “Spend” since you opened it." in second.content.decode()
        again = posted("Mine", "money", seen=second.context["seen"])
        assert signed_in(cast.mona).post(url, again).status_code == 302
        assert labels() == ["Mine"]

    def test_a_choice_taken_out_is_told(self, cast):
        field = make(cast.mona, "Wood", "choice", choices=["Cedar", "Oak"])
        cast.capture(at=AT, email="a@b.example", extra={"wood": "oak"})
        client = signed_in(cast.mona)
        sent = posted("Wood", "choice", choices="Cedar", seen=changing.ticket(field))
        page = client.post(f"/fields/{field.pk}/", sent, follow=True).content.decode()
        assert "1 lead still has “Oak”, which is no choice any more." in page

    def test_removed_with_undo_brought_back_and_erased(self, cast):
        field = make(cast.mona, "Budget", "money")
        cast.capture(at=AT, email="a@b.example", extra={"budget": "5"})
        client, url = signed_in(cast.mona), f"/fields/{field.pk}/"
        assert client.get(f"{url}erase/").status_code == 404
        page = client.post(f"{url}remove/", follow=True).content.decode()
        assert f'action="{url}bring-back/"' in page
        assert labels() == []
        client.post(f"{url}bring-back/")
        assert labels() == ["Budget"]
        client.post(f"{url}remove/")
        assert "1 lead</strong> is deleted" in client.get(f"{url}erase/").content.decode()
        wrong = client.post(f"{url}erase/", {"label": "Budge"})
        assert wrong.status_code == 422
        assert "“Budge” is not the label; write “Budget”." in wrong.content.decode()
        assert client.post(f"{url}erase/", {"label": " budget "}).status_code == 302
        field.refresh_from_db()
        assert field.erasing_since is not None
        assert client.get(url).status_code == 404

    def test_the_order(self, cast):
        make(cast.mona, "A", "text")
        b = make(cast.mona, "B", "text")
        signed_in(cast.mona).post(f"/fields/{b.pk}/move/", {"to": "up"})
        assert labels() == ["B", "A"]

    def test_the_example_shows_the_control_and_reads_what_is_typed(self, cast):
        client = signed_in(cast.mona)
        sent = posted("Budget", "money", currency="EUR")
        page = client.post("/fields/example/", sent | {"try": "€1,200.5"}).content.decode()
        assert "Shown as €1,200.50" in page
        page = client.post("/fields/example/", sent | {"try": HOSTILE}).content.decode()
        assert "is not a sum of money" in page
        assert HOSTILE not in page
        sent = posted("Wood", "choices", choices="Cedar\nOak")
        page = client.post("/fields/example/", sent | {"try": "oak; cedar"}).content.decode()
        assert "Shown as Cedar, Oak" in page

    def test_nothing_in_a_label_help_or_choice_is_html(self, cast):
        make(cast.mona, HOSTILE, "choices", help=HOSTILE, choices=[HOSTILE])
        make(cast.mona, "Plain", "text", help=HOSTILE)
        cast.capture(at=AT, email="a@b.example", extra={"scriptalert1script": HOSTILE})
        lead = cast.capture(at=AT, email="b@b.example", extra={"x<b>": HOSTILE}).lead
        client = signed_in(cast.mona)
        urls = ["/fields/", "/fields/usage/", reverse("lead-new")]
        urls += [f"/fields/{field.pk}/" for field in CustomField.objects.all()]
        urls += [reverse(name, args=[lead.pk]) for name in ("lead", "lead-edit")]
        for url in urls:
            assert HOSTILE not in client.get(url).content.decode(), url

    @pytest.mark.parametrize("count", [1, 3])
    def test_queries_do_not_grow(self, cast, count, django_assert_num_queries):
        for n in range(count):
            make(cast.mona, f"Field {n}", "text")
        client = signed_in(cast.mona)
        # session, user, memberships, instant, bell, sweep, fields, those of companies, removed ones
        with django_assert_num_queries(9):
            client.get("/fields/")


class TestOnForms:
    def test_the_quick_form_asks_and_keeps_what_was_typed(self, cast):
        make(cast.mona, "Budget", "money")
        make(cast.mona, "Wood", "choices", choices=["Cedar", "Oak"])
        make(cast.mona, "Not asked", "text", on_form=False)
        client, url = signed_in(cast.maya), reverse("lead-new")
        page = client.get(url).content.decode()
        assert 'name="extra.budget"' in page
        assert "extra.not_asked" not in page
        sent = {"email": "a@b.example", "campaign": cast.campaign.slug}
        wrong = client.post(url, sent | {"extra.budget": "lots", "extra.wood": ["Oak"]})
        assert wrong.status_code == 422
        assert wrong.context["form"].errors == {
            "extra.budget": ["“lots” is not a sum of money; write it as 1200.50."]
        }
        assert 'value="lots"' in wrong.content.decode()
        client.post(url, sent | {"extra.budget": "$1,200", "extra.wood": ["Oak", "Cedar"]})
        assert Lead.objects.get().extra == {"budget": 1200, "wood": ["Cedar", "Oak"]}

    def test_the_lead_page_says_values_with_their_labels(self, cast):
        make(cast.mona, "Budget", "money")
        make(cast.mona, "Plan", "url")
        hidden = make(cast.mona, "Hidden", "text")
        extra = {"budget": 1200.5, "plan": "spa.example/plan", "hidden": "x", "tub_size": "big"}
        lead = cast.capture(at=database_now(), email="a@b.example", extra=extra).lead
        changing.remove(hidden, by=cast.mona, at=AT)
        page = signed_in(cast.maya).get(lead.get_absolute_url())
        assert [(each.label, each.words, each.url) for each in page.context["extras"]] == [
            ("Budget", "$1,200.50", ""),
            ("Plan", "https://spa.example/plan", "https://spa.example/plan"),
            ("Tub size", "big", ""),
        ]

    def test_details_are_edited_and_the_change_is_told(self, cast):
        make(cast.mona, "Budget", "money")
        field = make(cast.mona, "Wood", "choice", choices=["Cedar", "Oak"])
        at = database_now()
        lead = cast.capture(at=at, email="a@b.example", extra={"wood": "Oak", "n": "1"}).lead
        changing.change(
            field, facts("Wood", "choice", choices=["Cedar"]), by=cast.mona, at=AT,
            seen=changing.ticket(field),
        )  # fmt: skip
        client, url = signed_in(cast.maya), reverse("lead-edit", args=[lead.pk])
        assert "Oak" in client.get(url).content.decode()
        same = {"email": "a@b.example", "extra.wood": "Oak"}
        assert client.post(url, same | {"extra.budget": "x"}).status_code == 422
        client.post(url, same | {"extra.budget": "7"})
        lead.refresh_from_db()
        assert lead.extra == {"wood": "Oak", "n": "1", "budget": 7}
        client.post(url, same | {"extra.budget": "", "extra.wood": "Cedar"})
        lead.refresh_from_db()
        assert lead.extra == {"wood": "Cedar", "n": "1"}
        page = client.get(lead.get_absolute_url()).content.decode()
        assert "budget: nothing → 7" in page
        assert "wood: Oak → Cedar" in page

    def test_a_value_that_is_not_of_the_kind_stays_when_something_else_is_saved(self, cast):
        make(cast.mona, "Size", "number")
        lead = cast.capture(at=database_now(), email="a@b.example").lead
        Lead.objects.filter(pk=lead.pk).update(extra={"size": "about ten"})
        client, url = signed_in(cast.maya), reverse("lead-edit", args=[lead.pk])
        answer = client.post(url, {"email": "a@b.example", "extra.size": "about ten",
                                   "first_name": "Pat"})  # fmt: skip
        assert answer.status_code == 422
        assert answer.context["form"].errors == {
            "extra.size": ["“about ten” is not a number; write it as 1200.5."]
        }


class TestHostedForms:
    """A form anyone may fill in asks the fields its owner chose."""

    def form(self, cast, *asks: str):
        CaptureForm.objects.filter(slug="guide").delete()
        fields = ["email", *asks]
        return CaptureForm.objects.create(
            slug="guide", name="Guide", campaign=cast.campaign, owner=cast.maya, fields=fields
        )

    def send(self, form, **typed):
        token = hosted.issue(form, {}, form.campaign.slug, at=database_now() - timedelta(seconds=9))
        sent = {"email": "a@b.example", "token": token} | typed
        return Client().post(reverse("hosted-form", args=[form.slug]), sent)

    def test_it_is_chosen_and_shown_as_it_will_be(self, cast):
        make(cast.mona, "Budget", "money")
        make(cast.mona, "Wood", "choices", choices=["Cedar", "Oak"])
        client = signed_in(cast.maya)
        sent = {
            "name": "Guide", "slug": "guide", "campaign": cast.campaign.pk, "touchpoint": "form",
            "button": "Send", "thanks": "Thanks", "is_active": "on",
            "asks": ["company", "extra.wood"],
        }  # fmt: skip
        preview = client.post(reverse("form-preview"), sent).content.decode()
        assert 'value="Oak"' in preview
        assert client.post(reverse("form-new"), sent).status_code == 302
        assert CaptureForm.objects.get().fields == ["email", "company", "extra.wood"]
        page = Client().get("/f/guide/").content.decode()
        assert 'name="extra.wood"' in page
        assert "extra.budget" not in page

    def test_what_is_filled_in_is_typed_and_what_is_wrong_asked_again(self, cast):
        make(cast.mona, "Budget", "money")
        make(cast.mona, "Wood", "choices", choices=["Cedar", "Oak"])
        form = self.form(cast, "extra.wood", "extra.budget")
        wrong = self.send(form, **{"extra.budget": "lots", "extra.wood": "Oak"})
        assert wrong.status_code == 422
        assert "“lots” is not a sum of money" in wrong.content.decode()
        assert 'value="lots"' in wrong.content.decode()
        forged = self.send(form, **{"extra.wood": "Gold", "extra.other": "x"})
        assert forged.status_code == 422
        done = self.send(form, **{"extra.budget": "5", "extra.wood": ["Oak", "Cedar"]})
        assert done.status_code == 302
        assert Lead.objects.get().extra == {"budget": 5, "wood": ["Cedar", "Oak"]}

    def test_what_the_form_does_not_ask_is_not_taken(self, cast):
        make(cast.mona, "Budget", "money")
        assert self.send(self.form(cast), **{"extra.budget": "5"}).status_code == 302
        assert Lead.objects.get().extra == {}

    def test_a_removed_field_is_not_asked_any_more(self, cast):
        field = make(cast.mona, "Budget", "money")
        self.form(cast, "extra.budget")
        changing.remove(field, by=cast.mona, at=AT)
        assert "extra.budget" not in Client().get("/f/guide/").content.decode()


def program(client, cast):
    from accounts.models import ApiKey

    _, text = ApiKey.objects.issue(cast.maya, scope="full")
    return {"HTTP_AUTHORIZATION": f"Bearer {text}", "content_type": "application/json"}


class TestApi:
    def test_fields_are_listed(self, cast, client):
        make(cast.mona, "Budget", "money", currency="EUR", help="Roughly")
        make(cast.mona, "Wood", "choice", choices=["Cedar"])
        got = client.get("/api/v1/fields/", **program(client, cast)).json()["results"]
        assert got[0] == {
            "name": "budget", "label": "Budget", "kind": "money", "choices": [],
            "currency": "EUR", "help": "Roughly",
        }  # fmt: skip
        assert got[1]["choices"] == ["Cedar"]

    def test_values_are_typed_both_ways(self, cast, client):
        make(cast.mona, "Budget", "money")
        make(cast.mona, "Sure", "yes_no")
        key = program(client, cast)
        body = {"email": "a@b.example", "campaign": cast.campaign.slug}
        wrong = client.post("/api/v1/leads/", body | {"extra": {"budget": "lots"}}, **key)
        assert (wrong.status_code, wrong.json()["errors"]) == (
            422, {"extra.budget": ["“lots” is not a sum of money; write it as 1200.50."]}
        )  # fmt: skip
        made = client.post(
            "/api/v1/leads/", body | {"extra": {"budget": "1200.5", "sure": "yes", "n": "x"}}, **key
        ).json()
        assert made["extra"] == {"budget": 1200.5, "sure": True, "n": "x"}
        url = f"/api/v1/leads/{made['id']}/"
        changed = client.patch(url, {"extra": {"budget": 7, "sure": None}}, **key)
        assert changed.json()["extra"] == {"budget": 7, "n": "x"}
        CustomField.objects.create(name="wood", label="Wood", kind="choice", choices=["Cedar"])
        Lead.objects.filter(pk=made["id"]).update(extra={"wood": "Oak"})
        assert client.patch(url, {"extra": {"wood": "oak"}}, **key).status_code == 200
        assert client.patch(url, {"extra": {"wood": "Pine"}}, **key).status_code == 422
        wrong = client.patch(url, {"extra": {"budget": [1]}}, **key)
        assert (wrong.status_code, list(wrong.json()["errors"])) == (422, ["extra.budget"])
        wrong = client.patch(url, {"extra": "x"}, **key)
        assert (wrong.status_code, list(wrong.json()["errors"])) == (422, ["extra"])
