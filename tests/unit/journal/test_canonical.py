"""Canonical bytes: RFC 8785, with the `rfc8785` library as the oracle."""

import pytest
import rfc8785
from hypothesis import given
from hypothesis import strategies as st

from engine.errors import InvalidInput
from engine.journal import DEEPEST, canonical, digest, fact_digest, facts_digest, personal_digest

texts = st.text(st.characters(exclude_categories=["Cs"]))
scalars = st.none() | st.booleans() | st.integers(-(2**53) + 1, 2**53 - 1) | texts
values = st.recursive(
    scalars, lambda inner: st.lists(inner) | st.tuples(inner) | st.dictionaries(texts, inner), max_leaves=20
)


@given(values)
def test_bytes_are_those_of_rfc_8785(value):
    assert canonical(value) == rfc8785.dumps(value)


def test_keys_beyond_the_basic_plane_sort_by_utf_16():
    value = {"\ufb33": 1, "\U0001f600": {"a": 2}}

    assert canonical(value) == rfc8785.dumps(value)
    assert canonical(value).startswith(b'{"\xf0')


@pytest.mark.parametrize(
    "value",
    [
        1.0,
        float("nan"),
        2**53 + 1,
        -(2**53) - 1,
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


def test_the_place_is_named():
    with pytest.raises(InvalidInput, match=r"\$\.a\[\]\.b"):
        canonical({"a": [{"b": 0.5}]})


def test_the_largest_integers_pass():
    assert canonical([2**53, -(2**53)]) == b"[9007199254740992,-9007199254740992]"


def test_nesting_is_bounded():
    value: list = []
    for _ in range(DEEPEST):
        value = [value]
    endless: list = []
    endless.append(endless)

    for deep in (value, endless):
        with pytest.raises(InvalidInput, match="levels"):
            canonical(deep)
    assert canonical(value[0]).startswith(b"[[[")


def test_a_digest_names_its_algorithm():
    assert digest(b"") == "sha256:e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855"


@given(st.integers(0, 99), texts, values)
def test_a_fact_is_digested_with_scope_and_name(scope, name, value):
    text = canonical(value).decode()

    assert fact_digest(scope, name, text) == digest(canonical([scope, name, value]))


def test_all_facts_are_digested_from_the_single_ones():
    one, other = fact_digest(0, "a", "1"), fact_digest(0, "a", "2")

    assert facts_digest([one]) != facts_digest([other])
    assert facts_digest([one, other]) != facts_digest([one])
    assert facts_digest([]) == digest(b"")


def test_a_personal_value_is_told_only_with_its_salt():
    assert personal_digest("s1", '"330106"') != personal_digest("s2", '"330106"')
