"""`manage.py find_duplicates`: any file of people, or one clear line why not."""

import codecs
import csv
import zipfile

import pytest
from django.core.management import CommandError, call_command
from hypothesis import given, settings
from hypothesis import strategies as st

from leads.duplicates.evidence import THRESHOLD
from leads.duplicates.files import read_table
from leads.importing import Unreadable

ROWS = (
    "first_name,last_name,email\n"
    "Zoltan,Quixley,zq@x.example\n"
    "Bob,Ray,bob@y.example\n"
    "Zoltan,Quixly,zq@x.example\n"
)
SAME = [["1", "3"]]


def run(path, **options) -> list[list[str]]:
    out = path.parent / "pairs.csv"
    call_command("find_duplicates", str(path), out=out, **options)
    return pairs(out)


def pairs(out) -> list[list[str]]:
    with out.open(encoding="utf-8", newline="") as file:
        header, *rows = csv.reader(file)
    assert header == ["row_a", "row_b", "score"]
    assert all(THRESHOLD <= float(row[2]) <= 1 for row in rows)
    return [row[:2] for row in rows]


def put(tmp_path, data: bytes | str):
    path = tmp_path / "people.csv"
    path.write_bytes(data.encode() if isinstance(data, str) else data)
    return path


@pytest.mark.parametrize(
    "data",
    [
        ROWS.encode(),
        codecs.BOM_UTF8 + ROWS.encode(),
        ROWS.encode("utf-16"),
        ROWS.encode("utf-32"),
        ROWS.replace("Ray", "Röy").encode("cp1252"),
        ROWS.replace(",", ";").encode(),
        ROWS.replace(",", "\t").replace("\n", "\r\n").encode(),
    ],
)
def test_pairs_are_found_however_the_file_is_written(tmp_path, data):
    assert run(put(tmp_path, data)) == SAME


def test_rows_are_counted_as_they_stand_empty_cells_included(tmp_path):
    head, one, two, three = ROWS.splitlines()
    assert run(put(tmp_path, "\n".join([head, "", one, ",,", two, three]))) == [["1", "4"]]


def test_what_is_told_apart_by_nothing_is_no_pair(tmp_path):
    assert run(put(tmp_path, "first_name,email\n,\n,\nAnn,\n")) == []


@pytest.mark.parametrize(
    ("data", "said"),
    [
        (b"", "is empty; its first line must name the columns"),
        (b"first_name,email\n", "has a header and no rows; there is nothing to compare"),
        (
            b"Ann,Lee,ann@x.example\nBob,Ray,bob@x.example\n",
            "has no header: column 3 of its first line holds “ann@x.example”; "
            "add a first line that names the columns",
        ),
        (
            b"colour,weight\nred,3\n",
            "has no column with names, e-mail, phone, company or street; its first line names "
            "“colour”, “weight”; call one of them so, for instance “email” or “last_name”",
        ),
        (
            ",".join(f"c{n}" for n in range(400)).encode() + b"\n" + b"x," * 399 + b"x\n",
            "has no column with names, e-mail, phone, company or street; its first line names "
            "“c0”, “c1”, “c2”, “c3”, “c4”, “c5”, “c6”, “c7”; call one of them so, for instance "
            "“email” or “last_name”",
        ),
        (b"\x1f\x8b\x08\x00abc", "is compressed; unpack it first"),
        (b"%PDF-1.7", "is a PDF, not CSV; export the table as CSV"),
    ],
)
def test_a_file_that_is_no_use_is_one_clear_line(tmp_path, data, said):
    path = put(tmp_path, data)
    with pytest.raises(CommandError) as refused:
        run(path)
    assert (str(refused.value), refused.value.returncode) == (f"{path} {said}.", 2)
    assert not (tmp_path / "pairs.csv").exists()


def test_a_zip_bomb_of_a_workbook_is_never_unpacked(tmp_path):
    path = tmp_path / "people.xlsx"
    with zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED) as archive:
        archive.writestr("xl/worksheets/sheet1.xml", "0" * 20_000_000)
    with pytest.raises(CommandError, match="is a workbook or zip archive, not CSV; save the sheet"):
        run(path)


@pytest.mark.parametrize(
    ("row", "said"),
    [
        ("Zed,Q", "“Zed”: has 2 columns, the header has 3"),
        ("Zed,Q,z@x.example,4", "“Zed”: has 4 columns, the header has 3"),
        ("Z\x00ed,Q,", "“Z␀ed”: contains a NUL byte; the file is damaged here"),
        (f"{'x' * 5_000_000},Q,", f"“{'x' * 40}”: the line is longer than 1,000,000 characters"),
        ('"Zed,Q,z@', '“"Zed”: a quote is opened and never closed'),
    ],
)
def test_a_row_that_cannot_be_read_is_named_and_the_others_compared(tmp_path, row, said):
    head, *rows = ROWS.splitlines()
    path = put(tmp_path, "\n".join([head, rows[0], row, *rows[1:]]) + "\n")
    with pytest.raises(CommandError) as told:
        run(path)
    line = str(told.value)
    assert line.startswith(f"{path}: left out 1 row that can't be read: row 2 (line 3), ")
    assert said in line
    assert "\n" not in line
    assert told.value.returncode == 1
    assert pairs(tmp_path / "pairs.csv") == [["1", "4"]]


def test_a_file_that_is_not_there_and_places_to_write_that_are_none(tmp_path):
    path = put(tmp_path, ROWS)
    for file, out, said in (
        (tmp_path / "none.csv", tmp_path / "p.csv", "none.csv is not there; check the name."),
        (tmp_path, tmp_path / "p.csv", "is no file; name a CSV file."),
        (path, path, "is the file to read; name another."),
        (path, tmp_path / "none" / "p.csv", "can't be written; name a file in a folder that is"),
    ):
        with pytest.raises(CommandError) as refused:
            call_command("find_duplicates", str(file), out=out)
        assert said in str(refused.value)
        assert refused.value.returncode == 2
    assert path.read_text() == ROWS


@settings(max_examples=150)
@given(st.binary(max_size=300))
def test_whatever_the_bytes_it_is_read_or_refused_in_words(tmp_path, data):
    path, said, table = put(tmp_path, data), "", None
    try:
        table = read_table(path)
    except Unreadable as refused:
        said = str(refused)
    assert "\n" not in said
    assert said or (table is not None and len(table.records) > 0)
