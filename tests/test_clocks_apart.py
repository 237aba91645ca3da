"""Case 23: machines whose clocks are 180 seconds apart change nothing; the database's counts.

Real web servers, worker and beat, each process with its clock shifted as a whole (tests/shifted),
all on one database: queue, badge, sweep and outcome agree. Deadlines lie well within the shift,
so that any use of a machine's own clock would tell.
"""

import os
import re
import subprocess
import urllib.error
import urllib.request
import uuid
from contextlib import ExitStack
from datetime import datetime, timedelta
from email.utils import parsedate_to_datetime
from pathlib import Path

import pytest
from django.conf import settings
from django.test import Client

from accounts.instants import database_now
from accounts.models import ApiKey, OutboxMessage
from leadflow import supervisor
from leads.models import Handoff
from sla.models import Breach, Clock, Term
from tests.factories import STEPS, make_cast
from tests.leadflow.running import free_port
from tests.test_faults import ROOT, kill_nine, wait_for, worker_environment

pytestmark = [pytest.mark.slow, pytest.mark.timeout(180), pytest.mark.django_db(transaction=True)]
AHEAD, BEHIND = 90, -90
TARGET = 3600
DAILY = {str(day): [["00:00", "24:00"]] for day in range(7)}


def shifted(name: str, ahead: int, *, port: int = 0) -> subprocess.Popen[bytes]:
    """One part of leadflow on a machine whose clock is so many seconds off."""
    command = list(supervisor.commands()[name])
    if name == "web":
        command = [f"--bind=127.0.0.1:{port}" if "--bind=" in w else w for w in command]
    if name == "beat":
        memory = Path(os.environ["LEADFLOW_VAR"]) / f"beat-{uuid.uuid4()}"
        command[-1] = f"--schedule={memory}"
    environment = worker_environment() | {
        "PYTHONPATH": f"{ROOT / 'tests' / 'shifted'}:{ROOT}", "CLOCK_AHEAD": str(ahead),
        "WEB_WORKERS": "1", "DEBUG": "1", "SECRET_KEY": settings.SECRET_KEY,
    }  # fmt: skip
    environment.pop("PROMETHEUS_MULTIPROC_DIR", None)
    return subprocess.Popen(
        command, cwd=ROOT, env=environment, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL
    )


class Machine:
    """A web server with a clock of its own, and a rep who works there."""

    def __init__(self, ahead: int, rep) -> None:
        self.ahead, self.port = ahead, free_port()
        self.process = shifted("web", ahead, port=self.port)
        self.key = ApiKey.objects.issue(rep, scope=ApiKey.Scope.FULL)[1]
        browser = Client()
        browser.force_login(rep, settings.AUTHENTICATION_BACKENDS[0])
        self.cookie = f"sessionid={browser.cookies['sessionid'].value}"

    def ask(self, path: str, *, post: bool = False) -> tuple[str, datetime]:
        """The answer, and the instant of the machine's own clock that its server wrote on it."""
        page = not path.startswith("/api/")
        headers = {"Cookie": self.cookie} if page else {"Authorization": f"Bearer {self.key}"}
        request = urllib.request.Request(
            f"http://127.0.0.1:{self.port}{path}", headers=headers, data=b"{}" if post else None,
            method="POST" if post else "GET",
        )  # fmt: skip
        request.add_header("Content-Type", "application/json")
        with urllib.request.urlopen(request, timeout=30) as answer:
            return answer.read().decode(), parsedate_to_datetime(answer.headers["Date"])

    def answers(self) -> bool:
        try:
            self.ask("/healthz")
        except OSError:
            return False
        return True


@pytest.fixture
def leads():
    """By name: leads whose deadlines to accept lie that many seconds from now."""
    cast = make_cast(weekly=DAILY)
    cast.pool.members.exclude(user=cast.sam).delete()
    Term.objects.update(steps=STEPS)
    Term.objects.filter(measure="accept").update(target_seconds=TARGET)
    Term.objects.exclude(measure="accept").update(target_seconds=TARGET * 24)
    now = database_now()
    for name, seconds in (("past", -60), ("soon", 60), ("later", 3000)):
        cast.hot_lead(
            at=now + timedelta(seconds=seconds - TARGET), email=f"{name}@spa.example",
            first_name=name, last_name="",
        )  # fmt: skip
    return cast


def badges(page: str) -> list[tuple[str, str]]:
    """Each row's lead and the state of the clock that it shows, from the top down."""
    found = re.findall(r'>(past|soon|later)<.*?data-clock="(\w+)"', page, flags=re.S)
    return [(name, state) for name, state in found]


def accept_clock(name: str) -> Clock:
    return Clock.objects.get(lead__email=f"{name}@spa.example", term__measure="accept")


def test_case_23_machines_whose_clocks_are_apart_agree_on_queue_badge_sweep_and_outcome(leads):
    with ExitStack() as stack:

        def run(process: subprocess.Popen[bytes]) -> None:
            stack.callback(kill_nine, process)

        machines = [Machine(ahead, leads.sam) for ahead in (AHEAD, BEHIND)]
        for machine in machines:
            run(machine.process)
        wait_for(lambda: all(machine.answers() for machine in machines), waking=False)
        for machine in machines:
            own = (machine.ask("/healthz")[1] - database_now()).total_seconds()
            assert abs(own - machine.ahead) < 20, "its clock is not shifted"

        # The list and its badges, before anybody has swept.
        pages = [machine.ask("/queue/")[0] for machine in machines]
        expected = [("past", "missed"), ("soon", "at_risk"), ("later", "running")]
        assert [badges(page) for page in pages] == [expected, expected]
        for page in pages:
            told = datetime.fromisoformat(
                re.search(r'name="server-time" content="([^"]+)"', page)[1]
            )
            assert abs((told - database_now()).total_seconds()) < 10
        lists = [machine.ask("/api/v1/queue/")[0] for machine in machines]
        assert lists[0] == lists[1]

        # Outcomes: the machine that is ahead accepts in time, the one behind too late.
        before = database_now()
        for machine, name in zip(machines, ("soon", "past"), strict=True):
            lead = Handoff.objects.get(lead__email=f"{name}@spa.example").lead_id
            machine.ask(f"/api/v1/leads/{lead}/accept/", post=True)
        assert [accept_clock(name).state for name in ("soon", "past")] == ["met", "missed"]
        for name in ("soon", "past"):
            assert before <= accept_clock(name).stopped_at <= database_now()

        # The sweep: a worker that is ahead, woken by a beat that is behind.
        early = leads.hot_lead(
            at=database_now() + timedelta(seconds=15 - TARGET), email="early@spa.example"
        )  # fmt: skip
        run(shifted("clockwork", AHEAD))
        run(shifted("beat", BEHIND))
        wait_for(lambda: OutboxMessage.objects.exclude(delivered_at=None).exists(), waking=False)
        wait_for(lambda: Breach.objects.filter(clock__lead=early).exists(), waking=False)
        breach = Breach.objects.get(clock__lead=early)
        assert breach.breached_at == accept_clock("early").due_at
        assert breach.breached_at < breach.noticed_at <= database_now()
        assert (breach.noticed_at - breach.breached_at).total_seconds() < 10
        assert accept_clock("later").state == "running"
        assert set(Breach.objects.values_list("clock", flat=True)) == {
            accept_clock(name).pk for name in ("past", "early")
        }  # fmt: skip
