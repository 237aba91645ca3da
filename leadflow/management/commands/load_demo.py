"""`manage.py load_demo`: the demo company, into an empty install."""

from argparse import ArgumentParser
from typing import Any

from django.core.management.base import BaseCommand, CommandError

from accounts.instants import database_now
from accounts.refusals import Refused
from leadflow.demo import loading


class Command(BaseCommand):
    """All or nothing: an interrupted load leaves the install empty."""

    help = "Load the demo company with six months of history into an empty install."

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("--leads", type=int, default=loading.LEADS, help="about how many")
        parser.add_argument(
            "--seed", type=int, default=loading.SEED, help="another seed, another company"
        )

    def handle(self, *args: Any, **options: Any) -> None:
        try:
            loading.load(at=database_now(), leads=options["leads"], seed=options["seed"])
        except Refused as error:
            raise CommandError(error.message) from None
