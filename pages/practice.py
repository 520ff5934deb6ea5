"""Practice: in ten seconds, a way to make a ViT cheaper is run on your picture, and you see what it saves and what it costs.

The person opens one of five strategies, moves its slider, and sees on the picture what the model loses; then time, memory and agreement.
"""

from ui import components, explain, practice, practice_payload, practice_setting, shell

shell.require()

shell.lead("practice")
practice.tabs()
place = practice_setting.place()
practice.words(place)
components.practice(practice_payload.payload(place))
practice.results(place)
explain.sections(
    formulas=practice.formulas(place),
    code=practice.CODE[place.demo],
    checks=practice.checks(place),
    exports=practice.exports(place),
    script=practice.script(place),
)
