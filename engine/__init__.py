"""The engine: permit chains executed, counted by the law and written down.

A room imports only rooms named before it here; the import contracts in setup.cfg keep it, in the tests:

    errors      the error tree                         canonical   bytes that are hashed
    terms       identifiers and their check digits     workdays    what a limit counts
    feel        the expression language                decisions   DMN over it
    forms       a submission checked                   shapes      JSON texts as frozen values
    catalogue   items, materials, limits, fees         organisation   departments, people, delegated powers
    matter      the law's lifecycle, and the built-in actions
    soundness   the state space of a process           chain       models read, checked, measured
    runtime     tokens in, tokens out                  records     commands and effects
    case        decide and evolve: what a command does
    journal     entries and their hash chain           authority   who may do what
    ports       what is needed from outside            store       tables, transactions, outbox
    library     published versions                     views       everything that is read
    door        Engine.execute: the one way in         scheduler   time and answers as commands
    scenarios   a chain rehearsed under virtual time

Pure up to `authority`: no clock, no file, no database, but for reading chains from disk. `now` is passed in.
"""
