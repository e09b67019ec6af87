"""Rows of `docs/spiffworkflow.md` about joins, tasks, ids and instances: each function asserts what is right.

`player` is `StockPlayer` or `OurPlayer`; it plays the row's model.
"""

from __future__ import annotations

import contextlib
import itertools
import re
from typing import Any

import pytest
from lxml import etree
from SpiffWorkflow.bpmn.exceptions import WorkflowDataException, WorkflowTaskException
from SpiffWorkflow.bpmn.parser.ValidationException import ValidationException
from SpiffWorkflow.dmn.parser.BpmnDmnParser import BpmnDmnParser
from SpiffWorkflow.exceptions import TaskNotFoundException, WorkflowException
from SpiffWorkflow.util.task import TaskState

from engine.base.errors import ModelError, NoWayOut, Refused
from tests.referee.expectation import MODELS, Expectations, model

RESULTS = Expectations()
PEOPLE = ["a", "b", "c"]

# ---------------------------------------------------------------- joins and facts


def _passes(player: Any, name: str) -> None:
    """Three passes through a loop with a join, both branches in either order in each of them."""
    for orders in itertools.product(("AB", "BA"), repeat=3):
        played = player(model(name), on=True)
        for first, second in orders:
            assert played.open == ["A", "B"]
            played.complete(first)
            assert played.open == [second]
            played.complete(second)
        assert played.open == ["A", "B"]


@RESULTS.of()
def join_in_loop(player: Any) -> None:
    _passes(player, "join_in_loop")


@RESULTS.of()
def inclusive_join_in_loop(player: Any) -> None:
    _passes(player, "inclusive_join_in_loop")


@RESULTS.of()
def inclusive_join_early(player: Any) -> None:
    played = player(model("inclusive_join_two_ways"), more=True)

    played.complete("B")
    played.complete("A")

    assert played.open == ["C"]


@RESULTS.of()
def inclusive_join_terminated(player: Any) -> None:
    played = player(model("inclusive_join_and_terminate"), more=False)

    played.complete("A")
    played.complete("B")

    assert played.open == []


@RESULTS.of(ValidationException)
def implicit_split(player: Any) -> None:
    played = player(model("implicit_split"))

    played.complete("A")

    assert played.open == ["B", "C"]


@RESULTS.of(WorkflowException)
def instance_predicted(player: Any) -> None:
    played = player(model("signers_after_letter"), people=[1, 2])

    played.message("paper")
    played.complete("B")

    assert played.open == ["C"]


@RESULTS.of()
def excess_tokens(player: Any) -> None:
    played = player(model("excess_tokens"))

    for element in "ABCD":
        played.complete(element)

    assert played.open == ["Z", "Z"]


@RESULTS.of()
def lost_update(player: Any) -> None:
    played = player(model("lost_update"), x=0)

    played.complete("A", x=1)
    assert played.seen_at("B")["x"] == 1
    played.complete("B")

    assert played.seen_at("Z")["x"] == 1


@RESULTS.of()
def true_is_true(player: Any) -> None:
    for value in ("no", 1, [False]):
        assert player(model("choice"), x=value).open == ["B"]


@RESULTS.of()
def flow_taken(player: Any) -> None:
    assert player(model("two_flows_one_choice"), x=False, y=True).flows_into("A") == ["two"]


@RESULTS.of()
def order_by_drawing(player: Any) -> None:
    assert player(model("order_by_drawing"), on=True).open == ["A"]


@RESULTS.of()
def no_way_out(player: Any) -> None:
    """Where no condition is true the error tells which were asked."""
    with pytest.raises((NoWayOut, WorkflowException)) as refused:
        player(model("two_flows_one_choice"), x=False, y=False)

    assert "two" in str(refused.value)


@RESULTS.of(WorkflowTaskException)
def wrapped_condition(player: Any) -> None:
    assert player(model("wrapped_condition"), x=True).open == ["A"]


@RESULTS.of()
def flow_condition(player: Any) -> None:
    """Evaluated, or refused before it runs."""
    with contextlib.suppress(ModelError, ValidationException):
        played = player(model("flow_condition"), ok=False)
        played.complete("A")
        assert played.open == []


# ---------------------------------------------------------------- tasks and ids


@RESULTS.of()
def plain_task(player: Any) -> None:
    assert player(model("plain_task")).open == ["A"]


@RESULTS.of()
def manual_task(player: Any) -> None:
    assert player(model("manual_task")).open == ["A"]


@RESULTS.of()
def job(player: Any) -> None:
    assert player(model("service_task")).open == ["A"]


@RESULTS.of(ValidationException)
def business_rule_task(player: Any) -> None:
    assert player(model("business_rule_task")).open == ["A"]


@RESULTS.of()
def called_facts(player: Any) -> None:
    """A called process sees what is mapped into it, and its caller what is mapped out."""
    played = player(model("called_facts"), x=1)
    assert dict(played.seen_at("A")) == {"y": 1}

    played.complete("A", z=2)

    assert dict(played.seen_at("B")) == {"x": 1, "w": 2}


@RESULTS.of()
def throw_with_job(player: Any) -> None:
    """The job is done outside: its answer hasn't come."""
    assert player(model("throw_with_job")).open == []


@RESULTS.of(KeyError)
def input_mapping(player: Any) -> None:
    assert player(model("input_mapping"), x=1).seen_at("A")["y"] == 1


@RESULTS.of(WorkflowDataException)
def io_specification(player: Any) -> None:
    assert player(model("io_specification")).open == ["A"]


@RESULTS.of(pytest.fail.Exception)
def standard_loop(player: Any) -> None:
    with pytest.raises((ModelError, ValidationException)):
        player(model("standard_loop"))


@RESULTS.of(ValidationException)
def data_store(player: Any) -> None:
    assert player(model("data_store")).open == ["A"]


@RESULTS.of(WorkflowException)
def start_id(player: Any) -> None:
    assert player(model("start_id")).open == ["A"]


@RESULTS.of()
def end_id(player: Any) -> None:
    played = player(model("end_id"))

    played.complete("A")

    assert played.open == ["B"] and not played.ended


@RESULTS.of(ValidationException)
def same_subprocess_id(player: Any) -> None:
    played = player(model("same_subprocess_id"), model("same_subprocess_id_called"))

    played.complete("A")

    assert played.open == ["B"]


@RESULTS.of(ValidationException)
def long_series(player: Any) -> None:
    assert player(_stretched(model("series"), 1_000)).open == ["A0"]


def _stretched(document: bytes, length: int) -> bytes:
    """The model with its one task repeated, one after the other."""
    task = re.search(r"<bpmn:userTask id=\"A\">.*?</bpmn:userTask>", document.decode(), re.DOTALL)
    assert task is not None
    row = "".join(task[0].replace('"A"', f'"A{number}"') for number in range(length))
    between = (f'<bpmn:sequenceFlow id="f{n}" sourceRef="A{n}" targetRef="A{n + 1}"/>' for n in range(length - 1))
    text = document.decode().replace(task[0], row + "".join(between))
    text = text.replace('targetRef="A"', 'targetRef="A0"').replace('sourceRef="A"', f'sourceRef="A{length - 1}"')
    return text.encode()


@RESULTS.of()
def depth_1000(player: Any) -> None:
    played = player(model("loop"), on=True)

    for _ in range(340):
        assert played.open == ["A"] and not played.ended
        played.complete("A")


# ---------------------------------------------------------------- multi-instance


@RESULTS.of()
def instance_order(player: Any) -> None:
    played = player(model("signers"), people=PEOPLE)

    for nth, vote in ((2, "C"), (0, "A"), (0, "B")):
        played.complete("A", nth, vote=vote)

    assert played.seen_at("B")["votes"] == ["A", "B", "C"]


@RESULTS.of(WorkflowDataException)
def output_again(player: Any) -> None:
    played = player(model("signers_in_loop"), people=PEOPLE)
    for vote in (1, 2, 3):
        played.complete("A", vote=vote)

    played.complete("B")

    assert played.open == ["A", "A", "A"]


@RESULTS.of(WorkflowDataException)
def item_name(player: Any) -> None:
    assert player(model("signers"), people=PEOPLE, person="of the case").open == ["A", "A", "A"]


@RESULTS.of()
def empty_item(player: Any) -> None:
    played = player(model("signers_in_order"), people=["a", None])

    played.complete("A", vote=1)

    assert played.open == ["A"]


@RESULTS.of(TaskNotFoundException)
def instance_cancel(player: Any) -> None:
    played = player(model("signers_with_stop"), people=PEOPLE)

    played.message("paper")

    assert played.open == ["B"]


@RESULTS.of()
def signer_added(player: Any) -> None:
    played = player(model("signers"), people=PEOPLE)

    played.add_signer("d")

    assert played.open == ["A", "A", "A", "A"]


@RESULTS.of()
def signer_removed(player: Any) -> None:
    played = player(model("signers"), people=PEOPLE)

    played.remove_signer()
    played.complete("A", vote=2)
    played.complete("A", vote=3)

    assert played.open == ["B"]


# ---------------------------------------------------------------- what goes wrong on the way


@RESULTS.of()
def cancelled_completed(player: Any) -> None:
    """A task that was taken away by the very event that it threw isn't completed by that."""
    task = next(task for task in player(model("series")).tasks() if task.task_spec.name == "A")

    task.cancel()
    task.complete()

    assert task.state == TaskState.CANCELLED


@RESULTS.of()
def done_cancelled(player: Any) -> None:
    played = player(model("two_tasks"))
    task = next(task for task in played.tasks() if task.task_spec.name == "A")
    task.run()

    task.cancel()

    assert played.open == ["B"]


@RESULTS.of()
def half_step(player: Any) -> None:
    played = player(model("failing_script"))

    with pytest.raises((TypeError, WorkflowTaskException)):
        played.complete("A")

    assert played.open == ["A"]


@RESULTS.of(WorkflowTaskException)
def typed_errors(player: Any) -> None:
    error = Refused("The facts are kept under lock and key.")

    with pytest.raises(Refused) as raised:
        player(model("choice"), error=error, x=True)

    assert raised.value is error


@RESULTS.of()
def masked_message(player: Any) -> None:
    with pytest.raises((ModelError, ValidationException)) as refused:
        player(model("error_unknown"))

    assert "TypeError" not in str(refused.value)


@RESULTS.of(TypeError)
def typename(player: Any) -> None:
    played = player(model("series"), typename="paper")

    played.reload()

    assert played.seen_at("A")["typename"] == "paper"


@RESULTS.of(ours="tests/unit/language/decisions/test_decisions.py::test_hit_policies")
def hit_policy(player: Any) -> None:
    parser = BpmnDmnParser()
    parser.add_dmn_xml(etree.parse(MODELS / "hit_policy.dmn").getroot())
    task = player(model("choice"), x=4).workflow.task_tree

    result = parser.get_engine("fees", None).result(task)

    assert result == {"fee": [10, 30]}
