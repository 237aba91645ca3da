"""Whose part of a handoff's waiting was whose: a bar and its numbers, for one and on average."""

from collections.abc import Mapping
from dataclasses import dataclass
from zoneinfo import ZoneInfo

from django.http import HttpResponse
from django.shortcuts import get_object_or_404, render
from django.views.decorators.http import require_GET

from accounts.instants import database_now
from accounts.models import User
from accounts.requests import SignedInRequest
from sla.figures import handoff_time
from sla.figures.handoff_time import WORDS, Average
from sla.figures.whose_time import Part, Split
from sla.reading import HOUR, MINUTE, WORKING_DAY
from sla.views.parts import part
from sla.views.period import asked_for

# The bar is drawn in so many units; a part that took any time is not thinner than a line.
WIDTH, THINNEST = 1000, 8


def time_words(seconds: int) -> str:
    """Working time to the minute, so that the parts are seen to add up: "2 h 24 min"."""
    days, rest = divmod(seconds, WORKING_DAY)
    hours, minutes = rest // HOUR, rest % HOUR // MINUTE
    if days > 1:
        hours_said = f" {hours} h" if hours else ""
        return f"{days} working days{hours_said}"
    said = [f"{n} {unit}" for n, unit in ((hours + 8 * days, "h"), (minutes, "min")) if n]
    return " ".join(said) or "under a minute"


@dataclass(slots=True)
class Bar:
    """One part as it is drawn: a word, its time, and its piece of the bar."""

    part: str
    label: str
    working: int
    wall: int = 0
    # By rep, where the part is the reps'.
    by: str = ""
    x: int = 0
    width: int = 0

    @property
    def said(self) -> str:
        return time_words(self.working) if self.working else "–"


def bars(seconds: Mapping[Part, int]) -> list[Bar]:
    """The parts side by side; their widths are their shares."""
    whole = sum(seconds.values())
    drawn = [Bar(part.value, WORDS[part], n) for part, n in seconds.items()]
    shown = [bar for bar in drawn if bar.working]
    room, x = WIDTH - THINNEST * len(shown), 0
    for bar in shown:
        bar.x, bar.width = x, THINNEST + room * bar.working // whole
        x += bar.width
    return drawn


@require_GET
def handoff_time_page(request: SignedInRequest, pk: int) -> HttpResponse:
    """The waiting of one handoff; for htmx the card alone."""
    at = database_now()
    get_object_or_404(handoff_time.visible_to(request.user), pk=pk)
    (told,) = handoff_time.of(handoff_time.visible_to(request.user).filter(pk=pk), at=at)
    context = {
        "at": at,
        "told": told,
        "lead": told.handoff.lead,
        "bars": _of_one(told.split),
        "whole": told.split.whole,
        "whole_words": time_words(told.split.whole.working),
    }
    name = "_handoff_time" if request.htmx else "handoff_time"
    return render(request, f"sla/{name}.html", context)


def _of_one(split: Split) -> list[Bar]:
    drawn = bars({part: amount.working for part, amount in split.parts.items()})
    reps: dict[int, int] = {}
    for stretch in split.stretches:
        if stretch.owner_id is not None:
            reps[stretch.owner_id] = reps.get(stretch.owner_id, 0) + stretch.working
    people = User.objects.in_bulk(reps) if reps else {}
    for bar in drawn:
        bar.wall = split.parts[Part(bar.part)].wall
        if bar.part == Part.REP:
            bar.by = ", ".join(f"{people[pk]} {time_words(n)}" for pk, n in reps.items())
    return drawn


@require_GET
def time_averages(request: SignedInRequest) -> HttpResponse:
    """The mean waiting of a period's handoffs, which the compliance page fetches."""
    at = database_now()
    period = asked_for(request.GET, zone=ZoneInfo(request.user.time_zone), at=at)
    found = handoff_time.averages(request.user, period.start, period.end, at=at)
    means = {part: found.whole.mean(part) for part in Part}
    context = {
        "at": at,
        "period": period,
        "found": found,
        "bars": bars(means),
        "whole_words": time_words(sum(means.values())),
        "reps": [(rep, _mean_words(rep, Part.REP)) for rep in found.reps],
        "teams": [
            (team, _mean_words(team, Part.QUEUE), _mean_words(team, Part.REP))
            for team in found.teams
        ],
        "most": handoff_time.MOST,
    }
    return part(request, "sla/_time_averages.html", "Where the time went", context)


def _mean_words(average: Average, part: Part) -> str:
    seconds = average.mean(part)
    return time_words(seconds) if seconds else "–"
