"""Reading BPMN files: the values of a good file, and the finding that each bad file gives."""

from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from engine.model.chain import read_bpmn
from engine.model.chain.model import DataMapping, Event, MultiInstance

MODELS = Path(__file__).parent / "models"
GOOD = (MODELS / "everything.bpmn").read_bytes()
BPMN = "http://www.omg.org/spec/BPMN/20100524/MODEL"


def rules(data: bytes) -> list[tuple[str, int | None]]:
    return [(f.rule, f.line) for f in read_bpmn(data, "a.bpmn")[1]]


def test_elements_and_flows_stand_in_the_order_of_the_document():
    processes, findings = read_bpmn(GOOD, "everything.bpmn")

    process = processes["everything"]
    assert findings == []
    assert list(process.elements) == [
        "Start", "check", "late", "body", "inner_start", "inner", "inner_end", "payment", "End",
    ]  # fmt: skip
    assert list(process.flows) == ["g1", "g2", "f1", "f2", "f3", "f4", "f5"]
    assert process.name == "样例" and process.properties == {"procedure": "true"} and process.executable
    assert process.elements["inner"].parent == "body" and process.elements["inner"].process == "everything"
    assert process.elements["End"].incoming == ("f4", "f5")


def test_extensions_become_fields():
    process = read_bpmn(GOOD, "everything.bpmn")[0]["everything"]

    check, inner = process.elements["check"], process.elements["inner"]
    assert (check.form, check.candidate_groups, check.due_date) == (
        "check_form",
        "window,reviewer",
        "=workdays(1)",
    )
    assert check.inputs == (DataMapping("=applicant", "person"),)
    assert check.outputs == (DataMapping("=outcome", "check_outcome"),)
    assert check.properties == {"step": "true"} and check.lane == "窗口"
    assert check.multi == MultiInstance(True, "=signers", "signer", "votes", "=vote", "=numberOfCompletedInstances = 2")
    assert (inner.job, inner.retries, inner.headers) == ("matter.accept", "3", {"channel": "window"})


def test_events_are_resolved():
    elements = read_bpmn(GOOD, "everything.bpmn")[0]["everything"].elements

    assert elements["payment"].event == Event("message", "paid", "=bill")
    assert elements["late"].event == Event("timer", form="timeDuration", text="PT1H")
    assert (elements["late"].attached_to, elements["late"].interrupting) == ("check", False)
    assert elements["inner_end"].event == Event("error", "LATE")
    assert elements["Start"].event == Event("none")


@pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig", "utf-16", "utf-16-le", "utf-16-be", "gb18030"])
def test_encodings_of_real_editors_are_read(encoding):
    declared = "utf-16" if encoding.startswith("utf-16") else encoding.removesuffix("-sig")
    data = GOOD.decode().replace('encoding="UTF-8"', f'encoding="{declared}"').encode(encoding)

    processes, findings = read_bpmn(data, "a.bpmn")

    assert findings == [] and processes["everything"].elements["check"].name == "审查"


@pytest.mark.parametrize(
    ("data", "expected"),
    [
        (b"", ("file-empty", None)),
        (b" \n\0 ", ("file-empty", None)),
        (b'{"components": []}', ("xml", 1)),
        (b"<!DOCTYPE html><html><body>404</body></html>", ("doctype", 1)),
        (b"\n<html><body>404</body></html>", ("not-a-model", 2)),
        (b'<?xml version="1.0"?>\n<!DOCTYPE d [<!ENTITY a "b">]>\n<d>&a;</d>', ("doctype", 2)),
        (b'<!-- <!DOCTYPE x> -->\n<!-- - -->\n<!DOCTYPE d SYSTEM "file:///etc/passwd"><d/>', ("doctype", 3)),
        ('<!DOCTYPE d [<!ENTITY a "b">]><d>&a;</d>'.encode("utf-16"), ("doctype", 1)),
        (b"<a>\n<b></a>", ("xml", 2)),
        (b"<a>&bomb;</a>", ("xml", 1)),
        (b'<?xml version="1.0" encoding="UTF-7"?>+ADw-a/+AD4-', ("encoding", 1)),
        (b'<?xml version="1.0" encoding="no-such"?><a/>', ("encoding", 1)),
        (b"<a>\n\xff\xfe</a>", ("encoding", 2)),
        (b"<a/>", ("not-a-model", 1)),
        (b"<d>" * 400 + b"</d>" * 400, ("xml", 1)),
        (f'<definitions xmlns="{BPMN}"/>'.encode()[:-5], ("xml", 1)),
    ],
)
def test_a_file_that_is_no_model_is_one_finding_with_its_line(data, expected):
    assert rules(data) == [expected]


def test_a_file_that_is_too_large_is_not_parsed():
    assert rules(b"<a>" + b" " * 33 * 1024 * 1024) == [("file-size", None)]


@pytest.mark.parametrize(
    ("old", "new", "expected"),
    [
        ('targetRef="check"', 'targetRef="nobody"', "reference"),
        ('targetRef="check"', 'targetRef="inner"', "reference"),
        ('attachedToRef="check"', 'attachedToRef="inner"', "reference"),
        ('messageRef="paid_message"', 'messageRef="gone"', "reference"),
        ('messageRef="paid_message"', "", "reference"),
        ('errorRef="late_error"', 'errorRef="gone"', "reference"),
        ('endEvent id="End"', 'endEvent id="check"', "duplicate-id"),
        ('<bpmn:endEvent id="End">', "<bpmn:endEvent>", "missing-id"),
    ],
)
def test_what_refers_to_nothing_is_found_with_its_line(old, new, expected):
    broken = GOOD.decode().replace(old, new, 1)

    found = rules(broken.encode())

    line = next(
        n for n, (a, b) in enumerate(zip(GOOD.splitlines(), broken.encode().splitlines(), strict=False), 1) if a != b
    )
    assert found[:1] == [(expected, line)]


def test_ten_thousand_elements_in_a_row_and_deep_nesting_are_read():
    tasks = "".join(f'<userTask id="t{i}"/><sequenceFlow id="f{i}" sourceRef="t{i}" targetRef="t{i + 1}"/>'
                    for i in range(10_000))  # fmt: skip
    deep = "".join(f'<subProcess id="s{i}">' for i in range(200)) + "</subProcess>" * 200
    process = f'<process id="p">{tasks}<userTask id="t10000"/>{deep}</process>'
    data = f'<definitions xmlns="{BPMN}">{process}</definitions>'

    processes, findings = read_bpmn(data.encode(), "long.bpmn")

    assert findings == [] and len(processes["p"].elements) == 10_201


@settings(max_examples=60, deadline=None)
@given(st.data())
def test_no_mutation_of_a_file_raises(data):
    at = data.draw(st.integers(0, len(GOOD)))
    until = data.draw(st.integers(at, min(len(GOOD), at + 400)))
    put = data.draw(
        st.one_of(st.binary(max_size=20), st.sampled_from([b'"', b"<", b"&a;", b"]]>", b"\0", GOOD[at:until] * 2]))
    )

    processes, findings = read_bpmn(GOOD[:at] + put + GOOD[until:], "mutated.bpmn")

    assert processes or findings


@settings(max_examples=60, deadline=None)
@given(st.binary(max_size=200))
def test_no_bytes_raise(data):
    assert read_bpmn(data, "noise.bpmn")[1]
