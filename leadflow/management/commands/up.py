"""`manage.py up`: everything on this machine, until Ctrl-C."""

import os
import sys
from typing import Any

from django.conf import settings
from django.core.management.base import BaseCommand


class Command(BaseCommand):
    """Becomes the supervisor: an exec keeps the process id and lets Django's memory go."""

    help = "Start database, broker, web, workers and beat here, and stop all of them together."
    requires_system_checks: list[str] = []

    def handle(self, *args: Any, **options: Any) -> None:
        os.chdir(settings.BASE_DIR)
        os.execv(sys.executable, [sys.executable, "-m", "leadflow.supervisor"])
