"""What stands under the lessons: where the answers come from, checked, and as a table."""

from ui.kit.explain import Check, Export
from ui.kit.export import csv_text
from ui.kit.registry import spec_of
from ui.lessons.payload import told_steps
from ui.lessons.steps import STEPS, Seen, covering, near_and_far, strongest
from vit_core.analysis import attention_distance
from vit_core.readout import probabilities
from vit_core.study.perturbation import covered_values

CODE = [strongest, near_and_far, attention_distance, covering, covered_values]


def formulas(seen: Seen) -> list[tuple[str, str]]:
    """The two sizes that most answers rest on."""
    trace = seen.trace
    (height, width), size, tokens = trace.image_size, trace.patch_size, trace.layout.num_tokens
    weights = trace.depth * trace.config.num_heads * tokens**2
    return [
        (
            "**Patches.** The picture is cut into squares that do not overlap.",
            rf"N = \frac{{H}}{{P}}\cdot\frac{{W}}{{P}} = \frac{{{height}}}{{{size}}}\cdot\frac{{{width}}}{{{size}}} = "
            rf"{trace.layout.num_patches}",
        ),
        (
            "**Weights.** Each of the T tokens asks each, in every head of every one of the L layers.",
            rf"L\cdot\text{{heads}}\cdot T^2 = {trace.depth}\cdot{trace.config.num_heads}\cdot{tokens}^2 = {weights:,}".replace(",", r"\,"),
        ),
    ]


def checks(seen: Seen) -> list[Check]:
    """The answer from the logits in float64, and a row of attention added up."""
    trace = seen.trace
    row = trace.attn_weights(seen.layer, seen.token)[0, seen.head, 0].double()
    name = f"layer {seen.layer + 1}, head {seen.head + 1}"
    found = [Check(f"sum of a row, {name}", 1.0, float(row.sum()), f"{len(row)} weights")]
    if trace.config.num_classes:
        again = probabilities(trace.config, trace.logits[0]).double().max()
        found.append(Check("probability of the answer", float(trace.probs[0].max()), float(again), f"{trace.logits.shape[-1]} logits"))
    return found


def exports(seen: Seen) -> list[Export]:
    """All questions and answers as a table."""

    def table() -> str:
        rows = ((spec_of(STEPS[name].slug).title, STEPS[name].title, t.question, t.look, t.answer) for name, t in told_steps(seen).items())
        return csv_text(["page", "step", "question", "what to look for", "answer"], rows)

    return [Export("Questions and answers (CSV)", "lessons.csv", "text/csv", table)]
