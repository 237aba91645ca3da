"""How one is told of things: the bell, e-mail and one's own chat, topic by topic."""

from django.contrib import messages
from django.http import HttpResponse
from django.shortcuts import redirect, render
from django.views.decorators.http import require_http_methods, require_POST

from accounts import chat, pacing
from accounts.instants import database_now
from accounts.quiet import quiet_until
from accounts.requests import SignedInRequest
from accounts.telling import wishes_of
from accounts.telling_forms import ChatForm, TellingForm

CONNECTS, CONNECTS_WITHIN = 5, 600  # seconds


@require_http_methods(["GET", "POST"])
def telling(request: SignedInRequest) -> HttpResponse:
    """Read the choices, or change them."""
    has_chat = chat.chat_of(request.user) is not None
    form = TellingForm(wishes_of(request.user), request.POST or None, has_chat=has_chat)
    if request.method == "POST" and form.is_valid():
        form.save()
        messages.success(request, "Saved: from now on you are told like this.")
        return redirect("telling")
    return _page(request, form=form, status=422 if request.method == "POST" else 200)


@require_POST
def telling_chat(request: SignedInRequest) -> HttpResponse:
    """Connect one's chat, which is told at once, or another one; `remove` ends it."""
    at = database_now()
    if "remove" in request.POST:
        chat.disconnect(request.user, at=at)
        messages.success(request, "Your chat is told nothing more.")
        return redirect("telling")
    form = ChatForm(request.POST)
    if pacing.over_limit("chat", request.user.pk, most=CONNECTS, seconds=CONNECTS_WITHIN):
        # Each sends a first message to an address of somebody's choice.
        form.add_error(None, f"Connected {CONNECTS} times in ten minutes; wait a little, please.")
        return _page(request, chat_form=form, status=429)
    if not form.is_valid():
        return _page(request, chat_form=form, status=422)
    webhook = chat.connect(request.user, form.cleaned_data["url"], at=at)
    chat.say_hello(webhook, at=at)
    messages.success(request, f"Connected. A first message is on its way to {webhook.host}.")
    return redirect("telling")


def _page(
    request: SignedInRequest,
    *,
    form: TellingForm | None = None,
    chat_form: ChatForm | None = None,
    status: int = 200,
) -> HttpResponse:
    at, webhook = database_now(), chat.chat_of(request.user)
    has_chat = webhook is not None
    context = {
        "at": at,
        "form": form or TellingForm(wishes_of(request.user), has_chat=has_chat),
        "chat": webhook,
        "chat_form": chat_form or ChatForm(),
        "quiet_until": quiet_until(request.user, at),
    }
    return render(request, "accounts/telling.html", context, status=status)
