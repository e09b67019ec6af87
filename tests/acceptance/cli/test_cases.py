"""Working on cases from the command line: the door, the worklist, reading, replay, proof, anchors, exports."""

from __future__ import annotations

import json
import sqlite3
from contextlib import closing
from pathlib import Path
from typing import Any
from xml.etree import ElementTree

import pytest

from engine.case.records import SEMANTICS
from engine.hall import proof
from tests.acceptance.cli.conftest import FINISHED, OPEN, Licet, assert_refused

XES = "{http://www.xes-standard.org/}"

# ------------------------------------------------------------------ reading


def test_cases_are_listed_the_youngest_first(cli: Licet) -> None:
    rows = cli.json("case", "list")

    assert [(row["id"], row["status"]) for row in rows] == [(OPEN, "open"), (FINISHED, "completed")]
    assert set(rows[0]) == {"id", "title", "status", "opened_at", "closed_at", "sequence", "project"}
    assert [row["id"] for row in cli.json("case", "list", "--status", "completed")] == [FINISHED]
    assert cli.json("case", "list", "--text", "9999-") == []


def test_people_get_columns_that_line_up(cli: Licet) -> None:
    lines = cli.run("case", "list").stdout.splitlines()

    assert lines[0].split() == ["id", "title", "status", "opened_at", "closed_at", "sequence", "project"]
    assert len(lines) == 3


def test_the_worklist_holds_what_the_person_may_take(cli: Licet) -> None:
    (row,) = [row for row in cli.json("task", "list", "--as", "window1") if row["case"] == OPEN]

    assert (row["name"], row["light"] in ("green", "yellow", "red")) == ("收件审查", True)
    assert cli.json("task", "list", "--as", "nobody") == []
    assert cli.json("task", "list", "--as", "window1", "--mine") == []


def test_what_is_personal_in_a_case_is_told_with_its_digest_and_can_be_erased(cli: Licet) -> None:
    found = cli.json("case", "personal", OPEN)
    (name,) = [value for value in found if "legal_representative_name" in value["facts"]]
    assert name in cli.json("case", "personal", OPEN, "--text", name["value"])
    assert name["entries"] and name["digest"].startswith("sha256:")
    assert "notices that were delivered" in cli.run("case", "personal", OPEN).stdout

    order = {"type": "EraseValues", "case": OPEN, "payload": {"digests": [name["digest"]], "reason": "保存期满"}}
    cli.run("execute", "--as", "admin", input=json.dumps(order))

    assert name["digest"] not in {value["digest"] for value in cli.json("case", "personal", OPEN)}
    assert_refused(cli.run("case", "personal", "9999-000001"), 1, "there is none")


def test_replay_gives_a_frame_per_entry(cli: Licet) -> None:
    frames = cli.json("replay", FINISHED)["frames"]

    assert [frame["sequence"] for frame in frames] == list(range(1, len(frames) + 1))
    assert set(frames[0]) >= {"sequence", "at", "actor", "command", "effects", "tokens", "facts", "clocks"}
    assert (frames[0]["command"], frames[0]["actor"]) == ("StartCase", "window1")
    assert [token["element"] for token in frames[0]["tokens"]] == ["intake"]
    assert frames[-1]["tokens"] == [] and "company_name" in frames[-1]["facts"]
    assert all(effect["type"] for frame in frames for effect in frame["effects"])


def test_replay_stops_where_it_is_told(cli: Licet) -> None:
    frames = cli.json("replay", FINISHED, "--upto", "2")["frames"]

    assert [frame["sequence"] for frame in frames] == [1, 2]
    assert cli.json("replay", FINISHED, "--upto", "9999") == cli.json("replay", FINISHED)


def test_a_case_is_shown_as_its_last_frame(cli: Licet) -> None:
    assert cli.json("case", "show", OPEN) == cli.json("replay", OPEN)["frames"][-1]


def test_the_journal_shows_whole_entries(cli: Licet) -> None:
    entries = cli.json("case", "journal", OPEN)

    assert [entry["sequence"] for entry in entries] == list(range(1, len(entries) + 1))
    assert [entry["previous"] for entry in entries[1:]] == [entry["hash"] for entry in entries[:-1]]
    assert entries[0]["basis"] == {"kind": "role", "role": "window"}


# ------------------------------------------------------------------ the door


def command(task: str, **more: Any) -> str:
    return json.dumps({"type": "ClaimTask", "case": OPEN, "payload": {"task": int(task)}, **more})


def test_a_task_is_claimed_and_completed(cli: Licet) -> None:
    task = cli.task()

    claimed = cli.json("task", "claim", OPEN, task, "--as", "window1")
    done = cli.json("task", "complete", OPEN, task, "--as", "window1", "--variables", '{"outcome": "accept"}')

    assert set(claimed) == {"case", "sequence", "recorded_at", "hash", "effects", "tasks", "again"}
    assert done["sequence"] == claimed["sequence"] + 1
    assert "task_closed" in [effect["type"] for effect in done["effects"]]
    assert cli.json("verify", OPEN)["problems"] == []


def test_the_same_command_with_the_same_key_gives_the_same_receipt(cli: Licet) -> None:
    given = command(cli.task(), key="k-1")

    first = cli.json("execute", "--as", "window1", input=given)
    again = cli.json("execute", "--as", "window1", input=given)

    assert (first["again"], again["again"]) == (False, True)
    assert (first["hash"], first["sequence"]) == (again["hash"], again["sequence"])


def test_the_actor_may_stand_in_the_command(cli: Licet) -> None:
    assert cli.json("execute", input=command(cli.task(), actor="window2"))["case"] == OPEN


@pytest.mark.parametrize(
    ("words", "given", "code", "said"),
    [
        (("--as", "nobody"), {}, 1, "not_allowed"),
        (("--as", "window1"), {"payload": {"task": 99999}}, 1, "not_open"),
        (("--as", "window1"), {"actor": "window2"}, 2, "actor"),
        (("--as", "window1"), {"case": None}, 2, "case"),
        (("--as", "window1"), {"type": "Grant"}, 2, "type"),
        (("--as", "window1"), {"payload": []}, 2, "payload"),
        (("--as", "window1"), {"payload": {"task": "1"}}, 2, "payload.task"),
        (("--as", "window1"), {"colour": "red"}, 2, "colour"),
        (("--as", "window1"), {"effective_on": "2026-03-02T09:00:00"}, 2, "effective_on"),
        (("--as", "window1"), {"effective_on": "1999-01-01"}, 2, "effective_on"),
    ],
    ids=str,
)
def test_a_command_that_is_not_accepted_changes_nothing(
    words: tuple[str, ...], given: Any, code: int, said: str, cli: Licet
) -> None:
    before = cli.json("case", "list")

    result = cli.run("execute", *words, input=json.dumps({**json.loads(command(cli.task())), **given}))

    assert_refused(result, code, said)
    assert cli.json("case", "list") == before


@pytest.mark.parametrize("given", [b"", b"{", b"[1]", b"\xff\xfe", b'{"type": NaN}', b"[" * 100_000])
def test_what_is_no_command_is_wrong_input(given: bytes, cli: Licet) -> None:
    assert_refused(cli.run("execute", "--as", "window1", input=given), 2, "command")


def test_a_key_is_good_for_one_command(cli: Licet) -> None:
    task = cli.task()
    cli.run("execute", "--as", "window1", input=command(task, key="k-1"))

    result = cli.run("execute", "--as", "window1", input=command(task, key="k-1", type="ReleaseTask"))

    assert_refused(result, 1, "key_reused")


def test_a_task_that_another_has_is_refused(cli: Licet) -> None:
    task = cli.task()
    cli.run("task", "claim", OPEN, task, "--as", "window1")

    assert_refused(cli.run("task", "claim", OPEN, task, "--as", "window2"), 1, "conflict", "window1")


@pytest.mark.parametrize(
    ("variables", "said"), [("{", "--variables"), ("[]", "--variables"), ('{"bogus": 1}', "bogus"), ("{}", "outcome")]
)
def test_a_submission_that_the_form_does_not_take(variables: str, said: str, cli: Licet) -> None:
    result = cli.run("task", "complete", OPEN, cli.task(), "--as", "window1", "--variables", variables)

    assert_refused(result, 2, said)


# ------------------------------------------------------------------ proof


def test_sound_journals_are_proved(cli: Licet) -> None:
    found = cli.json("verify", "--all", "--strict")
    entries = sum(row["sequence"] for row in cli.json("case", "list"))

    assert found == {
        "cases": 2,
        "entries": entries,
        "hashes": "ok",
        "fold": "ok",
        "replay": "ok",
        "anchors": "none",
        "problems": [],
        "run": {str(SEMANTICS): {"run": entries, "not_run": 0, "erased": 0}},
    }
    assert cli.json("verify", OPEN, OPEN)["cases"] == 1


def test_strictly_every_entry_must_be_run_again(cli: Licet, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(proof, "SEMANTICS", SEMANTICS + 1)

    found = cli.json("verify", "--all")

    assert found["replay"] == f"partial 0/{found['entries']}"
    assert found["problems"] == []
    assert cli.json("verify", "--all", "--strict", code=1) == found
    assert f"number {SEMANTICS}: 0 run again, {found['entries']} not\n" in cli.run("verify", "--all").stdout


def tamper(cli: Licet, statement: str) -> None:
    with closing(sqlite3.connect(cli.database.removeprefix("sqlite:///"))) as raw:
        raw.execute(statement)
        raw.commit()


def test_a_changed_journal_is_found_with_case_and_sequence(cli: Licet) -> None:
    tamper(cli, f"UPDATE journal SET actor = 'window9' WHERE \"case\" = '{FINISHED}' AND sequence = 3")

    found = cli.json("verify", "--all", code=1)

    assert found["hashes"] == "broken"
    assert {(p["case"], p["sequence"]) for p in found["problems"]} == {(FINISHED, 3)}
    assert set(found["problems"][0]) == {"case", "sequence", "problem"}
    assert f"case {FINISHED}, entry 3" in cli.run("verify", FINISHED).stdout


def test_a_case_that_is_not_there_is_a_problem(cli: Licet) -> None:
    assert [p["case"] for p in cli.json("verify", OPEN, "9999-000001", code=1)["problems"]] == ["9999-000001"]


def anchored(cli: Licet) -> Path:
    path = cli.folder / "anchors.jsonl"
    path.write_text(cli.run("anchor").stdout, "utf-8")
    return path


def test_anchors_hold_while_histories_only_grow(cli: Licet) -> None:
    anchors = anchored(cli)
    cli.run("task", "claim", OPEN, cli.task(), "--as", "window1")

    assert cli.json("verify", "--all", "--anchors", anchors)["anchors"] == "ok"
    assert (cli.folder / "anchor-key.pem").stat().st_mode & 0o077 == 0


def test_an_anchor_finds_a_history_that_was_cut_off_whole(cli: Licet) -> None:
    anchors = anchored(cli)
    tamper(cli, f"DELETE FROM journal WHERE \"case\" = '{OPEN}'")

    found = cli.json("verify", "--all", "--anchors", anchors, code=1)

    assert found["anchors"] == "broken"
    assert OPEN in {p["case"] for p in found["problems"] if p["problem"].startswith("anchors")}


@pytest.mark.parametrize("change", [("sequence", "sequenze"), ('"at"', '"zt"'), ("sha256:", "sha256:0"), ("{", "[")])
def test_a_forged_anchor_is_refused(change: tuple[str, str], cli: Licet) -> None:
    anchors = anchored(cli)
    anchors.write_text(anchors.read_text("utf-8").replace(*change, 1), "utf-8")

    assert_refused(cli.run("verify", "--all", "--anchors", anchors), 2, "invalid_input")


def test_a_key_that_is_none_is_refused(cli: Licet) -> None:
    anchors = anchored(cli)

    assert_refused(cli.run("verify", "--all", "--anchors", anchors, "--key", anchors), 2, "--key")


# ------------------------------------------------------------------ exports


def test_json_lines_hold_every_entry(cli: Licet) -> None:
    lines = cli.run("export", "--all", "--format", "jsonl").stdout.splitlines()

    assert [json.loads(line)["sequence"] for line in lines if json.loads(line)["case"] == FINISHED] == [
        frame["sequence"] for frame in cli.json("replay", FINISHED)["frames"]
    ]
    assert "11010519491231002X" not in "".join(lines)  # personal values stay out of it


def test_xes_has_a_trace_per_case(cli: Licet) -> None:
    log = ElementTree.fromstring(cli.run("export", FINISHED, "--format", "xes").stdout.encode())

    (trace,) = log.findall(f"{XES}trace")
    keys = {attribute.get("key") for attribute in trace.find(f"{XES}event") or ()}
    assert keys >= {"concept:name", "time:timestamp", "lifecycle:transition", "org:resource"}


def test_ocel_relates_events_to_cases_and_matters(cli: Licet) -> None:
    log = json.loads(cli.run("export", "--all", "--format", "ocel").stdout)

    assert {one["type"] for one in log["objects"]} == {"case", "matter"}
    assert {event["type"] for event in log["events"]} == {kind["name"] for kind in log["eventTypes"]}
    ids = {one["id"] for one in log["objects"]}
    assert {related["objectId"] for event in log["events"] for related in event["relationships"]} <= ids
