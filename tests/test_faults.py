"""Killed workers and an emptied broker lose no breach and double none.

Real Celery workers on this run's own PostgreSQL and Valkey; nothing is faked but the murder.
"""

import os
import signal
import subprocess
import sys
import time
from collections import Counter
from collections.abc import Callable
from pathlib import Path
from urllib.parse import quote

import pytest
import redis
from django.conf import settings
from django.db import connection

from accounts.models import Notification, OutboxMessage
from leadflow.celery import app
from leadflow.devservers import PORT, socket_folder
from leads.capture import capture_leads
from sla.models import Alarm, Breach, Clock, Term
from tests.factories import STEPS, make_cast, ny

ROOT = Path(__file__).resolve().parents[1]
LEADS = 2000
pytestmark = [pytest.mark.slow, pytest.mark.timeout(180), pytest.mark.django_db(transaction=True)]


def start_worker(queues: str = "clockwork") -> subprocess.Popen[bytes]:
    """A worker as `manage.py up` starts it, on the database of this test."""
    name = connection.settings_dict["NAME"]
    folder = socket_folder(Path(os.environ["LEADFLOW_VAR"]))
    environment = {
        **os.environ,
        "DATABASE_URL": f"postgresql://leadflow@:{PORT}/{name}?host={quote(str(folder))}",
        "REDIS_URL": settings.REDIS_URL,
        "SECRET_KEY": "x" * 50,
        "ALLOWED_HOSTS": "127.0.0.1",
        "HTTPS": "0",
        "LOG_LEVEL": "ERROR",
    }
    command = [sys.executable, "-m", "celery", "--quiet", "-A", "leadflow", "worker",
               f"--queues={queues}", "--pool=solo", "--loglevel=WARNING",
               "--without-gossip", "--without-mingle"]  # fmt: skip
    return subprocess.Popen(command, cwd=ROOT, env=environment, stdout=subprocess.DEVNULL)


def kill_nine(worker: subprocess.Popen[bytes]) -> None:
    os.kill(worker.pid, signal.SIGKILL)
    worker.wait()


def wait_for(condition: Callable[[], bool], *, seconds: float = 60) -> None:
    """Wakes the worker as beat does, until the condition holds."""
    began = last = time.monotonic()
    while not condition():
        now = time.monotonic()
        assert now - began < seconds, "the worker did not get there in time"
        if now - last > 0.5:
            last = now
            wake()
        time.sleep(0.01)


def wake() -> None:
    for name in ("sla.tasks.sweep", "accounts.tasks.relay"):
        app.send_task(name, queue="clockwork", expires=5)


def fired() -> int:
    return Alarm.objects.filter(state="fired").count()


@pytest.fixture
def overdue():
    """Leads handed over long ago that nobody has looked at since: every alarm is due."""
    cast = make_cast()
    cast.pool.members.update(capacity=30_000)
    Term.objects.update(steps=STEPS)
    rows = [
        {"email": f"lead{n}@spa.example", "job_title": "Director of Spa", "touchpoint": "event",
         "campaign": cast.campaign.slug}
        for n in range(LEADS)
    ]  # fmt: skip
    for start in range(0, LEADS, 500):
        capture_leads(rows[start : start + 500], by=cast.maya, at=ny("2024-03-01 10:00"))
    return cast


def everything_once() -> None:
    """Each deadline breached once, each alarm fired once, each fact told once a person."""
    clocks = Clock.objects.count()
    assert clocks == 3 * LEADS
    assert Counter(Clock.objects.values_list("state", flat=True)) == {"missed": clocks}
    assert Breach.objects.count() == clocks
    late = Breach.objects.exclude(breached_at__in=Clock.objects.values("due_at"))
    assert late.count() == 0
    assert Counter(Alarm.objects.values_list("state", "action")) == {
        ("fired", "warn"): clocks, ("fired", "breach"): clocks, ("fired", "tell_manager"): clocks,
    }  # fmt: skip
    kinds = Counter(OutboxMessage.objects.values_list("kind", flat=True))
    assert kinds == {
        "assigned": LEADS, "warn": clocks, "breach": clocks, "tell_manager": clocks,
    }  # fmt: skip


def test_a_worker_killed_in_mid_sweep_and_a_flushed_broker_lose_and_double_nothing(overdue):
    broker = redis.Redis.from_url(settings.REDIS_URL)
    before = 0
    for _ in range(3):
        worker = start_worker()
        wait_for(lambda seen=before: fired() > seen)
        kill_nine(worker)  # in mid-sweep: some batches are done, one is open
        broker.flushdb()  # and the broker forgets that anything was ever asked
        before = fired()
    assert 0 < before < 9 * LEADS, "the worker was never caught in mid-sweep"

    worker = start_worker()
    try:
        wait_for(lambda: fired() == 9 * LEADS)
        everything_once()
        wait_for(lambda: not OutboxMessage.objects.filter(delivered_at=None).exists())
    finally:
        kill_nine(worker)
    assert Notification.objects.count() == OutboxMessage.objects.count()
