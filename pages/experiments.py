"""Experiments: in ten seconds, attention says where the model looks; covering, silencing and moving say what its answer depends on.

The person covers patches, silences heads, removes patches in an order, and changes tokens on their way, on their own picture.
"""

from functools import partial

from ui import shell
from ui.experiments import explained as experiments_explained
from ui.experiments import payload as experiments
from ui.kit import explain
from ui.state import session

shell.require()

shell.lead("experiments")
experiments.section()
selection, trace = session.current(), session.analysis().trace
explain.sections(
    formulas=partial(experiments_explained.formulas, trace),
    code=experiments_explained.CODE,
    checks=partial(experiments_explained.checks, trace, selection),
    exports=experiments_explained.exports(trace, selection),
    script=experiments_explained.script(trace, selection),
)
