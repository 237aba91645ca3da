"""`manage.py sweep`: what is due, said and fired; what failed, said and tried again."""

from datetime import timedelta

import pytest
from django.core.management import call_command
from django.db import connection

from accounts.instants import database_now
from sla.lag import watch, words
from sla.models import Alarm, Breach, SweepPulse

pytestmark = pytest.mark.django_db


def swept(capsys, *options):
    call_command("sweep", "--once", *options)
    return capsys.readouterr().out.splitlines()


def test_what_is_due_is_said_and_fired(cast, capsys):
    cast.hot_lead(at=database_now() - timedelta(days=30))
    due = Alarm.objects.count()
    lines = swept(capsys, "--explain")
    assert lines[0].startswith(f"{due} due, the oldest for ")
    assert lines[0].endswith(" days; 0 set aside")
    assert len([line for line in lines if line.startswith("  alarm ")]) == due
    assert any("owed by Sam" in line and "Pat Lee" in line for line in lines)
    breaches = Breach.objects.count()
    assert lines[-1].endswith(f"{breaches} breaches recorded, 1 handed on, 0 set aside")
    assert watch().due == 0


def test_nothing_due_is_said_too(cast, capsys):
    assert swept(capsys, "--explain")[0] == "0 due, the oldest for 0 s; 0 set aside"


def test_a_bad_alarm_is_named_with_its_error_and_tried_again_when_wished(cast, capsys):
    cast.hot_lead(at=database_now() - timedelta(days=30))
    bad = Alarm.objects.filter(action="breach").first()
    # An outbox that refuses the news of this one clock: the others must go through.
    with connection.cursor() as cursor:
        cursor.execute(
            "CREATE FUNCTION refuse() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN "
            f"IF NEW.clock_id = {bad.clock_id} THEN RAISE 'disk on fire'; END IF; RETURN NEW; "
            "END $$"
        )
        cursor.execute(
            "CREATE TRIGGER refuse BEFORE INSERT ON sla_breach FOR EACH ROW "
            "EXECUTE FUNCTION refuse()"
        )
    swept(capsys)
    aside = {alarm.pk: alarm.error for alarm in Alarm.objects.filter(state="aside")}
    # The deadline itself, and the handing on, which settles the same deadline first.
    assert set(aside.values()) == {"InternalError: disk on fire"}
    assert bad.pk in aside
    assert (watch().aside, SweepPulse.objects.get().set_aside) == (len(aside), len(aside))
    assert words().startswith(f"{len(aside)} alarms were set aside after an error")

    said = swept(capsys, "--explain")
    assert [line for line in said if line.startswith(f"  aside: alarm {bad.pk}:")]

    with connection.cursor() as cursor:
        cursor.execute("DROP TRIGGER refuse ON sla_breach")
    assert swept(capsys, "--retry")[0] == f"{len(aside)} alarms wait again."
    bad.refresh_from_db()
    assert (bad.state, bad.error, words()) == ("fired", "", "")
    assert Breach.objects.filter(clock=bad.clock_id).count() == 1
