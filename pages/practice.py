"""Practice: in ten seconds, a way to make a ViT cheaper is run on your picture, and you see what it saves and what it costs.

The person opens one of five strategies, moves its slider, and sees on the picture what the model loses; then time, memory and agreement.
"""

from functools import partial

from ui import shell
from ui.kit import explain
from ui.practice import explained, page
from ui.practice.formulas import formulas
from ui.practice.setting import place
from ui.standalone.export import web_page

shell.require()

shell.lead("practice")
page.tabs()
now = place()
page.strategy(now)
page.stage(now)
page.results(now)
explain.sections(
    formulas=partial(formulas, now),
    code=explained.CODE[now.demo],
    checks=partial(explained.checks, now),
    exports=[*explained.exports(now), web_page("practice", said=page.said(now))],
    script=explained.script(now),
)
