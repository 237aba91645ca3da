"""Load the demo company: all of it or nothing, the same rows for the same seed and instant."""

from datetime import datetime

from django.db import transaction

from accounts.models import User
from accounts.refusals import Conflict
from leadflow.demo.company import Company, found

LEADS = 2000
SEED = 7


def load(*, at: datetime, leads: int = LEADS, seed: int = SEED) -> Company:
    """Found the company and live its six months up to `at`, in one transaction.

    Raises Conflict when this install has people already.
    """
    if User.objects.exists():
        raise Conflict(
            "This install has people already, and the demo only goes into an empty one; "
            "nothing was changed. Use another DATABASE_URL or LEADFLOW_VAR for it."
        )
    with transaction.atomic():
        return found(at=at)
