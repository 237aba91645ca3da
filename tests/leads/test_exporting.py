"""A list as a file: the same leads, the chosen columns, harmless, and importable without loss."""

import csv
import io
import tracemalloc
import zipfile

import pytest
from django.db import connection
from openpyxl import load_workbook

from accounts.instants import database_now
from accounts.models import AuditEntry
from leads import exporting, workbooks
from leads.csv_cells import plain, safe
from leads.custom_fields import changing
from leads.models import Activity, Lead
from tests.accounts.test_own_pages import signed_in
from tests.factories import ny
from tests.leads.custom_fields.making import make
from tests.leads.imports.files import counts, imported

ODD = ["=1+1", "'=1+1", "''=x", "'tis", "-5 %", "+49 30", 'a"b,c;d', "נועה 🛁", "&<>"]
KEPT = ("email", "phone", "first_name", "last_name", "company", "company_domain", "job_title",
        "country", "source", "campaign_id", "team_id", "consent_text", "consent_at", "extra",
        "match_text")  # fmt: skip


@pytest.fixture
def leads(cast):
    """Leads with everything a lead can hold, odd texts among it."""
    at = database_now()
    cast.hot_lead(
        at=at, website="https://www.spa-hotel.example/x", phone="+1 212 555 0123", source="fair",
        consent={"text": "You may write to me, =always."},
        extra={"Tub": "round", "a,b": "x", "company": "Other", "n" * 60: "long"},
    )  # fmt: skip
    for n, odd in enumerate(ODD):
        cast.capture(at=at, email=f"odd{n}@x.example", company=odd, extra={"Note": odd})
    cast.capture(at=at, phone="+1 212 555 0199", first_name="Only", last_name="Phone")
    return cast


def downloaded(person, **query) -> bytes:
    answer = signed_in(person).get("/leads/export/", query)
    assert answer.status_code == 200
    return b"".join(answer.streaming_content)


def as_rows(data: bytes) -> list[list[str]]:
    return list(csv.reader(io.StringIO(data.decode("utf-8-sig"))))


@pytest.mark.django_db
@pytest.mark.parametrize("kind", ["csv", "xlsx"])
def test_an_export_can_be_imported_again_without_loss(leads, kind):
    before = list(Lead.objects.order_by("email", "phone").values(*KEPT))
    data = downloaded(leads.maya, format=kind)
    Lead.objects.all().delete()
    done = imported(data, leads.maya, f"leads.{kind}")
    assert counts(done) == (len(before), 0, 0, 0), list(done.batches.values_list("refused"))
    assert list(Lead.objects.order_by("email", "phone").values(*KEPT)) == before


@pytest.mark.django_db
def test_an_export_imported_over_its_own_leads_changes_no_detail(leads):
    data = downloaded(leads.maya)
    before = list(Lead.objects.order_by("pk").values(*KEPT))
    for duplicates in ("fill", "overwrite"):
        imported(data, leads.maya, duplicates=duplicates)
    assert list(Lead.objects.filter(email__isnull=False).order_by("pk").values(*KEPT)) == [
        row for row in before if row["email"]
    ]
    assert Activity.objects.filter(kind="edited").count() == 0


@pytest.mark.django_db
def test_the_columns_one_chose_in_our_order(leads):
    rows = as_rows(downloaded(leads.maya, column=["extra.Tub", "company", "email", "nonsense"]))
    assert rows[0] == ["email", "company", "extra.Tub"]
    assert ["pat@spa.example", "Spa Hotel", "round"] in rows
    assert len(rows) == Lead.objects.count() + 1


@pytest.mark.django_db
def test_nothing_in_a_file_is_run(leads):
    cells = [cell for row in as_rows(downloaded(leads.maya)) for cell in row]
    assert [cell for cell in cells if cell.startswith(("=", "+", "-", "@"))] == []
    book = load_workbook(io.BytesIO(downloaded(leads.maya, format="xlsx")))
    kinds = {cell.data_type for row in book.active.iter_rows() for cell in row if cell.value}
    assert kinds <= {"s", "inlineStr"}


def test_an_apostrophe_of_ones_own_survives():
    for text in ODD:
        assert plain(safe(text)) == text
        assert not safe(text).startswith(("=", "+", "-", "@"))


@pytest.mark.django_db
def test_who_took_which_leads_away_is_on_record(leads):
    downloaded(leads.maya, stage="inquiry", column="email")
    entry = AuditEntry.objects.get()
    assert (entry.actor, entry.verb) == (leads.maya, "leads.exported")
    assert entry.facts == {"asked": "stage=inquiry", "columns": ["email"]}


@pytest.mark.django_db
def test_the_page_offers_the_further_fields_of_the_list_and_keeps_its_filters(leads):
    page = signed_in(leads.maya).get("/leads/export/columns/", {"tier": "hot", "cursor": "x"})
    assert page.context["further"] == [
        (f"extra.{name}", name, True) for name in ("Tub", "a,b", "company", "n" * 60)
    ]
    assert page.context["kept"] == [("tier", "hot")]


@pytest.mark.django_db
def test_further_fields_of_others_are_not_told(leads):
    page = signed_in(leads.sue).get("/leads/export/columns/")
    mine = Lead.objects.visible_to(leads.sue)
    assert page.context["further"] == [
        (f"extra.{name}", name, True) for name in sorted({k for lead in mine for k in lead.extra})
    ]


@pytest.mark.django_db(transaction=True)
def test_rows_come_through_a_cursor_of_the_server(leads):
    rows = exporting.export(Lead.objects.order_by("pk"), ["email"]).rows()
    next(rows)
    with connection.cursor() as cursor:
        cursor.execute("SELECT count(*) FROM pg_cursors WHERE name LIKE '_django%'")
        assert cursor.fetchone() == (1,)


def test_a_workbook_is_written_as_it_goes_at_flat_memory(monkeypatch):
    def write(count: int) -> tuple[int, int]:
        rows = ([f"p{n}@x.example", "Pat" * 10, str(n)] for n in range(count))
        tracemalloc.start()
        size = sum(len(piece) for piece in workbooks.stream("Leads", ["a", "b", "c"], rows))
        _, peak = tracemalloc.get_traced_memory()
        tracemalloc.stop()
        return size, peak

    write(10)
    (_, small), (_, large) = write(5_000), write(50_000)
    assert large < 1.5 * small


def test_rows_beyond_a_sheet_go_on_in_another(monkeypatch):
    monkeypatch.setattr(workbooks, "MOST_ROWS", 3)
    rows = ([str(n)] for n in range(7))
    book = load_workbook(io.BytesIO(b"".join(workbooks.stream("A & B", ["n"], rows))))
    found = {sheet.title: [c.value for (c,) in sheet.iter_rows()] for sheet in book}
    assert found == {
        "A & B": ["n", "0", "1", "2"], "A & B 2": ["n", "3", "4", "5"], "A & B 3": ["n", "6"],
    }  # fmt: skip


def test_what_xml_can_not_hold_is_left_out():
    data = b"".join(workbooks.stream("Leads", ["a"], iter([["x\x00\x0by\ud800"], ["a\nb  c"]])))
    with zipfile.ZipFile(io.BytesIO(data)) as packed:
        assert packed.testzip() is None
    cells = [c.value for (c,) in load_workbook(io.BytesIO(data)).active.iter_rows()]
    assert cells == ["a", "xy", "a\nb  c"]


TYPED = {
    "budget": ("money", -1200.5), "seats": ("number", 0.000001), "day": ("date", "2027-01-31"),
    "wood": ("choice", "Cedar"), "extras": ("choices", ["=Oak", "Cedar, red"]),
    "sure": ("yes_no", False), "plan": ("url", "https://a.example/?b=c"), "words": ("text", "=1+1"),
}  # fmt: skip


@pytest.mark.django_db
@pytest.mark.parametrize("kind", ["csv", "xlsx"])
def test_values_of_every_kind_come_back_as_they_were(cast, kind):
    for name, (of, _) in TYPED.items():
        choices = ["Cedar", "=Oak", "Cedar, red"] if of in ("choice", "choices") else []
        make(cast.mona, name.capitalize(), of, choices=choices)
    extra = {name: value for name, (_, value) in TYPED.items()} | {"Free": "text"}
    at = ny("2027-01-15 10:00")
    assert cast.capture(at=at, email="a@x.example", extra=extra).refused == {}
    kept = Lead.objects.get().extra
    data = downloaded(cast.maya, format=kind)
    Lead.objects.all().delete()
    done = imported(data, cast.maya, f"leads.{kind}")
    assert counts(done) == (1, 0, 0, 0), list(done.batches.values_list("refused"))
    found = Lead.objects.get().extra
    assert found == kept
    assert {name: type(value) for name, value in found.items()} == {
        name: type(value) for name, value in kept.items()
    }


@pytest.mark.django_db
def test_fields_of_ones_own_come_first_by_their_labels_and_removed_ones_not_at_all(cast):
    make(cast.mona, "Zeta", "text")
    make(cast.mona, "Alpha", "text")
    gone = make(cast.mona, "Gone", "text")
    extra = {"alpha": "a", "zeta": "z", "gone": "g", "free": "f"}
    cast.capture(at=ny("2027-01-15 10:00"), email="a@x.example", extra=extra)
    changing.remove(gone, by=cast.mona, at=ny("2027-01-15 11:00"))
    page = signed_in(cast.maya).get("/leads/export/columns/")
    assert page.context["further"] == [
        ("extra.zeta", "Zeta", True), ("extra.alpha", "Alpha", True), ("extra.free", "free", True),
    ]  # fmt: skip
    assert "gone" not in downloaded(cast.maya).decode()
