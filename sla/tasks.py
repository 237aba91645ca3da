"""Celery's way to the sweep."""

import structlog
from celery import shared_task

from accounts.instants import database_now
from sla import sweep as sweeping
from sla.figures import tallies

log = structlog.get_logger(__name__)


@shared_task(name="sla.tasks.sweep", ignore_result=True)
def sweep() -> None:
    """Fire what is due, by the database's clock."""
    swept = sweeping.sweep_once(at=database_now())
    if swept.fired or swept.reassigned or swept.aside:
        log.info(
            "swept", fired=swept.fired, breached=swept.breached, reassigned=swept.reassigned,
            aside=swept.aside,
        )  # fmt: skip


@shared_task(name="sla.tasks.fold_tallies", ignore_result=True)
def fold_tallies() -> None:
    """Keep the figures' notes few; the figures are right without it, only slower."""
    folded = tallies.fold()
    if folded:
        log.info("tallies_folded", notes=folded)
