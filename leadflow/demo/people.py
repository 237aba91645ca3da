"""Who works at the demo company, in which team, and what each rep is like."""

from dataclasses import dataclass
from datetime import datetime, timedelta
from zoneinfo import ZoneInfo

from accounts.models import Absence, Contact, Membership, Team, User

PASSWORD = "demo-leadflow"  # noqa: S105 (well known on purpose, and only in the demo)
NEW_YORK, LONDON = "America/New_York", "Europe/London"


@dataclass(frozen=True, slots=True)
class Temper:
    """How a rep works: factors on how long things take, and how often they turn out well."""

    pace: float = 1.0
    forgets: float = 0.03
    persuades: float = 1.0


@dataclass(frozen=True, slots=True)
class Person:
    """One row of the staff list."""

    login: str
    name: str
    zone: str
    team: str
    is_manager: bool = False
    temper: Temper = Temper()


PEOPLE = (
    Person("maya", "Maya Lindqvist", NEW_YORK, "marketing"),
    Person("leo", "Leo Fontaine", NEW_YORK, "marketing", temper=Temper(pace=1.5)),
    Person("mona", "Mona Haddad", NEW_YORK, "marketing", is_manager=True),
    Person("sam", "Sam Carter", NEW_YORK, "sales-new-york", temper=Temper(1.05, 0.03, 1.05)),
    Person("priya", "Priya Natarajan", NEW_YORK, "sales-new-york", temper=Temper(0.5, 0.0, 1.5)),
    Person("walt", "Walt Kowalczyk", NEW_YORK, "sales-new-york", temper=Temper(2.1, 0.11, 0.7)),
    Person("oliver", "Oliver Bennett", LONDON, "sales-london", temper=Temper(1.25, 0.05, 0.9)),
    Person("aoife", "Aoife Ní Dhomhnaill", LONDON, "sales-london", temper=Temper(0.9, 0.03, 1.2)),
    Person("tomasz", "Tomasz Wiśniewski", LONDON, "sales-london", temper=Temper(1.15, 0.05, 1.0)),
)
TEAMS = (
    ("marketing", "Marketing", Team.Kind.MARKETING),
    ("sales-new-york", "Sales New York", Team.Kind.SALES),
    ("sales-london", "Sales London", Team.Kind.SALES),
)
REPS = tuple(p.login for p in PEOPLE if p.team.startswith("sales"))
TEMPERS = {p.login: p.temper for p in PEOPLE}


def address(login: str) -> str:
    return f"{login}@demo.test"


def hire(*, at: datetime) -> tuple[dict[str, User], dict[str, Team]]:
    """Everybody by login and every team by slug; all share the demo's password."""
    teams = {
        slug: Team.objects.create(slug=slug, name=name, kind=kind) for slug, name, kind in TEAMS
    }
    # One slow hash is enough: they all have the same password.
    admin = User.objects.create_superuser(
        address("admin"), PASSWORD, name="Alex Morgan", time_zone=NEW_YORK
    )
    users = {"admin": admin}
    for person in PEOPLE:
        users[person.login] = User.objects.create(
            email=address(person.login),
            password=admin.password,
            name=person.name,
            time_zone=person.zone,
        )
        Membership.objects.create(
            user=users[person.login], team=teams[person.team], is_manager=person.is_manager
        )
    users["dana"] = User.objects.create(
        email=address("dana"), password=admin.password, name="Dana Whitfield", time_zone=NEW_YORK
    )
    for slug in ("sales-new-york", "sales-london"):
        Membership.objects.create(user=users["dana"], team=teams[slug], is_manager=True)
    User.objects.update(date_joined=at - timedelta(days=400))
    return users, teams


def leave(users: dict[str, User], *, at: datetime) -> None:
    """Aoife had two weeks off; Tomasz is away now, Priya will be: with a deputy each."""
    for login, first, last, note, deputy in (
        ("aoife", -96, -82, "Two weeks in Connemara", None),
        ("sam", -40, -37, "Long weekend", None),
        ("tomasz", -1, 3, "Moving house", "oliver"),
        ("priya", 12, 19, "Family visit", "sam"),
    ):
        user = users[login]
        today = at.astimezone(ZoneInfo(user.time_zone)).replace(
            hour=0, minute=0, second=0, microsecond=0
        )
        Absence.objects.create(
            user=user,
            starts_at=today + timedelta(days=first),
            ends_at=today + timedelta(days=last),
            note=note,
            deputy=users[deputy] if deputy else None,
        )


def answer(users: dict[str, User]) -> None:
    """Who is turned to about what; Tomasz, who is away now, has a deputy."""
    for topic, person, deputy in (
        ("contract", "dana", "mona"), ("unassigned", "dana", "sam"), ("returns", "tomasz", "maya"),
        ("definitions", "mona", "dana"), ("personas", "mona", "maya"), ("offers", "mona", "maya"),
        ("scoring", "mona", "dana"), ("imports", "maya", "leo"), ("access", "admin", "dana"),
    ):  # fmt: skip
        Contact.objects.create(topic=topic, person=users[person], deputy=users[deputy])
