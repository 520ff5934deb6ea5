"""The experiments page: the choice of experiments, each of which runs in the background and is drawn as far as it has come."""

from typing import TYPE_CHECKING, Any

import numpy as np
import torch

from ui.experiments import charts, explanations
from ui.experiments.charts import curve_orders
from ui.experiments.payload import changed_tokens, curve_steps, job_key
from ui.experiments.sent import agreeing, attention_maps, numbers, packed_kind
from ui.experiments.setting import TABS, asked, open_tab, source_layer
from ui.kit.charts import looks, packed
from ui.kit.components import component
from ui.kit.tabs import tab_choice
from ui.state import session
from ui.work import watch
from ui.work.job import Macs
from ui.work.jobs import jobs
from vit_core.study import perturbation
from vit_core.study.ablation import head_drops
from vit_core.study.effect import Followed

if TYPE_CHECKING:
    from ui.work.analysis import Analysis


def stage() -> None:
    """The choice of experiments, and the open one."""
    tab_choice("Experiment", TABS, asked("exp"), open_tab, "experiment")
    analysis = session.analysis()
    kinds = {
        "occlusion": occlusion,
        "curves": curves,
        "heads": heads,
        "tokens": tokens,
        "explain": lambda analysis: explanations.maps(analysis, show),
        "tested": lambda analysis: explanations.put_to_the_test(analysis, show),
    }
    kinds[asked("exp")](analysis)


def open_name() -> str:
    """What the open experiment is called."""
    return TABS[asked("exp")]


def all_of(runs: int) -> Macs:
    """Multiply-accumulates of this many runs."""
    return Macs(runs * session.macs())


def show(kind: str, arrays: dict[str, np.ndarray], analysis: "Analysis", **facts: Any) -> None:
    """Send an experiment to its component."""
    chosen = session.current()
    data = packed_kind(kind, arrays, analysis, f"{chosen.picture} {chosen.image_size}", **facts)
    component("experiments")(key=f"experiments_{kind}", data=data)


def occlusion(analysis: "Analysis") -> None:
    """The occlusion map beside the attention map."""
    trace = analysis.trace
    attention = session.payload("attention maps", lambda analysis: attention_maps(analysis.trace).float().numpy())
    count = trace.layout.num_patches

    def draw(drops: np.ndarray) -> None:
        show("occlusion", {"drops": drops, "attention": attention}, analysis, correlation=agreeing(attention, drops))

    watch.runs(job_key("occlusion"), lambda: perturbation.occlusion_drops(trace, Followed.of(trace)), count, all_of(count), draw)


def heads(analysis: "Analysis") -> None:
    """The grid of all heads, each silenced once."""
    trace = analysis.trace
    count = trace.depth * trace.config.num_heads
    steps = lambda: head_drops(trace, Followed.of(trace))  # noqa: E731 (it is passed on)
    watch.runs(job_key("heads"), steps, count, all_of(count), lambda drops: show("heads", {"drops": drops}, analysis))


def curves(analysis: "Analysis") -> None:
    """Deletion and insertion curves."""
    trace, chosen = analysis.trace, session.current()
    layer, count = source_layer(trace), trace.layout.num_patches
    runs = 2 * (2 + perturbation.ORDERS) * (perturbation.STEPS + 1)
    known = jobs.result(job_key("occlusion"))
    source = "rollout" if layer is None else f"layer {layer + 1}"

    def draw(values: np.ndarray) -> None:
        drops, points = torch.from_numpy(values[:count]), torch.from_numpy(values[count:])
        found = perturbation.curves_of(points, count)
        orders = curve_orders(trace, drops, layer) if not drops.isnan().any() else []
        areas = [numbers(part.tolist()) for part in found.areas]
        arrays = {
            "shares": found.shares.numpy(),
            "deletion": found.deletion.numpy(),
            "insertion": found.insertion.numpy(),
            "orders": torch.stack(orders[:3]).int().numpy() if orders else np.zeros((0, count), dtype=np.int32),
        }
        mean = np.asarray(analysis.shown).reshape(-1, 3).mean(0).round().astype(int).tolist()
        facts = {"source": source, "areas": areas, "mean": mean, "seeds": perturbation.ORDERS}
        figures = {name: packed(figure) for name, figure in charts.in_orders(trace, found).items()}
        show("curves", arrays, analysis, figures=figures, looks=looks(), **facts)

    key = job_key("curves", chosen.layer if layer is not None else -1)
    watch.runs(key, curve_steps(trace, layer, known), count + runs, all_of(count + runs), draw)


def tokens(analysis: "Analysis") -> None:
    """Tokens changed on their way, and what becomes of it."""
    changed, figure = changed_tokens(analysis.trace), None
    if len(chosen := changed.arrays["chosen"]):
        figure = packed(charts.moved(analysis.trace.layout, changed.arrays["change"], chosen.tolist()))
    show("tokens", changed.arrays, analysis, way=changed.way, stage=changed.stage, figure=figure, looks=looks(), **changed.facts)
