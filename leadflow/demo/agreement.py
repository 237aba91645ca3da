"""What the demo's two sides agreed on: hours, definitions, scoring, contract; each with a past."""

from datetime import datetime, timedelta
from typing import Any

from accounts.models import Team, User
from leadflow.starter import SCORE_RULES, keep_hours, sign_contract
from leads.models import Handoff, ScoreRules
from personas.models import Definition, Persona
from personas.versions import persona_facts
from sla.figures import exclusions
from sla.models import CalendarVersion

# Days before `at` on which the older versions were replaced.
SECOND_DEFINITION = 110
SECOND_CONTRACT = 120
# The first contract was lenient.
FIRST_TARGETS = {
    "accept_hot": 30 * 60,
    "accept": 8 * 3600,
    "first_touch_hot": 2 * 3600,
    "first_touch": 16 * 3600,
}
# The demo is more careful than the starting rules: many send a form, few will buy.
LESS = {"form": 15, "download": 10, "event": 30}
TIMEFRAME = {
    "field": "extra.timeframe", "op": "in", "value": ["this month", "this quarter"],
    "points": 10, "label": "Wants to buy soon",
}  # fmt: skip
# What marketing promises a month, of the version in force.
MONTHLY = (
    {"key": "accepted_leads", "name": "Accepted leads", "counted": "accepted", "target": 110},
    {"key": "accepted_share", "name": "Share accepted", "counted": "share", "target": 80},
    {"key": "complete_packets", "name": "Complete packets", "counted": "complete", "target": 80,
     "packet": ["persona", "source", "touchpoints"]},
)  # fmt: skip
DEFINITIONS: tuple[Any, ...] = (
    ("inquiry", "Lead (inquiry)", (
        ("Somebody who told us how to reach them. We may write to them, nobody calls yet.", {}),
    )),
    ("mql", "Marketing qualified lead (MQL)", (
        ("A score of at least 45.", {"min_score": 45}),
        ("A score of at least 50, of which at least 10 for fit: somebody we can reach, who did "
         "something that shows interest, and who looks like one of our agreed buyers.",
         {"min_score": 50, "min_fit": 10}),
    )),
    ("sal", "Sales accepted lead (SAL)", (
        ("A rep has looked at the lead and taken it on, within the time agreed.", {}),
    )),
    ("sql", "Sales qualified lead (SQL)", (
        ("Spoken to; has a place for a tub, a budget, and means to decide within six months.", {}),
    )),
    ("customer", "Customer", (
        ("The order is signed and the deposit paid. A verbal yes is none.", {}),
    )),
    ("first-touch", "First touch", (
        ("The first call, e-mail or meeting by a rep after the handoff. A wrong number is none.",
         {}),
    )),
)  # fmt: skip


def agree(users: dict[str, User], teams: dict[str, Team], *, start: datetime, at: datetime) -> None:
    """Calendars, definitions, score rules, contract 1 (superseded) and 2 (in force)."""
    # One for each team, so that each manager may change the hours of their own.
    for slug, name, team in (
        ("new-york", "New York office", "sales-new-york"),
        ("marketing", "Marketing", "marketing"),
    ):
        keep_hours(
            slug, name, tz="America/New_York", country="US", subdivision="NY",
            teams=[teams[team]],
        )  # fmt: skip
    keep_hours(
        "london", "London office", tz="Europe/London", country="GB", subdivision="ENG",
        teams=[teams["sales-london"]],
    )  # fmt: skip
    CalendarVersion.objects.update(created_at=start)
    long_ago = start - timedelta(days=60)
    for key, name, versions in DEFINITIONS:
        for number, (words, rule) in enumerate(versions, start=1):
            Definition.objects.create(
                key=key, version=number, name=name, words=words, rule=rule,
                in_force_from=long_ago if number == 1 else at - timedelta(days=SECOND_DEFINITION),
                signed_for_marketing_by=users["mona"], signed_for_sales_by=users["dana"],
            )  # fmt: skip
    agreed_twice(users, first=long_ago, second=at - timedelta(days=SECOND_DEFINITION))
    first: dict[str, Any] = {
        **SCORE_RULES,
        "tiers": {"hot": 70, "warm": 50},
        "engagement": [
            {**rule, "points": LESS.get(rule["kind"], rule["points"])}
            for rule in SCORE_RULES["engagement"]
        ],
    }
    second = {**first, "fit": [*first["fit"], TIMEFRAME]}
    ScoreRules.objects.create(version=1, rules=first, in_force_from=long_ago)
    ScoreRules.objects.create(
        version=2, rules=second, in_force_from=at - timedelta(days=SECOND_DEFINITION)
    )
    changed = at - timedelta(days=SECOND_CONTRACT)
    both: dict[str, Any] = {"marketing": users["mona"], "sales": users["dana"]}
    sign_contract(1, in_force_from=long_ago, in_force_to=changed, targets=FIRST_TARGETS, **both)
    sign_contract(2, in_force_from=changed, monthly=MONTHLY, **both)


def agreed_twice(users: dict[str, User], *, first: datetime, second: datetime) -> None:
    """The spa director was drawn without a market at first, and known by the job alone."""
    spa = Persona.objects.get(slug="spa-director")
    facts = persona_facts(spa)
    none_yet: dict[str, Any] = {
        "influences": "",
        "market_size": None,
        "market_note": "",
        "sources": [],
    }
    earlier = {**facts, **none_yet, "criteria": facts["criteria"][:1]}
    signed = {"signed_for_marketing_by": users["mona"], "signed_for_sales_by": users["dana"]}
    spa.versions.create(version=1, facts=earlier, in_force_from=first, **signed)
    spa.versions.create(version=2, facts=facts, in_force_from=second, **signed)
    spa.version = 2
    spa.save(update_fields=["version"])


def leave_out(users: dict[str, User], at: datetime) -> None:
    """Two handoffs of late that should not count for marketing: sales agrees to one."""
    came_back = Handoff.objects.filter(
        state=Handoff.State.REJECTED, closed_at__lt=at - timedelta(days=1)
    )
    reasons = ("Our own test of the form.", "Came twice from the same fair.")
    # Of two leads: one person is not a test of the form and twice at a fair.
    by_lead: dict[int, Handoff] = {}
    for handoff in came_back.order_by("-handed_over_at", "-pk")[:20]:
        by_lead.setdefault(handoff.lead_id, handoff)
    for reason, handoff in zip(reasons, by_lead.values(), strict=False):
        made = exclusions.ask(handoff, "marketing", reason=reason, by=users["mona"], at=at)
        if reason == reasons[0]:
            exclusions.agree(made, "sales", by=users["dana"], at=at)
