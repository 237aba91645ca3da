"""The demo's e-mail: templates of its sales teams, and a lead who answers one."""

from datetime import datetime, timedelta
from email.message import EmailMessage
from uuid import UUID
from zoneinfo import ZoneInfo

from accounts.models import BookingPage, Team, User
from leads.activities import log_sent
from leads.mail.receiving import receive
from leads.models import Handoff, Lead, MailTemplate, Meeting

TEMPLATES = (
    ("After a call that nobody took", "Tried to reach you, {first_name}",
     "Hello {first_name},\n\nI have just tried to ring you about your enquiry. When suits you "
     "better, mornings or evenings? A line is enough and I will call then.\n\nKind regards\n"
     "{sender}"),
    ("Invitation to the show garden", "Forty minutes in warm water, {first_name}?",
     "Hello {first_name},\n\nthe best way to find out whether a tub is good for your back is to "
     "sit in one. Ours is at 38 °C from Tuesday to Saturday. Bring swimwear; towels and tea are "
     "here.\n\nWhich day may I keep for you?\n\n{sender}"),
    ("Figures for hotels", "What a spa brings in at {company}",
     "Hello {first_name},\n\nas promised, the figures of two houses of your size: occupancy out of "
     "season before and after, and what the water really costs in staff hours. I am happy to go "
     "through them with you for {company}.\n\nKind regards\n{sender}"),
)  # fmt: skip


def share_templates(users: dict[str, User], teams: dict[str, Team], *, at: datetime) -> None:
    """Dana keeps them for New York; one of Sam's is his own."""
    MailTemplate.objects.bulk_create(
        MailTemplate(
            name=name, subject=subject, body=body, by=users["dana"], changed_at=at,
            team=teams["sales-new-york"],
        )
        for name, subject, body in TEMPLATES
    )  # fmt: skip
    MailTemplate.objects.create(
        name="Thanks for your time", subject="Thank you, {first_name}", by=users["sam"],
        body="Hello {first_name},\n\nthank you for your time today. Here you choose when we go on:"
             "\n{booking_link}\n\n{sender}",
        changed_at=at,
    )  # fmt: skip
    BookingPage.objects.create(
        user=users["sam"], slug="sam-carter-k7m2p9xq", minutes=30, notice=4, ahead=28, made_at=at,
        place="Show garden, 12 Mill Lane",
        words="See what fits your house, and sit in one at 38 °C. Tea is here.",
    )  # fmt: skip


def write(handoff: Handoff, rep: User, at: datetime) -> None:
    """After a call that nobody took the rep writes; it is logged, and sent to nobody."""
    _, subject, body = TEMPLATES[0]
    lead, sender = handoff.lead, rep.name
    said = {"{first_name}": lead.first_name, "{sender}": sender}
    for place, value in said.items():
        subject, body = subject.replace(place, value), body.replace(place, value)
    data = {"subject": subject, "to": lead.email}
    log_sent(lead, by=rep, at=at, occurred_at=at, note=body, data=data, handoff_id=handoff.pk)


def answer(lead: Lead, at: datetime) -> None:
    """And the lead answers, by the way that all mail comes in."""
    mail = EmailMessage()
    mail["From"], mail["Subject"] = lead.email, f"Re: Tried to reach you, {lead.first_name}"
    # Not by its number: the same seed and instant make the same rows.
    mail["Message-ID"] = f"<answer.{(lead.email or '').replace('@', '.')}@mail.example>"
    mail.set_content(
        "Sorry, I was in the garden. Mornings are best, before ten.\n\n"
        f"{lead.first_name}\n\nOn Monday, Sam Carter wrote:\n> Hello {lead.first_name},\n"
    )
    receive(mail.as_bytes(), arrived_at=at, at=at)


def meet(handoff: Handoff, rep: User, at: datetime) -> None:
    """They meet within the week, early, as was asked for; nobody is sent an invitation."""
    day = at.astimezone(ZoneInfo(rep.time_zone)) + timedelta(days=6)
    day += timedelta(days=max(0, 7 - day.weekday()) if day.weekday() > 4 else 0)
    day = day.replace(hour=9, minute=15, second=0, microsecond=0)
    Meeting.objects.create(
        uid=f"{handoff.pk}@demo.example", once=UUID(int=handoff.pk), lead=handoff.lead,
        handoff=handoff, by=rep, title="Forty minutes in the show garden", starts_at=day,
        minutes=45, place="Show garden, 12 Mill Lane", answer=Meeting.Answer.ACCEPTED,
        answered_at=at, changed_at=at,
    )  # fmt: skip
