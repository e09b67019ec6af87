"""Names and texts mean the same however their letters are spelled: `é` may be one character or two (Unicode NFC, NFD).

The chain of docs/first-chain.md, with names and values that have such letters, is read and played in both spellings.
"""

from __future__ import annotations

import re
from pathlib import Path
from unicodedata import normalize

import pytest

from engine.model import chain as chains
from engine.reading.scenarios import Row, run
from webui.cli import compose

PAGE = Path(__file__).parents[2] / "docs/first-chain.md"
FILE = re.compile(r"^\*\*`stall/([^`]+)`\*\*\n\n```\w+\n(.*?)^```$", re.MULTILINE | re.DOTALL)
LETTERS = {
    "where": "où", "square": "café", "road": "chaussée", "area": "größe", "police_asked": "demandé", "place": "허가",
    "stall_application": "bühne", "stall_route": "scène", "decide": "décide", "apply": "åpply",
    "示范路1号": "Ünïcode", "临时摆摊许可": "Étal", "明天到期": "Échéance", "示范大厅": "Hôtel",
}  # fmt: skip
WORD = re.compile("|".join(rf"(?<![\w.]){re.escape(word)}(?!\w)" for word in LETTERS))
FILES = {name: WORD.sub(lambda found: LETTERS[found[0]], text) for name, text in FILE.findall(PAGE.read_text("utf-8"))}


def written(folder: Path, decomposed: frozenset[str]) -> Path:
    """The chain in a folder; these of its files have their letters in two characters."""
    for name, text in FILES.items():
        (folder / name).parent.mkdir(parents=True, exist_ok=True)
        (folder / name).write_text(normalize("NFD" if name in decomposed else "NFC", text), "utf-8")
    return folder


def told(folder: Path) -> list[tuple[str, str | None, int | None, str, str]]:
    """The findings of the check, by the names of the files."""
    found = chains.check([folder], notes=True)
    return [(Path(f.file).name, f.element, f.line, f.rule, f.message.replace(str(folder), "")) for f in found]


def played(folder: Path, template: Path) -> list[Row]:
    return [run(file, compose.stand_ins, template) for file in sorted(folder.rglob("scenarios/*.json"))]


ALL = frozenset(FILES)


@pytest.fixture(scope="module")
def as_composed(empty_database: Path, tmp_path_factory: pytest.TempPathFactory) -> tuple[object, list[Row]]:
    folder = written(tmp_path_factory.mktemp("composed"), frozenset())
    return told(folder), played(folder, empty_database)


@pytest.mark.parametrize(
    "decomposed",
    [
        ALL,
        frozenset(n for n in FILES if n.endswith(".bpmn")),
        *(
            pytest.param(frozenset(n for n in FILES if n.endswith(kind)), marks=(pytest.mark.soak, pytest.mark.long))
            for kind in (".dmn", ".form", ".json")
        ),
    ],
    ids=["all files", "models", "decisions", "forms", "scenarios"],
)
def test_the_spelling_of_letters_changes_nothing(
    decomposed: frozenset[str], as_composed: tuple[object, list[Row]], empty_database: Path, tmp_path: Path
) -> None:
    folder = written(tmp_path, decomposed)

    assert (told(folder), played(folder, empty_database)) == as_composed
    assert [row.passed for row in as_composed[1]] == [True] * 2


def test_a_version_keeps_the_bytes_that_its_designer_gave(tmp_path: Path) -> None:
    version = chains.read(written(tmp_path, ALL)).version

    assert version is not None
    kept = [data for name, data in version.files.items() if name.endswith((".bpmn", ".form", ".dmn"))]
    assert sorted(kept) == sorted(normalize("NFD", t).encode() for n, t in FILES.items() if not n.endswith(".json"))
    assert chains.load(version.files).digest == version.digest
    assert set(version.process.elements) >= {"décide", "åpply"} and set(version.forms) >= {"bühne"}
