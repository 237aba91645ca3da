"""The settings as a server has them: Django's own deployment checks find nothing."""

import os
import subprocess
import sys
from collections.abc import Mapping

import pytest
from django.conf import settings
from django.db import connection

from leadflow import devservers, logs
from tests.leadflow.running import ROOT, fresh_environment

SERVER = {
    "DATABASE_URL": "postgresql://leadflow:secret@db:5432/leadflow",
    "REDIS_URL": "redis://valkey:6379/0",
    "SECRET_KEY": "wq7DtXz2m9rVbN4sLk8PyHf3Jc6Ge5AuTi1Ro0QxWvZdMnBhEjS",
    "ALLOWED_HOSTS": "crm.example.com",
    "CSRF_TRUSTED_ORIGINS": "https://crm.example.com",
    "SITE_URL": "https://crm.example.com",
    "TRUSTED_PROXIES": "1",
}


def manage(command: list[str], environment: Mapping[str, str]) -> tuple[int, str]:
    """Its status and what it wrote on standard error."""
    done = subprocess.run(
        [sys.executable, "manage.py", *command],
        cwd=ROOT,
        env={**fresh_environment(), **environment},
        capture_output=True,
        text=True,
        timeout=60,
    )
    return done.returncode, done.stderr


def test_the_deployment_checks_find_nothing_on_a_server(tmp_path):
    environment = {**SERVER, "LEADFLOW_VAR": str(tmp_path)}
    status, said = manage(["check", "--deploy", "--fail-level=WARNING"], environment)
    assert (status, said) == (0, "")


@pytest.mark.parametrize(
    ("name", "value", "says"),
    [
        ("PORT", "http", "PORT='http' cannot be used: write a whole number from 1 to 65535"),
        ("LOG_LEVEL", "loud", "LOG_LEVEL='LOUD' cannot be used: write one of DEBUG, INFO, "),
        ("SENTRY_DSN", "here", "SENTRY_DSN='here' cannot be used: "),
        ("TRUSTED_PROXIES", "all", "TRUSTED_PROXIES='all' cannot be used: "),
        ("HTTPS", "please", "HTTPS='please' cannot be used: write 1 or 0"),
    ],
)
def test_a_wrong_value_is_one_line_and_no_traceback(tmp_path, name, value, says):
    environment = {**SERVER, "LEADFLOW_VAR": str(tmp_path), name: value}
    status, said = manage(["check"], environment)
    assert (status, said.count("\n")) == (1, 1), said
    assert said.startswith(f"leadflow: {says}")


def test_nothing_inline_is_allowed_by_the_content_security_policy():
    directives = settings.CONTENT_SECURITY_POLICY["DIRECTIVES"]
    allowed = {source for sources in directives.values() for source in sources}
    assert allowed == {"'none'", "'self'", "data:"}
    assert directives["img-src"] == ["'self'", "data:"]


def test_secrets_do_not_reach_the_log():
    event = {"event": "signed in", "password": "p", "api_key": "k", "url": "redis://:p@h/0"}
    assert logs.without_secrets(None, "info", event) == {
        "event": "signed in",
        "password": "***",
        "api_key": "***",
        "url": "redis://:***@h/0",
    }


def test_an_address_that_is_a_secret_reaches_neither_the_log_nor_a_report():
    said = {
        "event": "Conflict: /booked/s3cret/move/",
        "feed": "/calendar/s3cret.ics",
        "reset": "https://x.test/accounts/password/reset/key/1-s3cret/",
        "by_link": "/book/sam-abc/?zone=UTC&for=s3cret",
        "year": "/calendar/2027/",
    }
    hidden = logs.without_secrets(None, "info", dict(said))
    assert hidden == {
        "event": "Conflict: /booked/***/move/",
        "feed": "/calendar/***.ics",
        "reset": "https://x.test/accounts/password/reset/key/***/",
        "by_link": "/book/sam-abc/?zone=UTC&for=***",
        "year": "/calendar/2027/",
    }
    report = {"request": {"url": said["event"]}, "breadcrumbs": [{"message": said["feed"]}, 1]}
    assert "s3cret" not in str(logs.without_secret_paths(report))


def test_each_worker_of_a_test_run_has_a_database_and_a_broker_of_its_own(db):
    worker = os.environ.get("PYTEST_XDIST_WORKER", "")
    number = f"?db={int(worker.removeprefix('gw')) + 1}" if worker else ""
    own = f"{devservers.valkey_url(settings.VAR)}{number}"
    assert (settings.REDIS_URL, settings.CACHES["default"]["LOCATION"]) == (own, own)
    name = connection.settings_dict["NAME"]
    assert name == (f"test_leadflow_{worker}" if worker else "test_leadflow")
