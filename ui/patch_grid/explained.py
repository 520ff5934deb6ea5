"""What the patch grid page explains under its picture: counts, order and addresses of the cut, checks and exports."""

import json

import numpy as np
from PIL import Image

from ui.kit.explain import Check, Export
from ui.kit.export import answer_lines, csv_text, npz_bytes, png_bytes, script_start
from ui.patch_grid.setting import FITS, Setting
from ui.state.selection import Selection
from ui.work.analysis import Answered
from vit_core import cost
from vit_core.config import TokenLayout, ViTConfig
from vit_core.images import fit
from vit_core.patches import patchify, unpatchify

CODE = [fit, patchify, TokenLayout.token_at, unpatchify]


GAP = 4


def formulas(done: Answered, config: ViTConfig, patch: int) -> list[tuple[str, str]]:
    """Counts, order and addresses of this cut; `patch` is the patch that is looked at, from 0."""
    height, width = done.images.shape[-2:]
    p, (rows, cols), n, chans = done.patch_size, done.layout.grid, done.layout.num_patches, config.in_chans
    prefix, (row, col) = done.layout.num_prefix_tokens, divmod(patch, done.layout.grid[1])
    token = prefix + patch
    return [
        (
            "**How many patches.** Squares that do not overlap and leave nothing over. Twice the resolution is twice as many "
            "rows and twice as many columns: four times the patches.",
            rf"N = \frac{{H}}{{P}}\cdot\frac{{W}}{{P}} = \frac{{{height}}}{{{p}}}\cdot\frac{{{width}}}{{{p}}} = {rows}\cdot{cols} = {n}",
        ),
        (
            f"**What a patch is.** Commonly stated: a patch of {p}×{p}×{chans} is “{p * p * chans:,} pixels”. "
            f"In fact it has {p * p:,} pixels, and each has {chans} value{'s' if chans > 1 else ''}.",
            rf"\underbrace{{P\cdot P}}_{{\text{{pixels}}}}\cdot\, C = {p}\cdot{p}\cdot{chans} = {p * p}\cdot{chans} = "
            rf"{p * p * chans}\ \text{{values}}",
        ),
        (
            "**The picture as a table.** Each patch becomes one row; no number is lost or changed.",
            rf"[{height}\times{width}\times{chans}] \to [{n}\times{p * p * chans}],\qquad {height * width * chans} = "
            rf"{n}\cdot{p * p * chans}",
        ),
        (
            "**Where a pixel goes.** Patches in reading order; inside a patch, pixel rows from the top, pixels from the left"
            f"{', R, G, B of each' if chans == 3 else ''}.",
            r"x_{n,\,(iP+j)C+c} = \text{picture}_{rP+i,\;qP+j,\;c},\qquad "
            rf"n = r\cdot\tfrac{{W}}{{P}} + q = {row}\cdot{cols} + {col} = {patch}\quad(\text{{from }}0)",
        ),
        (
            f"**The sequence.** {prefix} learned row{'' if prefix == 1 else 's'} in front, then the patches: this patch has index {token}.",
            rf"T = {prefix} + N = {prefix} + {n} = {n + prefix},\qquad t = {prefix} + n = {prefix} + {patch} = {token}",
        ),
    ]


def checks(done: Answered, config: ViTConfig, patch: int) -> list[Check]:
    """The counts against `vit_core.cost`, one value of the patch from its pixel, and the picture put together again."""
    height, width = done.images.shape[-2:]
    p, chans, middle = done.patch_size, config.in_chans, done.patch_size // 2
    channel, called = (1, "green of its middle pixel") if chans == 3 else (0, "its middle pixel")
    row, col = divmod(patch, done.layout.grid[1])
    cut = patchify(done.images, p)
    level = np.asarray(done.shown)[row * p + middle, col * p + middle, channel].item()
    mean, std = config.preprocessing.mean[channel], config.preprocessing.std[channel]
    again = unpatchify(cut, done.layout.grid, chans)
    place = (middle * p + middle) * chans + channel
    return [
        Check(
            "tokens in the sequence",
            done.layout.num_tokens,
            cost.tokens(config, (height, width), p),
            f"{height}/{p} × {width}/{p} + {done.layout.num_prefix_tokens}",
        ),
        Check(
            f"value {place + 1} of patch {patch + 1}: {called}",
            float(cut[0, patch, place]),
            (level / 255 - mean) / std,
            f"({level} / 255 − {mean}) / {std}",
        ),
        Check("values in all patches", cut.numel(), height * width * chans, f"{height} × {width} × {chans}"),
        Check(
            "largest difference after cutting and putting together again",
            0.0,
            float((again - done.images).abs().max()),
            "unpatchify(patchify(x)) − x",
        ),
    ]


def cut_picture(done: Answered) -> bytes:
    """The picture with its patches moved apart, as PNG."""
    (rows, cols), p = done.layout.grid, done.patch_size
    pixels = np.asarray(done.shown).reshape(rows, p, cols, p, 3)
    apart = np.full((rows, p + GAP, cols, p + GAP, 3), 255, dtype=np.uint8)
    apart[:, :p, :, :p] = pixels
    return png_bytes(Image.fromarray(apart.reshape(rows * (p + GAP), cols * (p + GAP), 3)))


def exports(done: Answered, selection: Selection, patch: int) -> list[Export]:
    """The cut picture, the chosen patch's values, and all patches."""
    height, width = done.images.shape[-2:]
    name = f"{selection.picture}-{height}x{width}-{done.patch_size}"

    def values() -> str:
        p, chans = done.patch_size, done.images.shape[1]
        levels = np.asarray(done.shown)[..., :chans].reshape(done.layout.grid[0], p, done.layout.grid[1], p, chans)
        row, col = divmod(patch, done.layout.grid[1])
        flat, read = levels[row, :, col].reshape(-1).tolist(), patchify(done.images, p)[0, patch].tolist()
        return csv_text(
            ["value", "row", "column", "channel", "level", "the model reads"],
            (
                (i, i // (chans * p), i // chans % p, "RGB"[i % 3] if chans == 3 else "grey", *pair)
                for i, pair in enumerate(zip(flat, read, strict=True))
            ),
        )

    return [
        Export("Cut picture (PNG)", f"{name}.png", "image/png", lambda: cut_picture(done)),
        Export("This patch (CSV)", f"{name}-patch{patch + 1}.csv", "text/csv", values),
        Export(
            "All patches (NPZ)",
            f"{name}-patches.npz",
            "application/octet-stream",
            lambda: npz_bytes(patches=patchify(done.images, done.patch_size)[0].numpy()),
        ),
    ]


def script(done: Answered, selection: Selection, setting: Setting, patch: int) -> str:
    """PyTorch that cuts the same picture and prints the same patch."""
    start = script_start(selection)
    height, width = done.images.shape[-2:]
    call = f"vit_core.preprocess(image, model, image_size=({height}, {width}), fit={json.dumps(FITS[setting.fit])})"
    here = f"x = {call}\ntrace = model(x, patch_size={setting.patch})\n"
    return (
        start[: start.index("x = ")]
        + here
        + f"print(trace.layout.grid, trace.patches.shape)  # [B, N, P*P*C]\nprint(trace.patches[0, {patch}, :6])\n{answer_lines(done.top)}"
    )
