"""Celery's way to the outbox, and to what need not be remembered for ever."""

from datetime import timedelta

import structlog
from celery import shared_task

from accounts import idempotency, outbox, webhooks
from accounts.instants import database_now

log = structlog.get_logger(__name__)

# How long the answer to an Idempotency-Key is kept.
REMEMBERED = timedelta(days=7)
# How long what was told to webhooks can be looked at and sent again.
DELIVERIES_KEPT = timedelta(days=30)


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


@shared_task(name="accounts.tasks.call_webhooks", ignore_result=True)
def call_webhooks() -> None:
    """Deliver what waits for other programs; not beside the sweep, which their delays must not
    hold up."""
    delivered = webhooks.deliver(at=database_now())
    if delivered:
        log.info("webhooks_called", delivered=delivered)


@shared_task(name="accounts.tasks.forget_deliveries", ignore_result=True)
def forget_deliveries() -> None:
    """Drop what was told to webhooks long ago."""
    forgotten = webhooks.forget(before=database_now() - DELIVERIES_KEPT)
    if forgotten:
        log.info("webhook_deliveries_forgotten", forgotten=forgotten)
