"""`manage.py find_duplicates FILE.csv --out pairs.csv`: how clean is my old data?

1. The file is read as it comes: encoding, delimiter and columns are found; it says what it took for
   what. Nothing of it is stored, and no database is needed.
2. Candidate pairs are compared by the matcher that proposes duplicate leads (leads.duplicates).
3. Pairs from the product's threshold on are written, best first: row_a,row_b,score, rows from 1.
Status 2: the file as a whole can't be used, nothing is written. Status 1: the pairs are written,
but rows that could not be read were left out; they are named.
"""

import os
import sys
from argparse import ArgumentParser
from pathlib import Path
from time import monotonic
from typing import Any

from django.core.management.base import BaseCommand, CommandError
from tqdm import tqdm

from leads.duplicates.evidence import THRESHOLD
from leads.duplicates.files import Table, read_table, write_pairs
from leads.duplicates.finding import find_pairs
from leads.importing import Unreadable


class Command(BaseCommand):
    help = "Find the rows of any CSV file that are likely one person, and write the pairs."
    requires_system_checks = []

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("file", type=Path)
        parser.add_argument("--out", type=Path, required=True, metavar="PAIRS.csv")

    def handle(self, *args: Any, **options: Any) -> None:
        path, out, started = options["file"], options["out"], monotonic()
        try:
            check_out(out, path)
            table = self.read(path)
        except Unreadable as error:
            raise CommandError(f"{path} {error}.", returncode=2) from None
        self.stderr.write(f"{len(table.records):,} rows; columns: {taken(table)}")
        with bar(len(table.records), "comparing", "rows") as progress:
            found = find_pairs(table.records, watch=progress.update)
        write_pairs(out, found.pairs)
        self.stdout.write(
            f"{len(found.pairs):,} pair{'' if len(found.pairs) == 1 else 's'} with a chance of at "
            f"least {THRESHOLD} to be one person, in {out}; {found.compared:,} looked at, "
            f"{monotonic() - started:.1f} s."
        )
        if table.broken:
            more = table.broken_count - len(table.broken)
            raise CommandError(
                f"{path}: left out {table.broken_count:,} row"
                f"{'' if table.broken_count == 1 else 's'} that can't be read: "
                f"{'; '.join(table.broken)}{f'; and {more:,} more' if more else ''}. "
                "Mend them in the file and run it again; the other rows were compared.",
                returncode=1,
            )

    def read(self, path: Path) -> Table:
        size = path.stat().st_size if path.is_file() else 0
        with bar(size, path.name, "B") as progress:
            return read_table(path, watch=lambda at: progress.update(at - progress.n) and None)


def bar(total: int, name: str, unit: str) -> Any:
    return tqdm(
        total=total, unit=unit, unit_scale=True, desc=name, file=sys.stderr,
        disable=not sys.stderr.isatty(),
    )  # fmt: skip


def taken(table: Table) -> str:
    """What each column was taken for, in a line."""
    return ", ".join(
        f"{name} ← " + " + ".join(f"“{table.headers[c][:40]}”" for c in columns)
        for name, columns in table.plan.taken.items()
    )


def check_out(out: Path, path: Path) -> None:
    if out.exists() and path.exists() and out.samefile(path):
        raise CommandError(f"--out {out} is the file to read; name another.", returncode=2)
    if out.is_dir() or not os.access(out if out.exists() else out.parent, os.W_OK):
        raise CommandError(
            f"--out {out} can't be written; name a file in a folder that is there.", returncode=2
        )
