"""Pseudonyms have the shape of the text that they stand for, and are never given twice."""

from __future__ import annotations

import re
from datetime import date

import pytest
from hypothesis import given
from hypothesis import strategies as st

from engine.base import terms
from webui.cli.pseudonyms import Pseudonyms

HAN = st.text("王李张刘陈杨赵黄周吴县路号街区", min_size=2, max_size=12)
DIGITS = st.text("0123456789", min_size=17, max_size=17)


@st.composite
def id_numbers(draw: st.DrawFn) -> str:
    born = draw(st.dates(date(1920, 1, 1), date(2020, 12, 31)))
    body = f"{draw(st.integers(110000, 659999))}{born:%Y%m%d}{draw(st.integers(0, 999)):03d}"
    return body + terms.id_number_check(body)


@given(st.lists(id_numbers(), min_size=1, max_size=60, unique=True))
def test_identity_numbers_pass_their_check_and_keep_year_and_sex(numbers: list[str]) -> None:
    other = Pseudonyms()
    made = [other(number) for number in numbers]

    assert [terms.check("id_number", one) for one in made] == made and not set(made) & set(numbers)
    assert len(set(made)) == len(made)
    for number, one in zip(numbers, made, strict=True):
        assert (one[:6], one[6:10], int(one[16]) % 2) == ("990101", number[6:10], int(number[16]) % 2)


@pytest.mark.parametrize(
    "kind", [kind for kind in terms.KINDS if kind not in ("project_code", "item_code", "postal_code")]
)
def test_every_identifier_of_a_person_stays_one_of_its_kind(kind: str) -> None:
    other, example = Pseudonyms(), terms.KINDS[kind].example

    made = [other(example) for _ in range(300)]

    assert [terms.check(kind, one) for one in made] == made
    assert len(set(made)) == 300 and example not in made


@given(st.lists(HAN, min_size=1, max_size=40, unique=True))
def test_chinese_texts_become_chinese_texts_of_their_own(texts: list[str]) -> None:
    other = Pseudonyms()
    made = [other(text) for text in texts]

    assert len(set(made)) == len(made) and all(re.fullmatch("[一-鿿]{2,}", one) for one in made)
    assert all(len(one) >= len(text) for text, one in zip(texts, made, strict=True))


@given(st.text(st.characters(min_codepoint=33, max_codepoint=126), min_size=2, max_size=20))
def test_other_texts_keep_where_digits_and_letters_stand(text: str) -> None:
    made = Pseudonyms()(text)

    assert made != text
    if any(c.isalnum() for c in text):
        assert [c.isdigit() for c in made] == [c.isdigit() for c in text]


@pytest.mark.parametrize(
    ("text", "like"),
    [
        ("云岭示范科技有限公司", r"示例.有限公司"),
        ("张三", r"[一-鿿]{2}"),
        ("欧阳明月", r"[一-鿿]{4}"),
        ("示范县示范路1号1幢101室", r"示例甲某+"),
        ("E12345678", r"[A-Z]\d{8}"),
    ],
)
def test_names_firms_and_addresses_look_like_it(text: str, like: str) -> None:
    assert re.fullmatch(like, Pseudonyms()(text))
