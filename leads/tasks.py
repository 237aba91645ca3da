"""Celery's way to the slow work of leads."""

import structlog
from celery import shared_task

from accounts.instants import database_now
from leads import rescoring

log = structlog.get_logger(__name__)


@shared_task(name="leads.tasks.decay_scores", ignore_result=True)
def decay_scores() -> None:
    """Let engagement fade: rescore every lead that marketing or sales may still work."""
    log.info("scores_decayed", changed=rescoring.rescore(at=database_now()))
