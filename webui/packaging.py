"""What setuptools does differently for Licet: the pages are built before a wheel takes them in.

Read by setuptools on its own, by path: imports nothing of the package it lies in.
"""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

from setuptools.command.build_py import build_py


class BuildPages(build_py):  # type: ignore[misc]  # setuptools has no types
    """`build_py`, after the pages. An editable install leaves them to `make build`."""

    def run(self) -> None:
        if not self.editable_mode:
            # -P: modules beside the script must not shadow the standard library's.
            subprocess.run([sys.executable, "-P", str(Path(__file__).with_name("build.py"))], check=True)
        super().run()
