"""Wiring: settings, URLs, Celery, embedded servers, demo data."""

import gc

from leadflow.celery import app as celery_app

__all__ = ["celery_app"]

# To load Django makes a million objects and drops none: Python's own thresholds would look through
# them again and again, a sixth of each start.
gc.set_threshold(20_000, 20, 20)
