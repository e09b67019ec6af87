"""Tokens in, tokens out: where the tokens of a case go. The only room that knows SpiffWorkflow.

A `Program` is made once per chain version; a `Run` moves the tokens of one case. The runtime holds no data and has no
clock: facts, numbers, time, decisions and actions are the `Host`'s, and every change goes to it as a value. The fold
of those values (`changes.fold`) is the normal form, which is all that is stored.
"""

from engine.model.runtime.changes import NormalForm
from engine.model.runtime.host import Host
from engine.model.runtime.run import Program, Run

__all__ = ["Host", "NormalForm", "Program", "Run"]
