"""Rows for COPY: values become text by the fields of their model, whole tables go in at once."""

import json
from collections.abc import Callable, Iterator, Mapping
from functools import lru_cache
from io import StringIO
from typing import Any

from django.db import connection, models

from portal.core.crypto import SealedColumn

NULL = "\\N"
JSON = json.JSONEncoder(ensure_ascii=False, separators=(",", ":")).encode
Encoder = Callable[[Any], str]


class Rows:
    """Rows of one model waiting to be copied; what is not given takes the model's default.

    With `numbered`, rows bring their own primary key (see `Numbers`), else the database gives it.
    """

    def __init__(self, model: type[models.Model], *, numbered: bool = True) -> None:
        self.table = model._meta.db_table
        fields = [
            field
            for field in model._meta.concrete_fields
            if numbered or not isinstance(field, models.AutoField)
        ]
        self._encoders = {
            field.attname: encoder for field in fields if (encoder := _encoder(field))
        }
        self._blank = dict.fromkeys((field.attname for field in fields), NULL)
        for field in fields:
            if not field.primary_key and (value := _default(field)) is not None:
                self._blank[field.attname] = self._encoders.get(field.attname, _text)(value)
        self._columns = ", ".join(f'"{field.column}"' for field in fields)
        self._lines: list[str] = []
        self.count = 0

    def add(self, **values: Any) -> None:
        """Add one row; names are those of the columns (`case_id`). Raises KeyError for others."""
        row = self._blank.copy()
        for name, value in values.items():
            if value is None:
                row[name] = NULL
            elif encoder := self._encoders.get(name):
                row[name] = encoder(value)
            else:
                row[name] = _text(value)
        if len(row) > len(self._blank):
            raise KeyError(f"{self.table} has no {row.keys() - self._blank.keys()}.")
        self._lines.append("\t".join(row.values()))

    def shape(self, *varying: str, **fixed: Any) -> Callable[[Mapping[str, Any]], None]:
        """Return a quick way to add rows that differ only in the columns named.

        Their values come as text, numbers, UUIDs or instants, never as JSON or sealed columns.
        """
        texts = self._blank | {
            name: NULL if value is None else self._encoders.get(name, _text)(value)
            for name, value in fixed.items()
        }
        pattern = "\t".join(
            f"%({name})s" if name in varying else text.replace("%", "%%")
            for name, text in texts.items()
        )

        def add(values: Mapping[str, Any]) -> None:
            self._lines.append(pattern % values)

        return add

    def copy(self) -> None:
        """Write the waiting rows in one COPY and forget them."""
        if not self._lines:
            return
        self.count += len(self._lines)
        lines, self._lines = self._lines, []
        with connection.cursor() as cursor:
            cursor.copy_expert(
                f"COPY {self.table} ({self._columns}) FROM STDIN", StringIO("\n".join(lines))
            )


class Numbers:
    """Primary keys drawn from a table's own sequence, so they collide with nothing."""

    BLOCK = 5000

    def __init__(self, model: type[models.Model]) -> None:
        self._sequence = model._meta.db_table
        self._drawn: Iterator[int] = iter(())

    def __next__(self) -> int:
        for number in self._drawn:
            return number
        self._drawn = iter(self._draw())
        return next(self._drawn)

    def _draw(self) -> list[int]:
        with connection.cursor() as cursor:
            cursor.execute(
                "SELECT nextval(pg_get_serial_sequence(%s, 'id')) FROM generate_series(1, %s)",
                [self._sequence, self.BLOCK],
            )
            return [number for (number,) in cursor.fetchall()]


def _default(field: models.Field) -> Any:
    if field.has_default() or not field.has_db_default():
        return field.get_default()
    return field.db_default


def _encoder(field: models.Field) -> Encoder | None:
    """Return how values of a field become text where `_text` does not do it."""
    if isinstance(field, SealedColumn):
        return _sealed(field)
    if isinstance(field, models.JSONField):
        return lambda value: _escaped(JSON(value))
    return None


def _sealed(field: Any) -> Encoder:
    """Seal values. Equal texts (names of files) are sealed once: a sealed value is bound to its
    column, not its row, and what is synthetic gives nothing away by being equal.
    """
    seal = lru_cache(maxsize=1024)(field.get_prep_value)
    return lambda value: seal(value) if isinstance(value, str) else field.get_prep_value(value)


def _text(value: Any) -> str:
    if isinstance(value, str):
        return _escaped(value)
    if isinstance(value, list):
        return _escaped("{" + ",".join(f'"{part}"' for part in value) + "}")
    return str(value)


def _escaped(text: str) -> str:
    if "\\" in text or "\n" in text or "\t" in text:
        return text.replace("\\", "\\\\").replace("\n", "\\n").replace("\t", "\\t")
    return text
