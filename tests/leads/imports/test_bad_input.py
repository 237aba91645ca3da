"""Files as they come: broken, huge, in any encoding; never an error page, never half a row."""

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from hypothesis import given, settings
from hypothesis import strategies as st
from hypothesis.extra.django import TestCase

from leads.importing import Unreadable
from leads.imports import reading
from leads.models import Activity, Import, ImportBatch, Lead
from tests.accounts.test_own_pages import signed_in
from tests.factories import make_cast
from tests.leads.imports.files import counts, imported, table, worked

NAMES = ["email", "first name", "company"]


@pytest.mark.django_db
@pytest.mark.parametrize("encoding", ["utf-8-sig", "utf-16", "utf-32", "utf-16-le", "cp1252"])
def test_any_encoding(cast, encoding):
    text = "E-Mail;Vorname\r\nzoe@x.example;Zoë\r\n" + "x@x.example;Åsa\r\n" * 3
    assert counts(imported(text.encode(encoding), cast.maya)) == (2, 0, 2, 0)
    assert Lead.objects.get(email="zoe@x.example").first_name == "Zoë"


@pytest.mark.django_db
@pytest.mark.parametrize(
    ("row", "said"),
    [
        (b"a@x.example,Pat\n", "has 2 columns, the header has 3"),
        (b"a@x.example,Pat,Spa,more\n", "has 4 columns, the header has 3"),
        (b"a@x.example,P\x00at,Spa\n", "contains a NUL byte; the file is damaged here"),
        (b'a@x.example,Pat,"Spa\n', "a quote is opened and never closed"),
        (b"a@x.example," + b"x" * 5_000_000 + b",Spa\n", "the line is longer than 1,000,000 char"),
        (b"a@x.example," + b"x" * 150 + b",Spa\n",
         "first name (“" + "x" * 40 + "”): This is 150 characters long; at most 100 fit."),
        (b",,Spa\n", "email: Give an e-mail address or a phone number"),
        (b"a@x.example,Pat\xff\xfe\xc3\x28,Spa\n", ""),
    ],
)  # fmt: skip
def test_a_broken_row_costs_only_itself_and_says_why(cast, row, said):
    data = b"email,first name,company\nz@x.example,Zo,A\n" + row + b"y@x.example,Yo,B\n"
    done = imported(data, cast.maya)
    assert (done.state, done.position) == ("finished", 3)
    assert Lead.objects.filter(email__in=["z@x.example", "y@x.example"]).count() == 2
    refused = done.batches.get().refused
    assert [line for _, line, _ in refused] == ([3] if said else [])
    assert all(why.startswith(said) for _, _, why in refused)


@pytest.mark.django_db
def test_a_file_cut_in_the_middle_keeps_what_is_whole(cast):
    data = table([NAMES, *([f"p{n}@x.example", "Pat", "Spa"] for n in range(9))])
    done = imported(data[:-12], cast.maya)
    assert counts(done) == (8, 0, 0, 1)


@pytest.mark.django_db
def test_four_hundred_columns_and_headers_that_are_alike(cast):
    headers = ["email", "Tub", "Tub", *(f"c{n}" for n in range(397))]
    done = imported(
        table([headers, ["p@x.example", "a", "b", *("" for _ in range(397))]]), cast.maya
    )
    assert counts(done) == (1, 0, 0, 0)
    assert Lead.objects.get().extra == {"Tub": "a", "Tub (3)": "b"}


@pytest.mark.django_db
def test_formulas_are_texts(cast):
    imported(table([NAMES, ["p@x.example", "=1+1", "'=2+2"]]), cast.maya)
    lead = Lead.objects.get()
    assert (lead.first_name, lead.company) == ("=1+1", "=2+2")


BYTES = st.one_of(
    st.binary(max_size=300),
    st.builds(
        lambda head, rest: head + rest,
        st.sampled_from([
            b"email\n", b"email,phone\n", b"\xef\xbb\xbfemail;name\n", b"\xff\xfee\0m\0\n\0",
            b"\0\0\xfe\xff\0\0\0e", b'"email","company"\n', b"email\tdate\n", b"PK\x03\x04",
        ]),
        st.binary(max_size=200),
    ),
    st.text(alphabet='em@.,;"\n\r\t0+\0ë|\u2028\x85', max_size=200).map(
        lambda text: b"email,first name\n" + text.encode()
    ),
)  # fmt: skip


@settings(max_examples=400)
@given(data=BYTES)
def test_any_bytes_are_a_table_or_told_why_not(tmp_path, data):
    path = tmp_path / "leads.csv"
    path.write_bytes(data)
    try:
        found = reading.look(path)
    except Unreadable as error:
        assert str(error)  # noqa: PT017 (either is right, and this one must say something)
        return
    for record in found.sample:
        assert record.problem or len(record.cells) >= len(found.headers)


class AnyBytes(TestCase):
    """Whatever is sent to the wizard: a page that says what is wrong, or an import that adds up."""

    @settings(max_examples=25)
    @given(data=BYTES)
    def test_any_bytes_through_every_page(self, data):
        cast = make_cast()
        client = signed_in(cast.maya)
        upload = SimpleUploadedFile("leads.csv", data or b" ")
        answer = client.post("/imports/new/", {"file": upload})
        if answer.status_code == 422:
            assert answer.context["form"].errors
            assert Import.objects.count() == 0
            return
        importing = Import.objects.get()
        page = client.get(answer.url)
        assert page.status_code == 200
        sent = {f"column-{i}": target for i, target in enumerate(importing.targets)}
        client.post(answer.url, {**sent, "column-0": "email", "duplicates": "fill", "dates": "day"})
        importing.refresh_from_db()
        assert client.get(f"/imports/{importing.pk}/preview/").status_code == 200
        assert Lead.objects.count() == 0
        client.post(f"/imports/{importing.pk}/start/")
        done = worked(importing)
        assert (done.state, done.position, sum(counts(done))) == (
            "finished",
            done.total,
            done.total,
        )
        assert Lead.objects.count() == Activity.objects.count() == done.created
        assert sum(len(batch.refused) for batch in ImportBatch.objects.all()) == done.refused
        assert client.get(f"/imports/{importing.pk}/").status_code == 200
        lines = client.get(f"/imports/{importing.pk}/refused/").getvalue().decode("utf-8-sig")
        assert lines.count("\r\n") >= done.refused + 1
