"""The Celery application of beat, which only sends names of tasks: it needs no Django, no models.

Half the memory of the workers' application. The schedule is the same, from the same settings.
"""

from typing import Any

from celery import Celery
from celery.beat import PersistentScheduler, ScheduleEntry
from celery.schedules import crontab

app = Celery("leadflow", fixups=[], set_as_current=False)
app.config_from_object("leadflow.settings", namespace="CELERY")
app.conf.beat_scheduler = "leadflow.beat:Scheduler"

# While so many messages wait in a queue, waking its workers once more is worthless.
MOST_WAITING = 20


class Entry(ScheduleEntry):
    """One line of the schedule; a clock that was set back delays nothing."""

    last_run_at: Any

    def is_due(self) -> Any:
        self.last_run_at = min(self.last_run_at, self.default_now())
        return super().is_due()


class Scheduler(PersistentScheduler):
    """Wakes nobody who has been woken often enough.

    So a queue stays short while its workers are down. A wake-up has no instant at which it
    expires: beat would write it by its own clock, and a worker on a machine whose clock is ahead
    would drop every one of them.
    """

    Entry = Entry

    def apply_async(self, entry: Any, producer: Any = None, **options: Any) -> Any:
        """Send the task of an entry, unless its queue is full of the like."""
        if not isinstance(entry.schedule, crontab) and self._waiting(entry) >= MOST_WAITING:
            return None
        return super().apply_async(entry, producer=producer, **options)

    def _waiting(self, entry: Any) -> int:
        queue = entry.options.get("queue") or self.app.conf.task_default_queue
        waiting: int = self.connection.default_channel.queue_declare(queue).message_count
        return waiting
