"""What the experiments compute, in steps for the background or at once, and by what name a result is kept."""

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np
import torch

from ui.experiments.charts import curve_orders
from ui.experiments.setting import asked, tokens_of
from ui.state import session
from ui.work.job import Key
from vit_core.readout import class_names, whole_names
from vit_core.study import perturbation
from vit_core.study.effect import Followed
from vit_core.study.token_edits import Way, stream_change, token_edits

if TYPE_CHECKING:
    from vit_core import ViTTrace


def job_key(kind: str, *more: str | int) -> Key:
    """What a result belongs to."""
    chosen = session.current()
    return (kind, chosen.model, chosen.picture, chosen.image_size, chosen.patch_size, *more)


def curve_steps(trace: "ViTTrace", layer: int | None, known: np.ndarray | None) -> Callable[[], Iterator[torch.Tensor]]:
    """The drops of every patch, unless they are known, then the curves in the orders that follow from them; all in one."""

    def steps() -> Iterator[torch.Tensor]:
        followed, drops = Followed.of(trace), []
        for part in perturbation.occlusion_drops(trace, followed) if known is None else [torch.from_numpy(known)]:
            drops.append(part)
            yield part
        yield from perturbation.curve_values(trace, followed, curve_orders(trace, torch.cat(drops), layer))

    return steps


@dataclass(frozen=True, eq=False)
class Changed:
    """The edit that the link asks for, and what came of it; `problem` is a sentence where it cannot be done."""

    tokens: list[int]
    way: Way
    stage: int
    arrays: dict[str, np.ndarray]
    facts: dict

    @property
    def problem(self) -> str | None:
        return self.facts["problem"]


def changed_tokens(trace: "ViTTrace") -> Changed:
    """Tokens changed on their way as the link says, run once."""
    chosen = tokens_of(asked("tok"), trace.layout.num_tokens)
    way: Way = asked("way")
    stage = asked("at", stages=trace.depth + 1)
    arrays, facts = session.payload(f"tokens {chosen} {way} {stage}", lambda analysis: edited(analysis.trace, chosen, way, stage))
    return Changed(chosen, way, stage, arrays, facts)


def edited(trace: "ViTTrace", chosen: list[int], way: Way, stage: int) -> tuple[dict[str, np.ndarray], dict]:
    """How far every row has moved, and both answers."""
    followed, problem = Followed.of(trace), None
    try:
        edits = token_edits(trace.layout, trace.depth, chosen, way, stage)
    except ValueError as error:
        edits, problem = {}, str(error)
    after = trace.model(trace.images[:1], trace.patch_size, edits) if edits else trace
    arrays = {"change": stream_change(trace, after).numpy(), "chosen": np.array(chosen, dtype=np.int32)}
    facts: dict[str, Any] = {"problem": problem, "left": float(followed.left(after)[0]), "answers": [], "moved": None}
    if trace.config.num_classes:
        names, whole = class_names(trace.config), whole_names(trace.config)
        facts["moved"] = float((after.probs[0] - trace.probs[0]).abs().max())
        for probs in (trace.probs[0], after.probs[0]):
            best = probs.topk(min(5, len(probs))).indices.tolist()
            facts["answers"].append([(names[i], float(trace.probs[0, i]), float(after.probs[0, i]), whole[i]) for i in best])
    return arrays, facts
