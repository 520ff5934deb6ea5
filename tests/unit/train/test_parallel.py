"""Two processes that train one model take the steps that one process takes at the same batch."""

import os
import socket
import subprocess
import sys
from dataclasses import replace
from pathlib import Path

import torch

from tests.support.models.training import pictures
from vit_core.train.datasets import LabelledImages
from vit_core.train.parallel import Team, joined
from vit_core.train.recipes import BUNDLED_CONFIG, CPU_RECIPE
from vit_core.train.run import Run, start_weights

ROOT = Path(__file__).resolve().parents[3]
STEPS = 4
TRAIN = """
import sys
from pathlib import Path
sys.path.insert(0, ".")
import importlib.util
spec = importlib.util.spec_from_file_location("parallel_test", sys.argv[1])
test = importlib.util.module_from_spec(spec)
spec.loader.exec_module(test)
test.trained(Path(sys.argv[2]))
"""


def trained(out: Path) -> None:
    """A small run of a few steps, whatever the number of processes; the first writes weights and losses."""
    torch.set_num_threads(1)
    config = BUNDLED_CONFIG.replace(embed_dim=16, depth=2, num_heads=2, mlp_hidden=16, num_classes=5)
    recipe = replace(CPU_RECIPE, batch=9, medium_batch=7, large_batch=5, micro_tokens=400, drop_path=0.1)
    data = LabelledImages(pictures(30), torch.arange(30) % 5, tuple("abcde"))
    with joined("cpu"):
        run = Run(start_weights(config, 0, None), recipe, data, out, 0, steps=STEPS)
        losses = [row["loss"] for row in run]
        if run.team.rank == 0:
            torch.save({"losses": losses, "model": run.model.state_dict(), "team": run.team.count}, out / "done.pt")


def test_two_processes_take_the_steps_of_one(tmp_path) -> None:
    alone, both = tmp_path / "alone", tmp_path / "both"
    alone.mkdir()
    both.mkdir()
    trained(alone)
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port = str(probe.getsockname()[1])
    told = {"WORLD_SIZE": "2", "MASTER_ADDR": "127.0.0.1", "MASTER_PORT": port, "OMP_NUM_THREADS": "1"}
    command = [sys.executable, "-c", TRAIN, __file__, str(both)]
    team = [subprocess.Popen(command, cwd=ROOT, env=os.environ | told | {"RANK": rank, "LOCAL_RANK": rank}) for rank in "01"]
    assert [process.wait(240) for process in team] == [0, 0]
    one, two = (torch.load(folder / "done.pt", weights_only=True) for folder in (alone, both))
    assert (one["team"], two["team"]) == (1, 2)
    assert torch.allclose(torch.tensor(one["losses"]), torch.tensor(two["losses"]), rtol=0, atol=1e-4)
    for name, tensor in one["model"].items():
        assert torch.allclose(tensor, two["model"][name], atol=1.5e-3), name  # products are in bfloat16
    assert sorted(file.name for file in both.iterdir()) == sorted(file.name for file in alone.iterdir())


def test_every_picture_is_one_processes() -> None:
    for count in (1, 2, 3, 5):
        for size in (0, 1, 4, 9):
            shares = [list(range(size))[Team(rank, count).share(size)] for rank in range(count)]
            assert [number for share in shares for number in share] == list(range(size))
