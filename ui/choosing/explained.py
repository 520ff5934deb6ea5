"""What the choosing page explains under its guide: the costs with their numbers, the function's code, checks, exports and a script."""

import math
from dataclasses import asdict

import vit_core
from published import evidence, guide, guide_cost
from published.guide import choose, sensitivity, suggest
from published.guide_rules import RULES
from published.guide_situation import OPTIONS, Situation, situations
from ui.choosing.words import APPROACHES, ATTENTION, FIELDS
from ui.kit.explain import Check, Export
from ui.kit.export import csv_text
from ui.kit.latex import grouped
from vit_core import cost

CODE = [guide.suggest, guide.approach_for, guide.attention_for, guide.model_for, guide.sensitivity, guide_cost.choice_cost]


def formulas(s: Situation) -> list[tuple[str, str]]:
    """What the suggested model costs at the chosen resolution."""
    choice = choose(s)
    found, config = guide_cost.choice_cost(choice.model, s.size), vit_core.presets[choice.model]
    window, layers = (round(evidence.figures()[name].number) for name in ("sam_window", "sam_global"))
    grid = found.side // config.patch_size
    return [
        (
            f"**Tokens** of {choice.model} at {found.side} px.",
            rf"n = \left(\frac{{{found.side}}}{{{config.patch_size}}}\right)^2 + {config.num_prefix_tokens} = {grouped(found.tokens)}",
        ),
        (
            "**Scores and weighted values**, where every patch sees every other.",
            rf"L\cdot 2n^2D = {config.depth}\cdot 2\cdot {found.tokens}^2\cdot {config.embed_dim} = "
            rf"{grouped(found.attention_global)}\ \text{{MACs}}",
        ),
        (
            f"**With windows** of {window} × {window} tokens in all but {layers} layers; the grid of {grid} × {grid} is padded to whole "
            f"windows.",
            rf"2D\,\bigl[{layers}n^2 + (L-{layers})\,\lceil {grid}/{window}\rceil^2\cdot{window}^4\bigr] = "
            rf"{grouped(found.attention_windowed)}\ \text{{MACs}}",
        ),
        ("**Everything else**, the linear layers above all, is the same in both.", rf"{grouped(found.rest)}\ \text{{MACs}}"),
    ]


def checks(s: Situation) -> list[Check]:
    """The suggested model's cost another way, and the number of answers."""
    choice = choose(s)
    found, config = guide_cost.choice_cost(choice.model, s.size), vit_core.presets[choice.model]
    count, total = cost.macs(config, found.side), found.rest + found.attention_global
    parts = " + ".join(f"{name} {value:,}" for name, value in count.parts().items() if value)
    every = list(situations())
    options = " · ".join(str(len(values)) for values in OPTIONS.values())
    product = math.prod(len(values) for values in OPTIONS.values())
    neighbours = sum(distance(s, other) == 1 and choose(other) != choice for other in every)
    return [
        Check(f"MACs of {choice.model} at {found.side} px", total, sum(count.parts().values()), parts),
        Check("answers that the guide holds", len(every), product, options),
        Check("single changes that change this answer", len(sensitivity(s)), neighbours, "all situations that differ in one answer"),
    ]


def distance(one: Situation, other: Situation) -> int:
    """Inputs in which two situations differ."""
    return sum(a != b for a, b in zip(asdict(one).values(), asdict(other).values(), strict=True))


def words_of(s: Situation) -> list[str]:
    return [words[value] for (_, words), value in zip(FIELDS.values(), asdict(s).values(), strict=True)]


def exports() -> list[Export]:
    """Every answer with its reasons, and the rules with their evidence."""

    def answers() -> str:
        header = [
            *(label for label, _ in FIELDS.values()),
            "approach",
            "model",
            "attention",
            "reasons",
            "alternatives",
            "misleading rules of thumb",
        ]

        def row(s: Situation) -> list[str]:
            found = suggest(s)
            lists = (" ".join(names) for names in (found.reasons, found.alternatives, found.traps))
            return [*words_of(s), APPROACHES[found.choice.approach][0], found.choice.model, ATTENTION[found.choice.attention], *lists]

        return csv_text(header, map(row, situations()))

    def rules() -> str:
        rows = ((rule.id, rule.role, rule.text, "; ".join(statements(rule.role, rule.evidence))) for rule in RULES.values())
        return csv_text(["rule", "role", "sentence", "evidence"], rows)

    return [
        Export("All answers (CSV)", "when-to-choose-a-vit.csv", "text/csv", answers),
        Export("Rules and evidence (CSV)", "rules.csv", "text/csv", rules),
    ]


def statements(role: str, names: tuple[str, ...]) -> list[str]:
    """What a rule rests on, in words, with sources."""
    if role == "trap":
        return [f"{evidence.plain(evidence.claims()[name].fact)} ({'; '.join(evidence.claims()[name].sources)})" for name in names]
    return [f"{evidence.plain(evidence.findings()[name].text)} ({'; '.join(evidence.findings()[name].sources)})" for name in names]


def script(s: Situation) -> str:
    """Python that gives the same answer."""
    inputs = ", ".join(f"{name}={value!r}" for name, value in asdict(s).items())
    return (
        "from published import evidence\n"
        "from published.guide import sensitivity, suggest\n"
        "from published.guide_rules import RULES\n"
        "from published.guide_situation import Situation\n\n"
        f"situation = Situation({inputs})\n"
        "found = suggest(situation)\n"
        "print(found.choice)\n"
        "for name in found.reasons:\n"
        "    print('-', RULES[name].text)\n"
        "    for key in RULES[name].evidence:\n"
        "        print('   ', evidence.plain(evidence.findings()[key].text), evidence.findings()[key].sources)\n"
        "for change in sensitivity(situation):\n"
        "    print(f'{change.field} = {change.value}: {change.choice.approach}, {change.choice.model}')\n"
    )
