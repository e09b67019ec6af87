"""Golden journals as files: one JSON object a line, `{"table": …, …columns}`, enough to verify one case."""

from __future__ import annotations

import json
import sqlite3
from collections.abc import Iterator
from contextlib import closing
from pathlib import Path
from typing import Any

from engine.hall.store.packing import unpacked

FOLDER = Path(__file__).parent
TABLES = ("documents", "cases", "journal", "facts", "personal")
"""In the order in which they can be filled."""


def lines(database: Path) -> Iterator[str]:
    """The lines of a database with one case in it."""
    with closing(sqlite3.connect(database)) as raw:
        raw.row_factory = sqlite3.Row
        for table in TABLES:
            for row in sorted(map(dict, raw.execute(f'SELECT * FROM "{table}"')), key=_order):
                if table == "documents":
                    row["content"] = row["content"].decode()
                if table == "journal":
                    row["body"] = unpacked(row["body"])
                yield json.dumps({"table": table, **row}, ensure_ascii=False, sort_keys=True)


def _order(row: dict[str, Any]) -> tuple[Any, ...]:
    return row.get("sequence", 0), row.get("scope", 0), str(row.get("name", "")), str(row.get("digest", ""))


def restore(file: Path, database: Path) -> None:
    """Fill an empty database with the lines of a file. Columns that the file doesn't name get their defaults."""
    with closing(sqlite3.connect(database)) as raw:
        for line in file.read_text("utf-8").rstrip("\n").split("\n"):
            row = json.loads(line)
            table = row.pop("table")
            if table == "documents":
                row["content"] = row["content"].encode()
            columns = ", ".join(f'"{name}"' for name in row)
            marks = ", ".join("?" * len(row))
            raw.execute(f'INSERT INTO "{table}" ({columns}) VALUES ({marks})', list(row.values()))
        raw.commit()
