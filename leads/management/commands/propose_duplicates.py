"""`manage.py propose_duplicates`: what the schedule does every night (leads.duplicates.nightly)."""

from time import monotonic
from typing import Any

from django.core.management.base import BaseCommand

from accounts.instants import database_now
from leads.duplicates.nightly import propose


class Command(BaseCommand):
    help = "Look at all leads and propose the pairs that are likely one person; merges nothing."

    def handle(self, *args: Any, **options: Any) -> None:
        started = monotonic()
        done = propose(at=database_now())
        self.stdout.write(
            f"{done.leads:,} leads, {done.compared:,} pairs looked at, {done.open:,} to decide; "
            f"{monotonic() - started:.1f} s."
        )
