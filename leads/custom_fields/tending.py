"""What is left to a worker: many values to turn over or to erase, and the second look after that.

The rows say what there is to do, so that a worker that dies or a broker that forgets loses nothing.
"""

from datetime import datetime, timedelta

import structlog
from django.db import connection, transaction
from django.urls import reverse

from accounts import audit, outbox
from leads.custom_fields import converting, erasing
from leads.custom_fields.registry import rules_of
from leads.models import CustomField

log = structlog.get_logger(__name__)

# Whoever was writing by the old kind has ended after that.
SETTLED = timedelta(minutes=1)
ONE_WORKER = "SELECT pg_try_advisory_lock(hashtext('custom fields'))"
DONE = "SELECT pg_advisory_unlock(hashtext('custom fields'))"


def tend(*, at: datetime) -> None:
    """Do what there is to do with fields, unless another worker is at it."""
    turning = CustomField.objects.filter(becomes__isnull=False)
    leaving = CustomField.objects.exclude(erasing_since=None)
    settling = CustomField.objects.filter(turned_at__lte=at - SETTLED)
    if not (turning | leaving | settling).exists():
        return
    with connection.cursor() as cursor:
        cursor.execute(ONE_WORKER)
        if not cursor.fetchone()[0]:
            return
    try:
        for field in leaving:
            gone = erasing.go_on(field, at=at)
            log.info("custom_field_values_erased", name=field.name, leads=gone)
        for field in turning.filter(erasing_since=None):
            turn(field, at=at)
        for field in settling.filter(becomes__isnull=True, erasing_since=None):
            changed = converting.convert(rules_of(field))
            CustomField.objects.filter(pk=field.pk, turned_at=field.turned_at).update(
                turned_at=None
            )
            log.info("custom_field_settled", name=field.name, values=changed)
    finally:
        with connection.cursor() as cursor:
            cursor.execute(DONE)


def turn(field: CustomField, *, at: datetime) -> None:
    """Turn over the values of a field and then the field, in one go, or leave both as they are."""
    with transaction.atomic():
        now = CustomField.objects.select_for_update().get(pk=field.pk)
        wanted = now.becomes
        if not wanted:
            return
        kind, choices, currency = now.kind, now.choices, now.currency
        now.kind, now.choices = wanted["kind"], wanted["choices"]
        now.currency, now.becomes = wanted["currency"], None
        rules, key = rules_of(now), wanted["key"]
        found = converting.survey(rules, key=key)
        if found.unread:
            # Somebody wrote one since it was asked for.
            now.kind, now.choices, now.currency = kind, choices, currency
            title = f"“{now.label}” stays {CustomField.Kind(kind).label.lower()}"
            said = f"{found.unread:,} of {found.leads:,} leads have a value that does not read: "
            said += f"{found.said}."
        else:
            converting.convert(rules, key=key)
            now.turned_at = at
            title = f"“{now.label}” is {now.get_kind_display().lower()} now"
            said = f"The values of {found.leads:,} leads were turned over."
            facts = {"name": now.name, "kind": now.kind, "leads": found.leads}
            audit.record("custom_field_turned", now, by=None, at=at, facts=facts)
        now.save()
        url = reverse("field", args=[now.pk])
        outbox.send([outbox.message(wanted["by"], "custom_field", title, said, url, at=at)])
    log.info("custom_field_turned", name=now.name, kind=now.kind, unread=found.unread)
