"""`manage.py up` for real: what it starts, how it ends, and what it says when it cannot start."""

import os
import re
import signal
import socket
import time
import urllib.request
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests import mould
from tests.leadflow.running import Leadflow, free_port, up

pytestmark = pytest.mark.slow


# A release made with one migration less; all of them have made the mould.
OLDER = "DROP TABLE django_session; DELETE FROM django_migrations WHERE app = 'sessions'"


@pytest.fixture(scope="module")
def var(tmp_path_factory) -> Path:
    """One folder for the tests of this file: the first start migrates what an older release left,
    and nothing is served before; the second finds what the first one made."""
    folder = tmp_path_factory.mktemp("up")
    mould.lay(folder, lacking=OLDER)
    return folder


@pytest.mark.timeout(400)
def test_an_interrupt_ends_every_process_within_five_seconds(var):
    with up(var, DEMO="0") as leadflow:
        leadflow.wait_until_serving()
        mould.keep_collected(var)
        ends_within_five_seconds(leadflow, signal.SIGINT)


def ends_within_five_seconds(leadflow: Leadflow, number: int) -> None:
    assert len(leadflow.processes()) > 8
    status, _, seconds = leadflow.end(number)
    assert (status, leadflow.processes()) == (0, {})
    assert seconds < 5


@pytest.mark.timeout(400)
@pytest.mark.parametrize("part", ["clockwork", "postgres"])  # a program, a server
def test_when_a_part_dies_all_end_and_the_last_line_says_why(var, part):
    with up(var, DEMO="0") as leadflow:
        leadflow.wait_until_serving()
        leadflow.kill(part)
        status, lines = leadflow.outcome()
        assert lines[-1] == f"leadflow: {part} was ended by SIGKILL, so everything was stopped"
        assert (status, leadflow.processes()) == (1, {})


@pytest.fixture(scope="class")
def leadflow(var) -> Iterator[Leadflow]:
    with up(var, DEMO="0") as leadflow:
        leadflow.wait_until_serving()
        yield leadflow


@pytest.mark.timeout(400)
class TestOneThatServes:
    """What is asked of one that runs; the last of them kills it."""

    def test_stylesheets_are_served_compressed_and_for_ever(self, leadflow):
        address = f"http://127.0.0.1:{leadflow.port}"
        page = urllib.request.urlopen(f"{address}/accounts/login/").read().decode()
        name = re.search(r"/static/vendor/tabler/css/tabler\.min\.[0-9a-f]{12}\.css", page)
        assert name is not None
        request = urllib.request.Request(address + name[0], headers={"Accept-Encoding": "gzip"})
        with urllib.request.urlopen(request) as answer:
            assert answer.headers["Content-Encoding"] == "gzip"
            assert answer.headers["Cache-Control"] == "max-age=315360000, public, immutable"

    def test_a_second_supervisor_on_the_same_folder_is_refused(self, var, leadflow):
        line = refusal(var)
        assert line == f"leadflow: process {leadflow.process.pid} already runs leadflow in {var}"
        assert leadflow.process.poll() is None

    def test_after_a_kill_9_it_serves_within_ten_seconds_and_ends_when_told_to(self, var, leadflow):
        leadflow.process.kill()
        leadflow.outcome()
        began = time.monotonic()
        with up(var, DEMO="0") as second:
            second.wait_until_serving()
            seconds = time.monotonic() - began
            ends_within_five_seconds(second, signal.SIGTERM)
        # Waiting for a processor is the machine's doing: only a share of it is ours to answer for.
        crowd = max(1.0, os.getloadavg()[0] / (os.cpu_count() or 1))
        assert seconds < 10 * crowd


def refusal(var: Path, **environment: str) -> str:
    """The only line a start that cannot work prints; the status is not zero."""
    with up(var, **environment) as leadflow:
        status, lines = leadflow.outcome(seconds=60)
    assert (status, len(lines)) == (1, 1), lines
    return lines[0]


def test_a_busy_port_is_one_clear_line(var):
    with socket.socket() as busy:
        busy.bind(("127.0.0.1", 0))
        busy.listen()
        port = busy.getsockname()[1]
        line = refusal(var, PORT=str(port))
    reason = f"leadflow: PORT={port} cannot be used: Address already in use"
    assert line == f"{reason}; set PORT to a free one, e.g. PORT={port + 1}"


def test_a_var_that_cannot_be_written_is_one_clear_line(tmp_path):
    (tmp_path / "file").touch()
    line = refusal(tmp_path / "file" / "var")
    assert line.startswith(f"leadflow: LEADFLOW_VAR='{tmp_path}/file/var' cannot be used: ")


@pytest.mark.skipif(os.geteuid() == 0, reason="root may write everywhere")
def test_a_read_only_var_is_one_clear_line(tmp_path):
    tmp_path.chmod(0o555)
    line = refusal(tmp_path)
    assert line.startswith(f"leadflow: LEADFLOW_VAR='{tmp_path}' cannot be used: Permission denied")


@pytest.mark.parametrize(
    ("url", "says"),
    [
        ("postgresql://u:hunter2@127.0.0.1:{port}/crm", "Connection refused"),
        ("mysql://u:hunter2@host/crm", "postgresql://"),
        ("nonsense", "postgresql://"),
    ],
)
def test_a_wrong_database_url_is_one_clear_line_without_the_password(var, url, says):
    url = url.format(port=free_port())
    line = refusal(var, DATABASE_URL=url, SECRET_KEY="k" * 50)
    assert line.startswith(f"leadflow: DATABASE_URL='{url.replace('hunter2', '***')}' cannot be")
    assert says in line
    assert "hunter2" not in line


def test_a_wrong_database_url_is_said_before_what_it_calls_for(var):
    assert refusal(var, DATABASE_URL="nonsense").startswith("leadflow: DATABASE_URL='nonsense'")
