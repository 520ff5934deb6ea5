"""Random settings that a small machine measures in a moment."""

import random

from vit_core.config import ViTConfig
from vit_core.cost import compare


def plans(count: int, seed: int) -> list[compare.Plan]:
    """Random settings that a small machine measures in a moment."""
    draw, found = random.Random(seed), []
    for _ in range(count):
        heads, patch, grid = draw.choice([1, 2, 3, 4, 6]), draw.choice([4, 7, 8, 16]), draw.randint(2, 9)
        config = ViTConfig(
            name="random",
            embed_dim=heads * draw.choice([8, 16, 32]),
            depth=draw.randint(1, 4),
            num_heads=heads,
            mlp_hidden=draw.choice([32, 96, 256]),
            num_classes=draw.choice([0, 10, 1000]),
            norm_eps=1e-6,
            image_size=14 * 16,
            patch_size=16,
            num_registers=draw.choice([0, 0, 4]),
        )
        plan = (grid * patch, patch, draw.randint(1, 4), draw.random() < 0.5, draw.choice(["explicit", "fused"]), draw.random() < 0.5)
        found.append(compare.Plan(config, *plan))
    return found
