"""`manage.py predict`: fit the prediction anew when that is due, and give open handoffs a chance.

1. One at a time: a second run finds the lock taken and ends.
2. Chances given earlier are held against what came; too far off, and managers are told.
3. Once a week, after such an alarm, or with `--refit`, the model is fitted anew.
4. Open handoffs get their chance by the prediction in force.
"""

from argparse import ArgumentParser
from typing import Any

from django.core.management.base import BaseCommand
from django.db import connection

from accounts.instants import database_now
from leads.models import Prediction
from leads.prediction.due import refit_is_due
from leads.prediction.history import history

LOCK = 7_301_1126


class Command(BaseCommand):
    help = "Learn from earlier handoffs, and foresee what becomes of the open ones."

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("--refit", action="store_true", help="fit anew now")

    def handle(self, *args: Any, **options: Any) -> None:
        with connection.cursor() as cursor:
            cursor.execute("SELECT pg_try_advisory_lock(%s)", [LOCK])
            if not cursor.fetchone()[0]:
                self.stdout.write("Another run is at it.")
                return
            try:
                self._predict(refit_now=options["refit"])
            finally:
                cursor.execute("SELECT pg_advisory_unlock(%s)", [LOCK])

    def _predict(self, *, refit_now: bool) -> None:
        # scikit-learn is loaded by who trains, and by nobody else.
        from leads.prediction.foreseeing import foresee, watch
        from leads.prediction.training import refit

        at = database_now()
        if watch(at=at):
            self.stdout.write("The chances no longer come true: managers are told.")
        if refit_now or refit_is_due(at=at):
            made = refit(at=at)
            self.stdout.write(made.verdict if made else _not_enough(at))
        if not Prediction.objects.filter(in_force=True).exists():
            self.stdout.write("No prediction is in force.")
            return
        self.stdout.write(f"{foresee(at=at):,} open handoffs were given a chance.")


def _not_enough(at: Any) -> str:
    known = history(at=at)
    return f"Not enough history yet: {known.ended:,} handoffs ended, {known.won:,} of them won."
