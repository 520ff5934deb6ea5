"""The words of the practice page: what each strategy is, what its results mean, and what is published about it."""

from published import evidence

WHAT = {
    "patches": "**Larger patches** cut the picture into fewer tokens: every layer works with fewer rows, and each row has to stand for "
    "more of the picture.",
    "sizes": "**A smaller picture** at the same patch size has fewer tokens too; one set of weights runs at all of them, so the "
    "resolution can be chosen for each picture.",
    "attention": "**Sparse and linear attention** let a patch look at fewer others, or at a sum of all, so that the cost grows less than "
    "with the square of the tokens.",
    "tokens": "**Token reduction** makes the sequence shorter on the way: after each layer’s attention the most similar tokens are "
    "merged, or the least attended dropped.",
    "bits": "**Quantization** stores the weights as small integers with one scale a row; with int8 arithmetic the products are integers "
    "as well.",
    "distil": "**Distillation** makes a smaller or a fresher model from a larger one: the student learns the teacher’s answers, in all "
    "classes and not the right one alone. At a higher temperature the teacher’s answer shows more of what it takes for alike.",
    "scales": "**Multi-scale inference** runs the same picture at several sizes and takes the mean of the answers. It costs as "
    "much as all of them together.",
    "adapt": "**Adaptive input sizing** looks at a small picture first and takes a larger one only where the answer is not sure enough: "
    "each picture gets the smallest size whose confidence holds.",
}

RUNS = {
    "patches": "Running the model once for each patch size",
    "sizes": "Running the model once for each resolution",
    "attention": "Running the model with this attention",
    "tokens": "Running the model once for each stop of the slider",
    "bits": "Reading the weights",
    "distil": "Running teacher and student on this picture and the gallery",
    "scales": "Running this picture and the gallery at every size",
    "adapt": "Running this picture and the gallery at every size",
}

READ = {
    "patches": "The patch kernel and the positions are resized to each size; the bundled model was trained with several. Time follows the "
    "tokens, not the pixels. Peak memory counts the resized kernel too, which grows with the patch: at 28 and 32 px it is a large part.",
    "sizes": "The gallery is compared with the answers at the app’s resolution. An answer that changes need not be wrong: where top-1 on "
    "validation pictures was measured at the same number of patches, it stands beside it.",
    "attention": "The model was trained with full attention and with nothing else. A mask keeps the weights of what is still seen and "
    "scales them up; linear attention replaces the softmax by another function, which a model has to be trained with: look at its "
    "agreement. A mask alone saves no time, only code that skips what is masked does; and the fewer tokens, the more of the time is in "
    "the linear layers.",
    "tokens": "Merging keeps a mean of what it joins, dropping loses it: compare both at the same number of tokens. The choosing costs "
    "time too, so that a few tokens a layer can slow a small model down.",
    "bits": "The file shrinks with the bits; the answers hold until there are too few steps between the weights. Speed comes only from "
    "arithmetic in that type: weights that are stored small and computed in fp32 take as long as before, and a type that this processor "
    "lacks is slower. Memory counts what the pass makes, weights left out.",
    "distil": "Only classes that both models name are compared; an answer outside of them counts as another one. The temperature changes "
    "what a student would be shown, never the order of the classes. `python -m vit_core.train --teacher FOLDER` distils any model that "
    "loads here.",
    "scales": "Every size has the same say: its probabilities, at the model’s calibrated temperature, are added up and divided. The "
    "gallery is compared with the app’s own size, and a different answer need not be a worse one. The "
    "weights are the same at every size, so that all answers may err alike.",
    "adapt": "Sizes are tried in turn, and every try is paid for, also one whose answer is thrown away: a threshold that is too high "
    "costs more than the largest size alone. It saves only while small pictures are often enough; confidence is calibrated on validation "
    "pictures and may mislead on others. Same answer means the one that the largest size gives.",
}

FINDINGS = {
    "patches": ("token_count", "larger_patches", "flexible"),
    "sizes": ("resolution", "share"),
    "attention": ("sam", "share", "fused"),
    "tokens": ("merging", "masking"),
    "bits": ("distillation", "tiny", "mobilevit", "throughput"),
    "distil": ("distillation", "tiny"),
    "scales": ("resolution", "token_count"),
    "adapt": ("resolution", "share"),
}

MORE = {
    "attention": "Papers: Swin (Liu et al. 2021) for windows, Hassani et al. 2023 for neighbourhoods, MaxViT (Tu et al. 2022) for strides, "
    "Katharopoulos et al. 2020 for linear attention.",
    "tokens": "Papers: ToMe (Bolya et al. 2023) for merging. Dropping by the attention of [CLS] is the simplest of its kind.",
    "bits": "Another way to a smaller model is **distillation**: a model learns from another’s answers as well as from labels. "
    "MobileViT (Mehta and Rastegari 2022) is a hybrid of convolutions and transformer, not a small ViT. Its figures here are of a server’s "
    "GPU, because none from a phone was checked.",
}


def published(demo: str) -> list[dict]:
    """What is published: texts as pairs of words and note (source or formula of a figure), and sources."""
    found = (evidence.findings()[key] for key in FINDINGS[demo])
    return [{"parts": [[part.text, part.note] for part in item.text], "sources": list(item.sources)} for item in found]
