"""A chain's own templates on the command line: checked, typeset on trial, rehearsed, published."""

from __future__ import annotations

import shutil
from pathlib import Path

import pytest

from tests.acceptance.cli.conftest import Licet
from tests.acceptance.test_own_templates import HERE, SAMPLE, THERE, changed


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    return shutil.copytree(SAMPLE, tmp_path / "chain")


def test_the_command_line_checks_tests_and_publishes_it(cli: Licet, folder: Path) -> None:
    assert cli.json("chain", "check", folder) == []
    assert [row["passed"] for row in cli.json("chain", "test", folder)] == [True]
    first = cli.json("chain", "publish", folder, "--as", "designer")
    changed(folder, "visit_record.typ", HERE, THERE)
    second = cli.json("chain", "publish", folder, "--as", "designer")

    assert (first["number"], second["number"]) == (1, 2)


@pytest.mark.parametrize(
    ("old", "new", "said"),
    [
        ('values("seen")', 'value("seen")', "cannot spread"),
        ("#enum(", "#enumm(", "unknown variable"),
        (
            "#show",
            "#for a in range(9000) { for b in range(9000) { if a + b < 0 [x] } }\n#show",
            "longer than 1 seconds",
        ),
        ("#enum(", '#enum(read("/etc/hostname"), ', "file not found"),
    ],
)
def test_what_cannot_be_typeset_is_not_published(
    cli: Licet, folder: Path, old: str, new: str, said: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("adapters.documents.press.CPU_SECONDS", 1)
    changed(folder, "visit_record.typ", old, new)

    found = cli.json("chain", "publish", folder, "--as", "admin", "--force", "演示", code=1)

    (error,) = [one for one in found if one["severity"] == "error"]
    assert (error["rule"], error["element"]) == ("template-typeset", "visit_record")
    assert said in error["message"]


def test_a_notice_that_says_something_else_fails_the_scenario(cli: Licet, folder: Path) -> None:
    changed(folder, "visit_planned.notice", "请安排人员在场", "请安排人员到场")

    (row,) = cli.json("chain", "test", folder, code=1)

    assert not row["passed"] and "请安排人员到场" in str(row["found"])
