"""A chain read, checked, and its tokens moved. Knows nothing of cases.

soundness  the state space of a process
chain      models read, checked, measured
runtime    tokens in, tokens out: the only room that knows SpiffWorkflow
"""
