"""Every digit that the attention page prints is one that the number has: compared with a float64 forward pass that shares no code."""

import json
import random
import re
import subprocess
from decimal import Decimal
from pathlib import Path

import pytest

from tests.support.find_node import ADVICE, find_node
from tests.support.recount.forward64 import WEIGHTS, forward
from ui.attention import explained, payload
from ui.state.selection import Selection
from ui.work import cached

ROOT = Path(__file__).resolve().parents[3]
PRINTER = ROOT / "tests" / "support" / "shown_numbers.js"
PLACES = [(name, size) for name in ("coffee", "chelsea", "hubble") for size in (224, 160)]
OFF = 0.66  # of a unit of the last digit: half of it is rounding, the rest what float32 leaves open (1.6e-5 of a weight, at most)
MODEL = next(id for id, source in cached.sources().items() if source.path == WEIGHTS)
DRAWN = 1000 // len(PLACES) + 1


def units_off(shown: str, true: float) -> float:
    """By how many units of its last digit a printed number differs from the true one."""
    text = shown.replace("\u2212", "-")
    last = Decimal(text).as_tuple().exponent
    return abs(float(text) - true) / 10.0**last


def printed(analysis, asked: dict, folder: Path) -> dict[str, list[str]]:
    """The numbers at the places that are `asked` for, as the page's own modules print them."""
    node = find_node()
    assert node, ADVICE
    made = {
        "explorer": payload.explorer(analysis),
        "rollout": payload.rolled_out(analysis, "mean", 0.5, 0.0),
        "asked": json.dumps(asked).encode(),
    }
    for name, data in made.items():
        (folder / name).write_bytes(data)
    files = [folder / name for name in made]
    done = subprocess.run([node[0], PRINTER, *files], capture_output=True, text=True, encoding="utf-8", timeout=120, check=True)
    return json.loads(done.stdout)


@pytest.mark.parametrize(("name", "size"), PLACES)
def test_all_shown_digits_of_weights_sums_and_rollout_are_those_of_float64(name: str, size: int, tmp_path: Path) -> None:
    analysis = cached.analysis.__wrapped__(MODEL, name, size, 16, cached.gallery_picture(name))
    truth, draw = forward(name, size, 16), random.Random(f"{name} {size}")
    tokens = analysis.trace.layout.num_tokens
    weights = [[draw.randrange(12), draw.randrange(12), draw.randrange(tokens), draw.randrange(tokens)] for _ in range(DRAWN)]
    pairs = [[draw.randrange(tokens), draw.randrange(tokens)] for _ in range(DRAWN)]
    found = printed(analysis, {"weights": weights, "sums": [place[:3] for place in weights], "rollout": pairs}, tmp_path)
    rolled = truth.rollout()
    expected = {
        "weights": [truth.attention[layer][head, query, key] for layer, head, query, key in weights],
        "steps": [truth.attention[layer][head, query, key] for layer, head, query, key in weights],
        "sums": [truth.sums[layer][head, query] for layer, head, query, _ in weights],
        "rollout": [rolled[token, other] for token, other in pairs],
    }
    for kind, texts in found.items():
        off = {text: true for text, true in zip(texts, expected[kind], strict=True) if units_off(text, true) > OFF}
        assert not off, f"{kind}: {len(off)} of {len(texts)}, such as {next(iter(off.items()))}"


def test_formula_check_and_script_print_the_weight_of_float64(monkeypatch, capsys) -> None:
    monkeypatch.chdir(ROOT)
    selection = Selection(picture="coffee", model=MODEL, layer=5, head=2, token=0)
    trace, truth = (
        cached.analysis.__wrapped__(MODEL, "coffee", 224, 16, cached.gallery_picture("coffee")).trace,
        forward("coffee", 224, 16),
    )
    row = truth.attention[5][2, 0]
    latex = next(formula for sentence, formula in explained.formulas(trace, selection) if sentence.startswith("**One weight"))
    total, weight = re.search(r"\}\{([\d.]+)\} = ([\d.]+)$", latex).groups()
    assert units_off(weight, row.max()) <= OFF and units_off(total, truth.sums[5][2, 0]) <= OFF
    assert all(check.difference <= 1e-5 * max(1.0, abs(check.shown)) for check in explained.checks(trace, selection, None))
    exec(compile(explained.script(trace, selection), "attention", "exec"), {})
    shown = [line.rsplit(" ", 1)[1] for line in capsys.readouterr().out.splitlines() if line]
    assert len(shown) == 5 and all(units_off(text, true) <= OFF for text, true in zip(shown, sorted(row, reverse=True), strict=False))
