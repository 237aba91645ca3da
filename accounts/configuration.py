"""What is configured (personas, rules, contracts, pools) is kept in memory, never stale.

Every change of a configured model writes a new random stamp into one row; a process asks for
that row (one primary-key query) and keeps what it read for as long as the stamp is the same.
The stamp is random, not counted, so that a rolled-back change can't leave a wrong memory behind.
"""

import uuid
from collections.abc import Callable
from threading import Lock
from typing import Any, TypeVar

from django.db import connection
from django.db.models import Model
from django.db.models.signals import m2m_changed, post_delete, post_save

T = TypeVar("T")

RENEW = """
INSERT INTO accounts_configurationstamp (id, stamp) VALUES (1, %s)
ON CONFLICT (id) DO UPDATE SET stamp = excluded.stamp
"""

_configured: set[type[Model]] = set()
_memory: dict[str, tuple[uuid.UUID, Any]] = {}
_lock = Lock()


def configured(model: type[Model]) -> type[Model]:
    """Class decorator: a saved or deleted row of this model renews the stamp."""
    _configured.add(model)
    return model


def stamp() -> uuid.UUID:
    """The stamp now in force: one query."""
    with connection.cursor() as cursor:
        cursor.execute("SELECT stamp FROM accounts_configurationstamp")
        row = cursor.fetchone()
    return row[0] if row else renew()


def renew() -> uuid.UUID:
    """Write a new stamp, in the caller's transaction: one statement."""
    value = uuid.uuid4()
    with connection.cursor() as cursor:
        cursor.execute(RENEW, [value])
    return value


def remembered(name: str, load: Callable[[], T], *, under: uuid.UUID | None = None) -> T:
    """What `load` answers, asked again only when the stamp has changed.

    `under` is a stamp read a moment ago by the same unit of work, to save the query.
    """
    current = under or stamp()
    kept = _memory.get(name)
    if kept is None or kept[0] != current:
        kept = (current, load())
        with _lock:
            _memory[name] = kept
    value: T = kept[1]
    return value


def _changed(sender: type[Model], **_: Any) -> None:
    if sender in _configured:
        renew()


def _related_changed(sender: type[Model], instance: Model, **_: Any) -> None:
    if type(instance) in _configured:
        renew()


def watch() -> None:
    """Listen for changes of every configured model; called once, at start-up."""
    post_save.connect(_changed, dispatch_uid="configuration-saved")
    post_delete.connect(_changed, dispatch_uid="configuration-deleted")
    m2m_changed.connect(_related_changed, dispatch_uid="configuration-related")


__all__ = ["configured", "remembered", "renew", "stamp", "watch"]
