"""Loading the demo company: all of it or nothing, the same for the same seed and instant."""

import hashlib
from datetime import UTC, datetime

import pytest
from django.core.management import CommandError, call_command
from django.db import connection, transaction

from accounts.models import Notification, OutboxMessage, Role, User
from accounts.refusals import Conflict
from leadflow.demo import loading
from leadflow.starter import start_company
from leads.capture import capture_leads
from leads.models import Activity, Assignment, Deal, Handoff, Lead, Return
from sla.agreement import in_force
from sla.models import Alarm, Breach, Clock

# A Sunday: nobody works, and the queue must be believable all the same.
NOW = datetime(2027, 3, 14, 15, 20, tzinfo=UTC)
pytestmark = [pytest.mark.slow, pytest.mark.django_db]

FACTS = (
    (Lead, ("email", "phone", "stage", "aida", "score", "tier", "persona__slug", "owner__email",
            "campaign__slug", "respond_by", "created_at", "updated_at", "score_reasons")),
    (Activity, ("lead__email", "kind", "actor__email", "occurred_at", "recorded_at", "evidence",
                "outcome", "note", "data")),
    (Handoff, ("lead__email", "cycle", "state", "owner__email", "handed_over_at", "accepted_at",
               "closed_at", "hops", "reason", "receipt")),
    (Clock, ("lead__email", "term__key", "term__contract__version", "round", "state", "due_at",
             "stopped_at", "ended_at", "owner__email", "team__slug")),
    (Alarm, ("clock__lead__email", "clock__term__key", "clock__round", "step", "fire_at", "state",
             "fired_at")),
    (Breach, ("clock__lead__email", "clock__term__key", "owner__email", "breached_at",
              "noticed_at")),
    (Assignment, ("handoff__lead__email", "at", "how", "rep__email", "reason", "skipped")),
    (Return, ("handoff__lead__email", "reason", "answer", "answered_at")),
    (Deal, ("lead__email", "name", "amount", "state", "opened_at", "closed_at", "reason")),
    (OutboxMessage, ("recipient__email", "kind", "title", "created_at", "delivered_at")),
    (Notification, ("user__email", "title", "created_at", "read_at")),
)  # fmt: skip


def digests():
    """One digest a table, of everything but ids."""
    found = {}
    for model, fields in FACTS:
        rows = sorted(repr(row) for row in model.objects.order_by().values_list(*fields))
        found[model.__name__] = hashlib.sha256("\n".join(rows).encode()).hexdigest()
    return found


def load_and_undo(**options):
    with transaction.atomic():
        loading.load(at=NOW, leads=40, **options)
        found = digests()
        transaction.set_rollback(True)
    return found


def test_the_same_seed_and_instant_make_the_same_rows_and_another_seed_others():
    first = load_and_undo()
    assert load_and_undo() == first
    assert load_and_undo(seed=8)["Lead"] != first["Lead"]


@pytest.mark.parametrize(
    "at",
    [
        datetime(2027, 3, 15, 4, 30, tzinfo=UTC),  # Sunday night in New York
        datetime(2027, 3, 15, 13, 5, tzinfo=UTC),  # Monday, just opened there
        datetime(2027, 7, 6, 14, 0, tzinfo=UTC),  # the day after a long weekend
        datetime(2026, 12, 25, 12, 0, tzinfo=UTC),  # closed in both countries
        datetime(2026, 11, 20, 22, 30, tzinfo=UTC),  # Friday, after work
    ],
)
def test_sam_has_a_believable_queue_whenever_the_demo_is_loaded(at):
    loading.load(at=at, leads=30)
    sam = User.objects.get(email="sam@demo.test")
    queue = Handoff.objects.queue_for(sam)
    assert 8 <= queue.count() <= 15
    assert queue.filter(lead__respond_by__lt=at).count() in (1, 2)
    assert queue.filter(state="offered", receipt__tier="hot").count() >= 2
    assert queue.filter(state="accepted").count() >= 4
    assert Handoff.objects.unassigned().count() >= 1
    assert 2 <= Return.objects.waiting().count() <= 6
    assert 8 <= Lead.objects.ready_to_hand_over().count() <= 14


def test_the_demo_people_have_the_roles_that_the_readme_names():
    loading.load(at=NOW, leads=0)
    roles = {name: User.objects.get(email=f"{name}@demo.test") for name in
             ("maya", "sam", "mona", "dana", "admin")}  # fmt: skip
    assert {name: user.role for name, user in roles.items()} == {
        "maya": Role.MARKETER,
        "sam": Role.SALES_REP,
        "mona": Role.MARKETING_MANAGER,
        "dana": Role.SALES_MANAGER,
        "admin": Role.ADMIN,
    }
    assert all(user.check_password("demo-leadflow") for user in User.objects.all())
    assert in_force(NOW).version == 2


def test_an_install_with_people_is_left_alone():
    User.objects.create_user("somebody@company.example")
    with pytest.raises(CommandError, match="has people already"):
        call_command("load_demo", leads=5)
    assert User.objects.count() == 1


def test_an_interrupted_load_leaves_nothing():
    def stop(instant):
        if Lead.objects.count() > 5:
            raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        loading.load(at=NOW, leads=60, progress=stop)
    assert (User.objects.count(), Lead.objects.count()) == (0, 0)
    assert connection.features.uses_savepoints  # it does without them, but only for itself


def test_a_company_without_demo_data_can_hand_over_its_first_lead():
    start_company(email="ann@company.example", password="long enough 17", tz="Europe/London",
                  country="GB", at=NOW)  # fmt: skip
    ann = User.objects.get()
    captured = capture_leads(
        [{"email": "pat@spa.example", "company": "Spa", "job_title": "Owner",
          "touchpoint": kind} for kind in ("form", "event")],
        by=ann, team=ann.teams.get(slug="marketing"), at=NOW,
    )  # fmt: skip
    assert captured[0].handoff.owner == ann
    assert captured[0].handoff.clocks.count() == 3
    with pytest.raises(Conflict):
        start_company(email="bob@company.example", password="x", tz="Europe/London", at=NOW)
