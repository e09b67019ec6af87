"""Values, commands and effects survive the way into JSON and back; what isn't one is refused."""

from __future__ import annotations

import dataclasses
import json
import types
import typing
from datetime import date, datetime, time, timedelta
from decimal import Decimal
from typing import Any
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from engine.base.canonical import canonical
from engine.base.errors import InvalidInput, JournalBroken
from engine.case.records import (
    EFFECTS,
    ERASED,
    Command,
    CompleteTask,
    Personal,
    command_from_json,
    command_to_json,
    decode,
    effect_from_json,
    effect_to_json,
    encode,
    normal,
    plain,
    read_command,
)
from engine.language import feel

SHANGHAI = ZoneInfo("Asia/Shanghai")

texts = st.text(st.characters(exclude_categories=("Cs",)), max_size=8) | st.sampled_from(["$date", "$object", "汉字"])
numbers = st.integers() | st.decimals(allow_nan=False, allow_infinity=False, places=4)
moments = st.datetimes(datetime(1990, 1, 1), datetime(2100, 1, 1)).map(lambda at: at.replace(tzinfo=SHANGHAI))
scalars = st.one_of(
    st.none(),
    st.booleans(),
    texts,
    numbers,
    st.dates(),
    moments,
    st.times(),
    st.timedeltas(),
    st.integers(-100, 100).map(feel.YearsMonths),
)
values = st.recursive(
    scalars, lambda inner: st.lists(inner, max_size=3) | st.dictionaries(texts, inner, max_size=3), max_leaves=8
)


def stored(value: Any) -> Any:
    """Return the value after it went through the canonical bytes, as in the journal."""
    return json.loads(canonical(value))


@given(values)
def test_a_value_comes_back_as_it_went_in(value: Any) -> None:
    coded = encode(value)

    assert decode(stored(coded)) == normal(value)
    assert encode(decode(stored(coded))) == coded


@given(values)
def test_a_normal_value_is_the_one_that_comes_back(value: Any) -> None:
    """A case that has decided and a case that was loaded have equal values, of equal types."""
    once = normal(value)

    assert repr(decode(stored(encode(once)))) == repr(normal(once))


@given(values, st.text(min_size=1, max_size=8))
def test_a_personal_value_stands_for_its_digest(value: Any, salt: str) -> None:
    wrapped = Personal.of(normal(value), salt.encode("utf-8", "replace").decode())

    assert encode(wrapped) == {"$personal": wrapped.digest}
    assert decode({"$personal": wrapped.digest}, {wrapped.digest: wrapped}.__getitem__) == wrapped
    assert plain(wrapped) == normal(value)
    erased = decode({"$personal": wrapped.digest})
    assert (erased.value, plain(erased)) == (ERASED, None)
    assert encode(erased) == encode(wrapped)


def test_an_object_with_a_key_of_ours_is_no_tag() -> None:
    for value in ({"$date": "2026-03-02"}, {"$personal": "sha256:00"}, {"$object": {"$decimal": "1"}}, {"a": {"$": 1}}):
        assert decode(stored(encode(value))) == value


@pytest.mark.parametrize("number", [2**53, 10**30 + 1, Decimal(10**40), Decimal("1.0000000000000000000000000000001")])
def test_a_large_number_keeps_all_its_digits(number: Any) -> None:
    again = decode(stored(encode(number)))

    assert again == number
    assert canonical(encode(again)) == canonical(encode(number))


@pytest.mark.parametrize("value", [object(), {1, 2}, 1.5, b"x", Decimal("NaN"), Decimal("Infinity")])
def test_what_no_fact_may_be_is_refused(value: Any) -> None:
    with pytest.raises(InvalidInput, match="Expected"):
        encode(value)


# ------------------------------------------------------------------ effects


def _strategy(hint: Any, name: str) -> st.SearchStrategy[Any]:
    origin, arguments = typing.get_origin(hint), typing.get_args(hint)
    if origin in (typing.Union, types.UnionType):
        return st.one_of(*(_strategy(argument, name) for argument in arguments))
    if hint is type(None):
        return st.none()
    if origin is tuple:
        return st.lists(_strategy(arguments[0], name), max_size=2).map(tuple)
    if origin is not None or hint in (dict, list):
        return st.dictionaries(texts, scalars, max_size=2).map(normal)
    if dataclasses.is_dataclass(hint):
        return _effects_of(hint)
    basic = {int: st.integers(-1, 2**40), str: texts, bool: st.booleans()}
    return basic.get(hint, values.map(normal))


def _effects_of(kind: Any) -> st.SearchStrategy[Any]:
    hints = typing.get_type_hints(kind)
    return st.builds(kind, **{f.name: _strategy(hints[f.name], f.name) for f in dataclasses.fields(kind)})


@pytest.mark.parametrize("name", sorted(EFFECTS))
def test_every_effect_comes_back_as_it_was(name: str) -> None:
    @settings(max_examples=30)
    @given(_effects_of(EFFECTS[name]))
    def proven(effect: Any) -> None:
        written = effect_to_json(effect)

        assert written["type"] == name
        again = effect_from_json(stored(written))
        assert type(again) is type(effect)
        assert effect_to_json(again) == written
        assert canonical(effect_to_json(again)) == canonical(written)

    proven()


def test_fields_that_hold_their_default_are_left_out_and_come_back() -> None:
    """So a new field with a default doesn't make old entries unreadable."""
    opened = EFFECTS["task_opened"](3, "review", "审查", "2026-03-02T09:00:00+08:00")

    written = effect_to_json(opened)

    assert written == {
        "type": "task_opened",
        "token": 3,
        "element": "review",
        "name": "审查",
        "at": "2026-03-02T09:00:00+08:00",
    }
    assert effect_from_json(written) == opened


@pytest.mark.parametrize(
    "data",
    [
        {"type": "unheard_of"},
        {"token": 1},
        "task_opened",
        None,
        {"type": "task_opened"},
        {"type": "task_released", "token": 1, "more": 2},
        {"type": "fact_set", "scope": 0, "name": "x", "value": {"$date": "soon"}},
    ],
)
def test_what_is_no_effect_breaks_the_journal(data: Any) -> None:
    with pytest.raises(JournalBroken, match="Expected an effect of a known type"):
        effect_from_json(data)


# ------------------------------------------------------------------ commands


def test_a_command_names_every_wrong_field_at_once() -> None:
    with pytest.raises(InvalidInput) as refused:
        command_from_json({"type": "CompleteTask", "actor": "", "case": 7, "effective_on": "soon", "more": 1})

    assert set(refused.value.fields["errors"]) == {"actor", "case", "effective_on", "more"}


@pytest.mark.parametrize(
    ("payload", "errors"),
    [
        ({}, {"payload.task": "is missing"}),
        ({"task": "x"}, {"payload.task": "should be a valid integer"}),
        ({"task": True}, {"payload.task": "should be a valid integer"}),
        ({"task": 1, "unheard": 2}, {"payload.unheard": "unknown field; known are task, variables"}),
        ({"task": 1, "variables": []}, {"payload.variables": "should be a valid dictionary"}),
    ],
)
def test_a_payload_has_the_shape_of_its_type(payload: dict[str, Any], errors: dict[str, str]) -> None:
    with pytest.raises(InvalidInput) as refused:
        read_command("CompleteTask", "window1", "2026-000001", payload)

    assert refused.value.fields["errors"] == errors


@pytest.mark.parametrize("amount", [True, 1.5, "2", [1], Decimal("NaN")])
def test_an_amount_is_a_whole_number_or_a_decimal(amount: Any) -> None:
    with pytest.raises(InvalidInput) as refused:
        read_command("ExtendClock", "head1", "2026-000001", {"matter": 3, "amount": amount, "reason": "情况复杂"})

    assert set(refused.value.fields["errors"]) == {"payload.amount"}


def test_what_is_wrong_around_and_inside_the_payload_is_named_at_once() -> None:
    with pytest.raises(InvalidInput) as refused:
        read_command("ExtendClock", "", None, {"matter": None, "amount": 1, "more": 2})

    wrong = {"actor", "case", "payload.matter", "payload.reason", "payload.more"}
    assert set(refused.value.fields["errors"]) == wrong
    assert refused.value.fields["errors"]["payload.matter"] == "is missing"


def test_no_message_repeats_a_value_that_may_be_a_persons() -> None:
    with pytest.raises(InvalidInput) as refused:
        read_command("StartCase", "window1", None, {"chain": "x", "applicant": "11010519491231002X"})

    assert "11010519491231002X" not in str(refused.value)


def test_the_journal_keeps_the_fields_that_were_given() -> None:
    asked = {"name": "note", "value": None, "reason": "更正", "scope": None}

    written = command_to_json(read_command("SetFact", "admin", "2026-000001", asked))

    assert written == {"type": "SetFact", "payload": {"name": "note", "reason": "更正", "value": None}}


def test_values_stay_as_they_are() -> None:
    values = {"day": date(2026, 3, 2), "amount": Decimal("1.50"), "name": Personal.of("甲", "salt"), "none": None}

    order = read_command("CompleteTask", "window1", "2026-000001", {"task": 2, "variables": values}).order

    assert order == CompleteTask(2, values)
    assert isinstance(order, CompleteTask) and str((order.variables or {})["amount"]) == "1.50"


def test_only_the_start_has_no_case() -> None:
    with pytest.raises(InvalidInput, match="expected a case"):
        read_command("ClaimTask", "window1", None, {"task": 1})
    with pytest.raises(InvalidInput, match="makes its own case"):
        read_command("StartCase", "window1", "2026-000001", {"chain": "x"})
    with pytest.raises(InvalidInput, match="unknown command 'Frobnicate'; known are StartCase"):
        read_command("Frobnicate", "window1", "2026-000001", {})


@pytest.mark.parametrize("data", [None, [], "StartCase", 1, {"type": "StartCase", "actor": "x", "payload": []}])
def test_what_is_no_command_is_refused(data: Any) -> None:
    with pytest.raises(InvalidInput):
        command_from_json(data)


def test_a_command_of_json_is_the_command() -> None:
    data = {
        "type": "CompleteTask", "actor": "window1", "case": "2026-000001", "key": "k", "effective_on": "2026-03-01",
        "payload": {"task": 2, "variables": {"amount": Decimal("1.5")}},
    }  # fmt: skip

    found = command_from_json(data)

    order = CompleteTask(2, {"amount": Decimal("1.5")})
    assert found == Command("window1", "2026-000001", order, "k", date(2026, 3, 1))


def test_times_keep_their_parts() -> None:
    for value in (time(9, 30), timedelta(days=-1, microseconds=7), datetime(2026, 3, 2, 9, tzinfo=SHANGHAI)):
        assert decode(stored(encode(value))) == value


@pytest.mark.parametrize("text", ["1e999999999", "-1e999999999", "1e-999999999", "1e7000", "Infinity", "NaN"])
def test_a_number_that_nobody_can_write_out_is_refused(text: str) -> None:
    with pytest.raises(InvalidInput, match="finite number"):
        normal(Decimal(text))


@pytest.mark.parametrize("text", ["0", "-0.00", "0e999999999", "0e-999999999"])
def test_every_zero_is_zero(text: str) -> None:
    assert normal(Decimal(text)) == 0
    assert type(normal(Decimal(text))) is int


@pytest.mark.parametrize("key", ["", "a\x00b", "z" * 201])
def test_a_key_that_no_index_takes_is_refused(key: str) -> None:
    with pytest.raises(InvalidInput, match="key: expected a text of 1 to 200"):
        read_command("ClaimTask", "window1", "2026-000001", {"task": 1}, key)
