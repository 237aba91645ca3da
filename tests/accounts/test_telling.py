"""How one is told: the bell, e-mail and chat, topic by topic; an assignment always rings."""

import json
from datetime import time, timedelta

import pytest
from django.db import connection
from django.test import Client
from django.urls import reverse

from accounts import chat, outbox, webhooks
from accounts.models import NotificationPreference, OutboxMessage, Webhook, WebhookDelivery
from accounts.telling import TOPICS
from tests.accounts.receiver import listening
from tests.factories import make_cast, ny

AT = ny("2027-01-15 10:20")


def write(user, kind, title="Something", *, at=AT):
    outbox.send([outbox.message(user.pk, kind, title, "a < b", "/leads/7/", at=at)])


def choose(user, topic, **choice):
    NotificationPreference.objects.create(user=user, topic=topic, **choice)


def bell(user):
    return list(user.notifications.order_by("pk").values_list("title", flat=True))


def test_nobody_who_has_chosen_nothing_is_told_otherwise(cast, mailoutbox):
    write(cast.sam, "warn")
    assert outbox.relay(at=AT) == 1
    assert (bell(cast.sam), len(mailoutbox)) == (["Something"], 1)
    assert WebhookDelivery.objects.count() == 0


def test_a_topic_without_bell_and_mail_is_silent_and_the_others_are_not(cast, mailoutbox):
    choose(cast.sam, "work", bell=False, mail="never", chat=False)
    write(cast.sam, "import", "An import is done")
    write(cast.sam, "warn", "A deadline is near")
    assert outbox.relay(at=AT) == 2
    assert bell(cast.sam) == ["A deadline is near"]
    assert [letter.subject for letter in mailoutbox] == ["A deadline is near"]
    assert not OutboxMessage.objects.filter(delivered_at=None).exists()


def test_an_assignment_rings_whatever_was_chosen(cast, mailoutbox):
    choose(cast.sam, "leads", bell=False, mail="never")
    write(cast.sam, "assigned", "New lead")
    outbox.relay(at=AT)
    assert (bell(cast.sam), mailoutbox) == (["New lead"], [])


@pytest.mark.parametrize(
    ("mail", "due"), [("hourly", "2027-01-15 11:00"), ("daily", "2027-01-16 08:00")]
)
def test_what_is_gathered_rings_at_once_and_is_mailed_as_one(cast, mailoutbox, mail, due):
    choose(cast.sam, "deadlines", mail=mail)
    write(cast.sam, "warn", "One")
    assert outbox.relay(at=AT) == 0
    write(cast.sam, "warn", "Two", at=AT + timedelta(minutes=30))
    assert outbox.relay(at=AT + timedelta(minutes=30)) == 0
    assert (bell(cast.sam), mailoutbox) == (["One", "Two"], [])

    assert outbox.relay(at=ny(due) - timedelta(seconds=1)) == 0
    assert outbox.relay(at=ny(due)) == 2
    (letter,) = mailoutbox
    assert letter.subject == "2 things need you in leadflow"
    assert OutboxMessage.objects.filter(attempts=1).count() == 2


def test_a_morning_that_is_quiet_waits_for_the_end_of_the_quiet(cast, mailoutbox):
    cast.sam.quiet_from, cast.sam.quiet_to = time(22), time(9)
    cast.sam.save()
    choose(cast.sam, "deadlines", mail="daily")
    write(cast.sam, "warn")
    outbox.relay(at=AT)
    assert outbox.relay(at=ny("2027-01-16 08:00")) == 0
    assert outbox.relay(at=ny("2027-01-16 09:00")) == 1
    assert len(mailoutbox) == 1


def test_a_mail_server_that_fails_holds_up_neither_bell_nor_chat(cast, settings):
    settings.EMAIL_BACKEND = "django.core.mail.backends.smtp.EmailBackend"
    settings.EMAIL_HOST, settings.EMAIL_PORT = "127.0.0.1", 9  # nothing listens there
    chat.connect(cast.sam, "https://chat.example/hook", at=AT)
    write(cast.sam, "warn")
    for turn in range(3):
        assert outbox.relay(at=AT + timedelta(minutes=turn)) == 0
    assert bell(cast.sam) == ["Something"]
    assert WebhookDelivery.objects.count() == 1
    assert OutboxMessage.objects.get().attempts == 3


def test_the_chat_hears_it_as_slack_takes_it_and_after_the_quiet(cast, settings):
    settings.WEBHOOK_PRIVATE = True  # the test's own server is on loopback
    settings.SITE_URL = "https://crm.example"
    cast.sam.quiet_from, cast.sam.quiet_to = time(10), time(11)
    cast.sam.save()
    choose(cast.sam, "answers", chat=False)
    write(cast.sam, "warn", "Call <Pat> & Co")
    write(cast.sam, "feedback", "Not for the chat")
    with listening() as receiver:
        chat.connect(cast.sam, receiver.url, at=AT)
        outbox.relay(at=AT)
        assert webhooks.deliver(at=AT) == 0
        assert webhooks.deliver(at=ny("2027-01-15 11:00")) == 1
    ((_, _, body),) = receiver.calls
    assert json.loads(body)["text"].split("\n") == [
        "*Call &lt;Pat&gt; &amp; Co*", "a &lt; b",
        "<https://crm.example/leads/7/|Open in leadflow>",
    ]  # fmt: skip


@pytest.mark.django_db(transaction=True)
def test_a_chat_that_is_taken_away_while_others_are_told_holds_nobody_up(db, settings):
    settings.WEBHOOK_PRIVATE = True  # the test's own server is on loopback
    cast = make_cast()

    def sue_leaves() -> None:
        chat.disconnect(cast.sue, at=AT)
        connection.close()

    with listening() as receiver:
        for person in (cast.sam, cast.sue, cast.maya):
            chat.say_hello(chat.connect(person, receiver.url, at=AT), at=AT)
        receiver.before = sue_leaves
        assert webhooks.deliver(at=AT) == 2
    assert not WebhookDelivery.objects.filter(delivered_at=None).exists()


def test_who_owns_a_dead_chat_is_told_and_not_the_admins(cast):
    webhook = chat.connect(cast.sam, "https://chat.invalid/hook", at=AT)
    chat.say_hello(webhook, at=AT)
    at = AT
    for _ in range(webhooks.MOST_ATTEMPTS):
        webhooks.deliver(at=at)
        at += webhooks.LONGEST_WAIT
    told = OutboxMessage.objects.get()
    assert (told.recipient, told.title) == (cast.sam, "Your chat does not answer")
    outbox.relay(at=at)
    assert WebhookDelivery.objects.count() == 1


@pytest.fixture
def sam(cast):
    client = Client()
    client.force_login(cast.sam)
    return client


def test_choices_are_made_on_the_page_and_kept(cast, sam):
    chat.connect(cast.sam, "https://hooks.example/x", at=AT)
    url = reverse("telling")
    page = sam.get(url).text
    assert all(topic.name in page for topic in TOPICS)
    chosen = {f"{topic.key}-mail": "at_once" for topic in TOPICS} | {"work-mail": "daily"}
    answer = sam.post(url, chosen | {"deadlines-bell": "on", "deadlines-chat": "on"})
    assert (answer.status_code, answer.headers["Location"]) == (302, url)
    kept = {each.topic: each for each in cast.sam.notification_preferences.all()}
    assert (kept["work"].mail, kept["work"].bell) == ("daily", False)
    assert (kept["deadlines"].bell, kept["deadlines"].chat) == (True, True)
    assert kept["leads"].bell is True
    assert kept["work"].chat is False
    # Without a chat nothing is said of it, and what was chosen stays for the next one.
    chat.disconnect(cast.sam, at=AT)
    sam.post(url, chosen | {"work-mail": "never"})
    work, deadlines = (cast.sam.notification_preferences.get(topic=topic)
                       for topic in ("work", "deadlines"))  # fmt: skip
    assert (work.mail, work.chat, deadlines.chat) == ("never", False, True)


def test_a_choice_there_is_not_changes_nothing(cast, sam):
    chosen = {f"{topic.key}-mail": "at_once" for topic in TOPICS} | {"work-mail": "weekly"}
    answer = sam.post(reverse("telling"), chosen)
    assert answer.status_code == 422
    assert "weekly is not one of the available choices" in answer.text
    assert not cast.sam.notification_preferences.exists()


def test_a_chat_is_connected_and_left(cast, sam):
    url = reverse("telling-chat")
    answer = sam.post(url, {"url": "http://169.254.169.254/latest"})
    assert answer.status_code == 422
    assert "169.254.169.254/latest" in answer.text
    sam.post(url, {"url": "https://hooks.example/T0/secret"})
    page = sam.get(reverse("telling")).text
    assert "hooks.example" in page
    assert "secret" not in page
    assert WebhookDelivery.objects.get().event == "test"
    sam.post(url, {"url": "https://other.example/x"})
    assert Webhook.objects.get().url == "https://other.example/x"
    sam.post(url, {"remove": "1"})
    assert not Webhook.objects.exists()


def test_another_chat_hears_nothing_of_before_and_not_too_often(cast, sam):
    write(cast.sam, "warn")
    chat.connect(cast.sam, "https://hooks.example/x", at=AT)
    outbox.relay(at=AT)
    assert WebhookDelivery.objects.filter(event="notification").count() == 1
    # As when the mail server failed: the message is delivered once more, to another chat.
    OutboxMessage.objects.update(delivered_at=None, next_attempt_at=AT)
    chat.connect(cast.sam, "https://hooks.example/y", at=AT + timedelta(seconds=1))
    outbox.relay(at=AT + timedelta(seconds=2))
    assert WebhookDelivery.objects.filter(event="notification").count() == 0
    url = reverse("telling-chat")
    said = [sam.post(url, {"url": "https://hooks.example/z"}).status_code for _ in range(6)]
    assert said == [302] * 5 + [429]
    assert sam.post(url, {"remove": "1"}).status_code == 302


def test_an_admin_neither_sees_nor_calls_anybodys_chat(cast):
    webhook = chat.connect(cast.sam, "https://hooks.example/T0/secret", at=AT)
    chat.say_hello(webhook, at=AT)
    client = Client()
    client.force_login(cast.admin)
    assert "Chat of Sam" not in client.get(reverse("webhook-list")).text
    delivery = webhook.deliveries.get()
    for name, pk in (("webhook-test", webhook.pk), ("webhook-delete", webhook.pk),
                     ("webhook-delivery-again", delivery.pk)):  # fmt: skip
        assert client.post(reverse(name, args=[pk])).status_code == 404
    assert client.get(reverse("webhook", args=[webhook.pk])).status_code == 404
