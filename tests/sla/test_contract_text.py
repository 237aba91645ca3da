"""The contract as a document: words frozen when they are signed, their hash, the password, the PDF;
and that nothing, not even SQL, changes what both sides signed."""

import hashlib
import re

import pytest
from django.db import DatabaseError, connection, transaction
from django.urls import reverse

from accounts.instants import database_now
from accounts.models import AuditEntry
from accounts.refusals import Refused
from leads.models import ScoreRules
from personas.models import Definition
from sla.contracts import drafting, signing, wording
from sla.contracts.pdf import pdf_of
from sla.models import Contract, Side, Term
from tests.factories import PASSWORD, SCORE_RULES, ny
from tests.sla.test_contract_signing import SIGNED, client_of, draft_with, post, sign_both, whole

pytestmark = pytest.mark.usefixtures("no_wrong_passwords")
MQL = "A score of at least 50, and somebody we can reach."


def mql(version: int, words: str, at=SIGNED) -> None:
    Definition.objects.create(
        key="mql", version=version, name="MQL", words=words, rule={"min_score": 50},
        in_force_from=at,
    )  # fmt: skip


def test_the_words_are_frozen_with_the_first_signature(cast):
    draft = draft_with(cast, accept_hot=600)
    signing.sign(Side.MARKETING, base=whole(draft), by=cast.mona, at=SIGNED)
    draft.refresh_from_db()
    text = draft.text
    assert "### Accept (hot): within 10 working minutes" in text
    assert "- Passed on at most 3 times; then the manager decides." in text
    assert draft.text_sha256 == hashlib.sha256(text.encode()).hexdigest()
    signing.sign(Side.SALES, base=whole(draft), by=cast.dana, at=SIGNED)
    draft.refresh_from_db()
    assert (draft.is_draft, draft.text) == (False, text)
    signatures = AuditEntry.objects.filter(verb="contract_signed")
    assert {entry.facts["sha256"] for entry in signatures} == {draft.text_sha256}


def test_the_text_names_the_versions_it_refers_to(cast):
    mql(7, MQL)
    ScoreRules.objects.create(version=9, rules=SCORE_RULES, in_force_from=SIGNED)
    text = sign_both(cast, draft_with(cast)).contract.text
    lines = text.splitlines()
    assert lines[lines.index("### MQL, version 7") + 1] == MQL
    assert "By version 9 of the scoring rules, until both sides sign another." in lines
    assert "- Fit, Director: job title contains one of director, head of (15 points)." in lines
    assert any(line.startswith("- Sales: calendar “New-York”, version 1,") for line in lines)
    mql(8, "Something else.")
    assert Contract.objects.get(version=2).text == text


def test_what_it_refers_to_must_be_the_same_for_both(cast):
    now = database_now()
    draft = draft_with(cast, at=now)
    signing.sign(Side.MARKETING, base=whole(draft), by=cast.mona, at=now)
    mql(7, MQL, at=now)
    with pytest.raises(Refused, match="since Mona signed: it would say “MQL, version 7”"):
        signing.sign(Side.SALES, base=whole(draft), by=cast.dana, at=now)
    page = client_of(cast.dana).get(reverse("contract-draft"))
    assert "Take the signature back" in page.content.decode()
    signing.take_back(Side.MARKETING, by=cast.mona, at=now)
    assert "MQL, version 7" in sign_both(cast, draft, at=now).contract.text


def test_a_change_takes_the_frozen_words_back_with_the_signature(cast):
    draft = draft_with(cast)
    signing.sign(Side.MARKETING, base=whole(draft), by=cast.mona, at=SIGNED)
    draft.refresh_from_db()
    drafting.save_settings(
        {"name": draft.name, "hop_limit": 9, "in_force_from": None},
        base=drafting.ticket(draft), by=cast.dana, at=SIGNED,
    )  # fmt: skip
    draft.refresh_from_db()
    assert (draft.text, draft.text_sha256) == ("", "")


@pytest.mark.parametrize(
    "sql",
    [
        "UPDATE sla_contract SET text = text || 'x' WHERE version = 2",
        "UPDATE sla_contract SET hop_limit = 9 WHERE version = 2",
        "UPDATE sla_contract SET signed_for_sales_by_id = NULL WHERE version = 2",
        "UPDATE sla_contract SET in_force_from = now() WHERE version = 2",
        "DELETE FROM sla_contract WHERE version = 2",
        "UPDATE sla_term SET target_seconds = 1 WHERE contract_id = {id}",
        "UPDATE sla_term SET contract_id = {id} WHERE contract_id <> {id}",
        "UPDATE sla_term SET contract_id = (SELECT id FROM sla_contract WHERE version = 1)",
        "DELETE FROM sla_term WHERE contract_id = {id}",
    ],
)
def test_nothing_changes_a_signed_version(cast, sql):
    contract = sign_both(cast, draft_with(cast)).contract
    with (
        pytest.raises(DatabaseError, match="Version 2 of the contract is signed"),
        transaction.atomic(), connection.cursor() as cursor,
    ):  # fmt: skip
        cursor.execute(sql.format(id=contract.pk))
    # Another version ends it all the same.
    draft = draft_with(cast, at=SIGNED, accept=60)
    sign_both(cast, draft, at=ny("2027-01-16 12:00"))
    assert Contract.objects.get(version=2).in_force_to == ny("2027-01-16 12:00")
    term = Term.objects.filter(contract__version=2).first()
    term.pk, term.key, term._state.adding = None, "more", True
    with pytest.raises(DatabaseError, match="its promises never change"), transaction.atomic():
        term.save()


def test_signing_asks_for_the_password(cast):
    now = database_now()
    draft = draft_with(cast, at=now)
    base = whole(draft)
    for typed, said in (
        ("", "Type your password to sign."),
        ("guess", "That is not your password; nothing was signed."),
    ):
        answer = post(cast.mona, "contract-sign", side="marketing", base=base, password=typed)
        assert answer.status_code == 422
        assert said in answer.content.decode()
    assert not AuditEntry.objects.filter(verb="contract_signed").exists()
    assert post(cast.mona, "contract-sign", side="marketing", base=base).status_code == 302
    draft.refresh_from_db()
    assert draft.signed_for_marketing_by == cast.mona


def test_guessing_the_password_ends_as_it_does_at_sign_in(cast):
    base = whole(draft_with(cast, at=database_now()))
    for _ in range(5):
        post(cast.mona, "contract-sign", side="marketing", base=base, password="guess")
    answer = post(cast.mona, "contract-sign", side="marketing", base=base, password=PASSWORD)
    assert answer.status_code == 422
    assert "Too many wrong passwords; nothing was signed." in answer.content.decode()
    sign_in = client_of(cast.sam)
    sign_in.logout()
    again = sign_in.post("/accounts/login/", {"login": cast.mona.email, "password": PASSWORD})
    assert again.status_code != 302


def test_the_page_shows_the_text_its_hash_and_files_of_it(cast):
    contract = sign_both(cast, draft_with(cast, accept_hot=600)).contract
    client = client_of(cast.sam)
    page = client.get(reverse("contract-version", args=[2])).content.decode()
    assert contract.text_sha256 in page
    assert "Accept (hot): within 10 working minutes" in page
    plain = client.get(reverse("contract-text", args=[2]))
    assert hashlib.sha256(plain.content).hexdigest() == contract.text_sha256
    pdf = client.get(reverse("contract-pdf", args=[2]))
    assert (pdf["Content-Type"], pdf.content[:5]) == ("application/pdf", b"%PDF-")
    assert client.get(reverse("contract-text", args=[1])).status_code == 404


def test_the_pdf_is_the_same_each_time_whatever_people_are_called(cast):
    cast.mona.name, cast.dana.name = "Łucja Ωμέγα", "Дарья #strong[Żółć] \\ $x$"
    cast.mona.save()
    cast.dana.save()
    contract = Contract.objects.get(pk=sign_both(cast, draft_with(cast)).contract.pk)
    first = pdf_of(contract)
    assert first == pdf_of(contract)
    assert len(re.findall(rb"/Type\s*/Page\b", first)) >= 1
    fonts = set(re.findall(rb"/BaseFont\s*/[A-Z]+\+([\w-]+)", first))
    assert {font.split(b"-")[0] for font in fonts} <= {b"LibertinusSerif", b"DejaVuSansMono"}


def test_the_blocks_are_the_lines_of_the_text():
    assert wording.blocks("# A, version 2\nwords\n### P: within 1 h\n- item\n") == [
        ("title", "A, version 2"), ("words", "words"), ("promise", "P: within 1 h"),
        ("item", "item"),
    ]  # fmt: skip


def test_a_handoffs_page_links_the_version_it_ran_under(cast):
    lead = cast.hot_lead(at=database_now())
    link = reverse("contract-version", args=[1])
    pages = (lead.get_absolute_url(), reverse("handoff-time", args=[lead.handoffs.get().pk]))
    for url in pages:
        assert f'href="{link}"' in client_of(cast.sam).get(url).content.decode()
