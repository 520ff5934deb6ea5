"""What several pages need of patches: the sizes that a slider offers, and a model’s patch kernel as the browser resizes it."""

import numpy as np

from vit_core.model import VisionTransformer
from vit_core.patches import resize_side

PATCHES = (4, 6, 8, 10, 12, 14, 16, 20, 24, 28, 32, 40, 48, 56, 64)


def kernel_arrays(model: VisionTransformer, patch_size: int) -> dict[str, np.ndarray]:
    """The stored patch kernel `[D, C, k, k]`, the matrix `[P, k]` that resizes one side of it to the patch, and the bias."""
    proj = model.patch_embed.proj
    bias = np.zeros(len(proj.weight)) if proj.bias is None else proj.bias.detach().numpy()
    resize = (
        np.eye(patch_size) if patch_size == model.config.kernel else np.linalg.pinv(resize_side(model.config.kernel, patch_size).numpy().T)
    )
    kernel = proj.weight.detach().numpy()
    return {"kernel": kernel.astype(np.float32), "resize": resize.astype(np.float32), "bias": bias.astype(np.float32)}


def kernel_facts(model: VisionTransformer, patch_size: int) -> dict:
    """The sizes of those arrays."""
    return {"patchSize": patch_size, "dim": model.config.embed_dim, "chans": model.config.in_chans, "side": model.config.kernel}
