"""Canonical bytes: RFC 8785, with the `rfc8785` library as the oracle."""

import json
from unicodedata import normalize

import pytest
import rfc8785
from hypothesis import given
from hypothesis import strategies as st

from engine.base.canonical import SAFE_INTEGER, canonical, digest, json_text, of_json, parsed, trusted
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

    assert of_json(written.encode("utf-8-sig")) == of_json(written.encode()) == json.loads(json_text(written.encode()))


@pytest.mark.parametrize(
    ("written", "read"),
    [
        ('"Cafe\u0301"', "Café"),
        (r'"Cafe\u0301"', "Café"),
        (r'"\n\u0303"', "\n\u0303"),
        (r'"\\n" ', r"\n"),
        ('"\u1112\u1165"', "허"),
        ('"ＡＢＣ①ﬁ㎡"', "ＡＢＣ①ﬁ㎡"),  # NFC, not NFKC
        ('{"u\u0308": ["\u00fc", 1.50]}', {"ü": ["ü", 1.5]}),
        (r'"\ud800"', "\ud800"),
    ],
)
def test_texts_and_names_of_a_file_have_one_spelling(written, read):
    assert of_json(written.encode()) == read


@given(st.lists(st.text()) | st.dictionaries(st.text(), st.text()))
def test_a_file_is_read_alike_in_both_spellings(value):
    texts = [json.dumps(value, ensure_ascii=ascii) for ascii in (True, False)]

    found = [of_json(normalize(form, text).encode()) for text in texts for form in ("NFC", "NFD")]

    assert all(one == found[0] for one in found)
    assert json.dumps(found[0], ensure_ascii=False) == normalize("NFC", json.dumps(found[0], ensure_ascii=False))


@given(st.binary())
def test_what_is_no_json_is_refused_in_plain_words(data):
    try:
        of_json(data)
    except ValueError as error:
        assert "codec" not in str(error) and "utf-8-sig" not in str(error)
