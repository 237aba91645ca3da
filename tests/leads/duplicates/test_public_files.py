"""The matcher on published files with known duplicates, where they are at hand."""

import csv
import re
from collections import defaultdict
from collections.abc import Callable
from itertools import combinations
from pathlib import Path

import pytest
from django.core.management import call_command

from tests.leads.duplicates import made_up

DATA = Path(__file__).resolve().parents[4] / "shared" / "data" / "dedupe"
pytestmark = pytest.mark.skipif(
    not DATA.is_dir(),
    reason="../shared/data/dedupe is not here; made_up.py covers the same ground",
)


def truth(path: Path, who: Callable[[dict[str, str]], str]) -> set[tuple[int, int]]:
    same = defaultdict(list)
    with path.open(encoding="utf-8", newline="") as file:
        for number, row in enumerate(csv.DictReader(file, skipinitialspace=True), start=1):
            same[who(row)].append(number)
    return {pair for rows in same.values() for pair in combinations(rows, 2)}


def original(row: dict[str, str]) -> str:
    return re.findall(r"rec-(\d+)", row["rec_id"])[0]


@pytest.mark.parametrize(
    ("name", "who", "least"),
    [
        ("febrl/dataset1.csv", original, 0.98),
        ("febrl/dataset3.csv", original, 0.955),
        ("splink/fake_1000.csv", lambda row: row["cluster"], 0.88),
    ],
)
def test_published_files(tmp_path, name, who, least):
    out = tmp_path / "pairs.csv"
    call_command("find_duplicates", str(DATA / name), out=out)
    with out.open(encoding="utf-8", newline="") as file:
        found = {(int(row["row_a"]), int(row["row_b"])) for row in csv.DictReader(file)}
    assert made_up.f1(found, truth(DATA / name, who)) >= least
