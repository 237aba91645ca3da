"""`python -m tests.chaos --seconds 60 --seed 7`: one run; its status is 1 when something is wrong.

SIGUSR1 shows where every thread is.
"""

import argparse
import contextlib
import faulthandler
import importlib
import os
import secrets
import shutil
import signal
import sys
import tempfile
from collections.abc import Iterator
from pathlib import Path


def arguments() -> argparse.Namespace:
    parser = argparse.ArgumentParser(prog="make chaos", description=__doc__)
    # Defaults as text, so that a wrong one is refused like a wrong argument.
    for name, default in (("seconds", "60"), ("seed", "0"), ("deadlines", "20000")):
        variable = f"CHAOS_{name.upper()}"
        given = os.environ.get(variable) or default
        parser.add_argument(f"--{name}", type=int, default=given, help=f"also {variable}")
    return parser.parse_args()


@contextlib.contextmanager
def folder() -> Iterator[Path]:
    """A place of its own, which the settings read; nothing of it is left."""
    for name in ("DATABASE_URL", "REDIS_URL", "SECRET_KEY", "DEBUG", "EMAIL_URL", "SITE_URL"):
        os.environ.pop(name, None)
    var = Path(tempfile.mkdtemp(prefix="leadflow-chaos-", dir="/tmp"))
    (var / "static").mkdir()
    os.environ |= {"LEADFLOW_VAR": str(var), "DEMO": "0", "LOG_LEVEL": "WARNING",
                   "DJANGO_SETTINGS_MODULE": "leadflow.settings"}  # fmt: skip
    try:
        yield var
    finally:
        shutil.rmtree(var, ignore_errors=True)


def main() -> int:
    faulthandler.register(signal.SIGUSR1)
    for number in (signal.SIGTERM, signal.SIGHUP):
        signal.signal(number, lambda *_: sys.exit(1))  # the parts go with us
    asked = arguments()
    seed = asked.seed or secrets.randbelow(2**31) + 1
    print(f"chaos: CHAOS_SEED={seed} CHAOS_SECONDS={asked.seconds}, {asked.deadlines:,} deadlines")
    with folder() as var:
        import django

        django.setup()  # models load only after the folder is known
        run = importlib.import_module("tests.chaos.run")
        wrong = run.chaos(var, seed=seed, seconds=asked.seconds, deadlines=asked.deadlines)
    for line in wrong:
        print(f"chaos: WRONG: {line}")
    print(f"chaos: {'FAILED' if wrong else 'all is well'}; CHAOS_SEED={seed}")
    return 1 if wrong else 0


if __name__ == "__main__":
    sys.exit(main())
