"""Migrating running cases to another version: waiting tokens go on waiting, and obstacles are reported beforehand."""

from __future__ import annotations

import json
import os
import time
from collections.abc import Iterator, Mapping
from datetime import datetime
from pathlib import Path
from typing import Any

import pytest
from click.testing import CliRunner

from engine.base.errors import Refused
from engine.case.records import Command, read_command
from engine.case.state import Case
from engine.hall.proof import verify
from engine.model import chain
from engine.reading.scenarios import ANYBODY, Rehearsal, rehearsal
from webui.cli.main import licet as command_line

MODELS = Path(__file__).parents[1] / "samples" / "migration"
MORNING = datetime.fromisoformat("2026-03-02T09:00:00+08:00")
MANY = 1000 if os.environ.get("LICET_SOAK") else 20


class Hall:
    def __init__(self, stage: Rehearsal) -> None:
        self.stage = stage
        self.digests: dict[str, str] = {}

    def publish(self, model: str) -> str:
        version = chain.read(MODELS / f"{model}.bpmn").version
        assert version is not None
        self.stage.engine.publish(version, "system:rehearsal")
        self.digests[model] = version.digest
        return version.digest

    def case_at(self, *completed: str, model: str = "first") -> str:
        digest = self.digests.get(model) or self.publish(model)
        number = self.stage.give("StartCase", ANYBODY, None, {"chain": digest}).case
        for element in completed:
            self.complete(number, element)
        return number

    def complete(self, number: str, element: str) -> None:
        task = next(t for t in self.case(number).tasks.values() if t.element == element)
        self.stage.give("CompleteTask", ANYBODY, number, {"task": task.token})

    def case(self, number: str) -> Case:
        return self.stage.case(number)

    def open(self, number: str) -> list[str]:
        return sorted(task.element for task in self.case(number).tasks.values())

    def migrate(self, number: str, to: str, elements: Mapping[str, str] | None = None) -> None:
        self.stage.engine.execute(self.command(number, to, elements))

    def command(self, number: str, to: str, elements: Mapping[str, str] | None = None) -> Command:
        payload: dict[str, Any] = {"to": to, "reason": "新版本"}
        if elements:
            payload["elements"] = dict(elements)
        return read_command("MigrateCase", ANYBODY, number, payload)

    def proves(self) -> bool:
        return verify(self.stage.engine.store, self.stage.engine.library, None).proves()


@pytest.fixture
def hall(empty_database: Path) -> Iterator[Hall]:
    with rehearsal(None, MORNING, lambda shelf, folder: {}, empty_database) as stage:
        yield Hall(stage)


def test_a_case_goes_on_in_the_new_version(hall: Hall) -> None:
    number = hall.case_at("P")
    second = hall.publish("second")

    hall.migrate(number, second)

    assert hall.case(number).chain == second
    for element in ("A", "N", "C"):
        hall.complete(number, element)
    assert hall.case(number).status == "completed"
    assert hall.proves()


def test_due_dates_holders_and_rounds_stay_and_what_is_new_is_taken_up(hall: Hall) -> None:
    number = hall.case_at("P")
    hall.stage.advance(number, "P2D")
    (before,) = hall.case(number).tasks.values()
    arms = hall.case(number).tokens[before.token].arms
    hall.stage.give("ClaimTask", "somebody", number, {"task": before.token})

    hall.migrate(number, hall.publish("second"))

    (task,) = hall.case(number).tasks.values()
    after = hall.case(number).tokens[task.token].arms
    assert (task.due, task.at, task.round, task.assignee) == (before.due, before.at, 1, "somebody")
    assert task.roles == ("head",)
    assert after["late"] == arms["late"]
    assert sorted(after) == ["late", "news"]
    with hall.stage.engine.store.reading() as reading:
        assert [(row.key, row.due_at) for row in reading.deadlines(number)] == [
            (f"token:{task.token}:late", arms["late"].due)
        ]
        assert [row.element for row in reading.subscribers("message", "paid")] == ["news"]
    assert hall.proves()


def test_a_timer_that_has_fired_does_not_fire_again(hall: Hall) -> None:
    number = hall.case_at("P")
    hall.stage.advance(number, "P11D")
    assert hall.open(number) == ["A", "H"]

    hall.migrate(number, hall.publish("second"))

    (token,) = [t for t in hall.case(number).tokens.values() if t.element == "A"]
    assert sorted(token.arms) == ["news"]


def test_a_boundary_that_was_another_task_s_is_waited_for_from_now_on(hall: Hall, tmp_path: Path) -> None:
    number = hall.case_at("P", "A")
    text = (MODELS / "first.bpmn").read_text("utf-8")
    (tmp_path / "moved.bpmn").write_text(text.replace('id="late" attachedToRef="A"', 'id="late" attachedToRef="B"'))
    version = chain.read(tmp_path / "moved.bpmn").version
    assert version is not None
    hall.stage.engine.publish(version, "system:rehearsal")
    hall.stage.advance(number, "P1D")

    hall.migrate(number, version.digest)

    (token,) = [t for t in hall.case(number).tokens.values() if t.element == "B"]
    assert token.arms["late"].due == "2026-03-13T09:00:00+08:00"  # ten days from the migration on
    hall.stage.advance(number, "P11D")
    assert hall.open(number) == ["B", "H"]
    assert hall.proves()


def test_an_event_subprocess_that_is_new_is_waited_for_from_now_on(hall: Hall, tmp_path: Path) -> None:
    number = hall.case_at("P")
    text = (MODELS / "first.bpmn").read_text("utf-8")
    handler = """<bpmn:subProcess id="news" triggeredByEvent="true">
      <bpmn:startEvent id="told" isInterrupting="false">
        <bpmn:messageEventDefinition messageRef="message"/></bpmn:startEvent>
      <bpmn:userTask id="read"><bpmn:extensionElements><zeebe:userTask/></bpmn:extensionElements></bpmn:userTask>
      <bpmn:endEvent id="was_read"/>
      <bpmn:sequenceFlow id="told-read" sourceRef="told" targetRef="read"/>
      <bpmn:sequenceFlow id="read-end" sourceRef="read" targetRef="was_read"/>
    </bpmn:subProcess></bpmn:process>"""
    message = '<bpmn:message id="message" name="paid"/><bpmn:process id="permit"'
    text = text.replace("</bpmn:process>", handler).replace('<bpmn:process id="permit"', message)
    (tmp_path / "told.bpmn").write_text(text)
    version = chain.read(tmp_path / "told.bpmn").version
    assert version is not None
    hall.stage.engine.publish(version, "system:rehearsal")

    hall.migrate(number, version.digest)
    hall.stage.give("DeliverMessage", "system:outbox", number, {"name": "paid"})

    assert hall.open(number) == ["A", "read"]
    assert hall.proves()


def test_a_token_at_a_removed_step_has_to_be_mapped(hall: Hall) -> None:
    number = hall.case_at("P", "A")
    second = hall.publish("second")

    with pytest.raises(Refused, match="no element 'B'") as refused:
        hall.migrate(number, second)
    assert [o["element"] for o in refused.value.fields["obstacles"]] == ["B"]
    assert hall.open(number) == ["B"]

    hall.migrate(number, second, {"B": "N"})
    assert hall.open(number) == ["N"]
    assert hall.proves()


def test_tokens_that_cannot_stand_so_in_the_new_version_are_an_obstacle(hall: Hall) -> None:
    number = hall.case_at("P")

    with pytest.raises(Refused, match="alone"):
        hall.migrate(number, hall.publish("parallel"))


def test_an_element_of_another_kind_is_an_obstacle(hall: Hall) -> None:
    number = hall.case_at("P")

    with pytest.raises(Refused, match="was a userTask, and is a serviceTask with a job"):
        hall.migrate(number, hall.publish("other_kinds"))


def test_the_same_version_is_no_migration(hall: Hall) -> None:
    number = hall.case_at("P")

    with pytest.raises(Refused, match="another version"):
        hall.migrate(number, hall.digests["first"])


def test_a_rehearsal_tells_what_would_happen_and_changes_nothing(hall: Hall) -> None:
    number = hall.case_at("P")
    command = hall.command(number, hall.publish("second"))

    told = [effect["type"] for effect in hall.stage.engine.rehearse(command)]

    assert told == ["case_migrated", "event_dropped", "event_awaited", "task_opened"]
    assert hall.case(number).chain == hall.digests["first"]
    hall.complete(number, "A")
    assert hall.open(number) == ["B"]


@pytest.mark.soak
def test_many_running_cases_are_migrated_in_one_go(hall: Hall) -> None:
    places: list[tuple[str, ...]] = [(), ("P",), ("P", "A"), ("P", "A", "B")]
    numbers = [hall.case_at(*places[n % 4]) for n in range(MANY)]
    second = hall.publish("second")
    before = {number: (hall.case(number).deadlines().keys(), due_dates(hall.case(number))) for number in numbers}

    began = time.perf_counter()
    for number in numbers:
        hall.migrate(number, second, {"B": "N"})
    took = time.perf_counter() - began

    assert {hall.case(number).chain for number in numbers} == {second}
    assert all(due_dates(hall.case(number)) == before[number][1] for number in numbers)
    assert hall.proves()
    print(f"{MANY} cases migrated in {took:.2f} s")


def due_dates(case: Case) -> list[Any]:
    late = [token.arms["late"].due for token in case.tokens.values() if "late" in token.arms]
    return [late, [task.due for task in case.tasks.values()]]


def test_cases_are_migrated_from_the_command_line(tmp_path: Path) -> None:
    def licet(*arguments: str, stdin: str | None = None) -> Any:
        database = f"sqlite:///{tmp_path / 'hall.db'}"
        done = CliRunner().invoke(command_line, [*arguments, "--database", database], input=stdin)
        assert done.exit_code in (0, 1), done.output
        return done

    def migrate(*arguments: str) -> Any:
        return licet("case", "migrate", "permit", *arguments, "--as", "admin", "--reason", "新版本", "--json")

    licet("init")
    first = json.loads(licet("chain", "publish", str(MODELS / "first.bpmn"), "--as", "admin", "--json").output)
    start = {"type": "StartCase", "payload": {"chain": "permit"}}
    numbers = [
        json.loads(licet("execute", "--as", "admin", "--json", stdin=json.dumps(start)).output)["case"]
        for _ in range(2)
    ]
    for token in (2, 3):  # P, A: the case comes to a step that the new version doesn't have
        licet("task", "complete", numbers[0], str(token), "--as", "admin")
    licet("chain", "publish", str(MODELS / "second.bpmn"), "--as", "admin")

    misspelt = migrate(numbers[0], "--map", "B=NN", "--dry-run")
    assert misspelt.exit_code == 1 and "it has no 'NN'. Did you mean 'N'?" in misspelt.stdout
    misspelt = migrate(numbers[0], "--map-fact", "nobody=knows", "--dry-run")
    assert misspelt.exit_code == 1 and "it has no 'nobody'" in misspelt.stdout
    dry = migrate("--from", first["digest"], "--dry-run")
    wet = migrate("--from", first["digest"])
    mapped = migrate(numbers[0], "--map", "B=N")

    assert dry.exit_code == wet.exit_code == 1 and mapped.exit_code == 0
    assert json.loads(dry.stdout) == json.loads(wet.stdout)
    assert [(row["case"], row["migrated"]) for row in json.loads(wet.stdout)] == [
        (numbers[0], False),
        (numbers[1], True),
    ]
    assert json.loads(mapped.stdout) == [{"case": numbers[0], "migrated": True, "obstacles": [], "lost": []}]
