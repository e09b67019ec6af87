"""What SpiffWorkflow does and what we override is found as docs/house/spiffworkflow says."""

from __future__ import annotations

import sys
from collections.abc import Iterator
from pathlib import Path
from types import ModuleType
from typing import Any

import pytest
from SpiffWorkflow.specs.base import TaskSpec

from docs.house.spiffworkflow import kinds, nothing, ran

PAGE = """# A page

Words before `Node.test`.

| id | what | overrides |
| --- | --- | --- |
| 1 | one \\| two | `Node._predict`, `Node.test` |
| `cost-2` | `Not.here` | `Node.test` |

| name | number |
| --- | --- |
| `Other.table` | 3 |
"""


def ours(name: str, *bases: type, **body: Any) -> type:
    """A class as if a module of the runtime had it."""
    return type(name, bases, {"__module__": "engine.model.runtime.sample", **body})


def inert(*_: Any) -> None:
    return None


def test_a_method_overrides_what_a_later_class_of_spiffworkflow_has() -> None:
    made = ours("Made", TaskSpec, test=inert, own=inert)

    assert [*kinds.overrides(made)] == [("Made.test", "TaskSpec.test")]
    assert kinds.bases(made) == [TaskSpec]


def test_a_class_before_one_of_spiffworkflow_overrides_it_where_both_are_joined() -> None:
    before = ours("Before", outputs=property(inert))
    joined = ours("Joined", before, TaskSpec)

    assert [*kinds.overrides(before)] == []
    assert [*kinds.overrides(joined)] == [("Before.outputs", "TaskSpec.outputs")]


def test_a_property_overrides_an_attribute_that_the_constructor_sets() -> None:
    assert [*kinds.overrides(ours("Made", TaskSpec, manual=property(inert)))] == [("Made.manual", "TaskSpec.manual")]


def test_a_constructor_overrides_only_where_it_does_not_call_the_one_before() -> None:
    class Calls(TaskSpec):  # type: ignore[misc]
        __module__ = "engine.model.runtime.sample"

        def __init__(self) -> None:
            super().__init__(None, "sample")

    assert [*kinds.overrides(Calls)] == []
    assert [*kinds.overrides(ours("Forgets", TaskSpec, __init__=inert))] == [("Forgets.__init__", "TaskSpec.__init__")]


def test_the_rows_of_the_page_are_read_by_the_titles_of_its_tables(tmp_path: Path) -> None:
    page = tmp_path / "page.md"
    page.write_text(PAGE, "utf-8")

    assert kinds.rows(page) == {"Node._predict": ["1"], "Node.test": ["1", "cost-2"]}


def test_a_function_counts_with_all_inside_it_and_bodies_and_constructors_do_not() -> None:
    file = f"{ran.PACKAGE}specs/sample.py"
    source = "class A:\n def __init__(self): pass\n def f(self):\n  return [lambda: 1 for _ in '']\ndef g(): pass\n"
    codes = [compile(source, file, "exec")]
    for code in codes:
        codes += [one for one in code.co_consts if hasattr(one, "co_code")]

    found = [ran.function_of(code) for code in codes]

    assert {one for one in found if one is not None} == {("specs.sample", "A.f"), ("specs.sample", "g")}
    assert ran.function_of(inert.__code__) is None


@pytest.fixture
def sample(monkeypatch: pytest.MonkeyPatch) -> Iterator[ModuleType]:
    module = ModuleType("SpiffWorkflow.sample")
    source = """
class A:
    def names(self):
        return ["a"]

    @property
    def name(self):
        return "a"

    def each(self):
        yield "a"

    def hook(self, task, *, again=True):
        return super().__repr__()
"""
    exec(source, vars(module))
    monkeypatch.setitem(sys.modules, module.__name__, module)
    yield module


@pytest.mark.parametrize(
    ("name", "types", "given"),
    [("names", [list], []), ("name", [str], ""), ("hook", [str, type(None)], None), ("hook", [bool], False)],
)
def test_a_function_that_does_nothing_gives_what_is_empty(
    sample: ModuleType, name: str, types: list[type], given: Any
) -> None:
    nothing.do_nothing(("sample", f"A.{name}"), types)
    value = getattr(sample.A(), name)

    assert (value if name == "name" else value("task", again=False) if name == "hook" else value()) == given


def test_a_generator_that_does_nothing_yields_nothing(sample: ModuleType) -> None:
    nothing.do_nothing(("sample", "A.each"), [str])

    assert [*sample.A().each()] == []
