"""How the web part is served, by `manage.py up` and in the container alike."""

import gc
import os
import sys
from typing import Any

bind = f"0.0.0.0:{os.environ.get('PORT') or 8000}"
worker_class = "gthread"
workers = int(os.environ.get("WEB_WORKERS") or 2)
threads = int(os.environ.get("WEB_THREADS") or 8)
preload_app = True  # the workers share the memory of what is loaded
timeout = 60
graceful_timeout = 2
keepalive = 5
max_requests = 20_000  # a slow leak, ours or a library's, ends with the worker
max_requests_jitter = 2_000
control_socket_disable = True
loglevel = "warning"
worker_tmp_dir = "/dev/shm" if os.path.isdir("/dev/shm") else None  # noqa: S108 (gunicorn's heartbeat)


def on_starting(server: Any) -> None:
    """Refuses to serve on a schema that this code does not fit."""
    from django.db import connections
    from django.db.migrations.executor import MigrationExecutor

    executor = MigrationExecutor(connections["default"])
    missing = executor.migration_plan(executor.loader.graph.leaf_nodes())
    connections.close_all()  # nothing is kept open across the fork
    if missing:
        migration, _ = missing[0]
        sys.exit(
            f"leadflow: {len(missing)} migrations are missing, from {migration} on;"
            " nothing is served until `manage.py migrate` has succeeded"
        )


def pre_fork(server: Any, worker: Any) -> None:
    """What is loaded by now stays as it is: collecting it would only unshare its memory."""
    gc.freeze()


def child_exit(server: Any, worker: Any) -> None:
    """A worker's live gauges end with it."""
    if os.environ.get("PROMETHEUS_MULTIPROC_DIR"):
        from prometheus_client import multiprocess

        multiprocess.mark_process_dead(worker.pid)
