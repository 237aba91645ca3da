"""There and back over a real SMTP and IMAP server."""

import imaplib
import smtplib
import uuid
from datetime import timedelta

import pytest

from accounts.models import OutboxMessage
from leadflow.environment import Environment, WrongValue
from leads.mail import mailbox, sending, writing
from leads.models import Activity, Mailbox, SentMail
from tests.factories import ny
from tests.leadflow.running import free_port
from tests.mail_server import PASSWORD, USER, inbox, mail_server

AT = ny("2026-11-20 10:00")  # before today: the server dates what it takes by its own clock
pytestmark = pytest.mark.slow


@pytest.fixture
def ports(settings) -> tuple[int, int]:
    smtp, imap = free_port(), free_port()
    user = USER.replace("@", "%40")
    env = Environment({
        "EMAIL_URL": f"smtp://127.0.0.1:{smtp}",
        "IMAP_URL": f"imap://{user}:{PASSWORD}@127.0.0.1:{imap}/INBOX",
    })  # fmt: skip
    for name, value in env.email("EMAIL_URL").items():
        setattr(settings, name, value)
    settings.IMAP = env.imap("IMAP_URL")
    settings.REPLY_ADDRESS = "sales+{token}@demo.test"
    return smtp, imap


def test_a_mail_goes_out_and_its_answer_comes_back_once(cast, ports):
    lead = cast.hot_lead(at=AT, consent={"text": "Yes", "time": AT})
    lead.handoffs.get().accept(cast.sam, at=AT)
    with mail_server(*ports):
        assert mailbox.fetch(at=AT) == 0
        writing.write(
            lead, by=cast.sam, at=AT, once=uuid.uuid4(), subject="Zoë, {first_name}", body="Łódź 🛁"
        )
        assert sending.deliver(at=AT + timedelta(seconds=20)) == 1
        (letter,) = inbox(ports[1])
        sent = SentMail.objects.get()
        assert letter["Message-ID"] == f"<{sent.token}.lead@localhost>"
        assert letter["Reply-To"] == f"sales+{sent.token}@demo.test"
        assert letter.get_payload(decode=True).decode().strip() == "Łódź 🛁"

        with smtplib.SMTP("127.0.0.1", ports[0]) as smtp:
            smtp.sendmail(
                "pat@spa.example", [letter["Reply-To"]],
                f"From: Pat <pat@spa.example>\nTo: {letter['Reply-To']}\nSubject: Re\n"
                "Message-ID: <answer@spa.example>\n\nYes!",
            )  # fmt: skip
        at = AT + timedelta(minutes=5)
        # The server has one mailbox for everybody: our own mail lies in it, and is dropped.
        assert mailbox.fetch(at=at) == 2
        assert mailbox.fetch(at=at) == 0
        with imaplib.IMAP4("127.0.0.1", ports[1]) as box:
            box.login(USER, PASSWORD)
            box.select("INBOX")
            assert box.search(None, "UNSEEN")[1] == [b"1 2"]

        Mailbox.objects.update(uid_validity=1)  # numbered anew: all of it is read once more
        assert mailbox.fetch(at=at) == 2
    reply = Activity.objects.get(kind="reply")
    assert (reply.lead, reply.note, reply.data["mail"]) == (lead, "Yes!", sent.pk)


def test_a_mailbox_out_of_reach_is_told_after_a_while_and_loses_nothing(cast, ports):
    for minutes in (0, 10, 16, 17):
        assert mailbox.fetch(at=AT + timedelta(minutes=minutes)) == 0
    box = Mailbox.objects.get()
    assert (box.failing_since, box.last_error[:22]) == (AT, "ConnectionRefusedError")
    assert [m.recipient for m in OutboxMessage.objects.filter(kind="mail")] == [cast.admin]
    with mail_server(*ports):
        mailbox.fetch(at=AT + timedelta(minutes=18))
    box.refresh_from_db()
    assert (box.failing_since, box.last_error) == (None, "")


def test_a_wrong_password_is_an_error_to_be_told_and_not_a_crash(cast, ports, settings):
    settings.IMAP = {**settings.IMAP, "PASSWORD": "wrong"}
    with mail_server(*ports):
        assert mailbox.fetch(at=AT) == 0
    assert Mailbox.objects.get().failing_since == AT


def test_without_an_address_nothing_is_looked_at(db, settings):
    settings.IMAP = None
    assert mailbox.fetch(at=AT) == 0
    assert Mailbox.objects.count() == 0


def test_addresses_of_mailboxes_are_read_and_wrong_ones_refused():
    read = Environment({"IMAP_URL": "imaps://me%40x.example:p%2F@mail.example/Sales"}).imap
    assert read("IMAP_URL") == {
        "NAME": "me@x.example at mail.example, Sales", "HOST": "mail.example", "PORT": 993,
        "USER": "me@x.example", "PASSWORD": "p/", "FOLDER": "Sales", "SSL": True, "STARTTLS": False,
    }  # fmt: skip
    assert Environment({}).imap("IMAP_URL") is None
    for wrong in ("pop3://u:p@h", "imaps://h", "imap://u@h", "imaps://u:p@"):
        with pytest.raises(WrongValue, match=r"IMAP_URL=.*imaps://user:password@host:993/INBOX"):
            Environment({"IMAP_URL": wrong}).imap("IMAP_URL")
    assert Environment({"REPLY_ADDRESS": "a+{token}@b.example"}).reply_address("REPLY_ADDRESS")
    for wrong in ("a", "{token}{token}@b", "a@b@c", "Sales <a@b.example>"):
        with pytest.raises(WrongValue, match="REPLY_ADDRESS="):
            Environment({"REPLY_ADDRESS": wrong}).reply_address("REPLY_ADDRESS")
