"""How long one question of a list may keep the database busy."""

from collections.abc import Iterator
from contextlib import contextmanager

from django.db import OperationalError, connection, transaction

# Milliseconds. No index serves every filter that can be put together.
LONGEST = 5000


class TooSlow(Exception):
    """It took longer than it may."""


@contextmanager
def within(milliseconds: int) -> Iterator[None]:
    """End what takes longer: raises TooSlow, and the connection stays usable."""
    inside = connection.in_atomic_block
    try:
        with transaction.atomic(), connection.cursor() as cursor:
            cursor.execute(f"SET LOCAL statement_timeout = {milliseconds:d}")
            yield
            if inside:  # else it ends with the transaction
                cursor.execute("SET LOCAL statement_timeout TO DEFAULT")
    except OperationalError as error:
        if "statement timeout" not in str(error):
            raise
        raise TooSlow from error
