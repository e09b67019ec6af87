"""The contents of a wheel: all that `licet` needs away from the checkout, and nothing of the tests."""

from __future__ import annotations

import shutil
import subprocess
import sys
import tarfile
from pathlib import Path
from zipfile import ZipFile

import pytest

ROOT = Path(__file__).parents[2]
PACKAGED = ("adapters", "bpmn", "engine", "webui")
LEFT_OUT = ("webui/assets/", "webui/desk/assets/", "webui/translations/en/LC_MESSAGES/messages.po")


def copied(copy: Path) -> Path:
    """Copy what a package is made of: the checkout stays as it is."""
    copy.mkdir()
    for name in PACKAGED:
        shutil.copytree(ROOT / name, copy / name, ignore=shutil.ignore_patterns("node_modules", "__pycache__"))
    for name in ("setup.cfg", "pyproject.toml", "MANIFEST.in", "README.md", "LICENSE"):
        shutil.copy(ROOT / name, copy)
    return copy


@pytest.fixture(scope="module")
def wheel(tmp_path_factory: pytest.TempPathFactory) -> set[str]:
    """Names of the files in a wheel, made of a copy: the checkout stays as it is."""
    if not (ROOT / "webui/static/dist/.stamp").exists():
        pytest.skip("the pages aren't built: make build")
    folder = tmp_path_factory.mktemp("wheel")
    copy = copied(folder / "copy")
    words = ["pip", "wheel", "--quiet", "--no-deps", "--no-build-isolation", "--wheel-dir", str(folder), str(copy)]
    done = subprocess.run([sys.executable, "-m", *words], capture_output=True, text=True)
    assert done.returncode == 0, done.stderr
    (made,) = folder.glob("licet-*.whl")
    return set(ZipFile(made).namelist())


def files(*patterns: str) -> set[str]:
    found = (path for pattern in patterns for path in ROOT.glob(pattern) if path.is_file())
    names = {path.relative_to(ROOT).as_posix() for path in found if "node_modules" not in path.parts}
    return {name for name in names if not name.startswith(LEFT_OUT)}


@pytest.mark.parametrize(
    "patterns",
    [
        [f"{name}/**/*.py" for name in PACKAGED],
        ["bpmn/**/*.bpmn", "bpmn/**/*.dmn", "bpmn/**/*.form", "bpmn/**/*.json", "bpmn/**/*.md", "bpmn/**/*.svg"],
        ["engine/hall/store/migrations/**/*.py", "engine/hall/store/migrations/*.mako", "engine/py.typed"],
        ["adapters/**/*.typ", "adapters/**/*.json"],
        ["webui/**/templates/**/*", "webui/static/**/*", "webui/translations/**/*.mo"],
    ],
    ids=["modules", "chains", "migrations", "documents", "pages"],
)
def test_the_wheel_carries_all_of_it(patterns: list[str], wheel: set[str]) -> None:
    wanted = files(*patterns)

    assert wanted and wanted <= wheel, sorted(wanted - wheel)


def test_the_wheel_carries_its_licences(wheel: set[str]) -> None:
    assert any(name.endswith(".dist-info/licenses/LICENSE") for name in wheel)
    assert "webui/static/dist/LICENSES.txt" in wheel  # of what is bundled into the pages


def test_the_wheel_carries_nothing_else(wheel: set[str]) -> None:
    strangers = {name.partition("/")[0] for name in wheel} - set(PACKAGED)

    assert len(strangers) == 1 and strangers.pop().endswith(".dist-info")
    assert not any(name.startswith(LEFT_OUT) or "__pycache__" in name for name in wheel)


def test_the_source_archive_carries_the_rooms_of_pages_and_no_package_of_others(tmp_path: Path) -> None:
    copy = copied(tmp_path / "copy")
    strange = copy / "webui" / "assets" / "node_modules" / "strange"
    strange.mkdir(parents=True)
    (strange / "index.js").write_text("")

    make = "from setuptools import build_meta; build_meta.build_sdist('made')"
    done = subprocess.run([sys.executable, "-c", make], cwd=copy, capture_output=True, text=True)

    assert done.returncode == 0, done.stderr
    (archive,) = (copy / "made").glob("*.tar.gz")
    with tarfile.open(archive) as opened:
        names = {name.partition("/")[2] for name in opened.getnames()}
    assert not any("node_modules/" in name for name in names)
    patterns = ("webui/*/assets/*", "webui/assets/src/*", "webui/templates/**/*", "webui/*/templates/**/*")
    wanted = {path.relative_to(ROOT).as_posix() for one in patterns for path in ROOT.glob(one) if path.is_file()}
    assert wanted and wanted <= names, sorted(wanted - names)
