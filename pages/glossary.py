"""Glossary: in ten seconds, find any word or symbol of this app, with its meaning and its size in the model that runs.

The person searches, picks an entry, and goes to the page where it shows.
"""

from functools import partial

from ui import shell
from ui.glossary import explained as glossary_page
from ui.glossary import payload as glossary
from ui.kit import components, explain
from ui.state import session

shell.require()

shell.lead("glossary")
trace, selection = session.analysis().trace, session.current()
components.glossary(glossary.page_payload(trace))
explain.sections(
    formulas=partial(glossary_page.formulas, trace),
    code=glossary_page.CODE,
    checks=partial(glossary_page.checks, trace, selection),
    exports=glossary_page.exports(trace),
    script=glossary_page.script(trace, selection),
)
