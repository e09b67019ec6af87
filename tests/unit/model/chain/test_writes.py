"""`parallel-writes` within one element: instances of a multi-instance, firings of an event that interrupts nothing."""

import json
from pathlib import Path

import pytest

from engine.model import chain
from tests.unit.model.runtime.bpmn_text import (
    E,
    S,
    boundary,
    definition,
    document,
    element,
    event,
    flows,
    mapping,
    multi,
    process,
    script,
    subprocess,
    timer,
    user,
    zeebe,
)

BPMN = Path(__file__).parents[4] / "bpmn"
OPINION = {
    "type": "default",
    "id": "op",
    "components": [
        {"type": "textfield", "id": f"field_{key}", "label": key, "key": key} for key in ("opinion", "condition")
    ],
}
FORM = zeebe("formDefinition", formId="op")


def told(folder: Path, *parts: str, definitions: str = "") -> list[tuple[str | None, str, tuple[str, ...]]]:
    """(element, fact, path) of each finding of the rule."""
    (folder / "m.bpmn").write_bytes(document(definitions, process("P", S, *parts)))
    (folder / "op.form").write_text(json.dumps(OPINION))
    findings = [f for f in chain.check([folder / "m.bpmn", folder / "op.form"]) if f.rule == "parallel-writes"]
    assert all(f.severity == "warning" for f in findings)
    return [(f.element, f.message.split("'")[1], f.path) for f in findings]


def voting(out: str = "=opinion", *, sequential: bool = False, inputs: dict[str, str] | None = None) -> list[str]:
    loop = multi("=items", "item", into="ops", out=out, sequential=sequential)
    extensions = (FORM, mapping(inputs)) if inputs else (FORM,)
    return [user("A", loop, extensions=extensions), user("Z"), E, flows("S>A A>Z Z>E")]


def test_what_signers_fill_in_and_nobody_collects(tmp_path: Path) -> None:
    assert told(tmp_path, *voting()) == [("A", "condition", ("A",))]


@pytest.mark.parametrize(
    "parts",
    [
        voting("={opinion: opinion, condition: condition}"),
        voting(sequential=True),
        voting(inputs={"condition": "=null"}),
    ],
    ids=["collected", "in order", "the instance's own"],
)
def test_what_is_collected_or_local_is_no_finding(tmp_path: Path, parts: list[str]) -> None:
    assert told(tmp_path, *parts) == []


def test_what_is_collected_and_read_outside_too(tmp_path: Path) -> None:
    loop = multi("=items", "item", into="ops", out="={opinion: opinion, condition: condition}")
    parts = [user("A", loop, extensions=(FORM,)), script("R", "=condition", "kept"), E, flows("S>A A>R R>E")]

    assert told(tmp_path, *parts) == [("A", "condition", ("A",))]


@pytest.mark.parametrize(("inputs", "found"), [({}, True), ({"answer": "=null"}, False)])
def test_an_instance_of_several_steps_has_to_keep_its_facts(
    tmp_path: Path, inputs: dict[str, str], found: bool
) -> None:
    inside = subprocess(
        "B", element("startEvent", "s"), script("W", "=1", "answer"), user("U"), element("endEvent", "e"),
        flows("s>W W>U U>e"), extensions=(mapping(inputs),) if inputs else (),
    )  # fmt: skip
    loop = multi("=items", "item", into="ops", out="={a: answer}")
    inside = inside.replace("</bpmn:subProcess>", f"{loop}</bpmn:subProcess>")

    assert told(tmp_path, inside, E, flows("S>B B>E")) == ([("B", "answer", ("B", "W"))] if found else [])


MESSAGE = definition("message", "m", name="objection")
OBJECTION = event("message", "m")
EVERY_DAY, ONCE = timer("R/P1D", "timeCycle"), timer("P1D")


def handled(cause: str, expression: str = "=text", *, rests: bool = True, interrupting: bool = False) -> list[str]:
    """A task beside which an event subprocess writes `heard`, then waits where it `rests`."""
    begin = element("startEvent", "es", cause, isInterrupting=str(interrupting).lower())
    rest = user("H") if rests else element("manualTask", "H")
    way = flows("es>t t>H H>ee")
    inside = subprocess(
        "X", begin, script("t", expression, "heard"), rest, element("endEvent", "ee"), way, triggered=True
    )
    return [user("W"), inside, E, flows("S>W W>E")]


@pytest.mark.parametrize("cause", [OBJECTION, EVERY_DAY], ids=["message", "cycle"])
def test_two_firings_of_an_event_that_interrupts_nothing(tmp_path: Path, cause: str) -> None:
    assert told(tmp_path, *handled(cause), definitions=MESSAGE) == [("es", "heard", ("es", "t"))]


@pytest.mark.parametrize(
    "parts",
    [
        handled(ONCE),
        handled(OBJECTION, rests=False),
        handled(OBJECTION, interrupting=True),
        handled(OBJECTION, "=append(heard, text)"),
    ],
    ids=["fires once", "done at once", "interrupts", "adds to a list"],
)
def test_a_firing_that_takes_nothing_from_another_is_no_finding(tmp_path: Path, parts: list[str]) -> None:
    assert told(tmp_path, *parts, definitions=MESSAGE) == []


@pytest.mark.parametrize(("interrupting", "found"), [(False, [("B", "heard", ("B", "t"))]), (True, [])])
def test_two_firings_of_a_boundary_event(tmp_path: Path, interrupting: bool, found: list[object]) -> None:
    parts = [
        user("W"), boundary("B", "W", OBJECTION, interrupting), user("H"), script("t", "=text", "heard"),
        element("endEvent", "E2"), E, flows("S>W W>E B>H H>t t>E2"),
    ]  # fmt: skip

    assert told(tmp_path, *parts, definitions=MESSAGE) == found


@pytest.mark.parametrize("folder", sorted(file.parent for file in BPMN.glob("*/*/chain.bpmn")), ids=str)
def test_the_shipped_chains_have_none(folder: Path) -> None:
    assert [f for f in chain.check([folder]) if f.rule == "parallel-writes"] == []
