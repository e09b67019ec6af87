"""Identifiers: their structure, their check digits, and the messages for wrong ones."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from engine.base import terms
from engine.base.errors import InvalidInput
from webui.sentences import say_as, values

CREDIT = "91350100M000100Y43"
PERSON = "11010519491231002X"
CERTIFICATE = terms.KINDS["certificate_id"].example
LETTERS_AND_DIGITS = "0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZ"
CREDIT_LETTERS = "0123456789ABCDEFGHJKLMNPQRTUWXY"

codes = st.text(LETTERS_AND_DIGITS, min_size=1, max_size=20)
credit_bodies = st.text(CREDIT_LETTERS, min_size=17, max_size=17)
birthdays = st.dates().map(lambda day: f"{day:%Y%m%d}".rjust(8, "0"))
id_bodies = st.tuples(
    st.integers(100000, 999999).map(str), birthdays, st.integers(0, 999).map("{:03d}".format)
).map("".join)
changes = st.tuples(st.integers(0, 200), st.characters(codec="utf-8", categories=("L", "N", "P", "S")))


def refused(kind: str, text: object) -> dict[str, str]:
    with pytest.raises(InvalidInput) as error:
        terms.check(kind, text)
    return error.value.fields


def changed(text: str, position: int, character: str) -> str:
    position %= len(text)
    return text[:position] + character + text[position + 1 :]


@pytest.mark.parametrize("kind", terms.KINDS.values(), ids=lambda kind: kind.name)
def test_the_example_of_each_kind_is_valid_and_normal(kind):
    assert terms.check(kind.name, kind.example) == kind.example


@pytest.mark.parametrize(
    ("kind", "written", "normal"),
    [
        ("credit_code", " 91350100m000100y43 ", CREDIT),
        ("credit_code", "９１３５０１００Ｍ０００１００Ｙ４３", CREDIT),
        ("id_number", "11010519491231002x", PERSON),
        (
            "estate_certificate",
            "苏（2019）张家港市不动产权第0000001号",
            "苏(2019)张家港市不动产权第0000001号",
        ),
        ("estate_certificate", "京(2020)朝不动产证明第0012345号", "京(2020)朝不动产证明第0012345号"),
        ("unit_number", "320582 003001 GB00001 F00010001", "320582003001GB00001F00010001"),
        ("unit_number", "320582003001gb00001w00000000", "320582003001GB00001W00000000"),
        ("project_code", "2103-320582-04-01-123456", "2103-320582-04-01-123456"),
        ("item_code", CREDIT + "4" + "000131001000", CREDIT + "4" + "000131001000"),
        ("item_code", CREDIT + "4" + "00013100100001", CREDIT + "4" + "00013100100001"),
        ("email", "Zhang.San@EXAMPLE.com", "Zhang.San@example.com"),
        ("mobile", "\u300013800138000", "13800138000"),
    ],
)
def test_what_people_type_becomes_the_normal_text(kind, written, normal):
    assert terms.check(kind, written) == normal


@pytest.mark.parametrize(
    ("kind", "text", "reason"),
    [
        ("credit_code", "", "structure"),
        ("credit_code", CREDIT[:-1], "structure"),
        ("credit_code", "91350100I000100Y43", "structure"),  # I isn't in the alphabet
        ("credit_code", "91350100M000100Y44", "check_digit"),
        ("credit_code", 913501000001000043, "type"),
        ("credit_code", None, "type"),
        ("id_number", "11010519490229002X", "date"),  # 1949 was no leap year
        ("id_number", "110105194912310021", "check_digit"),
        ("id_number", "110105491231002", "structure"),  # the fifteen digits of before 1999
        ("id_number", "１１０１０５19491231002١", "structure"),  # an Arabic-Indic digit
        ("unit_number", "320582003001GB0000100010001", "structure"),
        ("unit_number", "320582003001GB00001100010001", "structure"),
        ("estate_certificate", "苏(2019)不动产权第0000001号", "structure"),
        ("estate_certificate", "苏2019张家港市不动产权第0000001号", "structure"),
        ("project_code", "2113-320582-04-01-123456", "structure"),  # no thirteenth month
        ("project_code", "2103-320582-04-01-12345", "structure"),
        ("certificate_id", "1.2.156.3005.3" + CERTIFICATE[14:], "structure"),
        ("certificate_id", CERTIFICATE[:-1] + "3", "check_digit"),
        ("item_code", "00013100100", "structure"),
        ("item_code", CREDIT + "7" + "000131001000", "structure"),  # levels end at 6, village
        ("item_code", "91350100M000100Y44" + "4" + "000131001000", "check_digit"),
        ("mobile", "12800138000", "structure"),
        ("mobile", "1380013800", "structure"),
        ("postal_code", "915600", "structure"),
        ("email", "zhang.san@example", "structure"),
        ("email", "a" * 400 + "@example.com", "structure"),
        ("email", "a@" + "a." * 200 + "com", "structure"),
    ],
)
def test_a_wrong_identifier_is_refused_with_its_reason(kind, text, reason):
    fields = refused(kind, text)

    assert fields["reason"] == reason
    assert fields["kind"] == kind
    assert say_as("identifier_wrong", fields).startswith(values.identifier(kind))


def test_the_message_never_repeats_what_may_be_personal():
    with pytest.raises(InvalidInput) as error:
        terms.check("id_number", "320582199003075411")

    assert "320582199003075411" not in error.value.message + str(error.value.fields)


@given(credit_bodies, changes)
def test_every_changed_character_of_a_credit_code_is_noticed(body, change):
    code = body + terms.credit_code_check(body)
    other = changed(code, *change)

    assert terms.check("credit_code", code) == code
    if _normal(other) != code:
        refused("credit_code", other)


@given(id_bodies, changes)
def test_every_changed_character_of_an_id_number_is_noticed(body, change):
    number = body + terms.id_number_check(body)
    other = changed(number, *change)

    assert terms.check("id_number", number) == number
    if _normal(other) != number:
        refused("id_number", other)


@given(codes, codes, codes, st.integers(1, 999), changes)
def test_every_changed_character_of_a_certificate_is_noticed(type_code, issuer, serial, version, change):
    identifier = terms.certificate_id(type_code, issuer, serial, version)
    other = changed(identifier, *change)

    assert terms.check("certificate_id", identifier) == identifier
    if _normal(other) != identifier:
        refused("certificate_id", other)


@given(credit_bodies, st.integers(0, 16))
def test_two_swapped_neighbours_of_a_credit_code_are_noticed(body, position):
    code = body + terms.credit_code_check(body)
    swapped = code[:position] + code[position + 1] + code[position] + code[position + 2 :]

    if swapped != code:
        refused("credit_code", swapped)


def test_the_check_character_of_iso_7064_agrees_with_a_published_number():
    # The Global Release Identifier A1-2425G-ABC1234002-M, the example of the GRid standard.
    assert terms.mod_37_36("A12425GABC1234002") == "M"


@pytest.mark.parametrize(
    "parts", [("A.B", "C", "1", 1), ("A", "C", "", 1), ("A", "C", "号", 1), ("A", "C", "1", 1000)]
)
def test_parts_that_make_no_certificate_identifier_are_refused(parts):
    with pytest.raises(InvalidInput):
        terms.certificate_id(*parts)


def test_pages_show_people_masked():
    assert terms.mask("id_number", PERSON) == "110105********002X"
    assert terms.mask("mobile", "13800138000") == "138****8000"
    assert terms.mask("mobile", "1380013") == "*******"
    assert terms.mask("credit_code", CREDIT) == CREDIT


@given(st.sampled_from(sorted(terms.KINDS)), st.text(max_size=400))
def test_any_text_is_either_normal_afterwards_or_refused(kind, text):
    try:
        normal = terms.check(kind, text)
    except InvalidInput:
        return
    assert terms.check(kind, normal) == normal


def _normal(text: str) -> str:
    """Return the text in half-width and upper case, since full-width and lower-case forms of a character count as
    the same.
    """
    return "".join(chr(ord(c) - 0xFEE0) if 0xFF01 <= ord(c) <= 0xFF5E else c for c in text).upper()
