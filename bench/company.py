"""The company that every row works for: two regions of three reps each, under one agreement."""

from datetime import timedelta

from accounts.instants import database_now
from accounts.models import ApiKey, Membership, Team, User
from leadflow.starter import SCORE_RULES, keep_hours, sign_contract
from leads.models import Campaign, Pool, PoolMember, ScoreRules
from personas.models import Definition, Persona

REPS = 6
REGIONS = ("US", "GB")
# The routing of a round must not run dry: what sales disposes of comes between rounds.
CAPACITY = 30_000
AROUND_THE_CLOCK = {str(day): [["00:00", "24:00"]] for day in range(7)}
CAMPAIGN, INQUIRIES = "handed-over", "kept"


def found() -> None:
    """People, agreement, personas, scoring, pools and two campaigns, in force for years."""
    since = database_now() - timedelta(days=800)
    marketing = Team.objects.create(slug="marketing", name="Marketing", kind="marketing")
    marketer = _hire("maya", marketing)
    manager = _hire("mona", marketing, is_manager=True)
    teams = [marketing]
    for number, country in enumerate(REGIONS):
        sales = Team.objects.create(slug=f"sales-{country}", name=f"Sales {country}", kind="sales")
        chief = _hire(f"dana{number}", sales, is_manager=True)
        pool = Pool.objects.create(
            slug=country.lower(), name=country, team=sales, countries=[country], order=number
        )
        for rep in range(REPS // len(REGIONS)):
            person = _hire(f"rep{number * REPS // len(REGIONS) + rep}", sales)
            PoolMember.objects.create(pool=pool, user=person, capacity=CAPACITY)
        teams.append(sales)
    keep_hours("always", "Always", tz="America/New_York", teams=teams, weekly=AROUND_THE_CLOCK)
    ScoreRules.objects.create(version=1, rules=SCORE_RULES, in_force_from=since)
    Definition.objects.create(
        key="mql", version=1, name="MQL", words="A score of at least 50.",
        rule={"min_score": 50}, in_force_from=since,
    )  # fmt: skip
    for number, word in enumerate(("wellness", "owner", "engineer", "buyer")):
        Persona.objects.create(
            slug=word, name=word.title(), min_points=10,
            criteria=[
                {"field": "job_title", "op": "contains", "value": [word], "points": 10 + number,
                 "label": f"Is a {word}"},
                {"field": "company", "op": "present", "points": 2, "label": "Company known"},
            ],
        )  # fmt: skip
    sign_contract(1, in_force_from=since, marketing=manager, sales=chief)
    for slug, at_once in ((CAMPAIGN, True), (INQUIRIES, False)):
        Campaign.objects.create(
            slug=slug, name=slug.title(), team=marketing, hand_over_at_once=at_once
        )
    assert marketer.pk


def hire_reps(count: int) -> None:
    """Let so many reps be there, in both pools alike."""
    pools = list(Pool.objects.order_by("order").select_related("team"))
    for number in range(PoolMember.objects.count(), count):
        pool = pools[number % len(pools)]
        PoolMember.objects.create(
            pool=pool, user=_hire(f"rep{number}", pool.team), capacity=CAPACITY
        )


def _hire(name: str, team: Team, *, is_manager: bool = False) -> User:
    person = User.objects.create_user(f"{name}@bench.test", name=name.title())
    Membership.objects.create(user=person, team=team, is_manager=is_manager)
    return person


def capture_key() -> str:
    """A new key of the marketer that may capture."""
    marketer = User.objects.get(email="maya@bench.test")
    return ApiKey.objects.issue(marketer, scope=ApiKey.Scope.CAPTURE)[1]
