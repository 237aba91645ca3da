"""One throw-away PostgreSQL and Valkey a test run; settings are loaded against them.

The controller of a run starts the servers in a folder of its own, so that runs never meet. The
xdist workers inherit the folder, and each has a database and a Valkey database of its own.
"""

import atexit
import importlib
import os
import shutil
import tempfile
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
from hypothesis import HealthCheck, settings
from playwright.sync_api import Browser, Page, sync_playwright

from leadflow import devservers
from tests import chromium, mould

ROOT = Path(__file__).resolve().parents[1]
# What runs real processes waits for most of its time.
LIVELY = ["test_chaos.py", "test_bench.py", "test_up.py", "test_story.py", "test_import_faults.py",
          "test_faults.py", "test_kill_points.py", "test_clocks_apart.py"]  # fmt: skip
WORKER = os.environ.get("PYTEST_XDIST_WORKER", "")
OURS = ["DATABASE_URL", "REDIS_URL", "SECRET_KEY", "ALLOWED_HOSTS", "DEBUG", "EMAIL_URL"]
OURS += ["HTTPS", "PORT", "SITE_URL", "TRUSTED_PROXIES", "LOG_JSON", "LOG_LEVEL", "SENTRY_DSN"]
OURS += ["REPLY_ADDRESS", "IMAP_URL", "FILES_DIR", "FILE_KINDS", "VIRUS_SCANNER"]


# A machine that is busy is no fault of a test, and a fixture that all examples share is meant so.
settings.register_profile("leadflow", deadline=None, suppress_health_check=[
    HealthCheck.too_slow, HealthCheck.function_scoped_fixture,
])  # fmt: skip
settings.load_profile("leadflow")


def start_servers() -> list[devservers.Server]:
    """Starts both servers in a new folder, which LEADFLOW_VAR names from here on."""
    for name in OURS:  # the tests' results must not depend on the caller's environment
        os.environ.pop(name, None)
    var = Path(tempfile.mkdtemp(prefix="leadflow-test-", dir="/tmp"))
    (var / "static").mkdir()
    os.environ["LEADFLOW_VAR"] = str(var)
    servers = [devservers.Postgres(var, throwaway=True), devservers.Valkey(var, throwaway=True)]
    atexit.register(stop_servers, servers, var)
    for server in servers:
        server.start()
    mould.begin(var)
    return servers


def stop_servers(servers: list[devservers.Server], var: Path) -> None:
    for server in servers:
        server.stop()
    shutil.rmtree(var, ignore_errors=True)


if WORKER:
    number = int(WORKER.removeprefix("gw")) + 1
    os.environ["REDIS_URL"] = (
        f"{devservers.valkey_url(Path(os.environ['LEADFLOW_VAR']))}?db={number}"
    )
else:
    start_servers()

os.environ["DJANGO_SETTINGS_MODULE"] = "leadflow.settings"
# Playwright's own event loop runs in the test's thread, beside Django's ORM.
os.environ["DJANGO_ALLOW_ASYNC_UNSAFE"] = "1"

from django.conf import settings  # noqa: E402  (settings read the environment prepared above)

settings.DATABASES["default"]["TEST"] = {"TEMPLATE": mould.NAME}
settings.PASSWORD_HASHERS = ["django.contrib.auth.hashers.MD5PasswordHasher"]
settings.STORAGES = {
    **settings.STORAGES,
    "staticfiles": {"BACKEND": "django.contrib.staticfiles.storage.StaticFilesStorage"},
}


@pytest.hookimpl(optionalhook=True)
def pytest_xdist_setupnodes() -> None:
    """A worker that inherited this would load the settings before this file has told it its own."""
    os.environ.pop("DJANGO_SETTINGS_MODULE", None)


@pytest.hookimpl(tryfirst=True)
def pytest_sessionstart(session: pytest.Session) -> None:
    """Before there are workers, each test module is imported once where pytest has not kept it yet:
    to rewrite its assertions takes longer than all else, and each worker would do it for itself."""
    if WORKER or not session.config.getoption("numprocesses", None):
        return
    for path in sorted(Path(__file__).parent.rglob("test_*.py")):
        if not list((path.parent / "__pycache__").glob(f"{path.stem}.*-pytest-*.pyc")):
            importlib.import_module(".".join(path.relative_to(ROOT).with_suffix("").parts))


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """The longest of what waits goes first."""
    places = {name: place for place, name in enumerate(LIVELY)}
    items.sort(key=lambda item: places.get(item.path.name, len(places)))


@pytest.hookimpl(optionalhook=True)
def pytest_xdist_make_scheduler(config: pytest.Config, log: Any) -> Any:
    """One worker does all that waits, one after the other, and the others the rest beside it: two
    at a time leave a processor idle now and take it from each other then."""
    from xdist.scheduler import LoadFileScheduling  # where there are no workers, nobody asks

    class OneWaits(LoadFileScheduling):
        def _split_scope(self, nodeid: str) -> str:
            scope = super()._split_scope(nodeid)
            return "lively" if Path(scope).name in LIVELY else scope

    return OneWaits(config, log)


@pytest.fixture(scope="session")
def django_db_modify_db_settings(django_db_modify_db_settings):
    mould.wait()


@pytest.fixture(scope="session")
def django_db_setup(django_db_setup):
    from django.test import TransactionTestCase  # Django's modules load only after its settings

    from tests import emptying

    TransactionTestCase._fixture_teardown = emptying.empty


@pytest.fixture
def cast(db):
    """The fixed cast (tests.factories), new for every test."""
    from tests.factories import make_cast  # models load only after Django is set up

    return make_cast()


@pytest.fixture(scope="session")
def browser() -> Iterator[Browser]:
    """A real Chromium, one a worker; make a context of your own for each test."""
    with sync_playwright() as playwright:
        started = playwright.chromium.launch(
            executable_path=chromium.installed(), args=list(chromium.FLAGS)
        )
        yield started
        started.close()


@pytest.fixture
def opened(browser: Browser, live_server) -> Iterator[Callable[..., Page]]:
    """Opens a page of somebody signed in, in a context of its own."""
    from tests.browser.pages import HEIGHT, sign_in  # the same

    contexts = []

    def open_as(user, *, theme: str = "light", width: int = 1440) -> Page:
        context = browser.new_context(
            base_url=live_server.url,
            color_scheme=theme,
            viewport={"width": width, "height": HEIGHT},
        )
        contexts.append(context)
        sign_in(context, user, live_server.url)
        return context.new_page()

    yield open_as
    for context in contexts:
        context.close()
