"""Several processes that train one model together, as `torchrun` starts them: each takes its share of a batch, gradients are summed."""

import os
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass

import torch
import torch.distributed as dist
from torch import Tensor


@dataclass(frozen=True)
class Team:
    """The processes that train one model, and which of them this one is: the first writes what is kept."""

    rank: int = 0
    count: int = 1

    def share(self, of: int) -> slice:
        """This process's pictures of a batch of `of`."""
        return slice(self.rank * of // self.count, (self.rank + 1) * of // self.count)

    def add(self, parameters: Iterable[Tensor]) -> None:
        """Sum the gradients over all processes; one that had no picture adds nothing."""
        if self.count == 1:
            return
        every = list(parameters)
        flat = torch.cat([(torch.zeros_like(p) if p.grad is None else p.grad).flatten() for p in every])
        dist.all_reduce(flat)
        for parameter, summed in zip(every, flat.split([p.numel() for p in every]), strict=True):
            parameter.grad = summed.view_as(parameter).clone()

    def total(self, value: float, device: str) -> float:
        """The sum over all processes."""
        return self._over_all(value, device, dist.ReduceOp.SUM)

    def first(self, value: float, device: str) -> float:
        """The first process's value, at least 0."""
        return self._over_all(value if self.rank == 0 else 0.0, device, dist.ReduceOp.MAX)

    def most(self, value: float, device: str) -> float:
        """The largest of all processes."""
        return self._over_all(value, device, dist.ReduceOp.MAX)

    def _over_all(self, value: float, device: str, how: dist.ReduceOp.RedOpType) -> float:
        if self.count == 1:
            return value
        shared = torch.tensor(value, dtype=torch.float64, device=device)
        dist.all_reduce(shared, op=how)
        return shared.item()


def team() -> Team:
    """The team that this process has joined, or one of its own."""
    return Team(dist.get_rank(), dist.get_world_size()) if dist.is_available() and dist.is_initialized() else Team()


@contextmanager
def joined(device: str) -> Iterator[str]:
    """Within it, a process that `torchrun` has started is one of its team; comes the device that is its own."""
    if int(os.environ.get("WORLD_SIZE", "1")) == 1:
        yield device
        return
    on_gpu = device.startswith("cuda")
    own = f"cuda:{os.environ['LOCAL_RANK']}" if on_gpu else device
    if on_gpu:
        torch.cuda.set_device(own)
    dist.init_process_group("nccl" if on_gpu else "gloo")
    try:
        yield own
    finally:
        dist.destroy_process_group()
