"""The next contract: drafted by managers of both sides, promise by promise, two at once."""

import pytest
from django.test import Client
from django.urls import reverse
from hypothesis import given
from hypothesis import strategies as st

from accounts.models import AuditEntry
from accounts.refusals import NotAllowed
from sla.contracts import drafting, promising
from sla.contracts.forms import TermDraft
from sla.contracts.steps import Steps, actions, rows_of, steps_of
from sla.figures.compliance import compliance
from sla.models import Action, Contract, Term
from sla.reading import DAY, WORKING_DAY
from sla.spans import span_written, written
from tests.factories import hours, make_contract, ny

AT = ny("2027-01-15 10:00")


@pytest.fixture
def draft(cast) -> Contract:
    """Version 2, as version 1 so far."""
    return drafting.begin(by=cast.mona, at=AT)


def signed_in(user) -> Client:
    client = Client()
    client.force_login(user)
    return client


def term_of(draft: Contract, key: str = "accept_hot") -> Term:
    return draft.terms.get(key=key)


def typed(term: Term, **changes) -> dict[str, object]:
    """What the form sends, with changes; `steps` are (action, when) pairs."""
    shown = TermDraft(None, term=term)
    data = {name: field.initial for name, field in shown.form.fields.items()}
    data = {name: shown.form.initial.get(name, data[name]) for name in data}
    rows = changes.pop("steps", [(row["action"], row["when"]) for row in rows_of(term)])
    data |= {"steps-TOTAL_FORMS": len(rows), "steps-INITIAL_FORMS": 0}
    for n, (action, when) in enumerate(rows):
        data |= {f"steps-{n}-action": action, f"steps-{n}-when": when}
    data |= {"base": drafting.ticket(term) if term.pk else "", **changes}
    return {name: value for name, value in data.items() if value is not None and value is not False}


def send(user, term: Term, **changes):
    url = reverse("promise", args=[term.pk]) if term.pk else reverse("promise-new")
    return signed_in(user).post(url, typed(term, **changes))


# --- Begun ---------------------------------------------------------------------------------------


def test_a_draft_begins_as_a_copy_with_promises_of_a_kind_together(cast, draft):
    keys = [term.key for term in drafting.terms_of(draft)]
    assert keys == ["accept_hot", "accept", "first_touch_hot", "first_touch", "disposition",
                    "answer_return"]  # fmt: skip
    assert (draft.version, draft.is_draft, draft.in_force_from) == (2, True, None)
    for mine, old in zip(drafting.terms_of(draft), cast.contract.terms.order_by("id"), strict=True):
        assert all(getattr(mine, name) == getattr(old, name) for name in drafting.FACTS)


def test_there_is_one_draft_however_many_begin_it(cast, draft):
    assert drafting.begin(by=cast.dana, at=AT) == draft
    assert Contract.objects.count() == 2


def test_a_draft_binds_nobody_and_is_in_no_figure(cast, draft):
    term_of(draft).delete()
    Term.objects.filter(contract=draft).update(name="Drafted", target_seconds=60)
    handoff = cast.hot_lead(at=AT).handoffs.get()
    assert handoff.contract_version == 1
    assert handoff.clocks.get(term__key="accept_hot").due_at == ny("2027-01-15 10:15")
    found = compliance(cast.dana, start=AT - hours(1), end=AT + hours(1), by="term", at=AT)
    assert "Drafted" not in {group.name for group in found.groups}


@pytest.mark.parametrize("who", ["sam", "maya", "admin"])
def test_only_managers_of_a_side_draft(cast, who):
    with pytest.raises(NotAllowed):
        drafting.begin(by=getattr(cast, who), at=AT)
    assert signed_in(getattr(cast, who)).post(reverse("contract-begin")).status_code == 403
    assert Contract.objects.count() == 1


# --- Changed -------------------------------------------------------------------------------------


def test_a_promise_is_changed_in_everything_it_says(cast, draft):
    answer = send(
        cast.dana, term_of(draft), name="Take a hot lead", target="1 h 30 min", calendar_of="owner",
        stops_on=["call", "meeting"], stops_after="3", spacing="1 day", per_owner="",
        tiers=["hot", "warm"], personas=["spa-director"], sources="fair, website, fair",
        pauses="The prospect asked for later\n\nThey are at a fair", measure="Quick answer",
        steps=[("tell_manager", "2 h"), ("warn", "50%"), ("", ""), ("reassign", "at once")],
    )  # fmt: skip
    assert (answer.status_code, answer.url) == (302, reverse("contract-draft"))
    term = term_of(draft)
    assert (term.name, term.target_seconds, term.calendar_of) == ("Take a hot lead", 5400, "owner")
    assert (term.stops_on, term.stops_after, term.spacing_seconds) == (["call", "meeting"], 3, DAY)
    assert (term.tiers, term.personas, term.sources, term.per_owner) == (
        ["hot", "warm"], ["spa-director"], ["fair", "website"], False,
    )  # fmt: skip
    assert (term.measure, term.key, term.side) == ("quick_answer", "accept_hot", "sales")
    assert term.pause_reasons == [
        {"key": "the_prospect_asked_for_later", "label": "The prospect asked for later"},
        {"key": "they_are_at_a_fair", "label": "They are at a fair"},
    ]
    assert term.steps == [
        {"action": "warn", "share": 0.5}, {"action": "breach"},
        {"action": "reassign", "after": 0}, {"action": "tell_manager", "after": 7200},
    ]  # fmt: skip
    changes = AuditEntry.objects.get(verb="contract_draft_changed").facts["changes"]
    assert "Take a hot lead: within: 15 working minutes → 90 working minutes." in changes


def test_around_the_clock_a_day_has_24_hours(cast, draft):
    send(cast.dana, term_of(draft), target="2 days", calendar_of="wall",
         steps=[("tell_manager", "1 day")])  # fmt: skip
    term = term_of(draft)
    assert (term.target_seconds, term.steps[-1]["after"]) == (2 * DAY, DAY)
    page = signed_in(cast.dana).get(reverse("promise", args=[term.pk])).content.decode()
    assert 'value="2 days"' in page


def test_saving_what_is_there_changes_nothing_and_keeps_signatures(cast, draft):
    Contract.objects.filter(pk=draft.pk).update(signed_for_sales_by=cast.dana)
    for term in drafting.terms_of(draft):
        facts = {name: getattr(term, name) for name in drafting.FACTS}
        assert send(cast.mona, term).status_code == 302
        term.refresh_from_db()
        assert {name: getattr(term, name) for name in drafting.FACTS} == facts
    draft.refresh_from_db()
    assert draft.signed_for_sales_by == cast.dana
    assert not AuditEntry.objects.filter(verb="contract_draft_changed").exists()


def test_boxes_keep_the_order_they_had(cast, draft):
    term = term_of(draft, "disposition")
    assert term.stops_on == ["qualified", "disqualified", "recycled", "rejected"]
    send(cast.dana, term, stops_on=["call", "rejected", "qualified", "recycled"])
    assert term_of(draft, "disposition").stops_on == ["qualified", "recycled", "rejected", "call"]


def test_a_change_takes_the_signatures_back(cast, draft):
    Contract.objects.filter(pk=draft.pk).update(
        signed_for_sales_by=cast.dana, signed_for_sales_at=AT
    )
    send(cast.mona, term_of(draft), target="10 min")
    draft.refresh_from_db()
    assert (draft.signed_for_sales_by, draft.signed_for_sales_at) == (None, None)
    entry = AuditEntry.objects.get(verb="contract_draft_changed")
    assert entry.facts["signatures_taken_back"] == ["Dana"]


@pytest.mark.parametrize(
    ("changes", "field", "words"),
    [
        ({"target": "soon"}, "target", "“soon” is not a length of time; write it as 15 min"),
        ({"target": "0 min"}, "target", "“0 min” is out of range"),
        ({"stops_after": "0"}, "stops_after", "Give a whole number from 1 to 20."),
        ({"stops_after": "2", "spacing": "a bit"}, "spacing", "“a bit” is not a length of time"),
        ({"spacing": "1 h"}, "spacing", "Of one alone nothing is apart"),
        ({"stops_on": []}, "stops_on", "Choose what keeps the promise."),
        ({"stops_on": ["sung"]}, "stops_on", "“sung” is not in the list; choose from it."),
        ({"starts_on": "accepted", "per_owner": ""}, "stops_on", "What starts it can't keep it"),
        ({"starts_on": "rejected", "per_owner": "on", "stops_on": ["call"]}, "per_owner",
         "Only what starts with the handoff can start afresh."),
        ({"calendar_of": "moon"}, "calendar_of", "“moon” is not in the list; choose from it."),
        ({"measure": "!!!"}, "measure", "“!!!” has no letters in it"),
        ({"sources": "x" * 70}, "sources", "is too long for a source"),
        ({"pauses": "x" * 130}, "pauses", "is too long; use at most 120 letters."),
        ({"personas": ["nobody"]}, "personas", "“nobody” is not in the list; choose from it."),
        ({"name": ""}, "name", "Give the promise a name."),
        ({"target": ""}, "target", "Say within which time, such as 4 h or 2 days."),
    ],
)  # fmt: skip
def test_what_cannot_be_is_said_at_its_field_and_kept(cast, draft, changes, field, words):
    term = term_of(draft)
    answer = send(cast.dana, term, **{"name": "Typed", **changes})
    assert answer.status_code == 422
    assert words in " ".join(answer.context["form"].errors[field])
    assert answer.context["form"]["name"].value() == changes.get("name", "Typed")
    assert term_of(draft).target_seconds == 900


@pytest.mark.parametrize(
    ("step", "words"),
    [
        (("warn", "30 min"), "“30 min” is not a share of the time; write 1 % to 99 %."),
        (("warn", "0 %"), "“0 %” is not a share of the time; write 1 % to 99 %."),
        (("tell_manager", "50 %"), "A share of the time is for warnings"),
        (("tell_manager", "later"), ""),
        (("tell_manager", "whenever"), "“whenever” is not a length of time"),
        (("breach", ""), "“breach” is not in the list; choose from it."),
        (("", "30 min"), "Say what happens at “30 min”, or empty the row."),
    ],
)
def test_a_step_that_cannot_be_is_said_in_its_row(cast, draft, step, words):
    answer = send(cast.dana, term_of(draft), steps=[("warn", "75 %"), step])
    assert answer.status_code == (422 if words else 302)
    if words:
        said = answer.context["draft"].steps.forms[1].errors
        assert words in " ".join(error for errors in said.values() for error in errors)
        assert answer.context["draft"].steps.forms[1]["when"].value() == step[1]


def test_the_same_step_twice_is_refused(cast, draft):
    answer = send(cast.dana, term_of(draft), steps=[("warn", "75 %"), ("warn", "75%")])
    assert "in the list twice" in str(answer.context["draft"].steps.forms[1].errors)


def test_the_editor_offers_every_action_but_the_breach():
    assert {key for key, _ in actions()} == {"", *Action.values} - {"breach"}


def test_what_a_step_knows_besides_its_moment_stays_with_it(cast, draft):
    term = term_of(draft)
    term.steps = [{"action": "breach"}, {"action": "tell_manager", "after": 60, "said": "loudly"}]
    term.save()
    send(cast.dana, term, steps=[("tell_manager", "2 min")])
    assert term_of(draft).steps[1] == {"action": "tell_manager", "after": 120, "said": "loudly"}


def test_a_change_the_words_do_not_show_is_saved_all_the_same(cast, draft):
    term = term_of(draft, "first_touch")
    send(cast.dana, term, pauses="The Prospect asked for later\nThe prospect is away")
    labels = [reason["label"] for reason in term_of(draft, "first_touch").pause_reasons]
    assert labels == ["The Prospect asked for later", "The prospect is away"]
    assert AuditEntry.objects.get(verb="contract_draft_changed").facts["changes"] == [
        "First touch: the same in other words."
    ]


def test_a_new_promise_gets_a_key_of_its_own(cast, draft):
    page = signed_in(cast.mona).get(f"{reverse('promise-new')}?side=marketing")
    assert page.context["form"]["side"].value() == "marketing"
    new = Term(side="marketing", starts_on="rejected", stops_on=["return_answered"],
               target_seconds=3600, steps=[])  # fmt: skip
    for n in range(2):
        assert send(cast.mona, new, name="Answer a return!").status_code == 302, n
    keys = [term.key for term in drafting.terms_of(draft)][-2:]
    assert keys == ["answer_a_return", "answer_a_return_2"]
    assert term_of(draft, "answer_a_return").measure == "answer_a_return"


def test_a_removed_promise_can_be_brought_back(cast, draft):
    term = term_of(draft)
    data = {"base": drafting.ticket(term)}
    signed_in(cast.dana).post(reverse("promise-remove", args=[term.pk]), data)
    page = signed_in(cast.dana).get(reverse("contract-draft"))
    assert [term.key for term in page.context["gone"]] == ["accept_hot"]
    assert page.context["changes"] == ["No longer promised: Accept (hot)."]
    signed_in(cast.dana).post(reverse("promise-bring-back", args=["accept_hot"]))
    again = term_of(draft)
    assert (again.target_seconds, again.steps) == (term.target_seconds, term.steps)


def test_the_name_the_hop_limit_and_the_day_are_changed(cast, draft):
    url, client = reverse("contract-draft"), signed_in(cast.mona)
    data = {"base": drafting.ticket(draft), "name": "The deal", "hop_limit": "5",
            "starts": "2099-03-01T09:00"}  # fmt: skip
    assert client.post(url, data).status_code == 302
    draft.refresh_from_db()
    assert (draft.name, draft.hop_limit) == ("The deal", 5)
    assert draft.in_force_from == ny("2099-03-01 09:00")
    wrong = client.post(url, {**data, "hop_limit": "many", "starts": "2020-01-01T00:00"})
    assert wrong.status_code == 422
    assert wrong.context["form"].errors == {
        "hop_limit": ["Give a whole number from 0 to 20."],
        "starts": ["2020-01-01 00:00 is over; choose a later time, or leave it empty."],
    }
    stale = client.post(url, data | {"name": "Another"})
    assert stale.status_code == 409
    assert stale.context["form"]["name"].value() == "Another"


# --- First match wins ----------------------------------------------------------------------------


def test_the_order_is_shown_and_changed_and_what_is_never_reached_is_said(cast, draft):
    client = signed_in(cast.dana)
    general = term_of(draft, "accept")
    client.post(reverse("promise-move", args=[general.pk]), {"to": "up"})
    assert [t.key for t in drafting.terms_of(draft)][:2] == ["accept", "accept_hot"]
    page = client.get(reverse("contract-draft"))
    rows = dict(page.context["rows"])["sales"]
    assert [(row["p"].term.key, row["after"], row["of"]) for row in rows[:2]] == [
        ("accept", None, 2), ("accept_hot", general, 2),
    ]  # fmt: skip
    assert rows[1]["behind"] == general
    assert "“Accept (hot)” is never reached: “Accept” is tried first" in page.context["problems"][0]
    assert page.context["changes"] == ["Tried in another order: Accept, then Accept (hot)."]
    client.post(reverse("promise-move", args=[general.pk]), {"to": "down"})
    said = client.get(reverse("contract-draft")).context["problems"]
    assert said == ["It says what version 1 says; change something, or discard it."]


def test_the_ends_of_the_list_stay_where_they_are(cast, draft):
    before = [t.key for t in drafting.terms_of(draft)]
    drafting.move_term(term_of(draft).pk, up=True, by=cast.dana, at=AT)
    drafting.move_term(term_of(draft, "disposition").pk, up=False, by=cast.dana, at=AT)
    assert [t.key for t in drafting.terms_of(draft)] == before


# --- Two at once ---------------------------------------------------------------------------------


def test_two_editors_at_once_are_told_and_nothing_is_lost(cast, draft):
    seen = typed(term_of(draft), target="20 min")
    send(cast.mona, term_of(draft), target="10 min")
    url = reverse("promise", args=[term_of(draft).pk])
    answer = signed_in(cast.dana).post(url, seen)
    assert answer.status_code == 409
    assert "was changed by Mona while you worked on it" in answer.content.decode()
    assert answer.context["theirs"] == [
        "Accept (hot): within: 20 working minutes → 10 working minutes."
    ]
    assert answer.context["form"]["target"].value() == "20 min"
    assert term_of(draft).target_seconds == 600
    again = signed_in(cast.dana).post(url, seen | {"base": answer.context["base"]})
    assert again.status_code == 302
    assert term_of(draft).target_seconds == 1200


def test_two_editors_of_two_promises_do_not_meet(cast, draft):
    seen = typed(term_of(draft), target="20 min")
    send(cast.mona, term_of(draft, "accept"), target="2 h")
    url = reverse("promise", args=[term_of(draft).pk])
    assert signed_in(cast.dana).post(url, seen).status_code == 302


def test_a_wrong_field_mended_is_still_held_against_what_was_seen(cast, draft):
    """A refused form must not take over what another saved meanwhile as seen."""
    seen = typed(term_of(draft), target="soon")
    send(cast.mona, term_of(draft), target="10 min")
    url = reverse("promise", args=[term_of(draft).pk])
    wrong = signed_in(cast.dana).post(url, seen)
    mended = signed_in(cast.dana).post(
        url, seen | {"target": "20 min", "base": wrong.context["base"]}
    )
    assert (wrong.status_code, mended.status_code) == (422, 409)


def test_a_promise_removed_meanwhile_can_be_added_again(cast, draft):
    term = term_of(draft)
    seen, url = typed(term, target="20 min"), reverse("promise", args=[term.pk])
    promising.take_out(promising.TERMS, term.pk, base=drafting.ticket(term), by=cast.mona, at=AT)
    answer = signed_in(cast.dana).post(url, seen)
    assert answer.status_code == 409
    page = answer.content.decode()
    assert f'action="{reverse("promise-new")}"' in page
    assert 'value="20 min"' in page
    assert signed_in(cast.dana).post(reverse("promise-new"), seen).status_code == 302


def test_a_draft_discarded_meanwhile_keeps_what_was_typed(cast, draft):
    term = term_of(draft)
    seen, url = typed(term, target="20 min"), reverse("promise", args=[term.pk])
    base = drafting.whole_ticket(draft, drafting.terms_of(draft))
    assert signed_in(cast.mona).post(reverse("contract-discard"), {"base": base}).status_code == 302
    assert not Contract.objects.filter(is_draft=True).exists()
    answer = signed_in(cast.dana).post(url, seen)
    assert answer.status_code == 409
    assert "There is no draft any more" in answer.content.decode()
    assert 'value="20 min"' in answer.content.decode()


def test_a_draft_that_was_changed_is_not_discarded_unseen(cast, draft):
    base = drafting.whole_ticket(draft, drafting.terms_of(draft))
    send(cast.dana, term_of(draft), target="10 min")
    answer = signed_in(cast.mona).post(reverse("contract-discard"), {"base": base})
    assert (answer.status_code, Contract.objects.filter(is_draft=True).count()) == (409, 1)


# --- Pages ---------------------------------------------------------------------------------------


def test_an_admin_reads_the_draft_and_reps_do_not(cast, draft):
    page = signed_in(cast.admin).get(reverse("contract-draft"))
    assert page.status_code == 200
    assert "Sign for" not in page.content.decode()
    assert signed_in(cast.admin).post(reverse("contract-draft"), {}).status_code == 403
    assert signed_in(cast.sam).get(reverse("contract-draft")).status_code == 403


def test_the_draft_leads_to_what_it_would_have_done(cast, draft):
    send(cast.dana, term_of(draft), target="10 min")
    page = signed_in(cast.dana).get(reverse("contract-draft"))
    assert page.context["what_if"] == "/sla/what-if/?days=90&contract=on"
    assert signed_in(cast.dana).get(page.context["what_if"]).status_code == 200


def test_the_pages_cost_the_same_however_much_is_promised(cast, draft, django_assert_num_queries):
    client = signed_in(cast.dana)
    for names in (["More"], ["More 2", "More 3", "More 4"]):
        for name in names:
            send(cast.dana, Term(side="sales", starts_on="handed_over", stops_on=["call"],
                                 target_seconds=60, steps=[]), name=name)  # fmt: skip
        client.get(reverse("contract-draft"))
        with django_assert_num_queries(31):
            client.get(reverse("contract-draft"))


def test_the_versions_say_what_each_changed(cast, django_assert_num_queries):
    client, url = signed_in(cast.sam), reverse("contract-versions")
    client.get(url)
    with django_assert_num_queries(10):
        assert len(client.get(url).context["rows"]) == 1
    make_contract(version=2, in_force_from=AT, targets={"accept_hot": 600})
    make_contract(version=3, in_force_from=ny("2099-01-15 10:00"), hop_limit=5)
    with django_assert_num_queries(10):
        page = client.get(url)
    said = {row["contract"].version: (row["state"], row["changes"]) for row in page.context["rows"]}
    assert said[2][1] == ["Accept (hot): within: 15 working minutes → 10 working minutes."]
    assert said[3] == ("waits", [
        "Passed on at most: 2 → 5 times.",
        "Accept (hot): within: 10 working minutes → 15 working minutes.",
    ])  # fmt: skip
    assert (
        "within 10 working minutes"
        in client.get(reverse("contract-version", args=[2])).content.decode()
    )
    assert client.get(reverse("contract-version", args=[9])).status_code == 404


# --- Written and read again ----------------------------------------------------------------------


@given(st.integers(1, 250 * WORKING_DAY), st.sampled_from([WORKING_DAY, DAY]))
def test_a_span_reads_back_as_it_was_written(seconds, day):
    assert span_written(written(seconds, day=day), day=day) == seconds


later = st.tuples(
    st.sampled_from(sorted(set(Action.values) - {"warn", "breach"})), st.integers(0, 10 * DAY)
)


@given(
    st.lists(st.integers(1, 99), unique=True, max_size=4),
    st.lists(later, unique=True, max_size=6),
    st.sampled_from(["team", "owner", "wall"]),
)
def test_steps_read_back_as_they_were_written(shares, afters, calendar_of):
    steps = [
        *({"action": "warn", "share": share / 100} for share in sorted(shares)),
        {"action": "breach"},
        *({"action": a, "after": s} for a, s in sorted(afters, key=lambda each: each[1])),
    ]
    term = Term(steps=steps, calendar_of=calendar_of)
    data = {"steps-TOTAL_FORMS": len(steps) - 1, "steps-INITIAL_FORMS": 0}
    for n, row in enumerate(rows_of(term)):
        data |= {f"steps-{n}-action": row["action"], f"steps-{n}-when": row["when"]}
    day = DAY if calendar_of == "wall" else WORKING_DAY
    rows = Steps(data, prefix="steps", form_kwargs={"day": day})
    assert rows.is_valid(), rows.errors
    assert sorted(map(str, steps_of(rows, []))) == sorted(map(str, steps))
