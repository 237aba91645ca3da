"""Two ways to the same tables: all migrations one by one, and all at once on an empty database."""

from importlib import import_module

import pytest
from django.apps import apps
from django.db import IntegrityError, connection, transaction
from django.db.migrations.autodetector import MigrationAutodetector
from django.db.migrations.loader import MigrationLoader

from leads.models import Handoff
from tests.factories import ny

OURS = ("accounts", "personas", "leads", "sla")


def test_all_at_once_says_what_they_say_one_by_one():
    at_once = MigrationLoader(None)
    one_by_one = MigrationLoader(None, replace_migrations=False)
    alone = [key for key in one_by_one.graph.nodes if "squashed" not in key[1]]
    assert {key[0] for key in at_once.graph.nodes if "squashed" in key[1]} == set(OURS)
    # From one to the other nothing is left to do.
    before, after = one_by_one.project_state(alone), at_once.project_state()
    assert MigrationAutodetector(before, after)._detect_changes() == {}


def test_what_is_replaced_is_all_there_was():
    loader = MigrationLoader(None, replace_migrations=False)
    for app in OURS:
        names = sorted(name for of, name in loader.disk_migrations if of == app)
        (squashed,) = [name for name in names if "squashed" in name]
        replaced = [name for _, name in loader.disk_migrations[app, squashed].replaces]
        assert replaced == [name for name in names if name in replaced]
        assert replaced[-1] == squashed.removeprefix("0001_squashed_")


@pytest.mark.django_db
def test_every_index_and_constraint_of_the_models_is_in_the_database():
    with connection.cursor() as cursor:
        cursor.execute("SELECT indexname FROM pg_indexes UNION SELECT conname FROM pg_constraint")
        there = {name for (name,) in cursor.fetchall()}
    told = {
        rule.name
        for app in OURS
        for model in apps.get_app_config(app).get_models()
        for rule in (*model._meta.indexes, *model._meta.constraints)
    }
    assert told - there == set()


@pytest.mark.django_db
def test_an_open_handoff_that_was_allowed_to_double_is_kept_apart_again(cast):
    """What an older release lost is mended by the migration, and harmless where it was not lost."""
    keep = import_module("leads.migrations.0048_one_open_handoff").KEEP
    lead = cast.hot_lead(at=ny("2027-01-15 10:00"))
    with connection.cursor() as cursor:
        cursor.execute("SET CONSTRAINTS ALL IMMEDIATE")
        cursor.execute("DROP INDEX one_open_handoff_a_lead")
        cursor.execute(keep)
        cursor.execute(keep)
    twice = Handoff.objects.get(lead=lead)
    twice.pk, twice.cycle = None, 2
    with pytest.raises(IntegrityError, match="one_open_handoff_a_lead"), transaction.atomic():
        twice.save()
