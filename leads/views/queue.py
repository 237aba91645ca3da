"""The queue: what a rep does next, the nearest deadline on top, kept current by polling."""

import hashlib
from dataclasses import dataclass
from datetime import datetime
from typing import Any
from zoneinfo import ZoneInfo

from django.core.exceptions import PermissionDenied
from django.http import HttpResponse, HttpResponseNotModified, QueryDict
from django.shortcuts import redirect, render
from django.utils.http import quote_etag
from django.views.decorators.http import require_GET, require_POST

from accounts.instants import database_now
from accounts.models import User
from accounts.requests import SignedInRequest
from leads import deadlines, polling
from leads.bulk.deeds import for_role
from leads.forms_sales import RejectForm, TouchForm
from leads.lists.asking import ALL, Asked, asked
from leads.lists.grouping import GROUPS, grouped
from leads.lists.places import QUEUE
from leads.models import Assignment, Handoff, Kind, ListSettings

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
    """The page, for people in sales: their queue as address or view say."""
    _sales_only(request.user)
    zone = ZoneInfo(request.user.time_zone)
    offline = {"reject": RejectForm(), "call": TouchForm(kind=Kind.CALL, zone=zone)}
    context = _context(request, request.GET) | {"offline": offline}
    return render(request, "leads/queue.html", context)


@require_GET
def queue_rows(request: SignedInRequest) -> HttpResponse:
    """The rows alone, for the poll and for other filters: 304 while nothing has changed."""
    etag = quote_etag(signature(request.user, request.META["QUERY_STRING"]))
    if request.headers.get("If-None-Match") == etag:
        # Whoever has this validator was shown the queue, under the configuration of now.
        answer: HttpResponse = HttpResponseNotModified()
    else:
        _sales_only(request.user)
        context = _context(request, request.GET)
        answer = render(request, "leads/_queue_rows.html", context)
        if request.htmx.trigger != "queue":  # a filter, not the poll
            answer["HX-Push-Url"] = context["here"]
    answer["ETag"] = etag
    answer["Cache-Control"] = "private, no-cache"
    return answer


@require_POST
def queue_group(request: SignedInRequest) -> HttpResponse:
    """Group the rows by something else, now and whenever this person comes back."""
    _sales_only(request.user)
    by = request.POST.get("group", "")
    by = by if by in GROUPS else next(iter(GROUPS))
    ListSettings.change(request.user, queue_group=by)
    query = request.POST.copy()
    query["group"] = by
    context = _context(request, query)
    if not request.htmx:
        return redirect(context["here"])
    answer = render(request, "leads/_queue_rows.html", context)
    answer["HX-Push-Url"] = context["here"]
    return answer


def _sales_only(user: User) -> None:
    if not user.is_sales:
        raise PermissionDenied("The queue is for people in sales.")


def _context(request: SignedInRequest, query: QueryDict) -> dict[str, Any]:
    context = rows_context(request.user, query)
    return context | {
        "groupings": [(name, label, name == context["asked"].group) for name, label in
                      GROUPS.items()],
        "deeds": for_role(request.user.role, without=QUEUE.without),
    }  # fmt: skip


def rows_context(user: User, query: QueryDict) -> dict[str, Any]:
    """What the rows are drawn from: two queries, however long the queue is."""
    at = database_now()
    found = asked(query, user=user, at=at, place=QUEUE)
    rows = queue_rows_of(user, at=at, found=found)
    show = found.query.get("show", "all")
    show = show if show in SHOWS else "all"
    shown = [row for row in rows if row.belongs_to(show)]
    return {
        "at": at,
        "asked": found,
        "filters": found.filters,
        "said": [(part, found.url(where=rest)) for part, rest in found.filters.said],
        "groups": grouped(shown, found.group, at=at, zone=ZoneInfo(user.time_zone)),
        "tabs": [_tab(rows, name, show, found) for name in SHOWS],
        "show": show,
        "here": found.url(),
        "list_query": found.carried(),
        "all_url": QUEUE.url(f"view={ALL}" if found.kept.opens_with else ""),
        "most": MOST if len(rows) == MOST else None,
    }


def queue_rows_of(user: User, *, at: datetime, found: Asked | None = None) -> list[Row]:
    """The user's queue, narrowed as asked, next deadline first."""
    related = ("lead__persona", "lead__campaign", "owner", "pool")
    handoffs = Handoff.objects.queue_for(user)
    if found is not None and found.filters.is_narrow:
        handoffs = handoffs.filter(lead__in=found.leads().order_by().values("pk"))
    found_first = deadlines.with_clocks(handoffs.select_related(*related))[:MOST]
    return [Row.of(handoff, at=at) for handoff in found_first]


def _tab(rows: list[Row], name: str, show: str, found: Asked) -> dict[str, Any]:
    return {
        "name": name,
        "label": name.replace("_", " ").capitalize(),
        "count": sum(row.belongs_to(name) for row in rows),
        "url": found.url(show=name),
        "current": name == show,
    }


def signature(user: User, query: str = "") -> str:
    """Changes whenever what the queue shows for this address does; one query."""
    facts = f"{user.pk} {query} {polling.of_page(user)}"
    return hashlib.sha256(facts.encode("utf-8", "surrogatepass")).hexdigest()[:32]
