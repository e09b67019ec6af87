"""Many cases: kept, changed, proved, ticked.

ports      what is needed from outside
store      tables, transactions, outbox: the only room that knows SQLAlchemy
library    published versions
door       `Engine.execute`: the one way in
proof      `verify`: a history is what its journal says
turns      whose deadline is next
scheduler  time and answers become commands
"""
