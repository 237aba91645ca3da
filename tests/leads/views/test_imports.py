"""The import wizard over HTTP: file, columns, preview, start, progress, refused rows, undo."""

import csv
import io

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from django.db import connection
from django.test.utils import CaptureQueriesContext

from accounts.instants import database_now
from accounts.models import Team
from leads.imports import limits, running, uploading
from leads.models import Activity, Campaign, Import, Lead
from tests.accounts.test_own_pages import signed_in
from tests.factories import make_user
from tests.leads.imports.files import counts, imported, received, table, worked

pytestmark = pytest.mark.django_db
FILE = table(
    [
        ["Email", "Vorname", "Firma", "Land", "Tub"],
        ["pat@spa.example", "Pat", "Spa Hotel", "Narnia", "round"],
        ["kim@spa.example", "Kim", "=1+1", "DE", ""],
        ["lee@", "Lee", "", "", ""],
    ]
)


def upload(client, data: bytes, name: str = "fair.csv"):
    return client.post("/imports/new/", {"file": SimpleUploadedFile(name, data)})


def chosen(importing: Import, **more) -> dict[str, object]:
    columns = {f"column-{i}": target for i, target in enumerate(importing.targets)}
    return {**columns, "duplicates": "fill", "campaign": "back-pain", "hand_over": "on", **more}


def test_from_the_file_to_the_undo(cast):
    client = signed_in(cast.maya)
    answer = upload(client, FILE)
    importing = Import.objects.get()
    assert answer.url == f"/imports/{importing.pk}/columns/"
    assert importing.targets == ["email", "first_name", "company", "country", "extra"]
    page = client.get(answer.url)
    assert page.context["form"]["column-1"].value() == "first_name"
    assert [word.typed for word, _ in page.context["form"].asked_words] == ["Narnia"]
    sent = chosen(importing, **{"word-0": "GB"})
    assert client.post(answer.url, sent).url == f"/imports/{importing.pk}/preview/"
    preview = client.get(f"/imports/{importing.pk}/preview/").context["preview"]
    assert [(trial.deed, trial.name) for trial in preview.trials] == [
        ("new", "Pat"), ("new", "Kim"), ("refuse", "lee@ · Lee"),
    ]  # fmt: skip
    assert (Lead.objects.count(), Activity.objects.count()) == (0, 0)
    client.post(f"/imports/{importing.pk}/start/")
    worked(importing)
    page = client.get(f"/imports/{importing.pk}/").content.decode()
    assert "Email: “lee@” is not an e-mail address" in page
    assert Lead.objects.get(email="pat@spa.example").country == "GB"
    client.post(f"/imports/{importing.pk}/undo/")
    worked(importing)
    assert "2 leads removed" in client.get(f"/imports/{importing.pk}/").content.decode()


def test_refused_rows_come_back_mended_and_find_their_columns_again(cast):
    done = imported(FILE, cast.maya, campaign=cast.campaign,
                    targets=["email", "first_name", "company", "", ""])  # fmt: skip
    Lead.objects.filter(email="kim@spa.example").delete()
    client = signed_in(cast.maya)
    answer = client.get(f"/imports/{done.pk}/refused/")
    assert 'filename="leads-refused.csv"' in answer["Content-Disposition"]
    rows = list(csv.reader(io.StringIO(answer.getvalue().decode("utf-8-sig"))))
    assert rows[0] == ["Email", "Vorname", "Firma", "Land", "Tub", "line", "reason"]
    assert [row[:6] for row in rows[1:]] == [["lee@", "Lee", "", "", "", "4"]]
    mended = answer.getvalue().decode("utf-8-sig").replace("lee@", "lee@spa.example", 1)
    upload(client, mended.encode(), "mended.csv")
    again = Import.objects.first()
    assert (again.targets, again.campaign) == (done.targets, cast.campaign)
    assert again.headers == done.headers


def test_what_spreadsheets_would_run_is_made_harmless_in_the_refused_rows(cast):
    done = imported(table([["email", "company"], ["x@", "=cmd|' /C calc'!A0"]]), cast.maya)
    rows = signed_in(cast.maya).get(f"/imports/{done.pk}/refused/").getvalue().decode("utf-8-sig")
    assert list(csv.reader(io.StringIO(rows)))[1][1] == "'=cmd|' /C calc'!A0"


@pytest.mark.parametrize(
    ("data", "name", "said"),
    [
        (b"", "empty.csv", "empty.csv is empty"),
        (b"email,name\n", "h.csv", "has a header and no rows below it"),
        (b"pat@spa.example,Pat\nkim@spa.example,Kim\n", "n.csv", "has no line of column names"),
        (b"\xd0\xcf\x11\xe0rest", "old.xls", "is an old Excel file"),
        (b"%PDF-1.7 x", "a.pdf", "is a PDF"),
        (b"\x89PNG\r\n", "a.png", "is a picture"),
        (b"\x00\x01\x02,\x03\n1,2\n", "b.bin", "is no text file"),
        (
            table([[f"c{n}" for n in range(401)], ["x"] * 401]),
            "w.csv",
            "has 401 columns; at most 400",
        ),
    ],
)
def test_a_file_that_is_no_table_of_leads_is_told_what_to_do(cast, data, name, said):
    answer = upload(signed_in(cast.maya), data, name)
    assert answer.status_code == 422
    assert said in answer.context["form"].errors["file"][0]
    assert Import.objects.count() == 0


def test_a_file_that_is_too_large_is_not_even_kept(cast, monkeypatch):
    monkeypatch.setattr(limits, "MOST_BYTES", 10)
    monkeypatch.setattr(uploading, "MOST_BYTES", 10)
    monkeypatch.setattr(uploading, "AROUND", 1000)
    answer = upload(signed_in(cast.maya), b"email\n" + b"x@y.example\n" * 1000)
    assert answer.status_code == 422
    assert "larger than" in answer.context["form"].errors["__all__"][0]
    assert Import.objects.count() == 0


@pytest.mark.parametrize(
    ("more", "field", "said"),
    [
        ({"column-0": ""}, "__all__", "Say which column holds the e-mail address"),
        ({"column-4": "occurred_at"}, "dates", "Say how dates are written"),
        ({"column-4": "nonsense"}, "column-4", "Select a valid choice"),
        ({"duplicates": ""}, "duplicates", "required"),
    ],
)
def test_choices_that_make_no_sense_are_named_and_kept(cast, more, field, said):
    importing = received(FILE, cast.maya)
    answer = signed_in(cast.maya).post(
        f"/imports/{importing.pk}/columns/", chosen(importing, **more)
    )
    assert answer.status_code == 422
    assert said in answer.context["form"].errors[field][0]
    assert answer.context["form"]["campaign"].value() == "back-pain"
    importing.refresh_from_db()
    assert importing.campaign is None


def test_words_that_come_up_with_another_column_are_asked_before_the_preview(cast):
    importing = received(FILE, cast.maya)
    client, url = signed_in(cast.maya), f"/imports/{importing.pk}/columns/"
    answer = client.post(url, chosen(importing, **{"column-4": "campaign"}))
    assert answer.url == f"{url}#words"
    asked = [(word.header, word.typed) for word, _ in client.get(url).context["form"].asked_words]
    assert asked == [("Land", "Narnia"), ("Tub", "round")]


def test_choices_are_remembered_by_the_headers_for_oneself_and_ones_team(cast):
    other = Campaign.objects.create(slug="fair", name="Fair", team=cast.marketing)
    targets = ["email", "last_name", "", "country", "extra"]
    imported(FILE, cast.maya, targets=targets, campaign=other, words={"3": {"narnia": "GB"}})
    mate = make_user("mia", cast.marketing)
    for person in (cast.maya, mate):
        again = received(FILE.replace(b"Vorname", b"VORNAME"), person)
        assert (again.targets, again.campaign, again.words) == (
            targets, other, {"3": {"narnia": "GB"}},
        )  # fmt: skip
    assert received(FILE, cast.sam).targets[1] == "first_name"


def test_the_page_says_when_the_very_file_was_imported_before(cast):
    done = imported(FILE, cast.maya)
    again = received(FILE, cast.maya, name="copy.csv")
    page = signed_in(cast.maya).get(f"/imports/{again.pk}/columns/")
    assert page.context["same"] == done
    assert "This very file was imported" in page.content.decode()


def test_a_preview_says_of_other_teams_leads_only_that_they_are_there(cast):
    brand = Team.objects.create(slug="brand", name="Brand", kind="marketing")
    theirs = Campaign.objects.create(slug="theirs", name="Theirs", team=brand)
    cast.capture(at=database_now(), email="pat@spa.example", first_name="Secret",
                 campaign=theirs.slug)  # fmt: skip
    importing = received(FILE, cast.maya, words={"3": {"narnia": "GB"}})
    page = signed_in(cast.maya).get(f"/imports/{importing.pk}/preview/")
    trial = page.context["preview"].trials[0]
    assert (trial.deed, trial.name, trial.why, trial.lead) == (
        "merge", "pat@spa.example", "A lead of another team", None,
    )  # fmt: skip
    assert "Secret" not in page.content.decode()


def test_a_campaign_of_another_team_is_refused_without_saying_that_it_exists(cast):
    brand = Team.objects.create(slug="brand", name="Brand", kind="marketing")
    Campaign.objects.create(slug="theirs", name="Theirs", team=brand)
    data = table([["email", "campaign"], ["a@x.example", "theirs"], ["b@x.example", "nope"]])
    done = imported(data, cast.maya)
    assert [why for _, _, why in done.batches.get().refused] == [
        f"campaign: There is no campaign “{name}” for you; see Campaigns for their names."
        for name in ("theirs", "nope")
    ]


def test_the_poll_is_quiet_while_nothing_moves_and_stops_at_the_end(cast):
    importing = received(FILE, cast.maya)
    client, url = signed_in(cast.maya), f"/imports/{importing.pk}/progress/"
    client.post(f"/imports/{importing.pk}/start/")
    first = client.get(url)
    assert b'hx-trigger="every 1s, refresh"' in first.content
    assert client.get(url, headers={"if-none-match": first["ETag"]}).status_code == 304
    worked(importing)
    last = client.get(url, headers={"if-none-match": first["ETag"]})
    assert last.status_code == 200
    assert b"hx-trigger" not in last.content


@pytest.mark.parametrize("path", ["/imports/", "/imports/{}/"])
def test_pages_ask_as_much_for_three_as_for_one(cast, path):
    client = signed_in(cast.maya)

    def queries(count: int) -> int:
        for _ in range(count):
            done = imported(table([["email"], ["x@"], ["y@"]]), cast.maya)
        with CaptureQueriesContext(connection) as captured:
            assert client.get(path.format(done.pk)).status_code == 200
        return len(captured)

    queries(1)
    assert queries(1) == queries(2) == {"/imports/": 7, "/imports/{}/": 7}[path]


def test_a_file_can_be_read_in_another_encoding_or_with_another_delimiter(cast):
    data = "email|first name\nzofia@x.example|Żółć, Zofia\n".encode("cp1250")
    importing = received(data, cast.maya)
    assert (importing.encoding, importing.delimiter) == ("cp1252", "|")
    client, url = signed_in(cast.maya), f"/imports/{importing.pk}/read/"
    client.post(url, {"encoding": "cp1250", "delimiter": ord("|")})
    assert counts(worked_through(importing, cast.maya)) == (1, 0, 0, 0)
    assert Lead.objects.get().first_name == "Żółć, Zofia"


def worked_through(importing: Import, by) -> Import:
    running.start(importing, by=by, at=database_now())
    return worked(importing)


def test_a_reading_that_makes_no_table_changes_nothing(cast):
    importing = received(FILE, cast.maya)
    client, url = signed_in(cast.maya), f"/imports/{importing.pk}/read/"
    answer = client.post(url, {"encoding": "utf-16", "delimiter": ord(",")}, follow=True)
    assert "Nothing was changed" in answer.content.decode()
    for wrong in (
        {"encoding": "rot13", "delimiter": "44"},
        {"encoding": "utf-8", "delimiter": "x"},
    ):
        assert client.post(url, wrong).status_code == 302
    before = importing.headers
    importing.refresh_from_db()
    assert (importing.encoding, importing.headers) == ("utf-8", before)
