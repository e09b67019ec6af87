"""A real case becomes a scenario: it comes out as the case did, and names nobody."""

from __future__ import annotations

import json
import shutil
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import pytest

from adapters.wiring import DESTINATIONS
from engine.base.errors import LicetError, Refused
from engine.case.records import Personal, decode, plain
from engine.hall.library import Library
from engine.hall.proof import personal_of
from engine.hall.store import Store
from engine.model import chain as chains
from engine.reading import scenarios
from engine.reading.scenarios import ANYBODY, Models, Player, Recorded, Rehearsal, Scenario, record, rehearsal, run
from engine.reading.scenarios.disguise import is_identifier, texts_in, words_of
from tests.acceptance.test_between_cases import MORNING, Hall
from tests.samples import halls
from tests.samples.walks import Walk
from webui.cli import compose
from webui.cli.output import plain_json
from webui.cli.pseudonyms import Pseudonyms

SAMPLES = Path(__file__).parents[1] / "samples"
ALL = scenarios.files_of([halls.BPMN])
SOME = [
    "business_startup/after/scenarios/correction_once",
    "construction/after/scenarios/completion_rectified",
    "construction/after/scenarios/joint_review_contested",
    "real_estate/after/scenarios/extension",
]
"""A correction, a later stage of a project, several departments that sign, an extension; the rest are among ALL."""
MODELS: Models = {}


@contextmanager
def played(scenario: Scenario, template: Path) -> Iterator[tuple[Rehearsal, str]]:
    """A hall in which the scenario has happened, and its case."""
    with rehearsal(scenario.organisation, scenario.at, compose.stand_ins, template) as stage:
        stage.engine.publish(scenario.version, "system:rehearsal")
        player = Player(stage, scenario)
        player.begin()
        for step in scenario.steps:
            try:
                player.act(step)
            except LicetError:
                assert (step.get("expect") or {}).get("refused")
        assert player.case is not None
        yield stage, player.case


def recorded(stage: Rehearsal, case: str) -> Recorded:
    with stage.engine.store.reading() as reading:
        return record(reading, Library(stage.engine.store), case, DESTINATIONS, Pseudonyms())


def text_of(told: Recorded, model: Path) -> str:
    content = {"name": told.scenario["name"], "model": str(model), **told.scenario}
    return json.dumps(content, ensure_ascii=False, indent=2, default=plain_json)


def personal_texts(store: Store, case: str, words: frozenset[str]) -> set[str]:
    """What people gave that is personal by the forms, who applied, and all identifiers among the personal values."""
    with store.reading() as reading:
        kept = personal_of(reading, case)
        commands = [json.loads(row.body)["command"] for row in reading.entries(case) if row.actor != "system:outbox"]
    found = {text for value in kept.values() for text in texts_in(plain(value)) if is_identifier(text)}
    for command in commands:
        for name, given in command["payload"].items():
            value = decode(given, lambda digest: kept[digest])
            inner = value.values() if isinstance(value, Mapping) else [value]
            said = [plain(one) for one in inner if type(one) is Personal]
            if name == "applicant":
                said = [v for one in said for k, v in (one.items() if isinstance(one, Mapping) else ()) if k == "name"]
            found |= {text for text in texts_in(said) if text not in words and len(text) > 1}
    return {text for text in found if not text[:4].isdecimal() or len(text) != 10}


def comes_out_again(file: Path, template: Path, folder: Path) -> None:
    scenario = scenarios.read(file, models=MODELS)
    with played(scenario, template) as (stage, case):
        told = recorded(stage, case)
        texts = personal_texts(stage.engine.store, case, words_of(scenario.version))
        assert recorded(stage, case) == told, "the same case gives the same file"
    (folder / "recorded.json").write_text(text := text_of(told, scenario.model), "utf-8")

    row = run(folder / "recorded.json", compose.stand_ins, template, models=MODELS)

    assert row.passed, row
    assert told.chain == scenario.version.digest
    assert [one for one in texts if one in text] == []
    assert len(set(told.disguised.values())) == len(told.disguised), "no two texts become one"


@pytest.mark.parametrize("name", SOME)
def test_a_case_comes_out_as_it_did(name: str, empty_database: Path, tmp_path: Path) -> None:
    comes_out_again(halls.BPMN / f"{name}.json", empty_database, tmp_path)


@pytest.mark.soak
@pytest.mark.long
@pytest.mark.parametrize("file", ALL, ids=lambda file: "/".join((*file.parts[-4:-2], file.stem)))
def test_every_case_of_the_shipped_chains_comes_out_as_it_did(file: Path, empty_database: Path, tmp_path: Path) -> None:
    comes_out_again(file, empty_database, tmp_path)


# ------------------------------------------------------------------ what only commands do


@contextmanager
def bare(model: str, template: Path, **variables: Any) -> Iterator[tuple[Rehearsal, str, Path]]:
    file = SAMPLES / f"{model}.bpmn"
    version = chains.read(file).version
    assert version is not None
    with rehearsal(None, MORNING, lambda store, folder: {}, template) as stage:
        stage.engine.publish(version, "system:rehearsal")
        payload = {"chain": version.digest, "variables": variables}
        yield stage, stage.give("StartCase", ANYBODY, None, payload).case, file


def give(stage: Rehearsal, case: str, command: str, element: str, nth: int = 1, **payload: Any) -> None:
    tasks = [number for number, task in sorted(stage.case(case).tasks.items()) if task.element == element]
    stage.give(command, ANYBODY, case, {"task": tasks[nth - 1], **payload})


def plays(told: Recorded, model: Path, template: Path, folder: Path) -> list[Any]:
    """Assert that the recorded scenario passes; return its steps without what they expect."""
    (folder / "recorded.json").write_text(text_of(told, model), "utf-8")
    row = run(folder / "recorded.json", lambda store, folder: {}, template)
    assert row.passed, row
    return [{name: value for name, value in step.items() if name != "expect"} for step in told.scenario["steps"]]


def test_signers_that_come_and_go_are_named_by_element_and_place(empty_database: Path, tmp_path: Path) -> None:
    with bare("moves/signers", empty_database, signers=["a", "b", "c"]) as (stage, case, model):
        give(stage, case, "CompleteTask", "P")
        for _ in range(3):
            give(stage, case, "CompleteTask", "K", variables={"opinion": "yes"})
        give(stage, case, "AddSigner", "M", 2, signer="d", place="beside", reason="加签")
        give(stage, case, "RemoveSigner", "M", 3, reason="减签")
        give(stage, case, "SkipTask", "M", 1, reason="系统外已办")
        give(stage, case, "CompleteTask", "M", 2, variables={"vote": "no"})
        told = recorded(stage, case)

    steps = plays(told, model, empty_database, tmp_path)

    by = {"by": ANYBODY}
    assert steps[-4:] == [
        {"command": "AddSigner", "nth": 2, **by,
         "payload": {"place": "beside", "reason": "加签", "signer": "d", "task": "M"}},
        {"command": "RemoveSigner", "nth": 3, **by, "payload": {"reason": "减签", "task": "M"}},
        {"command": "SkipTask", **by, "payload": {"reason": "系统外已办", "task": "M"}},
        {"complete": "M", "nth": 2, **by, "variables": {"vote": "no"}},
    ]  # fmt: skip


def test_time_that_passed_and_the_day_from_which_a_step_counts_are_kept(empty_database: Path, tmp_path: Path) -> None:
    with bare("moves/branches", empty_database) as (stage, case, model):
        stage.until(MORNING.replace(day=4, hour=10, minute=5))
        task = next(iter(stage.case(case).tasks))
        stage.give("CompleteTask", ANYBODY, case, {"task": task}, "2026-03-03")
        told = recorded(stage, case)

    steps = plays(told, model, empty_database, tmp_path)

    assert steps == [{"advance": "P2DT1H5M"}, {"complete": "P", "by": ANYBODY, "on": "2026-03-03"}]


def test_a_message_of_another_case_is_a_step(empty_database: Path, tmp_path: Path) -> None:
    with rehearsal(None, MORNING, lambda store, folder: {}, empty_database) as stage:
        hall = Hall(stage)
        case = hall.start("listener", number="N-1")
        hall.complete(case, "A")
        hall.complete(hall.start("teller", number="N-1", amount=4), "A")
        told = recorded(stage, case)

    steps = plays(told, SAMPLES / "between_cases/listener.bpmn", empty_database, tmp_path)

    assert steps == [
        {"complete": "A", "by": ANYBODY},
        {"message": "paid", "correlationKey": "N-1", "variables": {"sum": 4}},
    ]


def test_what_a_scenario_cannot_tell_is_refused(empty_database: Path) -> None:
    with bare("migration/first", empty_database) as (stage, case, _):
        second = chains.read(SAMPLES / "migration/second.bpmn").version
        assert second is not None
        stage.engine.publish(second, "system:rehearsal")
        stage.give("MigrateCase", ANYBODY, case, {"to": second.digest, "reason": "改版"})

        with pytest.raises(Refused, match="was migrated") as refused:
            recorded(stage, case)

    assert refused.value.sentence == "record_migrated"


def test_a_case_with_erased_values_is_refused(empty_database: Path) -> None:
    scenario = scenarios.read(halls.BPMN / "business_startup/after/scenarios/returned.json", models=MODELS)
    with played(scenario, empty_database) as (stage, case):
        with stage.engine.store.reading() as reading:
            found = next(d for d, v in personal_of(reading, case).items() if plain(v) == "示范申请人甲")
        stage.give("EraseValues", "admin", case, {"digests": [found], "reason": "保存期满"})

        with pytest.raises(Refused, match="erased") as refused:
            recorded(stage, case)

    assert refused.value.sentence == "record_erased"


# ------------------------------------------------------------------ cases that went anyhow


def record_walk(name: str, seed: int, template: Path, url: Path) -> None:
    """A case whose outside failed at random, and where anybody did anything: it is recorded and names nobody."""
    shutil.copy(template, url)
    store = Store.open(f"sqlite:///{url}")
    try:
        walk = Walk.begin(store, name, seed)
        walk.go(25)
        version = halls.chain(name)[0]
        try:
            told = recorded(walk.stage, walk.number)
        except Refused as refused:
            assert refused.sentence in ("record_erased", "record_migrated", "record_recounted")
            return
        text = text_of(told, Path("chain.bpmn"))
        assert [one for one in personal_texts(store, walk.number, words_of(version)) if one in text] == [], seed
    finally:
        store.close()


@pytest.mark.parametrize("name", (*halls.RICH_MODELS[:1], halls.BUSINESS_STARTUP))
def test_whatever_happened_to_a_case_is_recorded(name: str, empty_database: Path, tmp_path: Path) -> None:
    record_walk(name, 1, empty_database, tmp_path / "walk.db")


@pytest.mark.soak
@pytest.mark.long
@pytest.mark.parametrize("name", (*halls.RICH_MODELS, halls.BUSINESS_STARTUP))
def test_whatever_happened_to_many_cases_is_recorded(name: str, empty_database: Path, tmp_path: Path) -> None:
    for seed in range(2, 40):
        record_walk(name, seed, empty_database, tmp_path / "walk.db")
