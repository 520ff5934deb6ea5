"""The lines of PyTorch that print the numbers of each step's answer."""

from collections.abc import Callable

from ui.kit.export import answer_lines, script_start
from ui.lessons.steps import STEPS, Seen
from ui.state.selection import Selection
from vit_core.readout import Answer


def script(seen: Seen, selection: Selection) -> str:
    """All steps that the model has something to show for, one after the other."""
    found = {name: LINES[name](seen) for name in STEPS}
    return script_start(selection) + "".join(f"# {STEPS[name].title}\n{lines}\n" for name, lines in found.items() if lines)


def answer(trace: str, seen: Seen) -> str:
    """An expression that gives the answer of the trace of that name."""
    return f"{trace}.{'top_k(1)' if seen.trace.config.num_classes else 'logits.norm()'}"


def first_look(seen: Seen) -> str:
    return answer_lines(Answer.of(seen.trace, 1).top).strip()


def another_cut(seen: Seen) -> str:
    if seen.other is None:
        return ""
    return f"other = model(x, patch_size={seen.other})\nprint(other.layout.num_patches, {answer('trace', seen)}, {answer('other', seen)})"


def no_places(seen: Seen) -> str:
    return (
        "from vit_core.study.position_experiments import position_edits\n"
        'zeroed = model(x, trace.patch_size, position_edits(model.config, trace.layout.grid)["zeroed"])\n'
        f"print({answer('zeroed', seen)})"
    )


def doubled(seen: Seen) -> str:
    return (
        f"more = {seen.trace.layout.num_prefix_tokens} + 4 * trace.layout.num_patches\n"
        "print(trace.layout.num_tokens, trace.layout.num_tokens**2, more, more**2, more**2 / trace.layout.num_tokens**2)"
    )


def row(seen: Seen) -> str:
    return f"trace.attn_weights({seen.layer}, {seen.token})[0, {seen.head}, 0]"


COVERED = """from vit_core.study.effect import Followed
from vit_core.study.perturbation import attention_on_patches, covered_values
followed = Followed.of(trace)
most = attention_on_patches(trace, trace.depth - 1).argmax()[None]
left = next(covered_values(trace, followed, [most]))[0]
print(100 * followed.value, 100 * left, left)"""
GROWING = """best = vit_core.analysis.logit_lens(trace)[:, 0].argmax(dim=-1)
print(max([layer + 1 for layer in range(len(best)) if best[layer] != best[-1]], default=0))"""
SHARES = """shares = trace.probs[0].double().sort(descending=True).values
print(shares.sum(), len(shares), int((shares.cumsum(dim=0) < 0.9).sum()) + 1)"""
PARTS = """count = vit_core.cost.parameters(model.config)
mlp, attention = count.depth * count.block.mlp, count.depth * (count.block.qkv + count.block.projection)
print(count.total, 100 * mlp / count.total, 100 * attention / count.total, 100 - 100 * (mlp + attention) / count.total)"""
LINES: dict[str, Callable[[Seen], str]] = {
    "first_look": first_look,
    "the_cut": lambda seen: "print(trace.layout.grid, trace.layout.num_patches, trace.patches.shape[-1])",
    "another_cut": another_cut,
    "one_number": lambda seen: (
        f"print(trace.patches.shape[-1], trace.patch_embeddings.shape[-1], trace.patch_embeddings[0, {seen.patch}, 0])"
    ),
    "no_places": no_places,
    "strongest": lambda seen: f"row = {row(seen)}\nprint(100 * row.max(), 100 / len(row), len(row))",
    "the_matrix": lambda seen: (
        "weights = trace.layout.num_tokens**2\n"
        f"print(weights, {seen.trace.depth} * {seen.trace.config.num_heads} * weights, {row(seen)}.sum())"
    ),
    "near_and_far": lambda seen: "print(vit_core.analysis.attention_distance(trace).nanmean(dim=1)[[0, -1]])",
    "growing_answer": lambda seen: GROWING if seen.trace.config.num_classes else "",
    "all_classes": lambda seen: SHARES if seen.trace.config.num_classes else "",
    "covering": lambda seen: COVERED,
    "doubled": doubled,
    "where_parameters_are": lambda seen: PARTS,
}
