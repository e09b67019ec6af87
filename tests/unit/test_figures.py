"""The figures of the house are counted as docs/house/figures.py says."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.samples.checkouts import CONTRACT, checkout

PROTECTED = "[importlinter:contract:p]\ntype = protected\nprotected_modules = lxml\nallowed_importers = engine.base\n"


def lines(many: int) -> str:
    return "    x = 1\n" * many


@pytest.mark.parametrize(
    ("figure", "at_the_bound", "over_it"),
    [
        ("files over 500", "x = 1\n" * 500, "x = 1\n" * 501),
        ("functions over 40", "@cache\ndef f():\n" + lines(39), "def f():\n" + lines(40)),
        (
            "classes over 15 methods",
            "class A:\n" + "".join(f"    def f{n}(self): ...\n" for n in range(15)),
            "class A:\n" + "".join(f"    def f{n}(self): ...\n" for n in range(16)),
        ),
        (
            "modules over 20 imports",
            "".join(f"from a{n} import b, c\n" for n in range(20)),
            "".join(f"def f{n}():\n    import a{n}\n" for n in range(21)),
        ),
        ('docstrings "What"', '"""Whatever."""\n', 'x: int = 1\n"""What x is."""\n'),
        ("... as a name", "# found\n", "def f(found): ...\n"),
    ],
)
def test_only_what_is_over_the_bound_counts(figure: str, at_the_bound: str, over_it: str, tmp_path: Path) -> None:
    for name in ("at", "over"):
        (tmp_path / name).mkdir()

    assert checkout(tmp_path / "at", hall_a=at_the_bound).figures()[figure] == 0
    assert checkout(tmp_path / "over", hall_a=over_it).figures()[figure] == 1


def test_a_file_longer_than_its_functions_has_the_median_of_all_of_them(tmp_path: Path) -> None:
    source = "def f():\n    def g():\n        pass\n    return g\n\n\ndef h(): ...\n"  # 4, 2 and 1 lines

    assert checkout(tmp_path, hall_a=source).figures()["median function"] == 2


def test_a_library_is_known_only_where_its_contract_says(tmp_path: Path) -> None:
    house = checkout(tmp_path, CONTRACT + PROTECTED, base_a="import lxml.etree\n", hall_b="from lxml import etree\n")

    assert house.against_the_contract() == ["engine.hall.b:1 imports lxml"]


def test_an_import_that_a_contract_is_told_to_ignore_counts_as_one_against_it(tmp_path: Path) -> None:
    house = checkout(tmp_path, CONTRACT + "ignore_imports =\n    engine.base.a -> engine.hall.b\n")

    assert house.against_the_contract() == ["ignored: engine.base.a -> engine.hall.b"]
