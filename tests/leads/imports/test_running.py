"""An import run to its end: counts, the same file twice, duplicates, taking over, cancelling."""

from datetime import UTC, datetime

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext

from accounts.instants import database_now
from accounts.models import AuditEntry, OutboxMessage
from accounts.refusals import Conflict
from leads.imports import reading, refused, running, storing
from leads.models import Activity, Import, ImportBatch, Kind, Lead
from tests.factories import hours
from tests.leads.imports.files import counts, imported, received, table, worked

HEADER = ["Email", "First name", "Company", "Phone", "Favourite tub"]
ROWS = [
    ["pat@spa.example", "Pat", "Spa Hotel", "", "round"],
    ["kim@spa.example", "Kim", "", "+1 212 555 0123", ""],
    ["", "Lee", "", "+1 212 555 0199", ""],
    ["nobody@", "No", "", "", ""],
    ["pat@spa.example", "Pat", "Spa Hotel", "", "round"],
]


def snapshot() -> list[object]:
    leads = list(Lead.objects.order_by("pk").values())
    return [leads, list(Activity.objects.order_by("pk").values())]


@pytest.mark.django_db
def test_every_row_is_accounted_for(cast):
    done = imported(table([HEADER, *ROWS]), cast.maya, campaign=cast.campaign)
    assert (done.state, done.total, done.position) == ("finished", 5, 5)
    assert counts(done) == (3, 0, 1, 1)
    pat = Lead.objects.get(email="pat@spa.example")
    assert (pat.campaign, pat.team, pat.captured_by) == (
        cast.campaign, cast.marketing, cast.maya,
    )  # fmt: skip
    assert pat.extra == {"Favourite tub": "round"}
    assert pat.activities.get().kind == Kind.IMPORTED
    assert list(refused.reasons(done)) == [
        [
            3,
            5,
            "Email: “nobody@” is not an e-mail address: There must be something after the @-sign.",
        ]
    ]
    assert list(AuditEntry.objects.values_list("verb", flat=True)) == ["import.started"]


@pytest.mark.django_db
def test_the_same_file_twice_changes_nothing(cast):
    data = table([HEADER, *ROWS])
    imported(data, cast.maya, campaign=cast.campaign)
    before = snapshot()
    again = imported(data, cast.maya, campaign=cast.campaign)
    assert counts(again) == (0, 0, 4, 1)
    assert snapshot() == before


@pytest.mark.django_db
def test_a_phone_number_alone_is_not_the_same_lead(cast):
    data = table([["Phone", "First name"], ["+12125550199", "Lee"], ["+12125550199", "Kim"]])
    assert counts(imported(data, cast.maya)) == (2, 0, 0, 0)


@pytest.mark.django_db
@pytest.mark.parametrize(
    ("duplicates", "company", "title", "seen"),
    [
        ("fill", "Old Spa", "Director", (0, 1, 0, 0)),
        ("skip", "Old Spa", "", (0, 0, 1, 0)),
        ("overwrite", "New Spa", "Director", (0, 1, 0, 0)),
    ],
)
def test_what_is_done_with_a_lead_we_have(cast, duplicates, company, title, seen):
    lead = cast.capture(at=database_now(), email="pat@spa.example", company="Old Spa").lead
    data = table([["email", "company", "title"], ["Pat@spa.example", "New Spa", "Director"]])
    assert counts(imported(data, cast.maya, duplicates=duplicates)) == seen
    lead.refresh_from_db()
    assert (lead.company, lead.job_title) == (company, title)
    edits = lead.activities.filter(kind=Kind.EDITED)
    wanted = [{"changed": {"company": {"from": "Old Spa", "to": "New Spa"}}}]
    assert [edit.data for edit in edits] == (wanted if duplicates == "overwrite" else [])


@pytest.mark.django_db
def test_nobody_overwrites_what_they_may_not_edit(cast):
    lead = cast.capture(at=database_now(), email="pat@spa.example", company="Old Spa").lead
    data = table([["email", "company", "title"], ["pat@spa.example", "New Spa", "Director"]])
    imported(data, cast.sue, duplicates="overwrite")
    lead.refresh_from_db()
    assert (lead.company, lead.job_title) == ("Old Spa", "Director")


@pytest.mark.django_db
def test_whoever_takes_over_goes_on_at_the_very_record(cast, monkeypatch):
    monkeypatch.setattr(running, "BATCH", 2)
    importing = received(table([HEADER, *ROWS]), cast.maya)
    running.start(importing, by=cast.maya, at=database_now())
    mine = running.claim(importing.pk, at=database_now())
    with reading.opened(importing) as opened:
        steps = running._steps(importing, mine, opened.records)
        next(steps)  # two rows are in; then this worker hangs, and another one takes over
        Import.objects.update(claimed_until=database_now())
        theirs = running.claim(importing.pk, at=database_now())
        assert theirs is not None
        assert list(steps) == []  # it finds out before it writes anything
    Import.objects.update(claimed_until=database_now())
    done = worked(importing)
    assert (done.state, counts(done)) == ("finished", (3, 0, 1, 1))
    assert list(ImportBatch.objects.values_list("first", "size")) == [(0, 2), (2, 2), (4, 1)]


@pytest.mark.django_db
def test_an_import_somebody_is_at_is_left_to_them(cast):
    importing = received(table([HEADER, *ROWS]), cast.maya)
    running.start(importing, by=cast.maya, at=database_now())
    at = database_now()
    assert running.waiting(at=at) == [importing.pk]
    assert running.claim(importing.pk, at=at) is not None
    assert running.claim(importing.pk, at=at) is None
    assert running.waiting(at=at) == []
    assert running.waiting(at=at + running.LEASE) == [importing.pk]


@pytest.mark.django_db
def test_imports_take_turns(cast, monkeypatch):
    monkeypatch.setattr(running, "BATCH", 2)
    monkeypatch.setattr(running, "TURN", 0.0)
    first, second = (received(table([HEADER, *ROWS]), cast.maya) for _ in range(2))
    for importing in (first, second):
        running.start(importing, by=cast.maya, at=database_now())
    assert running.run(first.pk, at=database_now()) is False
    first.refresh_from_db()
    assert (first.state, first.position, first.claim) == ("running", 2, None)
    assert (worked(first).state, worked(second).state) == ("finished", "finished")


@pytest.mark.django_db
def test_a_cancelled_import_keeps_what_came_in_and_stops(cast, monkeypatch):
    monkeypatch.setattr(running, "BATCH", 2)
    importing = received(table([HEADER, *ROWS]), cast.maya)
    running.start(importing, by=cast.maya, at=database_now())
    mine = running.claim(importing.pk, at=database_now())
    with reading.opened(importing) as opened:
        steps = running._steps(importing, mine, opened.records)
        next(steps)
        running.cancel(importing, by=cast.maya, at=database_now())
        assert list(steps) == []
    importing.refresh_from_db()
    assert (importing.state, importing.position, Lead.objects.count()) == ("cancelled", 2, 2)
    with pytest.raises(Conflict):
        running.cancel(importing, by=cast.maya, at=database_now())
    with pytest.raises(Conflict):
        running.start(importing, by=cast.maya, at=database_now())


REFUSES_KIM = """
CREATE FUNCTION refuse_kim() RETURNS trigger AS $$
BEGIN RAISE check_violation USING MESSAGE = 'no Kims'; END $$ LANGUAGE plpgsql;
CREATE TRIGGER refuse_kim BEFORE INSERT ON leads_lead FOR EACH ROW
WHEN (NEW.first_name = 'Kim') EXECUTE FUNCTION refuse_kim();
"""


@pytest.mark.django_db
def test_a_row_the_database_will_not_take_costs_only_itself(cast):
    with connection.cursor() as cursor:
        cursor.execute(REFUSES_KIM)
    done = imported(table([HEADER, *ROWS]), cast.maya)
    assert counts(done) == (2, 0, 1, 2)
    assert [1, 3, "can't be stored: no Kims"] in list(refused.reasons(done))


@pytest.mark.django_db
def test_the_file_is_kept_in_pieces_and_comes_back_as_it_was(cast):
    data = table([HEADER, *([f"p{n}@x.example", "N" * 90, "", "", ""] for n in range(20_000))])
    importing = received(data, cast.maya)
    assert importing.chunks.count() == len(data) // (1024 * 1024) + 1
    with storing.laid_out(importing) as path:
        assert path.read_bytes() == data


@pytest.mark.django_db
def test_a_batch_asks_no_more_for_three_rows_than_for_one(cast):
    def queries(count: int, name: str) -> int:
        rows = [[f"{name}{n}@x.example", "Pat"] for n in range(count)]
        importing = received(table([["email", "first name"], *rows]), cast.maya)
        running.start(importing, by=cast.maya, at=database_now())
        with CaptureQueriesContext(
            connection,
        ) as captured:
            worked(importing)
        return len(captured)

    queries(1, "warm")
    assert queries(1, "a") == queries(3, "b")


@pytest.mark.django_db
def test_a_file_with_more_rows_than_an_import_takes_fails_before_the_first_one(cast, monkeypatch):
    monkeypatch.setattr(running, "MOST_ROWS", 4)
    done = imported(table([HEADER, *ROWS]), cast.maya)
    assert (done.state, done.position, Lead.objects.count()) == ("failed", 0, 0)
    assert done.error == (
        "leads.csv has more than 4 rows; cut it into smaller files and import each."
    )


@pytest.mark.django_db
def test_an_import_that_trips_over_an_error_of_ours_stops_and_says_so(cast):
    importing = received(table([HEADER, *ROWS]), cast.maya, encoding="no-such-encoding")
    running.start(importing, by=cast.maya, at=database_now())
    with pytest.raises(LookupError):
        running.run(importing.pk, at=database_now())
    importing.refresh_from_db()
    assert (importing.state, importing.claim) == ("failed", None)
    assert importing.error == "An error of ours stopped it; it is in our log."
    assert running.waiting(at=database_now()) == []


@pytest.mark.django_db
def test_who_left_a_long_import_finds_it_in_their_bell(cast):
    short = imported(table([HEADER, *ROWS]), cast.maya)
    assert OutboxMessage.objects.count() == 0
    long = received(table([HEADER, *ROWS]), cast.maya)
    running.start(long, by=cast.maya, at=short.created_at - running.SHORT)
    worked(long)
    told = OutboxMessage.objects.get()
    assert (told.recipient, told.title, told.url) == (
        cast.maya, "The import of “leads.csv” is done", f"/imports/{long.pk}/",
    )  # fmt: skip


def test_how_long_it_will_go_on_is_told_by_its_pace():
    at = datetime(2026, 1, 2, tzinfo=UTC)
    half = Import(total=10, position=5, started_at=at - hours(1))
    assert half.seconds_left(at) == 3600
    assert Import(total=10, started_at=at).seconds_left(at) is None
