"""The demo company before its first lead."""

from dataclasses import dataclass
from datetime import datetime, timedelta

from accounts.models import Team, User
from leadflow.demo import agreement, campaigns, library, people, words

# How far back the history goes.
DAYS = 182


@dataclass(frozen=True, slots=True)
class Company:
    """Its people by login and its teams by slug."""

    users: dict[str, User]
    teams: dict[str, Team]
    start: datetime


def found(*, at: datetime) -> Company:
    """Build it, in the caller's transaction; everything is relative to `at`."""
    start = at - timedelta(days=DAYS)
    users, teams = people.hire(at=at)
    people.leave(users, at=at)
    people.answer(users)
    library.describe_buyers()
    library.price_list()
    library.ask_for_more()
    agreement.agree(users, teams, start=start, at=at)
    campaigns.launch(users, teams["marketing"], at=at)
    campaigns.share_out(users, teams)
    words.share_templates(users, teams, at=start)
    return Company(users, teams, start)
