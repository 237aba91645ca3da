"""Celery's way to the outbox."""

import structlog
from celery import shared_task

from accounts import outbox
from accounts.instants import database_now

log = structlog.get_logger(__name__)


@shared_task(name="accounts.tasks.relay", ignore_result=True)
def relay() -> None:
    """Deliver what waits in the outbox."""
    delivered = outbox.relay(at=database_now())
    if delivered:
        log.info("outbox_relayed", delivered=delivered)
