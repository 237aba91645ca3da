"""A filter that no index serves may not keep the database busy."""

import psycopg2
import pytest
from django.db import connection

from accounts.instants import database_now
from leads.lists import patience
from tests.accounts.test_own_pages import signed_in


@pytest.mark.django_db
def test_what_takes_too_long_is_ended_and_the_connection_stays_usable():
    with connection.cursor() as cursor:
        with pytest.raises(patience.TooSlow), patience.within(30):
            cursor.execute("SELECT pg_sleep(2)")
        with patience.within(5000):
            cursor.execute("SELECT pg_sleep(0.05)")
        cursor.execute("SHOW statement_timeout")
        assert cursor.fetchone() == ("0",)


@pytest.mark.django_db(transaction=True)
def test_the_page_says_so_and_how_many_is_guessed(cast, monkeypatch):
    cast.capture(at=database_now(), email="a@x.example")
    client = signed_in(cast.maya)
    client.get("/leads/?tier=cold")
    monkeypatch.setattr(patience, "LONGEST", 200)
    holder = psycopg2.connect(**connection.get_connection_params() | {"cursor_factory": None})
    try:
        holder.cursor().execute("LOCK TABLE leads_lead IN ACCESS EXCLUSIVE MODE")
        answer = client.get("/leads/?tier=cold")
    finally:
        holder.close()
    assert answer.status_code == 200
    assert "takes too long among so many" in answer.content.decode()
    assert "a@x.example" in client.get("/leads/?tier=cold").content.decode()
