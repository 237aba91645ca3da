"""Wiring: settings, URLs, Celery, embedded servers, demo data."""

from leadflow.celery import app as celery_app

__all__ = ["celery_app"]
