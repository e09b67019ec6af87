"""Setting up and administering: `init`, `upgrade`, organisations, calendars, chain versions, incidents."""

from __future__ import annotations

import json
import shutil
from pathlib import Path

import pytest

from tests.acceptance.cli.conftest import CHAIN, Licet, assert_refused

ORGANISATION = CHAIN.parents[1] / "organisation.json"


def unrehearsed(folder: Path) -> Path:
    """The chain without its scenarios, which take a while: the same version."""
    return Path(shutil.copytree(CHAIN, folder / "unrehearsed", ignore=shutil.ignore_patterns("scenarios")))


# ------------------------------------------------------------------ init, upgrade


def test_a_new_database_takes_an_organisation_a_chain_and_cases(bare: Licet) -> None:
    assert bare.json("init") == {"cases": 0}
    departments = json.loads(ORGANISATION.read_text("utf-8"))["departments"]
    assert bare.json("org", "import", ORGANISATION)["departments"] == len(departments)
    assert bare.json("chain", "publish", unrehearsed(bare.folder), "--as", "designer")["number"] == 1

    given = json.dumps({"type": "StartCase", "payload": {"chain": "business_startup"}})
    started = bare.json("execute", "--as", "window1", input=given)

    assert [row["id"] for row in bare.json("case", "list")] == [started["case"]]
    assert bare.json("verify", "--all")["problems"] == []


def test_init_twice_leaves_everything_as_it_is(bare: Licet) -> None:
    bare.json("init")
    calendar = bare.folder / "2027.json"
    calendar.write_text(json.dumps(year(2027)), "utf-8")
    bare.json("calendar", "load", calendar)

    assert bare.json("init") == {"cases": 0}
    assert bare.json("calendar", "show", "2027")["notice"] == "a notice for tests"


def test_upgrade_tells_the_revision_of_the_tables(bare: Licet) -> None:
    first = bare.json("upgrade")

    assert set(first) == {"revision"} and bare.json("upgrade") == first


def test_a_hall_of_its_own_is_not_made_a_demonstration(bare: Licet) -> None:
    own = json.loads(ORGANISATION.read_text("utf-8")) | {"name": "another hall"}
    (bare.folder / "own.json").write_text(json.dumps(own), "utf-8")
    bare.json("init")
    bare.json("org", "import", bare.folder / "own.json")

    assert_refused(bare.run("init", "--demo"), 2, "--demo")


def test_the_demonstration_is_filled_in_once(cli: Licet) -> None:
    assert cli.json("init", "--demo") == {"cases": 2}


# ------------------------------------------------------------------ calendars


def year(number: int) -> dict[str, object]:
    """A published year that has no other rest days than the fixed holidays."""
    rest = [f"{number}-{day}" for day in ("01-01", "05-01", "05-02", "10-01", "10-02", "10-03")]
    return {"years": [{"year": number, "notice": "a notice for tests", "rest": rest, "makeup": []}]}


def test_the_calendar_in_force_is_shown_and_counted_with(cli: Licet) -> None:
    request = json.dumps({"start": "2027-01-30T09:00:00+08:00", "limit": {"amount": 1, "unit": "workday"}})
    (cli.folder / "2027.json").write_text(json.dumps(year(2027)), "utf-8")
    assert_refused(cli.run("calendar", "show", "2027"), 2, "2027")
    assert cli.json("due", input=request)["certainty"] == "provisional"

    loaded = cli.json("calendar", "load", cli.folder / "2027.json", "--as", "admin")

    assert set(loaded) == {"first_year", "last_year", "digest"}
    assert cli.json("calendar", "show", "2027")["rest"][0] == "2027-01-01"
    assert cli.json("due", input=request)["certainty"] == "final"


def test_the_shipped_calendar_is_shown_where_there_is_no_database(bare: Licet) -> None:
    assert bare.json("calendar", "show", "2026")["notice"] == "国办发明电〔2025〕7号"
    assert not (bare.folder / "none.db").exists()


# ------------------------------------------------------------------ the organisation


def test_the_organisation_in_force_comes_out_as_the_file_that_import_takes(cli: Licet) -> None:
    imported = cli.json("org", "import", ORGANISATION)
    file = cli.folder / "exported.json"
    file.write_text(cli.run("org", "export").stdout, "utf-8")

    assert cli.json("org", "import", file) == imported
    assert cli.json("org", "export") == json.loads(file.read_text("utf-8"))


def test_without_an_organisation_there_is_nothing_to_export(bare: Licet) -> None:
    bare.json("init")

    assert_refused(bare.run("org", "export"), 1, "org import")


# ------------------------------------------------------------------ who may


@pytest.mark.parametrize(
    "words", [("org", "import", ORGANISATION), ("chain", "publish")], ids=["organisation", "chain"]
)
def test_administration_is_not_for_everybody(words: tuple[str | Path, ...], cli: Licet) -> None:
    words = words if words[0] == "org" else (*words, unrehearsed(cli.folder))
    assert_refused(cli.run(*words, "--as", "window1"), 1, "not_allowed")
    assert cli.run(*words, "--as", "admin").exit_code == 0


@pytest.mark.parametrize("content", [b"", b"{", b"{}", b"[]", b"\xff", b'{"name": 3}'])
@pytest.mark.parametrize("words", [("org", "import"), ("calendar", "load")], ids=" ".join)
def test_a_broken_file_is_wrong_input(words: tuple[str, ...], content: bytes, cli: Licet) -> None:
    (cli.folder / "broken.json").write_bytes(content)

    assert_refused(cli.run(*words, cli.folder / "broken.json"), 2)


# ------------------------------------------------------------------ versions, incidents, outbox


def test_the_same_chain_published_twice_is_one_version(cli: Licet) -> None:
    before = cli.json("chain", "list")
    (mine,) = [row for row in before if row["name"] == "business_startup"]

    again = cli.json("chain", "publish", unrehearsed(cli.folder), "--as", "designer")

    assert again == {"name": "business_startup", "number": mine["number"], "digest": mine["digest"]}
    assert cli.json("chain", "list") == before


def test_a_broken_chain_is_not_published(cli: Licet) -> None:
    (cli.folder / "broken").mkdir()
    (cli.folder / "broken" / "chain.bpmn").write_text("<x/>", "utf-8")

    before = cli.json("chain", "list")

    (finding,) = cli.json("chain", "publish", cli.folder / "broken", code=1)

    assert finding["severity"] == "error" and cli.json("chain", "list") == before


def test_nothing_waits_where_nothing_went_wrong(cli: Licet) -> None:
    assert cli.json("incident", "list") == []
    assert all(set(row) >= {"case", "destination", "action", "status"} for row in cli.json("outbox", "list"))
    assert_refused(cli.run("incident", "retry", "2026-000002", "1", "--as", "admin"), 1, "not_open")
    assert_refused(cli.run("incident", "retry", "2026-000002", "1", "--as", "window1"), 1, "not_allowed")


def _wrong(folder: Path) -> Path:
    """A chain of one task, whose condition misspells a fact."""
    model = (Path(__file__).parents[2] / "samples" / "misspelt" / "chain.bpmn").read_text("utf-8")
    form = {
        "type": "default",
        "id": "ask",
        "components": [{"type": "checkbox", "id": "f", "key": "urgent", "label": "急"}],
    }
    (folder / "wrong").mkdir()
    (folder / "wrong" / "chain.bpmn").write_text(model, "utf-8")
    (folder / "wrong" / "ask.form").write_text(json.dumps(form), "utf-8")
    return folder / "wrong"


def test_a_misspelt_fact_is_published_only_by_force_which_is_kept(cli: Licet) -> None:
    folder = _wrong(cli.folder)

    found = cli.json("chain", "publish", folder, "--as", "designer", code=1)
    assert_refused(cli.run("chain", "publish", folder, "--as", "designer", "--force", "演示"), 1, "not_allowed")
    cli.json("chain", "publish", folder, "--as", "admin", "--force", "演示")

    assert [finding["rule"] for finding in found if finding["severity"] == "error"] == ["unknown-fact"]
    (row,) = [row for row in cli.json("chain", "list") if row["name"] == "misspelt"]
    assert (row["forced"]["by"], row["forced"]["reason"]) == ("admin", "演示")


def test_a_chain_whose_scenario_fails_is_not_published(cli: Licet) -> None:
    folder = _wrong(cli.folder)
    text = (folder / "chain.bpmn").read_text("utf-8")
    (folder / "chain.bpmn").write_text(text.replace("=urgnet", "=urgent"), "utf-8")
    (folder / "scenarios").mkdir()
    scenario = {"name": "差错", "model": "../chain.bpmn", "steps": [{"do": {"complete": "nothing"}}]}
    (folder / "scenarios" / "main.json").write_text(json.dumps(scenario), "utf-8")

    (row,) = cli.json("chain", "publish", folder, "--as", "designer", code=1)

    assert not row["passed"] and "misspelt" not in {row["name"] for row in cli.json("chain", "list")}
