"""CSV as it comes: encodings, delimiters, headers, broken rows; and the command that imports it."""

import csv
import io
from pathlib import Path

import pytest
from django.core.management import CommandError, call_command
from django.db import connection

from leads import importing
from leads.csv_cells import plain, safe
from leads.csv_headers import field_of, map_columns, split_name
from leads.importing import Reader, Unreadable, find_delimiter, find_encoding
from leads.models import Activity, Handoff, Lead, ScoreRules

HEADER = "email,first_name,company"


def read(text: str, *, delimiter: str = ",", sure: bool = True) -> list[tuple[int, list[str], str]]:
    reader = Reader(io.StringIO(text, newline=""), delimiter=delimiter, sure=sure)
    return [(record.line, record.cells, record.problem) for record in reader]


@pytest.mark.parametrize(
    ("data", "name"),
    [
        ("e\n".encode("utf-8-sig"), "utf-8-sig"),
        ("e\n".encode("utf-16"), "utf-16"),
        (b"\xfe\xff" + "e\n".encode("utf-16-be"), "utf-16"),
        ("e\n".encode("utf-32"), "utf-32"),
        (b"\x00\x00\xfe\xff" + "e\n".encode("utf-32-be"), "utf-32"),
        (b"e-mail,name\n" * 20, "utf-8"),
        ("e-mail,name\n".encode("utf-16-le") * 20, "utf-16-le"),
        ("e-mail,name\n".encode("utf-16-be") * 20, "utf-16-be"),
        ("Zoë 🛁 נועה".encode(), "utf-8"),
        ("Zoë, Müller".encode("cp1252"), "cp1252"),
        (b"", "utf-8"),
    ],
)
def test_encodings_are_found(tmp_path, data, name):
    path = tmp_path / "leads.csv"
    path.write_bytes(data)
    assert find_encoding(path).name == name


def test_damage_in_utf8_is_not_another_encoding(tmp_path):
    path = tmp_path / "leads.csv"
    path.write_bytes("Zoë, Müller, Łukasz".encode() + b"\xc3(")
    assert find_encoding(path) == importing.Encoding("utf-8", sure=False)


def test_a_character_cut_by_the_reading_is_no_damage(tmp_path, monkeypatch):
    monkeypatch.setattr(importing, "CHUNK", 7)
    path = tmp_path / "leads.csv"
    path.write_bytes("🛁נועהë".encode() * 9)
    assert find_encoding(path) == importing.Encoding("utf-8", sure=True)


@pytest.mark.parametrize("delimiter", [",", ";", "\t", "|"])
def test_delimiters_are_found(delimiter):
    rows = [["email", "company"], ["pat@spa.example", "Spa, Ltd; a|b"], ["x@spa.example", "y"]]
    text = io.StringIO()
    csv.writer(text, delimiter=delimiter).writerows(rows)
    assert find_delimiter(text.getvalue()) == delimiter


def test_a_single_column_needs_no_delimiter():
    assert find_delimiter("email\npat@spa.example\n") == ","


@pytest.mark.parametrize(
    ("header", "name"),
    [
        ("Person - Email (Work)", "email"),
        ("Email Address", "email"),
        ("\ufeffE-MAIL *", "email"),
        ("property_email", "email"),
        ("Prénom", "first_name"),
        ("Person - Name*", "full_name"),
        ("Organization - Name*", "company"),
        ("Associated Company", "company"),
        ("Country/Region", "country"),
        ("CC", "country"),
        ("Lead Source", "source"),
        ("Lead Status", ""),
        ("Contact owner", ""),
        ("Phone Number", "phone"),
        ("UTM Source", "utm_source"),
        ("Deal - Title", ""),
        ("", ""),
    ],
)
def test_headers_of_other_products_are_recognised(header, name):
    assert field_of(header) == name


def test_of_two_columns_for_one_field_the_filled_one_counts():
    columns = map_columns(["Email (Work)", "Email (Home)", "Status", "Status"])
    assert columns.row(["", "h@x.example", "New", "Old"]) == {
        "email": "h@x.example",
        "extra": {"Status": "New", "Status (4)": "Old"},
    }
    assert columns.row(["w@x.example", "h@x.example", "", ""]) == {
        "email": "w@x.example",
        "extra": {"Email (Home)": "h@x.example"},
    }


def test_a_full_name_is_split_where_the_parts_are_not_given():
    columns = map_columns(["Name", "First name", "Last name"])
    assert columns.row(["Pat Lee", "", ""]) == {"first_name": "Pat", "last_name": "Lee"}
    assert columns.row(["Dr Pat Lee", "Pat", "Lee"]) == {"first_name": "Pat", "last_name": "Lee"}
    assert [split_name(n) for n in ("Lee, Pat", "Pat", "Ana de la Cruz")] == [
        ("Pat", "Lee"), ("Pat", ""), ("Ana", "de la Cruz"),
    ]  # fmt: skip


def test_columns_beyond_what_extra_holds_are_named():
    columns = map_columns(["email", *(f"c{n}" for n in range(60))])
    assert len(columns.row(["a@x.example", *[""] * 10, *["x"] * 50])["extra"]) == 50
    assert list(columns.dropped) == []
    assert len(columns.row(["a@x.example", *["x"] * 52, *[""] * 8])["extra"]) == 50
    assert list(columns.dropped) == ["c50", "c51"]


def test_records_know_their_first_line():
    assert read(f'{HEADER}\na@x.example,"A\nB",C\n\n ,,\nb@x.example,B,C\n') == [
        (2, ["a@x.example", "A\nB", "C"], ""),
        (6, ["b@x.example", "B", "C"], ""),
    ]


@pytest.mark.parametrize("end", ["\n", "\r\n", "\r"])
def test_every_line_end(end):
    assert read(end.join([HEADER, "a@x.example,A,B", ""])) == [(2, ["a@x.example", "A", "B"], "")]


def test_ragged_rows_are_refused_and_empty_cells_at_the_end_are_not_ragged():
    assert read(f"{HEADER}\na@x.example,A\nb@x.example,B,C,,\nc@x.example,C,D,E\n") == [
        (2, ["a@x.example", "A"], "has 2 columns, the header has 3"),
        (3, ["b@x.example", "B", "C"], ""),
        (4, ["c@x.example", "C", "D", "E"], "has 4 columns, the header has 3"),
    ]


def test_a_quote_never_closed_costs_its_own_line_only():
    assert read(f'{HEADER}\na@x.example,"A,B\nb@x.example,B,C\nc@x.example,C,D\n') == [
        (2, ["a@x.example", '"A', "B"], "a quote is opened and never closed"),
        (3, ["b@x.example", "B", "C"], ""),
        (4, ["c@x.example", "C", "D"], ""),
    ]


def test_so_does_one_that_the_next_quote_closes():
    assert [(line, problem) for line, _, problem in read(
        f'{HEADER}\na@x.example,"A,B\nb@x.example,"B",C\nc@x.example,C,D\n'
    )] == [(2, "a quote is opened and never closed"), (3, ""), (4, "")]  # fmt: skip


def test_a_quote_open_for_thousands_of_lines_is_given_up():
    lines = [f"p{n}@x.example,P,C" for n in range(2000)]
    found = read("\n".join([HEADER, 'a@x.example,"A,B', *lines]))
    assert [problem for _, _, problem in found] == ["a quote is opened and never closed"] + [
        ""
    ] * 2000


def test_nul_bytes_and_lost_characters_are_refused():
    text = f"{HEADER}\na@x.example,A\x00,B\nb@x.example,B\ufffd,C\n"
    assert [problem for _, _, problem in read(text, sure=False)] == [
        "contains a NUL byte; the file is damaged here",
        "contains bytes that are no text in this encoding",
    ]
    assert [problem for _, _, problem in read(text)][1] == ""


@pytest.mark.parametrize("limit", [131_072, 1_000_000])
def test_a_field_too_large_and_an_endless_line_are_refused(limit, request):
    before = csv.field_size_limit(limit)  # the whole process's: somebody else may have set it
    request.addfinalizer(lambda: csv.field_size_limit(before))
    large, endless = "x" * 140_000, "x" * 1_200_000
    text = f"{HEADER}\na@x.example,{large},B\nb@x.example,{endless},C\nc@x.example,C,D\n"
    assert [(line, problem) for line, _, problem in read(text)] == [
        (2, "a cell is longer than 100,000 characters; shorten it"),
        (3, "the line is longer than 1,000,000 characters"),
        (4, ""),
    ]


@pytest.mark.parametrize("text", ["", "\n\n", "name,company\nPat,Spa\n"])
def test_a_file_without_a_usable_header_is_unreadable(text):
    with pytest.raises(Unreadable):
        read(text)


def test_cells_that_would_run_are_made_safe_and_come_back():
    for cell in ("=1+1", "+49 30 1", "-1", "@SUM(A1)", "\tx", "\rx"):
        assert (safe(cell)[0], plain(safe(cell))) == ("'", cell)
    assert (safe("Spa"), safe(None), plain("'tis"), plain("")) == ("Spa", "", "'tis", "")


# --- The command ---------------------------------------------------------------------------------


def write(folder: Path, *lines: str, encoding: str = "utf-8") -> Path:
    path = folder / "leads.csv"
    path.write_bytes("\n".join([*lines, ""]).encode(encoding))
    return path


def run(path: Path, capsys=None, **options) -> str:
    out = io.StringIO()
    options.setdefault("campaign", "back-pain")
    call_command("import_leads", str(path), stdout=out, **options)
    return out.getvalue()


def refused_rows(path: Path) -> list[list[str]]:
    text = path.with_name("leads-refused.csv").read_text(encoding="utf-8-sig")
    return list(csv.reader(io.StringIO(text)))


def test_rows_become_leads_of_the_campaign(cast, tmp_path):
    path = write(tmp_path, "Email;Name;Company;Member rating", "pat@spa.example;Pat Lee;Spa;5")
    said = run(path, by="maya@demo.test")
    lead = Lead.objects.get()
    assert (lead.email, lead.first_name, lead.last_name, lead.extra) == (
        "pat@spa.example", "Pat", "Lee", {"Member rating": "5"},
    )  # fmt: skip
    assert (lead.campaign, lead.team, lead.captured_by) == (
        cast.campaign, cast.marketing, cast.maya,
    )  # fmt: skip
    assert lead.activities.get().kind == "imported"
    assert said.startswith("1 row: 1 new, 0 merged into leads we had, 0 refused; 0 new MQLs")
    assert not path.with_name("leads-refused.csv").exists()


def test_refused_rows_come_back_with_line_and_reason_and_can_be_mended(cast, tmp_path):
    path = write(
        tmp_path, "email,company", "a@spa.example,A", "b@,=cmd|' /C calc'!A0", "c@spa.example",
        "d@spa.example,D",
    )  # fmt: skip
    said = run(path)
    assert "4 rows: 2 new, 0 merged into leads we had, 2 refused" in said
    header, first, second = refused_rows(path)
    assert header == ["email", "company", "line", "reason"]
    assert first[:3] == ["b@", "'=cmd|' /C calc'!A0", "3"]
    assert first[3].startswith("email: “b@” is not an e-mail address")
    assert second == ["c@spa.example", "", "4", "has 1 column, the header has 2"]
    mended = write(tmp_path, ",".join(header), "b@spa.example,'=SUM(A1),3,why")
    run(mended)
    lead = Lead.objects.get(email="b@spa.example")
    assert (lead.company, lead.extra) == ("=SUM(A1)", {})


def test_importing_again_changes_nothing(cast, tmp_path):
    path = write(tmp_path, HEADER, "a@x.example,A,B", "A@X.EXAMPLE,A,B")
    assert "2 rows: 1 new, 0 merged into leads we had, 0 refused, 1 with nothing new" in run(path)
    before = list(Lead.objects.values())
    assert "2 rows: 0 new, 0 merged into leads we had, 0 refused, 2 with nothing new" in run(path)
    assert (list(Lead.objects.values()), Activity.objects.count()) == (before, 1)


@pytest.mark.parametrize("encoding", ["utf-8-sig", "utf-16", "utf-32", "cp1252", "utf-16-le"])
def test_any_encoding(cast, tmp_path, encoding):
    run(write(tmp_path, HEADER, "zoe@x.example,Zoë,Müller", encoding=encoding))
    assert (Lead.objects.get().first_name, Lead.objects.get().company) == ("Zoë", "Müller")


def test_emoji_and_right_to_left(cast, tmp_path):
    run(write(tmp_path, HEADER, "noa@x.example,נועה,🛁 ספא"))
    assert (Lead.objects.get().first_name, Lead.objects.get().company) == ("נועה", "🛁 ספא")


def test_more_than_one_batch(cast, tmp_path):
    path = write(tmp_path, HEADER, *(f"p{n}@x.example,P,C" for n in range(1201)))
    assert "1,201 rows: 1,201 new" in run(path)
    assert Lead.objects.count() == 1201


def test_mqls_are_handed_over_as_the_campaign_says_or_kept_back(cast, tmp_path):
    spa = {"field": "company", "op": "equals", "value": "Spa", "points": 60, "label": "Spa"}
    rules = ScoreRules.objects.get()
    rules.rules["fit"].append(spa)
    rules.save()
    assert "1 new MQLs, 0 handed over" in run(
        write(tmp_path, HEADER, "a@x.example,A,Spa"), no_hand_over=True
    )
    assert "1 new MQLs, 1 handed over" in run(write(tmp_path, HEADER, "b@x.example,B,Spa"))
    assert Handoff.objects.count() == 1


def test_a_row_the_database_will_not_take_costs_only_itself(cast, tmp_path, monkeypatch):
    with connection.cursor() as cursor:
        cursor.execute("ALTER TABLE leads_lead ADD CHECK (company <> 'Cursed')")
    path = write(tmp_path, HEADER, "a@x.example,A,Spa", "b@x.example,B,Cursed", "c@x.example,C,Spa")
    assert "3 rows: 2 new, 0 merged into leads we had, 1 refused" in run(path)
    assert refused_rows(path)[1][3:4] == ["3"]


def test_no_rows(cast, tmp_path):
    assert run(write(tmp_path, HEADER)).startswith("0 rows: 0 new")


def test_not_one_row_usable(cast, tmp_path):
    with pytest.raises(CommandError) as raised:
        run(write(tmp_path, HEADER, "a@,A,B"))
    assert (raised.value.returncode, Lead.objects.count()) == (1, 0)


@pytest.mark.parametrize(
    ("options", "said"),
    [
        ({"campaign": "sprng"},
         "--campaign sprng: there is no such campaign; there are back-pain."),
        ({"by": "nobody@demo.test"}, "--by nobody@demo.test: nobody active has this address."),
        ({"by": "sam@demo.test"},
         "--campaign back-pain: there is no such campaign for sam@demo.test."),
        ({"encoding": "klingon"},
         "--encoding klingon: there is no such encoding; try utf-8 or cp1252."),
        ({"delimiter": ";;"},
         "--delimiter ;;: give one character, or tab, comma, semicolon, pipe."),
    ],
)  # fmt: skip
def test_what_is_not_there_is_said_in_one_line_before_anything_is_read(
    cast, tmp_path, options, said
):
    with pytest.raises(CommandError) as raised:
        run(write(tmp_path, HEADER, "a@x.example,A,B"), **options)
    assert (str(raised.value), raised.value.returncode, Lead.objects.count()) == (said, 2, 0)


def test_files_that_are_not_there_or_empty(cast, tmp_path):
    for path, said in (
        (tmp_path / "none.csv", f"{tmp_path}/none.csv: there is no such file."),
        (tmp_path, f"{tmp_path}: there is no such file."),
        (
            write(tmp_path, ""),
            f"{tmp_path}/leads.csv is empty; its first line must name the columns.",
        ),
    ):
        with pytest.raises(CommandError) as raised:
            run(path)
        assert (str(raised.value), raised.value.returncode) == (said, 2)


def test_the_refused_file_must_be_another_and_writable(cast, tmp_path):
    path = write(tmp_path, HEADER, "a@x.example,A,B")
    for refused in (path, tmp_path / "no" / "such" / "folder.csv"):
        with pytest.raises(CommandError) as raised:
            run(path, refused=refused)
        assert (raised.value.returncode, Lead.objects.count()) == (2, 0)
