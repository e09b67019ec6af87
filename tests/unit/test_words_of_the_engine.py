"""The engine makes no Chinese sentence: it gives codes and fields, and the pages put them into words.

Names of laws and notices may stand there, and the terms of law that a table below allows.
"""

from __future__ import annotations

import ast
import re
from collections.abc import Iterator
from pathlib import Path

from engine.law.matter import SUSPENSIONS

ROOT = Path(__file__).parents[2]
CHINESE = re.compile("[\u3400-\u9fff]")
LAWS = re.compile(r"(行政许可法|民法典)(第\d+条)?(第[一二三]款)?")

ALLOWED = {
    "engine/base/terms.py": (
        r"苏\(2019\)张家港市不动产权第0000001号|\[一-鿿\].*号",
        "the number of a certificate, as printed by the annex of 不动产登记暂行条例实施细则",
    ),
    "engine/law/catalogue/items.py": ("元", "the unit of a fee, where a catalogue names none"),
    "engine/law/catalogue/rules.py": (r"其\[他它\].*视情况", "catch-all clauses that the Chinese text may not have"),
    "engine/law/matter.py": ("|".join(SUSPENSIONS.values()), "grounds of suspension, accepted in the law's words"),
    "engine/model/chain/dialect.py": ("a .*(环节|阶段).*", "terms of the glossary beside their English description"),
    "engine/law/workdays/calendar.py": (
        r"国办发明电〔\d{4}〕\d+号|国务院办公厅关于|年部分节假日安排的通知",
        "numbers and titles of the notices that publish the holidays",
    ),
}
"""Chinese that may stand in a module: the pattern of the whole text, and why."""


def texts() -> Iterator[tuple[str, int, str]]:
    """Module, line and text of every Chinese text in the engine that is neither a comment nor a docstring."""
    for path in sorted((ROOT / "engine").rglob("*.py")):
        tree = ast.parse(path.read_text(encoding="utf-8"))
        told = {id(node.value) for node in ast.walk(tree) if isinstance(node, ast.Expr)}
        for node in ast.walk(tree):
            if not isinstance(node, ast.Constant) or not isinstance(node.value, str) or id(node) in told:
                continue
            if CHINESE.search(LAWS.sub("", node.value)):
                yield str(path.relative_to(ROOT)), node.lineno, node.value


def is_allowed(module: str, text: str) -> bool:
    return module in ALLOWED and re.fullmatch(ALLOWED[module][0], text, re.DOTALL) is not None


def test_the_engine_makes_no_chinese_sentence() -> None:
    made = [f"{module}:{line}: {text}" for module, line, text in texts() if not is_allowed(module, text)]

    assert made == []


def test_what_is_allowed_is_there() -> None:
    used = {module for module, _, text in texts() if is_allowed(module, text)}

    assert set(ALLOWED) - used == set()
