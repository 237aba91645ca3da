"""The addresses that machines ask, whatever host name they ask by."""

import subprocess
import sys
from datetime import timedelta

import pytest
from django.test import Client

from accounts.instants import database_now
from sla.models import Alarm, Breach
from sla.sweep import sweep, sweep_once
from tests.leadflow.running import ROOT

pytestmark = pytest.mark.django_db


@pytest.fixture
def probe() -> Client:
    return Client(headers={"host": "10.0.0.7"})


def test_healthz_answers_without_sign_in(probe):
    answer = probe.get("/healthz")
    assert (answer.status_code, answer.content) == (200, b"ok\n")


def test_readyz_names_each_part(probe):
    sweep_once(at=database_now())
    answer = probe.get("/readyz")
    assert answer.status_code == 200
    told = answer.json()
    assert 0 <= told.pop("sweep_last_run_seconds") < 60
    assert told == {
        "ready": True,
        "database": "ok",
        "broker": "ok",
        "sweep": "ok",
        "sweep_lag_seconds": 0.0,
        "alarms_due": 0,
        "alarms_aside": 0,
    }


def test_readyz_says_when_no_sweep_ever_ran(probe):
    assert probe.get("/readyz").json()["sweep_last_run_seconds"] is None


def test_readyz_says_when_deadlines_pass_and_nobody_sweeps(cast, probe):
    at = database_now()
    cast.hot_lead(at=at - timedelta(days=30))

    late = probe.get("/readyz")
    assert (late.status_code, late.json()["sweep"]) == (503, "does not keep up")
    assert late.json()["sweep_lag_seconds"] > 86_400

    sweep(at=at)
    swept = probe.get("/readyz")
    assert (swept.status_code, swept.json()["sweep_lag_seconds"]) == (200, 0.0)


def test_readyz_says_when_the_broker_is_gone(probe, settings):
    settings.REDIS_URL = "unix:///nowhere/valkey.sock"
    answer = probe.get("/readyz")
    assert (answer.status_code, answer.json()["broker"]) == (503, "does not answer")


def test_metrics_are_prometheus_text(probe):
    answer = probe.get("/metrics")
    assert answer.status_code == 200
    assert answer.headers["Content-Type"].startswith("text/plain")
    assert "django_http_requests_total_by_method_total" in answer.content.decode()


def test_metrics_tell_of_the_sweep_wherever_it_runs(cast, probe):
    at = database_now()
    cast.hot_lead(at=at - timedelta(days=30))
    before = metrics(probe)
    assert before["leadflow_sweep_lag_seconds"] > 86_400
    assert before["leadflow_alarms_due"] == Alarm.objects.filter(fire_at__lte=at).count()
    assert "leadflow_sweep_last_run_seconds" not in before

    swept = sweep_once(at=at)
    after = metrics(probe)
    assert (after["leadflow_sweep_lag_seconds"], after["leadflow_alarms_due"]) == (0, 0)
    assert after["leadflow_alarms_fired_total"] == swept.fired > 0
    assert after["leadflow_breaches_recorded_total"] == Breach.objects.count() > 0
    assert 0 <= after["leadflow_sweep_last_run_seconds"] < 60

    sweep_once(at=at)
    assert metrics(probe)["leadflow_alarms_fired_total"] == swept.fired


def metrics(probe):
    lines = probe.get("/metrics").content.decode().splitlines()
    told = [line.rsplit(" ", 1) for line in lines if line.startswith("leadflow_")]
    return {name: float(value) for name, value in told}


def test_every_other_page_asks_for_sign_in_and_for_a_known_host(client, probe):
    answer = client.get("/profile/")
    assert (answer.status_code, answer.url) == (302, "/accounts/login/?next=/profile/")
    assert probe.get("/profile/").status_code == 400


def test_nobody_signs_up_by_themselves(client):
    answer = client.post("/accounts/signup/", {"email": "new@x.test", "password1": "p" * 20})
    assert answer.status_code == 200
    assert "account/signup_closed.html" in [template.name for template in answer.templates]


def test_nothing_is_served_on_a_schema_that_the_code_does_not_fit(tmp_path):
    """gunicorn on a database without tables ends at once and says what to do."""
    serve = [sys.executable, "-c", UNMIGRATED]
    done = subprocess.run(serve, cwd=ROOT, capture_output=True, text=True, timeout=60)
    assert done.returncode == 1
    assert done.stderr.strip().splitlines()[-1].startswith("leadflow: ")
    assert "nothing is served until `manage.py migrate` has succeeded" in done.stderr


# The same connection, but the database `postgres`, which holds no table of ours.
UNMIGRATED = """
from leadflow import settings
settings.DATABASES["default"]["NAME"] = "postgres"
from gunicorn.app.wsgiapp import run
import sys
sys.argv = ["gunicorn", "--bind=127.0.0.1:0", "leadflow.wsgi"]
run()
"""
