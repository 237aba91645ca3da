"""`manage.py load_demo`: the demo company, into an empty install."""

import logging
import sys
from argparse import ArgumentParser
from datetime import datetime
from typing import Any

from django.core.management.base import BaseCommand, CommandError
from tqdm import tqdm

from accounts.instants import database_now
from accounts.refusals import Refused
from leadflow.demo import loading
from leadflow.demo.company import DAYS


class Command(BaseCommand):
    """All or nothing: an interrupted load leaves the install empty."""

    help = "Load the demo company with six months of history into an empty install."

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("--leads", type=int, default=loading.LEADS, help="about how many")
        parser.add_argument(
            "--seed", type=int, default=loading.SEED, help="another one: other people"
        )

    def handle(self, *args: Any, **options: Any) -> None:
        # Six months of "handoff_escalated" are history, not news.
        logging.getLogger("sla").setLevel(logging.WARNING)
        at = database_now()
        bar = tqdm(
            total=DAYS, unit="day", desc="six months", disable=not sys.stderr.isatty(), leave=False
        )

        def progress(instant: datetime) -> None:
            day = DAYS - (at - instant).days
            if day > bar.n:
                bar.update(day - bar.n)

        try:
            with bar:
                loading.load(at=at, leads=options["leads"], seed=options["seed"], progress=progress)
        except Refused as error:
            raise CommandError(error.message) from None
        if options["verbosity"]:
            self.stdout.write("The demo company is loaded.")
