"""Wiring: settings, URLs, Celery, embedded servers, demo data."""
