"""The page about common processes says what is in their files, and so do their explanations in Chinese."""

from __future__ import annotations

import re

import pytest

from docs.house.processes import BPMN, PAGE, page

WRITTEN = PAGE.read_text("utf-8")
SECTIONS = {part.partition("\n")[0]: part for part in WRITTEN.split("\n## ")[1:]}
SET_AGAIN = {"joint_utilities": {"services"}}
"""Inputs that a form shows and sets again."""


def row(section: str, title: str) -> set[str]:
    found = re.search(rf"^\| {title} \| (.*) \|$", section, re.MULTILINE)
    return set(re.findall(r"`([^`]+)`", found[1])) if found else set()


def stated(section: str, word: str) -> set[str]:
    """The names that an explanation lists after a word: 输入 or 输出."""
    found = re.search(rf"{word}：(.*?)。", section)
    listed = re.sub(r"（[^）]*）", "", found[1]) if found else ""
    return set(re.findall(r"\w+(?=、|；|$)", re.sub(r"可以不给：| 或者.*", "", listed), re.ASCII))


def test_the_page_is_that_of_the_files() -> None:
    assert page() == WRITTEN, "run `make docs`"
    assert set(SECTIONS) == {path.stem for path in (BPMN / "common").glob("*.bpmn")}


@pytest.mark.parametrize("process", SECTIONS)
def test_the_explanation_of_a_process_names_its_inputs_and_outputs(process: str) -> None:
    section = SECTIONS[process]

    assert stated(section, "输入") - SET_AGAIN.get(process, set()) == row(section, "given")
    assert row(section, "gives") <= stated(section, "输出") <= row(section, "sets")
