"""What a run writes down: one figure a row, printed as a table and kept as JSON."""

import json
import math
import statistics
from collections.abc import Callable, Iterable
from dataclasses import asdict, dataclass, field
from pathlib import Path
from typing import TypeVar

T = TypeVar("T")


@dataclass(slots=True)
class Figure:
    """One measured value, its floor and how they compare.

    `goal` is held against the ratio where there is a floor, else against the value itself;
    `at_most` tells which side of the goal is good. Without a goal it is for reading only.
    """

    name: str
    scale: int
    value: float
    floor: float | None = None
    goal: float | None = None
    at_most: bool = False
    unit: str = ""
    ratio: float | None = field(init=False, default=None)
    met: bool | None = field(init=False, default=None)

    def __post_init__(self) -> None:
        if self.floor:
            self.ratio = self.value / self.floor
        if self.goal is not None:
            measured = self.value if self.ratio is None else self.ratio
            self.met = measured <= self.goal if self.at_most else measured >= self.goal

    def as_row(self) -> dict[str, object]:
        """The seven fields of var/bench.json."""
        facts = asdict(self)
        rounded = {"value": 3, "floor": 3, "ratio": 4}
        return {
            name: round(facts[name], rounded[name])
            if name in rounded and facts[name] is not None
            else facts[name]
            for name in ("name", "scale", "value", "floor", "ratio", "goal", "met")
        }

    def as_line(self) -> str:
        goal = "" if self.goal is None else f"{'≤' if self.at_most else '≥'} {self.goal:g}"
        verdict = {None: "", True: "met", False: "MISSED"}[self.met]
        return (
            f"{self.name:<26}{self.scale:>10,}  {_number(self.value):>12}{_number(self.floor):>12}"
            f"  {self.unit:<10}{_ratio(self.ratio):>7}  {goal:<8}{verdict}"
        )


HEADING = (
    f"{'row':<26}{'scale':>10}  {'value':>12}{'floor':>12}  {'unit':<10}{'ratio':>7}  {'goal':<8}"
)


def _number(value: float | None) -> str:
    if value is None:
        return "–"
    return f"{value:,.0f}" if value >= 1000 else f"{value:,.2f}"


def _ratio(value: float | None) -> str:
    return "–" if value is None else f"{value:.3f}"


def write(figures: Iterable[Figure], path: Path) -> None:
    """Write them all at once: a run that is cut off leaves the last one's file."""
    path.parent.mkdir(parents=True, exist_ok=True)
    draft = path.with_suffix(".draft")
    draft.write_text(json.dumps([figure.as_row() for figure in figures], indent=1) + "\n")
    draft.replace(path)


def percentile(values: Iterable[float], share: float) -> float:
    """The smallest value that at least `share` of all values do not exceed."""
    ordered = sorted(values)
    return ordered[max(0, math.ceil(len(ordered) * share) - 1)]


def in_turns(rounds: int, *sides: Callable[[], T]) -> list[list[T]]:
    """What each side gave, taken in turns, there and back, so that a noisy neighbour meets all."""
    found: list[list[T]] = [[] for _ in sides]
    for number in range(rounds):
        order = list(range(len(sides)))
        for side in reversed(order) if number % 2 else order:
            found[side].append(sides[side]())
    return found


def medians(
    rounds: int, first: Callable[[], float], second: Callable[[], float]
) -> tuple[float, float]:
    """The median of each, taken in turns."""
    ours, others = in_turns(rounds, first, second)
    return statistics.median(ours), statistics.median(others)
