"""Completes one task of the shipped business start-up chain over HTTP, and counts the way through the house.

    cd CHECKOUT && .venv/bin/python PATH/docs/house/walk.py [--json] [--files] [--frames]

The checkout is the current folder: the script finds what it needs by the names of classes and functions, so that it
also runs on an older layout. It sets up the demonstration hall without cases in a temporary folder (SQLite, Flask's
test client), signs `window1` in, opens a case at the intake, and completes its first task, the intake form:
POST /cases/CASE/tasks/TOKEN/complete. Counted from the request until its answer:

files   distinct Python files of engine/, adapters/ and webui/ in which a function is entered. It is the first
        completion in the process: what is read once and then kept in memory counts. `warm`: the same for a second case
frames  calls from `Engine.execute` (not counted) down to `Working.emit` (counted) when the task is closed, the effect
        `task_closed`: the depth of the Python stack. Up to Python 3.11 a comprehension is a frame of its own.
        `deepest`: the most for any effect of the command

`--json` also gives the functions that are entered, as "file function", in the order in which they are first entered:
`entered` on the way, `page` for the case page that the browser goes to then.
"""

from __future__ import annotations

import argparse
import ast
import importlib
import json
import re
import sys
import tempfile
import types
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

ROOMS = ("engine", "adapters", "webui")
PERSON = "window1"
APPLICANT = {"kind": "person", "name": "示范申请人甲", "id_number": "11010519491231002X", "phone": "13800138000"}


class Clock:
    """A clock that stands still on a Monday morning."""

    def now(self) -> datetime:
        return datetime(2026, 3, 2, 1, tzinfo=UTC)


def named(root: Path, name: str, *, room: str) -> Any:
    """The class or function of this name in a room of the checkout, wherever it lives there."""
    for path in sorted((root / room).rglob("*.py")):
        body = ast.parse(path.read_text("utf-8")).body
        if any(isinstance(node, (ast.ClassDef, ast.FunctionDef)) and node.name == name for node in body):
            module = path.relative_to(root).with_suffix("").as_posix().replace("/", ".")
            return getattr(importlib.import_module(module), name)
    raise SystemExit(f"{root}/{room} has no {name}.")


def client(root: Path, folder: Path) -> Any:
    """A test client, signed in, of the demonstration hall in that folder."""
    store = named(root, "Store", room="engine").open(f"sqlite:///{folder / 'licet.db'}")
    store.upgrade()
    store.ready(True)
    settings = importlib.import_module("adapters.settings").Settings(data=folder)
    hall = named(root, "composed", room="webui")(store, settings, Clock())
    demonstration = sys.modules[named(root, "open_accounts", room="webui").__module__]
    demonstration.set_up(hall)
    demonstration.open_accounts(hall)
    passwords = importlib.import_module("adapters.identity").read_demonstration(settings.demonstration_accounts)
    house = importlib.import_module("webui.house")
    pages = (getattr(house, "PageSettings", None) or house.Settings)("only-for-the-walk")  # as older ones call it
    found = named(root, "create_app", room="webui")(hall.house(pages)).test_client()
    carry_token(found, "/sign-in")
    answer = found.post("/sign-in", data={"account": PERSON, "password": passwords[PERSON]})
    assert answer.status_code == 302, answer.text
    carry_token(found, "/mailbox")
    return found


def carry_token(browser: Any, page: str) -> None:
    """From now on the browser sends the CSRF token of that page, as the pages' scripts do."""
    token = re.search(r'name="csrf-token" content="([^"]+)"', browser.get(page).text)
    assert token is not None, page
    browser.environ_base["HTTP_X_CSRFTOKEN"] = token[1]


def opened(browser: Any) -> str:
    """Opens a case of business start-up; the address of its intake task."""
    answer = browser.post("/intake/business_startup", data=APPLICANT | {"title": "示范申办"})
    assert answer.status_code == 302, answer.text
    return str(answer.location)


class Watch:
    """Notes each Python function that is entered, while it is the profiler."""

    def __init__(self, root: Path) -> None:
        self.folders = tuple(f"{root / room}/" for room in ROOMS)
        self.root = root
        self.entered: dict[str, None] = {}  # "file function", in the order of their first entry
        self.effects: list[tuple[str, list[str]]] = []  # (class, functions from below `execute` to `emit`)

    def __call__(self, frame: types.FrameType, event: str, _: Any) -> None:
        code = frame.f_code
        if event != "call" or not code.co_filename.startswith(self.folders):
            return
        self.entered[f"{Path(code.co_filename).relative_to(self.root).as_posix()} {code.co_qualname}"] = None
        if code.co_qualname == "Working.emit":
            self.effects.append((type(frame.f_locals["effect"]).__name__, below_execute(frame)))

    @property
    def files(self) -> list[str]:
        return list(dict.fromkeys(entry.split(" ")[0] for entry in self.entered))

    @contextmanager
    def watching(self) -> Iterator[None]:
        sys.setprofile(self)
        try:
            yield
        finally:
            sys.setprofile(None)


def below_execute(frame: types.FrameType | None) -> list[str]:
    """The functions that stand on the stack above `Engine.execute`, outermost first."""
    names = []
    while frame is not None and frame.f_code.co_qualname != "Engine.execute":
        names.append(f"{Path(frame.f_code.co_filename).name}: {frame.f_code.co_qualname}")
        frame = frame.f_back
    return names[::-1]


def watched(root: Path) -> tuple[Watch, Watch, Watch]:
    """The first completion in this process, a second one of another case, and the page of that case."""
    scenario = json.loads((root / "bpmn/business_startup/after/scenarios/main.json").read_text("utf-8"))
    filled = scenario["steps"][0]["variables"]
    first, second, page = Watch(root), Watch(root), Watch(root)
    with tempfile.TemporaryDirectory() as folder:
        browser = client(root, Path(folder))
        for watch, name in ((first, "云岭示范科技有限公司"), (second, "云岭示范科技二号有限公司")):
            task = opened(browser)
            body = {"variables": filled | {"company_name": name}}
            with watch.watching():
                answer = browser.post(f"{task}/complete", json=body, headers={"Accept": "application/json"})
            assert answer.status_code == 200, answer.text
        with page.watching():
            answer = browser.get(answer.json["location"])
        assert answer.status_code == 200, answer.text
    return first, second, page


def main() -> None:
    parser = argparse.ArgumentParser(description=str(__doc__).partition("\n")[0])
    for option, told in (("json", "one JSON object"), ("files", "list the files"), ("frames", "list the frames")):
        parser.add_argument(f"--{option}", action="store_true", help=told)
    asked = parser.parse_args()
    root = Path.cwd()
    sys.path.insert(0, str(root))
    first, second, page = watched(root)
    frames = next(frames for effect, frames in first.effects if effect == "TaskClosed")
    figures = {
        "files": len(first.files),
        "warm": len(second.files),
        "frames": len(frames),
        "deepest": max(len(frames) for _, frames in first.effects),
        "effects": len(first.effects),
    }
    if asked.json:
        print(json.dumps(figures | {"entered": list(first.entered), "page": list(page.entered)}))
        return
    print(", ".join(f"{name} {value}" for name, value in figures.items()))
    for line in asked.files * first.files:
        print(f"  {line}")
    for line in asked.frames * frames:
        print(f"  {line}")


if __name__ == "__main__":
    main()
