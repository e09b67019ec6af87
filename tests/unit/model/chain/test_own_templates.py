"""Templates in a chain's folder: part of the version, and checked against what the chain gives them."""

from __future__ import annotations

import json
import shutil
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any

import pytest

from adapters.documents import press
from docs.house import letters
from engine.language.templates import MOST, MOST_BYTES
from engine.model import chain
from engine.model.chain import Finding, load
from engine.model.chain.data.known import GIVEN_TO_DOCUMENTS, GIVEN_TO_NOTICES
from engine.model.chain.differences import differences

SAMPLE = Path(__file__).parents[3] / "samples" / "own_templates"
HEAD = '#import "common.typ": *\n'
WORDS = {"subject": "$title", "text": "$on $place"}

Change = Callable[..., Path]


@pytest.fixture
def change(tmp_path: Path) -> Change:
    """Copies the sample; replaces texts (old → new) in one of its files, or writes others."""

    def changed(file: str = "", old: str = "", new: str = "", **written: str | bytes) -> Path:
        folder = tmp_path / "chain"
        if not folder.exists():
            shutil.copytree(SAMPLE, folder)
        if file:
            text = (folder / file).read_text("utf-8")
            assert old in text
            (folder / file).write_text(text.replace(old, new), "utf-8")
        for name, content in written.items():
            path = folder / "templates" / name.replace("__", ".")
            path.write_bytes(content if isinstance(content, bytes) else content.encode())
        return folder

    return changed


def found(folder: Path, **how: Any) -> list[Finding]:
    return chain.check([folder], **how)


def told(folder: Path) -> list[tuple[str, str | None]]:
    return [(finding.rule, finding.element) for finding in found(folder)]


CHAIN, RECORD, PLANNED = "chain.bpmn", "templates/visit_record.typ", "templates/visit_planned.notice"


def test_a_chain_with_templates_of_its_own_passes_the_check() -> None:
    assert found(SAMPLE) == []


# ---------------------------------------------------------------------- part of the version


def test_templates_are_kept_with_the_version_and_its_digest_changes_with_them(change: Change) -> None:
    before = chain.read(SAMPLE).version
    after = chain.read(change(RECORD, "现场查看了下列各项", "现场查看了以下各项")).version
    assert before is not None and after is not None

    assert {name for name in before.files if name.startswith("templates/")} == {
        "templates/visit_planned.notice",
        "templates/visit_record.typ",
    }
    assert before.files["templates/visit_record.typ"] == (SAMPLE / RECORD).read_bytes()
    assert before.digest != after.digest
    assert load(dict(before.files)).digest == before.digest


def test_where_a_template_lies_in_the_folder_changes_nothing(change: Change) -> None:
    folder = change()
    (folder / "letters").mkdir()
    (folder / RECORD).rename(folder / "letters" / "visit_record.typ")

    reading = chain.read(folder)

    assert reading.version is not None and reading.findings == ()
    assert reading.version.digest == getattr(chain.read(SAMPLE).version, "digest", None)


def test_chains_beside_each_other_may_share_templates(tmp_path: Path) -> None:
    folder = tmp_path / "chains" / "visit"
    shutil.copytree(SAMPLE, folder)
    (folder.parent / "common").mkdir()
    (folder / "templates").rename(folder.parent / "common" / "templates")
    (folder.parent / "common" / "templates" / "not_named.typ").write_text("other", "utf-8")

    version = chain.read(folder).version

    assert version is not None
    assert sorted(name for name in version.files if "templates" in name) == [
        "templates/visit_planned.notice",
        "templates/visit_record.typ",
    ]


# ---------------------------------------------------------------------- names and fields

MISSPELT: tuple[tuple[str, str, str, str, str, str], ...] = (
    (CHAIN, 'value="visit_record"', 'value="visit_recrod"', "unknown-option", "write", "'visit_record'"),
    (CHAIN, 'value="visit_planned"', 'value="visit_planed"', "unknown-option", "tell", "'visit_planned'"),
    (CHAIN, 'value="visit_planned"', 'value="visit_record"', "unknown-option", "tell", "'visit_record' isn't taken"),
    (CHAIN, "visited_on: date", "vistied_on: date", "unknown-field", "write", "'visited_on'"),
    (CHAIN, "bring: bring", "brign: bring", "unknown-field", "tell", "'bring'"),
    (CHAIN, "seen: seen, ", "", "missing-field", "write", "'seen'"),
    (CHAIN, "place: place, bring", "bring", "missing-field", "tell", "'place'"),
    (CHAIN, "{on: date(visit_on), place: place, bring: bring}", "&#34;text&#34;", "missing-field", "tell", "'place'"),
    (CHAIN, "={on: date(visit_on), place: place, bring: bring}", "text", "unknown-field", "tell", "'text'"),
    (RECORD, 'values("seen")', 'values("sene")', "missing-field", "write", "'sene'"),
    (RECORD, 'values("seen")', 'values("sene")', "unknown-field", "write", "'sene'"),
    (PLANNED, "${on}", "${no}", "missing-field", "tell", "'no'"),
    (PLANNED, '"bring"', '"brnig"', "unknown-field", "tell", "'brnig'"),
)


@pytest.mark.parametrize(("file", "old", "new", "rule", "element", "said"), MISSPELT)
def test_a_misspelt_template_or_field_is_an_error_at_its_element(
    change: Change, file: str, old: str, new: str, rule: str, element: str, said: str
) -> None:
    errors = [one for one in found(change(file, old, new)) if one.severity == "error"]

    [mine] = [one for one in errors if one.rule == rule and said in one.message]
    assert mine.element == element


FINE = (
    (CHAIN, ", remark: remark", ""),  # it may be missing
    (CHAIN, ", bring: bring", ""),
    (CHAIN, "visited_on: date", 'title: "其他", hall: "甲", visited_on: date'),  # in place of what the hall gives
    (CHAIN, "={on: date(visit_on), place: place, bring: bring}", '=get or else(null, {on: "a", place: "b"})'),
    (CHAIN, "={on: date(visit_on), place: place, bring: bring}", "=context put({}, place, 1)"),  # nobody can know
)


@pytest.mark.parametrize(("file", "old", "new"), FINE)
def test_what_may_be_right_is_not_told_of(change: Change, file: str, old: str, new: str) -> None:
    fields = {"unknown-field", "missing-field", "unknown-option"}

    assert [one for one in found(change(file, old, new)) if one.rule in fields] == []


def test_a_choice_of_templates_may_be_given_what_one_of_them_reads(change: Change) -> None:
    either = (
        '<zeebe:input source="=if bring = null then &#34;visit_planned&#34; else &#34;other&#34;" target="template" />'
    )
    folder = change(CHAIN, '          <zeebe:header key="template" value="visit_planned" />\n', "")
    folder = change(
        CHAIN,
        "          <zeebe:input source=\"={on: date",
        f"          {either}\n          <zeebe:input source=\"={{on: date",
        other__notice=json.dumps({"zh": {"subject": "$title", "text": "$bring"}}),
    )  # fmt: skip

    assert found(folder) == []
    assert told(change(CHAIN, "bring: bring}", "brng: bring}")) == [("unknown-field", "tell")]


def test_what_a_letter_of_the_hall_leaves_blank_is_a_warning(change: Change) -> None:
    folder = change(CHAIN, 'value="visit_planned"', 'value="message"')

    rules = {(one.rule, one.severity) for one in found(folder)}

    assert rules == {("unknown-field", "error"), ("missing-field", "warning"), ("template-unused", "warning")}


def test_on_bare_files_it_is_a_warning(change: Change) -> None:
    folder = change(CHAIN, "bring: bring", "brign: bring")
    files = [path for path in sorted(folder.rglob("*")) if path.suffix in (".bpmn", ".form", ".typ", ".notice")]

    assert [(one.rule, one.severity) for one in chain.check(files)] == [("unknown-field", "warning")]


def test_a_name_that_is_worked_out_is_none_that_nothing_names(change: Change) -> None:
    either = 'source="=&#34;visit_&#34; + string(place)" target="template"'
    folder = change(CHAIN, '          <zeebe:header key="template" value="visit_record" />\n', "", spare__typ="a")
    folder = change(
        CHAIN,
        '          <zeebe:input source="={visited_on',
        f'          <zeebe:input {either} />\n          <zeebe:input source="={{visited_on',
    )

    assert found(folder) == []


def test_a_template_that_nothing_names_is_a_warning(change: Change) -> None:
    folder = change(spare__typ="a", spare__notice=json.dumps({"zh": WORDS}))

    assert sorted(told(folder)) == [("template-unused", "spare")] * 2
    assert chain.read(folder).version is not None


# ---------------------------------------------------------------------- the files

BROKEN: Mapping[str, tuple[str | bytes, str]] = {
    "visit_planned__notice": ("{", "JSON"),
    "visit_record__typ": (b"\xff\xfe", "UTF-8"),
    "a b__typ": ("a", "named by a letter"),
    f"{'a' * 65}__typ": ("a", "named by a letter"),
    "receipt__typ": ("a", "of its own"),
    "received__notice": (json.dumps({"zh": WORDS}), "of its own"),
    "big__typ": ("a" * (MOST_BYTES[".typ"] + 1), "bytes"),
    "big__notice": ("a" * (MOST_BYTES[".notice"] + 1), "bytes"),
    "dollar__notice": (json.dumps({"zh": WORDS | {"text": "5 $"}}), "$name"),
    "file__typ": ('\n#import "@preview/cetz:0.3.0": canvas', "common.typ"),
    "code__typ": ('\n#eval(value("a"))', "eval"),
}


@pytest.mark.parametrize("name", BROKEN)
def test_a_broken_template_is_a_finding_and_is_not_published(change: Change, name: str) -> None:
    content, said = BROKEN[name]
    folder = change(**{name: content})

    reading = chain.read(folder)

    [finding] = [one for one in reading.findings if one.rule == "template"]
    assert said in finding.message and finding.file.endswith(name.replace("__", "."))
    assert (finding.severity, reading.version, reading.runnable) == ("error", None, None)


def test_templates_are_bounded_in_number(change: Change) -> None:
    folder = change(**{f"t{n:03}__typ": "a" for n in range(MOST + 1)})

    assert [one.message for one in found(folder) if one.rule == "template"] == [
        f"A chain may have {MOST} templates; there are {MOST + 3}. Leave out those that nothing names."
    ]


def test_two_templates_of_one_name_are_told_of(change: Change) -> None:
    folder = change()
    (folder / "more").mkdir()
    shutil.copy(folder / RECORD, folder / "more")

    assert ("duplicate-id", "visit_record") in told(folder)


# ---------------------------------------------------------------------- typeset, if somebody can


def test_documents_are_tried_with_nothing_and_with_what_the_chain_gives() -> None:
    tried: list[Mapping[str, Any]] = []

    def note(source: bytes, values: Mapping[str, Any]) -> None:
        assert source == (SAMPLE / RECORD).read_bytes()
        tried.append(values)

    assert found(SAMPLE, try_out=note) == []
    assert [set(values) for values in tried] == [set(), {"visited_on", "place", "seen", "remark"}]
    assert isinstance(tried[1]["seen"], list) and tried[1]["visited_on"].year == 2026


def test_what_cannot_be_typeset_is_an_error_at_its_line() -> None:
    [finding] = found(SAMPLE, try_out=lambda source, values: ("it takes longer than 20 seconds", 7) if values else None)

    assert (finding.rule, finding.element, finding.line) == ("template-typeset", "visit_record", 7)
    assert finding.severity == "error" and "longer than 20 seconds" in finding.message


# ---------------------------------------------------------------------- docs/letters.md


def test_the_page_lists_the_templates_of_the_hall_as_they_are() -> None:
    assert letters.PAGE.read_text("utf-8") == letters.page(), "Templates have changed: run `make docs`."


def test_the_page_shows_the_templates_of_the_example_and_the_bounds() -> None:
    page = letters.PAGE.read_text("utf-8")

    for file in (RECORD, PLANNED):
        shown = "".join(f"    {line}".rstrip() + "\n" for line in (SAMPLE / file).read_text("utf-8").splitlines())
        assert shown in page
    for bound in (f"{MOST_BYTES['.typ']:,} bytes", f"a notice {MOST_BYTES['.notice']:,}", f"a chain {MOST} templates"):
        assert bound in page
    assert f"after {press.CPU_SECONDS} seconds" in page and f"{press.MOST_MEMORY // 2**30} GB" in page
    assert [name for name in GIVEN_TO_DOCUMENTS | GIVEN_TO_NOTICES if f"`{name}`" not in page] == []


# ---------------------------------------------------------------------- two versions


def test_two_versions_tell_what_differs_in_their_templates(change: Change) -> None:
    before = chain.read(SAMPLE).version
    change(RECORD, "下列各项", "以下各项")
    change(PLANNED, "请携带", "请带")
    after = chain.read(change(spare__typ="a")).version
    assert before is not None and after is not None

    told = {(one.thing.kind, one.thing.id, one.what, one.before, one.after) for one in differences(before, after)}

    assert told == {
        ("document", "visit_record", "changed", "现场查看了下列各项：", "现场查看了以下各项："),
        ("notice", "visit_planned", "changed", "请携带", "请带"),
        ("document", "spare", "added", None, None),
    }
    assert differences(after, after) == ()
