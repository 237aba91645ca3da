"""Columns find their place: by header, by value, as other products export them; dates too."""

from datetime import UTC, datetime
from pathlib import Path

import pytest
from django.conf import settings

from accounts.instants import database_now
from leads.importing import Record
from leads.imports import mapping, reading, storing
from leads.imports.dates import order_of, read, sure_order_of
from leads.models import Import, ImportBatch, Lead
from tests.factories import hours
from tests.leads.imports.files import counts, imported, received, table

DATE = "2015-03-16 14:40:47"


def guessed(headers: list[str], *rows: list[str]) -> dict[str, str]:
    records = [Record(line, row) for line, row in enumerate(rows, 2)]
    targets = mapping.guess(headers, records)
    return {h: t for h, t in zip(headers, targets, strict=True) if t not in ("", "extra")}


@pytest.mark.parametrize(
    ("headers", "found"),
    [
        # HubSpot
        ("Record ID,First Name,Last Name,Email,Phone Number,Lead Status,Create Date,"
         "Associated Company,Country/Region,Contact owner",
         {"First Name": "first_name", "Last Name": "last_name", "Email": "email",
          "Phone Number": "phone", "Create Date": "occurred_at",
          "Associated Company": "company", "Country/Region": "country"}),
        # Salesforce
        ("Lead Source,First Name,Last Name,Email,Phone,Lead Status,Owner Alias,Created Date",
         {"Lead Source": "source", "First Name": "first_name", "Last Name": "last_name",
          "Email": "email", "Phone": "phone", "Created Date": "occurred_at"}),
        # Pipedrive
        ("Person - Name*,Person - Phone,Person - Email (Work),Organization - Name*,Deal - Title,"
         "Activity - Due date,Note - Content*",
         {"Person - Name*": "full_name", "Person - Phone": "phone",
          "Person - Email (Work)": "email", "Organization - Name*": "company",
          "Note - Content*": "message"}),
        # Mailchimp
        ("Email Address,First Name,Last Name,MEMBER_RATING,OPTIN_TIME,CONFIRM_TIME,CC,REGION,NOTES",
         {"Email Address": "email", "First Name": "first_name", "Last Name": "last_name",
          "OPTIN_TIME": "consent_at", "CONFIRM_TIME": "consent_at", "CC": "country",
          "NOTES": "message"}),
        # By hand, in other languages
        ("E-Mail,Vorname,Stellenbezeichnung", {"E-Mail": "email", "Vorname": "first_name",
                                               "Stellenbezeichnung": "job_title"}),
        ("Courriel,Poste", {"Courriel": "email", "Poste": "job_title"}),
    ],
)  # fmt: skip
def test_exports_of_other_products_map_themselves(headers, found):
    names = headers.split(",")
    row = [DATE if "TIME" in name or "Date" in name else "x" for name in names]
    assert guessed(names, row) == found


def test_values_say_what_a_header_does_not():
    rows = [[f"p{n}@x.example", f"(212) 555-01{n:02d}", "Germany", "https://x.example/a", "12"]
            for n in range(10)]  # fmt: skip
    rows[3] = ["", "none", "", "", ""]
    assert guessed(["A", "B", "C", "D", "E"], *rows) == {
        "A": "email", "B": "phone", "C": "country", "D": "website",
    }  # fmt: skip


def test_a_column_of_dates_or_numbers_is_no_phone_number():
    rows = [["p@x.example", "2026-01-31", "12125550123"]]
    assert guessed(["mail", "Seen", "Number"], *rows) == {"mail": "email"}


def test_a_date_by_its_header_is_one_only_where_the_values_are():
    assert guessed(["email", "Date"], ["p@x.example", "soon"]) == {"email": "email"}


def test_empty_columns_and_those_beyond_the_room_of_a_lead_are_left_out():
    headers = ["email", *(f"c{n}" for n in range(60))]
    row = ["p@x.example", "", *("x" for _ in range(59))]
    targets = mapping.guess(headers, [Record(2, row)])
    assert (targets[1], targets.count("extra"), targets[-1]) == ("", 50, "")


@pytest.mark.parametrize(
    ("values", "order"),
    [
        (["2026-01-31", "2026-02-01T09:30:00Z"], "year"),
        (["31/01/2026", "01.02.2026"], "day"),
        (["01/31/2026", "2/1/26 3:15 pm"], "month"),
        (["01/02/2026"], "month"),
        (["45631.5"], "year"),
        (["31/01/2026", "01/31/2026"], ""),
        (["soon"], ""),
        ([], ""),
    ],
)
def test_the_order_of_dates_is_found(values, order):
    assert order_of(values) == order


@pytest.mark.parametrize(
    ("values", "order"),
    [
        (["2026-01-31", "2026-02-01T09:30:00Z"], "year"),
        (["31/01/2026", "01.02.2026"], "day"),
        (["01/31/2026"], "month"),
        (["01/02/2026"], ""),
        (["01-02-03"], ""),
        (["01/01/2026"], "day"),  # the same day, whoever reads it
        (["soon"], ""),
        ([" "], ""),
    ],
)
def test_the_order_is_sure_where_no_other_reads_other_days(values, order):
    assert sure_order_of(values) == order


@pytest.mark.parametrize(
    ("headers", "left_out"),
    [
        (
            ["email", "created_at", "stage", "score", "owner", "extra.tub"],
            ["stage", "score", "owner"],
        ),
        (["email", "score"], []),
        (["email", "stage", "owner", "Region"], []),
    ],
)
def test_an_export_of_ours_is_known_with_fewer_columns(headers, left_out):
    targets = mapping.guess(headers, [Record(2, ["p@x.example", *["2026-01-31"] * 5])])
    assert [
        header for header, target in zip(headers, targets, strict=True) if not target
    ] == left_out


@pytest.mark.parametrize(
    ("text", "order", "instant"),
    [
        ("31.1.2026", "day", datetime(2026, 1, 31, tzinfo=UTC)),
        ("1/31/26 3:15 PM", "month", datetime(2026, 1, 31, 15, 15, tzinfo=UTC)),
        ("12/1/2026, 12:05 am", "month", datetime(2026, 12, 1, 0, 5, tzinfo=UTC)),
        ("2020-12-30 3:15:52", "year", datetime(2020, 12, 30, 3, 15, 52, tzinfo=UTC)),
        ("45631.25", "year", datetime(2024, 12, 5, 6, tzinfo=UTC)),
    ],
)
def test_dates_as_people_write_them(text, order, instant):
    assert read(text, order=order, zone=UTC) == instant


@pytest.mark.django_db
def test_three_styles_of_dates_in_one_column_cost_only_the_rows_that_do_not_fit(cast):
    data = table([["email", "Date"], ["a@x.example", "31/01/2026"], ["b@x.example", "1/2/2026"],
                  ["c@x.example", "01/31/2026"]])  # fmt: skip
    done = imported(data, cast.maya, targets=["email", "occurred_at"], dates="day")
    assert counts(done) == (2, 0, 0, 1)
    assert done.batches.get().refused[0][2] == (
        "Date: “01/31/2026” is not a date written day first (31/01/2027)."
    )
    seen = Lead.objects.get(email="b@x.example").first_touchpoint_at
    assert f"{seen:%Y-%m-%d}" == "2026-02-01"


@pytest.mark.django_db
def test_consent_is_kept_as_a_sentence_or_under_its_column(cast):
    data = table(
        [
            ["email", "Consent", "OPTIN_TIME"],
            ["a@x.example", "You may write to me.", "2026-01-02T03:04:05Z"],
            ["b@x.example", "yes", ""],
            ["c@x.example", "no", "2026-01-02T03:04:05Z"],
            ["d@x.example", "", "2026-01-02T03:04:05Z"],
        ]
    )
    imported(data, cast.maya)
    given = {lead.email[0]: (lead.consent_text, lead.consent_at) for lead in Lead.objects.all()}
    at = datetime(2026, 1, 2, 3, 4, 5, tzinfo=UTC)
    assert given["a"] == ("You may write to me.", at)
    assert given["b"][0] == "Consent: yes"
    assert given["c"] == ("", None)
    assert given["d"] == ("OPTIN_TIME: given", at)


@pytest.mark.django_db
def test_files_are_forgotten_once_nobody_needs_them(cast):
    data, at = table([["email"], ["p@x.example"], ["x@"]]), database_now()
    old, fresh = (imported(data, cast.maya) for _ in range(2))
    waiting = received(data, cast.maya)
    Import.objects.filter(pk=old.pk).update(ended_at=at - hours(24 * 31))
    Import.objects.filter(pk=waiting.pk).update(created_at=at - hours(24 * 8))
    storing.forget(at=at)
    assert set(Import.objects.values_list("pk", flat=True)) == {old.pk, fresh.pk}
    old.refresh_from_db()
    assert (old.chunks.count(), old.erased_at, old.can_undo, old.created) == (0, at, False, 1)
    assert list(ImportBatch.objects.values_list("of", flat=True)) == [fresh.pk]


@pytest.mark.django_db
def test_of_the_files_one_never_started_the_last_few_are_kept(cast):
    data = table([["email"], ["p@x.example"]])
    started = imported(data, cast.maya)
    waiting = [received(data, cast.maya).pk for _ in range(7)]
    other = received(data, cast.mona)
    assert set(Import.objects.values_list("pk", flat=True)) == {started.pk, other.pk, *waiting[2:]}


# Made by others and not ours to keep; where the folder is not there, nothing is asserted of it.
SHARED = Path(settings.BASE_DIR).parent / "shared" / "data" / "csv_import"
SEEN = {
    "dataloader/accountData.csv": ("cp1252", 38, 423),
    "dataloader/csvtext_BOM_UTF8.csv": ("utf-8-sig", 3, 2),
    "dataloader/csvtext_BOM_UTF16LE.csv": ("utf-16", 3, 2),
    "hubspot/contact_data.csv": ("utf-8", 14, 22),
    "salesforce/sf_lead_data.csv": ("utf-8", 382, 1),
}


@pytest.mark.django_db
def test_files_of_other_products_are_read_as_their_notes_say(cast):
    for name in SEEN:
        if (SHARED / name).exists():
            found = reading.look(SHARED / name, records=2000)
            assert (found.encoding, len(found.headers), len(found.sample)) == SEEN[name], name
            assert [record.line for record in found.sample if record.problem] == [], name
    for name in ("dataloader/accountData.csv", "hubspot/contact_data.csv"):
        if (SHARED / name).exists():
            done = imported((SHARED / name).read_bytes(), cast.maya)
            assert (done.state, sum(counts(done))) == ("finished", SEEN[name][2])
