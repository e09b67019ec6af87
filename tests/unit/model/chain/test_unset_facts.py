"""A fact that is read where some way there hasn't set it: a warning with the way; none where every way has."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from engine.model import chain as chains
from engine.model.chain.model import Finding
from tests.unit.model.runtime import bpmn_text as bpmn

GATE, JOIN, ANY = "exclusiveGateway", "parallelGateway", "inclusiveGateway"
END = bpmn.element("endEvent", "end")


def asks(id: str, *fields: str, inner: str = "", inputs: dict[str, str] | None = None) -> str:
    """A task whose form sets the facts."""
    form = bpmn.zeebe("formDefinition", formId="_".join(("form", *fields)))
    return bpmn.user(id, inner, extensions=(form, bpmn.mapping(inputs or {})) if inputs else (form,))


def unset(folder: Path, *processes: str | tuple[str, ...]) -> list[tuple[str | None, tuple[str, ...]]]:
    """Element and way of each finding."""
    return [(found.element, found.path) for found in findings(folder, *processes)]


def findings(folder: Path, *processes: str | tuple[str, ...]) -> list[Finding]:
    """The findings about facts that aren't set. A tuple is the body of the process `P`."""
    texts = [bpmn.process("P", *body) if isinstance(body, tuple) else body for body in processes]
    (folder / "model.bpmn").write_bytes(bpmn.document(*texts))
    for form in {part.split('"')[0] for text in texts for part in text.split('formId="')[1:]}:
        fields = [{"type": "number", "id": f"id_{f}", "key": f, "label": f} for f in form.split("_")[1:]]
        (folder / f"{form}.form").write_text(json.dumps({"type": "default", "id": form, "components": fields}))
    read = chains.read(folder).findings
    assert {f.rule for f in read if f.severity == "error"} <= {"unreachable", "form"}, read
    return [finding for finding in read if finding.rule == "unset-fact"]


def reads(id: str, expression: str) -> str:
    return bpmn.script(id, "=" + expression, "result")


# ---------------------------------------------------------------------- order


def test_a_fact_that_is_set_before_is_no_finding(tmp_path):
    ways = bpmn.flows("S>A A>read read>end")

    assert unset(tmp_path, (bpmn.S, asks("A", "x"), reads("read", "x + 1"), END, ways)) == []


def test_a_fact_that_is_set_later_is_told_with_the_way(tmp_path):
    [found] = findings(
        tmp_path, (bpmn.S, reads("read", "x + 1"), asks("A", "x"), END, bpmn.flows("S>read read>A A>end"))
    )

    assert (found.severity, found.element, found.path) == ("warning", "read", ("S", "read"))
    assert "The script reads 'x', which isn't set yet on this way: S → read." in found.message


def branches(*tail: str, kind: str = GATE, condition: str = "=kind = 1") -> tuple[str, ...]:
    """Two branches of which one sets `x`, and what stands behind `meet`, where they meet."""
    split = bpmn.element(kind, "split", default=None if kind == JOIN else "split-B")
    one = bpmn.flow("split-A", "split", "A", None if kind == JOIN else condition)
    ways = bpmn.flows("S>first first>split split>B A>meet B>meet")
    tasks = asks("first", "kind"), asks("A", "x"), asks("B", "y")
    return bpmn.S, *tasks, split, bpmn.element(kind, "meet"), one, ways, *tail, END


def reading(expression: str) -> tuple[str, str]:
    return reads("read", expression), bpmn.flows("meet>read read>end")


@pytest.mark.parametrize("kind", [GATE, ANY])
def test_where_ways_meet_all_of_them_have_to_set_it(tmp_path, kind):
    assert unset(tmp_path, branches(*reading("x + 1"), kind=kind)) == [
        ("read", ("S", "first", "split", "B", "meet", "read"))
    ]


def test_where_parallel_branches_meet_one_of_them_is_enough(tmp_path):
    assert unset(tmp_path, branches(*reading("x + 1"), kind=JOIN)) == []


def test_beside_a_parallel_branch_it_is_not_set_yet(tmp_path):
    split, meet = bpmn.element(JOIN, "split"), bpmn.element(JOIN, "meet")
    ways = bpmn.flows("S>split split>A split>read A>meet read>meet meet>end")

    found = unset(tmp_path, (bpmn.S, split, asks("A", "x"), reads("read", "x + 1"), meet, END, ways))

    assert found == [("read", ("S", "split", "read"))]


SAFE = (
    "if x = null then 0 else x + 1", "if x != null then x + 1 else 0", "get or else(x, 1) + 1", "is defined(x)",
    "x != null and x > 3", "x = null or x > 3", "{content: x}", "x", "x.part", "x = 3", 'x = "a" or y = 2',
    "if x = 3 then x + 1 else 0", "x in (1, 2)", "list contains([1, 2], x)", "if is defined(x) then x + 1 else 0",
    "{x: 1, y: x + 1}",
    "if kind = 1 then x + 1 else 0", "if kind != 1 then 0 else x + 1", "if not(kind = 1) then 0 else x + 1",
    "if kind = 1 and kind > 0 then x + 1 else 0", "for x in [1] return x + 1", "[{x: 1}][x + 1 > 1]",
    "(function(x) x + 1)(1)", "x instance of number", "some x in [1] satisfies x > 1",
)  # fmt: skip
UNSAFE = (
    "x + 1", "x > 3", "-x", "if x > 3 then 1 else 2", "if x = null then x + 1 else 0", "x != null or x > 3",
    "if kind = 2 then x + 1 else 0", "if kind = 1 then 0 else x + 1", "{content: x + 1}", "count(x)",
    "for i in x return i", "[x]", "x between 1 and 3", "string(x)", "{a: {b: x > 1}}",
    "{y: x + 1, x: 1}", "[1, 2][item > 0] + x", "for i in [1] return i + x",
)  # fmt: skip


@pytest.mark.parametrize("expression", SAFE)
def test_what_asks_for_null_or_hands_on_is_no_finding(tmp_path, expression):
    assert unset(tmp_path, branches(*reading(expression))) == []


@pytest.mark.parametrize("expression", UNSAFE)
def test_what_needs_the_value_is_a_finding(tmp_path, expression):
    assert [element for element, _ in unset(tmp_path, branches(*reading(expression)))] == ["read"]


@pytest.mark.parametrize(
    ("condition", "found"), [("=kind = 1", []), ("=kind = true and kind = 1", []), ("=kind = 2", ["read"])]
)
def test_behind_the_same_condition_it_is_set(tmp_path, condition, found):
    """The ways whose conditions contradict each other aren't gone."""
    again = bpmn.element(GATE, "again", default="again-end"), bpmn.flow("again-read", "again", "read", condition)
    body = branches(*again, reads("read", "x + 1"), bpmn.flows("meet>again again>end read>end"))

    assert [element for element, _ in unset(tmp_path, body)] == found


@pytest.mark.parametrize(
    ("condition", "found"),
    [
        ("=x = 1", []),  # not set means no
        ("=x > 1", ["which"]),
        ("=later = 1", ["which"]),  # no way sets it before
        ("=later != null and later = 1", []),
        ("=x != null and x > 1", []),
    ],
)
def test_a_condition_that_compares_with_a_literal_has_an_answer_if_some_way_sets_the_fact(tmp_path, condition, found):
    which = bpmn.element(GATE, "which", default="which-C"), bpmn.flow("chosen", "which", "end", condition)
    body = branches(*which, asks("C", "later"), bpmn.flows("meet>which which>C C>end"))

    assert [element for element, _ in unset(tmp_path, body)] == found


@pytest.mark.parametrize(("conditions", "found"), [(["=x = null", "=x > 1"], []), (["=x > 1", "=x = null"], ["which"])])
def test_conditions_are_asked_one_after_another(tmp_path, conditions, found):
    chosen = [bpmn.flow(f"c{place}", "which", "end", text) for place, text in enumerate(conditions)]
    which = bpmn.element(GATE, "which", default="which-C"), *chosen
    body = branches(*which, asks("C", "z"), bpmn.flows("meet>which which>C C>end"))

    assert [element for element, _ in unset(tmp_path, body)] == found


def test_behind_a_question_for_null_the_default_way_knows_it(tmp_path):
    which = bpmn.element(GATE, "which", default="which-read"), bpmn.flow("none", "which", "end", "=x = null")
    body = branches(*which, reads("read", "x + 1"), bpmn.flows("meet>which which>read read>end"))

    assert unset(tmp_path, body) == []


def test_a_mapping_that_hands_on_what_is_not_set_sets_nothing(tmp_path):
    passed = bpmn.element("task", "pass", extensions=(bpmn.mapping(outputs={"copy": "=x"}),))
    body = branches(passed, reads("read", "copy + 1"), bpmn.flows("meet>pass pass>read read>end"))

    [(element, path)] = unset(tmp_path, body)
    assert (element, path[-3:]) == ("read", ("meet", "pass", "read"))


# ---------------------------------------------------------------------- loops, events


def test_a_loop_counts_what_stood_before_it(tmp_path):
    merge, again = bpmn.element(GATE, "merge"), bpmn.element(GATE, "again", default="again-end")
    back = bpmn.flow("back", "again", "merge", "=n = 1")
    ways = bpmn.flows("S>merge merge>count count>A A>again again>end")
    body = bpmn.S, merge, bpmn.script("count", "=n + 1", "n"), asks("A", "y"), again, back, END, ways
    first = bpmn.script("first", "=0", "n"), ways.replace('"S-merge" sourceRef="S"', '"first-merge" sourceRef="first"')

    assert unset(tmp_path, body) == [("count", ("S", "merge", "count"))]
    assert unset(tmp_path, (*body[:-1], *first, bpmn.flows("S>first"))) == []


@pytest.mark.parametrize(("interrupting", "found"), [(True, [("late", "read")]), (False, [("late", "read")])])
def test_a_deadline_comes_before_its_task_is_done(tmp_path, interrupting, found):
    late = bpmn.boundary("late", "A", bpmn.timer("P1D"), interrupting)
    ends = END, bpmn.element("endEvent", "stop")
    body = bpmn.S, asks("A", "x"), late, reads("read", "x + 1"), *ends, bpmn.flows("S>A A>end late>read read>stop")

    assert [path[-2:] for _, path in unset(tmp_path, body)] == found


def test_an_event_subprocess_sees_what_is_set_before_the_first_wait(tmp_path):
    def body(first: str) -> tuple[str, ...]:
        start = bpmn.element("startEvent", "late", bpmn.timer("P1D"), isInterrupting="false")
        inner = (
            start,
            reads("read", f"{first} + 1"),
            bpmn.element("endEvent", "told"),
            bpmn.flows("late>read read>told"),
        )
        beside = bpmn.subprocess("beside", *inner, triggered=True)
        ways = bpmn.flows("S>set set>A A>end")
        return bpmn.S, bpmn.script("set", "=1", "begun"), asks("A", "x"), beside, END, ways

    assert unset(tmp_path, body("begun")) == []
    assert unset(tmp_path, body("x")) == [("read", ("S", "set", "A", "beside", "late", "read"))]


def test_a_message_brings_its_facts(tmp_path):
    message = bpmn.definition("message", "m", name="withdraw", key="=1")
    begins = bpmn.element("startEvent", "asked", bpmn.event("message", "m"), isInterrupting="true")
    inner = begins, reads("read", "upper case(reason)"), bpmn.element("endEvent", "out")
    beside = bpmn.subprocess("beside", *inner, bpmn.flows("asked>read read>out"), triggered=True)
    body = bpmn.S, asks("A", "x"), beside, END, bpmn.flows("S>A A>end")

    assert unset(tmp_path, message + bpmn.process("P", *body)) == []


# ---------------------------------------------------------------------- scopes


def within(*body: str, **mapped: dict[str, str]) -> tuple[str, ...]:
    inner = bpmn.element("startEvent", "IS"), *body, bpmn.element("endEvent", "IE")
    return bpmn.S, bpmn.subprocess("sub", *inner, extensions=(bpmn.mapping(**mapped),) if mapped else ()), END


def test_what_a_subprocess_surely_sets_is_set_behind_it(tmp_path):
    sets = within(asks("A", "x"), bpmn.flows("IS>A A>IE"))
    gate = bpmn.element(GATE, "g", default="g-IE"), bpmn.flow("y", "g", "A", "=1 = 1"), bpmn.flows("IS>g g>IE A>IE")
    tail = reads("read", "x + 1"), bpmn.flows("S>sub sub>read read>end")

    assert unset(tmp_path, (*sets, *tail)) == []
    assert unset(tmp_path, (*within(asks("A", "x"), *gate), *tail)) == [("read", ("S", "sub", "read"))]


def test_an_input_is_set_inside_if_what_it_hands_on_is(tmp_path):
    inside = reads("read", "own + 1"), bpmn.flows("IS>read read>IE")
    later = asks("A", "x"), bpmn.flows("S>sub sub>A A>end")
    before = asks("A", "x"), bpmn.flows("S>A A>sub sub>end")

    assert unset(tmp_path, (*within(*inside, inputs={"own": "=x"}), *before)) == []
    assert unset(tmp_path, (*within(*inside, inputs={"own": "=1"}), *later)) == []
    assert unset(tmp_path, (*within(*inside, inputs={"own": "=x"}), *later)) == [("read", ("S", "sub", "IS", "read"))]


def test_instances_have_their_item_and_their_result(tmp_path):
    several = bpmn.multi("=[1, 2]", "one", into="all", out="=opinion", until="=count(all) > 1")
    body = bpmn.S, asks("A", "opinion", inner=several, inputs={"shown": "=one + loopCounter"}), END

    tail = reads("read", "count(all)"), bpmn.flows("S>A A>read read>end")
    assert unset(tmp_path, (*body, *tail)) == []


# ---------------------------------------------------------------------- called processes


def called(expression: str, *, sets: bool = True) -> str:
    body = bpmn.element("startEvent", "QS"), reads("use", expression), bpmn.element("endEvent", "QE")
    if sets:
        return bpmn.process("Q", *body, asks("B", "given"), bpmn.flows("QS>use use>B B>QE"))
    return bpmn.process("Q", *body, bpmn.flows("QS>use use>QE"))


@pytest.mark.parametrize(
    ("expression", "order", "found"),
    [
        ("given + 1", "S>call call>A A>end", ["call"]),
        ("given + 1", "S>A A>call call>end", []),
        ("if given = null then 0 else given + 1", "S>call call>A A>end", []),
        ("{content: given}", "S>call call>A A>end", []),
    ],
)
@pytest.mark.parametrize("mapped", [True, False])
def test_a_called_process_needs_what_it_reads(tmp_path, expression, order, found, mapped):
    name = "x" if mapped else "given"
    inputs = (bpmn.mapping({"given": "=x"}),) if mapped else ()
    call = bpmn.call("call", "Q", extensions=inputs, down=not mapped)
    caller = bpmn.process("P", bpmn.S, asks("A", name), call, END, bpmn.flows(order))

    told = [element for element, _ in unset(tmp_path, caller, called(expression, sets=False))]

    assert told == found


@pytest.mark.parametrize(("way", "found"), [("QS>B B>QE", []), ("QS>g g>QE B>QE", ["read"])])
def test_a_called_process_sets_what_all_its_ways_set(tmp_path, way, found):
    gate = (bpmn.element(GATE, "g", default="g-QE"), bpmn.flow("y", "g", "B", "=1 = 1")) if "g" in way else ()
    ends = bpmn.element("startEvent", "QS"), bpmn.element("endEvent", "QE")
    inner = bpmn.process("Q", *ends, *gate, asks("B", "answer"), bpmn.flows(way))
    call = bpmn.call("call", "Q", extensions=(bpmn.mapping(outputs={"got": "=answer"}),))
    tail = asks("A", "z"), reads("read", "got + 1"), END, bpmn.flows("S>A A>call call>read read>end")
    caller = bpmn.process("P", bpmn.S, call, *tail)

    assert [element for element, _ in unset(tmp_path, caller, inner)] == found


def test_parallel_branches_that_end_apart_set_together(tmp_path):
    ends = bpmn.element("startEvent", "QS"), bpmn.element("endEvent", "E1"), bpmn.element("endEvent", "E2")
    ways = bpmn.flows("QS>split split>B split>C B>E1 C>E2")
    inner = bpmn.process("Q", *ends, bpmn.element(JOIN, "split"), asks("B", "one"), asks("C", "other"), ways)
    call = bpmn.call("call", "Q", up=True)
    told = bpmn.flows("S>A A>call call>read read>end")
    both, third = reads("read", "one + other"), reads("read", "one + third")

    assert unset(tmp_path, bpmn.process("P", bpmn.S, asks("A", "z"), call, both, END, told), inner) == []
    late = asks("D", "third"), END, bpmn.flows("S>A A>call call>read read>D D>end")
    assert unset(tmp_path, bpmn.process("P", bpmn.S, asks("A", "z"), call, third, *late), inner) != []
