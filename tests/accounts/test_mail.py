"""Notifications over a real SMTP server, read back by IMAP; and what a broken server does."""

import email
import os
from datetime import timedelta

import pytest

from accounts import outbox
from accounts.models import Notification, OutboxMessage
from leadflow.environment import Environment
from tests.factories import ny
from tests.leadflow.running import free_port
from tests.mail_server import inbox, mail_server

AT = ny("2027-01-15 10:00")
pytestmark = pytest.mark.slow


@pytest.fixture
def ports(settings) -> tuple[int, int]:
    smtp, imap = free_port(), free_port()
    os.environ["EMAIL_URL"] = f"smtp://127.0.0.1:{smtp}"
    try:
        for name, value in Environment().email("EMAIL_URL").items():
            setattr(settings, name, value)
    finally:
        del os.environ["EMAIL_URL"]
    return smtp, imap


def test_messages_arrive_once_the_server_is_back_under_the_id_they_were_given(cast, ports):
    lead = cast.hot_lead(at=AT, email="ann@spa.example", first_name="Zoë", last_name="Łukasz 🛁")
    assert outbox.relay(at=AT) == 0  # nothing listens yet
    row = OutboxMessage.objects.get()
    assert (row.attempts, row.delivered_at, row.dead_at) == (1, None, None)

    with mail_server(*ports):
        assert outbox.relay(at=AT + timedelta(minutes=2)) == 1
        (letter,) = inbox(ports[1])

    subject = str(email.header.make_header(email.header.decode_header(letter["Subject"])))
    assert subject == "New lead: Zoë Łukasz 🛁"
    assert (letter["To"], letter["Message-ID"]) == ("sam@demo.test", f"<{row.envelope}@localhost>")
    plain = next(p for p in letter.walk() if p.get_content_type() == "text/plain")
    assert f"/leads/{lead.pk}/" in plain.get_payload(decode=True).decode()
    assert Notification.objects.filter(user=cast.sam).count() == 1
