"""Figures as static/js/charts.js draws them; every picture has its table beside it."""

import math
from typing import Any

from sla.figures.trend import WEEKDAYS, Step
from sla.replays.what_if import Pair

HOURS = range(24)


def rate_chart(steps: list[Step]) -> dict[str, Any]:
    """The rate of each step, with and without excuses; a gap where nothing was judged."""
    rates = [s.figures.rate for s in steps if s.figures.rate is not None]
    return {
        "kind": "line",
        "categories": [step.figures.name for step in steps],
        "series": [
            {"name": "Kept", "tone": "accent", "data": [_per_cent(s.figures.rate) for s in steps]},
            {"name": "With excuses", "tone": "quiet",
             "data": [_per_cent(s.figures.rate_with_excuses) for s in steps]},
        ],
        "unit": " %",
        # What differs is near the top: the scale starts at the ten below the worst, and says so.
        "min": max(0, math.floor(min(rates, default=0) * 10) * 10 - 10),
        "max": 100,
    }  # fmt: skip


def count_chart(steps: list[Step]) -> dict[str, Any]:
    """Met and missed of each step."""
    return {
        "kind": "stacked",
        "categories": [step.figures.name for step in steps],
        "series": [
            {"name": "Met", "tone": "met", "data": [s.figures.met for s in steps]},
            {"name": "Missed", "tone": "missed", "data": [s.figures.missed for s in steps]},
            {"name": "Running", "tone": "quiet", "data": [s.figures.running for s in steps]},
        ],
    }


def before_after_chart(pairs: list[Pair]) -> dict[str, Any]:
    """The rate of each group as it was and under a draft; those with nothing judged are left out
    of neither: they have a gap."""
    return {
        "kind": "bar",
        "categories": [pair.before.name for pair in pairs],
        "series": [
            {"name": "As it was", "tone": "quiet",
             "data": [_per_cent(pair.before.rate) for pair in pairs]},
            {"name": "Under the draft", "tone": "accent",
             "data": [_per_cent(pair.after.rate) for pair in pairs]},
        ],
        "unit": " %",
        "min": 0,
        "max": 100,
    }  # fmt: skip


def heat_chart(misses: dict[tuple[int, int], int]) -> dict[str, Any]:
    """Misses by weekday and hour, from the first hour with any to the last."""
    hours = _hours(misses)
    return {
        "kind": "heat",
        "categories": [f"{hour:02d}" for hour in hours],
        "rows": list(WEEKDAYS),
        "series": [
            {"name": "Missed", "tone": "missed",
             "data": [[x, day, misses.get((day, hour), 0)]
                      for x, hour in enumerate(hours) for day in range(7)]},
        ],
    }  # fmt: skip


def heat_table(misses: dict[tuple[int, int], int]) -> dict[str, Any]:
    """The same as rows of a table."""
    hours = _hours(misses)
    return {
        "hours": [f"{hour:02d}" for hour in hours],
        "rows": [
            (name, [misses.get((day, hour), 0) for hour in hours])
            for day, name in enumerate(WEEKDAYS)
        ],
    }


def _hours(misses: dict[tuple[int, int], int]) -> range:
    found = [hour for _, hour in misses]
    return range(min(found, default=8), max(found, default=17) + 1)


def _per_cent(share: float | None) -> float | None:
    return None if share is None else round(share * 100, 1)
