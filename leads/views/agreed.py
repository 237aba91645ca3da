"""What pages of definitions and of personas share: found, proposed, signed, dropped."""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any, NamedTuple

from django.contrib import messages
from django.core.exceptions import PermissionDenied
from django.http import Http404, HttpResponse
from django.shortcuts import redirect
from django.urls import reverse

from accounts import two_signatures
from accounts.instants import database_now
from accounts.models import User
from accounts.refusals import Conflict, Refused
from accounts.requests import SignedInRequest
from leads.agreed import signing
from personas import drafting, versions
from personas.models import Definition, Draft, PersonaVersion

AnswerRefused = Callable[..., HttpResponse]


class Found(NamedTuple):
    """Number and facts of the newest version (0 and {} before there is one), and the open draft."""

    number: int
    facts: versions.Facts
    draft: Draft | None

    @property
    def seen(self) -> str:
        """What a form carries, to tell later whether it is still what its reader saw."""
        return drafting.ticket(self.number, self.draft)


@dataclass(frozen=True, slots=True)
class Drafted:
    """One kind of what both sides agree on, with the names of its two pages."""

    kind: str
    words: str  # such as "Definitions", at the start of a sentence
    draft_page: str
    list_page: str

    def proposers_only(self, user: User) -> None:
        if not drafting.may_propose(user):
            raise PermissionDenied(f"{self.words} are proposed by people of both teams.")

    def found(self, key: str, *, known: bool = False) -> Found:
        """What there is of one; 404 without a version and a draft, unless it is `known`."""
        found = Found(*versions.newest(self.kind, key), drafting.open_draft(self.kind, key))
        if not found.number and found.draft is None and not known:
            raise Http404(f"{self.words}: there is no “{key}”.")
        return found

    def save(
        self, request: SignedInRequest, key: str, facts: dict[str, Any], *, seen: str,
        refused: AnswerRefused,
    ) -> HttpResponse:  # fmt: skip
        """Propose these facts; a refusal is answered by the form, with what is there by now."""
        at = database_now()
        try:
            drafting.save(self.kind, key, facts, by=request.user, at=at, seen=seen)
        except Refused as refusal:
            now = self.found(key, known=True)
            return refused(seen=now.seen, refusal=refusal.message, status=refusal.status)
        said = "Proposed. It counts when a manager of marketing and one of sales have signed."
        messages.success(request, said)
        return redirect(self.draft_page, key)

    def sign(self, request: SignedInRequest, key: str) -> Definition | PersonaVersion | None:
        """Sign for the side that was posted, and tell the signer what came of it unless it is the
        version in force now, which is answered."""
        if not two_signatures.sides_of(request.user):
            raise PermissionDenied(f"{self.words} are agreed by a marketing and a sales manager.")
        side, seen = request.POST.get("side", ""), request.POST.get("seen", "")
        try:
            made = signing.sign(
                self.kind, key, side, by=request.user, at=database_now(), seen=seen,
                url=reverse(self.draft_page, args=[key]),
            )  # fmt: skip
        except Refused as refusal:
            messages.error(request, refusal.message)
            return None
        if made is None:
            messages.success(request, f"Signed for {side}.")
        return made

    def drop(self, request: SignedInRequest, key: str) -> HttpResponse:
        """Throw the draft away."""
        self.proposers_only(request.user)
        seen = request.POST.get("seen", "")
        try:
            drafting.discard(self.kind, key, by=request.user, at=database_now(), seen=seen)
        except Conflict as refusal:
            messages.error(request, str(refusal))
        else:
            said = f"What was proposed is gone; {self.words.lower()} stay as they are."
            messages.success(request, said)
        return redirect(self.list_page)
