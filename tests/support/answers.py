"""A picture's answer as the screen has it."""

from vit_core.readout import likeliest
from vit_core.trace import ViTTrace


def said(trace: ViTTrace, count: int = 1) -> list[tuple[str, float]]:
    """The `count` likeliest classes of the first picture, named as on screen, with their probabilities."""
    return [(found.name, found.probability) for found in likeliest(trace.config, trace.logits[0], count)]
