"""Glossary: in ten seconds, find any word or symbol of this app, with its meaning and its size in the model that runs.

The person searches, picks an entry, and goes to the page where it shows.
"""

from functools import partial

from ui import shell
from ui.glossary import explained, page
from ui.kit import explain
from ui.standalone.export import web_page
from ui.state import session

shell.require()

shell.lead("glossary")
page.stage()
trace, selection = session.analysis().trace, session.current()
explain.sections(
    formulas=partial(explained.formulas, trace),
    code=explained.CODE,
    checks=partial(explained.checks, trace, selection),
    exports=[*explained.exports(trace), web_page("glossary")],
    script=explained.script(trace, selection),
)
