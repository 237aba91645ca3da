"""`manage.py import_leads FILE --campaign SLUG`: a CSV of leads, captured in batches.

1. Everything named on the command line is looked up; what is not there ends it with status 2.
2. Encoding, delimiter and columns are found, or taken from the options.
3. Records go through capture in batches of 500; memory stays flat however long the file is.
4. A batch that the database will not take is tried row by row, so that one row costs only itself.
5. What was refused is written to a file of its own, with line and reason, ready to mend and import.
6. A summary says what became of the rows. Status 1: not one of them could be used.
"""

import csv
import sys
from argparse import ArgumentParser
from collections.abc import Iterator
from contextlib import ExitStack
from dataclasses import dataclass, field
from itertools import islice
from pathlib import Path
from time import monotonic
from typing import Any, TextIO

from django.core.management.base import BaseCommand, CommandError
from tqdm import tqdm

from accounts.instants import database_now
from accounts.models import User
from leads.csv_cells import safe
from leads.csv_headers import OURS
from leads.importing import (
    SAMPLE,
    Encoding,
    Reader,
    Record,
    Unreadable,
    find_delimiter,
    find_encoding,
)
from leads.imports import own_fields
from leads.imports.batch import Intake, Tally, capture_records
from leads.imports.rows import Plan
from leads.intake import EXTRA_LIMIT
from leads.models import Campaign

BATCH = 500
DROPPED_SHOWN = 10
DELIMITER_NAMES = {"tab": "\t", "\\t": "\t", "comma": ",", "semicolon": ";", "pipe": "|"}


def wrong(message: str) -> CommandError:
    return CommandError(message, returncode=2)


@dataclass(slots=True)
class RefusedFile:
    """The rows that were not taken; the file is made when the first one comes."""

    path: Path
    headers: list[str]
    stack: ExitStack = field(default_factory=ExitStack)
    writer: Any = None

    def write(self, record: Record, reason: str) -> None:
        if self.writer is None:
            file = self.path.open("w", encoding="utf-8-sig", newline="")
            self.writer = csv.writer(self.stack.enter_context(file))
            self.writer.writerow([safe(name) for name in self.headers] + OURS)
        cells = [safe(cell.replace("\x00", "")) for cell in record.cells[: len(self.headers)]]
        cells += [""] * (len(self.headers) - len(cells))
        self.writer.writerow([*cells, record.line, reason])


class Command(BaseCommand):
    help = "Import leads from a CSV file; what can't be used goes into a file of refused rows."

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("file", type=Path)
        parser.add_argument("--campaign", required=True, metavar="SLUG")
        parser.add_argument("--by", metavar="EMAIL", help="who imports: theirs are the leads")
        parser.add_argument("--delimiter", help="found by itself unless given: , ; | tab")
        parser.add_argument("--encoding", help="found by itself unless given")
        parser.add_argument(
            "--refused", type=Path, metavar="FILE", help="default: FILE-refused.csv"
        )
        parser.add_argument(
            "--no-hand-over", action="store_true", help="MQLs wait for a marketer to hand them over"
        )

    def handle(self, *args: Any, **options: Any) -> None:
        path: Path = options["file"]
        by = find_user(options["by"])
        campaign = find_campaign(options["campaign"], by)
        refused_path = options["refused"] or path.with_name(f"{path.stem}-refused.csv")
        check_paths(path, refused_path)
        encoding = find(path, options["encoding"])
        with ExitStack() as stack:
            file = stack.enter_context(
                path.open(encoding=encoding.name, errors="replace", newline="")
            )
            try:
                delimiter = chosen_delimiter(options["delimiter"]) or find_delimiter(
                    file.read(SAMPLE)
                )
                file.seek(0)
                reader = Reader(file, delimiter=delimiter, sure=encoding.sure)
            except (Unreadable, UnicodeError) as error:
                raise wrong(f"{path} {error}.") from None
            refused = RefusedFile(refused_path, reader.headers, stack)
            keep = False if options["no_hand_over"] else None
            own_fields.rename(reader.columns)
            plan = Plan(reader.columns, campaign=campaign.slug)
            self.run(path, file, reader, Intake(plan, by, hand_over=keep), refused)

    def run(
        self, path: Path, file: TextIO, reader: Reader, intake: Intake, refused: RefusedFile
    ) -> None:
        tally, started, stopped = Tally(), monotonic(), False
        bar = tqdm(
            total=path.stat().st_size, unit="B", unit_scale=True, desc=path.name, file=sys.stderr,
            mininterval=0.2 if sys.stderr.isatty() else 10,
        )  # fmt: skip
        try:
            for batch in batches(iter(reader)):
                outcomes = capture_records(batch, intake, at=database_now())
                for record, outcome in zip(batch, outcomes, strict=True):
                    tally.add(outcome)
                    if isinstance(outcome, str):
                        refused.write(record, outcome)
                bar.set_postfix_str(f"{tally.rows:,} rows", refresh=False)
                bar.update(file.buffer.tell() - bar.n)
        except KeyboardInterrupt:
            stopped = True
        finally:
            bar.close()
        self.summary(tally, monotonic() - started, reader, refused, stopped=stopped)

    def summary(
        self,
        tally: Tally,
        seconds: float,
        reader: Reader,
        refused: RefusedFile,
        *,
        stopped: bool,
    ) -> None:
        rate = tally.rows / seconds if seconds else 0
        same = f", {tally.unchanged:,} with nothing new" if tally.unchanged else ""
        self.stdout.write(
            f"{tally.rows:,} row{'' if tally.rows == 1 else 's'}: {tally.created:,} new, "
            f"{tally.merged:,} merged into leads we had, {tally.refused:,} refused{same}; "
            f"{tally.mqls:,} new MQLs, {tally.handed_over:,} handed over. "
            f"{seconds:.1f} s, {rate:,.0f} rows/s."
        )
        if dropped := list(reader.columns.dropped):
            more = f" and {len(dropped) - DROPPED_SHOWN} more" if dropped[DROPPED_SHOWN:] else ""
            self.stdout.write(
                f"Rows with more than {EXTRA_LIMIT} further columns lost what did not fit: "
                f"{', '.join(dropped[:DROPPED_SHOWN])}{more}."
            )
        if tally.refused:
            self.stdout.write(f"Refused rows with their reasons: {refused.path}")
        if stopped:
            raise CommandError(
                "Stopped. Importing the file again adds no lead twice.", returncode=130
            )
        if tally.rows and tally.rows == tally.refused:
            raise CommandError("Not one row could be used.", returncode=1)


def find_user(email: str | None) -> User | None:
    if email is None:
        return None
    try:
        return User.objects.get(email=email.lower(), is_active=True)
    except User.DoesNotExist:
        raise wrong(f"--by {email}: nobody active has this address.") from None


def find_campaign(slug: str, by: User | None) -> Campaign:
    campaigns = Campaign.objects.all() if by is None else Campaign.objects.visible_to(by)
    try:
        return campaigns.get(slug=slug)
    except Campaign.DoesNotExist:
        known = list(campaigns.values_list("slug", flat=True)[:20])
        there_are = f"; there are {', '.join(known)}" if known else ""
        whose = f" for {by.email}" if by else ""
        raise wrong(f"--campaign {slug}: there is no such campaign{whose}{there_are}.") from None


def check_paths(path: Path, refused: Path) -> None:
    if not path.is_file():
        raise wrong(f"{path}: there is no such file.")
    try:
        path.open("rb").close()
    except OSError as error:
        raise wrong(f"{path} can't be read: {error.strerror}.") from None
    if refused.resolve() == path.resolve():
        raise wrong("--refused must name another file than the one to import.")
    existed = refused.exists()
    try:
        refused.open("ab").close()
    except OSError as error:
        raise wrong(f"--refused {refused} can't be written: {error.strerror}.") from None
    if not existed:
        refused.unlink()


def find(path: Path, named: str | None) -> Encoding:
    if named is None:
        return find_encoding(path)
    try:
        "".encode(named)
    except LookupError:
        raise wrong(
            f"--encoding {named}: there is no such encoding; try utf-8 or cp1252."
        ) from None
    return Encoding(named)


def chosen_delimiter(named: str | None) -> str | None:
    if named is None:
        return None
    delimiter = DELIMITER_NAMES.get(named.lower(), named)
    if len(delimiter) != 1 or delimiter in '\r\n"':
        raise wrong(f"--delimiter {named}: give one character, or tab, comma, semicolon, pipe.")
    return delimiter


def batches(records: Iterator[Record]) -> Iterator[list[Record]]:
    while batch := list(islice(records, BATCH)):
        yield batch
