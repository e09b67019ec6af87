"""DMN, decision models over FEEL: read once, decided with inputs. Pure: no clock, no I/O.

    model = decisions.read(content)
    model.decide("Eligibility", {"Age": 30})

DMN 1.1 to 1.5: decision tables with all hit policies and aggregators, all boxed expressions, business knowledge
models, decision services, required decisions, imports. Everything wrong in a file is listed in `model.problems`;
whatever fails while deciding gives null and a warning. `decisions.tck` runs test cases in the format of the DMN
conformance kit.
"""

from engine.language.decisions import tck
from engine.language.decisions.model import DecisionProblem, Model, read
from engine.language.decisions.tables import watched

__all__ = ["DecisionProblem", "Model", "read", "tck", "watched"]
