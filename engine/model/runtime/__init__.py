"""Moves the tokens of a case through its process. The only room that knows SpiffWorkflow.

A `Program` is made once per chain version; a `Run` moves the tokens of one case. The runtime holds no data and has no
clock: it asks a `Host` for facts, numbers, time, decisions and actions, and tells the host every change as a value.
Those values, applied one after the other (`changes.fold`), give the normal form; nothing else is stored.

    changes.py    the changes, and the normal form that they add up to
    host.py       the questions that the runtime asks of a case
    places.py     where in a model something failed
    tree.py       tokens, elements and levels: SpiffWorkflow's tasks, task specs and workflows
    levels.py     the two kinds of levels
    nodes.py      activities; gateways.py, events.py and multi.py: the other elements
    reading.py    from BPMN files to bodies that can run
    stepper.py    moves the tokens until all of them wait
    run.py        the commands of a run
"""

from engine.model.runtime.changes import NormalForm
from engine.model.runtime.host import Host
from engine.model.runtime.run import Program, Run

__all__ = ["Host", "NormalForm", "Program", "Run"]
