"""Many deadlines due at one tick: each is fired once, whatever the number of workers, and people are served meanwhile.

`make soak` has 20,000 of them: two worker processes on PostgreSQL, one on SQLite. The figures are printed (pytest -s).
"""

from __future__ import annotations

import json
import multiprocessing
import os
import threading
import time
from collections import Counter
from collections.abc import Callable, Sequence
from concurrent.futures import Future, ProcessPoolExecutor, ThreadPoolExecutor
from datetime import datetime, timedelta
from itertools import count

import pytest

from engine.case.context import Settings
from engine.case.records import Command, CompleteTask, StartCase, read_command
from engine.hall.door import Engine
from engine.hall.scheduler import Scheduler, give_way
from engine.hall.store import Store
from engine.law.workdays import Calendar
from engine.model import chain as chains
from engine.model.chain import ChainVersion
from engine.reading.scenarios import ANYBODY, VirtualClock
from tests.acceptance.conftest import NewUrl, opened
from tests.samples.clocks import at, followed, notice

Felt = dict[str, dict[str, float]]
SOAK = bool(os.environ.get("LICET_SOAK"))
DEADLINES = 20_000 if SOAK else 60
STARTED, DUE = at("2026-03-02 09:00"), at("2026-03-02 10:00")

MODEL = """<?xml version="1.0" encoding="UTF-8"?>
<bpmn:definitions xmlns:bpmn="http://www.omg.org/spec/BPMN/20100524/MODEL"
    xmlns:zeebe="http://camunda.org/schema/zeebe/1.0" id="storm_definitions" targetNamespace="storm">
  <bpmn:process id="storm" name="到期风暴" isExecutable="true">
    <bpmn:startEvent id="start"><bpmn:outgoing>to_again</bpmn:outgoing></bpmn:startEvent>
    <bpmn:exclusiveGateway id="again">
      <bpmn:incoming>to_again</bpmn:incoming><bpmn:incoming>back</bpmn:incoming><bpmn:outgoing>on</bpmn:outgoing>
    </bpmn:exclusiveGateway>
    <bpmn:userTask id="work" name="办理"><bpmn:extensionElements><zeebe:userTask /></bpmn:extensionElements>
      <bpmn:incoming>on</bpmn:incoming><bpmn:outgoing>done</bpmn:outgoing></bpmn:userTask>
    <bpmn:boundaryEvent id="urge" attachedToRef="work" cancelActivity="false"><bpmn:outgoing>to_urged</bpmn:outgoing>
      <bpmn:timerEventDefinition id="urge_timer"><bpmn:timeDuration>PT1H</bpmn:timeDuration></bpmn:timerEventDefinition>
    </bpmn:boundaryEvent>
    <bpmn:endEvent id="urged"><bpmn:incoming>to_urged</bpmn:incoming></bpmn:endEvent>
    <bpmn:exclusiveGateway id="over" default="back">
      <bpmn:incoming>done</bpmn:incoming><bpmn:outgoing>back</bpmn:outgoing><bpmn:outgoing>to_end</bpmn:outgoing>
    </bpmn:exclusiveGateway>
    <bpmn:endEvent id="end"><bpmn:incoming>to_end</bpmn:incoming></bpmn:endEvent>
    <bpmn:sequenceFlow id="to_again" sourceRef="start" targetRef="again" />
    <bpmn:sequenceFlow id="on" sourceRef="again" targetRef="work" />
    <bpmn:sequenceFlow id="done" sourceRef="work" targetRef="over" />
    <bpmn:sequenceFlow id="back" sourceRef="over" targetRef="again" />
    <bpmn:sequenceFlow id="to_end" sourceRef="over" targetRef="end">
      <bpmn:conditionExpression>=enough</bpmn:conditionExpression></bpmn:sequenceFlow>
    <bpmn:sequenceFlow id="to_urged" sourceRef="urge" targetRef="urged" />
  </bpmn:process>
</bpmn:definitions>
"""


def storm(tmp: os.PathLike[str]) -> ChainVersion:
    path = os.path.join(tmp, "storm.bpmn")
    with open(path, "w", encoding="utf-8") as file:
        file.write(MODEL)
    reading = chains.read(path)
    assert reading.version is not None, [finding.message for finding in reading.findings]
    return reading.version


def prepared(store: Store, version: ChainVersion) -> Engine:
    """Make a hall in which `DEADLINES` cases wait for the same moment."""
    clock = VirtualClock(STARTED)
    engine = Engine(store, clock)
    engine.set_up(Calendar.shipped(), None, Settings())
    engine.publish(version, "system:test")
    for _ in range(DEADLINES):
        engine.execute(Command(ANYBODY, None, StartCase(chain=version.digest)))
    clock.move(DUE + timedelta(minutes=30))
    return engine


def fire(url: str, moment: str) -> int:
    """Fire deadlines until none is due: the work of one worker process."""
    with opened(url) as store:
        clock = VirtualClock(datetime.fromisoformat(moment))
        return Scheduler(Engine(store, clock), {}, clock).tick_deadlines()


class Person:
    """Completes one task after the other in a case of their own; notes the milliseconds that each took."""

    def __init__(self, engine: Engine, version: ChainVersion) -> None:
        self._engine = engine
        receipt = engine.execute(Command(ANYBODY, None, StartCase(chain=version.digest)))
        self._case, self._task, self._keys = receipt.case, receipt.tasks[0], count(1)

    def complete(self) -> float:
        order = CompleteTask(self._task, {"enough": False})
        began = time.perf_counter()
        receipt = self._engine.execute(Command(ANYBODY, self._case, order, f"k{next(self._keys)}"))
        took = (time.perf_counter() - began) * 1000
        self._task = receipt.tasks[-1]
        return took

    def until(self, over: threading.Event) -> list[float]:
        found = [self.complete()]
        while not over.is_set():
            found.append(self.complete())
            time.sleep(0.01)  # even the quickest clerk looks up now and then
        return found


def quantiles(times: list[float]) -> dict[str, float]:
    times = sorted(times)
    return {f"p{p}": round(times[min(len(times) - 1, len(times) * p // 100)], 2) for p in (50, 95, 99)} | {
        "max": round(times[-1], 2)
    }


def felt(
    engine: Engine, version: ChainVersion, work: Sequence[Callable[[], Future[int]]]
) -> tuple[list[int], float, Felt]:
    """Let the workers work while a person does. Return what each fired, the seconds it took, and the person's times."""
    person, over = Person(engine, version), threading.Event()
    calm = [person.complete() for _ in range(200 if SOAK else 5)]
    with ThreadPoolExecutor(1) as pool:
        busy = pool.submit(person.until, over)
        began = time.perf_counter()
        fired = [worker.result() for worker in [begin() for begin in work]]
        took = time.perf_counter() - began
        over.set()
        return fired, took, {"calm_ms": quantiles(calm), "storm_ms": quantiles(busy.result())}


def each_fired_once(store: Store, fired: list[int]) -> None:
    with store.reading() as reading:
        journal = Counter(row.case for row in reading.journal() if row.command == "FireDeadline")
        following = datetime.fromisoformat(reading.next_deadline() or "")
    assert sum(fired) == DEADLINES == len(journal) and set(journal.values()) == {1}
    assert following > DUE, "only what the person's own tasks are due by is left"


@pytest.mark.soak
def test_one_worker_on_sqlite(new_sqlite: NewUrl, tmp_path: os.PathLike[str]):
    version = storm(tmp_path)
    with opened(new_sqlite()) as store:
        engine = prepared(store, version)
        scheduler = Scheduler(engine, {}, VirtualClock(DUE))
        with ThreadPoolExecutor(1) as pool:
            fired, seconds, person = felt(engine, version, [lambda: pool.submit(scheduler.tick_deadlines)])
        each_fired_once(store, fired)
    tell("sqlite, one worker", fired, seconds, person)


@pytest.mark.soak
@pytest.mark.postgres
def test_two_workers_on_postgresql(postgres_url: str, tmp_path: os.PathLike[str]):
    version = storm(tmp_path)
    with opened(postgres_url) as store:
        store.upgrade()
        engine = prepared(store, version)
        with ProcessPoolExecutor(2, multiprocessing.get_context("spawn"), give_way) as pool:
            work = [lambda: pool.submit(fire, postgres_url, DUE.isoformat())] * 2
            fired, seconds, person = felt(engine, version, work)
        each_fired_once(store, fired)
    assert not SOAK or all(fired), "both had their share"
    tell("postgresql, two workers", fired, seconds, person)


@pytest.mark.soak
def test_people_do_not_feel_that_a_calendar_is_loaded(new_url: NewUrl, tmp_path: os.PathLike[str]):
    """All open clocks reach into a year that is published now: each case gets one entry for it."""
    cases, version = DEADLINES // 10, storm(tmp_path)
    with opened(new_url()) as store:
        clock = VirtualClock(at("2026-12-28 09:00"))
        engine = Engine(store, clock)
        engine.set_up(Calendar.shipped(), None, Settings())
        for published in (version, followed()):
            engine.publish(published, "system:test")
        for _ in range(cases):
            payload = {"chain": followed().digest, "variables": {"days": 5}}
            engine.execute(read_command("StartCase", ANYBODY, None, payload))
        scheduler = Scheduler(engine, {}, clock)
        engine.load_calendar(notice(), "system:test")
        with ThreadPoolExecutor(1) as pool:
            changed, seconds, person = felt(engine, version, [lambda: pool.submit(scheduler.tick_recount)])
        with store.reading() as reading:
            journal = Counter(row.case for row in reading.journal() if row.command == "RecountClocks")
    assert changed == [cases] and len(journal) == cases and set(journal.values()) == {1}
    tell(f"recount on {store._database.engine.dialect.name}", changed, seconds, person)


def tell(where: str, fired: list[int], seconds: float, person: Felt) -> None:
    per_second = round(sum(fired) / seconds)
    print(
        json.dumps({"where": where, "fired": fired, "seconds": round(seconds, 1), "per_second": per_second, **person})
    )
