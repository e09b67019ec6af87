"""`verify` finds every change that is made to a history behind the engine's back, with case and sequence.

One byte in any column of any journal row; rows removed, exchanged, cut off; the stored state beside the journal;
personal values. Values erased by command, on the other hand, are no damage.
"""

from __future__ import annotations

import os
import random
import sqlite3
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import closing, contextmanager
from dataclasses import replace
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from engine.case.journal import Entry, read, seal
from engine.case.records import SEMANTICS, Command, EraseValues, read_command
from engine.hall.library import Library
from engine.hall.proof import UNKNOWN, Verification, verify
from engine.hall.store import Store
from tests.acceptance.conftest import NewUrl, opened
from tests.samples import halls

SOAK = bool(os.environ.get("LICET_SOAK"))
BYTES = 1000 if SOAK else 60
"""Random changes of one byte."""
COLUMNS = ("case", "sequence", "recorded_at", "actor", "key", "command", "body", "hash")

Database = Callable[[str, Sequence[Any]], None]
"""Runs one statement on the database, with no regard for the engine."""


def story(store: Store) -> list[str]:
    """Two cases with personal values, timers, refusals and keys; their numbers."""
    stage = halls.hall(store, halls.BUSINESS_STARTUP)
    numbers = []
    for place in (1, 2):
        variables = {**halls.APPLICATION, "company_name": f"云岭示范科技{place}号有限公司"}
        payload = {"chain": halls.chain(halls.BUSINESS_STARTUP)[0].digest, "applicant": {"name": "示范申请人甲"}}
        start = stage.engine.execute(read_command("StartCase", "window1", None, payload, f"start-{place}"))
        stage.scheduler.drain()
        stage.give("CompleteTask", "window1", start.case, {"task": start.tasks[0], "variables": variables})
        (check,) = stage.case(start.case).tasks
        stage.give("CompleteTask", "window1", start.case, {"task": check, "variables": {"outcome": "accept"}})
        stage.advance(start.case, "P5D")
        numbers.append(start.case)
    return numbers


@contextmanager
def database(url: str) -> Iterator[Database]:
    """Open the database directly, behind the engine's back."""
    if url.startswith("sqlite"):
        with closing(sqlite3.connect(url.removeprefix("sqlite:///"))) as raw:

            def run(statement: str, values: Sequence[Any]) -> None:
                raw.execute(statement.replace("%s", "?"), values)
                raw.commit()

            yield run
    else:
        import psycopg

        with psycopg.connect(url, autocommit=True) as connection:
            yield lambda statement, values: connection.execute(statement, values) and None


def checked(url: str, cases: Sequence[str] | None = None) -> Verification:
    with opened(url) as store:
        return verify(store, Library(store), cases)


def entries(url: str) -> list[tuple[Any, ...]]:
    """Rows of the journal by case and sequence, the bodies unpacked."""
    with opened(url) as store, store.reading() as reading:
        return [tuple(row) for row in reading.journal()]


def stored(url: str) -> list[tuple[Any, ...]]:
    """Return the same rows as they are stored: the bodies are bytes."""
    with opened(url) as store, store.reading() as reading:
        names = ", ".join(f'"{name}"' for name in COLUMNS)
        found = reading._connection.exec_driver_sql(f'SELECT {names} FROM journal ORDER BY "case", sequence')
        return [tuple(row) for row in found]


@pytest.fixture(scope="module")
def originals() -> dict[str, str]:
    """Databases with two untouched cases, one of each kind: made when first needed, and only copied."""
    return {}


@pytest.fixture
def url(kind: str, new_url: NewUrl, originals: dict[str, str], copy_of: Callable[[str], str]) -> str:
    """A database of the test's own with two untouched cases."""
    if kind not in originals:
        originals[kind] = new_url()
        with opened(originals[kind]) as store:
            story(store)
        proof = checked(originals[kind])
        assert proof.problems == [] and proof.cases == 2
    return copy_of(originals[kind])


def changed(value: Any, rng: random.Random) -> Any:
    """The value with one byte changed, so that the column can still hold it."""
    if value is None:
        return "x"
    if isinstance(value, int):
        return value ^ (1 << rng.randrange(8))
    if isinstance(value, bytes):
        place = rng.randrange(len(value))
        return value[:place] + bytes([value[place] ^ rng.randrange(1, 256)]) + value[place + 1 :]
    data = bytearray(value.encode())
    ascii_places = [place for place, byte in enumerate(data) if byte < 0x80]
    place = rng.choice(ascii_places)
    data[place] = rng.choice([byte for byte in range(0x20, 0x7F) if byte != data[place]])
    return data.decode()


UPDATE = 'UPDATE journal SET "{column}" = %s WHERE "case" = %s AND sequence = %s'


@pytest.mark.soak
@pytest.mark.parametrize("column", COLUMNS)
def test_one_byte_changed_in_a_column_is_found_with_case_and_sequence(column: str, url: str) -> None:
    rng = random.Random(column)
    rows = stored(url)
    for row in rows if SOAK else rng.sample(rows, 4):
        place = COLUMNS.index(column)
        value = changed(row[place], rng)
        where = [value if COLUMNS[n] == column else row[n] for n in (0, 1)]
        if column == "sequence" and any(other[:2] == (where[0], where[1]) for other in rows):
            continue  # the unique constraint doesn't let it in
        with database(url) as run:
            run(UPDATE.format(column=column), (value, row[0], row[1]))

            found = checked(url)
            run(UPDATE.format(column=column), (row[place], *where))

        named = {(trouble.case, trouble.sequence) for trouble in found.problems}
        assert {(row[0], row[1]), (where[0], where[1])} & named, (column, row[:3], found.as_dict())
        assert any(trouble.level == "hashes" for trouble in found.problems)
        assert not found.proves()

    assert checked(url).problems == []


@pytest.mark.soak
def test_any_byte_of_any_row_is_found(new_sqlite: NewUrl) -> None:
    url = new_sqlite()
    with opened(url) as store:
        story(store)
        _any_byte_is_found(url, store, Library(store))
    assert checked(url).problems == []


def _any_byte_is_found(url: str, store: Store, library: Library) -> None:
    rows = stored(url)

    @settings(max_examples=BYTES, deadline=None, derandomize=True, suppress_health_check=list(HealthCheck))
    @given(st.data())
    def proven(data: st.DataObject) -> None:
        row = data.draw(st.sampled_from(rows))
        column = data.draw(st.sampled_from([n for n, value in enumerate(row) if isinstance(value, str | bytes)]))
        old = row[column] if isinstance(row[column], bytes) else row[column].encode()
        place = data.draw(st.integers(0, len(old) - 1))
        byte = data.draw(st.integers(0, 255).filter(lambda byte: byte != old[place]))
        # As bytes in a column of text: what a hand in the file leaves behind, be it UTF-8 or not.
        new = old[:place] + bytes([byte]) + old[place + 1 :]
        with database(url) as run:
            kind = "BLOB" if isinstance(row[column], bytes) else "TEXT"
            cast = f'UPDATE journal SET "{COLUMNS[column]}" = CAST(%s AS {kind}) WHERE rowid = %s'
            number = rows.index(row) + 1
            run(cast, (new, number))
            try:
                found = verify(store, library)
            finally:
                run(cast, (old, number))

        assert not found.proves(), (COLUMNS[column], place, byte)
        assert any(trouble.sequence == row[1] for trouble in found.problems), found.as_dict()

    proven()


# ------------------------------------------------------------------ rows


def test_a_row_taken_out_is_found(url: str) -> None:
    with database(url) as run:
        run('DELETE FROM journal WHERE "case" = %s AND sequence = %s', ("2026-000001", 4))

    found = checked(url)

    assert ("2026-000001", 5) in {(trouble.case, trouble.sequence) for trouble in found.problems}
    assert {trouble.case for trouble in found.problems} == {"2026-000001"}


def test_two_rows_exchanged_are_found(url: str) -> None:
    with database(url) as run:
        for old, new in ((4, -4), (5, 4), (-4, 5)):
            run('UPDATE journal SET sequence = %s WHERE "case" = %s AND sequence = %s', (new, "2026-000001", old))

    found = checked(url)

    assert {("2026-000001", 4), ("2026-000001", 5)} <= {(t.case, t.sequence) for t in found.problems}


def test_an_end_cut_off_is_found(url: str) -> None:
    last = max(row[1] for row in entries(url) if row[0] == "2026-000002")
    with database(url) as run:
        run('DELETE FROM journal WHERE "case" = %s AND sequence = %s', ("2026-000002", last))

    found = checked(url)

    assert [(trouble.case, trouble.sequence) for trouble in found.problems] == [("2026-000002", last)]


def test_a_journal_taken_away_altogether_is_found(url: str) -> None:
    with database(url) as run:
        run('DELETE FROM journal WHERE "case" = %s', ("2026-000002",))

    for wanted in (None, ["2026-000002"]):
        assert {trouble.case for trouble in checked(url, wanted).problems} == {"2026-000002"}


def test_a_row_put_in_is_found(url: str) -> None:
    last = [row for row in entries(url) if row[0] == "2026-000001"][-1]
    columns = ", ".join(f'"{name}"' for name in COLUMNS)
    with database(url) as run:
        run(
            f"INSERT INTO journal ({columns}) VALUES ({', '.join(['%s'] * 8)})",
            (last[0], last[1] + 1, *last[2:4], None, last[5], last[6].encode(), last[7]),
        )

    assert ("2026-000001", last[1] + 1) in {(t.case, t.sequence) for t in checked(url).problems}


def test_a_whole_journal_written_anew_is_found_where_the_state_is_not(url: str) -> None:
    """Somebody who can compute the hashes gives a task to another person, and corrects all hashes."""
    written_anew(url, lambda _, body: body.replace("示范银行", "别的银行").replace('"window1"', '"window2"'))

    found = checked(url)

    assert found.of("hashes") == "ok"
    assert [trouble.case for trouble in found.problems] == ["2026-000001"]


def written_anew(url: str, change: Callable[[int, str], str]) -> int:
    """Change the bodies of the first case by their sequence, and correct all hashes; return how many entries it has."""
    rows = [row for row in entries(url) if row[0] == "2026-000001"]
    previous = None
    with database(url) as run:
        for row in rows:
            entry = replace(read(change(row[1], row[6])), previous=previous)
            body, previous = seal(entry)
            run(
                'UPDATE journal SET body = %s, hash = %s, actor = %s WHERE "case" = %s AND sequence = %s',
                (body.encode(), previous, entry.actor, row[0], row[1]),
            )
        run("UPDATE cases SET head = %s WHERE id = %s", (previous, "2026-000001"))
    return len(rows)


def with_fields(url: str, change: Callable[[Entry], Mapping[str, Any]], *sequences: int) -> int:
    """Give these entries of the first case other values in some fields, and correct all hashes."""

    def changed_body(sequence: int, body: str) -> str:
        entry = read(body)
        return seal(replace(entry, **change(entry))).body if sequence in sequences else body

    return written_anew(url, changed_body)


def in_context(entry: Entry, **values: Any) -> dict[str, Any]:
    """Return the entry's context with other values; `...` removes one."""
    return {"context": {name: value for name, value in {**entry.context, **values}.items() if value is not ...}}


def numbered(url: str, numbers: Mapping[int, Any]) -> int:
    """Give these entries of the first case other semantics numbers (`...`: none), and correct all hashes."""
    return with_fields(url, lambda entry: in_context(entry, semantics=numbers[entry.sequence]), *numbers)


@pytest.mark.parametrize("number", [99, SEMANTICS + 1, SEMANTICS - 1, 0, -1, "3", "", True, None, [3], ...], ids=repr)
def test_a_number_that_switches_the_replay_off_is_found(number: Any, url: str) -> None:
    last = numbered(url, {4: number})

    found = checked(url)

    assert (found.of("hashes"), found.of("fold"), found.of("replay")) == ("ok", "ok", "diverged")
    assert [(trouble.case, trouble.sequence, trouble.level) for trouble in found.problems] == [
        ("2026-000001", 4, "replay")
    ]
    assert not found.proves()
    kept = str(number) if number == SEMANTICS - 1 else UNKNOWN
    whole = sum(row[0] == "2026-000002" for row in entries(url))
    assert found.as_dict()["run"] == {
        kept: {"run": 0, "not_run": 1, "erased": 0},
        str(SEMANTICS): {"run": last - 1 + whole, "not_run": 0, "erased": 0},
    }


def test_every_entry_with_an_unknown_number_is_named(url: str) -> None:
    last = numbered(url, dict.fromkeys(range(1, 100), 99))

    found = checked(url)

    assert [trouble.sequence for trouble in found.problems] == list(range(1, last + 1))
    assert found.as_dict()["run"][UNKNOWN] == {"run": 0, "not_run": last, "erased": 0}


def test_a_journal_that_outlived_a_change_of_rules_is_partly_run_again(url: str) -> None:
    last = numbered(url, {1: SEMANTICS - 2, 2: SEMANTICS - 1, 3: SEMANTICS - 1})

    found = checked(url, ["2026-000001"])
    everything = checked(url)

    assert found.problems == []
    assert found.as_dict()["replay"] == f"partial {last - 3}/{last}"
    assert found.as_dict()["run"] == {
        str(SEMANTICS - 2): {"run": 0, "not_run": 1, "erased": 0},
        str(SEMANTICS - 1): {"run": 0, "not_run": 2, "erased": 0},
        str(SEMANTICS): {"run": last - 3, "not_run": 0, "erased": 0},
    }
    assert everything.of("replay") == f"partial {everything.entries - 3}/{everything.entries}"
    assert found.proves() and not found.proves(strict=True)
    assert checked(url, ["2026-000002"]).proves(strict=True)


def test_after_a_command_that_gives_other_effects_the_fold_is_checked_to_the_end(url: str) -> None:
    given = '"variables":{"outcome":"%s"}}'
    last = written_anew(url, lambda _, body: body.replace(given % "accept", given % "correct"))
    with database(url) as run:
        run("UPDATE facts SET value = '1' WHERE \"case\" = %s AND scope = 0 AND name = 'domicile'", ("2026-000001",))

    found = checked(url, ["2026-000001"])

    assert {name: found.of(name) for name in ("hashes", "fold", "replay")} == {
        "hashes": "ok",
        "fold": "broken",
        "replay": "diverged",
    }
    assert {(trouble.sequence, trouble.level) for trouble in found.problems} == {(6, "replay"), (last, "fold")}
    assert found.as_dict()["run"] == {str(SEMANTICS): {"run": 5, "not_run": last - 5, "erased": 0}}


@pytest.mark.parametrize(
    ("change", "level"),
    [
        (lambda entry: in_context(entry, personal=...), "fold"),
        (lambda entry: in_context(entry, personal=[{}]), "fold"),
        (lambda entry: {"effects": [{"type": "task_opened"}]}, "fold"),
        (lambda entry: in_context(entry, calendar=...), "replay"),
        (lambda entry: in_context(entry, settings=entry.context["chain"]), "replay"),
        (lambda entry: in_context(entry, chain=entry.context["calendar"]), "replay"),
        (lambda entry: {"command": {"type": entry.command["type"], "payload": []}}, "replay"),
        (lambda entry: {"effective_on": "some day"}, "replay"),
    ],
)
def test_a_malformed_entry_is_named_and_the_other_case_is_still_proved(
    change: Callable[[Entry], Mapping[str, Any]], level: str, url: str
) -> None:
    with_fields(url, change, 4)

    found = checked(url)

    assert [(trouble.case, trouble.sequence, trouble.level) for trouble in found.problems] == [
        ("2026-000001", 4, level)
    ]
    whole = sum(row[0] == "2026-000002" for row in entries(url))
    assert found.run.total() == whole + 3


@pytest.mark.parametrize("value", ["x", '{"$date":3}'])
def test_a_personal_value_that_cannot_be_read_is_named_and_the_other_case_is_still_proved(value: str, url: str) -> None:
    with database(url) as run:
        run('UPDATE personal SET value = %s WHERE "case" = %s', (value, "2026-000001"))

    found = checked(url)

    assert [(trouble.case, trouble.level) for trouble in found.problems] == [("2026-000001", "fold")]
    assert found.run.total() == sum(row[0] == "2026-000002" for row in entries(url))


def test_a_version_that_is_gone_is_named_by_the_entries_that_were_made_with_it(url: str) -> None:
    with database(url) as run:
        run("DELETE FROM documents WHERE digest = %s", (halls.chain(halls.BUSINESS_STARTUP)[0].digest,))

    found = checked(url)

    assert [(trouble.case, trouble.sequence) for trouble in found.problems if trouble.level == "replay"] == [
        ("2026-000001", 1),
        ("2026-000002", 1),
    ]


# ------------------------------------------------------------------ beside the journal


@pytest.mark.parametrize(
    ("statement", "names"),
    [
        ("UPDATE facts SET value = '\"别的\"' WHERE \"case\" = %s AND scope = 0 AND name = 'domicile'", "domicile"),
        ("UPDATE facts SET digest = 'sha256:00' WHERE \"case\" = %s AND scope = 0 AND name = 'domicile'", "domicile"),
        ("DELETE FROM facts WHERE \"case\" = %s AND scope = 0 AND name = 'domicile'", "domicile"),
        ("INSERT INTO facts VALUES (%s, 0, 'made_up', '1', 'sha256:00')", "made_up"),
        ("UPDATE cases SET core = replace(core, 'market_regulation', 'tax') WHERE id = %s", "stored state"),
        ("UPDATE cases SET head = 'sha256:00' WHERE id = %s", "hash"),
        ("UPDATE cases SET sequence = sequence + 1 WHERE id = %s", "last one"),
        ('UPDATE personal SET value = \'"110105194912310021"\' WHERE "case" = %s', "personal value"),
        ("UPDATE personal SET salt = 'ab' WHERE \"case\" = %s", "personal value"),
    ],
)
def test_stored_rows_that_are_not_the_fold_of_the_journal_are_found(statement: str, names: str, url: str) -> None:
    with database(url) as run:
        run(statement, ("2026-000001",))

    found = checked(url)

    assert {trouble.case for trouble in found.problems} == {"2026-000001"}
    assert any(names in trouble.problem for trouble in found.problems), found.as_dict()


@pytest.mark.parametrize(
    ("statement", "table"),
    [
        ("UPDATE cases SET title = '别的办件' WHERE id = %s", "cases"),
        ("UPDATE cases SET status = 'completed' WHERE id = %s", "cases"),
        ('UPDATE tasks SET roles = \'["window"]\' WHERE "case" = %s', "tasks"),
        ("UPDATE tasks SET due_at = '2030-01-01T00:00:00.000000+00:00' WHERE \"case\" = %s", "tasks"),
        ('DELETE FROM tasks WHERE "case" = %s', "tasks"),
        ("UPDATE candidates SET candidate = 'person:window1' WHERE \"case\" = %s", "candidates"),
        ('DELETE FROM candidates WHERE "case" = %s', "candidates"),
        (
            "INSERT INTO deadlines VALUES (%s, 'token:99:x', '2030-01-01T00:00:00.000000+00:00', 99, "
            "'2030-01-01T00:00:00+00:00', NULL, NULL)",
            "deadlines",
        ),
        ("INSERT INTO claims (kind, \"key\", \"case\", kept) VALUES ('unit', '1', %s, false)", "claims"),
        ('UPDATE claims SET kept = true WHERE "case" = %s', "claims"),
        ("INSERT INTO subscriptions VALUES (%s, 99, 'x', 'message', 'paid', NULL)", "subscriptions"),
        ("INSERT INTO incidents VALUES (%s, 99, NULL, 'x', 'x', '2026-03-02T09:00:00+08:00', NULL)", "incidents"),
        ("INSERT INTO materials VALUES (%s, 'x', 'sha256:00', 'x', 1, 'x', '2026-03-02')", "materials"),
        (
            "INSERT INTO outbox VALUES (%s, 99, 'notification', 'notice.send', '{}', NULL, 'waiting', 0, "
            "'2026-03-02T01:00:00.000000+00:00', NULL, NULL, NULL)",
            "outbox",
        ),
    ],
)
def test_a_table_that_does_not_follow_from_the_journal_is_named(statement: str, table: str, url: str) -> None:
    with database(url) as run:
        run(statement, ("2026-000001",))

    found = checked(url)

    assert {trouble.case for trouble in found.problems} == {"2026-000001"}
    assert {trouble.level for trouble in found.problems} == {"fold"}
    assert any(trouble.problem.startswith(f"table {table}: ") for trouble in found.problems), found.as_dict()


def test_personal_values_that_vanished_without_an_order_are_found(url: str) -> None:
    with database(url) as run:
        run('DELETE FROM personal WHERE "case" = %s', ("2026-000001",))

    found = checked(url)

    assert {trouble.case for trouble in found.problems} == {"2026-000001"}
    assert any("personal" in trouble.problem for trouble in found.problems)


# ------------------------------------------------------------------ erased by order


def test_erased_values_leave_hashes_and_fold_whole_and_replay_says_erased(store: Store) -> None:
    number, other = story(store)
    with store.reading() as reading:
        digests = [row.digest for row in reading.personal(number)]
    stage = halls.Rehearsal.alone(store, halls.chain(halls.BUSINESS_STARTUP)[1], {}, halls.VirtualClock(halls.MONDAY))
    stage.engine.execute(Command("admin", number, EraseValues(digests=digests, reason="保存期满")))

    found = verify(store, Library(store), [number])
    with store.reading() as reading:
        left = reading.personal(number)

    assert left == []
    assert found.problems == []
    assert {name: found.as_dict()[name] for name in ("hashes", "fold", "replay")} == {
        "hashes": "ok",
        "fold": "ok",
        "replay": "erased",
    }
    assert found.as_dict()["run"] == {str(SEMANTICS): {"run": 0, "not_run": found.entries, "erased": found.entries}}
    assert found.proves() and not found.proves(strict=True)
    assert verify(store, Library(store), [other]).as_dict()["replay"] == "ok"


def test_what_was_erased_under_older_rules_does_not_count_as_another_effect(url: str) -> None:
    last = numbered(url, {1: SEMANTICS - 1, 2: SEMANTICS - 1})
    with opened(url) as store:
        organisation = halls.chain(halls.BUSINESS_STARTUP)[1]
        stage = halls.Rehearsal.alone(store, organisation, {}, halls.VirtualClock(halls.MONDAY))
        with store.reading() as reading:
            digests = [row.digest for row in reading.personal("2026-000001")]
        stage.engine.execute(Command("admin", "2026-000001", EraseValues(digests, "保存期满")))

    found = checked(url, ["2026-000001"])

    assert found.problems == []
    assert found.of("replay") == f"partial 0/{last + 1}"
    assert found.as_dict()["run"][str(SEMANTICS)] == {"run": 0, "not_run": last - 1, "erased": last - 1}


def test_a_reason_that_was_changed_is_found_though_the_state_is_the_same(url: str) -> None:
    """Somebody who can compute the hashes lets a decision rest on another rule, and corrects all hashes."""

    def other(entry: Entry) -> dict[str, Any]:
        effects = [
            {**e, "rules": {"company_rules": [99]}} if e["type"] == "decision_made" else e for e in entry.effects
        ]
        return {"effects": effects}

    with_fields(url, other, *range(1, 100))

    found = checked(url, ["2026-000001"])

    assert (found.of("hashes"), found.of("fold"), found.of("replay")) == ("ok", "ok", "diverged")
    assert "company_rules" in found.problems[0].problem
