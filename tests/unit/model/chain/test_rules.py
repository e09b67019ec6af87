"""Each rule reports what it is meant for, at its place, and nothing else: one small model for each rule.

`models/rules/<rule>.<what>.bpmn` is right except for one thing, at the element `wrong`.
"""

import os
from itertools import pairwise
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from engine.case.functions import Functions
from engine.model import chain
from engine.model.chain.dialect import FEEL_FUNCTIONS
from engine.model.chain.model import Finding
from engine.model.chain.rules import RULES
from engine.model.runtime import Program
from tests.unit.model.runtime import bpmn_text as bpmn

MODELS = Path(__file__).parent / "models" / "rules"
NAMES = sorted(path.name for path in MODELS.glob("*.bpmn"))
BPMN = "http://www.omg.org/spec/BPMN/20100524/MODEL"


def found(path: Path) -> list[Finding]:
    return [f for f in chain.check([path]) if f.rule != "diagram"]


@pytest.mark.parametrize("name", NAMES)
def test_a_rule_finds_the_one_thing_that_is_wrong(name):
    findings = found(MODELS / name)

    rule = name.split(".")[0]
    assert [(f.rule, f.element) for f in findings] == [(rule, "wrong")]
    assert findings[0].severity == RULES[rule].severity
    assert findings[0].line and "\n" not in findings[0].message and findings[0].message.endswith((".", "?"))


@pytest.mark.parametrize("rule", ["deadlock", "lack-of-synchronisation", "no-way-out"])
def test_unsound_models_come_with_the_path_that_leads_there(rule):
    (finding,) = found(MODELS / f"{rule}.bpmn")

    assert finding.path[0] == "start" and "wrong" in finding.path


def test_a_model_without_a_diagram_is_a_warning():
    (finding,) = [f for f in chain.check([MODELS / "unreachable.bpmn"]) if f.rule == "diagram"]

    assert (finding.severity, finding.element) == ("warning", "process")


def test_a_model_with_an_error_gives_no_version_and_one_with_a_warning_does():
    assert chain.read(MODELS / "deadlock.bpmn").version is None
    assert chain.read(MODELS / "default-flow.bpmn").version is not None


@pytest.mark.parametrize("name", NAMES)
def test_what_passes_the_check_the_runtime_can_build(name):
    version = chain.read(MODELS / name).version

    if version is not None:
        assert Program(version.processes, version.documents)


def test_expressions_may_call_the_functions_that_a_case_carries_out():
    carried_out = {name for name in FEEL_FUNCTIONS if hasattr(Functions, f"_{name.replace(' ', '_')}")}

    assert carried_out == set(FEEL_FUNCTIONS)


def test_two_files_given_together_may_call_each_other(tmp_path):
    called = (MODELS / "default-flow.bpmn").read_text().replace('id="process"', 'id="nowhere"')
    (tmp_path / "other.bpmn").write_text(called)
    (tmp_path / "elsewhere").mkdir()
    caller = tmp_path / "elsewhere" / "caller.bpmn"
    caller.write_text((MODELS / "called-process.bpmn").read_text())

    alone = [f.rule for f in found(caller)]
    together = [f.rule for f in chain.check([caller, tmp_path / "other.bpmn"]) if f.severity == "error"]

    assert alone == ["called-process"] and together == []


@pytest.mark.parametrize(
    ("flows", "expected"),
    [
        ("a>note note>end", []),  # its own way to the end
        ("a>x note>x x>end", [("lack-of-synchronisation", "x")]),  # joins the main one
    ],
)
def test_a_non_interrupting_event_is_unsound_only_where_it_joins_the_main_track(tmp_path, flows, expected):
    pairs = [pair.split(">") for pair in ("start>a late>note " + flows.replace("a>note", "a>end")).split()]
    text = "".join(f'<sequenceFlow id="f{i}" sourceRef="{a}" targetRef="{b}"/>' for i, (a, b) in enumerate(pairs))
    merge = '<exclusiveGateway id="x"/>' if "x" in flows else ""
    model = tmp_path / "model.bpmn"
    model.write_text(
        f'<definitions xmlns="{BPMN}" targetNamespace="urn:t"><process id="p" isExecutable="true">'
        f'<startEvent id="start"/><userTask id="a"/><userTask id="note"/>{merge}<endEvent id="end"/>'
        '<boundaryEvent id="late" attachedToRef="a" cancelActivity="false"><timerEventDefinition>'
        f"<timeDuration>P1D</timeDuration></timerEventDefinition></boundaryEvent>{text}</process></definitions>"
    )

    assert [(f.rule, f.element) for f in found(model)] == expected


def test_ten_thousand_tasks_in_a_row_are_checked(tmp_path):
    steps = ["start", *(f"t{i}" for i in range(10_000)), "end"]
    tasks = "".join(f'<userTask id="{step}"/>' for step in steps[1:-1])
    flows = "".join(
        f'<sequenceFlow id="f{i}" sourceRef="{a}" targetRef="{b}"/>' for i, (a, b) in enumerate(pairwise(steps))
    )
    model = tmp_path / "long.bpmn"
    model.write_text(
        f'<definitions xmlns="{BPMN}" targetNamespace="urn:t"><process id="p" isExecutable="true">'
        f'<startEvent id="start"/>{tasks}<endEvent id="end"/>{flows}</process></definitions>'
    )

    assert found(model) == []


@pytest.mark.parametrize("text", ["", "{", "[" * 100_000, '{"id": 5}', '{"id": "x", "components": 1}', "\0"])
@pytest.mark.parametrize("suffix", [".form", ".dmn", ".bpmn"])
def test_a_broken_file_of_any_kind_is_a_finding(tmp_path, suffix, text):
    path = tmp_path / f"broken{suffix}"
    path.write_text(text)

    findings = chain.check([path])

    assert findings and all(f.file == str(path) for f in findings)


def test_a_file_that_is_not_there_is_a_finding(tmp_path):
    (finding,) = chain.check([tmp_path / "nothing.bpmn"])

    assert finding.rule == "file-unreadable" and "nothing.bpmn" in finding.file


WORDS = [b'"', b"=", b"a", b"</bpmn:process>", b"&lt;", b'id="start"', b"start", b"end", b"zeebe:", b"=1+", b"R3/PT0S"]


@settings(max_examples=80, deadline=None)
@given(st.data())
def test_no_mutation_of_a_model_raises(tmp_path_factory, data):
    text = (MODELS / data.draw(st.sampled_from(NAMES))).read_bytes()
    for _ in range(data.draw(st.integers(1, 3))):
        at = data.draw(st.integers(300, len(text)))
        until = data.draw(st.integers(at, min(len(text), at + 60)))
        text = text[:at] + data.draw(st.one_of(st.sampled_from(WORDS), st.just(text[at:until] * 2))) + text[until:]
    path = tmp_path_factory.mktemp("mutated") / "model.bpmn"
    path.write_bytes(text)

    findings = chain.check([path])

    assert all(f.message and f.file for f in findings)


def test_models_of_other_tools_end_in_findings():
    corpus = os.environ.get("LICET_CORPUS")
    if not corpus:
        pytest.skip("LICET_CORPUS isn't set: the models of other tools aren't there")
    files = sorted(Path(corpus).glob("miwg/**/*.bpmn"))

    clean = [path for path in files if not any(f.severity == "error" for f in chain.check([path]))]

    assert len(files) > 100 and 0 < len(clean) < len(files)


def test_a_call_that_names_its_process_where_it_is_not_read_is_told_where_it_is(tmp_path: Path) -> None:
    model = tmp_path / "model.bpmn"
    call = bpmn.element("callActivity", "C", calledElement="other")
    model.write_bytes(bpmn.document(bpmn.process("P", bpmn.S, call, bpmn.E, bpmn.flows("S>C C>E"))))

    (told,) = [finding for finding in chain.check([model]) if finding.rule == "nothing-to-do"]

    assert told.message == (
        "The callActivity 'C' has no process to call: one that stands in BPMN's own attribute calledElement isn't "
        "read. Give it zeebe:calledElement."
    )
