"""Canonical bytes: RFC 8785, with the `rfc8785` library as the oracle."""

import json

import pytest
import rfc8785
from hypothesis import given
from hypothesis import strategies as st

from engine.base.canonical import SAFE_INTEGER, canonical, digest, of_json, parsed, trusted
from engine.base.errors import InvalidInput

texts = st.text(st.characters(exclude_categories=["Cs"]))
scalars = st.none() | st.booleans() | st.integers(-(2**53) + 1, 2**53 - 1) | texts
values = st.recursive(
    scalars, lambda inner: st.lists(inner) | st.tuples(inner) | st.dictionaries(texts, inner), max_leaves=20
)


@given(values)
def test_bytes_are_those_of_rfc_8785(value):
    assert canonical(value) == trusted(value) == rfc8785.dumps(value)


@given(values)
def test_what_is_written_is_read_again(value):
    assert trusted(parsed(canonical(value))) == canonical(value)


def test_what_nests_deeper_than_orjson_goes_is_written_all_the_same():
    deep: list[object] = []
    for _ in range(300):
        deep = [deep]

    assert trusted(deep) == b"[" * 301 + b"]" * 301


def test_keys_beyond_the_basic_plane_sort_by_utf_16():
    value = {"\ufb33": 1, "\U0001f600": {"a": 2}}

    assert canonical(value) == rfc8785.dumps(value)
    assert canonical(value).startswith(b'{"\xf0')


@pytest.mark.parametrize(
    "value",
    [
        1.0,
        float("nan"),
        2**53,
        -(2**53),
        "\ud800",
        {"\udfff": 1},
        {"\U0001f600\ud800": 1},
        {1: "a"},
        {None: "a"},
        {"a": [{"b": 0.5}]},
        b"bytes",
        {"a", "b"},
    ],
)
def test_what_has_no_canonical_form_is_refused(value):
    with pytest.raises(InvalidInput):
        canonical(value)


def test_the_largest_integers_pass():
    assert canonical([SAFE_INTEGER, -SAFE_INTEGER]) == b"[9007199254740991,-9007199254740991]"


def test_a_digest_names_its_algorithm():
    assert digest(b"") == "sha256:e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855"



@given(values)
def test_a_file_with_or_without_a_byte_order_mark_is_read_alike(value):
    written = json.dumps(value, ensure_ascii=False)

    assert of_json(written.encode("utf-8-sig")) == of_json(written.encode()) == json.loads(written)


@given(st.binary())
def test_what_is_no_json_is_refused_in_plain_words(data):
    try:
        of_json(data)
    except ValueError as error:
        assert "codec" not in str(error) and "utf-8-sig" not in str(error)
