"""One's own booking page: switched on and off, how long and how soon, another address."""

from django.conf import settings
from django.contrib import messages
from django.core.exceptions import PermissionDenied
from django.http import HttpResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.views.decorators.http import require_http_methods

from accounts import audit
from accounts.booking_forms import BookingPageForm
from accounts.instants import database_now
from accounts.models import BookingPage
from accounts.models.booking import new_slug
from accounts.requests import SignedInRequest


@require_http_methods(["GET", "POST"])
def booking_page(request: SignedInRequest) -> HttpResponse:
    """Read or change it; `renew` gives it another address, `off` ends it."""
    user, at = request.user, database_now()
    if not user.sales_teams:
        raise PermissionDenied("A booking page is for people of a sales team.")
    page = BookingPage.objects.filter(user=user).select_related("user").first()
    if request.method == "POST" and page is not None and {"renew", "off"} & set(request.POST):
        return _address(request, page)
    draft = page or BookingPage(user=user, slug=new_slug(user), made_at=at)
    form = BookingPageForm(request.POST or None, instance=draft)
    if request.method == "POST" and form.is_valid():
        was_on = page is not None and page.is_on
        draft.is_on = True
        form.save()
        audit.record("booking_page_saved", draft, by=user, at=at)
        messages.success(request, "Saved." if was_on else "Your booking page is open.")
        return redirect("booking-page")
    is_on = page is not None and page.is_on
    link = f"{settings.SITE_URL}{reverse('book', args=[page.slug])}" if page and is_on else ""
    context = {"form": form, "page": page, "is_on": is_on, "link": link, "at": at}
    status = 422 if request.method == "POST" else 200
    return render(request, "accounts/booking.html", context, status=status)


def _address(request: SignedInRequest, page: BookingPage) -> HttpResponse:
    at = database_now()
    if "renew" in request.POST:
        page.renew(at=at)
        audit.record("booking_page_moved", page, by=request.user, at=at)
        messages.success(request, "It has another address; the one before leads nowhere.")
    else:
        BookingPage.objects.filter(pk=page.pk).update(is_on=False)
        audit.record("booking_page_ended", page, by=request.user, at=at)
        messages.success(request, "Nobody can book you any more. What is booked stays.")
    return redirect("booking-page")
