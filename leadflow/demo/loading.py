"""Load the demo company: all of it or nothing, the same rows for the same seed and instant."""

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import datetime

from django.db import connection, transaction

from accounts.models import User
from accounts.refusals import Conflict
from leadflow.demo import (
    announcing,
    bell,
    companies,
    criteria,
    needs,
    planning,
    present,
    prospecting,
    sales,
    tags,
    views,
)
from leadflow.demo.arrivals import arrivals
from leadflow.demo.company import Company, found
from leadflow.demo.history import History
from leadflow.demo.marketing import attend
from leadflow.demo.names import People
from leads.rescoring import rescore

LEADS = 2000
SEED = 7
# Any number of ours: two loads at once must not both find an empty install.
LOCK = 20_260_117


def load(
    *,
    at: datetime,
    leads: int = LEADS,
    seed: int = SEED,
    progress: Callable[[datetime], None] = lambda instant: None,
) -> Company:
    """Found the company and live its six months up to `at`, in one transaction.

    `progress` is told how far the history has come. Raises Conflict when this install has
    people already.
    """
    with transaction.atomic(), _nothing_to_fall_back_to():
        with connection.cursor() as cursor:
            cursor.execute("SELECT pg_advisory_xact_lock(%s)", [LOCK])
        if User.objects.exists():
            raise Conflict(
                "This install has people already, and the demo only goes into an empty one; "
                "nothing was changed. Use another DATABASE_URL or LEADFLOW_VAR for it."
            )
        company = found(at=at)
        history = History(company, given=sales.given, seed=seed, until=at)
        people = People()
        attend(history, arrivals(people, leads, seed=seed, start=company.start, at=at))
        sales.plan_cover(history)
        announcing.announce(history, at)
        if leads:
            present.arrange(history, people, at)
        history.live(progress)
        planning.plan(at=at)
        if leads:
            prospecting.prospect(company, at=at)
        rescore(at=at)
        tags.tag(company, at=at)
        views.keep(company, at=at)
        criteria.agree(company, at=at)
        criteria.find_out(company, seed=seed, at=at)
        needs.note(seed=seed, at=at)
        companies.describe()
        bell.ring(history, at=at)
    return company


@contextmanager
def _nothing_to_fall_back_to() -> Iterator[None]:
    """Without savepoints, a fifth of all statements: what fails here fails the whole load."""
    connection.features.uses_savepoints = False
    try:
        yield
    finally:
        del connection.features.uses_savepoints  # back to what it is of PostgreSQL
