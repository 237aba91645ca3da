"""Ending and changing take both sides; and whatever is done in whichever order, one version is in
force at any instant from the first on, none only where both had ended it."""

from datetime import datetime, timedelta

import pytest
from django.db import transaction
from django.test import Client
from django.urls import reverse
from django.utils.dateparse import parse_datetime
from hypothesis import example, given, settings
from hypothesis import strategies as st

from accounts.instants import database_now
from accounts.models import ApiKey, AuditEntry, Membership
from accounts.refusals import Conflict, NotAllowed, Refused
from sla import agreement
from sla.clocks.rebuilding import rebuild
from sla.contracts import drafting, ending, signing
from sla.figures.scorecard import periods, scorecard
from sla.models import Contract, Ending, Side
from tests.factories import PASSWORD, ny
from tests.sla.test_contract_signing import (
    SIGNED,
    client_of,
    draft_with,
    due,
    lead_at,
    sign_both,
    whole,
)

pytestmark = pytest.mark.usefixtures("no_wrong_passwords")
LATER = SIGNED + timedelta(days=3)


def asked(cast, *, ends_at=LATER, contract=None) -> Ending:
    return ending.ask(
        contract or cast.contract, Side.MARKETING, ends_at=ends_at, why="We part", by=cast.mona,
        at=SIGNED,
    )  # fmt: skip


def test_it_ends_when_both_have_signed_and_what_runs_runs_on(cast):
    handoff = lead_at(cast, "2027-01-15 11:55")
    made = asked(cast, ends_at=None)
    assert agreement.in_force(LATER).version == 1
    ending.sign(made, Side.SALES, by=cast.dana, at=SIGNED)
    assert agreement.in_force(SIGNED) is None
    assert agreement.in_force(SIGNED - timedelta(seconds=1)).version == 1
    assert due(handoff, "accept_hot") == ny("2027-01-15 12:10")
    assert rebuild(handoff.lead, at=ny("2027-01-15 12:01"), check=True) == []
    none = lead_at(cast, "2027-01-15 12:30", "later@spa.example")
    assert (none.clocks.count(), none.contract_version) == (0, None)
    verbs = AuditEntry.objects.filter(verb__startswith="contract_end").order_by("id")
    assert list(verbs.values_list("verb", flat=True)) == ["contract_end_asked", "contract_ended"]
    # The next draft begins as what was agreed last.
    draft = drafting.begin(by=cast.mona, at=LATER)
    assert draft.terms.count() == 6
    assert sign_both(cast, draft, at=LATER).contract.in_force_from == LATER


def test_nobody_ends_it_alone(cast):
    for who in (cast.sam, cast.maya, cast.admin, cast.dana):
        with pytest.raises(NotAllowed):
            ending.ask(cast.contract, Side.MARKETING, ends_at=None, why="x", by=who, at=SIGNED)
    made = asked(cast)
    Membership.objects.create(user=cast.mona, team=cast.sales, is_manager=True)
    with pytest.raises(Refused, match="nobody signs for both sides"):
        ending.sign(made, Side.SALES, by=cast.mona, at=SIGNED)
    ending.drop(made, by=cast.dana, at=SIGNED)
    with pytest.raises(Conflict, match="nothing was signed"):
        ending.sign(made, Side.SALES, by=cast.dana, at=SIGNED)
    assert agreement.in_force(LATER).version == 1


def test_what_can_not_be_ended_is_refused_with_what_to_do(cast):
    with pytest.raises(Refused, match="choose a later time"):
        asked(cast, ends_at=SIGNED - timedelta(hours=1))
    with pytest.raises(Refused, match="Say why"):
        ending.ask(
            cast.contract, Side.SALES, ends_at=None, why=" ", by=cast.dana, at=SIGNED
        )  # fmt: skip
    draft = draft_with(cast, accept_hot=600)
    with pytest.raises(Conflict, match="a draft is discarded, not ended"):
        asked(cast, contract=draft)
    Contract.objects.filter(pk=draft.pk).update(in_force_from=LATER)
    sign_both(cast, draft)
    with pytest.raises(Conflict, match="Version 2 is signed and takes its place; take that one"):
        asked(cast)
    with pytest.raises(Conflict, match="Version 1 is over already"):
        ending.ask(cast.contract, Side.SALES, ends_at=None, why="x", by=cast.dana, at=LATER)


def test_taken_back_too_late_is_told(cast):
    draft = draft_with(cast, accept_hot=600)
    Contract.objects.filter(pk=draft.pk).update(in_force_from=LATER)
    made = asked(cast, contract=sign_both(cast, draft).contract)
    with pytest.raises(Conflict, match="has come into force meanwhile; ask anew"):
        ending.sign(made, Side.SALES, by=cast.dana, at=LATER)
    assert not Contract.objects.get(version=2).is_draft


def test_an_agreed_end_comes_back_when_the_version_after_it_is_taken_back(cast):
    ending.sign(asked(cast, ends_at=LATER), Side.SALES, by=cast.dana, at=SIGNED)
    draft = draft_with(cast, accept_hot=600)
    Contract.objects.filter(pk=draft.pk).update(in_force_from=SIGNED + timedelta(days=1))
    waiting = sign_both(cast, draft).contract
    assert Contract.objects.get(version=1).in_force_to == SIGNED + timedelta(days=1)
    ending.sign(asked(cast, contract=waiting), Side.SALES, by=cast.dana, at=SIGNED)
    assert Contract.objects.get(version=1).in_force_to == LATER


def test_the_pages_ask_for_the_password_and_the_other_side(cast):
    url = reverse("contract-end", args=[1])
    monas, danas = client_of(cast.mona), client_of(cast.dana)
    assert "End it…" in monas.get(reverse("contract")).content.decode()
    missing = monas.post(url, {"why": " ", "password": "guess"}).content.decode()
    assert "Say why." in missing
    assert "not your password" not in missing  # it would have to be typed once more
    wrong = monas.post(url, {"why": "We part", "password": "guess"})
    assert (wrong.status_code, Ending.objects.count()) == (422, 0)
    assert "We part" in wrong.content.decode()
    monas.post(url, {"why": "We part", "password": PASSWORD})
    assert "Mona asks to end version 1" in danas.get(reverse("contract")).content.decode()
    assert "Sign for" not in monas.get(url).content.decode()
    sign = reverse("contract-end-sign", args=[1])
    assert danas.post(sign, {"side": "sales", "password": "guess"}).status_code == 422
    danas.post(sign, {"side": "sales", "password": PASSWORD})
    assert agreement.in_force(database_now()) is None
    page = danas.get(reverse("contract")).content.decode()
    assert "No agreement is in force" in page
    assert "Draft a new version" in page
    assert "Version 1 ended" in page
    assert "“We part”" in page
    for name, more in (("contract-versions", []), ("contract-version", [1])):
        page = danas.get(reverse(name, args=more)).content.decode()
        assert "Ended by both sides" in page
        assert "Superseded" not in page


def test_the_scorecard_still_tells_of_what_was_promised_until_the_end(cast):
    lead_at(cast, "2027-01-15 11:55").accept(cast.sam, at=ny("2027-01-15 11:57"))
    ending.sign(asked(cast, ends_at=None), Side.SALES, by=cast.dana, at=SIGNED)
    now, later = SIGNED + timedelta(hours=1), SIGNED + timedelta(days=40)
    lines = {
        line.term.key: line for line in scorecard(periods("month", at=now), at=now).terms["sales"]
    }
    assert (lines["accept_hot"].now.met, lines["accept_hot"].until) == (1, SIGNED)
    line = scorecard(periods("month", at=later), at=later).terms["sales"][0]
    assert (line.now.met, line.past[0][1].met, line.until) == (0, 1, SIGNED)
    never = SIGNED + timedelta(days=400)
    assert scorecard(periods("month", at=never), at=never).terms["sales"] == []


def test_programs_are_told_until_when_it_was_promised(cast):
    made = ending.ask(
        cast.contract, Side.MARKETING, ends_at=None, why="x", by=cast.mona, at=database_now()
    )
    done = ending.sign(made, Side.SALES, by=cast.dana, at=database_now())
    _, key = ApiKey.objects.issue(cast.maya, scope="full")
    found = Client().get("/api/v1/sla/scorecard/", HTTP_AUTHORIZATION=f"Bearer {key}").json()
    until = {parse_datetime(term["promised_until"]) for term in found["terms"]}
    assert until == {done.ends_at}


# --- In whichever order --------------------------------------------------------------------------

DEEDS = (
    "draft", "change", "discard", "sign marketing", "sign sales", "take back marketing",
    "from a later day", "ask to end", "ask to end later", "sign the end", "drop the end",
)  # fmt: skip


# What people mostly do, so that few steps get far; between and within them anything may happen.
ROWS = {
    "a version": ("draft", "change", "sign marketing", "sign sales"),
    "a version for later": ("draft", "from a later day", "sign marketing", "sign sales"),
    "an end": ("ask to end", "sign the end"),
    "an end for later": ("ask to end later", "sign the end"),
}


def do(cast, deed: str, *, at: datetime) -> None:
    """One deed by whoever may; what is refused changes nothing."""
    draft, made = drafting.draft(), ending.open_ending()
    last = Contract.objects.agreed().order_by("-version").first()
    later = at + timedelta(hours=60 if deed.startswith("ask") else 20)
    try:
        with transaction.atomic():
            if deed == "draft":
                drafting.begin(by=cast.mona, at=at)
            elif draft and deed in ("change", "from a later day"):
                day = later if deed == "from a later day" else None
                values = {"name": f"{at:%j%H}", "hop_limit": 3, "in_force_from": day}
                drafting.save_settings(values, base=drafting.ticket(draft), by=cast.dana, at=at)
            elif draft and deed == "discard":
                drafting.discard(base=whole(draft), by=cast.mona, at=at)
            elif draft and deed == "take back marketing":
                signing.take_back(Side.MARKETING, by=cast.mona, at=at)
            elif draft and deed == "sign marketing":
                signing.sign(Side.MARKETING, base=whole(draft), by=cast.mona, at=at)
            elif draft and deed == "sign sales":
                signing.sign(Side.SALES, base=whole(draft), by=cast.dana, at=at)
            elif deed.startswith("ask to end"):
                day = later if deed.endswith("later") else None
                ending.ask(last, Side.SALES, ends_at=day, why="x", by=cast.dana, at=at)
            elif made and deed == "sign the end":
                ending.sign(made, Side.MARKETING, by=cast.mona, at=at)
            elif made and deed == "drop the end":
                ending.drop(made, by=cast.mona, at=at)
    except Refused:
        pass


def covering(at: datetime) -> list[int]:
    found = Contract.objects.agreed().filter(in_force_from__lte=at).order_by("version")
    return [c.version for c in found if c.in_force_to is None or c.in_force_to > at]


def ended(at: datetime) -> bool:
    """Whether both sides had ended what was agreed last before this instant."""
    before = Contract.objects.agreed().filter(in_force_from__lte=at).order_by("in_force_from")
    last = before.last()
    ends = last.endings.filter(agreed_at__isnull=False, takes_back=False)
    return any(each.ends_at == last.in_force_to for each in ends)


def boundaries() -> set[datetime]:
    """Every instant at which something begins or ends, and those around it."""
    rows = Contract.objects.agreed().values_list("in_force_from", "in_force_to")
    edges = {edge for row in rows for edge in row if edge}
    return {edge + timedelta(microseconds=d) for edge in edges for d in (-1, 0, 1)}


@given(
    steps=st.lists(
        st.tuples(st.sampled_from([*ROWS, *DEEDS]), st.integers(1, 45)), min_size=2, max_size=7
    )
)
@settings(max_examples=15)
@example(steps=[("a version", 1), ("a version", 1)])
@example(steps=[("ask to end later", 1), ("sign the end", 70), ("a version", 1)])
@example(
    steps=[("a version for later", 1), ("ask to end", 1), ("sign the end", 1), ("a version", 1)]
)
@example(steps=[("an end for later", 5), ("a version for later", 1), ("an end", 1)])
def test_one_version_is_in_force_at_any_instant(cast, steps):
    every = [(deed, hours) for name, hours in steps for deed in ROWS.get(name, (name,))]
    at, first, known = SIGNED, cast.contract.in_force_from, {}
    with transaction.atomic():
        for deed, hours in every:
            at += timedelta(hours=hours)
            known[at - timedelta(minutes=1)] = covering(at - timedelta(minutes=1))
            do(cast, deed, at=at)
            for instant in sorted(boundaries() | {at, at + timedelta(days=30)}):
                if instant < first:
                    continue
                found, in_force = covering(instant), agreement.in_force(instant)
                assert ([in_force.version] if in_force else []) == found
                assert found or ended(instant)
            # What both had ended is in force no more from then on.
            for each in Ending.objects.filter(agreed_at__isnull=False, takes_back=False):
                assert each.contract.version not in covering(each.ends_at)
            # What was in force at an instant that has passed stays what it was.
            assert {instant: covering(instant) for instant in known} == known
            known |= {instant: covering(instant) for instant in boundaries() if instant <= at}
        transaction.set_rollback(True)
