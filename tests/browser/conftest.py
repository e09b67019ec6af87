"""A real browser: Debian's Chromium, or the one that LICET_CHROMIUM names. Without one the tests are skipped."""

from __future__ import annotations

import os
import shutil
import subprocess
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from playwright.sync_api import Browser, Page, expect

from webui.build import ASSETS, BuildFailed, node_and_npm

SLOW_MACHINE_MS = 20_000
"""How long an expectation waits: two cores that run the whole suite are busy; a page that never comes still fails."""

expect.set_options(timeout=SLOW_MACHINE_MS)

HERE = Path(__file__).parent
NAMES = ("chromium", "chromium-browser", "google-chrome")


def chromium() -> str | None:
    named = os.environ.get("LICET_CHROMIUM")
    if named:
        return named if Path(named).exists() else None
    return next(filter(None, map(shutil.which, NAMES)), None)


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    missing = pytest.mark.skip(reason="no Chromium: install it, or name it in LICET_CHROMIUM")
    for item in items:
        if HERE in item.path.parents:
            item.add_marker(pytest.mark.browser)
            if chromium() is None:
                item.add_marker(missing)


@pytest.fixture(scope="session")
def browser_type_launch_args(browser_type_launch_args: dict[str, Any]) -> dict[str, Any]:
    # A container's root user has no sandbox; the pages under test are our own.
    return {**browser_type_launch_args, "executable_path": chromium(), "args": ["--no-sandbox"]}


@pytest.fixture(scope="session")
def browser_context_args(browser_context_args: dict[str, Any]) -> dict[str, Any]:
    return {**browser_context_args, "locale": "zh-CN", "viewport": {"width": 1280, "height": 860}}


@pytest.fixture(scope="session")
def script(tmp_path_factory: pytest.TempPathFactory) -> str:
    """Return form-js and the code that asks it, in one file."""
    try:
        node, _ = node_and_npm()
    except BuildFailed:
        pytest.skip("no Node: install the extra `build`")
    esbuild = ASSETS / "node_modules" / "esbuild" / "bin" / "esbuild"
    if not esbuild.exists():
        pytest.skip("form-js isn't there: run make build")
    bundle = tmp_path_factory.mktemp("bundle") / "form_parity.js"
    command = [node, str(esbuild), str(Path(__file__).with_name("form_parity.mjs")), "--bundle", "--format=iife"]
    path = os.pathsep.join((str(Path(node).parent), os.environ.get("PATH", "")))
    subprocess.run(
        [*command, f"--outfile={bundle}", "--log-level=error"],
        check=True,
        env={**os.environ, "NODE_PATH": str(ASSETS / "node_modules"), "PATH": path},
    )
    return bundle.read_text(encoding="utf-8")


@pytest.fixture(scope="session")
def judge(browser: Browser, script: str) -> Iterator[Page]:
    page = browser.new_page()
    page.set_content("<!doctype html><html lang='zh'><body></body></html>")
    page.add_script_tag(content=script)
    yield page
    page.close()
