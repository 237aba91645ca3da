"""The embedded servers: found again, restarted after a crash, and reachable by nobody else."""

import os
import shutil
import signal
import time
from pathlib import Path

import psycopg2
import pytest
import redis

from leadflow.devservers import Postgres, ServerFailed, Valkey, socket_folder


@pytest.fixture
def postgres(tmp_path):
    server = Postgres(tmp_path, throwaway=True)
    yield server
    server.stop()


def query(server: Postgres, sql: str) -> list[tuple[object, ...]]:
    connection = psycopg2.connect(dbname="leadflow", user="leadflow", host=str(server.sockets))
    connection.autocommit = True
    with connection.cursor() as cursor:
        cursor.execute(sql)
        rows = cursor.fetchall() if cursor.description else []
    connection.close()
    return rows


def test_data_outlives_a_restart(postgres):
    postgres.start()
    query(postgres, "CREATE TABLE kept (word text)")
    query(postgres, "INSERT INTO kept VALUES ('ä')")
    postgres.stop()
    postgres.start()
    assert query(postgres, "SELECT word, upper(word) FROM kept") == [("ä", "Ä")]
    assert query(postgres, "SHOW timezone") == [("UTC",)]


def test_it_starts_again_after_a_kill_9_even_if_the_pid_belongs_to_someone_else_now(postgres):
    postgres.start()
    postgres.process.kill()
    postgres.process.wait()
    pid_file = postgres.data / "postmaster.pid"
    lines = pid_file.read_text().splitlines()
    pid_file.write_text("\n".join([str(os.getpid()), *lines[1:]]))
    postgres.start()
    assert query(postgres, "SELECT 1") == [(1,)]


@pytest.mark.parametrize("content", ["", "12", "not a number\n"])
def test_it_starts_again_with_a_cut_pid_file(postgres, content):
    postgres.start()
    postgres.stop()
    (postgres.data / "postmaster.pid").write_text(content)
    postgres.start()
    assert query(postgres, "SELECT 1") == [(1,)]


def test_a_server_left_over_on_the_same_data_is_ended_first(postgres, tmp_path):
    postgres.start()
    left_over = postgres.process
    again = Postgres(tmp_path, throwaway=True)
    again.start()
    assert left_over.wait(10) == 0
    assert query(again, "SELECT 1") == [(1,)]
    again.stop()


def test_a_first_start_that_was_cut_off_leaves_no_half_data_folder(postgres):
    draft = postgres.folder / "draft"
    draft.mkdir(parents=True)
    (draft / "PG_VERSION").write_text("18\n")
    postgres.start()
    assert query(postgres, "SELECT 1") == [(1,)]
    assert not draft.exists()


def test_data_of_another_version_is_refused_with_postgresqls_own_words(postgres):
    postgres.start()
    postgres.stop()
    (postgres.data / "PG_VERSION").write_text("12\n")
    with pytest.raises(ServerFailed, match=r"^postgres did not start: .*version 12"):
        postgres.start()


def test_a_long_path_gets_a_short_socket_and_nobody_else_may_enter(tmp_path):
    var = tmp_path / ("deep" * 20) / ("deeper" * 10)
    folder = socket_folder(var)
    assert (folder.parent, socket_folder(var)) == (Path("/tmp"), folder)  # noqa: S108
    assert socket_folder(Path("/srv/leadflow/var")) == Path("/srv/leadflow/var/run")
    server = Valkey(var, throwaway=True)
    server.start()
    assert folder.stat().st_mode & 0o777 == 0o700
    with redis.Redis(unix_socket_path=str(folder / "valkey.sock")) as client:
        assert client.ping() is True
    server.stop()
    shutil.rmtree(folder)


def test_a_socket_folder_of_someone_else_is_refused(tmp_path):
    var = tmp_path / ("deep" * 30)
    elsewhere = tmp_path / "elsewhere"
    elsewhere.mkdir()
    socket_folder(var).symlink_to(elsewhere)
    with pytest.raises(ServerFailed, match="belongs to someone else; remove it"):
        Valkey(var, throwaway=True).start()
    socket_folder(var).unlink()


def test_servers_end_when_their_starter_is_gone(tmp_path):
    """The kernel tells them: nothing of ours has to live long enough to do so."""
    pid = os.fork()
    if pid == 0:
        Valkey(tmp_path, throwaway=True).start()
        os.kill(os.getpid(), signal.SIGKILL)
    os.waitpid(pid, 0)
    server = Valkey(tmp_path)
    deadline = time.monotonic() + 10
    while server.answers() and time.monotonic() < deadline:
        time.sleep(0.01)
    assert server.answers() is False
