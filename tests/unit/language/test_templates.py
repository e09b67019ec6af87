"""What a template reads, and what a chain's own may not have."""

import json

import pytest

from engine.base.errors import ModelError
from engine.language.templates import MOST_BYTES, NAME, Fields, fields_of_document, read_notice, refused_in_document

READS = (
    ('#value("a")', "a"),
    ('#value( "a" )', "a"),
    ('#value("a", otherwise: "–")', "a?"),
    ('#value("a") #value("a", otherwise: "–")', "a?"),
    ('#enum(..values("a"))', "a"),
    ('#enum(..values("a", otherwise: ("无",)))', "a?"),
    ('// value("b")\n#value("a")', "a"),
    ('/* value("b")\n */ #value("a")', "a"),
    ('https://x.example/#value("a")', "a"),
    ('#it.value("b") #my-value("b") #x.values("b")', ""),
    ('#value("项目名称")', "项目名称"),
)


@pytest.mark.parametrize(("source", "fields"), READS)
def test_a_document_reads_the_fields_that_stand_in_it(source: str, fields: str) -> None:
    assert fields_of_document(source) == Fields.of(fields)


REFUSED = (
    ("#value(key)", "Write the name"),
    ("#let x = values( key)", "Write the name"),
    ("#data.at(\"x\")", "Read values as"),
    ("#sys.inputs.data", "Read values as"),
    ("#eval(value(\"a\"))", "'eval'"),
    ("#let e = eval", "'eval'"),
    ("#plugin(bytes(\"\"))", "'plugin'"),
    ('#import "@preview/cetz:0.3.0": canvas', "common.typ"),
    ('#import "../x.typ": *', "common.typ"),
    ('#include "x.typ"', "common.typ"),
)  # fmt: skip


@pytest.mark.parametrize(("source", "said"), REFUSED)
def test_a_chains_own_document_may_not_have_what_would_hide_a_field_or_run_a_value(source: str, said: str) -> None:
    [(line, message)] = refused_in_document(f'#import "common.typ": *\n{source}\n')

    assert line == 2 and said in message


@pytest.mark.parametrize("source", ["medieval data. Retrieval", "// #eval(x)", "/* #eval(x) */", "#shown.values()"])
def test_words_of_a_letter_are_no_code(source: str) -> None:
    assert list(refused_in_document(source)) == []


def notice(**changes: object) -> bytes:
    return json.dumps({"zh": {"subject": "到场：$title", "text": "请到$place"}} | changes).encode()


def test_a_notice_reads_its_placeholders_and_may_have_details() -> None:
    read = read_notice(
        notice(
            en={"subject": "$title", "text": "${时间} costs $$5"}, details={"reason": {"zh": "理由", "en": "Reason"}}
        )
    )

    assert read.fields == Fields.of("title place 时间 reason?")


WRONG = (
    (b"", "JSON"),
    (b"\xff", "JSON"),
    (b"[" * 10_000, "JSON"),
    (b'{"zh": {"subject": "a", "subject": "b", "text": "c"}}', "twice"),
    (b"{}", "zh: is missing"),
    (notice(zh={"subject": "", "text": "a"}), "zh.subject"),
    (notice(zh={"subject": "a"}), "zh.text"),
    (notice(zh={"subject": "a", "text": "b" * 2001}), "zh.text"),
    (notice(zh={"subject": "5 $", "text": "a"}), "$name"),
    (notice(en={"subject": "a", "text": "$1"}), "en.text"),
    (notice(fr={"subject": "a", "text": "b"}), "fr"),
    (notice(details={"reason": "理由"}), "details"),
    (notice(details={"a b": {"zh": "理由"}}), "details"),
)


@pytest.mark.parametrize(("data", "said"), WRONG)
def test_a_wrong_notice_is_refused_and_the_place_is_named(data: bytes, said: str) -> None:
    with pytest.raises(ModelError) as refused:
        read_notice(data)

    assert said in refused.value.message


@pytest.mark.parametrize("name", ["visit_record", "现场核查笔录", "a", "a-1", "a" * 64])
def test_a_template_is_named_by_letters_digits_and_strokes(name: str) -> None:
    assert NAME.fullmatch(name)


@pytest.mark.parametrize("name", ["", "..", "../a", "a/b", "a.b", "1a", "-a", "a b", "a" * 65, "a\n", "a\0"])
def test_a_name_that_could_be_a_path_is_none(name: str) -> None:
    assert not NAME.fullmatch(name)


def test_the_bounds_have_room_for_what_ships() -> None:
    assert min(MOST_BYTES.values()) >= 4 * 4_000
