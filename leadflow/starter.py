"""What every company needs before its first lead: hours, a contract, a definition, a score.

The demo company is built from the same pieces; `start_company` puts them together for an
install without demo data. All of it can be changed afterwards, version by version.
"""

from collections.abc import Iterable, Mapping
from datetime import datetime
from typing import Any

from django.db import transaction

from accounts.models import Membership, Team, User
from accounts.refusals import Conflict
from leads.models import Kind, Pool, PoolMember, ScoreRules
from personas.models import Definition
from sla.contracts import drafting, wording
from sla.models import (
    ACKNOWLEDGED,
    PUBLISHED,
    Action,
    Calendar,
    CalendarVersion,
    Contract,
    CountedIn,
    MonthlyPromise,
    Side,
    TeamCalendar,
    Term,
)

OFFICE_HOURS = {str(day): [["09:00", "17:00"]] for day in range(5)}

# Working seconds by term; a business day is 8 working hours.
TARGETS = {
    "accept_hot": 15 * 60,
    "accept": 4 * 3600,
    "first_touch_hot": 3600,
    "first_touch": 8 * 3600,
    "disposition": 5 * 8 * 3600,
    "answer_return": 8 * 3600,
    "acknowledge": 2 * 8 * 3600,
}
STEPS: list[dict[str, Any]] = [
    {"action": Action.WARN, "share": 0.75},
    {"action": Action.BREACH},
    {"action": Action.TELL_MANAGER, "after": 30 * 60},
]
PASSING_ON: list[dict[str, Any]] = [*STEPS, {"action": Action.REASSIGN, "after": 60 * 60}]
ANSWERED: list[str] = [Kind.ACCEPTED, Kind.REJECTED]
TOUCHED: list[str] = [Kind.CALL, Kind.EMAIL, Kind.MEETING]
DISPOSED: list[str] = [Kind.QUALIFIED, Kind.DISQUALIFIED, Kind.RECYCLED, Kind.REJECTED]
# key, measure, name, tiers, starts on, stops on, steps
TERMS: list[tuple[str, str, str, list[str], str, list[str], list[dict[str, Any]]]] = [
    ("accept_hot", "accept", "Accept a hot lead", ["hot"], Kind.HANDED_OVER, ANSWERED, PASSING_ON),
    ("accept", "accept", "Accept", [], Kind.HANDED_OVER, ANSWERED, PASSING_ON),
    (
        "first_touch_hot", "first_touch", "First touch of a hot lead", ["hot"], Kind.HANDED_OVER,
        TOUCHED, PASSING_ON,
    ),
    ("first_touch", "first_touch", "First touch", [], Kind.HANDED_OVER, TOUCHED, PASSING_ON),
    ("disposition", "disposition", "Disposition", [], Kind.HANDED_OVER, DISPOSED, STEPS),
    (
        "answer_return", "answer_return", "Answer a return", [], Kind.REJECTED,
        [Kind.RETURN_ANSWERED], STEPS,
    ),
    (
        "acknowledge", "acknowledge", "Acknowledge a change", [], PUBLISHED, [ACKNOWLEDGED], STEPS,
    ),
]  # fmt: skip

SCORE_RULES: dict[str, Any] = {
    "fit": [
        {"field": "job_title", "op": "contains", "points": 15, "label": "Decides",
         "value": ["director", "head", "owner", "manager", "founder", "chief"]},
        {"field": "company", "op": "present", "points": 5, "label": "Company known"},
        {"field": "phone", "op": "present", "points": 5, "label": "Phone known"},
    ],
    "persona": 20,
    "engagement": [
        {"kind": "form", "points": 20, "half_life_days": 30, "most": 30, "label": "Sent a form"},
        {"kind": "download", "points": 15, "half_life_days": 30, "most": 30, "label": "Downloaded"},
        {"kind": "event", "points": 35, "half_life_days": 60, "most": 50,
         "label": "Came to an event"},
        {"kind": "reply", "points": 20, "half_life_days": 30, "most": 30, "label": "Replied"},
        {"kind": "email_click", "points": 5, "half_life_days": 21, "most": 15,
         "label": "Clicked in an e-mail"},
        {"kind": "page_view", "contains": "pric", "points": 5, "half_life_days": 14, "most": 20,
         "label": "Visited pricing"},
    ],
    "quiet": {"after_days": 30, "points": -6},
    "tiers": {"hot": 80, "warm": 50},
}  # fmt: skip
MQL_WORDS = "A score of at least 50, and somebody we can reach."


def keep_hours(
    slug: str,
    name: str,
    *,
    tz: str,
    teams: Iterable[Team],
    country: str = "",
    subdivision: str = "",
    weekly: Mapping[str, Any] | None = None,
    closed: Iterable[str] = (),
) -> CalendarVersion:
    """Give teams a working calendar: Monday to Friday 9 to 17, less a country's holidays."""
    calendar = Calendar.objects.create(slug=slug, name=name)
    version = CalendarVersion.objects.create(
        calendar=calendar,
        number=1,
        tz=tz,
        weekly=dict(weekly or OFFICE_HOURS),
        country=country,
        subdivision=subdivision,
        closed=list(closed),
    )
    for team in teams:
        TeamCalendar.objects.create(team=team, calendar=calendar)
    return version


# What the prospect asks for is no delay of ours; accepting a lead can't wait for them.
PAUSE_REASONS = [
    {"key": "prospect_asked", "label": "The prospect asked for later"},
    {"key": "prospect_away", "label": "The prospect is away"},
]
PAUSED_MEASURES = ("first_touch", "disposition")


def sign_contract(
    version: int,
    *,
    in_force_from: datetime,
    in_force_to: datetime | None = None,
    targets: Mapping[str, int] | None = None,
    monthly: Iterable[Mapping[str, Any]] = (),
    marketing: User | None = None,
    sales: User | None = None,
) -> Contract:
    """The agreement between both sides; `targets` changes working seconds by term key, `monthly`
    are the fields of monthly promises."""
    contract = Contract.objects.create(
        version=version,
        name="Service-level agreement of marketing and sales",
        in_force_from=in_force_from,
        in_force_to=in_force_to,
        signed_for_marketing_by=marketing,
        signed_for_marketing_at=in_force_from if marketing else None,
        signed_for_sales_by=sales,
        signed_for_sales_at=in_force_from if sales else None,
        hop_limit=2,
    )
    seconds = {**TARGETS, **(targets or {})}
    for key, measure, name, tiers, starts_on, stops_on, steps in TERMS:
        Term.objects.create(
            contract=contract,
            key=key,
            measure=measure,
            name=name,
            side=Side.MARKETING if key == "answer_return" else Side.SALES,
            # Terms for some tiers are tried before those for all.
            order=0 if tiers else 1,
            tiers=tiers,
            starts_on=starts_on,
            stops_on=stops_on,
            target_seconds=seconds[key],
            per_owner=measure == "accept",
            # Nobody reads on leave; what a lead waits for goes on without them.
            calendar_of=CountedIn.OWNER if starts_on == PUBLISHED else CountedIn.TEAM,
            steps=steps,
            pause_reasons=PAUSE_REASONS if measure in PAUSED_MEASURES else [],
        )
    for facts in monthly:
        MonthlyPromise.objects.create(contract=contract, **facts)
    wording.freeze(contract, drafting.terms_of(contract), at=in_force_from)
    contract.save(update_fields=["text", "text_sha256"])
    return contract


def start_company(
    *, email: str, password: str, tz: str, country: str = "", subdivision: str = "", at: datetime
) -> User:
    """The first teams, their hours, an admin, an agreement; all or nothing.

    Raises Conflict when somebody is here already.
    """
    if User.objects.exists():
        raise Conflict("This install has people already; nothing was changed.")
    with transaction.atomic():
        admin = User.objects.create_superuser(email, password, name="Admin", time_zone=tz)
        marketing = Team.objects.create(slug="marketing", name="Marketing", kind="marketing")
        sales = Team.objects.create(slug="sales", name="Sales", kind="sales")
        for team in (marketing, sales):
            Membership.objects.create(user=admin, team=team, is_manager=True)
        # One each: who manages a single team could not change hours that both work by.
        for team in (marketing, sales):
            keep_hours(
                team.slug, f"Office hours of {team.name.lower()}", tz=tz, teams=[team],
                country=country, subdivision=subdivision,
            )  # fmt: skip
        pool = Pool.objects.create(slug="everyone", name="Everyone in sales", team=sales)
        PoolMember.objects.create(pool=pool, user=admin)
        ScoreRules.objects.create(version=1, rules=SCORE_RULES, in_force_from=at)
        Definition.objects.create(
            key="mql", version=1, name="Marketing qualified lead (MQL)", words=MQL_WORDS,
            rule={"min_score": 50}, in_force_from=at,
        )  # fmt: skip
        # What a company begins with is signed by nobody: one person never signs for both sides.
        sign_contract(1, in_force_from=at)
    return admin
