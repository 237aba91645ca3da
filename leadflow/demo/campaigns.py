"""The demo's eight campaigns, its forms, and who gets whose leads."""

from dataclasses import dataclass
from datetime import datetime, timedelta

from accounts.models import Team, User
from leads.models import Campaign, CaptureForm, Pool, PoolMember
from personas.models import Persona

CONSENT = (
    "I agree that Stillwater Hot Tubs may contact me about my request. "
    "I can withdraw this at any time."
)


@dataclass(frozen=True, slots=True)
class Plan:
    """A campaign and what its leads are like. Days count back from now; shares add up to 1."""

    slug: str
    name: str
    channel: str
    owner: str
    budget: int
    spent: int
    share: float
    first: int
    last: int | None
    interest: str
    at_once: bool = True
    # The chance of each further sign of interest after the first.
    keen: float = 0.5


PLANS = (
    Plan("good-for-your-back", "Good for your back", "search", "maya",
         42_000, 37_850, 0.24, 182, None, "back pain"),
    Plan("maintenance-guide", "The maintenance guide", "content", "maya",
         24_000, 21_350, 0.20, 182, None, "back pain", keen=0.4),
    Plan("garden-of-the-new-house", "The new house’s garden", "social", "leo",
         28_000, 26_310, 0.17, 160, None, "new house", keen=0.42),
    Plan("demonstration-days", "Demonstration days", "event", "maya",
         31_500, 24_980, 0.12, 130, None, "back pain", keen=0.75),
    Plan("hotel-and-spa-fair", "Hotel & Spa Fair", "event", "leo",
         64_000, 68_200, 0.08, 118, 60, "hotel spa", at_once=False, keen=0.6),
    Plan("holiday-let-letter", "The holiday-let letter", "email", "leo",
         16_500, 14_870, 0.09, 175, None, "holiday let", keen=0.55),
    Plan("friends-of-customers", "Friends of customers", "referral", "maya",
         9_500, 8_240, 0.06, 182, None, "new house", keen=0.8),
    Plan("pool-builders", "Pool builders’ introductions", "partner", "leo",
         12_000, 8_700, 0.04, 150, None, "new house", at_once=False, keen=0.6),
)  # fmt: skip
FORMS = (
    ("maintenance-guide", "Maintenance guide download", "maintenance-guide", "maya", "download",
     "Water you can forget about",
     "Twelve pages on keeping a hot tub clean in ten minutes a week. Tell us where to send it.",
     "Send me the guide", "The guide is on its way to your inbox.",
     ["first_name", "last_name", "country"]),
    ("demonstration", "Demonstration registration", "demonstration-days", "maya", "form",
     "Come and try one",
     "Forty minutes in warm water, towels included. We call you to agree on a time.",
     "Book my place", "Thank you. We will call you to agree on a time.",
     ["first_name", "last_name", "phone", "country", "message"]),
    ("hotels", "Hotels and spas", "hotel-and-spa-fair", "leo", "form",
     "A spa your guests write about",
     "Tell us about your house and we bring figures from others of its size.",
     "Ask for figures", "Thank you. You will hear from us within a working day.",
     ["first_name", "last_name", "company", "job_title", "phone", "country", "extra.timeframe",
      "extra.budget", "message"]),
)  # fmt: skip
AMERICAS = ["US", "CA", "MX", "BR"]
EUROPE = [
    "GB", "IE", "DE", "FR", "ES", "IT", "NL", "BE", "CH", "AT", "SE", "NO", "DK", "FI", "PL", "PT",
]  # fmt: skip


def launch(users: dict[str, User], team: Team, *, at: datetime) -> None:
    """Campaigns and the forms that feed them."""
    today = at.date()
    for plan in PLANS:
        Campaign.objects.create(
            slug=plan.slug, name=plan.name, channel=plan.channel, team=team,
            budget=plan.budget, spent=plan.spent,
            starts_on=today - timedelta(days=plan.first),
            ends_on=today - timedelta(days=plan.last) if plan.last else None,
            hand_over_at_once=plan.at_once,
        )  # fmt: skip
    campaigns = {c.slug: c for c in Campaign.objects.all()}
    for slug, name, campaign, owner, touchpoint, headline, intro, button, thanks, fields in FORMS:
        CaptureForm.objects.create(
            slug=slug, name=name, campaign=campaigns[campaign], owner=users[owner],
            touchpoint=touchpoint, headline=headline, intro=intro, button=button, thanks=thanks,
            fields=fields, consent_text=CONSENT,
        )  # fmt: skip


def share_out(users: dict[str, User], teams: dict[str, Team]) -> None:
    """Pools: hotels to two specialists, the rest by region; nobody takes the Pacific yet."""
    for order, (slug, name, team, countries, persona, members) in enumerate((
        ("american-hotels", "American hotels and spas", "sales-new-york", AMERICAS,
         "spa-director", (("priya", 2), ("sam", 2))),
        ("americas", "Americas", "sales-new-york", AMERICAS, None,
         (("sam", 2), ("priya", 1), ("walt", 1))),
        ("europe", "Europe", "sales-london", EUROPE, None,
         (("oliver", 1), ("aoife", 1), ("tomasz", 1))),
    )):  # fmt: skip
        pool = Pool.objects.create(
            slug=slug, name=name, team=teams[team], countries=countries, order=order
        )
        if persona:
            pool.personas.add(Persona.objects.get(slug=persona))
        for login, weight in members:
            PoolMember.objects.create(pool=pool, user=users[login], weight=weight, capacity=40)
