"""The press: typesets a chain's own template in a process of its own, which may read nothing, fetch nothing, and take
so much time and memory. Knows no chain.

What a designer wrote is code: it may loop for ever, ask for all memory, or for files and packages. So each document is
made in a fresh process, in a folder that holds common.typ alone; whatever becomes of it, the hall goes on.
"""

from __future__ import annotations

import json
import shutil
import signal
import subprocess
import sys
import tempfile
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from typing import Any

from adapters.wording import shown
from engine.base.canonical import composed
from engine.base.errors import Fault

HERE = Path(__file__).parent

CPU_SECONDS = 20
"""A letter takes a tenth of a second, and up to three where the fonts are read for the first time."""

WALL_SECONDS = 60.0
"""The same on a machine that is busy with other things."""

MOST_MEMORY = 2**30
MOST_BYTES = 16 * 2**20

# Nothing of ours. The proxy is nobody: the child asks for a package, and no address outside is ever tried.
_NOWHERE = "http://127.0.0.1:9"
_PROXIES = ("http_proxy", "https_proxy", "HTTP_PROXY", "HTTPS_PROXY", "ALL_PROXY")
# One thread: on a machine with many cores each would reserve memory of its own.
_ENVIRONMENT = dict.fromkeys(_PROXIES, _NOWHERE) | {"RAYON_NUM_THREADS": "1", "MALLOC_ARENA_MAX": "1"}


@dataclass(frozen=True, slots=True)
class Trouble:
    """Why a template can't be typeset, and in which of its lines, where that is known.

    `repeats`: the message is typst's own, which may repeat a value.
    """

    message: str
    line: int | None = None
    repeats: bool = False


def typeset(
    source: bytes,
    values: Mapping[str, Any],
    families: Sequence[str],
    folders: Sequence[Path] = (),
) -> bytes | Trouble:
    """Return the PDF, or why there is none. `families`: names of the fonts; `folders`: those with fonts of their own.

    Raises Fault where no process can be started.
    """
    at = values.get("time")
    job = {
        "data": json.dumps(shown(values) | {"fonts": list(families)}, ensure_ascii=False),
        "fonts": [str(folder.resolve()) for folder in folders],
        "timestamp": int(at.timestamp()) if isinstance(at, datetime) else 0,
        "seconds": CPU_SECONDS,
        "memory": MOST_MEMORY,
        "most": MOST_BYTES,
    }
    with tempfile.TemporaryDirectory(prefix="licet-press-") as folder:
        shutil.copyfile(HERE / "common.typ", Path(folder) / "common.typ")
        try:
            done = subprocess.run(
                [sys.executable, "-I", str(HERE / "typesetter.py")],
                input=json.dumps(job).encode() + b"\n" + _in_nfc(source),
                capture_output=True,
                cwd=folder,
                env=_ENVIRONMENT | {"HOME": folder},
                timeout=WALL_SECONDS,
                check=False,
            )
        except subprocess.TimeoutExpired:
            return Trouble(f"it takes longer than {WALL_SECONDS:.0f} seconds")
        except OSError as error:
            raise Fault(f"Expected to start a process that typesets; found: {error.strerror}.") from error
    return _outcome(done.returncode, done.stdout)


def _in_nfc(source: bytes) -> bytes:
    try:
        return composed(source.decode("utf-8")).encode()
    except UnicodeDecodeError:
        return source  # the typesetter says so


def _outcome(returned: int, out: bytes) -> bytes | Trouble:
    if returned == 0 and out[:1] == b"P":
        return out[1:]
    if returned == 0 and out[:1] == b"E":
        wrong = json.loads(out[1:])
        return Trouble(wrong["message"], wrong["line"], repeats=True)
    if returned == -signal.SIGXCPU:
        return Trouble(f"it takes longer than {CPU_SECONDS} seconds")
    return Trouble(f"it needs more than {MOST_MEMORY // 2**30} GB of memory, or breaks the typesetter")
