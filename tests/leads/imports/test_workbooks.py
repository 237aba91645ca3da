"""Excel workbooks: their cells as text, and those that are damaged, bombs or full of macros."""

import io
import zipfile
from contextlib import suppress
from datetime import date, datetime

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from openpyxl import Workbook

from leads import workbooks
from leads.importing import Unreadable
from leads.imports import limits, reading, workbook
from leads.models import Lead
from tests.leads.imports.files import counts, imported

AT, DAY = datetime.fromisoformat("2026-01-02T03:04"), datetime.fromisoformat("2026-01-02")
HEADER = ["Email", "Phone", "Name", "Company", "Created at"]


def book(*rows, sheet: str = "Leads", hidden: bool = False) -> bytes:
    made = Workbook()
    first = made.active
    if hidden:
        first.sheet_state, first = "hidden", made.create_sheet()
    first.title = sheet
    for row in rows:
        first.append(row)
    out = io.BytesIO()
    made.save(out)
    return out.getvalue()


def packed(**parts: bytes) -> bytes:
    out = io.BytesIO()
    with zipfile.ZipFile(out, "w", zipfile.ZIP_DEFLATED) as archive:
        for name, data in parts.items():
            archive.writestr(name, data)
    return out.getvalue()


def repacked(data: bytes, **parts: bytes) -> bytes:
    """The workbook with these parts instead of, or beside, its own."""
    with zipfile.ZipFile(io.BytesIO(data)) as archive:
        own = {name: archive.read(name) for name in archive.namelist()}
    return packed(**(own | parts))


def looked(tmp_path, data: bytes) -> reading.Look:
    path = tmp_path / "leads.xlsx"
    path.write_bytes(data)
    return reading.look(path)


@pytest.mark.parametrize("hidden", [False, True])
@pytest.mark.django_db
def test_a_workbook_is_imported_as_a_file_is(cast, hidden):
    data = book(
        HEADER,
        ["pat@spa.example", 12125550123, "Pat Lee", "Spa", AT],
        [],
        ["kim@spa.example", None, "Kim", None, date(2026, 1, 3)],
        ["lee@spa.example", None, "Lee", "#REF!", None],
        ["ann@spa.example", None, "Ann", None, None, None, "stray"],
        hidden=hidden,
    )
    done = imported(data, cast.maya, "leads.xlsx")
    assert (done.format, done.targets) == (
        "xlsx", ["email", "phone", "full_name", "company", "occurred_at"],
    )  # fmt: skip
    assert counts(done) == (2, 0, 0, 2)
    pat = Lead.objects.get(email="pat@spa.example")
    assert (pat.phone, pat.last_name, pat.company) == ("+12125550123", "Lee", "Spa")
    assert f"{pat.first_touchpoint_at:%Y-%m-%d %H:%M}" == "2026-01-02 08:04"  # New York's 03:04
    assert done.batches.get().refused == [
        [2, 5, "a cell holds the error #REF!; mend its formula"],
        [3, 6, "has 7 columns, the header has 5"],
    ]
    assert counts(imported(data, cast.maya, "again.xlsx")) == (0, 0, 2, 2)


@pytest.mark.parametrize(
    ("value", "shown"),
    [
        (None, ""), ("x", "x"), (True, "True"), (12125550123.0, "12125550123"), (1.5, "1.5"),
        (1e300, "1e+300"), (DAY, "2026-01-02"), (date(2026, 1, 2), "2026-01-02"),
        (AT, "2026-01-02 03:04:00"),
    ],
)  # fmt: skip
def test_cells_are_texts_as_somebody_would_have_typed_them(value, shown):
    assert workbook.text(value) == shown


GOOD = book(HEADER, ["pat@spa.example", None, "Pat", None, None])
BIG = b"<worksheet>" + b"<row/>" * (5 * limits.MIB)


@pytest.mark.parametrize(
    ("data", "said"),
    [
        (GOOD[: len(GOOD) // 2], "is a damaged or cut-off workbook"),
        (GOOD[:1500] + b"\xff" * 40 + GOOD[1540:], "is a damaged or cut-off workbook"),
        (packed(**{"readme.txt": b"x"}), "is a zip file; save the table"),
        (packed(**{"[Content_Types].xml": b"x", "word/a": b""}), "is no workbook we can read"),
        (repacked(GOOD, **{"xl/vbaProject.bin": b"x"}), "holds macros"),
        (repacked(GOOD, **{"xl/worksheets/sheet1.xml": BIG}), "unpacks to more"),
        (repacked(GOOD, **{"xl/worksheets/sheet1.xml": b"<w " + b"ab " * limits.MIB}),
         "unpacks to more"),
        (repacked(GOOD, **{f"x/{n}": b"" for n in range(2001)}), "unpacks to more"),
        (repacked(GOOD, **{"xl/worksheets/sheet1.xml": b"<worksheet><sheetData><row>"}),
         "is a damaged or cut-off workbook"),
        (repacked(GOOD, **{"xl/workbook.xml": b"<!DOCTYPE x [<!ENTITY a 'b'>]><x>&a;</x>"}),
         "is a damaged or cut-off workbook"),
        (book(HEADER), "has a header and no rows"),
        (book(), "is empty; its first row must name the columns"),
        (book(HEADER, ["=A1&\"@x.example\"", None, "Pat", None, None]), "such as A2 (=A1&"),
        (book([f"c{n}" for n in range(401)], ["x"] * 401), "has 401 columns; at most 400"),
    ],
)  # fmt: skip
def test_a_workbook_that_can_not_be_read_is_told_why_and_what_to_do(tmp_path, data, said):
    with pytest.raises(Unreadable, match=said.replace("(", r"\(")):
        looked(tmp_path, data)


def test_a_bomb_is_known_by_its_sizes_before_anything_is_unpacked(tmp_path, monkeypatch):
    """The check only asks what the parts say of themselves."""
    monkeypatch.setattr(workbook, "MOST_UNPACKED", 5 * limits.MIB)
    bomb = repacked(GOOD, **{"xl/worksheets/sheet1.xml": b"\0" * (6 * limits.MIB)})
    assert len(bomb) < 20_000
    monkeypatch.setattr(zipfile.ZipFile, "open", lambda *_: pytest.fail("it was unpacked"))
    with pytest.raises(Unreadable, match="unpacks to more"):
        looked(tmp_path, bomb)


@settings(max_examples=150)
@given(
    cuts=st.lists(
        st.tuples(st.integers(0, len(GOOD)), st.binary(max_size=30), st.integers(0, 60)),
        max_size=4,
    )
)
def test_a_workbook_with_any_bytes_changed_is_read_or_refused(tmp_path, cuts):
    data = GOOD
    for at, new, gone in cuts:
        data = data[:at] + new + data[at + gone :]
    try:
        found = looked(tmp_path, data)
    except Unreadable:
        return
    assert found.headers
    assert found.sample


@settings(max_examples=80)
@given(sheet=st.text(alphabet="<>/=\"' rcvtsi019AXFD!&;#\n", max_size=120))
def test_a_sheet_with_any_xml_is_read_or_refused(tmp_path, sheet):
    part = f"<worksheet xmlns='http://schemas.openxmlformats.org/spreadsheetml/2006/main'>{sheet}"
    with suppress(Unreadable):
        looked(tmp_path, repacked(GOOD, **{"xl/worksheets/sheet1.xml": part.encode()}))


def test_rows_are_counted_without_reading_their_cells(tmp_path, monkeypatch):
    path = tmp_path / "leads.xlsx"
    path.write_bytes(book(HEADER, *([f"p{n}@x.example", n, "x" * (n % 7)] for n in range(999))))
    assert workbook.count(path) == 999
    for piece in (7, 64, 1000):  # wherever a tag is cut
        monkeypatch.setattr(workbook, "MIB", piece)
        assert workbook.count(path) == 999


def test_a_sheet_is_not_walked_through_before_its_first_rows_are_looked_at(tmp_path, monkeypatch):
    """A workbook of ours has no word on how large it is; reading stops where the sample does."""
    rows = ([f"p{n}@x.example"] for n in range(60_000))
    (tmp_path / "leads.xlsx").write_bytes(b"".join(workbooks.stream("Leads", ["email"], rows)))
    read: list[int] = []
    real = zipfile.ZipExtFile.read
    monkeypatch.setattr(workbook, "check", lambda _: None)
    monkeypatch.setattr(
        zipfile.ZipExtFile, "read", lambda self, n=-1: read.append(n) or real(self, n)
    )
    assert len(reading.look(tmp_path / "leads.xlsx", records=20).sample) == 20
    assert sum(size for size in read if size > 0) < 1_500_000
