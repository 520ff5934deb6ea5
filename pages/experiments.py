"""Experiments: in ten seconds, attention says where the model looks; covering, silencing and moving say what its answer depends on.

The person covers patches, silences heads, removes patches in an order, and changes tokens on their way, on their own picture.
"""

from functools import partial

from ui import shell
from ui.experiments import explained, page
from ui.kit import explain
from ui.standalone.export import web_page
from ui.state import session

shell.require()

shell.lead("experiments")
page.stage()
selection, trace = session.current(), session.analysis().trace
explain.sections(
    formulas=partial(explained.formulas, trace),
    code=explained.code(),
    checks=partial(explained.checks, trace, selection),
    exports=[*explained.exports(trace, selection), web_page("experiments", said=[page.open_name()])],
    script=explained.script(trace, selection),
)
