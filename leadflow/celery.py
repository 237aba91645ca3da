"""The Celery application. Tasks live in each room's tasks.py; the schedule is in settings."""

import os
import warnings

from celery import Celery
from celery.signals import setup_logging

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "leadflow.settings")

# Root is allowed on purpose (a fresh container has nobody else), and every message is JSON.
warnings.filterwarnings("ignore", message=r"(?s).*superuser privileges")

app = Celery("leadflow")
app.config_from_object("django.conf:settings", namespace="CELERY")
app.autodiscover_tasks()


@setup_logging.connect
def keep_our_logging(**_kwargs: object) -> None:
    """Having a receiver keeps Celery from replacing the logging that settings set up."""
