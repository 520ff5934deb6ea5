"""Damaged checkpoints of every format: a model or one sentence, in bounded memory and time. See `loader_mutations`."""

import json
import subprocess
import sys
from pathlib import Path

ROOT = Path(__file__).resolve().parents[3]
FILES = 450


def test_damaged_files_give_a_model_or_a_sentence():
    command = [sys.executable, "-m", "tests.support.files.loader_mutations", "0", str(FILES)]
    ran = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, timeout=240)
    assert ran.returncode == 0, ran.stderr[-2000:]
    report = json.loads(ran.stdout)
    assert report["intact"]
    assert not report["wrong"], "\n".join(report["wrong"][:5])
    assert report["used"] < 2 * 10**9
    for name, outcomes in report["found"].items():
        assert sum(outcomes.values()) == FILES // len(report["found"]) + 1, name
        assert outcomes["sentence"] >= FILES // len(report["found"]) // 2, name
