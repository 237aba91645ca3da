"""`manage.py rebuild_clocks [--lead ID] [--check]`: hold the clocks against what was recorded.

Each lead, and each change that somebody was asked to acknowledge, is a transaction of its own, so
it may run beside everything else and be stopped at any moment. Each difference is a line on stdout.
Status 1: with `--check`, something differs.
"""

import sys
from argparse import ArgumentParser
from typing import Any

from django.core.management.base import BaseCommand, CommandError
from tqdm import tqdm

from accounts.instants import database_now
from leads.models import Lead
from personas.models import Acknowledgement
from sla.clocks import acknowledging
from sla.clocks.rebuilding import rebuild


class Command(BaseCommand):
    """Replay and mend; with `--check`, only tell."""

    help = "Replay what was recorded of leads and mend clocks that differ from it."

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("--lead", type=int, metavar="ID", help="only this lead")
        parser.add_argument("--check", action="store_true", help="tell, and change nothing")

    def handle(self, *args: Any, **options: Any) -> None:
        leads = Lead.objects.filter(handoffs__isnull=False).distinct().order_by("pk")
        if options["lead"] is not None:
            leads = leads.filter(pk=options["lead"])
            if not leads:
                raise CommandError(f"No lead {options['lead']} was ever handed over.")
        numbers = list(leads.values_list("pk", flat=True))
        told = 0
        for number in tqdm(numbers, unit="lead", disable=not sys.stderr.isatty(), leave=False):
            lead = Lead.objects.get(pk=number)
            for difference in rebuild(lead, at=database_now(), check=options["check"]):
                told += 1
                self.stdout.write(f"{lead} ({lead.pk}): {difference}")
        if options["lead"] is None:
            told += self._changes(check=options["check"])
        done = "found" if options["check"] else "mended"
        summary = f"{len(numbers)} leads replayed; {told} differences {done}."
        if told and options["check"]:
            raise CommandError(summary, returncode=1)
        self.stdout.write(summary)

    def _changes(self, *, check: bool) -> int:
        """The clocks of changes to acknowledge; how many differences there were."""
        told = 0
        for row in Acknowledgement.objects.select_related("change", "user").order_by("pk"):
            for difference in acknowledging.rebuild(row, at=database_now(), check=check):
                told += 1
                self.stdout.write(f"{row.change} ({row.user}): {difference}")
        return told
