"""Lessons: in ten seconds, three plans for a class, a lecture or yourself, each a list of views with a question.

The person opens a view, answers its question, and opens what the model says; or collects views in a lesson of their own.
"""

from functools import partial

from ui import shell
from ui.kit import explain
from ui.lessons import explained, page
from ui.lessons.script import script
from ui.standalone.export import web_page
from ui.state import session

shell.require()

shell.lead("lessons")
page.stage()
seen = page.seen(session.analysis())
explain.sections(
    formulas=partial(explained.formulas, seen),
    code=explained.CODE,
    checks=partial(explained.checks, seen),
    exports=[*explained.exports(seen), web_page("lessons")],
    script=script(seen, session.current()),
)
