"""`manage.py sweep`: fire due alarms without Celery, or see what would fire and why."""

import signal
import threading
from argparse import ArgumentParser
from datetime import datetime
from typing import Any

from django.core.management.base import BaseCommand
from django.db import connection

from accounts.instants import database_now
from accounts.words import span_words
from sla import lag
from sla.models import Action, Alarm
from sla.setting_aside import retry_aside
from sla.sweep import sweep_once

SHOWN = 50


class Command(BaseCommand):
    """Runs beside any number of other sweepers; each alarm fires once all the same."""

    help = "Fire due alarms every second until stopped, or once."

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("--once", action="store_true", help="sweep once and end")
        parser.add_argument(
            "--explain", action="store_true", help="say first what is due, and what is set aside"
        )
        parser.add_argument(
            "--retry", action="store_true", help="let alarms that were set aside fire again"
        )

    def handle(self, *args: Any, **options: Any) -> None:
        stop = threading.Event()
        if not options["once"]:
            for number in (signal.SIGTERM, signal.SIGINT):
                signal.signal(number, lambda *_: stop.set())
        if options["retry"]:
            self.stdout.write(f"{retry_aside()} alarms wait again.")
        while True:
            at = database_now()
            if options["explain"]:
                self._explain(at)
            swept = sweep_once(at=at)
            if options["once"] or swept.fired or swept.reassigned or swept.aside:
                self.stdout.write(
                    f"{at:%Y-%m-%d %H:%M:%S} UTC: {swept.fired} fired, {swept.breached} breaches "
                    f"recorded, {swept.reassigned} handed on, {swept.aside} set aside"
                )
            if options["once"] or stop.wait(1):
                return
            connection.close_if_unusable_or_obsolete()

    def _explain(self, at: datetime) -> None:
        seen = lag.watch()
        self.stdout.write(
            f"{seen.due} due, the oldest for {span_words(seen.lag.total_seconds())}; "
            f"{seen.aside} set aside"
        )
        alarms = Alarm.objects.select_related(
            "clock__term", "clock__lead", "clock__owner", "clock__acknowledgement__change__offer"
        )
        due = alarms.filter(state=Alarm.State.WAITING, fire_at__lte=at).order_by("fire_at", "id")
        for alarm in due[:SHOWN]:
            self.stdout.write(f"  {_told(alarm)}, due {alarm.fire_at:%Y-%m-%d %H:%M:%S} UTC")
        if seen.due > SHOWN:
            self.stdout.write(f"  … and {seen.due - SHOWN} more")
        for alarm in alarms.filter(state=Alarm.State.ASIDE).order_by("id")[:SHOWN]:
            self.stdout.write(f"  aside: {_told(alarm)}: {alarm.error}")


def _told(alarm: Alarm) -> str:
    clock = alarm.clock
    subject = f"lead {clock.lead_id}" if clock.lead_id is not None else "a change"
    return (
        f"alarm {alarm.pk}: {Action(alarm.action).label.lower()}, “{clock.term.name}” of "
        f"{clock.title} ({subject}), owed by {clock.owner or 'nobody'}"
    )
