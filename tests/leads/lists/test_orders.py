"""Each order of the list is read from an index, from its first page on: nothing is sorted."""

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext

from accounts.instants import database_now
from leads.lists.filters import SORTS
from leads.lists.keyset import page
from leads.models import Lead

ONLY_INDEXES = "SET LOCAL enable_sort = off; SET LOCAL enable_seqscan = off; " \
    "SET LOCAL enable_bitmapscan = off"  # fmt: skip


@pytest.mark.parametrize("name", SORTS)
@pytest.mark.parametrize("person", ["mona", "dana", "admin"])
def test_no_page_sorts(cast, name, person):
    for n in range(4):
        cast.hot_lead(at=database_now(), email=f"p{n}@spa.example")
    order, mine = SORTS[name][1], Lead.objects.visible_to(getattr(cast, person))
    first = page(mine, order, "", size=2)
    with CaptureQueriesContext(connection) as seen:
        page(mine, order, "", size=2)
        page(mine, order, first.next_cursor, size=1)
    with connection.cursor() as cursor:
        cursor.execute(ONLY_INDEXES)
        for query in [q["sql"] for q in seen.captured_queries]:
            cursor.execute(f"EXPLAIN {query}")
            plan = "\n".join(line for (line,) in cursor.fetchall())
            assert "Sort" not in plan, (query, plan)
