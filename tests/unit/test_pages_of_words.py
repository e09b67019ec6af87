"""The pages for readers are true: links lead somewhere, and both READMEs show the same figures, those of the models."""

from __future__ import annotations

import re
import subprocess
from decimal import Decimal
from functools import cache
from pathlib import Path

import pytest

from engine.model import chain as chains
from engine.model.chain.measures import measure

ROOT = Path(__file__).parents[2]
READMES = ("README.md", "README.zh-CN.md")
LINK = re.compile(r"!?\[[^\]]*\]\(([^)\s]+)\)")
CHAINS = ("business_startup", "real_estate", "construction")
FIGURES = ("windows", "visits", "steps", "materials", "days")


def pages() -> list[Path]:
    done = subprocess.run(["git", "ls-files", "-z", "*.md"], cwd=ROOT, capture_output=True, text=True)
    names = done.stdout.split("\0") if done.returncode == 0 else [*READMES]
    return [ROOT / name for name in names if name and (ROOT / name).is_file()]


def anchors(page: Path) -> set[str]:
    titles = re.findall(r"^#+ (.+)$", page.read_text("utf-8"), re.MULTILINE)
    return {re.sub(r"[^\w\- ]", "", title.lower()).replace(" ", "-") for title in titles}


@pytest.mark.parametrize("page", pages(), ids=lambda page: page.relative_to(ROOT).as_posix())
def test_links_lead_somewhere(page: Path) -> None:
    wrong = []
    for link in LINK.findall(page.read_text("utf-8")):
        if re.match(r"[a-z]+:", link):
            continue
        path, _, anchor = link.partition("#")
        target = (page.parent / path) if path else page
        if not target.exists() or (anchor and anchor not in anchors(target)):
            wrong.append(link)

    assert wrong == []


def test_every_page_of_the_docs_is_led_to_from_both_readmes() -> None:
    names = {f"docs/{page.name}" for page in (ROOT / "docs").glob("*.md")}

    for readme in READMES:
        assert names - set(LINK.findall((ROOT / readme).read_text("utf-8"))) == set()


@pytest.mark.parametrize("readme", READMES)
def test_the_readme_shows_the_figures_of_the_models(readme: str) -> None:
    rows = [row for row in (ROOT / readme).read_text("utf-8").splitlines() if "→" in row and row.startswith("| ")]

    shown = [row.split(" | ", 1)[1].removesuffix(" |") for row in rows]

    assert shown == [" | ".join(f"{before[f]} → {after[f]}" for f in FIGURES) for before, after in compared()]


def compared() -> list[tuple[dict[str, int | Decimal], dict[str, int | Decimal]]]:
    return [(figures(chain, "before"), figures(chain, "after")) for chain in CHAINS]


@cache
def figures(chain: str, when: str) -> dict[str, int | Decimal]:
    version = chains.read(ROOT / "bpmn" / chain / when).version
    assert version is not None
    return measure(version).figures()
