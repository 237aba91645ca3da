"""Write many columns quickly: one INSERT or UPDATE for many rows, prepared once a model.

`bulk_create` works out every column of every row anew and `bulk_update` writes a CASE for each
of them, which takes longer than PostgreSQL needs to write the rows (docs/benchmarks.md). Where
somebody waits, rows are written by this instead. Neither sends signals.
"""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from functools import cache
from typing import Any, TypeVar

from django.db import connection, models
from psycopg2.extras import Json

M = TypeVar("M", bound=models.Model)
Adapt = Callable[[Any], Any] | None

# Rows of one statement.
BATCH = 1000


@dataclass(frozen=True, slots=True)
class _Statement:
    """What comes before, for each and after the rows, and the attributes that fill a row."""

    head: str
    row: str
    tail: str
    columns: tuple[tuple[str, Adapt], ...]

    def batches(self, rows: Sequence[M]) -> list[tuple[Sequence[M], str, list[Any]]]:
        """Rows, SQL and parameters of each batch."""
        found = []
        for first in range(0, len(rows), BATCH):
            batch = rows[first : first + BATCH]
            values = [
                value if adapt is None or value is None else adapt(value)
                for row in batch
                for name, adapt in self.columns
                for value in (getattr(row, name),)
            ]
            sql = f"{self.head}{', '.join([self.row] * len(batch))}{self.tail}"
            found.append((batch, sql, values))
        return found


def insert(rows: Sequence[M], *, drop_known: bool = False) -> Sequence[M]:
    """Insert unsaved rows of one model, in the caller's transaction; sets their primary keys.

    With `drop_known` a row that breaks a unique constraint is left out, and keys are not set.
    Raises IntegrityError like any INSERT.
    """
    if not rows:
        return rows
    with connection.cursor() as cursor:
        for batch, sql, values in _inserting(type(rows[0]), drop_known).batches(rows):
            cursor.execute(sql, values)
            if not drop_known:
                for row, (key,) in zip(batch, cursor.fetchall(), strict=True):
                    row.pk = key
                    row._state.adding, row._state.db = False, connection.alias
    return rows


def update(rows: Sequence[models.Model], names: Sequence[str]) -> None:
    """Write these fields of saved rows of one model, in the caller's transaction."""
    if not rows:
        return
    with connection.cursor() as cursor:
        for _, sql, values in _updating(type(rows[0]), tuple(names)).batches(rows):
            cursor.execute(sql, values)


@cache
def _inserting(model: type[models.Model], drop_known: bool) -> _Statement:
    meta = model._meta
    fields = [field for field in meta.concrete_fields if not isinstance(field, models.AutoField)]
    for field in fields:
        if getattr(field, "auto_now", False) or getattr(field, "auto_now_add", False):
            raise TypeError(f"{meta.label}.{field.name} is set by save(): use bulk_create")
    columns = ", ".join(_column(field) for field in fields)
    return _Statement(
        head=f"INSERT INTO {_quoted(meta.db_table)} ({columns}) VALUES ",
        row=f"({', '.join(['%s'] * len(fields))})",
        tail=" ON CONFLICT DO NOTHING" if drop_known else f" RETURNING {_column(meta.pk)}",
        columns=tuple(_attribute(field) for field in fields),
    )


@cache
def _updating(model: type[models.Model], names: tuple[str, ...]) -> _Statement:
    meta = model._meta
    fields: list[Any] = [meta.pk, *(meta.get_field(name) for name in names)]
    columns = [_column(field) for field in fields]
    sets = ", ".join(f"{column} = new.{column}" for column in columns[1:])
    # The values of a VALUES list have no type of their own.
    types = [field.rel_db_type(connection) for field in fields[:1]]
    types += [field.db_type(connection) for field in fields[1:]]
    return _Statement(
        head=f"UPDATE {_quoted(meta.db_table)} old SET {sets} FROM (VALUES ",
        row=f"({', '.join(f'%s::{kind}' for kind in types)})",
        tail=f") AS new ({', '.join(columns)}) WHERE old.{columns[0]} = new.{columns[0]}",
        columns=tuple(_attribute(field) for field in fields),
    )


def _attribute(field: Any) -> tuple[str, Adapt]:
    return field.attname, Json if isinstance(field, models.JSONField) else None


def _column(field: Any) -> str:
    return _quoted(field.column)


def _quoted(name: str) -> str:
    quoted: str = connection.ops.quote_name(name)
    return quoted
