"""How the web part is served, by `manage.py up` and in the container alike."""

import os
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


def when_ready(server: Any) -> None:
    """Nothing is kept open across the fork: each worker connects for itself."""
    from django.db import connections

    connections.close_all()


def child_exit(server: Any, worker: Any) -> None:
    """A worker's live gauges end with it."""
    if os.environ.get("PROMETHEUS_MULTIPROC_DIR"):
        from prometheus_client import multiprocess

        multiprocess.mark_process_dead(worker.pid)
