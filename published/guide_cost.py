"""What a suggested model costs at a resolution, in closed form: with global attention in every layer, and with windows in most."""

from dataclasses import dataclass

from published.derived import FP16_BYTES, fitted
from published.evidence import figures
from vit_core import cost
from vit_core.cost.activations import inference_peak
from vit_core.presets import presets


@dataclass(frozen=True)
class ChoiceCost:
    """One picture of `side` pixels (the size, less what the patches leave over). Bytes in fp16; activations with fused attention.

    `attention_global` and `attention_windowed` are multiply-accumulates of scores and weighted values; `rest` are all others.
    """

    side: int
    tokens: int
    parameters: int
    weight_bytes: int
    activation_bytes: int
    rest: int
    attention_global: int
    attention_windowed: int


def window_pairs(grid: int, window: int) -> int:
    """Pairs of tokens that see each other in windows of `window` × `window`; the grid is padded to whole windows."""
    windows = -(-grid // window)
    return windows**2 * window**4


def choice_cost(model: str, size: int) -> ChoiceCost:
    """The cost of a model at a size, both ways. Windows as SAM's (side and number of global layers from `figures.csv`); the prefix tokens
    see only global layers. Where a window covers the grid, or the model has no more than the global layers, windows save nothing."""
    config, side = presets[model], fitted(model, size)
    count, n = cost.macs(config, side), cost.tokens(config, side)
    window, layers = round(figures()["sam_window"].number), round(figures()["sam_global"].number)
    pairs = min(n * n, window_pairs(side // config.patch_size, window))
    dim, core = config.embed_dim, count.depth * count.block.attention_core
    windowed = 2 * dim * (layers * n * n + (config.depth - layers) * pairs)
    parameters = cost.parameters(config).total
    peak = inference_peak(config, side, element_bytes=FP16_BYTES, keep_trace=False)
    return ChoiceCost(side, n, parameters, FP16_BYTES * parameters, peak, count.total - core, core, windowed)
