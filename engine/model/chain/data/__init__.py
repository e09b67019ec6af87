"""The data of a chain: which facts may exist, of which shape, what sets them, and what in a model can't be meant.

Pure: values of the chain in, shapes and misreadings out. `rules` words what is found here.

    likeness.py     whether one name may be another, misspelt
    shapes.py       what is known beforehand about a value
    known.py        shapes that the engine itself gives
    calls.py        calls of built-in functions
    inference.py    the shape of an expression, and what in it can't be meant
    read.py         forms and decisions as shapes
    answers.py      the answers of built-in actions as shapes
    schema.py       the facts of each process
    places.py       the places of a process that hold an expression
    expressions.py  misreadings in them
    at_forms.py     misreadings in forms
    at_fields.py    fields that are never shown, or never read
    at_tables.py    misreadings in decisions
    readers.py      who reads a fact
    written.py      facts that are set under a name that nothing reads, near to one that is read
    needs.py        which names an expression needs to be set
    ground.py       facts as bits, and the ways to each element
    setting.py      which facts are surely set where
    unset.py        readings of facts that some way there doesn't set
    acts.py         misreadings of built-in actions, recipients, people, calls
    at_templates.py misreadings of what templates are given
"""
