"""Saved views: which ones somebody has, who may share and change them; kept in memory."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any
from uuid import UUID

from django.db import IntegrityError, transaction

from accounts.configuration import remembered
from accounts.models import Role, User
from accounts.refusals import Conflict, NotAllowed, Refused
from leads.lists.places import LEADS, Place
from leads.models import ListSettings, SavedView

Shared = SavedView.Shared
MOST = 50


@dataclass(frozen=True, slots=True)
class View:
    """One saved view: no ORM, so that it can be kept in memory."""

    id: int
    name: str
    by_id: int
    by_name: str
    shared: str
    team_id: int | None
    query: Mapping[str, str]
    columns: tuple[str, ...]
    place: str = LEADS.name

    def changeable_by(self, user: User) -> bool:
        """Whoever made it, and the admin; others make their own from it."""
        return self.by_id == user.pk or user.role == Role.ADMIN

    def visible_to(self, user: User) -> bool:
        """Whether this person has it among their views."""
        if self.by_id == user.pk or self.shared == Shared.EVERYBODY:
            return True
        if self.shared == Shared.OWN:
            return False
        teams = (*user.marketing_teams, *user.sales_teams)
        return user.role == Role.ADMIN or self.team_id in teams


@dataclass(frozen=True, slots=True)
class Kept:
    """What one person's list begins with."""

    views: tuple[View, ...] = ()
    columns: tuple[str, ...] = ()
    opens_with: int | None = None
    # By what the rows of their queue are grouped.
    group: str = ""

    def view(self, number: int | None) -> View | None:
        return next((view for view in self.views if view.id == number), None)


def of(user: User, *, place: Place = LEADS, stamp: UUID | None = None) -> Kept:
    """The views of this list that this person may open, by name, and their own settings."""
    views, settings = remembered("saved-views", _load, under=stamp)
    mine = tuple(v for v in views if v.place == place.name and v.visible_to(user))
    columns, group, opens_with = settings.get(user.pk, ((), "", {}))
    return Kept(mine, columns, opens_with.get(place.name), group)


Settings = dict[int, tuple[tuple[str, ...], str, dict[str, int | None]]]


def _load() -> tuple[list[View], Settings]:
    found = SavedView.objects.filter(removed_at=None).select_related("by")
    views = [
        View(
            v.pk, v.name, v.by_id, str(v.by), v.shared, v.team_id, v.query, tuple(v.columns),
            v.place,
        )
        for v in found
    ]  # fmt: skip
    settings: Settings = {
        one.user_id: (
            tuple(one.columns), one.queue_group,
            {"leads": one.opens_with_id, "queue": one.queue_opens_with_id},
        )
        for one in ListSettings.objects.all()
    }  # fmt: skip
    return views, settings


def anywhere(user: User, number: int) -> View | None:
    """A view this person may open, whichever list it is of."""
    found = (view for view in remembered("saved-views", _load)[0] if view.id == number)
    return next((view for view in found if view.visible_to(user)), None)


def sharing(user: User) -> list[tuple[str, str]]:
    """With whom this person may share: their teams; managers with everybody."""
    choices: list[tuple[str, str]] = [(Shared.OWN, "Only me")]
    choices += [(f"team-{m.team_id}", f"Everybody in {m.team.name}") for m in user._memberships]
    if user.is_manager:
        choices.append((Shared.EVERYBODY, "Everybody"))
    return choices


def save(
    user: User,
    *,
    name: str,
    shared: str,
    at: datetime,
    view: View | None = None,
    place: Place = LEADS,
    query: Mapping[str, str] | None = None,
    columns: tuple[str, ...] | None = None,
) -> int:
    """Make a view of a list, or change one; returns its number.

    What is None stays. Raises NotAllowed for a view of somebody else's or a circle one may not
    share with, Conflict for a name one has already, Refused for no name or too many.
    """
    if view is not None and not view.changeable_by(user):
        raise NotAllowed(f"“{view.name}” is {view.by_name}'s; save one of your own from it.")
    name = " ".join(name.split())
    if not name or len(name) > 60:
        said = "Give the view a name of at most 60 letters."
        raise Refused(said, fields={"name": said})
    allowed = {value for value, _ in sharing(user)}
    if view is not None:
        allowed.add(shared_of(view))
    if shared not in allowed:
        said = "You can share a view with your own teams; a manager also with everybody."
        raise NotAllowed(said, fields={"shared": said})
    kind, _, team = shared.partition("-")
    changes: dict[str, Any] = {"name": name, "shared": kind, "team_id": int(team) if team else None}
    if query is not None:
        changes["query"] = dict(query)
    if columns is not None:
        changes["columns"] = list(columns)
    return _write(user, view, changes, place, at=at)


def _write(
    user: User, view: View | None, changes: dict[str, Any], place: Place, *, at: datetime
) -> int:
    try:
        with transaction.atomic():
            if view is not None:
                row = SavedView.objects.get(pk=view.id)
                for field, value in changes.items():
                    setattr(row, field, value)
                row.save()
                return row.pk
            if SavedView.objects.filter(by=user, removed_at=None).count() >= MOST:
                raise Refused(f"You have {MOST} views already; take one away first.")
            made = SavedView.objects.create(by=user, place=place.name, made_at=at, **changes)
            return made.pk
    except IntegrityError as error:
        if "view_name_once" not in str(error):
            raise
        said = f"You have a view called “{changes['name']}” already; choose another name."
        raise Conflict(said, fields={"name": said}) from None


def put_back(row: SavedView) -> None:
    """Undo a removal. Raises Conflict when its name is another view's by now."""
    try:
        with transaction.atomic():
            row.put_back()
    except IntegrityError as error:
        if "view_name_once" not in str(error):
            raise
        raise Conflict(f"There is another view called “{row.name}” by now.") from None


def shared_of(view: View) -> str:
    """Whom it is shared with, as `sharing` offers it."""
    return f"team-{view.team_id}" if view.team_id else view.shared
