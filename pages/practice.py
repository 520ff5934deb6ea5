"""Practice: in ten seconds, a way to make a ViT cheaper is run on your picture, and you see what it saves and what it costs.

The person opens one of five strategies, moves its slider, and sees on the picture what the model loses; then time, memory and agreement.
"""

from functools import partial

from ui import shell
from ui.kit import explain
from ui.practice import page as practice
from ui.practice import setting as practice_setting

shell.require()

shell.lead("practice")
practice.tabs()
place = practice_setting.place()
practice.words(place)
practice.stage(place)
practice.results(place)
explain.sections(
    formulas=partial(practice.formulas, place),
    code=practice.CODE[place.demo],
    checks=partial(practice.checks, place),
    exports=practice.exports(place),
    script=practice.script(place),
)
