"""Webhooks against a real server: at least once, under one id, signed; failing, then succeeding."""

import base64
import hashlib
import hmac
import json
import os
import signal
import subprocess
import sys
from datetime import timedelta
from pathlib import Path

import pytest
from django.db import connection
from django.test import Client
from django.urls import reverse

from accounts import webhooks
from accounts.instants import database_now
from accounts.models import AuditEntry, OutboxMessage, User, Webhook, WebhookDelivery
from tests.accounts.receiver import Receiver, listening
from tests.factories import ny

AT = ny("2027-01-15 10:00")
ROOT = Path(__file__).resolve().parents[2]


@pytest.fixture
def receiver(settings):
    settings.WEBHOOK_PRIVATE = True  # the test's own server is on loopback
    with listening() as found:
        yield found


@pytest.fixture
def hook(db, receiver) -> Webhook:
    return Webhook.objects.create(name="Chat", url=receiver.url, created_at=AT)


def the_delivery() -> WebhookDelivery:
    return WebhookDelivery.objects.get()


def test_a_delivery_is_signed_and_says_what_happened(hook, receiver):
    delivery = webhooks.tell(hook, "deadline.missed", {"lead": 7, "owner": "säm@x.test"}, at=AT)
    assert webhooks.deliver(at=AT) == 1

    ((path, headers, body),) = receiver.calls
    assert path == "/hook?from=leadflow"
    assert json.loads(body) == {
        "type": "deadline.missed", "timestamp": "2027-01-15T15:00:00+00:00",
        "data": {"lead": 7, "owner": "säm@x.test"},
    }  # fmt: skip
    assert (headers["webhook-id"], headers["webhook-timestamp"]) == (
        str(delivery.uid), str(int(AT.timestamp())),
    )  # fmt: skip
    # As a receiver checks it, who has nothing but the secret that was shown once.
    key = base64.b64decode(hook.secret().removeprefix("whsec_"))
    said = f"{headers['webhook-id']}.{headers['webhook-timestamp']}.".encode() + body
    digest = base64.b64encode(hmac.new(key, said, hashlib.sha256).digest()).decode()
    assert headers["webhook-signature"] == f"v1,{digest}"
    assert (the_delivery().state, the_delivery().last_status) == ("delivered", "200 OK")
    assert webhooks.deliver(at=AT) == 0


def test_a_server_that_fails_is_tried_again_under_the_same_id(hook, receiver):
    receiver.answers = [503, 500]
    webhooks.tell(hook, "test", {}, at=AT)
    at, waits = AT, []
    for _ in range(3):
        webhooks.deliver(at=at)
        waits.append((the_delivery().next_attempt_at - at).total_seconds())
        at = the_delivery().next_attempt_at

    assert waits[:2] == [10, 20]
    assert len(receiver.calls) == 3
    assert len(set(receiver.ids)) == 1
    assert len({body for _, _, body in receiver.calls}) == 1
    assert (the_delivery().state, the_delivery().attempts) == ("delivered", 3)


def test_it_is_given_up_after_twelve_attempts_and_can_be_sent_again(hook, receiver):
    admin = User.objects.create_superuser("admin@demo.test", "x")
    receiver.answers = [500] * 12
    delivery, at = webhooks.tell(hook, "test", {}, at=AT), AT
    for _ in range(webhooks.MOST_ATTEMPTS):
        webhooks.deliver(at=at)
        at = the_delivery().next_attempt_at
    assert timedelta(hours=5) < the_delivery().last_attempt_at - AT < timedelta(hours=6)
    assert (the_delivery().state, the_delivery().last_status) == (
        "given up", "500 Internal Server Error",
    )  # fmt: skip
    assert webhooks.deliver(at=at) == 0
    told = OutboxMessage.objects.get()
    assert (told.recipient, told.title) == (admin, "The webhook Chat does not answer")
    assert told.body.startswith("500 Internal Server Error. It was tried 12 times")

    webhooks.again(delivery, at=at)
    assert webhooks.deliver(at=at) == 1
    assert (the_delivery().state, len(set(receiver.ids))) == ("delivered", 1)


def test_a_failing_webhook_holds_up_no_other(hook, receiver):
    receiver.answers = [500]
    with listening() as other:
        healthy = Webhook.objects.create(name="Other", url=other.url, created_at=AT)
        for _ in range(5):
            webhooks.tell(hook, "test", {}, at=AT)
        for _ in range(3):
            webhooks.tell(healthy, "test", {}, at=AT)
        assert webhooks.deliver(at=AT) == 3
        assert (len(receiver.calls), len(other.calls)) == (1, 3)
    # What was not tried has spent no attempt.
    attempts = hook.deliveries.order_by("pk").values_list("attempts", flat=True)
    assert list(attempts) == [1, 0, 0, 0, 0]
    assert webhooks.deliver(at=AT + webhooks.REST) == 5


def test_redirects_are_not_followed(hook, receiver):
    with listening() as inside:
        receiver.answers, receiver.headers = [302], {"Location": inside.url}
        webhooks.tell(hook, "test", {}, at=AT)
        webhooks.deliver(at=AT)
        assert inside.calls == []
    assert the_delivery().last_status == "302 Found; redirects are not followed"
    assert the_delivery().state == "failed, trying again"


def test_nothing_is_sent_while_it_is_switched_off(hook, receiver):
    webhooks.tell(hook, "test", {}, at=AT)
    hook.is_active = False
    hook.save()
    assert (webhooks.deliver(at=AT), receiver.calls) == (0, [])
    hook.is_active = True
    hook.save()
    assert webhooks.deliver(at=AT) == 1


def test_old_deliveries_are_forgotten(hook):
    webhooks.tell(hook, "test", {}, at=AT)
    webhooks.tell(hook, "test", {}, at=AT + timedelta(days=2))
    assert webhooks.forget(before=AT + timedelta(days=1)) == 1
    assert the_delivery().created_at == AT + timedelta(days=2)


@pytest.mark.django_db(transaction=True)
def test_case_19_killed_between_send_and_mark_it_is_sent_again_under_the_same_id(
    settings, receiver: Receiver
):
    hook = Webhook.objects.create(name="Chat", url=receiver.url, created_at=AT)
    webhooks.tell(hook, "test", {}, at=database_now())
    with subprocess.Popen(
        [sys.executable, "-c",
         "import django; django.setup()\n"
         "from accounts import webhooks\n"
         "from accounts.instants import database_now\n"
         "webhooks.deliver(at=database_now())"],
        env={**os.environ, **_this_database(), "WEBHOOK_PRIVATE": "1"}, cwd=ROOT,
    ) as process:  # fmt: skip
        receiver.before = lambda: os.kill(process.pid, signal.SIGKILL)
        assert process.wait(timeout=60) == -signal.SIGKILL
    receiver.before = lambda: None
    # It has been claimed, nobody knows whether it arrived, and nobody else takes it at once.
    assert (the_delivery().attempts, the_delivery().delivered_at) == (1, None)
    assert webhooks.deliver(at=database_now()) == 0

    assert webhooks.deliver(at=database_now() + webhooks.CLAIM) == 1
    assert (len(receiver.calls), len(set(receiver.ids))) == (2, 1)


def _this_database() -> dict[str, str]:
    found = connection.settings_dict
    address = f"postgresql://{found['USER']}@/{found['NAME']}?host={found['HOST']}"
    return {"DATABASE_URL": address.replace("@/", "@localhost/"), "SECRET_KEY": "x" * 50,
            "DJANGO_SETTINGS_MODULE": "leadflow.settings", "HTTPS": "0"}  # fmt: skip


# In the browser.


@pytest.fixture
def admin(cast) -> Client:
    client = Client()
    client.force_login(cast.admin)
    return client


def test_an_admin_adds_one_and_sees_its_secret_once(cast, admin):
    answer = admin.post(
        reverse("webhook-list"), {"name": "Chat", "url": "https://hook.example/leadflow"}
    )
    hook = Webhook.objects.get()
    assert (hook.name, hook.created_by) == ("Chat", cast.admin)
    assert hook.secret() in answer.content.decode()
    assert answer["Cache-Control"] == "no-store"
    for url in (reverse("webhook-list"), reverse("webhook", args=[hook.pk])):
        assert "whsec_" not in admin.get(url).content.decode()
    assert list(AuditEntry.objects.values_list("verb", flat=True)) == ["webhook_added"]
    # Nor is it in the database.
    key = hook.secret().removeprefix("whsec_")
    assert key not in [str(value) for value in Webhook.objects.values().get().values()]


@pytest.mark.parametrize(
    ("url", "said"),
    [
        ("ftp://hook.example/", "does not begin with http:// or https://"),
        ("http://127.0.0.1:8000/admin/", "is an address of a private network"),
        ("http://[::1]/", "is an address of a private network"),
        ("http://localhost/", "is an address of a private network"),
        ("https://sam:pw@hook.example/", "Leave name and password out"),
        ("https://", "names no host"),
        ("https://hook.example/a b", "percent-encoded"),
        ("https://hook.example:99999/", "is not an address"),
    ],
)
def test_an_address_that_is_never_called_is_refused_and_kept(admin, url, said):
    answer = admin.post(reverse("webhook-list"), {"name": "Chat", "url": url})
    page = answer.content.decode()
    assert (answer.status_code, Webhook.objects.count()) == (422, 0)
    assert said in page
    assert url in page


def test_a_test_goes_the_way_of_everything_and_is_listed(admin, hook, receiver):
    admin.post(reverse("webhook-test", args=[hook.pk]))
    page = admin.get(reverse("webhook", args=[hook.pk])).content.decode()
    assert ("waiting" in page, 'hx-trigger="every 3s"' in page) == (True, True)

    webhooks.deliver(at=database_now())
    page = admin.get(reverse("webhook", args=[hook.pk])).content.decode()
    assert ("delivered" in page, "200 OK" in page, "every 3s" in page) == (True, True, False)
    assert json.loads(receiver.calls[0][2])["type"] == "test"

    admin.post(reverse("webhook-delivery-again", args=[the_delivery().pk]))
    webhooks.deliver(at=database_now())
    assert (len(receiver.calls), len(set(receiver.ids))) == (2, 1)


def test_a_new_secret_signs_from_now_on(admin, hook):
    before = hook.secret()
    page = admin.post(reverse("webhook-secret", args=[hook.pk])).content.decode()
    hook.refresh_from_db()
    assert hook.secret() != before
    assert hook.secret() in page


def test_it_is_switched_off_and_deleted(admin, hook):
    admin.post(reverse("webhook-switch", args=[hook.pk]), {"to": "off"})
    hook.refresh_from_db()
    assert hook.is_active is False
    webhooks.tell(hook, "test", {}, at=AT)
    admin.post(reverse("webhook-delete", args=[hook.pk]))
    assert (Webhook.objects.count(), WebhookDelivery.objects.count()) == (0, 0)
    # Of the address only the host: the rest is often a secret of the receiver's.
    facts = AuditEntry.objects.get(verb="webhook_deleted").facts
    assert facts == {"name": "Chat", "host": "127.0.0.1"}


@pytest.mark.parametrize("number", [1, 3])
def test_the_lists_ask_the_same_whatever_their_length(
    admin, db, number, django_assert_max_num_queries
):
    hooks = [
        Webhook.objects.create(name=f"H{n}", url="https://hook.example/", created_at=AT)
        for n in range(number)
    ]
    for _ in range(number):
        webhooks.tell(hooks[0], "test", {}, at=AT)
    with django_assert_max_num_queries(8):
        admin.get(reverse("webhook-list"))
    with django_assert_max_num_queries(9):
        admin.get(reverse("webhook", args=[hooks[0].pk]))
