"""Writes the tables of docs/letters.md: the templates of the hall and their fields, from their sources.

python -m docs.house.letters
"""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

from adapters.documents import TEMPLATES, known_templates
from adapters.notification import NOTICES
from engine.language.templates import Fields, fields_of_document
from engine.model.chain.data.known import GIVEN_TO_DOCUMENTS, GIVEN_TO_NOTICES

PAGE = Path(__file__).parents[1] / "letters.md"

TABLES = "## Documents of the hall\n"
"""Where the written page ends, and what is made here begins."""


def page() -> str:
    """Return the whole page: what is written by hand as it stands, the tables made anew."""
    written, _, _ = PAGE.read_text("utf-8").partition(TABLES)
    return written + "\n".join([TABLES, *_documents(), "", *_notices(), ""])


def _documents() -> Iterator[str]:
    yield "`make docs` writes what follows from the templates themselves.\n"
    yield "| template | must be given | may be given |"
    yield "| --- | --- | --- |"
    for name in known_templates():
        source = (TEMPLATES / f"{name}.typ").read_text("utf-8")
        yield _row(name, fields_of_document(source).but(GIVEN_TO_DOCUMENTS))


def _notices() -> Iterator[str]:
    yield "## Notices of the hall\n"
    yield "| template | must be given | may be given | subject |"
    yield "| --- | --- | --- | --- |"
    for name, notice in sorted(NOTICES.items()):
        yield f"{_row(name, notice.fields.but(GIVEN_TO_NOTICES))} {notice.zh.subject} |"


def _row(name: str, fields: Fields) -> str:
    return f"| `{name}` | {_listed(sorted(fields.required))} | {_listed(sorted(fields.optional))} |"


def _listed(names: list[str]) -> str:
    return ", ".join(f"`{name}`" for name in names)


if __name__ == "__main__":
    PAGE.write_text(page(), "utf-8")
