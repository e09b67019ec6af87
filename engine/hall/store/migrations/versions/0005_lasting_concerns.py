"""Whoever has worked on a case, and the offices that its tasks were for, stay among those whom it concerns."""

import json
from collections.abc import Iterable, Iterator
from itertools import groupby
from typing import Any

import sqlalchemy as sa
from alembic import op

from engine.base.errors import LicetError
from engine.case.authority import concerns, lasting
from engine.case.journal import read
from engine.case.records import Personal, decode, effect_from_json
from engine.case.state import Case, evolve
from engine.hall.store.packing import unpacked

revision = "0005"
down_revision = "0004"

AT_ONCE = 50
"""Number of cases whose journals, some 100 kB each, are in memory at a time."""


def upgrade() -> None:
    connection = op.get_bind()
    add = sa.text('INSERT INTO concerns ("case", concern) VALUES (:case, :concern)')
    for rows in _missing(connection):
        if rows:
            connection.execute(add, rows)


def _missing(connection: sa.Connection) -> Iterator[list[dict[str, str]]]:
    """Yield the rows that aren't there yet, worked out from the journals by the rule that writes them from now on."""
    last = ""
    numbers = sa.text("SELECT id FROM cases WHERE id > :last ORDER BY id LIMIT :most")
    while found := connection.execute(numbers, {"last": last, "most": AT_ONCE}).scalars().all():
        between = {"last": last, "to": found[-1]}
        stored = sa.text('SELECT "case", concern FROM concerns WHERE "case" > :last AND "case" <= :to')
        there = {tuple(row) for row in connection.execute(stored, between)}
        kept = {(case, concern) for case, texts in _lasting(connection, between) for concern in texts}
        yield [{"case": case, "concern": concern} for case, concern in sorted(kept - there)]
        last = found[-1]


def _lasting(connection: sa.Connection, between: dict[str, str]) -> Iterator[tuple[str, set[str]]]:
    rows = connection.execute(
        sa.text(
            'SELECT "case", actor, body FROM journal WHERE "case" > :last AND "case" <= :to ORDER BY "case", sequence'
        ),
        between,
    )
    for number, entries in groupby(rows, key=lambda row: str(row[0])):
        try:
            yield number, _of_case(connection, number, entries)
        except (LicetError, AttributeError, KeyError, TypeError, ValueError):
            continue  # a journal that somebody has broken: for `licet verify` to tell


def _of_case(connection: sa.Connection, number: str, entries: Iterable[Any]) -> set[str]:
    kept, find, case = set[str](), _personal(connection, number), Case(number)
    for _, actor, body in entries:
        before = case
        case = evolve(before, [effect_from_json(effect, find) for effect in read(unpacked(body)).effects])
        kept |= lasting(before, case, actor)
    return kept - concerns(case)


def _personal(connection: sa.Connection, number: str) -> Any:
    rows = connection.execute(sa.text('SELECT digest, salt, value FROM personal WHERE "case" = :n'), {"n": number})
    kept = {row.digest: Personal(decode(json.loads(row.value)), row.salt, row.digest) for row in rows}
    return lambda digest: kept.get(digest) or Personal.erased(digest)
