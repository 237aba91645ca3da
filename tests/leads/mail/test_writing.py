"""Writing to a lead: what goes out, what is refused, once only, taken back in time."""

import uuid
from datetime import timedelta

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext

from accounts.models import Notification, OutboxMessage
from accounts.refusals import Refused
from leads import merging
from leads.mail import sending, writing
from leads.models import Activity, BadAddress, Lead, SentMail
from sla.models import Clock
from tests.factories import hours, ny

AT = ny("2027-01-15 10:00")
CONSENT = {"text": "Yes", "time": AT}
SOON = writing.UNDO + timedelta(seconds=1)


@pytest.fixture
def lead(cast) -> Lead:
    """Accepted by Sam, who may write to her."""
    lead = cast.hot_lead(at=AT, consent=CONSENT)
    lead.handoffs.get().accept(cast.sam, at=AT)
    return lead


def write(cast, lead, *, at=AT, **words) -> SentMail:
    said = {"subject": "Your spa, {first_name}", "body": "Dear {name}\n\n{sender}", **words}
    mail, _ = writing.write(
        lead, by=cast.sam, at=at, once=said.pop("once", None) or uuid.uuid4(), **said
    )
    return mail


def test_it_goes_out_after_a_while_and_is_a_touch_at_the_instant_it_was_written(
    cast, lead, mailoutbox
):
    mail = write(cast, lead)
    assert sending.deliver(at=AT + timedelta(seconds=14)) == 0
    assert Activity.objects.filter(kind="email").count() == 0

    assert sending.deliver(at=AT + SOON) == 1
    assert sending.deliver(at=AT + hours(1)) == 0
    (letter,) = mailoutbox
    assert (letter.subject, letter.to) == ("Your spa, Pat", ["pat@spa.example"])
    assert letter.body == "Dear Pat Lee\n\nSam"
    assert (letter.from_email, letter.reply_to) == ("Sam <leadflow@localhost>", [cast.sam.email])
    assert letter.extra_headers["Message-ID"] == f"<{mail.token}.lead@localhost>"
    touch = Activity.objects.get(kind="email")
    assert (touch.occurred_at, touch.recorded_at, touch.evidence) == (AT, AT + SOON, "machine")
    assert (touch.outcome, touch.actor, touch.mail) == ("sent", cast.sam, mail)
    assert touch.data["message_id"] == f"<{mail.token}.lead@localhost>"
    clock = Clock.objects.get(lead=lead, term__key="first_touch_hot")
    assert (clock.state, clock.stopped_at) == ("met", AT)
    assert lead.handoffs.get().first_touch_at == AT


def test_a_mail_written_in_time_and_delayed_by_the_server_keeps_the_promise(
    cast, lead, settings, mailoutbox
):
    working = settings.EMAIL_BACKEND
    write(cast, lead, at=AT + timedelta(minutes=59))
    settings.EMAIL_BACKEND = "django.core.mail.backends.smtp.EmailBackend"
    settings.EMAIL_HOST, settings.EMAIL_PORT = "127.0.0.1", 9  # nothing listens there
    assert sending.deliver(at=AT + hours(1)) == 0
    mail = SentMail.objects.get()
    assert (mail.attempts, mail.last_error[:22]) == (1, "ConnectionRefusedError")

    settings.EMAIL_BACKEND = working
    assert sending.deliver(at=AT + hours(2)) == 1
    assert Clock.objects.get(lead=lead, term__key="first_touch_hot").state == "met"


def test_a_crash_after_claiming_sends_again_under_the_same_id(cast, lead, mailoutbox):
    mail = write(cast, lead)
    assert sending._claim(at=AT + SOON, batch=10) == [mail.pk]  # and here the worker was killed
    assert sending.deliver(at=AT + SOON + timedelta(minutes=4)) == 0
    assert sending.deliver(at=AT + SOON + timedelta(minutes=6)) == 1
    assert mailoutbox[0].extra_headers["Message-ID"] == f"<{mail.token}.lead@localhost>"


def test_what_a_run_does_not_come_to_waits_for_the_next(cast, lead, mailoutbox, monkeypatch):
    mail = write(cast, lead)
    monkeypatch.setattr(sending, "RUN", -1.0)
    assert sending.deliver(at=AT + SOON) == 0
    monkeypatch.setattr(sending, "RUN", 60.0)
    mail.refresh_from_db()
    assert mail.attempts == 0
    assert sending.deliver(at=AT + SOON) == 1
    assert len(mailoutbox) == 1


def test_what_no_server_takes_is_given_up_and_its_sender_told(cast, lead, settings):
    settings.EMAIL_BACKEND = "django.core.mail.backends.smtp.EmailBackend"
    settings.EMAIL_HOST, settings.EMAIL_PORT = "127.0.0.1", 9
    mail, at = write(cast, lead), AT + SOON
    for _ in range(sending.MOST_ATTEMPTS):
        assert sending.deliver(at=at) == 0
        mail.refresh_from_db()
        at = mail.next_attempt_at
    assert (mail.attempts, mail.dead_at is None) == (10, False)
    assert OutboxMessage.objects.get(kind="mail").title == "Not sent: “Your spa, Pat”"
    assert Activity.objects.filter(kind="email").count() == 0


def test_the_same_form_sent_twice_is_one_mail(cast, lead, mailoutbox):
    once = uuid.uuid4()
    first, second = (write(cast, lead, once=once) for _ in range(2))
    assert first.pk == second.pk
    assert sending.deliver(at=AT + SOON) == 1
    assert len(mailoutbox) == 1


def test_it_is_taken_back_before_it_goes_out_and_not_after(cast, lead, mailoutbox):
    mail = write(cast, lead)
    writing.take_back(mail, at=AT + timedelta(seconds=5))
    writing.take_back(mail, at=AT + timedelta(seconds=6))
    assert sending.deliver(at=AT + SOON) == 0
    gone = write(cast, lead, once=mail.once)  # the same form once more, after second thoughts
    assert gone != mail
    sending.deliver(at=AT + SOON)
    with pytest.raises(Refused, match="on its way"):
        writing.take_back(gone, at=AT + SOON)
    assert len(mailoutbox) == 1


@pytest.mark.parametrize(
    ("words", "field", "says"),
    [
        ({"body": "Dear {nickname}"}, "body", "{nickname} is no placeholder; there are {first_"),
        ({"subject": "{job_title}"}, "subject", "{job_title} would be empty: the title of Pat Lee"),
        ({"subject": " "}, "subject", "Say in a few words"),
        ({"body": "\n"}, "body", "an empty e-mail says nothing"),
        ({"body": "x" * 20_001}, "body", "at most 20,000 fit"),
    ],
)
def test_what_is_wrong_is_named_and_nothing_goes_out(cast, lead, words, field, says):
    Lead.objects.update(job_title="")
    with pytest.raises(Refused) as refusal:
        write(cast, lead, **words)
    assert list(refusal.value.fields) == [field]
    assert says in refusal.value.fields[field]
    assert SentMail.objects.count() == 0


def test_braces_that_are_no_placeholder_stay(cast, lead, mailoutbox):
    write(cast, lead, body="a { } c {} {{x y}}, yours {sender}")
    sending.deliver(at=AT + SOON)
    assert mailoutbox[0].body == "a { } c {} {{x y}}, yours Sam"


def test_nobody_is_written_to_who_has_not_agreed_until_somebody_says_how_they_did(cast):
    lead = cast.hot_lead(at=AT)
    with pytest.raises(Refused, match="Pat Lee has not agreed to be written to"):
        write(cast, lead)
    write(cast, lead, consent="asked for prices by phone")
    lead.refresh_from_db()
    assert lead.consent_text == "asked for prices by phone (noted by Sam)"
    assert lead.consent_at == AT


def test_nothing_is_sent_to_an_address_that_bounced_until_somebody_says_it_works(cast, lead):
    waiting = write(cast, lead)
    BadAddress.note("PAT@spa.example", "550 no such user", at=AT)
    with pytest.raises(Refused, match=r"pat@spa.example came back \(550 no such user\)"):
        write(cast, lead)
    assert sending.deliver(at=AT + SOON) == 0
    waiting.refresh_from_db()
    assert waiting.dead_at == AT + SOON
    writing.trust_again(lead, by=cast.sam, at=AT)
    assert write(cast, lead).to == "pat@spa.example"


def test_a_mail_follows_its_lead_into_a_merge_and_a_deleted_one_gets_none(cast, lead, mailoutbox):
    write(cast, lead)
    other = cast.capture(at=AT, email="old@spa.example", last_name="Lee").lead
    merging.merge(other, lead, by=cast.admin, at=AT)
    sending.deliver(at=AT + SOON)
    assert Activity.objects.get(kind="email").lead == other
    Lead.everything.update(deleted_at=AT)
    SentMail.objects.update(sent_at=None, next_attempt_at=AT)
    assert sending.deliver(at=AT + SOON) == 0
    assert SentMail.objects.get().last_error.startswith("The lead was deleted")


def test_a_reply_address_with_a_token_is_used(cast, lead, settings, mailoutbox):
    settings.REPLY_ADDRESS = "sales+{token}@spa.example"
    mail = write(cast, lead, subject="One\r\nBcc: all@spa.example")
    sending.deliver(at=AT + SOON)
    assert mailoutbox[0].reply_to == [f"sales+{mail.token}@spa.example"]
    assert mailoutbox[0].recipients() == ["pat@spa.example"]


def test_sending_asks_the_same_queries_for_one_and_for_three(cast, lead, mailoutbox):
    counts = []
    for many in (1, 3):
        for _ in range(many):
            write(cast, lead)
        with CaptureQueriesContext(connection) as queries:
            sending.deliver(at=AT + SOON)
        counts.append(len(queries) / many)
    assert counts[1] <= counts[0]
    assert Notification.objects.count() == 0
