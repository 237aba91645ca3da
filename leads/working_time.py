"""Whose working hours: asked here, answered by `sla`, which may not be imported.

`sla` says by `answered_by` whom to ask; without an answer the wall clock counts.
"""

from collections.abc import Callable
from datetime import datetime, timedelta
from typing import Protocol

from accounts.models import User

HOUR = 3600
DAY = 8 * HOUR  # what a working day is taken for


class Working(Protocol):
    """Working time, as sla.business_time counts it."""

    def add(self, start: datetime, seconds: int) -> datetime | None:
        """The instant by which so much working time has passed; None: never."""

    def next_opening(self, at: datetime) -> datetime | None:
        """`at` itself in working time, else when that begins; None: never."""


Asked = Callable[[User], Working | None]
_asked: list[Asked] = []


def answered_by(ask: Asked) -> None:
    """Ask this from now on."""
    _asked[:] = [ask]


def working_of(user: User) -> Working | None:
    """Somebody's working time; None where nothing is known of it."""
    return _asked[0](user) if _asked else None


def after(user: User, start: datetime, seconds: int) -> datetime:
    """When so many of this person's working seconds have passed; by the wall clock where they
    never work."""
    working = working_of(user)
    due = working.add(start, seconds) if working is not None else None
    return due or start + timedelta(seconds=seconds)


def opens(user: User, at: datetime) -> datetime:
    """`at` itself in this person's working time, else when that begins."""
    working = working_of(user)
    return (working.next_opening(at) if working is not None else None) or at
