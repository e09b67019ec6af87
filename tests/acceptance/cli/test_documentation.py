"""The examples of docs/commands.md, docs/letters.md and docs/first-chain.md do what the pages say."""

from __future__ import annotations

import os
import re
import shlex
import subprocess
import sys
from collections.abc import Callable
from contextlib import chdir
from pathlib import Path

import pytest
from click.testing import CliRunner

from webui.cli.main import licet

ROOT = Path(__file__).parents[3]
COMMAND = re.compile(r"^    \$ (.+)\n((?:    (?!\$|licet ).+\n)*)", re.MULTILINE)
FILE = re.compile(r"^\*\*`([^`]+)`\*\*\n\n```\w+\n(.*?)^```$", re.MULTILINE | re.DOTALL)
PAGES = [(ROOT / "docs" / name).read_text("utf-8") for name in ("commands.md", "letters.md")]
EXAMPLES = [example for page in PAGES for example in COMMAND.findall(page)]
FIRST_CHAIN = (ROOT / "docs/first-chain.md").read_text("utf-8")
OURS = re.compile(r"(?:echo ('[^']*') \| )?licet ([^|>]+?)(?: > (\S+)| \| tail -n (\d+))?")
"""A command of `licet` alone: what goes in (1), its words (2), the file it goes to (3), last lines shown (4)."""


Done = subprocess.CompletedProcess[str]


def by_a_shell(command: str, folder: Path, **more: str) -> Done:
    """Run a command of a page as its reader would, with the `licet` of this environment."""
    path = os.pathsep.join([str(Path(sys.executable).parent), os.environ["PATH"]])
    own = {name: value for name, value in os.environ.items() if not name.startswith("LICET_")}
    return subprocess.run(
        ["bash", "-c", f"set -o pipefail; {command}"],
        cwd=folder,
        env={**own, "PATH": path, **more},
        capture_output=True,
        text=True,
    )


def in_this_process(command: str, folder: Path, **more: str) -> Done:
    """Run a command of a page without starting Python for each `licet`; what isn't `licet`, by a shell."""
    ours = OURS.fullmatch(command)
    if ours is None:
        assert "licet" not in command, command
        return by_a_shell(command, folder, **more)
    said, words, file, last = ours.groups()
    environment = dict.fromkeys(name for name in os.environ if name.startswith("LICET_")) | more
    given = f"{shlex.split(said)[0]}\n" if said else None
    with chdir(folder):
        result = CliRunner().invoke(licet, shlex.split(words), given, environment)
    out = result.stdout
    if file:
        (folder / file).write_text(out, "utf-8")
        out = ""
    if last:
        out = "".join(out.splitlines(keepends=True)[-int(last) :])
    return Done(command, result.exit_code, out, result.stderr)


Run = Callable[..., Done]
LONG = (pytest.mark.soak, pytest.mark.long)
ALIKE = pytest.mark.parametrize("run", [in_this_process, pytest.param(by_a_shell, marks=LONG)])


@ALIKE
@pytest.mark.parametrize(("command", "output"), EXAMPLES, ids=[command[:40] for command, _ in EXAMPLES])
def test_the_page_shows_what_the_command_prints(run: Run, command: str, output: str, tmp_path: Path) -> None:
    done = run(command, ROOT, LICET_DATABASE=f"sqlite:///{tmp_path / 'none.db'}")

    assert (done.returncode, done.stderr) == (0, "")
    assert done.stdout == unindented(output)


def test_the_page_has_examples() -> None:
    assert len(EXAMPLES) >= 5


@ALIKE
def test_a_first_chain_is_built_in_an_empty_folder_from_the_page_alone(run: Run, tmp_path: Path) -> None:
    for name, content in FILE.findall(FIRST_CHAIN):
        (tmp_path / name).parent.mkdir(parents=True, exist_ok=True)
        (tmp_path / name).write_text(content, "utf-8")
    commands = COMMAND.findall(FIRST_CHAIN)

    told = [(command, output, run(command, tmp_path)) for command, output in commands]

    wrong = [
        (command, done.stdout, done.stderr)
        for command, output, done in told
        if done.stderr or not re.fullmatch(shown(output), done.stdout) or done.returncode != (" error: " in output)
    ]
    assert wrong == [] and len(commands) >= 10


def test_the_picture_of_the_first_chain_shows_each_element_of_it() -> None:
    [model] = [content for name, content in FILE.findall(FIRST_CHAIN) if name.endswith(".bpmn")]
    drawn = re.findall(r'data-element-id="(\w+)"', (ROOT / "docs/images/first-chain.svg").read_text("utf-8"))

    stated = re.findall(r'bpmnElement="(\w+)"><(?:dc|di):', model)

    assert {id for id in drawn if not id.endswith("_label")} >= set(stated) and len(stated) > 30


def unindented(output: str) -> str:
    return re.sub(r"^    ", "", output, flags=re.MULTILINE)


def shown(output: str) -> str:
    """The pattern of an output: `…` stands for the rest that differs from run to run."""
    return r"[^\n]*".join(map(re.escape, unindented(output).split("…")))
