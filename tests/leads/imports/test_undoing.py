"""A whole import taken back: what goes, what is put back, what stays and why."""

import pytest

from accounts.instants import database_now
from accounts.models import AuditEntry, OutboxMessage
from accounts.refusals import Conflict
from leads.activities import log_touch
from leads.editing import edit
from leads.imports import running, undoing
from leads.models import Activity, Handoff, Import, Lead
from sla.models import Clock
from tests.factories import hours
from tests.leads.imports.files import imported, received, table, worked

HEADER = ["email", "first name", "company", "title", "what happened", "tub"]
pytestmark = pytest.mark.django_db


def undone(importing: Import, by) -> Import:
    undoing.undo(importing, by=by, at=database_now())
    return worked(importing)


def facts(lead: Lead) -> dict[str, object]:
    """All of a lead but when it was last written and judged."""
    found = dict(Lead.objects.filter(pk=lead.pk).values().get())
    del found["updated_at"], found["scored_at"]
    return found


def figures(importing: Import) -> tuple[str, int, int, int]:
    return importing.state, importing.removed, importing.reverted, importing.kept


def test_new_leads_go_and_merges_are_reverted(cast, monkeypatch):
    monkeypatch.setattr(running, "BATCH", 2)
    at = database_now()
    known = cast.capture(at=at, email="pat@spa.example", first_name="Pat", extra={"a": 1}).lead
    before, activities = facts(known), list(Activity.objects.values())
    done = imported(
        table(
            [
                HEADER,
                ["pat@spa.example", "", "Spa Hotel", "", "", "round"],
                ["kim@spa.example", "Kim", "", "", "", ""],
                ["kim@spa.example", "", "Kim's Spa", "", "", "square"],
            ]
        ),
        cast.maya,
    )
    assert (done.created, done.merged) == (1, 2)
    known.refresh_from_db()
    assert (known.company, known.extra) == ("Spa Hotel", {"a": 1, "tub": "round"})
    assert figures(undone(done, cast.mona)) == ("undone", 1, 2, 0)
    assert facts(known) == before
    assert list(Activity.objects.values()) == activities
    assert list(Lead.objects.all()) == [known]
    verbs = AuditEntry.objects.order_by("pk").values_list("verb", "actor__email")
    assert list(verbs) == [
        ("import.started", "maya@demo.test"),
        ("import.undone", "mona@demo.test"),
    ]


def test_an_overwrite_is_put_back(cast):
    lead = cast.capture(at=database_now(), email="pat@spa.example", company="Old Spa").lead
    before = facts(lead)
    data = table([["email", "company"], ["pat@spa.example", "New Spa"]])
    done = imported(data, cast.maya, duplicates="overwrite")
    assert figures(undone(done, cast.maya)) == ("undone", 0, 1, 0)
    assert facts(lead) == before
    assert lead.activities.count() == 1


def test_what_somebody_did_since_stays_and_is_said(cast):
    known = cast.capture(at=database_now(), email="pat@spa.example").lead
    done = imported(
        table(
            [
                HEADER,
                ["pat@spa.example", "", "Spa Hotel", "Director", "", ""],
                ["kim@spa.example", "Kim", "", "", "", ""],
            ]
        ),
        cast.maya,
    )
    edit(known, {"company": "Spa & Co"}, by=cast.maya, at=database_now())
    kim = Lead.objects.get(email="kim@spa.example")
    log_touch(kim, "note", by=cast.maya, at=database_now(), note="Called back")
    done = undone(done, cast.maya)
    assert figures(done) == ("undone", 0, 0, 2)
    assert done.batches.get().kept == [
        [kim.pk, "Note since"], [known.pk, "company was changed since"],
    ]  # fmt: skip
    known.refresh_from_db()
    assert (known.company, known.job_title) == ("Spa & Co", "")


def test_what_was_handed_over_comes_back_unless_sales_is_at_it(cast):
    rows = [[f"p{n}@spa.example", "Pat", "Spa", "Director of Wellness", "event", ""]
            for n in range(3)]  # fmt: skip
    met = cast.capture(at=database_now(), email="p2@spa.example").lead
    before = facts(met)
    done = imported(table([HEADER, *rows]), cast.maya, campaign=cast.campaign)
    assert (done.created, done.merged, done.handed_over) == (2, 1, 3)
    accepted = Handoff.objects.get(lead__email="p0@spa.example")
    accepted.accept(accepted.owner, at=database_now())
    assert figures(undone(done, cast.maya)) == ("undone", 1, 1, 1)
    assert facts(met) == before
    assert set(Clock.objects.values_list("lead__email", flat=True)) == {"p0@spa.example"}
    assert list(Handoff.objects.all()) == [accepted]
    # Nobody is told of a lead that is not there any more.
    about = set(OutboxMessage.objects.values_list("url", flat=True))
    assert about == {accepted.lead.get_absolute_url(), met.get_absolute_url()}


def test_a_deadline_that_passed_at_sales_stays_in_the_record(cast):
    done = imported(
        table([HEADER, ["p@spa.example", "Pat", "Spa", "Director of Wellness", "event", ""]]),
        cast.maya,
        campaign=cast.campaign,
    )
    Clock.objects.update(due_at=database_now() - hours(1))
    done = undone(done, cast.maya)
    assert figures(done) == ("undone", 0, 0, 1)
    assert done.batches.get().kept[0][1] == "a deadline of sales has passed"


def test_an_undo_that_was_cut_off_goes_on(cast, monkeypatch):
    monkeypatch.setattr(running, "BATCH", 1)
    rows = [[f"p{n}@x.example"] for n in range(4)]
    done = imported(table([["email"], *rows]), cast.maya)
    undoing.undo(done, by=cast.maya, at=database_now())
    mine = running.claim(done.pk, at=database_now())
    steps = undoing.steps(done, mine, lease=running.LEASE)
    next(steps)
    assert list(Lead.objects.order_by("pk").values_list("email", flat=True)) == [
        "p0@x.example", "p1@x.example", "p2@x.example",
    ]  # fmt: skip
    Import.objects.update(claimed_until=database_now())
    assert figures(worked(done)) == ("undone", 4, 0, 0)
    assert list(steps) == []


def test_only_what_has_ended_can_be_undone_and_only_once(cast):
    importing = received(table([["email"], ["p@x.example"]]), cast.maya)
    with pytest.raises(Conflict):
        undoing.undo(importing, by=cast.maya, at=database_now())
    running.start(importing, by=cast.maya, at=database_now())
    with pytest.raises(Conflict):
        undoing.undo(importing, by=cast.maya, at=database_now())
    done = undone(worked(importing), cast.maya)
    with pytest.raises(Conflict):
        undoing.undo(done, by=cast.maya, at=database_now())


def test_after_an_undo_the_file_can_come_again(cast):
    data = table([["email"], ["p@x.example"]])
    undone(imported(data, cast.maya), cast.maya)
    assert imported(data, cast.maya).created == 1
