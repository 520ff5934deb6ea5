"""The whole forward pass as one short program in plain PyTorch, written for the model, picture and sizes that are shown."""

import torch
from safetensors.torch import save

from vit_core.config import ViTConfig
from vit_core.readout import readout
from vit_core.trace import ViTTrace

PIXELS = "pixels.safetensors"
OTHER_WEIGHTS = "weights.safetensors"
ACTIVATION = {"gelu": "F.gelu(h)", "gelu_tanh": 'F.gelu(h, approximate="tanh")', "quick_gelu": "h * torch.sigmoid(1.702 * h)"}


def pixels_file(trace: ViTTrace) -> bytes:
    """The picture as the model saw it, as levels from 0 to 255: tensor `pixels` `[H, W, C]` of a safetensors file."""
    prep = trace.config.preprocessing
    mean, std = (torch.tensor(values).view(-1, 1, 1) for values in (prep.mean, prep.std))
    levels = ((trace.images[0] * std + mean) * 255).round().clamp(0, 255).byte()
    return save({"pixels": levels.permute(1, 2, 0).contiguous()})


def weights_file(trace: ViTTrace) -> bytes:
    """The model's weights under the names that the program reads, as a safetensors file."""
    return save({name: tensor.contiguous() for name, tensor in trace.model.state_dict().items()})


def program(trace: ViTTrace, weights: str = OTHER_WEIGHTS) -> str:
    """PyTorch that needs torch alone, the weights file and `pixels.safetensors`; `logits` are the app's within rounding."""
    config, (rows, cols) = trace.config, trace.layout.grid
    p, d, heads = trace.patch_size, config.embed_dim, config.num_heads
    n, t = trace.layout.num_patches, trace.layout.num_tokens
    values = p * p * config.in_chans
    patch_bias = ' + w["patch_embed.proj.bias"]' * config.patch_bias
    biased = 'w[name + ".bias"]' if config.qkv_bias and config.head_bias else 'w.get(name + ".bias", 0)'
    return f"""# Needs torch and no other package, and beside it two files: {weights} and {PIXELS}.
import json
import torch
import torch.nn.functional as F

def tensors(path):  # a safetensors file: 8 bytes with the length of the header, the header in JSON, the numbers
    raw = bytearray(open(path, "rb").read())
    start = 8 + int.from_bytes(raw[:8], "little")
    kinds = {{"F16": torch.float16, "BF16": torch.bfloat16, "F32": torch.float32, "F64": torch.float64, "U8": torch.uint8}}
    header = {{name: entry for name, entry in json.loads(raw[8:start]).items() if name != "__metadata__"}}
    part = lambda entry: raw[start + entry["data_offsets"][0] : start + entry["data_offsets"][1]]
    return {{n: torch.frombuffer(part(e), dtype=kinds[e["dtype"]]).reshape(e["shape"]).float() for n, e in header.items()}}

w = tensors("{weights}")
x = tensors("{PIXELS}")["pixels"] / 255  # {list(trace.image_size)} x {config.in_chans}
x = (x - torch.tensor({list(config.preprocessing.mean)})) / torch.tensor({list(config.preprocessing.std)})
norm = lambda z, name: F.layer_norm(z, ({d},), w[name + ".weight"], w[name + ".bias"], eps={config.norm_eps:g})
linear = lambda z, name: z @ w[name + ".weight"].T + {biased}

x = x.reshape({rows}, {p}, {cols}, {p}, {config.in_chans}).permute(0, 2, 1, 3, 4).reshape({n}, {values})  # patches
kernel = w["patch_embed.proj.weight"]
{resized_kernel(config, p)}x = x @ kernel.permute(0, 2, 3, 1).reshape({d}, {values}).T{patch_bias}  # ({n}, {d})
pos = w["pos_embed"][0]
{resized_positions(config, (rows, cols))}{assembly(config)}  # ({t}, {d})
{'z = norm(z, "norm_pre")' + chr(10) if config.pre_norm else ""}
for i in range({trace.depth}):
    b = f"blocks.{{i}}."
    qkv = linear(norm(z, b + "norm1"), b + "attn.qkv").reshape({t}, 3, {heads}, {config.head_dim})
    q, k, v = qkv.permute(1, 2, 0, 3)  # each ({heads}, {t}, {config.head_dim}): heads first, so that tokens meet tokens
    a = (q @ k.transpose(-2, -1) / {config.head_dim} ** 0.5).softmax(-1)  # ({heads}, {t}, {t})
    z = z + linear((a @ v).transpose(0, 1).reshape({t}, {d}), b + "attn.proj"){' * w[b + "ls1.gamma"]' * config.layer_scale}
{mlp(config)}
{read_out(trace)}"""


def resized_kernel(config: ViTConfig, p: int) -> str:
    """Lines that bring the stored patch kernel to the patch's size, where it has another."""
    k = config.kernel
    if p == k:
        return ""
    return (
        f'side = F.interpolate(torch.eye({k}).double()[None, None], size=({p}, {k}), mode="bilinear", antialias=True)[0, 0]\n'
        f"S = torch.linalg.pinv(side.T)  # ({p}, {k}): the stored {k}x{k} kernel becomes {p}x{p}\n"
        'kernel = torch.einsum("ab,cd,oibd->oiac", S, S, kernel.double()).float()\n'
    )


def resized_positions(config: ViTConfig, grid: tuple[int, int]) -> str:
    """Lines that bring the position table to the grid, where it was made for another."""
    if grid == config.native_grid:
        return ""
    (rows, cols), front, antialias = config.native_grid, config.num_pos_prefix, config.pos_interpolation == "bicubic_antialias"
    return (
        f"grid = pos[{front}:].T.reshape(1, {config.embed_dim}, {rows}, {cols})\n"
        f'grid = F.interpolate(grid, size={grid}, mode="bicubic", antialias={antialias})\n'
        f"pos = torch.cat([pos[:{front}], grid[0].flatten(1).T])\n"
    )


def assembly(config: ViTConfig) -> str:
    """The line or two that put the learned rows in front and add the positions."""
    front = ['w["cls_token"][0]'] * config.class_token + ['w["dist_token"][0]'] * config.distill_token
    registers = ['w["reg_token"][0]'] * bool(config.num_registers)
    if not config.num_pos_prefix:
        return f"z = torch.cat([{', '.join([*front, *registers, 'x + pos'])}])"
    lines = f"z = torch.cat([{', '.join([*front, 'x'])}]) + pos"
    return lines + (f'\nz = torch.cat([z[:{len(front)}], w["reg_token"][0], z[{len(front)}:]])' if registers else "")


def mlp(config: ViTConfig) -> str:
    """The lines of a block's second half."""
    scaled = ' * w[b + "ls2.gamma"]' * config.layer_scale
    if config.ffn == "swiglu":
        return (
            '    gate, value = linear(norm(z, b + "norm2"), b + "mlp.w12").chunk(2, -1)\n'
            f'    z = z + linear(F.silu(gate) * value, b + "mlp.w3"){scaled}\n'
        )
    return (
        f'    h = linear(norm(z, b + "norm2"), b + "mlp.fc1")  # {config.mlp_hidden} numbers a row\n'
        f'    z = z + linear({ACTIVATION[config.act]}, b + "mlp.fc2"){scaled}\n'
    )


def read_out(trace: ViTTrace) -> str:
    """The lines that read the answer off the rows."""
    config, first = trace.config, trace.layout.num_prefix_tokens
    read, name = readout(config), "norm" if config.norm_position == "before_pool" else "fc_norm"
    distilled = read.heads == "two"
    if read.reads_mean:
        pooled = f'norm(z, "norm")[{first}:].mean(0)' if name == "norm" else f'norm(z[{first}:].mean(0), "fc_norm")'
    elif distilled:
        pooled = f'norm(z[:2], "{name}")'
    elif read.heads == "wide":
        pooled = f'torch.cat([norm(z[0], "norm"), norm(z, "norm")[{first}:].mean(0)])'
    else:
        pooled = f'norm(z[{read.lead.rows(trace.layout).start}], "{name}")'
    if not config.num_classes:
        return f"logits = {pooled}{'.mean(0)' * distilled}  # no classifier: these are the features\nprint(logits)\n"
    shared = 'F.normalize(y @ w["projection.weight"].T, dim=-1) @ w["head.weight"].T'
    logits = '(linear(y[0], "head") + linear(y[1], "head_dist")) / 2' if distilled else shared if config.projection else 'linear(y, "head")'
    k = min(5, config.num_classes)
    return (
        f"y = {pooled}\nlogits = {logits}  # {config.num_classes} classes\nprobs = (logits / {config.temperature!r}).softmax(-1)\n"
        f"print(logits.topk({k}), probs.topk({k}))\n"
    )
