"""Mail that comes in, dialect by dialect: what it is taken for, and what it changes."""

import random
import uuid
from datetime import timedelta
from email import message_from_bytes, policy
from pathlib import Path

import pytest

from accounts.models import OutboxMessage
from leads import deleting, erasing
from leads.mail import forgetting, receiving, sending, writing
from leads.mail.judging import returned
from leads.mail.letters import letter
from leads.mail.reading import read
from leads.mail.receiving import receive
from leads.mail.trimming import text_of_html
from leads.models import Activity, BadAddress, Lead, ReceivedMail, SentMail
from sla.models import Clock
from tests.factories import hours, ny

FILES = Path(__file__).parent / "files"
AT = ny("2027-01-15 10:00")
LATER = AT + hours(1)
AUTOMATIC = ["auto_rfc3834", "auto_x_autoreply", "auto_precedence", "auto_exchange",
             "auto_french_subject"]  # fmt: skip
PERSONAL = {
    "reply_gmail": "Thursday suits me – is 10 o’clock fine?\n\nPat",
    "reply_outlook_html": "Grüße aus Köln,\nbitte rufen Sie mich an – 500 € sind ok.",
    "reply_german_text": "Ja, gerne.",
    "reply_broken_charset": "Schöne Grüße",
    "forwarded": "My colleague Jo answers for this now.",
}


@pytest.fixture
def sent(cast) -> SentMail:
    """Sam wrote to Pat at ten."""
    lead = cast.hot_lead(at=AT, consent={"text": "Yes", "time": AT})
    lead.handoffs.get().accept(cast.sam, at=AT)
    mail, _ = writing.write(
        lead, by=cast.sam, subject="Your spa, Pat", body="Dear Pat", once=uuid.uuid4(), at=AT
    )
    sending.deliver(at=AT + timedelta(minutes=1))
    OutboxMessage.objects.all().delete()
    mail.refresh_from_db()
    return mail


def raw(name: str, sent: SentMail, *, reply_to: str = "leadflow@localhost") -> bytes:
    text = (FILES / f"{name}.eml").read_bytes()
    return text.replace(b"{token}", sent.token.encode()).replace(b"{reply_to}", reply_to.encode())


def take(name: str, sent: SentMail, **more) -> str:
    return receive(raw(name, sent, **more), arrived_at=LATER, at=LATER + timedelta(seconds=5))


def told() -> list[tuple[str, str]]:
    return [(m.recipient.name, m.title) for m in OutboxMessage.objects.order_by("created_at", "pk")]


@pytest.mark.parametrize("name", PERSONAL)
def test_a_reply_is_a_touchpoint_without_what_it_quotes_and_its_owner_is_told(cast, sent, name):
    assert take(name, sent) == "reply"
    reply = Activity.objects.get(kind="reply")
    assert (reply.lead, reply.note, reply.occurred_at) == (sent.lead, PERSONAL[name], LATER)
    assert (reply.is_touchpoint, reply.is_touch, reply.actor) == (True, False, None)
    assert (reply.data["mail"], reply.evidence) == (sent.pk, "machine")
    assert [name for name, _ in told()] == ["Sam"]
    assert take(name, sent) == "reply"  # the same mail once more
    assert Activity.objects.filter(kind="reply").count() == 1
    assert len(told()) == 1
    assert Lead.objects.get().aida == "desire"


def test_a_reply_stops_no_first_touch_clock(cast):
    lead = cast.hot_lead(at=AT)
    mail = b"From: pat@spa.example\nSubject: When?\nMessage-ID: <a@b>\n\nWhen will you ring?"
    assert receive(mail, arrived_at=AT, at=AT) == "reply"
    assert Clock.objects.get(lead=lead, term__key="first_touch_hot").state == "running"
    assert lead.handoffs.get().first_touch_at is None


@pytest.mark.parametrize("name", AUTOMATIC)
def test_an_automatic_reply_is_recognised_and_is_neither_touch_nor_touchpoint(cast, sent, name):
    before = Lead.objects.values().get()
    assert take(name, sent) == "auto_reply"
    auto = Activity.objects.get(kind="auto_reply")
    assert (auto.is_touchpoint, auto.is_touch, auto.lead) == (False, False, sent.lead)
    assert Activity.objects.filter(kind="reply").count() == 0
    assert Lead.objects.values().get() == before
    assert told() == []


@pytest.mark.parametrize(
    ("name", "why"),
    [
        ("bounce_dsn", "550 5.1.1 <pat@spa.example>: user unknown"),
        ("bounce_qmail", "Remote host said: 550 no such user here"),
    ],
)
def test_a_bounce_marks_the_mail_and_the_address_and_its_sender_is_told(cast, sent, name, why):
    assert take(name, sent) == "bounce"
    sent.refresh_from_db()
    assert (sent.bounced_at, sent.bounce) == (LATER + timedelta(seconds=5), why)
    assert BadAddress.objects.get().address == "pat@spa.example"
    assert told() == [("Sam", "Came back: “Your spa, Pat” to Pat Lee")]
    assert Activity.objects.get(kind="bounced").data["why"] == why
    assert Activity.objects.filter(kind__in=["reply", "auto_reply"]).count() == 0
    assert take("bounce_dsn", sent) == "bounce"  # another server says so too
    assert Activity.objects.filter(kind="bounced").count() == 1


def test_a_bounce_that_names_no_mail_of_ours_is_told_and_condemns_no_address(cast, sent):
    assert take("bounce_exim_no_id", sent) == "bounce"
    sent.refresh_from_db()
    assert sent.bounce == "Mail delivery failed: returning message to sender"
    assert told() == [("Sam", "Came back: “Your spa, Pat” to Pat Lee")]
    assert BadAddress.objects.count() == 0
    other = raw("bounce_dsn", sent).replace(b"pat@spa.example", b"jo@spa.example")
    other = other.replace(b"<dsn-1@", b"<dsn-2@")
    assert receive(other, arrived_at=LATER, at=LATER) == "bounce"
    assert BadAddress.objects.count() == 0
    assert take("bounce_dsn", sent) == "bounce"  # the true one, later
    assert BadAddress.objects.get().address == "pat@spa.example"
    assert len(told()) == 1


def test_what_a_person_writes_by_way_of_a_list_is_a_reply(cast, sent):
    by_list = b"Precedence: list\nAuto-Submitted: no\n" + raw("reply_german_text", sent)
    assert receive(by_list, arrived_at=LATER, at=LATER) == "reply"


def test_a_full_box_and_a_delay_do_not_condemn_the_address(cast, sent):
    assert take("delayed", sent) == "delayed"
    sent.refresh_from_db()
    assert sent.bounced_at is None
    assert take("bounce_box_full", sent) == "bounce"
    sent.refresh_from_db()
    assert sent.bounce == "552 5.2.2 mailbox full"
    assert BadAddress.objects.count() == 0


def test_a_stranger_can_not_condemn_an_address(cast, sent):
    forged = raw("bounce_exim_no_id", sent).replace(b"pat@spa", b"jo@spa")
    assert receive(forged, arrived_at=LATER, at=LATER) == "unknown"
    assert BadAddress.objects.count() == 0


def test_an_answer_shows_that_an_address_works(cast, sent):
    take("bounce_dsn", sent)
    take("reply_gmail", sent)
    assert BadAddress.objects.count() == 0


def test_our_own_mail_coming_back_is_dropped(cast, sent):
    assert take("loop", sent) == "ours"
    forwarded = raw("loop", sent).replace(b"Sam Carter <leadflow@localhost>", b"pat@spa.example")
    forwarded = forwarded.replace(b"Message-ID: <", b"Message-ID: <x-")  # rewritten on its way
    assert receive(forwarded, arrived_at=LATER, at=LATER) == "ours"
    colleague = raw("reply_gmail", sent).replace(b"pat@spa.example", b"sue@demo.test")
    assert receive(colleague, arrived_at=LATER, at=LATER) == "ours"
    whole = letter(sent).message().as_bytes()
    ReceivedMail.objects.all().delete()
    assert receive(whole, arrived_at=LATER, at=LATER) == "ours"
    assert Activity.objects.filter(kind__in=["reply", "auto_reply", "bounced"]).count() == 0


def test_of_a_stranger_no_word_is_kept_and_nothing_makes_a_new_lead(cast, sent):
    assert take("stranger", sent) == "unknown"
    row = ReceivedMail.objects.get()
    assert (row.lead, row.raw, row.error) == (None, None, "")
    deleting.delete(sent.lead, by=cast.admin, at=LATER)
    assert take("reply_gmail", sent) == "unknown"
    assert Lead.everything.count() == 1


def test_the_token_in_the_address_leads_to_the_lead_whoever_answers(cast, sent):
    other = cast.hot_lead(at=AT, email="jo@spa.example", first_name="Jo")
    mail = raw("auto_french_subject", sent, reply_to=f"sales+{sent.token}@localhost")
    mail = mail.replace(b"pat@spa.example", b"jo@spa.example").replace(b"=3A", b"=2E")
    mail = mail.replace(b"R=E9ponse_automatique", b"Oui")
    assert receive(mail, arrived_at=LATER, at=LATER) == "reply"
    assert Activity.objects.get(kind="reply").lead == sent.lead != other


def test_a_lead_whose_address_changed_keeps_its_answers(cast, sent):
    Lead.objects.update(email=None, phone="+12125550123")
    assert take("reply_gmail", sent) == "reply"
    assert Activity.objects.get(kind="reply").lead == sent.lead


def test_a_poison_mail_is_set_aside_told_and_can_be_tried_again(cast, sent):
    depth = 2000
    boundaries = [f'Content-Type: multipart/mixed; boundary="b{n}"\n\n--b{n}' for n in range(depth)]
    mail = ("From: pat@spa.example\n" + "\n".join(boundaries) + "\n\nx").encode()
    assert receive(mail, arrived_at=LATER, at=LATER) == "aside"
    assert told() == [("Admin", "A mail could not be read and was set aside")]
    row = ReceivedMail.objects.get()
    assert (row.error[:14], bytes(row.raw)) == ("RecursionError", mail)
    row.raw = raw("reply_gmail", sent)
    assert receiving.again(row, at=LATER) == "reply"
    assert Activity.objects.get(kind="reply").lead == sent.lead
    assert ReceivedMail.objects.filter(kind="aside").count() == 0


def test_hostile_mails_never_crash(cast, sent):
    """Bytes turned over, cut off, headers doubled: each is taken for something, or set aside."""
    dice = random.Random(7)
    originals = [raw(path.stem, sent) for path in sorted(FILES.glob("*.eml"))]
    seen = set()
    for number in range(150):
        mail = bytearray(originals[number % len(originals)])
        for _ in range(dice.randint(1, 30)):
            mail[dice.randrange(len(mail))] = dice.randrange(256)
        del mail[dice.randint(len(mail) // 2, len(mail)) :]
        seen.add(receive(bytes(mail), arrived_at=LATER, at=LATER))
    assert seen <= set(ReceivedMail.Kind.values)
    assert Lead.everything.count() == 1


@pytest.mark.parametrize(
    "mail",
    [
        b"",
        b"\x00\xff\xfe",
        b"From: =?utf-8?B?////?= <pat@spa.example>\nSubject: =?utf-8?Q?=00a?=\n\n\x00hi\x00",
        b'From: pat@spa.example\nContent-Type: text/plain; charset="\\"\n\nhi',
        b"From: pat@spa.example\nContent-Type: multipart/mixed\n\nno boundary",
        b"From: pat@spa.example\nContent-Transfer-Encoding: base64\n\n====",
        b"From: pat@spa.example\nDate: Thu, 99 Foo 20277 99:99\n\nhi",
        b"From: pat@spa.example\nSubject: " + b"x" * 200_000 + b"\n\nhi",
    ],
)
def test_odd_mails_are_taken_in(cast, sent, mail):
    kind = receive(mail, arrived_at=LATER, at=LATER)
    assert kind == ("reply" if b"pat@" in mail else "unknown")


@pytest.mark.timeout(60)
@pytest.mark.parametrize(
    "mail",
    [
        b"Subject: " + b"=?utf-8?q?a?= " * 50_000 + b"\n\nhi",
        b"Content-Type: text/plain" + b"; a=b" * 100_000 + b"\n\nhi",
        b"Content-Type: text/html\n\nhi" + b"<!--" * 100_000,
        b"Content-Type: text/html\n\nhi" + b"<a " * 100_000,
        b"Content-Type: text/html\n\n" + b'<i class="gmail_quote">' * 20_000 + b"hi",
        b"Subject: failure notice\n\nhi " + b"a." * 100_000,
    ],
    ids=["words", "parameters", "comments", "tags", "quotes", "addresses"],
)
def test_no_mail_takes_long(mail):
    """The library needs minutes for some of these."""
    found = read(b"From: mailer-daemon@x.example\n" + mail)
    assert found.text.startswith("hi")
    returned(found)


def test_a_web_page_is_read_without_its_styles_and_comments():
    page = (
        "<html><head><title>T</title></head><!-- a <p> b --><style>p > a {}</style>"
        "<p class=x>One&amp;two<br/>three &lt;4 < 5</p><script>x<y</script><P>Four</P>"
        '<div class="gmail_quote"><p>old</p></div>'
    )
    assert text_of_html(page) == "One&two\nthree <4 < 5\n\nFour"
    assert text_of_html('<blockquote type="cite">only this</blockquote>') == "only this"


def test_a_huge_mail_is_cut(cast, sent):
    mail = raw("reply_german_text", sent).replace(b"Ja, gerne.", b"word " * 1_000_000)
    assert receive(mail, arrived_at=LATER, at=LATER) == "reply"
    assert len(Activity.objects.get(kind="reply").note) == 8000


def test_what_is_written_between_quoted_lines_stays():
    head = b"From: pat@spa.example\n\n"
    said = read(head + b"> When?\nThursday.\n> Where?\nAt yours.\n> Sam").text
    assert said == "> When?\nThursday.\n> Where?\nAt yours."
    assert read(head + b"> only what was quoted").text == "> only what was quoted"


def test_the_files_are_what_they_say():
    for path in FILES.glob("*.eml"):
        assert message_from_bytes(path.read_bytes(), policy=policy.default)["From"], path


def test_what_was_set_aside_is_let_go_of_in_time_and_with_its_lead(cast, sent, settings):
    settings.MAIL_ASIDE_DAYS = 10
    for days, who in ((11, "jo@else.example"), (9, "Pat@Spa.example"), (9, "lee@else.example")):
        ReceivedMail.objects.create(
            key=f"{days}{who}", kind="aside", raw=f"From: {who}\n\nx".encode(),
            received_at=AT - timedelta(days=days), recorded_at=AT,
        )  # fmt: skip
    assert forgetting.forget(at=AT) == 1
    deleting.delete(sent.lead, by=cast.maya, at=AT)
    erasing.erase(at=AT + timedelta(days=31))
    left = ReceivedMail.objects.filter(kind="aside").values_list("raw", flat=True)
    assert [bytes(raw) for raw in left] == [b"From: lee@else.example\n\nx"]
