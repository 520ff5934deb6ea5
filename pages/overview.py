"""Overview: in ten seconds, a picture is cut into patches, each becomes a token, twelve blocks mix them, and one token answers.

The person sees their own picture go through, patch by patch, and where each stage is explained.
"""

from functools import partial

from ui import shell
from ui.compare import payload as compare
from ui.kit import components, explain
from ui.overview import explained as overview
from ui.state import session

shell.require()

shell.lead("overview")
components.overview(session.payload("overview", components.overview_payload))
compare.section("overview")
selection, trace = session.current(), session.analysis().trace
explain.sections(
    formulas=partial(overview.formulas, trace),
    code=overview.CODE,
    checks=partial(overview.checks, trace, selection.token),
    exports=overview.exports(trace, selection),
    script=overview.script(selection, trace.config.num_classes),
)
