"""The cases of the DMN Technology Compatibility Kit in the folder LICET_CORPUS; skipped if that isn't set.

`kit_exceptions.json` names each case that doesn't give what the kit expects, under the reason why it never will.
"""

from __future__ import annotations

import datetime
import json
import os
from pathlib import Path

import pytest

from engine.language.decisions import tck

CORPUS = Path(os.environ.get("LICET_CORPUS", "")) / "dmn-tck"
FOLDERS = (
    sorted({path.parent for path in CORPUS.glob("compliance-level-*/*/*.dmn")}) if "LICET_CORPUS" in os.environ else []
)
NOW = datetime.datetime(2024, 9, 2, 9, 0, tzinfo=datetime.UTC)
EXCEPTIONS: dict[str, dict[str, list[str]]] = json.loads(
    (Path(__file__).parent / "kit_exceptions.json").read_text("utf-8")
)

pytestmark = pytest.mark.skipif(not FOLDERS, reason="LICET_CORPUS is not set: the conformance kit is not there")


@pytest.mark.parametrize("folder", FOLDERS, ids=lambda folder: folder.name)
def test_cases_of(folder: Path) -> None:
    failed = {
        str(row["case"]).split()[0]: row
        for tests in sorted(folder.glob("*-test-*.xml"))
        for row in run(folder, tests)
        if not row["passed"]
    }

    allowed = {case for folders in EXCEPTIONS.values() for case in folders.get(folder.name, ())}
    assert failed.keys() == allowed, [row for case, row in failed.items() if case not in allowed][:3]


def run(folder: Path, tests: Path) -> list[dict[str, object]]:
    content = tests.read_bytes()
    files = sorted(folder.glob("*.dmn"), key=lambda file: file.name.encode() not in content)
    return tck.run_tests([file.read_bytes() for file in files], content, NOW)
