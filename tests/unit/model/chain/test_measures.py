"""How much a chain version asks of an applicant, counted in small chains that are written out."""

from __future__ import annotations

import json
from decimal import Decimal
from itertools import pairwise
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from engine.base.errors import Refused
from engine.law import catalogue
from engine.model import chain
from engine.model.chain.files import Source
from engine.model.chain.measures import change, measure, promised_speed_up, stated
from engine.model.chain.version import ChainVersion, pack

HEAD = """<?xml version="1.0" encoding="UTF-8"?>
<definitions xmlns="http://www.omg.org/spec/BPMN/20100524/MODEL" xmlns:zeebe="http://camunda.org/schema/zeebe/1.0"
             targetNamespace="urn:licet:test">
"""
DMN = """<?xml version="1.0" encoding="UTF-8"?>
<definitions xmlns="https://www.omg.org/spec/DMN/20191111/MODEL/" id="f" name="f" namespace="urn:licet:test">
  <decision id="kind" name="kind"><variable name="kind" />
    <informationRequirement><requiredDecision href="#way" /></informationRequirement>
    <decisionTable><input><inputExpression><text>way</text></inputExpression></input><output />
      <rule><inputEntry><text>"slow"</text></inputEntry><outputEntry><text>"quick"</text></outputEntry></rule>
      <rule><inputEntry><text>-</text></inputEntry><outputEntry><text>"middling"</text></outputEntry></rule>
    </decisionTable></decision>
  <decision id="way" name="way"><variable name="way" />
    <literalExpression><text>"w"</text></literalExpression></decision>
  <decision id="other" name="other"><variable name="other" />
    <literalExpression><text>"slow"</text></literalExpression></decision>
</definitions>
"""


def marks(values: dict[str, str]) -> str:
    inner = "".join(f'<zeebe:property name="{name}" value="{value}" />' for name, value in values.items())
    return f"<zeebe:properties>{inner}</zeebe:properties>" if inner else ""


def task(id: str, **properties: str) -> str:
    return f'<userTask id="{id}" name="名{id}"><extensionElements>{marks(properties)}</extensionElements></userTask>'


def rule(id: str, decision: str, result: str) -> str:
    called = f'<zeebe:calledDecision decisionId="{decision}" resultVariable="{result}" />'
    return f'<businessRuleTask id="{id}"><extensionElements>{called}</extensionElements></businessRuleTask>'


def call(id: str, process: str, item: str = "", each: str = "", sequential: bool = False) -> str:
    mapping = f"<zeebe:ioMapping><zeebe:input source='{item}' target='item_key' /></zeebe:ioMapping>" if item else ""
    loop = f"<zeebe:loopCharacteristics inputCollection='{each}' inputElement='one' />"
    many = f"""<multiInstanceLoopCharacteristics isSequential="{str(sequential).lower()}">
      <extensionElements>{loop}</extensionElements></multiInstanceLoopCharacteristics>""" if each else ""  # fmt: skip
    called = f"""<zeebe:calledElement processId="{process}" propagateAllParentVariables="false" />"""
    return f'<callActivity id="{id}"><extensionElements>{called}{mapping}</extensionElements>{many}</callActivity>'


def process(id: str, nodes: list[str], flows: str, **properties: str) -> str:
    """Return a process. `flows`: "a-b b-c"; names that `nodes` doesn't define are gateways, those in capitals
    events.
    """
    pairs = [pair.split("-") for pair in flows.split()]
    defined = "".join(nodes)
    drawn = []
    for name in dict.fromkeys(name for pair in pairs for name in pair):
        if f'id="{name}"' not in defined:
            kind = "startEvent" if name == "START" else "endEvent" if name == "END" else "exclusiveGateway"
            drawn.append(f'<{kind} id="{name}" />')
    tied = "".join(
        f'<sequenceFlow id="f{n}" sourceRef="{source}" targetRef="{target}" />'
        for n, (source, target) in enumerate(pairs)
    )
    return f"""<process id="{id}" name="{id}" isExecutable="true"><extensionElements>{marks(properties)}
      </extensionElements>{defined}{"".join(drawn)}{tied}</process>"""


PROCEDURE = process("procedure", [task("review")], "START-review review-END", procedure="true")


def item(key: str, promised: object, materials: dict[str, str] | None = None) -> dict[str, Any]:
    limit = {"amount": promised} if isinstance(promised, int | float) else promised
    needs = [{"material": name, "source": source} for name, source in (materials or {}).items()]
    needs = [n | ({"certificate": "identity_card"} if n["source"] == "certificate" else {}) for n in needs]
    return {
        "key": key, "code": "000131001000", "name": f"事项{key}", "department": "hall", "kind": "committed",
        "valid_from": "2024-01-01", "materials": needs, "limits": {"statutory": {"amount": 20}, "promised": limit},
        "fees": [],
    }  # fmt: skip


QUICK, MIDDLING, SLOW = item("quick", 1), item("middling", 3), item("slow", 8)


def version(
    main: str, *others: str, items: list[dict[str, Any]] | None = None, stages: tuple[str, ...] = ()
) -> ChainVersion:
    """A chain of these processes; the first is the main one."""
    given = [QUICK, MIDDLING, SLOW] if items is None else items
    needed = {need["material"] for one in given for need in one["materials"]}
    file = {"items": given, "materials": [{"key": key, "name": f"材料{key}"} for key in sorted(needed)]}
    sources = [
        Source(f"{n}.bpmn", ".bpmn", f"{HEAD}{text}</definitions>".encode()) for n, text in enumerate((main, *others))
    ]
    sources.append(Source("rules.dmn", ".dmn", DMN.encode()))
    id = main.split('"')[1]
    return chain.load(pack("small", "小链", id, sources, catalogue.read(json.dumps(file).encode()), stages))


def days(main: str, *others: str, **more: Any) -> Decimal:
    return measure(version(main, PROCEDURE, *others, **more)).days


# ------------------------------------------------------------------ steps, visits, windows, materials


def test_each_activity_counts_once_however_often_its_process_is_called():
    called = process("called", [task("sign", step="true", visit="true", window="一号窗口")], "START-sign sign-END")
    main = process(
        "main",
        [
            task("apply", step="true", window="一号窗口"),
            call("one", "called"),
            call("two", "called"),
            task("pay", window="二号窗口"),
        ],
        "START-apply apply-one one-two two-pay pay-END",
    )
    aside = process("aside", [task("alone", step="true", visit="true", window="三号窗口")], "START-alone alone-END")

    found = measure(version(main, called, aside))

    assert [step.key for step in found.steps] == ["sign", "apply"]
    assert found.figures() == {"steps": 2, "materials": 0, "days": 0, "visits": 1, "windows": 2}


def test_a_mark_that_says_false_does_not_count():
    main = process("main", [task("apply", step="false", visit="false")], "START-apply apply-END")

    assert measure(version(main)).figures() == {"steps": 0, "materials": 0, "days": 0, "visits": 0, "windows": 0}


def test_materials_are_those_that_the_applicant_hands_in_each_once():
    items = [
        item("quick", 1, {"form": "applicant", "card": "certificate"}),
        item("slow", 8, {"form": "applicant", "plan": "applicant", "licence": "matter", "extract": "department"}),
        item("unnamed", 8, {"deed": "applicant"}),
    ]
    main = process("main", [call("a", "procedure", "quick"), call("b", "procedure", "slow")], "START-a a-b b-END")

    found = measure(version(main, PROCEDURE, items=items))

    assert [material.key for material in found.materials] == ["form", "plan"]


def test_a_bare_model_asks_for_no_materials_and_promises_no_days():
    main = process("main", [task("apply", step="true")], "START-apply apply-END")
    bare = chain.load(
        pack("small", "小链", "main", [Source("a.bpmn", ".bpmn", f"{HEAD}{main}</definitions>".encode())], None)
    )

    assert measure(bare).figures() == {"steps": 1, "materials": 0, "days": 0, "visits": 0, "windows": 0}


# ------------------------------------------------------------------ days


def test_procedures_one_after_another_add_up_and_branches_cost_the_longest():
    nodes = [call("a", "procedure", "quick"), call("b", "procedure", "middling"), call("c", "procedure", "slow")]

    assert days(process("main", nodes, "START-a a-b b-c c-END")) == 12
    assert days(process("main", nodes, "START-split split-a split-b split-c a-join b-join c-join join-END")) == 8
    assert days(process("main", nodes, "START-a a-split split-b split-c b-join c-join join-END")) == 9


def test_the_path_names_its_items():
    nodes = [call("a", "procedure", "quick"), call("b", "procedure", "middling"), call("c", "procedure", "slow")]
    main = process("main", nodes, "START-a a-split split-b split-c b-END c-END")

    assert [stretch.item for stretch in measure(version(main, PROCEDURE)).path] == ["quick", "slow"]


def test_a_way_back_is_not_followed():
    nodes = [call("a", "procedure", "middling"), task("check"), call("b", "procedure", "quick")]

    assert days(process("main", nodes, "START-again again-a a-check check-turn turn-again turn-b b-END")) == 4
    assert days(process("main", nodes, "START-a a-a2 a2-b b-a2 a2-END")) == 4


def test_a_called_process_costs_the_longest_path_inside():
    inner = process("inner", [call("x", "procedure", "middling"), call("y", "procedure", "quick")], "START-x x-y y-END")
    main = process("main", [call("a", "inner"), call("b", "inner")], "START-a a-b b-END")

    assert days(main, inner) == 8


def test_a_called_process_is_told_which_item_it_is_for():
    passed = process("passed", [call("x", "procedure", "=item_key")], "START-x x-END")
    main = process("main", [call("a", "passed", "quick"), call("b", "passed", "middling")], "START-a a-b b-END")

    assert days(main, passed) == 4


def test_of_the_items_that_a_table_may_give_the_longest_counts():
    nodes = [rule("decide", "kind", "chosen"), call("a", "procedure", "=chosen"), call("b", "procedure", "slow")]

    assert days(process("main", nodes[:2], "START-decide decide-a a-END")) == 3
    assert days(process("main", nodes, "START-decide decide-a a-b b-END")) == 11


def test_of_the_items_of_a_condition_the_longest_counts():
    chosen = '=if short then "quick" else "middling"'.replace('"', "&quot;")

    assert days(process("main", [call("a", "procedure", chosen)], "START-a a-END")) == 3


@pytest.mark.parametrize(("sequential", "expected"), [(True, 9), (False, 8)])
def test_instances_one_after_another_add_up_and_side_by_side_cost_the_longest(sequential, expected):
    listed = '=["quick", "slow"]'.replace('"', "&quot;")
    many = call("a", "procedure", "=one", each=listed, sequential=sequential)

    assert days(process("main", [many], "START-a a-END")) == expected


def test_an_item_that_nothing_tells_is_the_longest_that_the_process_names():
    nodes = [call("a", "procedure", "=asked_elsewhere"), call("b", "procedure", "middling")]

    assert days(process("main", nodes, "START-split split-a split-b a-END b-END")) == 3


def test_subprocesses_and_boundary_events_lie_on_the_path():
    body = process("x", [call("a", "procedure", "middling")], "START-a a-END").split("</extensionElements>", 1)[1]
    body = body.replace('id="f', 'id="in_f').replace("START", "IN").replace("END", "OUT").replace("</process>", "")
    late = """<boundaryEvent id="late" attachedToRef="sub"><timerEventDefinition><timeDuration>P1D</timeDuration>
        </timerEventDefinition></boundaryEvent>"""
    nodes = [f'<subProcess id="sub">{body}</subProcess>', late, call("b", "procedure", "quick")]

    assert days(process("main", nodes, "START-sub sub-END late-b b-END")) == 4


@pytest.mark.parametrize(
    ("promised", "expected"),
    [
        ({"amount": 0.5}, Decimal("0.5")),
        ({"amount": 2, "unit": "hour"}, Decimal("0.25")),
        ({"amount": 10, "unit": "day"}, Decimal(10)),
        ({"amount": 0}, Decimal(0)),
        (None, Decimal(20)),
    ],
)
def test_limits_of_every_unit_are_told_in_workdays(promised, expected):
    main = process("main", [call("a", "procedure", "quick")], "START-a a-END")

    assert days(main, items=[item("quick", promised)]) == expected


def test_the_days_of_the_stages_before_are_counted_and_nothing_else_of_them():
    land = process(
        "land", [call("l", "procedure", "slow"), task("ask", step="true")], "START-l l-ask ask-END", stage="true"
    )
    planning = process("planning", [call("p", "procedure", "middling")], "START-p p-END", stage="true", follows="land")
    later = process("later", [call("z", "procedure", "slow")], "START-z z-END", stage="true", follows="main")
    main = process("main", [call("a", "procedure", "quick")], "START-a a-END", follows="planning")

    found = measure(version(main, PROCEDURE, land, planning, later, stages=("later", "planning", "land")))

    assert [stretch.item for stretch in found.path] == ["slow", "middling", "quick"]
    assert found.figures() == {"steps": 0, "materials": 0, "days": 12, "visits": 0, "windows": 0}


def receive(id: str, source: str) -> str:
    mapping = f"<zeebe:ioMapping><zeebe:input source='{source}' target='item' /></zeebe:ioMapping>"
    stated = f'<zeebe:taskDefinition type="matter.receive" />{mapping}'
    return f'<serviceTask id="{id}"><extensionElements>{stated}</extensionElements></serviceTask>'


@pytest.mark.parametrize(
    ("nodes", "flows", "expected"),
    [
        ([receive("r", "slow")], "START-r r-END", 8),
        ([receive("r", '="middling"')], "START-r r-END", 3),
        ([receive("r", '=if w = "x" then "quick" else "middling"')], "START-r r-END", 3),
        ([receive("r", "slow"), call("a", "procedure", "quick")], "START-r r-a a-END", 9),
        ([receive("r", "slow"), call("a", "procedure", "quick")], "START-g g-r g-a r-END a-END", 8),
        ([call("a", "part")], "START-a a-END", 3),  # received in a called process that is no procedure
        ([call("a", "whole", "quick")], "START-a a-END", 1),  # its own receipt isn't counted beside the procedure
    ],
)
def test_a_matter_that_is_received_outside_a_procedure_costs_its_days(nodes, flows, expected):
    part = process("part", [receive("q", "middling")], "START-q q-END")
    whole = process("whole", [receive("q", "slow")], "START-q q-END", procedure="true")

    assert days(process("main", nodes, flows), part, whole) == expected


@pytest.mark.parametrize(
    ("window", "calls", "expected"),
    [
        ("=item(item_key).name", [call("a", "desk", "quick"), call("b", "desk", "slow")], ["事项quick", "事项slow"]),
        ("=item(item_key).name", [call("a", "desk", "=one", '=["quick","slow"]')], ["事项quick", "事项slow"]),
        ("=item(item_key).name + &quot;窗口&quot;", [call("a", "desk", "quick")], ["事项quick窗口"]),
        ("=&quot;综合&quot;", [call("a", "desk", "quick"), call("b", "desk", "slow")], ["综合"]),
        ("=if way = &quot;x&quot; then &quot;甲&quot; else &quot;乙&quot;", [call("a", "desk", "quick")], ["乙", "甲"]),
        ("=some_fact", [call("a", "desk", "quick")], ["=some_fact"]),  # nothing tells
        ("综合", [call("a", "desk", "quick"), call("b", "desk", "slow")], ["综合"]),
    ],
)
def test_a_window_in_feel_counts_the_names_that_it_gives(window, calls, expected):
    desk = process("desk", [task("ask", window=window)], "START-ask ask-END", procedure="true")
    names = [text.split('"')[1] for text in calls]
    steps = ["START", *names, "END"]
    main = process("main", calls, " ".join(f"{one}-{two}" for one, two in pairwise(steps)))

    assert sorted(window.name for window in measure(version(main, desk)).windows) == expected


def test_a_thousand_procedures_in_a_row_are_measured():
    nodes = [call(f"c{n}", "procedure", "quick") for n in range(1000)]
    flows = " ".join(f"c{n}-c{n + 1}" for n in range(999))

    assert days(process("main", nodes, f"START-c0 {flows} c999-END")) == 1000


# ------------------------------------------------------------------ what is taken away changes a figure


@settings(max_examples=40, deadline=None)
@given(data=st.data())
def test_a_mark_or_a_material_less_is_one_less(data):
    kinds = st.sampled_from(["step", "visit"])
    drawn = data.draw(st.lists(st.tuples(kinds, st.booleans()), min_size=1, max_size=6))
    papers = data.draw(st.lists(st.sets(st.sampled_from("abcdef"), min_size=1), min_size=1, max_size=3))

    def built(left_out: int | None = None, paper: str | None = None) -> dict[str, Any]:
        nodes = [
            (task(f"t{n}", **({kind: "true"} if n != left_out else {})), called)
            for n, (kind, called) in enumerate(drawn)
        ]
        items = [item(f"i{n}", 1, dict.fromkeys(sorted(p - {paper}), "applicant")) for n, p in enumerate(papers)]
        calls = [call(f"c{n}", "procedure", f"i{n}") for n in range(len(papers))] + [
            call("again", "inner"),
            call("in", "inner"),
        ]
        outer = [node for node, called in nodes if not called] + calls
        names = [node.split('"')[1] for node in outer]
        inner = [node for node, called in nodes if called]
        main = process(
            "main", outer, " ".join(f"{a}-{b}" for a, b in zip(["START", *names], [*names, "END"], strict=True))
        )
        ids = [node.split('"')[1] for node in inner]
        called = process(
            "inner", inner, " ".join(f"{a}-{b}" for a, b in zip(["START", *ids], [*ids, "END"], strict=True))
        )
        return measure(version(main, called, PROCEDURE, items=items)).figures()

    before = built()
    place = data.draw(st.integers(0, len(drawn) - 1))
    figure = drawn[place][0] + "s"
    paper = data.draw(st.sampled_from(sorted(set().union(*papers))))

    assert built(left_out=place) == before | {figure: before[figure] - 1}
    assert built(paper=paper) == before | {"materials": before["materials"] - 1}


# ------------------------------------------------------------------ percentages


def test_changes_are_told_in_percent_of_the_first():
    assert change(27, 5) == Decimal(5 - 27) / 27 * 100
    assert change(0, 5) is None


@pytest.mark.parametrize(
    ("before", "percent", "expected"),
    [
        (27, "-81.48", 5),
        (27, "-81.5", 5),
        (7, "-57.14", 3),
        (4, "-75", 1),
        (3, "33.33", 4),
        (3, "-100", 0),
        (8, "0", 8),
    ],
)
def test_a_percentage_that_a_whole_number_gives_is_told_with_it(before, percent, expected):
    assert stated(before, Decimal(percent)) == expected


@pytest.mark.parametrize(
    ("before", "percent", "nearest"),
    [
        (83, "-38.87", {"50": "-39.76", "51": "-38.55"}),
        (27, "-81.49", {"4": "-85.19", "5": "-81.48"}),
        (4, "-0.1", {"3": "-25.0", "4": "0.0"}),
        (5, "-250", {"0": "-100"}),
        (5, "-100.5", {"0": "-100.0"}),
    ],
)
def test_a_percentage_that_no_whole_number_gives_is_refused_with_the_nearest(before, percent, nearest):
    with pytest.raises(Refused) as refused:
        stated(before, Decimal(percent))

    assert refused.value.fields["nearest"] == nearest
    assert all(f"{number} gives {given} %" in refused.value.message for number, given in nearest.items())


def test_of_nothing_there_are_no_percentages():
    with pytest.raises(Refused, match="state the number itself"):
        stated(0, Decimal("-10"))


@settings(max_examples=200)
@given(st.integers(1, 200), st.integers(0, 300), st.integers(0, 3))
def test_every_percentage_of_a_whole_number_is_accepted(before, after, places):
    percent = (Decimal(after - before) / before * 100).quantize(Decimal(1).scaleb(-places), "ROUND_HALF_UP")

    number = stated(before, percent)

    assert (Decimal(number - before) / before * 100).quantize(percent, "ROUND_HALF_UP") == percent


def test_the_speed_up_is_the_average_over_the_items():
    given = [item("a", 5), item("b", 10), item("c", {"amount": 4, "unit": "hour"}), item("d", None)]
    items = version(process("main", [task("t")], "START-t t-END"), items=given).catalogue.items.values()

    assert promised_speed_up(items) == Decimal("0.625")  # (0.75 + 0.5) / 2: the others tell nothing
    assert promised_speed_up([]) is None
