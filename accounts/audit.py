"""Write the audit trail."""

from datetime import datetime
from typing import Any

from django.db.models import Model

from accounts.models import AuditEntry, User


def record(
    verb: str, subject: Model, *, by: User | None, at: datetime, facts: dict[str, Any] | None = None
) -> AuditEntry:
    """Add one entry about `subject`, in the caller's transaction."""
    return AuditEntry.objects.create(
        at=at,
        actor=by,
        verb=verb,
        subject=subject._meta.label_lower,
        subject_id=subject.pk,
        facts=facts or {},
    )
