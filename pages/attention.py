"""Attention: in ten seconds, each patch asks a question, and every head answers it differently, with weights that sum to one.

The person moves over the picture and sees all heads answer at once, and how one weight is computed.
"""

from functools import partial

from ui import shell
from ui.attention import explained as attention
from ui.attention import whole_model
from ui.compare import payload as compare
from ui.kit import components, explain
from ui.state import session

shell.require()

shell.lead("attention")
result = components.attention(session.payload("attention", components.attention_payload))
whole_model.section()
compare.section("attention")
selection, trace = session.current(), session.analysis().trace
explain.sections(
    formulas=partial(attention.formulas, trace, selection),
    code=attention.CODE,
    checks=partial(attention.checks, trace, selection, session.last_check(result.check)),
    exports=attention.exports(trace, selection),
    script=attention.script(trace, selection),
)
