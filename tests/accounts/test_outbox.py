"""The outbox: at least once, under one id, one digest a person; a failing server loses nothing."""

from datetime import timedelta

import pytest
from django.core import mail

from accounts import outbox
from accounts.models import Notification, OutboxMessage
from tests.factories import ny

AT = ny("2027-01-15 10:00")


def write(user, *titles, dedupe_key=None):
    outbox.send(
        [outbox.message(user.pk, "test", t, "", "/", at=AT, dedupe_key=dedupe_key) for t in titles]
    )


def test_a_message_rings_the_bell_and_is_mailed_under_its_envelope(cast, mailoutbox):
    write(cast.sam, "New lead: Ann")
    assert outbox.relay(at=AT) == 1

    row = OutboxMessage.objects.get()
    (letter,) = mailoutbox
    assert (letter.subject, letter.to) == ("New lead: Ann", ["sam@demo.test"])
    assert letter.extra_headers["Message-ID"] == f"<{row.envelope}@localhost>"
    assert [n.title for n in cast.sam.notifications.all()] == ["New lead: Ann"]
    assert outbox.relay(at=AT) == 0


def test_many_messages_for_one_person_are_one_digest(cast, mailoutbox):
    write(cast.sam, *[f"Thing {n}" for n in range(50)])
    assert outbox.relay(at=AT) == 50
    (letter,) = mailoutbox
    assert letter.subject == "50 things need you in leadflow"
    assert "… and 10 more" in letter.body
    assert Notification.objects.count() == 50


def test_a_crash_after_claiming_sends_again_under_the_same_id(cast, mailoutbox):
    write(cast.sam, "One", "Two")
    (claimed,) = outbox._claim(at=AT, batch=10)  # and here the relay was killed

    assert outbox.relay(at=AT + timedelta(seconds=30)) == 0
    write(cast.sam, "Three")
    assert outbox.relay(at=AT + timedelta(seconds=61)) == 3

    first = next(m for m in mailoutbox if str(claimed) in m.extra_headers["Message-ID"])
    assert ("One" in first.body, "Two" in first.body, "Three" in first.body) == (True, True, False)


def test_a_server_that_refuses_is_tried_again_later_and_at_last_given_up(cast, settings):
    settings.EMAIL_BACKEND = "django.core.mail.backends.smtp.EmailBackend"
    settings.EMAIL_HOST, settings.EMAIL_PORT = "127.0.0.1", 9  # nothing listens there
    write(cast.sam, "One")
    at = AT
    for _ in range(outbox.MOST_ATTEMPTS):
        assert outbox.relay(at=at) == 0
        at = OutboxMessage.objects.get().next_attempt_at
    row = OutboxMessage.objects.get()
    assert (row.attempts, row.delivered_at) == (10, None)
    assert row.dead_at is not None
    assert row.last_error.startswith("ConnectionRefusedError")
    # The bell does not wait for the mail server, and rings once.
    assert Notification.objects.count() == 1


def test_a_fact_seen_twice_tells_once(cast):
    write(cast.sam, "One", dedupe_key="fact:1")
    write(cast.sam, "One", dedupe_key="fact:1")
    assert OutboxMessage.objects.count() == 1


def test_a_title_can_not_smuggle_a_header_in(cast, mailoutbox):
    write(cast.sam, "Ann\nBcc: everyone@spa.example")
    outbox.relay(at=AT)
    assert mail.outbox[0].subject == "Ann Bcc: everyone@spa.example"
    assert mailoutbox[0].recipients() == ["sam@demo.test"]


@pytest.mark.parametrize("verb", ["update", "delete"])
def test_the_audit_trail_can_only_be_added_to(cast, verb):
    from django.db import DatabaseError, transaction

    from accounts import audit
    from accounts.models import AuditEntry

    audit.record("tested", cast.sam, by=cast.dana, at=AT)
    rows = AuditEntry.objects.all()
    with pytest.raises(DatabaseError, match="can only be added to"), transaction.atomic():
        rows.update(verb="forged") if verb == "update" else rows.delete()
