"""The command line, a module an audience. Prints what `engine` answers; holds no rule."""

from webui.cli.main import main

__all__ = ["main"]
