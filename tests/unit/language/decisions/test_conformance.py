"""The cases of the DMN Technology Compatibility Kit in the folder LICET_CORPUS; skipped if that isn't set."""

from __future__ import annotations

import datetime
import os
from pathlib import Path

import pytest

from engine.language.decisions import tck

CORPUS = Path(os.environ.get("LICET_CORPUS", "")) / "dmn-tck"
FOLDERS = (
    sorted(path.parent for path in CORPUS.glob("compliance-level-*/*/*.dmn")) if "LICET_CORPUS" in os.environ else []
)
NOW = datetime.datetime(2024, 9, 2, 9, 0, tzinfo=datetime.UTC)

# Folder → how many of its results are not reached, and why.
KNOWN: dict[str, tuple[int, str]] = {
    "0076-feel-external-java": (14, "functions in Java are never run"),
    "0100-arithmetic": (48, "years before 1 and after 9999 are not held"),
    "1115-feel-date-function": (4, "years before 1 and after 9999 are not held"),
    "1117-feel-date-and-time-function": (9, "years as above (4), nanoseconds (5): times have microseconds"),
    # Folders that came with the whole kit. Each of these results is one to be reached.
    "0103-feel-is-function": (3, "is() of times and with named parameters"),
    "1111-feel-matches-function": (3, "regular expressions of XPath that `regex` doesn't read"),
    "1121-feel-years-and-months-duration-function": (5, "from a later date to an earlier one; the last day of a month"),
    "1151-boxed-filter": (2, "a filter of what is no list"),
    "1153-boxed-some": (1, "a condition that is no boolean"),
    "1155-list-replace-function": (2, "list replace with a function"),
}

pytestmark = pytest.mark.skipif(not FOLDERS, reason="LICET_CORPUS is not set: the conformance kit is not there")


@pytest.mark.parametrize("folder", sorted(set(FOLDERS)), ids=lambda folder: folder.name)
def test_cases_of(folder: Path) -> None:
    failed = [row for tests in sorted(folder.glob("*-test-*.xml")) for row in run(folder, tests) if not row["passed"]]

    allowed, _ = KNOWN.get(folder.name, (0, ""))
    assert len(failed) <= allowed, failed[:3]


def run(folder: Path, tests: Path) -> list[dict[str, object]]:
    content = tests.read_bytes()
    files = sorted(folder.glob("*.dmn"), key=lambda file: file.name.encode() not in content)
    return tck.run_tests([file.read_bytes() for file in files], content, NOW)
