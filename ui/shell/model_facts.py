"""What a checkpoint's files may not say, asked for by name: the keywords of `vit_core.load`."""

from typing import Any

import streamlit as st

NONE = "as the files say"
OWN = "my own"
MEANS = {
    "ImageNet: mean 0.485, 0.456, 0.406, deviation 0.229, 0.224, 0.225": ((0.485, 0.456, 0.406), (0.229, 0.224, 0.225)),
    "Half: mean 0.5, deviation 0.5": ((0.5,) * 3, (0.5,) * 3),
    "CLIP: mean 0.4815, 0.4578, 0.4082, deviation 0.2686, 0.2613, 0.2758": (
        (0.48145466, 0.4578275, 0.40821073),
        (0.26862954, 0.26130258, 0.27577711),
    ),
}
NUMBERS = {"num_heads": "Heads of a layer", "image_size": "Picture side, px", "patch_size": "Patch side, px"}


def fields(key: str, opened: bool = False) -> tuple[dict[str, Any], str]:
    """The fields, and what they say: keywords for `vit_core.load`, without those left open; and a sentence if a field cannot be read."""
    from vit_core import checkpoints

    facts: dict[str, Any] = {}
    with st.expander("What the files do not say", expanded=opened):
        families = {NONE: None} | {family.title: name for name, family in checkpoints.FAMILIES.items()}
        family = families[
            st.selectbox("Family: its documented defaults fill what a bare file leaves open", list(families), key=f"{key}_family")
        ]
        if family:
            facts["family"] = family
        for column, (name, label) in zip(st.columns(len(NUMBERS)), NUMBERS.items(), strict=True):
            value = column.number_input(label, 1, 4096, None, key=f"{key}_{name}", placeholder=NONE)
            if value is not None:
                facts[name] = value
        prepared, problem = preprocessing(key)
        if prepared:
            facts["preprocessing"] = prepared
        labels = [
            line.strip()
            for line in st.text_area("Names of the classes, one a line, in their order", key=f"{key}_labels", height=80).splitlines()
        ]
        if any(labels):
            facts["labels"] = tuple(label for label in labels if label)
    return facts, problem


def preprocessing(key: str) -> tuple[Any, str]:
    """The `Preprocessing` that was chosen, or None; and a sentence if its numbers cannot be read."""
    from vit_core import Preprocessing
    from vit_core.config import Filter

    left, right = st.columns(2)
    chosen = left.selectbox("Pixels are brought to", [NONE, *MEANS, OWN], key=f"{key}_means")
    filters: list[Filter] = ["bicubic", "bilinear", "lanczos", "nearest"]
    interpolation = right.selectbox("Resized by", filters, key=f"{key}_filter", disabled=chosen == NONE)
    if chosen == NONE:
        return None, ""
    if chosen != OWN:
        return Preprocessing(*MEANS[chosen], interpolation), ""
    texts = (
        left.text_input("Mean of red, green, blue; or of grey", key=f"{key}_mean"),
        right.text_input("Deviation of red, green, blue; or of grey", key=f"{key}_std"),
    )
    try:
        mean, std = (tuple(float(part) for part in text.replace(",", " ").split()) for text in texts)
        return Preprocessing(mean, std, interpolation), ""
    except ValueError:
        return None, "Mean and deviation need three numbers each, such as 0.5, 0.5, 0.5, or one for grey; deviations are above 0."
