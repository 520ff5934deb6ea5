"""The whole forward pass as one short program in plain PyTorch, written for the picture and sizes that are shown."""

import torch
from safetensors.torch import save

from vit_core.trace import ViTTrace

PIXELS = "pixels.safetensors"
WEIGHTS = "assets/models/tiny-vit.safetensors"


def pixels_file(trace: ViTTrace) -> bytes:
    """The picture as the model saw it, as levels from 0 to 255: tensor `pixels` `[H, W, 3]` of a safetensors file."""
    prep = trace.config.preprocessing
    mean, std = (torch.tensor(values).view(3, 1, 1) for values in (prep.mean, prep.std))
    levels = ((trace.images[0] * std + mean) * 255).round().clamp(0, 255).byte()
    return save({"pixels": levels.permute(1, 2, 0).contiguous()})


def program(trace: ViTTrace) -> str:
    """PyTorch that needs torch and safetensors alone, the weights file and `pixels.safetensors`; `logits` are the app's within rounding."""
    config, (rows, cols) = trace.config, trace.layout.grid
    p, d, heads = trace.patch_size, config.embed_dim, config.num_heads
    n, t = trace.layout.num_patches, trace.layout.num_tokens
    values = p * p * config.in_chans
    act = {"gelu": "F.gelu(h)", "gelu_tanh": 'F.gelu(h, approximate="tanh")', "quick_gelu": "h * torch.sigmoid(1.702 * h)"}[config.act]
    resize = ""
    if p != config.kernel:
        k = config.kernel
        resize = (
            f'side = F.interpolate(torch.eye({k}).double()[None, None], size=({p}, {k}), mode="bilinear", antialias=True)[0, 0]\n'
            f"S = torch.linalg.pinv(side.T)  # ({p}, {k}): the stored {k}x{k} kernel becomes {p}x{p}\n"
            'kernel = torch.einsum("ab,cd,oibd->oiac", S, S, kernel.double()).float()\n'
        )
    positions = ""
    if (rows, cols) != config.native_grid:
        own = config.native_grid
        antialias = config.pos_interpolation == "bicubic_antialias"
        positions = (
            f"grid = pos[1:].T.reshape(1, {d}, {own[0]}, {own[1]})\n"
            f'grid = F.interpolate(grid, size=({rows}, {cols}), mode="bicubic", antialias={antialias})\n'
            "pos = torch.cat([pos[:1], grid[0].flatten(1).T])\n"
        )
    return f"""import torch
import torch.nn.functional as F
from safetensors.torch import load_file

w = {{name: x.float() for name, x in load_file("{WEIGHTS}").items()}}
x = load_file("{PIXELS}")["pixels"].float() / 255  # {list(trace.image_size)} x 3
x = (x - torch.tensor({list(config.preprocessing.mean)})) / torch.tensor({list(config.preprocessing.std)})
norm = lambda z, name: F.layer_norm(z, ({d},), w[name + ".weight"], w[name + ".bias"], eps={config.norm_eps:g})
linear = lambda z, name: z @ w[name + ".weight"].T + w[name + ".bias"]

x = x.reshape({rows}, {p}, {cols}, {p}, 3).permute(0, 2, 1, 3, 4).reshape({n}, {values})  # patches
kernel = w["patch_embed.proj.weight"]
{resize}x = x @ kernel.permute(0, 2, 3, 1).reshape({d}, {values}).T + w["patch_embed.proj.bias"]  # ({n}, {d})
pos = w["pos_embed"][0]
{positions}z = torch.cat([w["cls_token"][0], x]) + pos  # ({t}, {d})

for i in range({trace.depth}):
    b = f"blocks.{{i}}."
    qkv = linear(norm(z, b + "norm1"), b + "attn.qkv").reshape({t}, 3, {heads}, {config.head_dim})
    q, k, v = qkv.permute(1, 2, 0, 3)  # each ({heads}, {t}, {config.head_dim}): heads first, so that tokens meet tokens
    a = (q @ k.transpose(-2, -1) / {config.head_dim} ** 0.5).softmax(-1)  # ({heads}, {t}, {t})
    z = z + linear((a @ v).transpose(0, 1).reshape({t}, {d}), b + "attn.proj")
    h = linear(norm(z, b + "norm2"), b + "mlp.fc1")  # ({t}, {config.mlp_hidden})
    z = z + linear({act}, b + "mlp.fc2")

logits = linear(norm(z[0], "norm"), "head")  # ({config.num_classes},)
probs = (logits / {config.temperature!r}).softmax(-1)
print(logits.topk(5), probs.topk(5))
"""
