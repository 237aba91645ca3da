"""Pools in the order in which a lead meets them, and what each asks of it."""

from django.contrib import messages
from django.http import HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.views.decorators.http import require_GET, require_http_methods

from accounts.instants import database_now
from accounts.models import Role
from accounts.refusals import Conflict
from accounts.requests import SignedInRequest
from leads import pool_conditions
from leads import pool_people as people
from leads.models import Pool
from leads.views.access import only_for

MANAGERS = (Role.SALES_MANAGER, Role.ADMIN)


@require_GET
@only_for(*MANAGERS)
def pool_list(request: SignedInRequest) -> HttpResponse:
    """Every pool, with who is in it and what it takes."""
    pools = list(
        Pool.objects.filter(is_active=True)
        .select_related("team")
        .prefetch_related("personas", "members__user")
    )
    asks = pool_conditions.words(pools)
    mine = set(Pool.objects.managed_by(request.user).values_list("pk", flat=True))
    rows = [(pool, asks[pool.pk], pool.pk in mine) for pool in pools]
    return render(request, "leads/pools.html", {"rows": rows, "at": database_now()})


@require_http_methods(["GET", "POST"])
@only_for(*MANAGERS)
def pool(request: SignedInRequest, slug: str) -> HttpResponse:
    """What one pool asks, to be changed; “add” gives one more row and keeps what was typed."""
    found = get_object_or_404(Pool.objects.managed_by(request.user), slug=slug)
    context = {"pool": found, "at": database_now(), "seen": pool_conditions.ticket(found)}
    if request.method == "GET":
        context["form"] = pool_conditions.formset(found)
        return render(request, "leads/pool.html", context)
    filled = pool_conditions.formset(found, request.POST)
    context |= {"form": filled, "seen": request.POST.get("seen", "")}
    if not filled.is_valid():
        return render(request, "leads/pool.html", context, status=422)
    asked = pool_conditions.conditions_of(filled)
    try:
        pool_conditions.ask_for(
            found, asked, by=request.user, at=database_now(), seen=request.POST.get("seen", "")
        )
    except Conflict as conflict:
        found.refresh_from_db()
        context |= {"refusal": conflict.message, "seen": pool_conditions.ticket(found)}
        return render(request, "leads/pool.html", context, status=409)
    messages.success(request, f"{found} asks for that from now on.")
    if "add" in request.POST:
        return redirect("pool", slug)
    return redirect("pool-list")


@require_http_methods(["GET", "POST"])
@only_for(*MANAGERS)
def pool_people(request: SignedInRequest, slug: str) -> HttpResponse:
    """What a pool is called, when it is asked, and who is in it."""
    found = get_object_or_404(Pool.objects.managed_by(request.user), slug=slug)
    at = database_now()
    form = people.PoolForm(request.POST or None, pool=found)
    context = {"pool": found, "form": form, "at": at, "seen": people.ticket(found)}
    if request.method == "GET":
        return render(request, "leads/pool_people.html", context)
    context["seen"] = request.POST.get("seen", "")
    if not form.is_valid():
        return render(request, "leads/pool_people.html", context, status=422)
    try:
        people.save(found, form.wanted(), by=request.user, at=at, seen=str(context["seen"]))
    except Conflict as conflict:
        found.refresh_from_db()
        context |= {"refusal": conflict.message, "seen": people.ticket(found)}
        return render(request, "leads/pool_people.html", context, status=409)
    messages.success(request, f"{found} is as you said from now on; who has a lead keeps it.")
    return redirect("pool-list")
