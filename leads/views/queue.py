"""The queue: what a rep does next, the nearest deadline on top, kept current by polling."""

import hashlib
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from django.core.exceptions import PermissionDenied
from django.db.models import Count, Q, QuerySet
from django.db.models.functions import Now
from django.http import HttpResponse, HttpResponseNotModified
from django.shortcuts import render
from django.urls import reverse
from django.utils.http import quote_etag
from django.views.decorators.http import require_GET

from accounts.instants import database_now
from accounts.models import User
from accounts.requests import SignedInRequest
from leads import deadlines
from leads.models import Assignment, Handoff

# More than anybody works through in a day; the rest is behind them by deadline.
MOST = 100
SHOWS = ("all", "offered", "accepted", "at_risk")


@dataclass(frozen=True, slots=True)
class Row:
    """One line of the queue: the handoff, the clock that runs out first, and where that one is
    missed the next that can be kept."""

    handoff: Handoff
    clock: Any
    then: Any
    at_risk: bool

    @classmethod
    def of(cls, handoff: Handoff, *, at: datetime) -> "Row":
        """Read from a handoff with its clocks."""
        clock = deadlines.next_clock(handoff)
        then = deadlines.following_clock(handoff, at=at)
        return cls(handoff, clock, then, deadlines.is_at_risk(clock, at=at))

    @property
    def deadline(self) -> str:
        return deadlines.label(self.clock)

    @property
    def then_deadline(self) -> str:
        return deadlines.label(self.then)

    @property
    def ledger(self) -> list[Assignment]:
        """Who had it and why, newest first; prefetch `assignments` to read it without a query."""
        return list(self.handoff.assignments.all())[::-1]

    def belongs_to(self, show: str) -> bool:
        return show == "all" or (self.at_risk if show == "at_risk" else self.handoff.state == show)


@require_GET
def queue(request: SignedInRequest) -> HttpResponse:
    """The page, for people in sales."""
    _sales_only(request.user)
    return render(request, "leads/queue.html", rows_context(request.user, _show(request)))


@require_GET
def queue_rows(request: SignedInRequest) -> HttpResponse:
    """The rows alone, for the poll: 304 while nothing has changed."""
    _sales_only(request.user)
    show = _show(request)
    etag = quote_etag(signature(request.user, show))
    if request.headers.get("If-None-Match") == etag:
        answer: HttpResponse = HttpResponseNotModified()
    else:
        answer = render(request, "leads/_queue_rows.html", rows_context(request.user, show))
    answer["ETag"] = etag
    answer["Cache-Control"] = "private, no-cache"
    return answer


def _sales_only(user: User) -> None:
    if not user.is_sales:
        raise PermissionDenied("The queue is for people in sales.")


def rows_context(user: User, show: str) -> dict[str, Any]:
    """What the rows are drawn from: two queries, however long the queue is."""
    at = database_now()
    found = queue_rows_of(user, at=at)
    return {
        "at": at,
        "rows": [row for row in found if row.belongs_to(show)],
        "tabs": [_tab(found, name, show) for name in SHOWS],
        "show": show,
        "here": here(show),
        "most": MOST if len(found) == MOST else None,
    }


def here(show: str) -> str:
    """The queue's address with its filter."""
    return reverse("queue") + (f"?show={show}" if show != "all" else "")


def queue_rows_of(user: User, *, at: datetime) -> list[Row]:
    """The user's queue, next deadline first."""
    related = ("lead__persona", "lead__campaign", "owner", "pool")
    handoffs = deadlines.with_clocks(_queue(user).select_related(*related))
    return [Row.of(handoff, at=at) for handoff in handoffs[:MOST]]


def _queue(user: User) -> QuerySet[Handoff]:
    return Handoff.objects.queue_for(user)


def _tab(rows: list[Row], name: str, show: str) -> dict[str, Any]:
    return {
        "name": name,
        "label": name.replace("_", " ").capitalize(),
        "count": sum(row.belongs_to(name) for row in rows),
        "url": here(name),
        "current": name == show,
    }


def _show(request: SignedInRequest) -> str:
    show = request.GET.get("show", "all")
    return show if show in SHOWS else "all"


def signature(user: User, show: str) -> str:
    """Changes whenever what the queue shows does; one query.

    Alarms that have come due are counted, so that a lead becomes "at risk" in time.
    """
    due = Q(clocks__ended_at=None, clocks__alarms__fire_at__lte=Now())
    facts = _queue(user).values_list(
        "pk", "state", "lead__updated_at", "lead__respond_by", "lead__score"
    )
    rows = list(facts.annotate(due=Count("clocks__alarms", filter=due))[:MOST])
    return hashlib.sha256(repr((user.pk, show, rows)).encode()).hexdigest()[:32]
