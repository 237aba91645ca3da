"""What marketing promises a month: drafted, signed, measured on the handoffs, left out by both."""

import json
from datetime import timedelta

import pytest
from django.db import DatabaseError, transaction
from django.urls import reverse

from accounts.instants import database_now
from accounts.models import ApiKey, AuditEntry, Membership, OutboxMessage
from accounts.refusals import Conflict, NotAllowed, Refused
from leads import deleting, returns, rulings
from leads.models import Handoff
from personas.models import Persona
from sla.contracts import drafting, promising, signing, unkeepable
from sla.contracts.monthly_form import MonthlyForm
from sla.figures import exclusions, monthly_counts
from sla.figures.monthly import month_of
from sla.figures.periods import run_of
from sla.figures.returned import returned
from sla.figures.scorecard import zone_of_months
from sla.models import Contract, Exclusion, MonthlyPromise, Side, Term
from tests.factories import NEW_YORK, ny
from tests.sla.test_contract_signing import SIGNED, client_of, draft_with, sign_both, whole

LEADS = {"name": "Accepted leads", "counted": "accepted", "target": 4, "personas": [], "packet": []}
# Friday; 11 of the 21 working days of the month are gone.
HALF = ny("2027-01-15 17:00")
AFTER = ny("2027-02-01 00:00")


def promise(cast, key="leads", **facts) -> MonthlyPromise:
    """One of the contract in force."""
    return MonthlyPromise.objects.create(contract=cast.contract, key=key, **{**LEADS, **facts})


def handed_over(cast, at: str, outcome="", n=1, **row) -> list[Handoff]:
    made = []
    for _ in range(n):
        email = f"lead{Handoff.objects.count()}@spa.example"
        handoff = cast.hot_lead(at=ny(at), email=email, **row).handoffs.get()
        later = ny(at) + timedelta(minutes=5)
        if outcome == "accepted":
            handoff.accept(handoff.owner, at=later)
        elif outcome == "rejected":
            handoff.reject(handoff.owner, reason="not_ready", at=later)
        made.append(handoff)
    return made


def january(at=HALF, key="leads"):
    month = month_of(ny("2027-01-15 12:00").date(), zone=zone_of_months())
    found = monthly_counts.measured([month], at=at)
    return [each for each in found if each.promise.key == key]


# --- Drafted and signed --------------------------------------------------------------------------


def test_it_is_drafted_compared_signed_and_carried_on(cast):
    draft_with(cast)
    client = client_of(cast.mona)
    url = reverse("monthly-new")
    typed = {**LEADS, "counted": "", "target": "many"}
    refused = client.post(url, typed)
    assert refused.status_code == 422
    assert "Choose what is counted." in refused.content.decode()
    assert "many" in refused.content.decode()
    assert client.post(url, LEADS).status_code == 302
    page = client.get(reverse("contract-draft")).content.decode()
    assert "New: Accepted leads: 4 accepted leads a month." in page
    signed = sign_both(cast, drafting.draft()).contract
    assert "### Accepted leads: 4 accepted leads a month\nFor every lead.\n" in signed.text
    assert (
        "4 accepted leads a month"
        in client.get(reverse("contract-version", args=[2])).content.decode()
    )
    mine = signed.monthly.get()
    mine.target = 5
    with pytest.raises(DatabaseError, match="its promises never change"), transaction.atomic():
        mine.save()
    # The next draft has it; raised, it says so.
    copy = draft_with(cast, at=SIGNED).monthly.get()
    base = drafting.ticket(copy)
    _, changes = promising.put_in(
        promising.MONTHLY, {**LEADS, "target": 6}, pk=copy.pk, base=base, by=cast.dana, at=SIGNED
    )
    assert changes == ["Accepted leads: a month: 4 accepted leads → 6 accepted leads."]
    with pytest.raises(Conflict, match="was changed by Dana while you worked on it"):
        promising.put_in(promising.MONTHLY, LEADS, pk=copy.pk, base=base, by=cast.mona, at=SIGNED)
    with pytest.raises(Conflict, match="was changed meanwhile"):
        promising.take_out(promising.MONTHLY, copy.pk, base=base, by=cast.mona, at=SIGNED)


def test_a_change_takes_the_signature_back_and_is_told_to_who_signs(cast):
    draft = draft_with(cast)
    base = whole(draft)
    signing.sign(Side.MARKETING, base=base, by=cast.mona, at=SIGNED)
    promising.put_in(promising.MONTHLY, LEADS, pk=None, base="", by=cast.dana, at=SIGNED)
    draft.refresh_from_db()
    assert draft.signed_for_marketing_by is None
    with pytest.raises(Conflict, match="changed since you read it"):
        signing.sign(Side.SALES, base=base, by=cast.dana, at=SIGNED)


@pytest.mark.parametrize(
    ("facts", "field", "said"),
    [
        ({"counted": "share", "target": 120}, "target", "120 % of them can’t be"),
        ({"counted": "complete", "target": 90}, "packet", "Choose what a complete packet holds."),
        ({"target": 0}, "target", "Promise at least 1."),
        ({"counted": "shoes"}, "counted", "“shoes” is not in the list"),
        ({"personas": ["nobody"]}, "personas", "“nobody” is not in the list"),
    ],
)
def test_what_is_not_a_measure_is_refused_at_its_field(cast, facts, field, said):
    form = MonthlyForm({**LEADS, **facts}, promise=MonthlyPromise())
    assert not form.is_valid()
    assert said in " ".join(form.errors[field])


def test_promises_that_contradict_are_not_signed(cast):
    Persona.objects.create(slug="gone", name="Gone", is_active=False)
    draft = draft_with(cast)
    spa = cast.persona.slug
    for key, facts in {
        "all": {"target": 4}, "again": {"name": "The same", "target": 9},
        "spa": {"name": "Spa", "target": 12, "personas": [spa]},
        "gone": {"name": "Gone", "personas": ["gone"], "target": 1},
    }.items():  # fmt: skip
        MonthlyPromise.objects.create(contract=draft, key=key, **{**LEADS, **facts})
    with pytest.raises(Refused) as refused:
        signing.sign(Side.SALES, base=whole(draft), by=cast.dana, at=SIGNED)
    said = str(refused.value)
    assert "“The same” (9 accepted leads) and “Accepted leads” (4 accepted leads) promise" in said
    assert "promises 4 leads in all, the ones for single personas 13 together; raise it" in said
    assert "“Gone” can never count a lead: persona gone is no longer in use" in said


def test_terms_nobody_could_keep_are_not_signed(cast):
    draft = draft_with(cast)
    terms = Term.objects.filter(contract=draft)
    terms.filter(key="answer_return").update(stops_on=["accepted"])
    terms.filter(key="disposition").update(
        calendar_of="wall", stops_after=4, spacing_seconds=86_400, target_seconds=3600
    )
    terms.filter(key="first_touch").update(personas=["gone"])
    facts = {"measure": "greet", "name": "Greet", "key": "greet", "target_seconds": 60}
    greet = Term.objects.get(contract=draft, key="accept_hot")
    for name, value in {**facts, "pk": None}.items():
        setattr(greet, name, value)
    greet._state.adding = True
    greet.save()
    said = list(unkeepable.problems(drafting.terms_of(draft)))
    assert [words.split(": ")[0] for words in said] == [
        "“First touch” can never start",
        "“Disposition” can never be kept",
        "“Answer a return” can never be kept",
        "“Accept (hot)” (within 15 working minutes) and “Greet” (within 1 working minute) ask the "
        "same of the same leads. Make them of one kind, so that one counts, or remove one.",
    ]
    assert list(unkeepable.problems(drafting.terms_of(cast.contract))) == []


# --- Measured ------------------------------------------------------------------------------------


def test_pace_and_forecast_are_in_working_time(cast):
    promise(cast)
    handed_over(cast, "2027-01-05 10:00", "accepted", n=2)
    handed_over(cast, "2027-01-06 10:00", "rejected")
    handed_over(cast, "2027-01-07 10:00")
    # The month before and the next one count for themselves.
    handed_over(cast, "2026-12-31 16:00", "accepted")
    handed_over(cast, "2027-02-01 09:00", "accepted")
    (now,) = january()
    assert (now.accepted, now.of("rejected"), now.undecided) == (2, 1, 1)
    assert (now.pace, now.forecast, now.state) == (2, 4, "on course")
    assert january(at=ny("2027-01-18 17:00"))[0].state == "on course"
    assert january(at=ny("2027-01-21 17:00"))[0].state == "behind"
    # A weekend is no time.
    assert january(at=ny("2027-01-17 23:00"))[0].forecast == 4


def test_at_the_end_it_is_kept_or_missed_once_nothing_can_change_it(cast):
    promise(cast, target=3)
    handed_over(cast, "2027-01-05 10:00", "accepted", n=2)
    (late,) = handed_over(cast, "2027-01-29 16:50")
    assert january(at=AFTER)[0].state == "undecided"
    late.accept(late.owner, at=AFTER)
    assert january(at=AFTER + timedelta(hours=1))[0].state == "kept"
    late.reject(late.owner, reason="not_ready", at=AFTER + timedelta(hours=2))
    assert january(at=AFTER + timedelta(hours=3))[0].state == "missed"


@pytest.mark.parametrize(
    ("accepted", "rejected", "undecided", "state"),
    [(4, 1, 0, "kept"), (4, 0, 1, "kept"), (3, 1, 0, "missed"), (3, 0, 1, "undecided"),
     (2, 1, 1, "missed"), (0, 0, 0, "nothing")],
)  # fmt: skip
def test_a_share_is_of_what_was_handed_over(cast, accepted, rejected, undecided, state):
    promise(cast, counted="share", target=80)
    handed_over(cast, "2027-01-05 10:00", "accepted", n=accepted)
    handed_over(cast, "2027-01-06 10:00", "rejected", n=rejected)
    handed_over(cast, "2027-01-07 10:00", n=undecided)
    assert january(at=AFTER)[0].state == state


def test_a_packet_is_complete_by_what_was_frozen_at_the_handoff(cast):
    promise(cast, counted="complete", target=50, packet=["company", "job_title", "definition"])
    whole_one, without = (
        handed_over(cast, "2027-01-05 10:00", job_title=title)[0]
        for title in ("Director of Wellness", "Head of Spa")
    )
    # Told once, from the receipt; what becomes of that later changes nothing.
    without.refresh_from_db()
    assert without.packet == [
        "company", "job_title", "country", "persona", "touchpoints", "definition",
    ]  # fmt: skip
    assert without.handed_persona == cast.persona.slug
    packet = [item for item in without.packet if item != "job_title"]
    Handoff.objects.filter(pk=without.pk).update(packet=packet, receipt={})
    assert (january()[0].complete, january()[0].value, january()[0].state) == (1, 50, "on course")
    Handoff.objects.filter(pk=whole_one.pk).update(packet=["company", "job_title"])
    assert january()[0].complete == 0


def test_a_promise_of_one_persona_counts_what_was_handed_over_as_it(cast):
    promise(cast, personas=[cast.persona.slug])
    mine, other = handed_over(cast, "2027-01-05 10:00", "accepted", n=2)
    for handoff, slug in ((mine, cast.persona.slug), (other, "other")):
        Handoff.objects.filter(pk=handoff.pk).update(handed_persona=slug)
    assert january()[0].accepted == 1
    assert list(monthly_counts.handoffs_of(january()[0], "accepted")) == [mine]


def test_of_a_month_covered_in_part_a_number_is_owed_in_proportion(cast):
    promise(cast, target=21)
    draft = draft_with(cast)
    promising.put_in(promising.MONTHLY, {**LEADS, "target": 42}, pk=draft.monthly.get().pk,
                 base=drafting.ticket(draft.monthly.get()), by=cast.mona, at=SIGNED)  # fmt: skip
    handed_over(cast, "2027-01-15 11:00", "accepted")
    sign_both(cast, draft, at=HALF)
    handed_over(cast, "2027-01-18 11:00", "accepted", n=2)
    before, after = january(at=AFTER)
    assert [(m.target, m.accepted, m.versions) for m in (before, after)] == [
        (11, 1, (1,)), (20, 2, (2,)),
    ]  # fmt: skip
    # Another version that promises the same is the same stretch.
    sign_both(cast, draft_with(cast, at=HALF), at=ny("2027-01-25 12:00"))
    handed_over(cast, "2027-01-25 13:00", "accepted")
    before, after = january(at=AFTER)
    assert (after.target, after.accepted, after.versions) == (20, 3, (2, 3))


def test_every_figure_is_the_list_behind_it(cast):
    promise(cast)
    promise(cast, key="packets", counted="complete", target=50, packet=["company", "touchpoints"])
    handed_over(cast, "2027-01-05 10:00", "accepted", n=2)
    handed_over(cast, "2027-01-06 10:00", "rejected")
    handed_over(cast, "2027-01-07 10:00", company="")
    (gone,) = handed_over(cast, "2027-01-08 10:00")
    deleting.delete(gone.lead, by=cast.mona, at=ny("2027-01-08 10:01"))
    ask_and_agree(cast, handed_over(cast, "2027-01-11 10:00", "accepted")[0])
    (now,), (packets,) = january(), january(key="packets")
    for outcome, n in {"accepted": 2, "rejected": 1, "undecided": 1}.items():
        assert (now.of(outcome), monthly_counts.handoffs_of(now, outcome).count()) == (n, n)
    assert now.handed_over == monthly_counts.handoffs_of(now).count() == 4
    assert now.left_out == monthly_counts.handoffs_of(now, "out").count() == 1
    listed = {o: monthly_counts.handoffs_of(packets, o).count() for o in ("complete", "incomplete")}
    assert listed == {"complete": packets.complete, "incomplete": 4 - packets.complete}
    assert packets.complete == 3


# --- Left out ------------------------------------------------------------------------------------


def ask_and_agree(cast, handoff: Handoff) -> Exclusion:
    at = handoff.handed_over_at + timedelta(hours=1)
    made = exclusions.ask(handoff, "marketing", reason="A test", by=cast.mona, at=at)
    exclusions.agree(made, "sales", by=cast.dana, at=at)
    return made


def test_it_counts_until_the_other_side_agrees_and_again_when_taken_back(cast):
    promise(cast)
    (handoff,) = handed_over(cast, "2027-01-05 10:00", "rejected")
    made = exclusions.ask(handoff, "marketing", reason="Our own test", by=cast.mona, at=HALF)
    assert (january()[0].of("rejected"), january()[0].left_out) == (1, 0)
    assert OutboxMessage.objects.get(kind="agreement_waits").recipient == cast.dana
    Membership.objects.create(user=cast.mona, team=cast.sales, is_manager=True)
    with pytest.raises(Refused, match="nobody signs for both sides"):
        exclusions.agree(made, "sales", by=cast.mona, at=HALF)
    with pytest.raises(Conflict, match="left out already"):
        exclusions.ask(handoff, "sales", reason="Again", by=cast.dana, at=HALF)
    exclusions.agree(made, "sales", by=cast.dana, at=HALF)
    assert (january()[0].of("rejected"), january()[0].left_out) == (0, 1)
    exclusions.drop(made, by=cast.dana, at=HALF)
    assert january()[0].of("rejected") == 1
    with pytest.raises(Conflict, match="the handoff counts"):
        exclusions.agree(made, "sales", by=cast.dana, at=HALF)
    verbs = AuditEntry.objects.filter(verb__startswith="exclusion").values_list("verb", flat=True)
    assert list(verbs.order_by("id")) == [
        "exclusion_asked", "exclusion_agreed", "exclusion_dropped",
    ]  # fmt: skip


def test_only_managers_leave_out_and_say_why(cast):
    (handoff,) = handed_over(cast, "2027-01-05 10:00")
    for who in (cast.maya, cast.sam, cast.admin):
        with pytest.raises(NotAllowed):
            exclusions.ask(handoff, "marketing", reason="Because", by=who, at=HALF)
    with pytest.raises(Refused, match="Say why"):
        exclusions.ask(handoff, "marketing", reason=" ", by=cast.mona, at=HALF)
    assert not Exclusion.objects.exists()


# --- The pages -----------------------------------------------------------------------------------


@pytest.fixture
def this_month(cast):
    """Two accepted leads handed over now."""
    promise(cast)
    at = database_now()
    for n in range(2):
        handoff = cast.hot_lead(at=at, email=f"now{n}@spa.example").handoffs.get()
        handoff.accept(handoff.owner, at=at)
    return cast


def test_both_sides_see_the_same_card(this_month):
    cast, said = this_month, set()
    for who in (cast.maya, cast.mona, cast.sam, cast.dana, cast.admin):
        page = client_of(who).get(reverse("scorecard"), headers={"HX-Request": "true"})
        said.add(page.content)
    assert len(said) == 1
    text = said.pop().decode()
    assert 'data-figure="value">2</a>' in text
    assert "Accept (hot)" in text
    assert client_of(cast.outsider).get(reverse("scorecard")).status_code == 403


def test_an_unchanged_card_is_not_sent_again(this_month):
    client, url = client_of(this_month.sam), f"{reverse('scorecard')}?wall=1"
    wall = client.get(url).content.decode()
    assert f'hx-get="{url}"' in wall
    assert "wall-tile" in wall
    first = client.get(url, headers={"HX-Request": "true"})
    headers = {"HX-Request": "true", "If-None-Match": first["ETag"]}
    assert client.get(url, headers=headers).status_code == 304
    for handoff in Handoff.objects.all():
        handoff.reject(handoff.owner, reason="not_ready", at=database_now())
    assert client.get(url, headers=headers).status_code == 200


def test_a_figure_opens_the_leads_that_are_ones_to_see(this_month):
    cast = this_month
    Handoff.objects.filter(lead__email="now1@spa.example").update(owner=cast.sue)
    Handoff.objects.get(owner=cast.sue).lead.__class__.objects.filter(
        email="now1@spa.example"
    ).update(owner=cast.sue)
    url = f"{reverse('scorecard-leads', args=['leads'])}?outcome=accepted"
    all_of_them = client_of(cast.dana).get(url)
    assert (len(all_of_them.context["rows"]), all_of_them.context["count"]) == (2, 2)
    mine = client_of(cast.sue).get(url)
    assert ([row.lead.email for row in mine.context["rows"]], mine.context["count"]) == (
        ["now1@spa.example"], 2,
    )  # fmt: skip
    for bad in ("?month=soon", "?month=2026-13", "?month=1900-01"):
        assert client_of(cast.dana).get(url.split("?")[0] + bad).status_code == 404
    assert client_of(cast.dana).get(reverse("scorecard-leads", args=["no"])).status_code == 404


def test_leaving_out_goes_from_the_list_over_both_managers(this_month):
    cast = this_month
    handoff = Handoff.objects.first()
    url = reverse("leave-out", args=[handoff.pk])
    monas, danas = client_of(cast.mona), client_of(cast.dana)
    assert monas.post(url, {"reason": ""}).status_code == 422
    assert client_of(cast.sam).get(url).status_code == 403
    assert monas.post(url, {"reason": "A test of ours"}).status_code == 302
    page = danas.get(reverse("scorecard")).content.decode()
    assert "A test of ours" in page
    assert "Agree for sales" in page
    decide = reverse("leave-out-decide", args=[handoff.pk])
    assert "Agree for" not in monas.get(reverse("scorecard")).content.decode()
    danas.post(decide, {"agree": "sales"})
    assert "Mona and Dana" in monas.get(reverse("scorecard")).content.decode()
    figures = danas.get(reverse("scorecard"), headers={"HX-Request": "true"}).content.decode()
    assert 'data-figure="value">1</a>' in figures


@pytest.mark.parametrize("leads", [1, 3])
def test_the_card_costs_the_same_however_many_leads(cast, django_assert_num_queries, leads):
    promise(cast)
    at = database_now()
    for n in range(leads):
        cast.hot_lead(at=at, email=f"now{n}@spa.example")
    client = client_of(cast.dana)
    client.get(reverse("scorecard"))
    with django_assert_num_queries(25):
        client.get(reverse("scorecard"))


def test_the_audit_of_a_draft_names_the_monthly_promise(cast):
    draft_with(cast)
    promising.put_in(promising.MONTHLY, LEADS, pk=None, base="", by=cast.mona, at=SIGNED)
    entry = AuditEntry.objects.get(verb="contract_draft_changed")
    assert json.dumps(entry.facts["changes"]) == json.dumps(
        ["New: Accepted leads: 4 accepted leads a month."]
    )
    assert Contract.objects.get(is_draft=True).monthly.get().key == "accepted_leads"


def test_a_disputed_return_counts_as_the_managers_rule(cast):
    promise(cast)
    promise(cast, "share", name="Share", counted="share", target=60)
    handed_over(cast, "2027-01-05 10:00", "accepted", n=2)
    (handoff,) = handed_over(cast, "2027-01-06 10:00", "rejected")
    (other,) = handed_over(cast, "2027-01-07 10:00", "rejected")
    at = ny("2027-01-08 10:00")
    for each in (handoff, other):
        returns.answer(each.returned, "disputed", by=cast.maya, at=at, note="They are ready")
    (leads,), (share,) = january(AFTER), january(AFTER, "share")
    assert (leads.value, leads.disputed, leads.state) == (2, 2, "undecided")
    assert (share.value, share.raw_words, share.state) == (50, "", "undecided")
    made = rulings.propose(
        handoff.returned, "overturned", "marketing", reason="Ready", by=cast.mona, at=at
    )
    sent = rulings.agree(made, "sales", by=cast.dana, at=at).sent
    sent.accept(sent.owner, at=at + timedelta(minutes=5))
    made = rulings.propose(
        other.returned, "stands", "sales", reason="Not ready", by=cast.dana, at=at
    )
    rulings.agree(made, "marketing", by=cast.mona, at=at)
    # The handoff that gave the lead back is not counted a second time.
    (leads,), (share,) = january(AFTER), january(AFTER, "share")
    assert (leads.value, leads.raw, leads.overturned, leads.state) == (3, 2, 1, "missed")
    assert (share.value, share.raw_words, share.state) == (75, "50 %", "kept")
    assert list(monthly_counts.handoffs_of(share, "overturned")) == [handoff]
    month = leads.month
    assert returned([month])[0].fates == {
        "waiting": 0, "accepted": 0, "fixed": 0, "disputed": 0, "stands": 1, "overturned": 1,
    }  # fmt: skip
    page = client_of(cast.dana).get(f"/scorecard/share/?month={month.slug}&outcome=overturned")
    assert "accepted by a ruling" in page.content.decode()
    url = "/rulings/?show=all&since=2027-01-01T00:00:00-05:00&until=2027-02-01T00:00:00-05:00"
    assert len(client_of(cast.dana).get(url).context["rows"]) == 2


def test_quarters_and_own_months_add_up_what_the_months_say(cast):
    promise(cast, target=6)
    promise(cast, "share", name="Share", counted="share", target=60)
    for at, outcome in (
        ("2026-12-10 10:00", "accepted"), ("2027-01-05 10:00", "accepted"),
        ("2027-01-06 10:00", "rejected"), ("2027-02-02 10:00", "accepted"),
    ):  # fmt: skip
        handed_over(cast, at, outcome)
    late = ny("2027-04-01 12:00")
    first, last = ny("2027-01-01 00:00").date(), ny("2027-02-01 00:00").date()
    run = run_of(first, last, zone=zone_of_months())
    leads, share = monthly_counts.measured_over([run], at=late)
    assert (str(run), leads.target, leads.value, leads.state) == (
        "January to February 2027", 12, 2, "missed",
    )  # fmt: skip
    assert (share.target, share.value, share.state, share.handed_over) == (60, 66, "kept", 3)
    assert monthly_counts.handoffs_of(leads, "accepted").count() == 2
    client = client_of(cast.dana)
    url = "/scorecard/leads/?month=2027-01&until=2027-02&outcome=accepted"
    assert client.get(url).context["count"] == 2
    page = client.get("/scorecard/?by=quarter").content.decode()
    today = database_now().astimezone(NEW_YORK)
    assert f"Marketing: leads in Q{(today.month + 2) // 3} {today.year}" in page
    refused = client.get("/scorecard/?from=2020-01&to=2026-11").content.decode()
    assert "83 months; 24 are the most." in refused
    assert client.get("/scorecard/?from=2026-11&wall=1").status_code == 200
    _, key = ApiKey.objects.issue(cast.maya, scope="full")
    found = client.get(
        "/api/v1/sla/scorecard/?from=2027-01&to=2027-02", HTTP_AUTHORIZATION=f"Bearer {key}"
    ).json()
    assert [period["name"] for period in found["periods"]] == ["January to February 2027"]
    told = found["monthly"][0]["measured"][0]
    assert (told["target"], told["accepted"], told["without_rulings"]) == (12, 2, 2)
    first = found["terms"][0]
    assert (first["key"], first["promised_until"]) == ("answer_return", None)
    assert found["returns"][0]["all"] == 1
