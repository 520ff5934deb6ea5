"""The guide's page: all answers of `published.guide.suggest` in a table for the browser, and the situation that a link holds."""

from dataclasses import asdict, replace
from functools import lru_cache

import numpy as np

from published.evidence import findings
from published.guide import OPTIONS, Choice, Situation, situations, suggest
from published.guide_cost import choice_cost
from published.guide_rules import RULES
from ui.choosing.words import APPROACHES, ATTENTION, COLOURS, FIELDS, IF_WORDS
from ui.kit.components import component
from ui.kit.payload import pack
from ui.performance.payload import packed_claims, packed_parts
from ui.state import session
from ui.state.selection import view_values

NOTHING = 255


@lru_cache(maxsize=1)
def answers() -> tuple[list[Choice], np.ndarray, np.ndarray]:
    """Every suggestion, in the order of `situations()`: the different choices, which one it is, and its rules' numbers up to `NOTHING`."""
    found = [suggest(situation) for situation in situations()]
    choices = list(dict.fromkeys(one.choice for one in found))
    numbers = {name: number for number, name in enumerate(RULES)}
    picks = np.array([choices.index(one.choice) for one in found], dtype=np.uint8)
    held = [[numbers[name] for name in (*one.reasons, *one.alternatives, *one.traps)] for one in found]
    longest = max(map(len, held))
    return choices, picks, np.array([row + [NOTHING] * (longest - len(row)) for row in held], dtype=np.uint8)


@lru_cache(maxsize=1)
def payload() -> bytes:
    """What the guide is sent, once: questions, all answers, rules with their evidence, and costs. Nothing depends on the picture."""
    choices, picks, held = answers()
    evidence = {name: {"text": packed_parts(found.text), "sources": list(found.sources)} for name, found in findings().items()}
    costs = {
        model: {str(size): asdict(choice_cost(model, size)) for size in OPTIONS["size"]}
        for model in sorted({choice.model for choice in choices})
    }
    fields = [
        {"name": name, "label": label, "options": [[value, words[value]] for value in OPTIONS[name]], "if": IF_WORDS[name]}
        for name, (label, words) in FIELDS.items()
    ]
    trapped = {name for rule in RULES.values() if rule.role == "trap" for name in rule.evidence}
    return pack(
        {"picks": picks, "rules": held},
        fields=fields,
        start=[OPTIONS[name].index(value) for name, value in asdict(Situation()).items()],
        choices=[asdict(choice) for choice in choices],
        approaches={name: [title, words, COLOURS[name]] for name, (title, words) in APPROACHES.items()},
        attention=ATTENTION,
        rulebook=[{"id": rule.id, "role": rule.role, "text": rule.text, "evidence": list(rule.evidence)} for rule in RULES.values()],
        evidence=evidence,
        claims=[claim for claim in packed_claims() if claim["id"] in trapped],
        costs=costs,
    )


def read_situation(view: str) -> Situation:
    """The situation of a link's view, `{"g": [numbers of the options]}`; the default for what is none, as `choosing.js` reads it."""
    numbers = view_values(view).get("g")
    situation = Situation()
    if not isinstance(numbers, list) or len(numbers) != len(OPTIONS):
        return situation
    for (name, values), number in zip(OPTIONS.items(), numbers, strict=True):
        if type(number) is int and 0 <= number < len(values):
            situation = replace(situation, **{name: values[number]})
    return situation


def situation() -> Situation:
    """The session's situation."""
    return read_situation(session.current().view)


def guide(data: bytes) -> None:
    """Draw the guide; what is chosen comes back through the strip, in `view`."""
    component("choosing")(key="choosing", data=data)
