"""The fixed cast of the tests: two teams, their people, one agreement, one campaign."""

from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from decimal import Decimal
from functools import cache
from zoneinfo import ZoneInfo

from django.contrib.auth.hashers import make_password
from django.utils.text import slugify

from accounts import configuration
from accounts.models import Membership, Team, User
from accounts.writing import insert
from leads.capture import Captured, capture_leads
from leads.models import Campaign, Lead, Pool, PoolMember, ScoreRules
from personas import announcing
from personas.models import Definition, Offer, OfferChange, Persona
from sla.models import Calendar, CalendarVersion, Contract, TeamCalendar, Term

PASSWORD = "demo-leadflow"
NEW_YORK = ZoneInfo("America/New_York")
LONG_AGO = datetime(2020, 1, 1, tzinfo=UTC)
OFFICE_HOURS = {str(day): [["09:00", "17:00"]] for day in range(5)}

SCORE_RULES = {
    "fit": [
        {"field": "job_title", "op": "contains", "value": ["director", "head of"], "points": 15,
         "label": "Director"},
        {"field": "company", "op": "present", "points": 5, "label": "Company known"},
    ],
    "persona": 20,
    "engagement": [
        {"kind": "form", "points": 15, "half_life_days": 30, "most": 30,
         "label": "Filled in a form"},
        {"kind": "download", "points": 15, "half_life_days": 30, "most": 30,
         "label": "Downloaded the guide"},
        {"kind": "event", "points": 40, "half_life_days": 60, "most": 60,
         "label": "Came to a demonstration"},
        {"kind": "page_view", "contains": "pricing", "points": 4, "half_life_days": 14, "most": 20,
         "label": "Visited pricing"},
    ],
    "quiet": {"after_days": 30, "points": -6},
    "tiers": {"hot": 80, "warm": 50},
}  # fmt: skip
STEPS = [
    {"action": "warn", "share": 0.75},
    {"action": "breach"},
    {"action": "tell_manager", "after": 1800},
]
PAUSE_REASONS = [
    {"key": "prospect_asked", "label": "The prospect asked for later"},
    {"key": "prospect_away", "label": "The prospect is away"},
]
REASSIGN = {"action": "reassign", "after": 3600}


@dataclass
class Cast:
    """Everybody and everything the tests speak of."""

    marketing: Team
    sales: Team
    maya: User
    mona: User
    sam: User
    sue: User
    dana: User
    admin: User
    outsider: User
    campaign: Campaign
    persona: Persona
    pool: Pool
    contract: Contract
    calendar: CalendarVersion

    def capture(self, *, at: datetime, **row: object) -> Captured:
        """Capture one lead for the campaign."""
        row.setdefault("campaign", self.campaign.slug)
        return capture_leads([row], by=self.maya, at=at)[0]

    def hot_lead(self, *, at: datetime, email: str = "pat@spa.example", **row: object) -> Lead:
        """A lead that scores above the threshold and is handed over at once."""
        row = {"first_name": "Pat", "last_name": "Lee", "company": "Spa Hotel",
               "job_title": "Director of Wellness", "country": "US", "touchpoint": "event",
               **row}  # fmt: skip
        captured = self.capture(at=at, email=email, **row)
        assert captured.lead is not None, captured.refused
        return captured.lead


def ny(text: str) -> datetime:
    """An instant by the New York clock, such as "2027-01-15 16:00"."""
    return datetime.fromisoformat(text).replace(tzinfo=NEW_YORK).astimezone(UTC)


@cache
def hashed(password: str) -> str:
    """Once a run: the hash of a password is slow on purpose."""
    return make_password(password)


def make_user(name: str, team: Team | None = None, *, manager: bool = False, **more) -> User:
    user = User.objects.create_user(f"{name}@demo.test", PASSWORD, name=name.title(), **more)
    if team is not None:
        Membership.objects.create(user=user, team=team, is_manager=manager)
    return user


def make_calendar(team: Team, *, slug="new-york", tz="America/New_York", weekly=None, closed=()):
    calendar = Calendar.objects.create(slug=slug, name=slug.title())
    version = CalendarVersion.objects.create(
        calendar=calendar, number=1, tz=tz, weekly=weekly or OFFICE_HOURS, closed=list(closed)
    )
    TeamCalendar.objects.update_or_create(team=team, defaults={"calendar": calendar})
    return version


def make_contract(*, version=1, in_force_from=LONG_AGO, targets=None, **more) -> Contract:
    """The agreement of the issue: targets in working seconds by term key."""
    contract = Contract(
        version=version, name="Service-level agreement", in_force_from=in_force_from, **more
    )
    insert([contract])
    target = {
        "accept_hot": 900, "accept": 14_400, "first_touch_hot": 3_600, "first_touch": 28_800,
        "disposition": 144_000, "answer_return": 28_800, **(targets or {}),
    }  # fmt: skip
    answered = ["accepted", "rejected"]
    touched = ["call", "email", "meeting"]
    disposed = ["qualified", "disqualified", "recycled", "rejected"]
    passing = [*STEPS, REASSIGN]
    insert([
        Term(
            contract=contract, key=key, measure=measure, name=name, tiers=tiers,
            side="marketing" if key == "answer_return" else "sales",
            order=0 if tiers else 1, starts_on=start, stops_on=stops, steps=steps,
            target_seconds=target[key], per_owner=measure == "accept",
            pause_reasons=PAUSE_REASONS if measure in ("first_touch", "disposition") else [],
        )
        for key, measure, name, tiers, start, stops, steps in (
            ("accept_hot", "accept", "Accept (hot)", ["hot"], "handed_over", answered, passing),
            ("accept", "accept", "Accept", [], "handed_over", answered, passing),
            ("first_touch_hot", "first_touch", "First touch (hot)", ["hot"], "handed_over",
             touched, passing),
            ("first_touch", "first_touch", "First touch", [], "handed_over", touched, passing),
            ("disposition", "disposition", "Disposition", [], "handed_over", disposed, STEPS),
            ("answer_return", "answer_return", "Answer a return", [], "rejected",
             ["return_answered"], STEPS),
        )
    ])  # fmt: skip
    configuration.renew()  # nothing that is inserted so has told that it was
    return contract


def make_cast(*, weekly=None) -> Cast:
    """Saved row by row it takes thirty milliseconds, which nearly every test would wait for."""
    marketing, sales = insert([
        Team(slug="marketing", name="Marketing", kind="marketing"),
        Team(slug="sales", name="Sales", kind="sales"),
    ])  # fmt: skip
    password = hashed(PASSWORD)
    sam, sue, admin, maya, mona, dana, outsider = User.objects.bulk_create(
        User(email=f"{name}@demo.test", password=password, name=name.title(),
             is_staff=name == "admin", is_superuser=name == "admin")
        for name in ("sam", "sue", "admin", "maya", "mona", "dana", "otto")
    )  # fmt: skip
    insert([
        Membership(user=user, team=team, is_manager=user in (mona, dana))
        for user, team in ((sam, sales), (sue, sales), (maya, marketing), (mona, marketing),
                           (dana, sales))
    ])  # fmt: skip
    (persona,) = insert([Persona(
        slug="spa-director", name="Spa director", min_points=10,
        criteria=[{"field": "job_title", "op": "contains", "value": ["wellness", "spa"],
                   "points": 10, "label": "Works in wellness"}],
    )])  # fmt: skip
    insert([ScoreRules(version=1, rules=SCORE_RULES, in_force_from=LONG_AGO)])
    insert([Definition(
        key="mql", version=1, name="MQL", words="Score of at least 50.",
        rule={"min_score": 50}, in_force_from=LONG_AGO,
    )])  # fmt: skip
    # By turns alone: everybody of the tests is of one company.
    (pool,) = insert([Pool(slug="everyone", name="Everyone", team=sales, owner_first=False)])
    insert([PoolMember(pool=pool, user=rep) for rep in (sam, sue)])
    (campaign,) = insert([Campaign(slug="back-pain", name="Back pain", team=marketing)])
    return Cast(
        marketing=marketing,
        sales=sales,
        maya=maya,
        mona=mona,
        sam=sam,
        sue=sue,
        dana=dana,
        admin=admin,
        outsider=outsider,
        campaign=campaign,
        persona=persona,
        pool=pool,
        calendar=make_calendars(sales, marketing, weekly=weekly or OFFICE_HOURS),
        contract=make_contract(),
    )


def make_calendars(sales: Team, marketing: Team, *, weekly) -> CalendarVersion:
    """Hours of New York for both; the version of sales'."""
    slugs = ("new-york", "marketing-hours")
    calendars = insert([Calendar(slug=slug, name=slug.title()) for slug in slugs])
    versions = CalendarVersion.objects.bulk_create(
        CalendarVersion(calendar=calendar, number=1, tz="America/New_York", weekly=weekly)
        for calendar in calendars
    )
    insert([
        TeamCalendar(team=team, calendar=calendar)
        for team, calendar in zip((sales, marketing), calendars, strict=True)
    ])  # fmt: skip
    return versions[0]


def hours(n: float) -> timedelta:
    return timedelta(hours=n)


def promise_acknowledgement(contract: Contract, **more) -> Term:
    """Sales acknowledges changes of offers within two working days of the reader's own."""
    facts = {
        "key": "acknowledge", "measure": "acknowledge", "name": "Acknowledge a change",
        "side": "sales", "order": 9, "starts_on": "published", "stops_on": ["acknowledged"],
        "target_seconds": 57_600, "calendar_of": "owner", "steps": STEPS, **more,
    }  # fmt: skip
    return Term.objects.create(contract=contract, **facts)


def make_offer(name: str = "Business lunch", price: str = "12.00", **more) -> Offer:
    return Offer.objects.create(slug=slugify(name), name=name, price=Decimal(price), **more)


def propose(offer: Offer, *, by: User, at: datetime, **after) -> OfferChange:
    """A proposal to rename or reprice an offer; `reason`, `say`, `claim` are what is said of it."""
    said = {name: after.pop(name) for name in ("reason", "say", "claim") if name in after}
    said.setdefault("reason", "Teams ask for it by that name")
    return announcing.propose(offer, after, by=by, at=at, seen="", **said)


def publish(offer: Offer, *, by: User, at: datetime, **after) -> OfferChange:
    """A change of an offer, proposed and published by a marketing manager."""
    change = propose(offer, by=by, at=at, **after)
    return announcing.publish(change, by=by, at=at, seen=announcing.ticket(change))
