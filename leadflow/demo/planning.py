"""What the reps mean to do next, and what they heard: tasks, days deals close on, insights."""

from datetime import datetime, timedelta
from zoneinfo import ZoneInfo

from leads.forms_tasks import next_morning
from leads.models import Deal, Handoff, Insight, Task

TO_DO = (
    "Send the prices for two sizes", "Call back after the site visit", "Ask who decides",
    "Bring the heating figures", "Confirm the demonstration", "Chase the drawing of the terrace",
)  # fmt: skip
HEARD = (
    ("why_not", "The terrace does not carry it"), ("objection", "Too loud at night"),
    ("pain", "Back hurts after work"), ("goal", "Something for the winter"),
    ("objection", "Who cleans it?"), ("why_not", "Wait for the bonus"),
    ("pain", "Heating costs"), ("objection", "Too loud at night"),
)  # fmt: skip
# One more day after so many tasks, so that a week fills up evenly.
A_DAY = 3
HOUR = timedelta(hours=1)


def plan(*, at: datetime) -> None:
    """One task for every second lead that is being worked, a closing day for each open deal."""
    under_way = Handoff.objects.open().filter(accepted_at__isnull=False).select_related("owner")
    tasks: list[Task] = []
    given: dict[int, int] = {}
    for handoff in under_way.order_by("pk")[::2]:
        rep = handoff.owner
        if rep is None:
            continue
        number = given.setdefault(rep.pk, 0)
        given[rep.pk] += 1
        due = next_morning(at, ZoneInfo(rep.time_zone))
        for _ in range(number // A_DAY):
            due = next_morning(due, ZoneInfo(rep.time_zone))
        tasks.append(
            Task(
                lead_id=handoff.lead_id,
                words=TO_DO[handoff.pk % len(TO_DO)],
                by=rep,
                due_at=due + (number % A_DAY) * 2 * HOUR,
                made_at=at - HOUR,
            )
        )
    Task.objects.bulk_create(tasks)
    _hear(at=at)
    deals = list(Deal.objects.open().order_by("pk"))
    for number, deal in enumerate(deals):
        deal.expected_on = at.date() + timedelta(days=3 + number * 4 % 25)
    Deal.objects.bulk_update(deals, ["expected_on"])


def _hear(*, at: datetime) -> None:
    """One thing from every sixth lead that a rep has spoken with."""
    spoken = Handoff.objects.filter(first_touch_at__isnull=False, owner__isnull=False)
    heard = (
        spoken.filter(lead__persona__isnull=False)
        .select_related("lead__persona", "owner")
        .order_by("pk")
    )
    found: dict[int, Insight] = {}
    for number, handoff in enumerate(heard[::6]):
        rep, spoke_at, persona = handoff.owner, handoff.first_touch_at, handoff.lead.persona
        if rep is None or spoke_at is None or persona is None:
            continue
        about, words = HEARD[number % len(HEARD)]
        found[handoff.lead_id] = Insight(
            lead=handoff.lead,
            persona=persona,
            about=about,
            words=words,
            by=rep,
            at=spoke_at,
        )
    Insight.objects.bulk_create(found.values())
