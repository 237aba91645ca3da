"""Sequences of touches: planned in working time, done step by step, stopped by what happens."""

import threading
from datetime import timedelta

import pytest
from django.db import IntegrityError, connection, transaction

from accounts.models import User
from accounts.refusals import Conflict, NotAllowed
from leads import deleting, erasing, merging, qualification, unmerging
from leads.activities import log_touch
from leads.bulk import running as bulk_running
from leads.bulk.deeds import BY_NAME
from leads.mail import inviting
from leads.mail.receiving import receive
from leads.mail.sending import deliver
from leads.models import BadAddress, Enrolment, EnrolmentStep, Lead, Merge, SentMail, Sequence, Task
from leads.sequences import keeping, running
from leads.sequences.figures import figures
from tests.accounts.test_own_pages import signed_in
from tests.factories import hours, make_cast, ny
from tests.leads.api.program import Program

AT = ny("2026-01-15 10:00")  # a Thursday
DAY = 8 * 3600
STEPS = [
    {"kind": "call", "wait": 0, "words": "Ask about the opening"},
    {"kind": "email", "wait": 2 * DAY, "words": "", "subject": "Tubs for {company}",
     "body": "Hello {first_name}", "sends": True},
    {"kind": "task", "wait": DAY, "words": "Send the price list"},
]  # fmt: skip
CONSENT = {"consent": {"text": "Yes, write to me."}}
pytestmark = pytest.mark.django_db


def plan(by, steps=STEPS, name="After the fair", shared="own") -> Sequence:
    return keeping.save(by, name=name, shared=shared, steps=steps, at=AT)


def accepted(cast, *, email="pat@spa.example", **row) -> Lead:
    lead = cast.hot_lead(at=AT, email=email, **{**CONSENT, **row})
    lead.refresh_from_db()
    handoff = lead.handoffs.get()
    handoff.accept(lead.owner or cast.sam, at=AT)
    lead.refresh_from_db()
    return lead


def begun(cast, steps=STEPS, **row) -> Enrolment:
    lead = accepted(cast, **row)
    return running.begin(lead, plan(lead.owner, steps).newest, by=lead.owner, at=AT)


def now(enrolment) -> Enrolment:
    enrolment.refresh_from_db()
    return enrolment


class TestGoingThrough:
    def test_the_first_step_is_a_task_within_a_working_hour(self, cast):
        enrolment = begun(cast)
        task = Task.objects.get()
        assert (task.words, task.owner, task.due_at) == (
            "Call: Ask about the opening", enrolment.owner, AT + hours(1),
        )  # fmt: skip

    def test_a_logged_call_does_it_and_the_next_is_planned_two_working_days_on(self, cast):
        enrolment = begun(cast)
        log_touch(enrolment.lead, "call", by=enrolment.owner, at=AT + hours(1), outcome="voicemail")
        assert Task.objects.get().done_at == AT + hours(1)
        step = EnrolmentStep.objects.waiting().get()
        # Thursday 11:00 and two days of eight hours: over the weekend to Monday 11:00.
        assert (step.place, step.sends, step.due_at) == (1, True, ny("2026-01-19 11:00"))

    def test_a_touch_of_another_kind_or_of_before_does_nothing(self, cast):
        enrolment = begun(cast)
        log_touch(enrolment.lead, "note", by=enrolment.owner, at=AT + hours(1), note="x")
        log_touch(enrolment.lead, "call", by=enrolment.owner, at=AT + hours(1),
                  occurred_at=AT - hours(2), outcome="voicemail")  # fmt: skip
        assert EnrolmentStep.objects.waiting().get().place == 0

    def test_the_mail_goes_out_once_whoever_comes_to_it_and_the_last_step_ends_it(self, cast):
        enrolment = begun(cast)
        Task.objects.get().finish(by=enrolment.owner, at=AT)
        due = EnrolmentStep.objects.waiting().get().due_at
        assert running.send_due(at=due - timedelta(seconds=1)) == 0
        assert (running.send_due(at=due), running.send_due(at=due)) == (1, 0)
        mail = SentMail.objects.get()
        assert (mail.subject, mail.body, mail.sender) == (
            "Tubs for Spa Hotel", "Hello Pat", enrolment.owner,
        )  # fmt: skip
        deliver(at=due + hours(1))  # its own touch does not do the step after it
        last = EnrolmentStep.objects.waiting().get()
        assert (last.place, last.task.words) == (2, "To do: Send the price list")
        last.task.finish(by=enrolment.owner, at=due + hours(2))
        assert now(enrolment).state == "finished"

    def test_mail_that_is_due_at_night_waits_for_the_morning(self, cast):
        enrolment = begun(cast)
        Task.objects.get().finish(by=enrolment.owner, at=AT)
        assert running.send_due(at=ny("2026-01-20 03:00")) == 0
        assert EnrolmentStep.objects.waiting().get().due_at == ny("2026-01-20 09:00")
        assert running.send_due(at=ny("2026-01-20 09:00")) == 1

    def test_a_task_to_do_again_takes_back_what_was_planned_after_it(self, cast):
        enrolment = begun(cast)
        task = Task.objects.get()
        task.finish(by=enrolment.owner, at=AT)
        task.reopen()
        assert [s.place for s in EnrolmentStep.objects.waiting()] == [0]
        task.finish(by=enrolment.owner, at=AT + hours(1))
        assert [s.place for s in EnrolmentStep.objects.waiting()] == [1]

    def test_who_is_in_it_goes_on_under_the_version_they_began_with(self, cast):
        enrolment = begun(cast)
        sequence = enrolment.version.sequence
        keeping.save(enrolment.owner, name="After the fair", shared="own", steps=STEPS[:1],
                     at=AT, sequence=sequence, seen=1)  # fmt: skip
        Task.objects.get().finish(by=enrolment.owner, at=AT)
        assert (now(enrolment).state, EnrolmentStep.objects.waiting().get().place) == ("active", 1)
        sequence.refresh_from_db()
        assert sequence.newest.number == 2


class TestStops:
    def stopped(self, enrolment):
        """Why, and that nothing is planned any more."""
        assert (Task.objects.open().count(), EnrolmentStep.objects.to_send(
            at=AT + hours(9999)).count()) == (0, 0)  # fmt: skip
        return now(enrolment).why

    def test_by_a_reply_and_not_by_an_automatic_one(self, cast):
        enrolment = begun(cast)
        head = b"From: pat@spa.example\r\nTo: sam@demo.test\r\nSubject: Hi\r\n"
        receive(head + b"Message-ID: <1@x>\r\nAuto-Submitted: auto-replied\r\n\r\nAway",
                arrived_at=AT, at=AT)  # fmt: skip
        step = EnrolmentStep.objects.waiting().get()
        assert (now(enrolment).state, step.due_at, step.task.due_at, step.put_off_at) == (
            "active", ny("2026-01-19 10:00"), ny("2026-01-19 10:00"), AT,
        )  # fmt: skip
        receive(head + b"Message-ID: <2@x>\r\n\r\nYes, call me", arrived_at=AT, at=AT)
        assert self.stopped(enrolment) == "replied"

    def test_by_a_meeting(self, cast):
        import uuid

        enrolment = begun(cast)
        inviting.invite(
            enrolment.lead, by=enrolment.owner, once=uuid.uuid4(), at=AT, title="Visit",
            starts_at=AT + hours(50), minutes=30, place="", words="",
        )  # fmt: skip
        assert self.stopped(enrolment) == "meeting"

    @pytest.mark.parametrize(
        ("deed", "why"), [("qualify", "qualified"), ("disqualify", "disqualified"),
                          ("recycle", "recycled"), ("reassign", "reassigned"),
                          ("delete", "deleted")],
    )  # fmt: skip
    def test_by_what_ends_its_time_with_its_owner(self, cast, deed, why):
        enrolment = begun(cast)
        lead, owner = enrolment.lead, enrolment.owner
        other = cast.sue if owner == cast.sam else cast.sam
        {
            "qualify": lambda: qualification.qualify(lead, by=owner, at=AT),
            "disqualify": lambda: qualification.disqualify(
                lead, by=owner, at=AT, reason="no_need"),
            "recycle": lambda: qualification.recycle(lead, by=owner, at=AT, reason="no_need"),
            "reassign": lambda: qualification.reassign(
                lead.handoffs.get(), other, by=cast.dana, at=AT, reason="Hers"),
            "delete": lambda: deleting.delete(lead, by=cast.admin, at=AT),
        }[deed]()  # fmt: skip
        assert self.stopped(enrolment) == why

    def test_merged_into_another_the_other_goes_on(self, cast):
        enrolment = begun(cast)
        left = cast.capture(at=AT, email="p@spa.example").lead
        merging.merge(left, enrolment.lead, by=cast.admin, at=AT)
        assert (now(enrolment).why, enrolment.lead_id) == ("merged", left.pk)
        unmerging.undo(Merge.objects.get(), by=cast.admin, at=AT)
        assert now(enrolment).state == "stopped"

    @pytest.mark.parametrize("what", ["consent", "bounced", "placeholder"])
    def test_where_nothing_may_be_sent_it_stops_and_says_why(self, cast, what):
        enrolment = begun(cast)
        Task.objects.get().finish(by=enrolment.owner, at=AT)
        lead = Lead.objects.filter(pk=enrolment.lead_id)
        said = {"consent": "not agreed", "bounced": "came back", "placeholder": "would be empty"}
        if what == "consent":
            lead.update(consent_at=None, consent_text="")
        elif what == "bounced":
            BadAddress.note("pat@spa.example", "No such user", at=AT)
        else:
            lead.update(first_name="")
        assert running.send_due(at=ny("2026-01-19 11:00")) == 0
        assert (self.stopped(enrolment), said[what] in enrolment.said) == ("no_mail", True)
        assert SentMail.objects.count() == 0

    def test_nothing_goes_out_in_the_name_of_who_has_left(self, cast):
        enrolment = begun(cast)
        Task.objects.get().finish(by=enrolment.owner, at=AT)
        User.objects.filter(pk=enrolment.owner_id).update(is_active=False)
        assert running.send_due(at=ny("2026-01-19 11:00")) == 0
        assert (self.stopped(enrolment), SentMail.objects.count()) == ("gone", 0)
        assert enrolment.said == f"{enrolment.owner} has left."

    def test_a_mail_that_has_not_gone_out_yet_is_taken_back(self, cast):
        enrolment = begun(cast)
        Task.objects.get().finish(by=enrolment.owner, at=AT)
        at = ny("2026-01-19 11:00")
        running.send_due(at=at)
        qualification.qualify(enrolment.lead, by=enrolment.owner, at=at)
        assert SentMail.objects.get().cancelled_at == at

    def test_by_hand_on_the_page_which_says_so(self, cast):
        enrolment = begun(cast)
        client = signed_in(enrolment.owner)
        page = f"/leads/{enrolment.lead_id}/"
        assert "step 1 of 3" in client.get(page).content.decode()
        client.post(f"/enrolments/{enrolment.pk}/stop/")
        assert self.stopped(enrolment) == "by_hand"
        assert "stopped by hand" in client.get(page).content.decode()


class TestBeginning:
    def test_one_at_a_time(self, cast):
        enrolment = begun(cast)
        with pytest.raises(Conflict, match="is in “After the fair” already"):
            running.begin(enrolment.lead, enrolment.version, by=enrolment.owner, at=AT)
        with pytest.raises(IntegrityError), transaction.atomic():
            Enrolment.objects.create(
                lead=enrolment.lead, version=enrolment.version, owner=enrolment.owner,
                by=enrolment.owner, started_at=AT,
            )  # fmt: skip

    def test_not_before_it_is_accepted(self, cast):
        lead = cast.hot_lead(at=AT)
        with pytest.raises(Conflict, match="was not accepted yet"):
            running.begin(lead, plan(cast.sam).newest, by=cast.sam, at=AT)

    def test_many_from_a_list_and_taken_back_where_nothing_followed(self, cast):
        leads = [accepted(cast, email=f"p{n}@spa.example") for n in range(3)]
        version = plan(cast.dana, shared=str(cast.sales.pk)).newest
        numbers = [lead.pk for lead in leads]
        run = bulk_running.start(
            BY_NAME["enrol"], numbers, {"version": version.pk, "name": "x"}, by=cast.dana, at=AT
        )
        bulk_running.go_on(run.pk)
        assert {e.owner_id for e in Enrolment.objects.all()} == {lead.owner_id for lead in leads}
        Task.objects.first().finish(by=cast.dana, at=AT)
        run.refresh_from_db()
        bulk_running.undo(run, at=AT)
        bulk_running.go_on(run.pk)
        assert Enrolment.objects.count() == 1

    def test_from_the_page_and_by_the_api(self, cast):
        lead = accepted(cast)
        other = accepted(cast, email="o@spa.example")
        sequence = plan(cast.dana, shared=str(cast.sales.pk))
        signed_in(lead.owner).post(f"/leads/{lead.pk}/sequence/", {"sequence": sequence.pk})
        assert Enrolment.objects.get().lead == lead
        program = Program(other.owner)
        assert [s["name"] for s in program.get("sequences/").json()["results"]] == [sequence.name]
        got = program.post(f"leads/{other.pk}/enrol/", {"sequence": sequence.pk})
        again = program.post(f"leads/{other.pk}/enrol/", {"sequence": sequence.pk})
        none = program.post(f"leads/{other.pk}/enrol/", {"sequence": 999})
        assert (got.status_code, again.status_code, none.status_code) == (201, 409, 422)

    def test_somebody_elses_own_sequence_can_not_be_used_or_changed(self, cast):
        lead = accepted(cast)
        other = cast.sue if lead.owner == cast.sam else cast.sam
        sequence = plan(other)
        answer = signed_in(lead.owner).post(
            f"/leads/{lead.pk}/sequence/", {"sequence": sequence.pk}
        )
        assert (answer.status_code, Enrolment.objects.count()) == (422, 0)
        with pytest.raises(NotAllowed):
            keeping.save(lead.owner, name="x", shared="own", steps=STEPS, at=AT, sequence=sequence)


class TestKeeping:
    def rows(self, *steps, initial=0):
        data = {"steps-TOTAL_FORMS": len(steps), "steps-INITIAL_FORMS": initial}
        for n, step in enumerate(steps):
            data |= {f"steps-{n}-{name}": value for name, value in step.items()}
        return data

    def test_made_in_the_browser_in_the_order_of_places(self, cast):
        client = signed_in(cast.sam)
        data = self.rows(
            {"kind": "email", "days": 2, "hours": 1, "subject": "Hi {first_name}", "body": "Hello",
             "ORDER": 2},
            {"kind": "call", "days": 0, "words": "Ask", "ORDER": 1},
        )  # fmt: skip
        answer = client.post("/sequences/new/", {"name": "Fair", "shared": "own", **data})
        sequence = Sequence.objects.get()
        assert (answer.status_code, answer.url) == (302, f"/sequences/{sequence.pk}/")
        assert [(s["kind"], s["wait"]) for s in sequence.newest.steps] == [
            ("call", 0), ("email", 2 * DAY + 3600),
        ]  # fmt: skip
        assert client.get(answer.url).status_code == 200

    @pytest.mark.parametrize(
        ("step", "said"),
        [
            ({"kind": "email", "days": 1}, "Write a subject, or choose a template."),
            ({"kind": "task", "days": 1}, "Say what is to be done."),
            ({"kind": "email", "days": 1, "subject": "{nobody}", "body": "x"},
             "{nobody} is no placeholder"),
            ({"kind": "call", "days": 91}, "less than or equal to 90"),
            ({}, "Plan at least one step."),
        ],
    )  # fmt: skip
    def test_what_is_wrong_is_said_and_what_was_typed_stays(self, cast, step, said):
        data = {"name": "Fair \x00", "shared": "own", **self.rows(step)}
        data["name"] = "Fair"
        answer = signed_in(cast.sam).post("/sequences/new/", data)
        assert (answer.status_code, said in answer.content.decode()) == (422, True)
        assert 'value="Fair"' in answer.content.decode()

    def test_two_who_change_it_at_once_are_told(self, cast):
        sequence = plan(cast.sam)
        keeping.save(cast.sam, name="A", shared="own", steps=STEPS[:2], at=AT, sequence=sequence,
                     seen=1)  # fmt: skip
        with pytest.raises(Conflict, match="changed meanwhile"):
            keeping.save(cast.sam, name="A", shared="own", steps=STEPS, at=AT, sequence=sequence,
                         seen=1)  # fmt: skip


def test_figures_count_each_step_and_mark_small_numbers(cast):
    enrolment = begun(cast)
    other = accepted(cast, email="o@spa.example")
    running.begin(other, enrolment.version, by=other.owner, at=AT)
    Task.objects.get(lead=other).finish(by=other.owner, at=AT)
    other.record("reply", by=None, at=AT, occurred_at=AT)
    [told] = figures([enrolment.version.sequence])[enrolment.version.sequence_id]
    assert (told.begun, told.active, told.replied, told.is_few) == (2, 1, 1, True)
    assert [(s.done, s.replied, s.reply_share) for s in told.steps] == [
        (1, 1, 1.0), (0, 0, None), (0, 0, None),
    ]  # fmt: skip


@pytest.mark.parametrize("count", [1, 3])
def test_the_list_costs_the_same_for_many(cast, count, django_assert_num_queries):
    for n in range(count):
        plan(cast.sam, name=f"Plan {n}")
    client = signed_in(cast.sam)
    client.get("/sequences/")
    with django_assert_num_queries(10):
        assert client.get("/sequences/").status_code == 200


def test_erased_with_its_lead_is_what_was_said(cast):
    enrolment = begun(cast)
    Enrolment.objects.filter(pk=enrolment.pk).update(said="pat@spa.example")
    deleting.delete(enrolment.lead, by=cast.admin, at=AT)
    erasing.erase(at=AT + timedelta(days=31))
    assert (now(enrolment).said, Task.objects.count()) == ("", 0)


@pytest.mark.django_db(transaction=True)
def test_many_workers_write_each_mail_once():
    cast = make_cast()
    leads = [accepted(cast, email=f"p{n}@spa.example") for n in range(4)]
    version = plan(cast.dana, [STEPS[1]], shared=str(cast.sales.pk)).newest
    for lead in leads:
        running.begin(lead, version, by=cast.dana, at=AT)
    written, barrier = [], threading.Barrier(4)

    def work():
        barrier.wait()
        written.append(running.send_due(at=ny("2026-01-20 12:00")))
        connection.close()

    threads = [threading.Thread(target=work) for _ in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert (sum(written), SentMail.objects.count()) == (4, 4)
    assert {e.state for e in Enrolment.objects.all()} == {"finished"}
