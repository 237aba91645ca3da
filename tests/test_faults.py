"""Killed workers and an emptied broker lose no breach and double none.

Real Celery workers on this run's own PostgreSQL and Valkey; nothing is faked but the murder.
"""

import os
import signal
import subprocess
import sys
import time
import uuid
from collections import Counter
from collections.abc import Callable
from pathlib import Path
from urllib.parse import quote

import pytest
import redis
from django.conf import settings
from django.db import connection

from accounts.models import Notification, OutboxMessage
from leadflow import supervisor
from leadflow.beat import MOST_WAITING
from leadflow.celery import app
from leadflow.devservers import PORT, socket_folder
from leads.capture import capture_leads
from leads.models import Handoff
from sla.models import Alarm, Breach, Clock, Term
from tests.factories import STEPS, Cast, make_cast, ny

ROOT = Path(__file__).resolve().parents[1]
LEADS, FEW = 2000, 5
BANNER = "Deadlines are not being watched"
pytestmark = [pytest.mark.slow, pytest.mark.timeout(180), pytest.mark.django_db(transaction=True)]


def worker_environment() -> dict[str, str]:
    """What a process of leadflow needs in order to work on the database of this test."""
    name = connection.settings_dict["NAME"]
    folder = socket_folder(Path(os.environ["LEADFLOW_VAR"]))
    return {
        **os.environ,
        "DATABASE_URL": f"postgresql://leadflow@:{PORT}/{name}?host={quote(str(folder))}",
        "REDIS_URL": settings.REDIS_URL,
        "SECRET_KEY": "x" * 50,
        "ALLOWED_HOSTS": "127.0.0.1",
        "HTTPS": "0",
        "LOG_LEVEL": "ERROR",
    }


def start_worker(queues: str = "clockwork", *, name: str = "worker") -> subprocess.Popen[bytes]:
    """A worker as `manage.py up` starts it, on the database of this test."""
    command = [sys.executable, "-m", "celery", "--quiet", "--skip-checks", "-A", "leadflow",
               "worker", f"--queues={queues}", "--pool=solo", "--loglevel=WARNING",
               "--without-gossip", "--without-mingle", f"--hostname={name}@%h"]  # fmt: skip
    return subprocess.Popen(command, cwd=ROOT, env=worker_environment(), stdout=subprocess.DEVNULL)


def kill_nine(worker: subprocess.Popen[bytes]) -> None:
    os.kill(worker.pid, signal.SIGKILL)
    worker.wait()


def wait_for(condition: Callable[[], bool], *, seconds: float = 60, waking: bool = True) -> None:
    """Wakes the worker as beat does, until the condition holds."""
    began = last = time.monotonic()
    while not condition():
        now = time.monotonic()
        assert now - began < seconds, "the worker did not get there in time"
        if waking and now - last > 0.5:
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


def few_overdue() -> Cast:
    """A handful of leads, each with three promises missed long ago."""
    cast = make_cast()
    Term.objects.update(steps=STEPS)
    for number in range(FEW):
        cast.hot_lead(at=ny("2024-03-01 10:00"), email=f"lead{number}@spa.example")
    return cast


def counted() -> dict[str, int]:
    """Everything there is of what must not be doubled."""
    kinds = Counter(OutboxMessage.objects.values_list("kind", flat=True))
    return {
        "breaches": Breach.objects.count(), "fired": fired(), **kinds,
        "rung": Notification.objects.count(),
    }  # fmt: skip


ONCE = {
    "breaches": 3 * FEW, "fired": 9 * FEW, "assigned": FEW, "warn": 3 * FEW, "breach": 3 * FEW,
    "tell_manager": 3 * FEW, "rung": 10 * FEW,
}  # fmt: skip


def test_case_21_a_message_delivered_five_times_to_two_workers_does_its_work_once():
    few_overdue()
    workers = [start_worker(name="one"), start_worker(name="two")]
    try:
        for _ in range(3):
            for name in ("sla.tasks.sweep", "accounts.tasks.relay"):
                number = str(uuid.uuid4())
                for _ in range(5):
                    app.send_task(name, queue="clockwork", task_id=number)
        wait_for(lambda: not waiting_messages(), waking=False)
        wait_for(lambda: not OutboxMessage.objects.filter(delivered_at=None).exists())
    finally:
        for worker in workers:
            kill_nine(worker)
    assert counted() == ONCE


def waiting_messages() -> int:
    return redis.Redis.from_url(settings.REDIS_URL).llen("clockwork")


def test_case_21_with_the_broker_down_facts_are_committed_and_the_end_state_is_the_same():
    """A process that finds no broker answers, sweeps and relays like any other."""
    cast = few_overdue()
    program = """
import django; django.setup()
from accounts.instants import database_now
from accounts.models import User
from leads.capture import capture_leads
from leads.models import Handoff
from leads.models import Campaign, Handoff
from sla.tasks import sweep
from accounts.tasks import relay
maya = User.objects.get(email="maya@demo.test")
[late] = capture_leads([{"email": "late@spa.example", "job_title": "Director of Spa",
    "touchpoint": "event", "campaign": "back-pain"}], by=maya, at=database_now())
late.handoff.accept(late.handoff.owner, at=database_now())
sweep(); relay()
"""
    nowhere = worker_environment() | {"REDIS_URL": "unix:///nowhere/valkey.sock"}
    done = subprocess.run(
        [sys.executable, "-c", program], cwd=ROOT, env=nowhere, capture_output=True, text=True
    )
    assert done.returncode == 0, done.stderr
    assert Handoff.objects.get(lead__email="late@spa.example").state == "accepted"
    assert cast.campaign.leads.count() == FEW + 1
    assert counted() == ONCE | {"assigned": FEW + 1, "rung": 10 * FEW + 1}


def start_beat(name: str) -> subprocess.Popen[bytes]:
    """A beat with a memory of its own, as on another machine."""
    schedule = Path(os.environ["LEADFLOW_VAR"]) / f"beat-{name}-{uuid.uuid4()}"
    command = [*supervisor.commands()["beat"][:-1], f"--schedule={schedule}"]
    return subprocess.Popen(
        command, cwd=ROOT, env=worker_environment(), stdout=subprocess.DEVNULL,
        stderr=subprocess.DEVNULL,
    )  # fmt: skip


def test_case_22_two_beats_double_nothing_and_without_one_readyz_and_a_banner_say_so(client):
    cast = few_overdue()
    client.force_login(cast.dana)
    processes = [start_worker(), start_beat("one"), start_beat("two")]
    try:
        wait_for(lambda: counted() == ONCE, waking=False)
        assert client.get("/readyz").status_code == 200
        assert BANNER not in client.get("/notifications/").content.decode()

        for beat in processes[1:]:
            kill_nine(beat)
        redis.Redis.from_url(settings.REDIS_URL).flushdb()  # no wake-up is left from them
        time.sleep(1)
        cast.hot_lead(at=ny("2024-03-01 10:00"), email="unseen@spa.example")
        answer = client.get("/readyz")
        assert (answer.status_code, answer.json()["sweep"]) == (503, "does not keep up")
        assert BANNER in client.get("/notifications/").content.decode()

        processes.append(start_beat("three"))
        wait_for(lambda: client.get("/readyz").status_code == 200, waking=False)
        assert BANNER not in client.get("/notifications/").content.decode()
        wait_for(lambda: counted()["rung"] == 10 * (FEW + 1), waking=False)
    finally:
        for process in processes:
            process.kill()
            process.wait()
    assert counted() == {name: number // FEW * (FEW + 1) for name, number in ONCE.items()}


def test_while_no_worker_runs_beat_does_not_fill_the_broker():
    """Wake-ups have no expiry, which would be told by machines' clocks; so they must stay few."""
    redis.Redis.from_url(settings.REDIS_URL).flushdb()
    beat = start_beat("one")
    try:
        wait_for(lambda: waiting_messages() >= MOST_WAITING, waking=False)
        time.sleep(2.5)
        assert waiting_messages() == MOST_WAITING
        worker = start_worker()
        try:
            wait_for(lambda: waiting_messages() < MOST_WAITING, waking=False)
        finally:
            kill_nine(worker)
    finally:
        kill_nine(beat)
