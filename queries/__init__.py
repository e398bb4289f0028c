"""Queries whose SQL is made once.

Django makes the SQL of a query anew whenever it is run: that takes several times as long as the database needs to find
a row by an index, and of a short request it was the greater part. A prepared query keeps what was made the first time
and puts the values of each use into it. It is for the few queries that every request runs.

PostgreSQL too parses and plans a query anew whenever it is run, which costs it as much as the rest of its work. Where
one plan is right for all values, because a unique key finds what there is, it is asked to keep the plan.
"""

from __future__ import annotations

import copy
from contextlib import nullcontext
from datetime import datetime
from functools import cache, cached_property
from inspect import signature
from threading import Lock
from typing import TYPE_CHECKING, Any, Self

from django.db import connections, models, router
from django.db.models import Value
from django.db.models.base import ModelState

if TYPE_CHECKING:
    from collections.abc import Callable, Collection, Iterable
    from contextlib import AbstractContextManager

    from django.db.models import Field, Model, QuerySet


class Listed(models.Model):
    """A model that is read by the page: its rows become objects in a third of the time, as nobody is signalled."""

    class Meta:
        abstract = True

    @classmethod
    def from_db(cls, db: str | None, field_names: Collection[str], values: Any, *, fetch_mode: Any = None) -> Self:
        if len(values) != len(cls._meta.concrete_fields):
            # Of a query that leaves columns out.
            return super().from_db(db, field_names, values, fetch_mode=fetch_mode)
        row = cls.__new__(cls)
        row.__dict__.update(zip(field_names, values, strict=True))
        row._state = ModelState()
        row._state.adding, row._state.db = False, db
        if fetch_mode is not None:
            row._state.fetch_mode = fetch_mode
        return row


class _Place(Value):
    """Where a value of each use goes. In the parameters of the SQL it stands for itself."""

    def __init__(self, position: int) -> None:
        super().__init__(None)
        self.position = position

    def as_sql(self, compiler: Any, connection: Any) -> tuple[str, Any]:
        return "%s", (self,)


class Prepared[Row]:
    """A query that is run with other values each time. Made by `prepared`; a call gives its rows as a list.

    The values are texts, numbers, times or keys: no objects, and no None, for which SQL would have to be another.
    """

    def __init__(self, build: Callable[..., QuerySet[Any, Row]], *, one_plan: bool, values: int | None = None) -> None:
        self.build = build
        self.one_plan = one_plan
        self.values = len(signature(build).parameters) if values is None else values
        self._compilers: dict[str, tuple[Any, str, list[Any]]] = {}
        self._mutex = Lock()

    @cached_property
    def queryset(self) -> QuerySet[Any, Row]:
        return self.build(*map(_Place, range(self.values)))

    def compiled(self, using: str) -> tuple[Any, str, list[Any]]:
        """What was made of the query for a database: the compiler, its SQL, and the parameters with their places."""
        if using not in self._compilers:
            # Making SQL changes the query meanwhile: of two threads one would leave out what the other has done with.
            with self._mutex:
                if using not in self._compilers:
                    compiler: Any = self.queryset.query.get_compiler(using=using)
                    sql, parameters = compiler.as_sql()
                    converters = compiler.get_converters([column for column, *_ in compiler.select])
                    compiler.get_converters = lambda columns: converters
                    self._compilers[using] = compiler, sql, parameters
        return self._compilers[using]

    def __call__(self, *values: Any) -> list[Row]:
        queryset: Any = self.queryset
        using = queryset.db
        made, sql, parameters = self.compiled(using)
        connection = connections[using]
        filled = tuple(
            _adapted(values[parameter.position], connection) if isinstance(parameter, _Place) else parameter
            for parameter in parameters
        )
        # What was made belongs to the thread that made it, but for the connection.
        compiler = copy.copy(made)
        compiler.connection = connection
        compiler.as_sql = lambda: (sql, filled)
        rows: Iterable[Row] = queryset._iterable_class(_Use(queryset, using, compiler))
        with keeping_plans(connection) if self.one_plan else nullcontext():
            return list(rows)


class _Use:
    """As much of a queryset as is looked at to make its rows, with a compiler that has its SQL already."""

    def __init__(self, queryset: Any, using: str, compiler: Any) -> None:
        self.model, self.db, self.query, self.compiler = queryset.model, using, self, compiler
        self._known_related_objects, self._fetch_mode = queryset._known_related_objects, queryset._fetch_mode

    def get_compiler(self, using: str) -> Any:
        return self.compiler


def prepared[Row](build: Callable[..., QuerySet[Any, Row]], *, values: int | None = None) -> Prepared[Row]:
    """Decorate a function of values that gives a queryset; it is called once, with places for the values.

    `values` is their number, where the function's parameters do not say it.
    """
    return Prepared(build, one_plan=False, values=values)


def prepared_with_plan[Row](build: Callable[..., QuerySet[Any, Row]]) -> Prepared[Row]:
    """As `prepared`, for a query that finds its rows by unique keys, so that one plan is right for all values.

    It is not right where a value may have no rows or nearly all of them: the plan for the one reads the whole table for
    the other.
    """
    return Prepared(build, one_plan=True)


def keeping_plans(connection: Any) -> AbstractContextManager[object]:
    """What runs inside is planned once for each connection, where the database can do so (eds_console.postgresql)."""
    return getattr(connection, "keeping_plans", nullcontext)()


def insert(row: Model) -> None:
    """Save a new row. It is `save(force_insert=True)` without what a plain table has no use for, such as signals."""
    using = router.db_for_write(type(row), instance=row)
    connection = connections[using]
    sql, fields = _insertion(type(row))
    values = [field.get_db_prep_save(field.pre_save(row, add=True), connection) for field in fields]
    with keeping_plans(connection), connection.cursor() as cursor:
        cursor.execute(sql, values)
        row.pk = cursor.fetchone()[0]
    row._state.adding, row._state.db = False, using


def delete(row: Model) -> bool:
    """Delete a row that no other refers to, as `delete()` does, but for signals. False when it was gone already."""
    using = router.db_for_write(type(row), instance=row)
    connection = connections[using]
    with keeping_plans(connection), connection.cursor() as cursor:
        cursor.execute(_deletion(type(row)), [row.pk])
        return bool(cursor.rowcount)


@cache
def _deletion(model: type[Model]) -> str:
    return f'DELETE FROM "{model._meta.db_table}" WHERE "{model._meta.pk.column}" = %s'  # noqa: S608 - our own names


@cache
def _insertion(model: type[Model]) -> tuple[str, list[Field[Any, Any]]]:
    fields = [field for field in model._meta.concrete_fields if not field.primary_key]
    columns = ", ".join(f'"{field.column}"' for field in fields)
    places = ", ".join(["%s"] * len(fields))
    key = model._meta.pk.column
    return f'INSERT INTO "{model._meta.db_table}" ({columns}) VALUES ({places}) RETURNING "{key}"', fields  # noqa: S608 - our own names


def _adapted(value: Any, connection: Any) -> Any:
    return connection.ops.adapt_datetimefield_value(value) if isinstance(value, datetime) else value
