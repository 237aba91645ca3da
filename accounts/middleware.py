"""Sign-in comes back to the page somebody was on; a page is its own person's alone."""

from collections.abc import Callable
from urllib.parse import urlsplit

from django.contrib.auth.middleware import LoginRequiredMiddleware
from django.contrib.auth.views import redirect_to_login
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.http.response import HttpResponseBase
from django.shortcuts import render
from django.utils.http import url_has_allowed_host_and_scheme

SAFE_METHODS = ("GET", "HEAD")
# Whose page asks, and whom it is answered for.
PERSON = "X-Leadflow-Person"


class SignInAndReturn(LoginRequiredMiddleware):
    """Every page needs sign-in unless its view says @login_not_required.

    A form sent after the session ended can't be repeated by a GET: its page is where to go on,
    and what was typed is still there (quickform.js).
    """

    def handle_no_permission(
        self, request: HttpRequest, view_func: Callable[..., HttpResponseBase]
    ) -> HttpResponseRedirect:
        if request.method in SAFE_METHODS:
            return super().handle_no_permission(request, view_func)
        page = request.headers.get("Referer", "")
        if not url_has_allowed_host_and_scheme(
            page, {request.get_host()}, require_https=request.is_secure()
        ):
            return redirect_to_login("/")
        parts = urlsplit(page)
        return redirect_to_login(parts._replace(scheme="", netloc="", fragment="").geturl())


def same_person(get_response: Callable[[HttpRequest], HttpResponse]) -> Callable[..., HttpResponse]:
    """A page that is still open when somebody else has signed in does nothing in their name: what
    it says whose it is (base.html), and is told whom the answer is for (live.js)."""

    def middleware(request: HttpRequest) -> HttpResponse:
        said = request.headers.get(PERSON, "")
        if said and request.method not in SAFE_METHODS and _other(request, said):
            return render(request, "403_csrf.html", status=403)
        response = get_response(request)
        person = getattr(request, "_cached_user", None)  # not asked for by this
        if request.headers.get("HX-Request") and person is not None and person.is_authenticated:
            response[PERSON] = str(person.pk)
        return response

    return middleware


def _other(request: HttpRequest, said: str) -> bool:
    return request.user.is_authenticated and said != str(request.user.pk)
