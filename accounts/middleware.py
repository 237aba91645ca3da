"""Sign-in comes back to the page somebody was on."""

from collections.abc import Callable
from urllib.parse import urlsplit

from django.contrib.auth.middleware import LoginRequiredMiddleware
from django.contrib.auth.views import redirect_to_login
from django.http import HttpRequest, HttpResponseRedirect
from django.http.response import HttpResponseBase
from django.utils.http import url_has_allowed_host_and_scheme

SAFE_METHODS = ("GET", "HEAD")


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
