"""The form on the lead page, its preview, the undo, and the templates' pages."""

import uuid

import pytest

from accounts.instants import database_now
from leads.models import BadAddress, Lead, MailTemplate, SentMail

HTMX = {"HX-Request": "true"}


@pytest.fixture
def lead(cast) -> Lead:
    at = database_now()
    lead = cast.hot_lead(at=at, consent={"text": "Yes", "time": at})
    lead.handoffs.get().accept(cast.sam, at=at)
    return lead


@pytest.fixture
def sam(cast, client):
    client.force_login(cast.sam)
    return client


def template(cast, **facts) -> MailTemplate:
    facts = {"by": cast.sam, "name": "Hello", "subject": "Hello {first_name}",
             "body": "Dear {name}", "changed_at": database_now(), **facts}  # fmt: skip
    return MailTemplate.objects.create(**facts)


def test_a_mail_is_sent_from_the_page_and_undone_with_its_words(sam, lead):
    url = f"/leads/{lead.pk}/mail/"
    words = {"once": str(uuid.uuid4()), "subject": "Hello {first_name}", "body": "Ring me"}
    page = sam.post(url, {**words, "back": f"/leads/{lead.pk}/"}, headers=HTMX)
    mail = SentMail.objects.get()
    assert f'action="/mails/{mail.pk}/undo/"' in page.content.decode()
    assert "E-mail under way" in page.content.decode()
    assert f'data-saved="{url}"' in page.content.decode()
    sam.post(url, words, headers=HTMX)  # the second click
    assert SentMail.objects.count() == 1

    form = sam.post(f"/mails/{mail.pk}/undo/", follow=True).content.decode()
    assert 'value="Hello Pat"' in form
    assert "Ring me" in form
    assert SentMail.objects.get().cancelled_at is not None


def test_errors_keep_what_was_typed(sam, lead):
    words = {"once": str(uuid.uuid4()), "subject": "Hi {nick}", "body": "Long <b>words"}
    page = sam.post(f"/leads/{lead.pk}/mail/", words, headers=HTMX)
    assert page.status_code == 422
    assert "{nick} is no placeholder" in page.content.decode()
    assert "Long &lt;b&gt;words" in page.content.decode()
    assert words["once"] in page.content.decode()


def test_the_preview_says_what_goes_out_or_what_is_wrong(sam, lead, settings):
    url = f"/leads/{lead.pk}/mail/preview/"
    seen = sam.post(url, {"subject": "For {company}", "body": "<i>{first_name}"}).content.decode()
    assert "For Spa Hotel" in seen
    assert "&lt;i&gt;Pat" in seen
    assert "Sam &lt;leadflow@localhost&gt;" in seen
    settings.REPLY_ADDRESS = "sales+{token}@spa.example"
    assert "sales+…@spa.example" in sam.post(url, {}).content.decode()
    Lead.objects.update(company="")
    wrong = sam.post(url, {"subject": "For {company}", "body": ""}).content.decode()
    assert "{company} would be empty" in wrong


def test_a_template_fills_the_form_and_leaves_words_of_ones_own(cast, sam, lead):
    one = template(cast)
    two = template(cast, name="Other", subject="Other", body="Other words")
    url = f"/leads/{lead.pk}/mail/"
    filled = sam.post(url, {"use": "1", "template": one.pk}, headers=HTMX).context["form"].initial
    assert (filled["subject"], filled["body"]) == ("Hello {first_name}", "Dear {name}")
    typed = {"use": "1", "template": two.pk, "subject": one.subject, "body": "My own"}
    filled = sam.post(url, typed, headers=HTMX).context["form"].initial
    assert (filled["subject"], filled["body"]) == ("Other", "My own\n\nOther words")


def test_the_form_says_why_somebody_can_not_be_written_to(cast, sam, lead):
    url = f"/leads/{lead.pk}/mail/"
    BadAddress.note("pat@spa.example", "no such user", at=database_now())
    assert "came back (no such user)" in sam.get(url).content.decode()
    assert "mail came back" in sam.get(f"/leads/{lead.pk}/").content.decode()
    again = sam.post(f"{url}trust/", headers=HTMX).content.decode()
    assert "What pat@spa.example" not in again
    assert 'name="subject"' in again
    Lead.objects.update(consent_at=None)
    assert "has not agreed to be written to" in sam.get(url).content.decode()
    Lead.objects.update(email=None, phone="+12125550123")
    assert "No e-mail address of Pat Lee is known" in sam.get(url).content.decode()


def test_templates_are_made_shared_changed_and_put_back(cast, sam):
    words = {"name": "First", "subject": "Hi {first_name}", "body": "Text", "shared": "own"}
    wrong = sam.post("/mails/templates/new/", {**words, "body": "{frist_name}"})
    assert wrong.status_code == 422
    assert "{frist_name} is no placeholder" in wrong.content.decode()
    sam.post("/mails/templates/new/", {**words, "shared": cast.sales.pk})
    assert sam.post("/mails/templates/new/", words).status_code == 409
    made = MailTemplate.objects.get()

    sam.force_login(cast.sue)
    assert "First" in sam.get("/mails/templates/").content.decode()
    assert sam.post(f"/mails/templates/{made.pk}/remove/").status_code == 404
    sam.post(f"/mails/templates/{made.pk}/", {**words, "subject": "Sue's"})
    assert MailTemplate.objects.get(by=cast.sue).subject == "Sue's"
    sam.force_login(cast.dana)
    sam.post(f"/mails/templates/{made.pk}/remove/")
    made.refresh_from_db()
    assert made.removed_at is not None
    sam.post(f"/mails/templates/{made.pk}/put-back/")
    made.refresh_from_db()
    assert made.removed_at is None


def test_templates_of_others_are_nobodys_business(cast, sam):
    own = template(cast)
    sam.force_login(cast.sue)
    assert sam.get(f"/mails/templates/{own.pk}/").status_code == 404
    assert "Hello" not in sam.get("/mails/templates/").content.decode()
    sam.force_login(cast.maya)
    assert sam.get("/mails/templates/").status_code == 403
