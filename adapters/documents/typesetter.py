"""The child process in which a chain's own template is typeset: nothing that it does outlives it or reaches further.

Reads a job from standard input (one line of JSON, then the source), writes `P` and the PDF, or `E` and a JSON object of
what is wrong, to standard output. Its working folder, which alone typst may read, holds common.typ and nothing else.
Started as a file of its own, so that it knows nothing of Licet.
"""

from __future__ import annotations

import json
import re
import resource
import sys
from typing import Any

import typst

_PLACE = re.compile(r"__typst_py_bytes__\.typ:(\d+):")
_LONGEST = 500  # of a message: a template may panic with as much as it likes, and an incident keeps it for ever
_SEARCHED = re.compile(r" \(searched at [^)]*\)")


def main() -> None:
    job = json.loads(sys.stdin.buffer.readline())
    source = sys.stdin.buffer.read()
    resource.setrlimit(resource.RLIMIT_CPU, (job["seconds"], job["seconds"] + 1))
    resource.setrlimit(resource.RLIMIT_AS, (job["memory"], job["memory"]))
    kind, content = _typeset(source, job)
    sys.stdout.buffer.write(kind + content)


def _typeset(source: bytes, job: dict[str, Any]) -> tuple[bytes, bytes]:
    compiler = typst.Compiler(
        root=".", font_paths=job["fonts"], package_path="no-packages", package_cache_path="no-packages"
    )
    try:
        made = compiler.compile(
            input=source, format="pdf", sys_inputs={"data": job["data"]}, timestamp=job["timestamp"]
        )
    except typst.TypstError as error:
        place = _PLACE.search(error.diagnostic)
        wrong = {"message": _SEARCHED.sub("", error.message)[:_LONGEST], "line": int(place[1]) if place else None}
        return b"E", json.dumps(wrong).encode()
    except (RuntimeError, ValueError, MemoryError) as error:
        return b"E", json.dumps({"message": f"the typesetter breaks: {type(error).__name__}", "line": None}).encode()
    assert isinstance(made, bytes)
    if len(made) > job["most"]:
        return b"E", json.dumps({"message": f"the document is larger than {job['most']} bytes", "line": None}).encode()
    return b"P", made


if __name__ == "__main__":
    main()
