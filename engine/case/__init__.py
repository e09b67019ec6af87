"""One case: `decide` says what a command does, `evolve` is the only way that a case changes. Pure.

    records     commands and effects, and their JSON
    facts       the facts of a case, read when they are asked for
    state       the case as it stands, and `evolve`
    normal_form  its stored form and digest
    context     what a decision may see beside the case: times, chain version, calendar, organisation, salts
    working     the working copy while a command is carried out
    functions   the host functions of FEEL               timers      what the texts of timers mean
    clocks      the clocks of a matter                   acceptance  what stands in the way of a receipt or a grant
    actions     the built-in actions of the law          moves       where a token may be moved by hand
    migration   a case moved to another chain version    host        what the runtime asks of the case
    execution   the working copy and the run while a command is carried out; brought to rest after its handler
    handlers    what each kind of command does: one function a kind, in modules by subject, in one table
    decide      a command becomes effects, or a refusal
    journal     entries and their hash chain
    authority   who may do what, and see which case
    confidential  which facts of it a person may not read
    administration  who may do what concerns no case

Nothing here reads a clock, a file or a database.
"""
