"""Models of other tools: what is mended, what is listed as changed, and that every change is listed."""

import json
import os
import time
from itertools import pairwise
from pathlib import Path

import pytest
from click.testing import CliRunner
from hypothesis import given, settings
from hypothesis import strategies as st

from engine.model import chain
from engine.model.chain.importing import Imported, import_model, phrases
from engine.model.chain.reader import read_bpmn
from engine.model.chain.rules.wording import expression_error
from engine.model.runtime import Program
from webui.cli.main import licet

BPMN = "http://www.omg.org/spec/BPMN/20100524/MODEL"
CORPUS = os.environ.get("LICET_CORPUS")


def definitions(body: str, before: str = "", executable: str = "false") -> bytes:
    return (
        f'<definitions xmlns="{BPMN}" id="d" targetNamespace="urn:t">{before}'
        f'<process id="p" isExecutable="{executable}">{body}</process></definitions>'
    ).encode()


def flow(source: str, target: str, inner: str = "") -> str:
    return f'<sequenceFlow id="{source}-{target}" sourceRef="{source}" targetRef="{target}">{inner}</sequenceFlow>'


def condition(text: str) -> str:
    return f"<conditionExpression>{text}</conditionExpression>"


def line(*middle: str, extra: str = "") -> str:
    """Return a model with a start, these elements (ids 1, 2 …) and an end, in one line."""
    ids = ["s", *(str(n) for n in range(len(middle))), "e"]
    ids = [f"n{id}" for id in ids]
    text = "".join(part.replace("ID", f"n{n}") for n, part in enumerate(middle))
    flows = "".join(flow(a, b) for a, b in pairwise(ids))
    return f'<startEvent id="ns"/>{text}<endEvent id="ne"/>{flows}{extra}'


def errors(done: Imported, folder: Path) -> list[str]:
    assert done.data is not None
    file = folder / "imported.bpmn"
    file.write_bytes(done.data)
    reading = chain.read(file)
    if reading.version is not None:
        Program(reading.version.processes, reading.version.documents)
    return [f"{f.rule} {f.element}: {f.message}" for f in reading.findings if f.severity == "error"]


MENDED = {
    "executable flag": (line('<userTask id="ID"/>'), "marked executable", False),
    "service task without a type": (line('<serviceTask id="ID"/>'), "the outside job 'outside.n0'", True),
    "script in another language": (
        line('<scriptTask id="ID"><script>x</script></scriptTask>'),
        "is the outside job",
        True,
    ),
    "call of nothing": (line('<callActivity id="ID"/>'), "it is a user task now", True),
    "data store": (line('<userTask id="ID"/>', extra='<dataStoreReference id="ds"/>'), "data store 'ds'", False),
    "standard loop": (line('<userTask id="ID"><standardLoopCharacteristics/></userTask>'), "loop marker", True),
    "collection": (
        line('<userTask id="ID"><multiInstanceLoopCharacteristics/></userTask>'),
        "for each item of the fact n0_items",
        True,
    ),
    "message start": (
        '<startEvent id="ns"><messageEventDefinition id="m"/></startEvent><endEvent id="ne"/>' + flow("ns", "ne"),
        "started by a command, not by a message",
        False,
    ),
    "no start": ('<userTask id="a"/><endEvent id="e"/>' + flow("a", "e"), "began without a start", False),
    "several starts": (
        '<startEvent id="a"/><startEvent id="b"/><endEvent id="e"/>' + flow("a", "e") + flow("b", "e"),
        "had 2 starts",
        True,
    ),
    "empty subprocess": (line('<subProcess id="ID"/>'), "is empty", True),
    "transaction": (line('<transaction id="ID"/>'), "became a subProcess", True),
    "timer in words": (
        line('<intermediateCatchEvent id="ID"><timerEventDefinition><timeDuration>two days</timeDuration>'
             '</timerEventDefinition></intermediateCatchEvent>'),
        "'two days' can't be read",
        True,
    ),
    "message without name": (
        line('<intermediateCatchEvent id="ID" name="paid"><messageEventDefinition/></intermediateCatchEvent>'),
        "a message 'paid' was made",
        True,
    ),
    "catch of nothing": (line('<intermediateCatchEvent id="ID"/>'), "says not what it waits for", True),
    "conditional event": (
        line('<intermediateCatchEvent id="ID"><conditionalEventDefinition><condition>x</condition>'
             '</conditionalEventDefinition></intermediateCatchEvent>'),
        "a message of that name",
        True,
    ),
    "compensation": (
        line('<userTask id="ID"/>', extra='<boundaryEvent id="b" attachedToRef="n0"><compensateEventDefinition/>'
             '</boundaryEvent><serviceTask id="undo" isForCompensation="true"/>'),
        "'undo' was removed",
        True,
    ),
    "boundary that leads nowhere": (
        line('<userTask id="ID"/>', extra='<boundaryEvent id="b" attachedToRef="n0"><timerEventDefinition>'
             '<timeDuration>PT1H</timeDuration></timerEventDefinition></boundaryEvent>'),
        "leads to an end now",
        True,
    ),
    "conditions after a task": (
        '<startEvent id="s"/><userTask id="a"/><endEvent id="x"/><endEvent id="y"/>' + flow("s", "a")
        + flow("a", "x", condition("${n > 1}")) + flow("a", "y", condition("${n == 1 &amp;&amp; !done}")),
        "evaluated by a gateway of their own",
        False,
    ),
    "flows without conditions": (
        '<startEvent id="s"/><exclusiveGateway id="g"/><endEvent id="x"/><endEvent id="y"/>' + flow("s", "g")
        + flow("g", "x") + flow("g", "y"),
        'if the fact g_way is "g-x"',
        True,
    ),
    "flow that ends at nothing": (line('<userTask id="ID"/>', extra=flow("n0", "gone")), "at nothing", True),
}  # fmt: skip


@pytest.mark.parametrize("name", MENDED)
def test_what_is_mended_runs_and_is_told(name: str, tmp_path: Path) -> None:
    body, told, decide = MENDED[name]

    done = import_model(definitions(body), "model.bpmn")

    assert errors(done, tmp_path) == []
    assert [change.decide for change in done.changes if told in change.what] == [decide]


def test_raw_conditions_become_feel(tmp_path: Path) -> None:
    body, *_ = MENDED["conditions after a task"]

    done = import_model(definitions(body), "model.bpmn")

    assert b"=n &gt; 1<" in (done.data or b"") and b"=n = 1 and not(done)<" in (done.data or b"")


def test_a_condition_that_is_not_understood_is_not_guessed(tmp_path: Path) -> None:
    body = '<startEvent id="s"/><exclusiveGateway id="g" default="g-y"/><endEvent id="x"/><endEvent id="y"/>'
    body += flow("s", "g") + flow("g", "x", condition("the customer is happy")) + flow("g", "y")

    done = import_model(definitions(body), "model.bpmn")

    assert errors(done, tmp_path) == []
    assert any("'the customer is happy' was removed" in change.what and change.decide for change in done.changes)


def test_tasks_for_machines_become_tasks_for_people_where_asked(tmp_path: Path) -> None:
    tasks = line('<serviceTask id="ID"/>', '<sendTask id="ID"/>', '<task id="ID"/>')

    done = import_model(definitions(tasks), "model.bpmn", to_people=True)

    assert errors(done, tmp_path) == []
    assert (done.data or b"").count(b"userTask id") == 3


SIGNED_BY_HALF = definitions(
    '<startEvent id="s" f:initiator="applicant"/>'
    '<userTask id="a" f:assignee="${who}" f:candidateGroups="lead, ${group}" f:dueDate="P3D" f:formKey="review">'
    '<extensionElements><f:taskListener event="complete" class="own.Notify"/></extensionElements>'
    '<multiInstanceLoopCharacteristics f:collection="people" f:elementVariable="who"><completionCondition>'
    "${nrOfCompletedInstances/nrOfInstances >= 0.5}</completionCondition></multiInstanceLoopCharacteristics></userTask>"
    '<serviceTask id="j" f:class="own.Register"/><endEvent id="e"/>' + flow("s", "a") + flow("a", "j") + flow("j", "e"),
    executable="true",
).replace(b"<definitions ", b'<definitions xmlns:f="http://flowable.org/bpmn" ')


def test_who_when_and_how_often_are_carried_over_from_another_tool(tmp_path: Path) -> None:
    done = import_model(SIGNED_BY_HALF, "model.bpmn")

    element = read_bpmn(done.data or b"", "model.bpmn")[0]["p"].elements["a"]
    assert (element.assignee, element.candidate_groups, element.due_date) == ("=who", '=["lead", group]', "P3D")
    assert element.multi is not None and element.multi.input_collection == "=people"
    assert element.multi.completion == "=numberOfCompletedInstances / numberOfInstances >= 0.5"
    assert errors(done, tmp_path) == []


CAMUNDA = b'<definitions xmlns:c="http://camunda.org/schema/1.0/bpmn" '


def test_fields_in_the_model_become_a_form_and_outputs_keep_them(tmp_path: Path) -> None:
    task = (
        '<userTask id="ID"><extensionElements><c:formData><c:formField id="amount" label="Amount" type="long">'
        '<c:validation><c:constraint name="required"/><c:constraint name="max" config="9"/></c:validation>'
        "</c:formField>"
        '<c:formField id="kind" type="enum"><c:value id="a" name="A"/></c:formField></c:formData><c:inputOutput>'
        '<c:outputParameter name="twice">${amount * 2}</c:outputParameter>'
        '<c:outputParameter name="by">hand</c:outputParameter></c:inputOutput>'
        "</extensionElements></userTask>"
    )
    model = definitions(line(task), executable="true").replace(b"<definitions ", CAMUNDA)

    done = import_model(model, "model.bpmn")

    element = read_bpmn(done.data or b"", "model.bpmn")[0]["p"].elements["n0"]
    (form,) = (json.loads(text) for text in done.forms.values())
    assert element.form == form["id"] == "n0_form"
    assert [(c["key"], c["type"], c.get("validate")) for c in form["components"]] == [
        ("amount", "number", {"max": 9, "required": True}),
        ("kind", "select", None),
    ]
    assert form["components"][1]["values"] == [{"label": "A", "value": "a"}]
    assert {m.target: m.source for m in element.outputs} == {
        "twice": "=amount * 2",
        "by": '="hand"',
        "amount": "=amount",
        "kind": "=kind",
    }


def test_the_command_line_writes_the_forms_beside_the_model(tmp_path: Path) -> None:
    form = '<c:formData><c:formField id="x" type="boolean"/></c:formData>'
    task = f'<userTask id="ID"><extensionElements>{form}</extensionElements></userTask>'
    model = definitions(line(task), executable="true").replace(b"<definitions ", CAMUNDA)
    (tmp_path / "model.bpmn").write_bytes(model)

    done = CliRunner().invoke(licet, ["chain", "import", str(tmp_path / "model.bpmn"), "--json"])

    told = json.loads(done.stdout)
    assert done.exit_code == 0, done.output
    assert told["forms"] == [str(tmp_path / "model.imported.n0_form.form")] and Path(told["forms"][0]).is_file()


@pytest.mark.parametrize("place", ["missing/m.bpmn", "model.bpmn/m.bpmn"])
def test_a_place_that_cant_be_written_is_the_callers_mistake(tmp_path: Path, place: str) -> None:
    (tmp_path / "model.bpmn").write_bytes(definitions(line(), executable="true"))

    done = CliRunner().invoke(
        licet, ["chain", "import", str(tmp_path / "model.bpmn"), "--output", str(tmp_path / place)]
    )

    assert done.exit_code == 2 and done.stdout == ""
    assert done.stderr.startswith(f"invalid_input: Expected a place that can be written at {tmp_path / place}; ")


def test_lost_things_are_errors_of_the_command_line(tmp_path: Path) -> None:
    (tmp_path / "model.bpmn").write_bytes(SIGNED_BY_HALF)

    done = CliRunner().invoke(licet, ["chain", "import", str(tmp_path / "model.bpmn")])

    assert done.exit_code == 1
    assert done.stdout.count("(import-lost)") == 3 and "\n3 errors" in done.stdout


def test_a_task_of_a_lane_is_done_by_its_people(tmp_path: Path) -> None:
    inside = "<flowNodeRef>n0</flowNodeRef><flowNodeRef>n1</flowNodeRef>"
    lane = f'<laneSet id="ls"><lane id="l" name="Front desk">{inside}</lane></laneSet>'
    tasks = line('<userTask id="ID"/>', '<manualTask id="ID"/>')

    done = import_model(definitions(lane + tasks), "model.bpmn")

    elements = read_bpmn(done.data or b"", "model.bpmn")[0]["p"].elements
    assert [(elements[id].kind, elements[id].candidate_groups) for id in ("n0", "n1")] == [
        ("userTask", "Front desk")
    ] * 2
    assert errors(done, tmp_path) == []


@pytest.mark.parametrize(
    ("text", "read"),
    [
        ("user(kermit), group(management)", ("management", "kermit")),
        ("management", ("management", None)),
        ("${lead}", ("=lead", None)),
    ],
)
def test_potential_owners_are_candidates(text: str, read: tuple[str, str | None]) -> None:
    stated = f"<resourceAssignmentExpression><formalExpression>{text}</formalExpression></resourceAssignmentExpression>"
    owner = f"<potentialOwner>{stated}</potentialOwner>"

    done = import_model(definitions(line(f'<userTask id="ID">{owner}</userTask>')), "model.bpmn")

    element = read_bpmn(done.data or b"", "model.bpmn")[0]["p"].elements["n0"]
    assert (element.candidate_groups, element.candidate_users) == read


def test_a_call_stays_a_call() -> None:
    done = import_model(definitions(line('<callActivity id="ID" calledElement="payment"/>')), "model.bpmn")

    assert read_bpmn(done.data or b"", "model.bpmn")[0]["p"].elements["n0"].called == "payment"


@pytest.mark.parametrize(
    ("text", "read"),
    [
        ("3", "=for i in 1..3 return i"),
        ("${n}", "=for i in 1..n return i"),
        ("${n + 1}", "=for i in 1..(n + 1) return i"),
        ("${list.f(x)}", "=n0_items"),
    ],
)
def test_cardinality_is_a_collection(text: str, read: str) -> None:
    stated = f"<loopCardinality>{text}</loopCardinality>"
    loop = f"<multiInstanceLoopCharacteristics>{stated}</multiInstanceLoopCharacteristics>"

    done = import_model(definitions(line(f'<userTask id="ID">{loop}</userTask>')), "model.bpmn")

    multi = read_bpmn(done.data or b"", "model.bpmn")[0]["p"].elements["n0"].multi
    assert multi is not None and multi.input_collection == read
    assert any(c.lost for c in done.changes) == (read == "=n0_items")


@pytest.mark.parametrize(
    ("text", "read"),
    [
        ("${a > 5}", "=a > 5"),
        ("#{a gt 5 and not b}", "=a > 5 and not(b)"),
        ("${amount > 1000 && !approved}", "=amount > 1000 and not(approved)"),
        ("${kind == 'a b' || n != null}", '=kind = "a b" or n != null'),
        ("${a - (b - c) * 2}", "=a - (b - c) * 2"),
        ("${(a or b) and c}", "=(a or b) and c"),
        ("${ok ? 1 : 2}", "=if ok then 1 else 2"),
        ("${execution.getVariable('x') % 2 == 0}", "=modulo(x, 2) = 0"),
        ("${people.size() > list[0]}", "=count(people) > list[1]"),
        ("${empty x}", '=x = null or x = "" or x = []'),
        ("return KieFunctions.isTrue(ok);", "=ok = true"),
        ("not x == 3 and y is None", None),
        ("not x == 3 and y != None", "=not(x = 3) and y != null"),
        ("${nrOfCompletedInstances/nrOfInstances >= 0.5}", "=numberOfCompletedInstances / numberOfInstances >= 0.5"),
        ("${bean.method(x)}", None),
        ("${a; b}", None),
        ("${'it\\'s'}", None),
        ("${a +}", None),
        ("the customer is happy", None),
        ("=a", None),
        ("", None),
    ],
)
def test_simple_expressions_of_other_tools_are_feel_and_others_are_not_guessed(text: str, read: str | None) -> None:
    assert phrases.feel(text) == read


@given(st.text(alphabet="abc12 ()+-*/%<>=!&|?:'\"[].,${}not", max_size=30))
@settings(max_examples=300, deadline=None)
def test_whatever_is_translated_is_feel(text: str) -> None:
    for read in (phrases.feel(text), phrases.value(text), phrases.names(text)):
        assert read is None or not read.startswith("=") or expression_error(read[1:]) is None


@pytest.mark.parametrize(("text", "read"), [("a, ${b}", '=["a", b]'), ("a , b", "a,b"), ("${f(a,b)}, c", None)])
def test_lists_of_people_may_hold_expressions(text: str, read: str | None) -> None:
    assert phrases.names(text) == read


def test_what_another_tool_said_and_nothing_here_means_is_a_finding() -> None:
    done = import_model(SIGNED_BY_HALF, "model.bpmn")

    lost = {(f.element, f.message.partition(" was removed")[0]) for f in done.findings if f.severity == "error"}
    assert lost == {
        ("s", "flowable:initiator='applicant'"),
        ("a", "flowable:formKey='review'"),
        ("a", "flowable:taskListener event='complete' class='own.Notify'"),
    }
    assert [c.what for c in done.changes if c.element == "j"] == [
        "flowable:class='own.Register' is the outside job 'own.Register' now. Say what does it"
    ]


def test_what_runs_already_is_left_as_it_is() -> None:
    done = import_model(definitions(line('<userTask id="ID"/>'), executable="true"), "model.bpmn")

    assert done.changes == ()


def test_importing_twice_changes_nothing_more() -> None:
    for body, *_ in MENDED.values():
        once = import_model(definitions(body), "model.bpmn")
        assert import_model(once.data or b"", "model.bpmn").changes == ()


@pytest.mark.parametrize("data", [b"", b"<html/>", b"<!DOCTYPE a><a/>", b"{}", b"<definitions/>", b"\xff\xfe\x00"])
def test_what_is_no_model_gives_a_finding(data: bytes) -> None:
    done = import_model(data, "model.bpmn")

    assert done.data is None and len(done.findings) == 1


@given(st.data())
@settings(max_examples=60, deadline=None)
def test_whatever_stands_in_a_file_nothing_is_raised(data: st.DataObject) -> None:
    bodies = [body for body, *_ in MENDED.values()]
    text = data.draw(st.sampled_from(bodies))
    start = data.draw(st.integers(0, len(text)))
    cut = data.draw(st.integers(0, 40))
    broken = text[:start] + data.draw(st.sampled_from(["", "<task/>", 'id="n0"', "<subProcess>"])) + text[start + cut :]

    done = import_model(definitions(broken), "model.bpmn")

    assert done.data is not None or done.findings  # a model, or why there is none


def test_a_large_broken_model_is_mended_in_time() -> None:
    events = "".join(
        f'<intermediateCatchEvent id="c{n}"><messageEventDefinition/></intermediateCatchEvent>'
        f'<task id="t{n}" isForCompensation="true"/>'
        for n in range(2000)
    )

    began = time.perf_counter()
    done = import_model(definitions(events), "model.bpmn")

    assert len(done.changes) > 4000
    assert time.perf_counter() - began < 20


@pytest.mark.skipif(CORPUS is None, reason="LICET_CORPUS is not set: no models of other tools here")
def test_most_models_of_other_tools_are_importable(tmp_path: Path) -> None:
    files = sorted(Path(CORPUS or "", "miwg").rglob("*.bpmn"))

    found = [errors(import_model(file.read_bytes(), file.name), tmp_path) for file in files]
    elsewhere = ("called-process ", "decision ", "form ")  # what a model refers to in other files isn't here
    imported = [one for one in found if not [error for error in one if not error.startswith(elsewhere)]]

    assert len(imported) >= 0.75 * len(files)


def test_the_command_line_tells_what_was_changed_and_what_is_to_be_decided(tmp_path: Path) -> None:
    (tmp_path / "model.bpmn").write_bytes(definitions(line('<serviceTask id="ID"/>')))

    done = CliRunner().invoke(licet, ["chain", "import", str(tmp_path / "model.bpmn"), "--json"])

    told = json.loads(done.stdout)
    assert done.exit_code == 0
    assert told["file"] == str(tmp_path / "model.imported.bpmn") and Path(told["file"]).is_file()
    assert [change["element"] for change in told["changed"]] == ["p"]
    assert [change["element"] for change in told["decide"]] == ["n0"]
    assert {finding["severity"] for finding in told["findings"]} <= {"warning"}


def test_the_command_line_ends_in_a_finding_for_what_is_no_model(tmp_path: Path) -> None:
    (tmp_path / "page.bpmn").write_text("<html/>")

    done = CliRunner().invoke(licet, ["chain", "import", str(tmp_path / "page.bpmn"), "--json"])

    assert done.exit_code == 1
    assert json.loads(done.stdout)["file"] is None and len(json.loads(done.stdout)["findings"]) == 1
