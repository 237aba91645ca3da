"""Files on a lead: what is kept, who gets it, what a scanner says, and what is left of it."""

import io
import os
import socket
import stat
import struct
import threading
import zipfile
from datetime import timedelta
from email.message import EmailMessage
from pathlib import Path

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from django.test import Client

from accounts.instants import database_now
from accounts.models import OutboxMessage
from accounts.refusals import Refused
from leads import deleting, erasing, merging, unmerging
from leads.files import disk, keeping, scanning
from leads.files.kinds import KINDS, name_of, recognise
from leads.mail.receiving import receive
from leads.models import Activity, LeadFile, Merge
from leads.templatetags.leads_ui import activity_words

PDF = b"%PDF-1.7\nan offer\n%%EOF"
PNG = b"\x89PNG\r\n\x1a\n" + bytes(40)
SCANNER = """#!/bin/sh
# Says of a file that has EICAR in it what clamdscan would.
for path; do :; done
if grep -q EICAR "$path"; then echo "$path: Eicar-Test-Signature FOUND"; exit 1; fi
if grep -q BROKEN "$path"; then echo "$path: database is loading" >&2; exit 2; fi
exit 0
"""


@pytest.fixture(autouse=True)
def folder(settings, tmp_path) -> Path:
    settings.FILES_DIR = tmp_path / "files"
    return settings.FILES_DIR


@pytest.fixture
def lead(cast):
    lead = cast.hot_lead(at=database_now())
    lead.handoffs.get().accept(cast.sam, at=database_now())
    return lead


def signed_in(person) -> Client:
    client = Client()
    client.force_login(person)
    return client


def office(*names: str) -> bytes:
    packed = io.BytesIO()
    with zipfile.ZipFile(packed, "w") as archive:
        for name in names:
            archive.writestr(name, "application/vnd.oasis.opendocument.text")
    return packed.getvalue()


def upload(client, lead, *files: tuple[str, bytes], **more):
    sent = [SimpleUploadedFile(name, content) for name, content in files]
    return client.post(f"/leads/{lead.pk}/files/", {"file": sent}, **more)


def kept(lead, content=PDF, name="offer.pdf", *, by=None) -> LeadFile:
    return keeping.keep(lead, [content], name, by=by, at=database_now())[0]


def on_disk(folder: Path) -> list[str]:
    return sorted(path.name for path in folder.rglob("*") if path.is_file())


@pytest.mark.parametrize(
    ("content", "kind"),
    [
        (PDF, "pdf"),
        (PNG, "png"),
        (office("[Content_Types].xml", "word/document.xml"), "docx"),
        (office("[Content_Types].xml", "xl/workbook.xml"), "xlsx"),
        (office("mimetype", "content.xml"), "odt"),
        ("Größe;Preis\n1;2\n".encode(), "text"),
        (office("[Content_Types].xml", "word/document.xml", "word/vbaProject.bin"), None),
        (office("mimetype", "Basic/script.xml"), None),
        (office("anything.txt"), None),
        (b"PK\x03\x04 broken", None),
        (b"<!DOCTYPE html><script>alert(1)</script>", None),
        (b'\xef\xbb\xbf <svg xmlns="http://www.w3.org/2000/svg"/>', None),
        (b"MZ\x90\x00 a program", None),
        (b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1 old Word", None),
        ("Grüße".encode("latin-1"), None),
        (b"text with \x00 in it", None),
    ],
)
def test_a_file_is_what_its_content_says(tmp_path, content, kind):
    path = tmp_path / "file"
    path.write_bytes(content)
    assert getattr(recognise(path), "key", None) == kind


def in_long_form(content: bytes) -> bytes:
    """The same zip with the end that some programs write, Java's among them."""
    count, size, start = struct.unpack_from("<HLL", content, len(content) - 12)
    before, end = content[:-22], b"PK\5\6" + bytes(4) + b"\xff" * 12 + bytes(2)
    longer = struct.pack("<4sQ2H2L4Q", b"PK\6\6", 44, 45, 45, 0, 0, count, count, size, start)
    return before + longer + struct.pack("<4sLQL", b"PK\6\7", 0, len(before), 1) + end


def test_an_endless_list_of_parts_is_not_read(tmp_path):
    """Each takes far more memory than room in the file, before anything of it is looked at."""
    kinds, path = [], tmp_path / "file"
    for length in (10, 60_000):
        with zipfile.ZipFile(path, "w") as archive:
            for name in ("[Content_Types].xml", *(f"word/{n}.xml" for n in range(40))):
                part = zipfile.ZipInfo(name)
                part.comment = b"x" * length
                archive.writestr(part, b"")
        content = path.read_bytes()
        for changed in (content, in_long_form(content)):
            path.write_bytes(changed)
            assert len(zipfile.ZipFile(path).namelist()) == 41
            kinds.append(getattr(recognise(path), "key", None))
    assert kinds == ["docx", "docx", None, None]


@pytest.mark.parametrize(
    ("typed", "name"),
    [
        ("Offer 2027.PDF", "Offer 2027.pdf"),
        ("../../etc/passwd", "passwd.pdf"),
        ("C:\\temp\\a.exe", "a.exe.pdf"),
        ("evil\u202efdp.exe", "evilfdp.exe.pdf"),
        ("  \x00.. ", "file.pdf"),
        (".pdf", "pdf.pdf"),
        ("😀 Angebot.pdf", "😀 Angebot.pdf"),
    ],
)
def test_a_name_deceives_nobody(typed, name):
    assert name_of(typed, KINDS["pdf"]) == name
    assert len(name_of("x" * 5000, KINDS["pdf"])) < 200


def test_a_file_is_added_on_the_page_and_given_out_as_a_file(cast, lead, folder):
    sam = signed_in(cast.sam)
    answer = upload(sam, lead, ("../offer.pdf", PDF), headers={"HX-Request": "true"})
    assert answer.status_code == 200
    file = LeadFile.objects.get()
    assert (file.name, file.kind, file.size, file.by) == ("offer.pdf", "pdf", len(PDF), cast.sam)
    assert on_disk(folder) == [file.key]
    assert stat.S_IMODE(disk.place_of(file.key).stat().st_mode) == 0o600
    given = sam.get(f"/files/{file.pk}/")
    assert b"".join(given.streaming_content) == PDF
    assert given["Content-Disposition"] == 'attachment; filename="offer.pdf"'
    assert (given["Content-Type"], given["X-Content-Type-Options"]) == (
        "application/pdf",
        "nosniff",
    )
    assert given["Content-Security-Policy"] == "sandbox; default-src 'none'"
    # The same once more is the same; who may not see the lead sees no file, marketing does.
    upload(sam, lead, ("again.pdf", PDF))
    assert LeadFile.objects.count() == 1
    assert [signed_in(p).get(f"/files/{file.pk}/").status_code for p in (cast.maya, cast.sue)] == [
        200,
        404,
    ]


def test_what_may_not_be_kept_is_told_and_leaves_nothing(cast, lead, folder, settings):
    settings.FILE_MOST_BYTES, settings.FILES_A_LEAD_BYTES = 1000, 1500
    settings.FILE_KINDS = ["pdf", "text"]
    sam = signed_in(cast.sam)
    files = [("page.pdf", b"<html>"), ("large.pdf", PDF + bytes(1000)), ("none.txt", b""),
             ("p.png", PNG), ("a.txt", b"a" * 900), ("b.txt", b"b" * 900)]  # fmt: skip
    answer = upload(sam, lead, *files, headers={"HX-Request": "true"})
    assert answer.status_code == 422
    assert answer.context["wrong"] == [
        "“page.pdf” is, by its content, of no kind that is kept here. These are: PDF, plain text "
        "and CSV; none with macros.",
        "“large.pdf” is larger than 1000\xa0bytes, the most a file may have.",
        "“none.txt” is empty.",
        "“p.png” is, by its content, of no kind that is kept here. These are: PDF, plain text and "
        "CSV; none with macros.",
        "There is no room for “b.txt” (900\xa0bytes): a lead's files may have 1.5\xa0KB, and "
        "600\xa0bytes of it are left. Remove one first.",
    ]  # fmt: skip
    assert [file.name for file in LeadFile.objects.all()] == ["a.txt"]
    assert len(on_disk(folder)) == 1


def test_two_at_once_find_the_room_of_one(transactional_db, settings):
    from tests.factories import make_cast

    lead = make_cast().hot_lead(at=database_now())
    settings.FILES_A_LEAD_BYTES = 1000
    barrier, said = threading.Barrier(2), []

    def send(content: bytes) -> None:
        from django.db import connection

        barrier.wait(10)
        try:
            kept(lead, content, "a.txt")
            said.append("kept")
        except Refused as refusal:
            said.append(refusal.facts["briefly"])
        connection.close()

    threads = [threading.Thread(target=send, args=(c * 700,)) for c in (b"a", b"b")]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(20)
    assert sorted(said) == ["kept", "no room for it"]


def test_a_removed_file_comes_back_within_a_day_and_then_is_erased(
    cast, lead, folder, django_capture_on_commit_callbacks
):
    sam, file = signed_in(cast.sam), kept(lead, by=cast.sam)
    assert signed_in(cast.sue).post(f"/files/{file.pk}/remove/").status_code == 404
    sam.post(f"/files/{file.pk}/remove/")
    assert sam.get(f"/files/{file.pk}/").status_code == 404
    sam.post(f"/files/{file.pk}/put-back/")
    assert sam.get(f"/files/{file.pk}/").status_code == 200
    sam.post(f"/files/{file.pk}/remove/")
    with django_capture_on_commit_callbacks(execute=True):
        assert keeping.tidy(at=database_now()) == (0, 0)
    later = database_now() + timedelta(days=2)
    with django_capture_on_commit_callbacks(execute=True):
        assert keeping.tidy(at=later) == (1, 0)
    assert (LeadFile.objects.count(), on_disk(folder)) == (0, [])
    assert sam.post(f"/files/{file.pk}/put-back/").status_code == 404


def test_a_crash_before_the_row_leaves_bytes_that_the_night_finds(lead, folder, monkeypatch):
    def end(**facts):
        raise SystemExit(9)

    monkeypatch.setattr(LeadFile.objects, "create", end)
    with pytest.raises(SystemExit):
        kept(lead)
    monkeypatch.undo()
    assert (LeadFile.objects.count(), len(on_disk(folder))) == (0, 1)
    file = kept(lead, b"another", "b.txt")
    assert keeping.tidy(at=database_now()) == (0, 0)
    for path in folder.rglob("*"):
        os.utime(path, (0, 0))
    assert keeping.tidy(at=database_now()) == (0, 1)
    assert on_disk(folder) == [file.key]


def test_files_go_with_a_merge_and_come_back_and_are_erased_with_the_lead(
    cast, lead, folder, django_capture_on_commit_callbacks
):
    at = database_now()
    other = cast.capture(at=at, email="twin@spa.example", first_name="Pat").lead
    file = kept(other)
    merging.merge(lead, other, by=cast.maya, at=at)
    assert LeadFile.objects.get().lead == lead
    unmerging.undo(Merge.objects.get(), by=cast.maya, at=at)
    assert LeadFile.objects.get().lead_id == other.pk
    kept(lead, b"mine", "secret.txt")
    for each in (lead, other):
        each.refresh_from_db()
        deleting.delete(each, by=cast.admin, at=at)
    assert signed_in(cast.admin).get(f"/files/{file.pk}/").status_code == 404
    with django_capture_on_commit_callbacks(execute=True):
        assert erasing.erase(at=at + timedelta(days=31)) == 2
    assert (LeadFile.objects.count(), on_disk(folder)) == (0, [])


def test_all_of_them_come_in_one_archive(cast, lead):
    kept(lead)
    kept(lead, b"words", "offer.pdf")
    given = signed_in(cast.sam).get(f"/leads/{lead.pk}/files/all/")
    archive = zipfile.ZipFile(io.BytesIO(b"".join(given.streaming_content)))
    assert sorted(archive.read(name) for name in archive.namelist()) == [PDF, b"words"]


@pytest.mark.parametrize("count", [1, 3])
def test_the_card_costs_the_same_for_many(cast, lead, count, django_assert_num_queries):
    for n in range(count):
        kept(lead, b"%d" % n, "a.txt", by=cast.sam)
    sam = signed_in(cast.sam)
    sam.get("/profile/")
    with django_assert_num_queries(7):
        sam.get(f"/leads/{lead.pk}/files/", headers={"HX-Request": "true"})


# --- Viruses -------------------------------------------------------------------------------------


@pytest.fixture
def scanner(settings, tmp_path):
    program = tmp_path / "scanner.sh"
    program.write_text(SCANNER)
    program.chmod(0o700)
    settings.VIRUS_SCANNER = {"command": [str(program), "--quiet"]}
    return program


def test_nothing_is_given_out_before_the_scanner_said_clean(
    cast, lead, scanner, folder, django_capture_on_commit_callbacks
):
    sam = signed_in(cast.sam)
    good, bad = kept(lead, by=cast.sam), kept(lead, b"EICAR", "b.txt", by=cast.maya)
    assert sam.get(f"/files/{good.pk}/").status_code == 302
    archive = sam.get(f"/leads/{lead.pk}/files/all/")
    assert zipfile.ZipFile(io.BytesIO(b"".join(archive.streaming_content))).namelist() == []
    with django_capture_on_commit_callbacks(execute=True):
        assert scanning.scan(at=database_now()) == 2
    assert sam.get(f"/files/{good.pk}/").status_code == 200
    page = sam.get(f"/files/{bad.pk}/", follow=True).content.decode()
    assert "a virus was found in it (Eicar-Test-Signature FOUND)" in page
    assert on_disk(folder) == [good.key]
    told = OutboxMessage.objects.filter(kind="file").values_list("recipient__name", "title")
    assert sorted(told) == [(name, "A virus was found in “b.txt”") for name in ("Maya", "Sam")]
    assert scanning.scan(at=database_now() + timedelta(hours=2)) == 0


def test_a_scanner_that_fails_is_asked_again_and_says_so(cast, lead, scanner):
    at, sam, file = database_now(), signed_in(cast.sam), kept(lead, b"BROKEN", "b.txt")
    assert scanning.scan(at=at + timedelta(seconds=1)) == 0
    words = sam.get(f"/files/{file.pk}/", follow=True).content.decode()
    assert "ended with status 2: database is loading); it is tried again" in words
    assert "The virus scanner failed; it is tried again" in words
    assert str(file.key) not in words
    assert OutboxMessage.objects.get(kind="file").recipient == cast.admin
    assert scanning.scan(at=at + timedelta(seconds=2)) == 0
    scanner.write_text("#!/bin/sh\nexit 0\n")
    assert scanning.scan(at=at + timedelta(seconds=5)) == 0  # not yet its turn
    assert scanning.scan(at=at + timedelta(minutes=1)) == 1
    assert sam.get(f"/files/{file.pk}/").status_code == 200


def test_only_admins_are_told_where_a_scanner_or_file_was_sought(cast, lead, settings):
    settings.VIRUS_SCANNER = {"command": ["/nowhere/scan"]}
    file = kept(lead)
    assert scanning.scan(at=database_now()) == 0
    file.refresh_from_db()
    assert (file.scan_said, file.is_ready) == ("No such file or directory", False)
    (told,) = OutboxMessage.objects.filter(title__contains="scanner fails")
    assert (told.recipient, "/nowhere/scan" in told.body) == (cast.admin, True)


def clamd(server: socket.socket) -> None:
    """Speaks clamd's INSTREAM until it is closed; a virus is what has EICAR in it."""
    while True:
        try:
            caller, _ = server.accept()
        except OSError:
            return
        with caller, caller.makefile("rb") as stream:
            assert stream.read(10) == b"zINSTREAM\0"
            got = b""
            while size := struct.unpack("!I", stream.read(4))[0]:
                got += stream.read(size)
            caller.sendall(b"stream: Eicar FOUND\0" if b"EICAR" in got else b"stream: OK\0")


def test_a_clamd_is_sent_the_bytes(settings, tmp_path):
    server = socket.socket(socket.AF_UNIX)
    server.bind(str(tmp_path / "clamd"))
    server.listen()
    threading.Thread(target=clamd, args=(server,), daemon=True).start()
    settings.VIRUS_SCANNER = {"path": str(tmp_path / "clamd")}
    path = tmp_path / "file"
    said = []
    for content in (bytes(100_000), bytes(100_000) + b"EICAR"):
        path.write_bytes(content)
        said.append(scanning.ask(path))
    server.shutdown(socket.SHUT_RDWR)
    server.close()
    assert said == ["", "Eicar"]
    settings.VIRUS_SCANNER = {"path": str(tmp_path / "nobody")}
    with pytest.raises(FileNotFoundError):
        scanning.ask(path)


# --- With a mail ---------------------------------------------------------------------------------


def test_what_comes_with_an_answer_is_kept_or_named_with_why_not(cast, lead, folder):
    mail = EmailMessage()
    mail["From"], mail["Subject"], mail["Message-ID"] = "pat@spa.example", "Plan", "<a@b>"
    mail.set_content("Here is the plan.")
    mail.add_attachment(PDF, maintype="application", subtype="x-any", filename="../plän.pdf")
    mail.add_attachment(b"MZ\x00", maintype="application", subtype="pdf", filename="plan.pdf")
    at = database_now()
    assert receive(mail.as_bytes(), arrived_at=at, at=at) == "reply"
    file, reply = LeadFile.objects.get(), Activity.objects.get(kind="reply")
    assert (file.lead, file.name, file.by, file.activity) == (lead, "plän.pdf", None, reply)
    assert activity_words(reply) == (
        f"“Plan”, with ../plän.pdf ({len(PDF)}\xa0bytes), plan.pdf (3\xa0bytes, not kept: of no "
        "kind that is kept)"
    )
    assert receive(mail.as_bytes(), arrived_at=at, at=at) == "reply"
    assert LeadFile.objects.count() == 1
