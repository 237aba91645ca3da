"""`python -m bench`: measure the rows named by ROWS at the sizes named by SCALE."""

import argparse
import os
import signal
import sys
from pathlib import Path

from bench import stage
from bench.figures import HEADING, Figure, write

SCALES = "10000,100000"
ROWS = {
    "capture": ("bench.capturing", "capture_row"),
    "queue": ("bench.queueing", "queue_row"),
    "list": ("bench.listing", "list_row"),
    "search": ("bench.searching", "search_row"),
    "sweep": ("bench.sweeping", "sweep_row"),
    "sweep_open": ("bench.sweep_open", "sweep_open_row"),
    "sweepers": ("bench.sweepers", "sweepers_row"),
    "start_clocks": ("bench.starting", "start_clocks_row"),
    "import": ("bench.importing", "import_row"),
    "deadline_to_breach": ("bench.sweeping", "breach_delay_row"),
    "lateness_busy": ("bench.lateness", "lateness_busy_row"),
    "what_if": ("bench.replaying", "what_if_row"),
    "rescore": ("bench.rescoring", "rescore_row"),
    "duplicates": ("bench.looking", "duplicates_row"),
    "memory": ("bench.memory", "memory_row"),
}

WITHOUT_SCALE = {"lateness_busy", "memory"}


def arguments() -> argparse.Namespace:
    parser = argparse.ArgumentParser(prog="make bench", description=__doc__)
    parser.add_argument("--rows", default=os.environ.get("ROWS") or ",".join(ROWS))
    parser.add_argument("--scale", default=os.environ.get("SCALE") or SCALES)
    parser.add_argument("--out", type=Path, default=stage.ROOT / "var" / "bench.json")
    parser.add_argument("--brief", action="store_true", help="only prove that every row runs")
    parser.add_argument("--schema", type=Path, help="a dump of the tables, quicker than migrating")
    return parser.parse_args()


def main() -> int:
    asked = arguments()
    rows = [name.strip() for name in asked.rows.split(",") if name.strip()]
    unknown = [name for name in rows if name not in ROWS]
    if unknown:
        print(f"bench: no row {', '.join(unknown)}; there are {', '.join(ROWS)}", file=sys.stderr)
        return 2
    try:
        scales = [int(text) for text in asked.scale.split(",")]
    except ValueError:
        print(f"bench: SCALE={asked.scale} is not a number of leads; write 100000", file=sys.stderr)
        return 2
    for number in (signal.SIGTERM, signal.SIGHUP):
        signal.signal(number, lambda *_: sys.exit(1))  # servers and folder go with us
    with stage.servers(brief=asked.brief) as var:
        if asked.schema:
            stage.restore(var, asked.schema)
        figures = measured(var, rows, scales, brief=asked.brief)
    write(figures, asked.out)
    print(f"\nwritten to {asked.out}")
    return 0


def measured(var: Path, rows: list[str], scales: list[int], *, brief: bool) -> list[Figure]:
    """Every row at every scale, each printed as it comes."""
    import importlib

    import django

    django.setup()
    from bench.plan import Plan

    plan = Plan(var, brief=brief)
    figures: list[Figure] = []
    print(HEADING, flush=True)
    for name in rows:
        module, function = ROWS[name]
        for scale in scales[:1] if name in WITHOUT_SCALE else scales:
            for figure in getattr(importlib.import_module(module), function)(plan, scale):
                print(figure.as_line(), flush=True)
                figures.append(figure)
    return figures


if __name__ == "__main__":
    sys.exit(main())
