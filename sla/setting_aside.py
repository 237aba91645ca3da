"""An alarm that failed: set aside and said so when it is the row's own fault, else tried again."""

import structlog
from django.db import DatabaseError, InterfaceError, OperationalError

from accounts.instants import database_now
from sla.models import Alarm

log = structlog.get_logger(__name__)


def failed(alarm_id: int, error: Exception) -> bool:
    """Take a bad alarm out of the way with its error; True if that was done.

    A lost connection, a deadlock or a full disk is no fault of the row: it waits for the next
    sweep. Raises DatabaseError or InterfaceError when there is no database to go on with.
    """
    if passing(error):
        log.warning("alarm_waits", alarm=alarm_id, error=type(error).__name__)
        database_now()
        return False
    said = f"{type(error).__name__}: {error}".splitlines()[0][:500]
    Alarm.objects.filter(pk=alarm_id).update(state=Alarm.State.ASIDE, error=said)
    log.error("alarm_set_aside", alarm=alarm_id, error=said)
    return True


def passing(error: Exception) -> bool:
    """Whether the same statement may succeed later; a killed server is a bare DatabaseError."""
    return isinstance(error, OperationalError | InterfaceError) or type(error) is DatabaseError


def retry_aside() -> int:
    """Let every alarm that was set aside wait again; returns how many did."""
    return Alarm.objects.filter(state=Alarm.State.ASIDE).update(state=Alarm.State.WAITING, error="")
