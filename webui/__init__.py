"""The pages. Knows Flask and what a browser needs; holds no rule about permits.

A view makes four moves: identify, parse, execute, render. The engine decides whether somebody may do something: a
page shows a button only where the view's `may` names the command.
"""

from webui.app import create_app
from webui.house import House, PageSettings

__all__ = ["House", "PageSettings", "create_app"]
