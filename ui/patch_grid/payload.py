"""The patch grid page: what its picture is sent, and the formulas, checks and exports under it."""

import io
import json

import numpy as np
from PIL import Image

from ui.kit import answers
from ui.kit.explain import Check, Export
from ui.kit.export import csv_text, npz_bytes, script_start
from ui.kit.payload import jpeg, pack
from ui.patch_grid.setting import FITS, Setting, limits
from ui.state import session
from ui.state.selection import Selection
from ui.work import cached, models
from vit_core import cost
from vit_core.config import TokenLayout, ViTConfig
from vit_core.images import fit
from vit_core.patches import patchify, resize_side, unpatchify

CODE = [fit, patchify, TokenLayout.token_at, unpatchify]
LONGEST_SOURCE = 1024
GAP = 4
MOST_WORDS = 1000


def run(selection: Selection, setting: Setting) -> cached.Run:
    """The model's answer at the page's setting; the app's own trace, where the setting is the app's."""
    if setting == Setting(selection.image_size, selection.patch_size):
        done = session.analysis()
        return cached.Run(
            done.trace.images, done.trace.layout, done.trace.patch_size, done.seconds, answers.of_trace(done.trace, 5), done.shown
        )
    picture = session.picture()
    shape = setting.shape((picture.height, picture.width))
    return cached.run(selection.model, selection.picture, shape, setting.patch, FITS[setting.fit], picture)


def payload(selection: Selection, setting: Setting, done: cached.Run) -> bytes:
    """The whole picture as JPEG, the model's own pixels in bytes, the patch kernel, and the head's table of words; cached by setting."""
    kind = f"patch_grid {setting.size} {setting.patch} {setting.fit}"
    return session.payload(kind, lambda _: build(selection, setting, done, session.picture(), cached.model(selection.model)))


def build(selection: Selection, setting: Setting, done: cached.Run, picture: Image.Image, model) -> bytes:
    """The bytes of `payload`."""
    source = picture.copy()
    source.thumbnail((LONGEST_SOURCE, LONGEST_SOURCE))
    config, words = model.config, word_arrays(model, done.top)
    mean, std = np.array(config.preprocessing.mean), np.array(config.preprocessing.std)
    arrays = {
        "source": np.frombuffer(jpeg(source), dtype=np.uint8),
        "pixels": np.asarray(done.shown),
        **words,
        **kernel_arrays(model, setting.patch),
    }
    return pack(
        arrays,
        setting={"size": setting.size, "patch": setting.patch, "fit": setting.fit},
        over=[selection.image_size, selection.patch_size],
        picture=selection.picture,
        title=session.picture_title(),
        sourceSize=[picture.height, picture.width],
        grid=list(done.layout.grid),
        prefix=[done.layout.name(i) for i in range(done.layout.num_prefix_tokens)],
        prefixWords=answers.prefix_words(done.layout),
        imageSize=[done.shown.height, done.shown.width],
        mean=mean.tolist(),
        std=std.tolist(),
        reach=[*((0 - mean) / std), *((1 - mean) / std)],
        seconds=done.seconds,
        top=done.top,
        answer=done.answer.short,
        words=[answers.class_names(config)[number] for number in words["wordNumbers"]],
        classes=config.num_classes,
        **kernel_facts(model, setting.patch),
        **limits(models.sizes_of(config)),
    )


def word_arrays(model, top: list[tuple[str, float]]) -> dict[str, np.ndarray]:
    """Rows of the head's table of classes, `[words, D]`, and which classes they are: all, or of more than a thousand the first and the likeliest."""
    if not model.config.num_classes:
        return {"words": np.zeros((0, model.config.embed_dim), np.float32), "wordNumbers": np.zeros(0, np.int32)}
    labels = answers.class_names(model.config)
    numbers = sorted({*range(min(MOST_WORDS, len(labels))), *(labels.index(label) for label, _ in top)})
    rows = model.head.weight.detach()[numbers]
    return {"words": rows.numpy().astype(np.float32), "wordNumbers": np.array(numbers, np.int32)}


def kernel_arrays(model, patch_size: int) -> dict[str, np.ndarray]:
    """The stored patch kernel `[D, C, k, k]`, the matrix `[P, k]` that resizes one side of it to the patch, and the bias."""
    proj = model.patch_embed.proj
    bias = np.zeros(len(proj.weight)) if proj.bias is None else proj.bias.detach().numpy()
    resize = (
        np.eye(patch_size) if patch_size == model.config.kernel else np.linalg.pinv(resize_side(model.config.kernel, patch_size).numpy().T)
    )
    kernel = proj.weight.detach().numpy()
    return {"kernel": kernel.astype(np.float32), "resize": resize.astype(np.float32), "bias": bias.astype(np.float32)}


def kernel_facts(model, patch_size: int) -> dict:
    """The sizes of those arrays."""
    return {"patchSize": patch_size, "dim": model.config.embed_dim, "chans": model.config.in_chans, "side": model.config.kernel}


def formulas(done: cached.Run, config: ViTConfig, patch: int) -> list[tuple[str, str]]:
    """Counts, order and addresses of this cut; `patch` is the patch that is looked at, from 0."""
    height, width = done.images.shape[-2:]
    p, (rows, cols), n, chans = done.patch_size, done.layout.grid, done.layout.num_patches, config.in_chans
    prefix, (row, col) = done.layout.num_prefix_tokens, divmod(patch, done.layout.grid[1])
    token = prefix + patch
    return [
        (
            "**How many patches.** Squares that do not overlap and leave nothing over.",
            rf"N = \frac{{H}}{{P}}\cdot\frac{{W}}{{P}} = \frac{{{height}}}{{{p}}}\cdot\frac{{{width}}}{{{p}}} = {rows}\cdot{cols} = {n}",
        ),
        (
            f"**What a patch is.** Commonly stated: a patch of {p}×{p}×{chans} is “{p * p * chans:,} pixels”. "
            f"In fact it has {p * p:,} pixels, and each has {chans} values.",
            rf"\underbrace{{P\cdot P}}_{{\text{{pixels}}}}\cdot\, C = {p}\cdot{p}\cdot{chans} = {p * p}\cdot{chans} = {p * p * chans}\ \text{{values}}",
        ),
        (
            "**The picture as a table.** Each patch becomes one row; no number is lost or changed.",
            rf"[{height}\times{width}\times{chans}] \to [{n}\times{p * p * chans}],\qquad {height * width * chans} = {n}\cdot{p * p * chans}",
        ),
        (
            "**Where a pixel goes.** Patches in reading order; inside a patch, pixel rows from the top, pixels from the left, R, G, B of each.",
            r"x_{n,\,(iP+j)C+c} = \text{picture}_{rP+i,\;qP+j,\;c},\qquad "
            rf"n = r\cdot\tfrac{{W}}{{P}} + q = {row}\cdot{cols} + {col} = {patch}\quad(\text{{from }}0)",
        ),
        (
            f"**The sequence.** {prefix} learned row{'' if prefix == 1 else 's'} in front, then the patches: this patch has index {token}.",
            rf"T = {prefix} + N = {prefix} + {n} = {n + prefix},\qquad t = {prefix} + n = {prefix} + {patch} = {token}",
        ),
    ]


def checks(done: cached.Run, config: ViTConfig, patch: int) -> list[Check]:
    """The counts against `vit_core.cost`, one value of the patch from its pixel, and the picture put together again."""
    height, width = done.images.shape[-2:]
    p, chans, middle = done.patch_size, config.in_chans, done.patch_size // 2
    row, col = divmod(patch, done.layout.grid[1])
    cut = patchify(done.images, p)
    level = done.shown.getpixel((col * p + middle, row * p + middle))[1]
    mean, std = config.preprocessing.mean[1], config.preprocessing.std[1]
    again = unpatchify(cut, done.layout.grid, chans)
    place = (middle * p + middle) * chans + 1
    return [
        Check(
            "tokens in the sequence",
            done.layout.num_tokens,
            cost.tokens(config, (height, width), p),
            f"{height}/{p} × {width}/{p} + {done.layout.num_prefix_tokens}",
        ),
        Check(
            f"value {place + 1} of patch {patch + 1}: green of its middle pixel",
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


def png(image: Image.Image) -> bytes:
    """A picture as PNG."""
    buffer = io.BytesIO()
    image.save(buffer, "PNG")
    return buffer.getvalue()


def cut_picture(done: cached.Run) -> bytes:
    """The picture with its patches moved apart, as PNG."""
    (rows, cols), p = done.layout.grid, done.patch_size
    pixels = np.asarray(done.shown).reshape(rows, p, cols, p, 3)
    apart = np.full((rows, p + GAP, cols, p + GAP, 3), 255, dtype=np.uint8)
    apart[:, :p, :, :p] = pixels
    return png(Image.fromarray(apart.reshape(rows * (p + GAP), cols * (p + GAP), 3)))


def exports(done: cached.Run, selection: Selection, patch: int) -> list[Export]:
    """The cut picture, the chosen patch's values, and all patches."""
    height, width = done.images.shape[-2:]
    name = f"{selection.picture}-{height}x{width}-{done.patch_size}"

    def values() -> str:
        p = done.patch_size
        levels = np.asarray(done.shown).reshape(done.layout.grid[0], p, done.layout.grid[1], p, 3)
        row, col = divmod(patch, done.layout.grid[1])
        flat, read = levels[row, :, col].reshape(-1).tolist(), patchify(done.images, p)[0, patch].tolist()
        return csv_text(
            ["value", "row", "column", "channel", "level", "the model reads"],
            ((i, i // (3 * p), i // 3 % p, "RGB"[i % 3], *pair) for i, pair in enumerate(zip(flat, read, strict=True))),
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


def script(done: cached.Run, selection: Selection, setting: Setting, patch: int) -> str:
    """PyTorch that cuts the same picture and prints the same patch."""
    start = script_start(selection)
    height, width = done.images.shape[-2:]
    call = f"vit_core.preprocess(image, model, image_size=({height}, {width}), fit={json.dumps(FITS[setting.fit])})"
    here = f"x = {call}\ntrace = model(x, patch_size={setting.patch})\n"
    return (
        start[: start.index("x = ")]
        + here
        + f"print(trace.layout.grid, trace.patches.shape)  # [B, N, P*P*C]\nprint(trace.patches[0, {patch}, :6])\n{answers.script(done.top)}"
    )
