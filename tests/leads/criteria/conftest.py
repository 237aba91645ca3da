"""Whom the tests of criteria ask."""

import pytest


@pytest.fixture
def lead(cast):
    """Accepted by whoever got it."""
    from accounts.instants import database_now  # models load only after Django is set up
    from leads.models import Lead

    lead = cast.hot_lead(at=database_now())
    handoff = lead.handoffs.get()
    handoff.accept(handoff.owner, at=database_now())
    return Lead.objects.get(pk=lead.pk)
