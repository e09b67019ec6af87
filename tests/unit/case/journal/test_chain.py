"""The hash chain: any change in any column of any row is found, with case and sequence."""

from dataclasses import replace

import pytest
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from hypothesis import given
from hypothesis import strategies as st

from engine.base.errors import InvalidInput, JournalBroken
from engine.case.journal import Entry, Head, Problem, Row, anchor, read, read_chain, seal, verify_anchor


def history(case: str, length: int) -> list[Row]:
    rows: list[Row] = []
    for sequence in range(1, length + 1):
        entry = Entry(
            case=case,
            sequence=sequence,
            recorded_at=f"2026-03-02T09:0{sequence}:00+08:00",
            effective_on="2026-03-02",
            actor="window1",
            key=f"k{sequence}" if sequence > 1 else None,
            basis={"role": "window"},
            command={"type": "CompleteTask", "payload": {"variables": {"名称": "杭州示例有限公司"}}},
            effects=[{"type": "fact_set", "name": "名称"}],
            context={"chain": "sha256:00", "semantics": 1},
            state="sha256:11",
            previous=rows[-1].hash if rows else None,
        )
        sealed = seal(entry)
        columns = (case, sequence, entry.recorded_at, entry.actor, entry.key, "CompleteTask")
        rows.append(Row(*columns, sealed.body, sealed.hash))
    return rows


ROWS = history("2026-000001", 4) + history("2026-000002", 2)
HEADS = {"2026-000001": Head(4, ROWS[3].hash), "2026-000002": Head(2, ROWS[5].hash)}


def chain_problems(rows: list[Row], heads: dict[str, Head] | None = None) -> list[Problem]:
    return read_chain(rows, heads)[0]


def test_a_true_journal_has_no_problems():
    assert chain_problems(ROWS, HEADS) == []


def test_an_entry_is_read_as_it_was_sealed():
    entry = read(ROWS[1].body)

    assert seal(entry) == (ROWS[1].body, ROWS[1].hash)
    assert entry.previous == ROWS[0].hash


def changed(value, at: int, to: int):
    if value is None:
        return "k"
    if isinstance(value, int):
        return value ^ (to or 1)
    data = bytearray(value.encode())
    at %= len(data)
    data[at] = to if data[at] != to else to ^ 1
    try:
        return data.decode()
    except UnicodeDecodeError:
        return bytes(data)


@given(st.integers(0, len(ROWS) - 1), st.sampled_from(Row._fields), st.integers(0), st.integers(0, 255))
def test_one_changed_byte_in_any_column_is_found(number, column, at, to):
    row = ROWS[number]
    rows = list(ROWS)
    rows[number] = row._replace(**{column: changed(getattr(row, column), at, to)})

    problems = chain_problems(rows, HEADS)

    assert problems
    if column not in ("case", "sequence"):
        assert (row.case, row.sequence) in {(found.case, found.sequence) for found in problems}


@given(
    st.integers(0, len(ROWS) - 1),
    st.sampled_from(Row._fields),
    st.none() | st.binary() | st.text() | st.integers() | st.floats(),
)
def test_any_rubbish_in_any_column_is_found(number, column, rubbish):
    row = ROWS[number]
    rows = list(ROWS)
    rows[number] = row._replace(**{column: rubbish})

    same = repr(rubbish) == repr(getattr(row, column))
    assert bool(chain_problems(rows, HEADS)) != same


@pytest.mark.parametrize("missing", range(len(ROWS)))
def test_a_missing_entry_is_found(missing):
    rows = [row for number, row in enumerate(ROWS) if number != missing]

    assert any(found.case == ROWS[missing].case for found in chain_problems(rows, HEADS))


def test_a_missing_case_is_found():
    problems = chain_problems(ROWS[:4], HEADS)

    assert [(found.case, found.sequence) for found in problems] == [("2026-000002", 2)]


def test_entries_without_a_case_are_found():
    problems = chain_problems(ROWS, {"2026-000001": HEADS["2026-000001"]})

    assert [found.case for found in problems] == ["2026-000002"]


def test_a_rewritten_entry_with_a_fitting_hash_is_found_at_the_next():
    forged = seal(replace(read(ROWS[1].body), actor="window2"))
    rows = list(ROWS)
    rows[1] = ROWS[1]._replace(actor="window2", body=forged.body, hash=forged.hash)

    assert [(found.case, found.sequence) for found in chain_problems(rows, HEADS)] == [("2026-000001", 3)]


def test_a_rewritten_last_entry_is_found_by_the_head():
    forged = seal(replace(read(ROWS[3].body), actor="window2"))
    rows = list(ROWS)
    rows[3] = ROWS[3]._replace(actor="window2", body=forged.body, hash=forged.hash)

    assert [(found.case, found.sequence) for found in chain_problems(rows, HEADS)] == [("2026-000001", 4)]


def test_time_never_goes_back():
    first, second = (read(row.body) for row in ROWS[:2])
    early = replace(second, recorded_at="2026-03-02T08:59:00+08:00", previous=seal(first).hash)
    sealed = seal(early)
    rows = [ROWS[0], ROWS[1]._replace(recorded_at=early.recorded_at, body=sealed.body, hash=sealed.hash)]

    assert [found.sequence for found in chain_problems(rows)] == [2]


@pytest.mark.parametrize("body", ["", "{}", "[]", "{", "nul", '{"a" :1}', b"\xff", "[" * 5000, '{"a":1.5}'])
def test_what_is_no_entry_is_not_read(body):
    with pytest.raises(JournalBroken):
        read(body)


@pytest.mark.parametrize("number", ["1.5", "1.0", "1e3", "-0", "9007199254740992", "NaN"])
def test_a_number_that_no_entry_has_is_not_read(number):
    body = ROWS[1].body.replace('"semantics":1', f'"semantics":{number}')
    assert body != ROWS[1].body

    with pytest.raises(JournalBroken):
        read(body)


KEY = Ed25519PrivateKey.from_private_bytes(b"licet test key, thirty-two bytes")
HASHES = {(row.case, row.sequence): row.hash for row in ROWS}


def hash_of(case: str, sequence: int) -> str | None:
    return HASHES.get((case, sequence))


def test_an_anchor_holds_while_the_journal_grows():
    anchored = anchor({"2026-000001": Head(2, ROWS[1].hash)}, "2026-03-02T18:00:00+08:00", KEY)

    assert verify_anchor(anchored, KEY.public_key(), hash_of) == []


def test_an_anchor_finds_a_journal_that_was_written_anew():
    forged = {"2026-000001": Head(2, "sha256:ff"), "x": Head(1, "sha256:ee")}
    anchored = anchor(forged, "2026-03-02T18:00:00Z", KEY)

    problems = verify_anchor(anchored, KEY.public_key(), hash_of)

    assert [(found.case, found.sequence) for found in problems] == [("2026-000001", 2), ("x", 1)]


def test_an_anchor_of_another_hand_is_refused():
    anchored = anchor(HEADS, "2026-03-02T18:00:00Z", KEY)
    other = Ed25519PrivateKey.generate().public_key()

    for false in ({**anchored, "at": "2026-03-03T18:00:00Z"}, {}, {**anchored, "signature": "ed25519:?"}):
        with pytest.raises(InvalidInput):
            verify_anchor(false, KEY.public_key(), hash_of)
    with pytest.raises(InvalidInput):
        verify_anchor(anchored, other, hash_of)
