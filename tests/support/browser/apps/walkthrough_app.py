"""The walkthrough's stage for a small random model, without the rest of the app: `?variant=dinov2` names one of
`tests.support.models.small.VARIANTS`."""

import sys
from pathlib import Path

import streamlit as st
import torch

sys.path.insert(0, str(Path(__file__).resolve().parents[4]))

from tests.support.browser.apps.lone_strip import lone_strip
from tests.support.models.small import VARIANTS, pictures, small_model
from ui.kit.components import component
from ui.walkthrough import payload
from ui.work.cached import Analysis
from vit_core.images import to_image


def analysed(variant: str) -> Analysis:
    """A variant's trace of one picture of levels from 0 to 255."""
    model = small_model(**VARIANTS[variant])
    prep = model.config.preprocessing
    mean, std = (torch.tensor(values).view(1, 3, 1, 1) for values in (prep.mean, prep.std))
    levels = ((pictures(1, 16) * 0.2 + 0.5).clamp(0, 1) * 255).round()
    images = (levels / 255 - mean) / std
    return Analysis(model(images), 0.0, to_image(images, prep))


if __name__ == "__main__":
    lone_strip()
    found = analysed(st.query_params["variant"])
    component("walkthrough")(key="walkthrough", data=payload.base_payload(found))
    parts = {part: payload.layer_payload(found, part, 1) for part in ("attention", "mlp")}
    for part, data in {**parts, "layers": payload.layers_payload(found)}.items():
        component("walkthrough_part")(key=part, data=data)
