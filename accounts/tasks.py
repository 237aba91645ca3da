"""Celery's way to the outbox, and to what need not be remembered for ever."""

from datetime import timedelta

import structlog
from celery import shared_task

from accounts import idempotency, outbox
from accounts.instants import database_now

log = structlog.get_logger(__name__)

# How long the answer to an Idempotency-Key is kept.
REMEMBERED = timedelta(days=7)


@shared_task(name="accounts.tasks.relay", ignore_result=True)
def relay() -> None:
    """Deliver what waits in the outbox."""
    delivered = outbox.relay(at=database_now())
    if delivered:
        log.info("outbox_relayed", delivered=delivered)


@shared_task(name="accounts.tasks.forget_requests", ignore_result=True)
def forget_requests() -> None:
    """Drop the answers to old Idempotency-Keys."""
    forgotten = idempotency.forget(before=database_now() - REMEMBERED)
    if forgotten:
        log.info("idempotent_requests_forgotten", forgotten=forgotten)
