"""What the patch grid’s components are sent: the picture, its cut, the patch kernel and the words of the classifier; the patches in another
order.
"""

import numpy as np
import torch
from PIL import Image

from ui.kit.patches import kernel_arrays, kernel_facts
from ui.kit.payload import jpeg, pack
from ui.patch_grid.setting import FITS, Setting, limits
from ui.state.selection import Selection, sizes_of
from ui.work.analysis import Answered
from vit_core import images, preprocess
from vit_core.images.decoding import over_white
from vit_core.model import VisionTransformer
from vit_core.readout import Likely, class_names, likeliest, prefix_words
from vit_core.study.effect import Followed
from vit_core.study.embedding import reading_edits

LONGEST_SOURCE = 1024
MOST_WORDS = 1000


def stage(selection: Selection, setting: Setting, done: Answered, picture: Image.Image, title: str, model: VisionTransformer) -> bytes:
    """The whole picture, called `title`, as JPEG, the model's own pixels in bytes, the patch kernel, and the classifier's words."""
    source = picture.copy()
    source.thumbnail((LONGEST_SOURCE, LONGEST_SOURCE))
    config, words = model.config, word_arrays(model, done.top)
    source = over_white(source).convert("L") if config.in_chans == 1 else source
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
        title=title,
        sourceSize=[picture.height, picture.width],
        grid=list(done.layout.grid),
        prefix=[done.layout.name(i) for i in range(done.layout.num_prefix_tokens)],
        prefixWords=prefix_words(done.layout),
        imageSize=[done.shown.height, done.shown.width],
        mean=mean.tolist(),
        std=std.tolist(),
        reach=[*((0 - mean) / std), *((1 - mean) / std)],
        seconds=done.seconds,
        top=done.top,
        answer=done.answer.short,
        wordDim=words["words"].shape[1],
        words=[class_names(config)[number] for number in words["wordNumbers"]],
        classes=config.num_classes,
        **kernel_facts(model, setting.patch),
        **limits(sizes_of(config)),
    )


def word_arrays(model: VisionTransformer, top: list[Likely]) -> dict[str, np.ndarray]:
    """Rows of the classifier's table of classes, `[words, D]`, and which classes they are: all, or of more than a thousand the first and
    the likeliest.
    """
    if not model.config.num_classes:
        return {"words": np.zeros((0, model.config.embed_dim), np.float32), "wordNumbers": np.zeros(0, np.int32)}
    names = class_names(model.config)
    numbers = sorted({*range(min(MOST_WORDS, len(names))), *(names.index(found.name) for found in top)})
    rows = model.head.get_parameter("weight").detach()[numbers]
    return {"words": rows.numpy().astype(np.float32), "wordNumbers": np.array(numbers, np.int32)}


MAX_TOKENS = 1100


def order_of(seed: int, count: int) -> torch.Tensor:
    """A random order of `count` patches."""
    return torch.randperm(count, generator=torch.Generator().manual_seed(seed))


def shuffled(picture: Image.Image, model: VisionTransformer, setting: Setting, seed: int) -> bytes:
    """The model's own picture, this order and the next one's; once a shuffle was asked for (`seed` above 0), the four answers."""
    shape = setting.shape((picture.height, picture.width))
    layout = model.config.layout(model.config.check_sizes(shape, setting.patch))
    pixels = preprocess(picture, model, image_size=shape, fit=FITS[setting.fit])
    order, following = order_of(seed, layout.num_patches), order_of(seed + 1, layout.num_patches)
    allowed = layout.num_tokens <= MAX_TOKENS
    said, drift = four_answers(model, pixels, setting.patch, order) if seed and allowed else ([], 0.0)
    shown = jpeg(images.to_image(pixels, model.config.preprocessing))
    arrays: dict[str, np.ndarray] = {
        "picture": np.frombuffer(shown, dtype=np.uint8),
        "order": order.numpy().astype(np.int32),
        "following": following.numpy().astype(np.int32),
    }
    return pack(
        arrays,
        grid=list(layout.grid),
        seed=seed,
        allowed=allowed,
        most=MAX_TOKENS,
        tokens=layout.num_tokens,
        answers=said,
        drift=drift,
        features=not model.config.num_classes,
    )


def four_answers(model: VisionTransformer, pixels: torch.Tensor, patch_size: int, order: torch.Tensor) -> tuple[list, float]:
    """`[with positions, without][in order, shuffled]`: the likeliest class and its probability; and how far the logits without positions
    differ.

    Without a head: the cosine of the features to those in order with positions.
    """
    traces = [
        [model(pixels, patch_size, edits=reading_edits(model.config, place, placed)) for place in (None, order)] for placed in (True, False)
    ]
    drift = float((traces[1][0].logits - traces[1][1].logits).abs().max())
    if not model.config.num_classes:
        return [[Likely("cosine", float(Followed.of(traces[0][0]).left(trace)[0]), "cosine") for trace in row] for row in traces], drift
    return [[likeliest(model.config, trace.logits[0], 1)[0] for trace in row] for row in traces], drift
