"""What the reps find themselves, and the sequences they work by."""

from datetime import datetime, timedelta

from accounts.models import Absence, User
from leadflow.demo.company import Company
from leads.calling import lists
from leads.capture import capture_leads
from leads.models import Enrolment, Handoff, Sequence, Task
from leads.sequences import keeping, running
from leads.working_time import DAY, HOUR

FOUND = (
    ("Ines", "Baptista", "Baptista Pilates", "Owner", "Met at the chamber of commerce"),
    ("Oliver", "Stern", "Hotel Sternwald", "Managing director", "Recommended by a customer"),
    ("Keiko", "Mori", "Mori Wellness", "Head of spa", "Called us about a friend's tub"),
    ("Paul", "Adeyemi", "Adeyemi Homes", "Architect", "Builds terraces, asks for drawings"),
    ("Lena", "Vogt", "", "", "Neighbour of a customer"),
    ("Marco", "Conti", "Conti Gym", "Owner", "Met at the garden show"),
)  # fmt: skip
HELLO = (
    "Hello {first_name},\n\nwe spoke at the garden show. Here is what a tub for two costs to buy "
    "and to run, in one page.\n\nWhen may I call you?\n{sender}"
)
CALL, MAIL, LAST = "Ask where it would stand", "One page of prices", "Last call before it rests"
PLANS = {
    "After the garden show": [
        {"kind": "call", "wait": 0, "words": CALL},
        {"kind": "email", "wait": 2 * DAY, "words": "", "subject": MAIL, "body": HELLO,
         "sends": False},
        {"kind": "call", "wait": 3 * DAY, "words": "Did the page answer it?"},
        {"kind": "task", "wait": 2 * DAY, "words": "Offer a visit to the showroom"},
        {"kind": "call", "wait": 5 * DAY, "words": LAST},
    ],
    "No answer yet": [
        {"kind": "call", "wait": 4 * HOUR, "words": "Try at another time of day"},
        {"kind": "email", "wait": DAY, "words": "", "subject": "I tried to reach you",
         "body": "Hello {first_name},\n\nI could not reach you by phone. What suits you better?\n"
                 "{sender}", "sends": True},
        {"kind": "call", "wait": 2 * DAY, "words": LAST},
    ],
}  # fmt: skip


def prospect(company: Company, *, at: datetime) -> None:
    """Reps enter leads of their own; some of those they work are in a sequence."""
    reps = [each for each in company.users.values() if each.is_sales and not each.is_manager]
    leave = Absence.objects.covering(at).select_related("deputy")
    for number, (first, last, works_at, title, note) in enumerate(FOUND):
        rep = company.users["sam"] if number < 2 else reps[number % len(reps)]
        rep = next((away.deputy for away in leave if away.user_id == rep.pk), None) or rep
        row: dict[str, object] = {
            "email": f"{first}.{last}@found.example".lower(), "first_name": first,
            "last_name": last, "company": works_at, "job_title": title, "message": note,
            "touchpoint": "entered", "source": "Own contacts", "country": "US",
            "phone": f"+1 212 555 01{number + 60}",
        }  # fmt: skip
        if number % 2 == 0:
            row["consent"] = {"text": "Agreed in person.", "time": at - timedelta(days=9 - number)}
        capture_leads([row], by=rep, team=rep.home_team, at=at - timedelta(days=9 - number))
    _go_through(_plans(company, at=at), at=at)
    _calls(company, at=at)


def _calls(company: Company, *, at: datetime) -> None:
    """A list for the team, of what its reps work and nobody has reached yet."""
    dana = company.users["dana"]
    made = lists.called(
        "Garden show, not reached", shared=str(dana.sales_teams[0]),
        about="They came to the stand. Ask where a tub would stand, offer the showroom.",
        by=dana, at=at - timedelta(hours=3),
    )  # fmt: skip
    under_way = Handoff.objects.open().filter(owner__isnull=False).select_related("lead")
    for handoff in under_way.order_by("pk"):
        if not lists.hindrance(handoff.lead):
            lists.put_on(made, handoff.lead)
    lists.order(made, "score", at=at)


def _plans(company: Company, *, at: datetime) -> list[Sequence]:
    dana = company.users["dana"]
    shared = str(dana.sales_teams[0])
    made_at = at - timedelta(days=60)
    return [
        keeping.save(dana, name=name, shared=shared, steps=steps, at=made_at)
        for name, steps in PLANS.items()
    ]


def _go_through(sequences: list[Sequence], *, at: datetime) -> None:
    """Every third lead that is being worked is in one of them, some a step further."""
    under_way = Handoff.objects.open().filter(accepted_at__isnull=False).order_by("-pk")
    for number, handoff in enumerate(under_way.select_related("lead", "owner")[: 3 * 14 : 3]):
        rep = handoff.owner
        assert rep is not None  # who accepted it
        begun_at = max(at - timedelta(days=1 + number % 6), handoff.handed_over_at)
        version = sequences[number % len(sequences)].newest
        begun = running.begin(handoff.lead, version, by=rep, at=begun_at)
        if number % 3:
            _first_step(begun, rep, at=min(begun_at + timedelta(hours=2), at))
        if number % 7 == 3:
            running.stop_one(begun, at=at)


def _first_step(begun: Enrolment, rep: User, *, at: datetime) -> None:
    for task in Task.objects.open().filter(step__enrolment=begun):
        task.finish(by=rep, at=at)
