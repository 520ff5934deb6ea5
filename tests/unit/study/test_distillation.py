"""A teacher's answer at a temperature, a student's distance from it, the classes that both name, and the browser's copy of it."""

import json
import subprocess

import pytest
import torch
from torch.testing import assert_close

from tests.support.find_node import ADVICE, find_node
from tests.support.models.small import PLAIN
from ui.kit.places import ROOT
from vit_core.study.distillation import divergence, in_common, softened

Y, Z = torch.tensor([2.0, 1.0, -1.0, 0.5]), torch.tensor([1.0, 1.5, -2.0, 0.0])


def test_a_temperature_softens_and_never_reorders():
    assert_close(softened(Y, 1.0), Y.double().softmax(0))
    for temperature in (0.5, 1.0, 4.0, 20.0):
        answer = softened(Y, temperature)
        assert float(answer.sum()) == pytest.approx(1) and answer.argsort().equal(Y.argsort())
    assert softened(Y, 20.0).max() < softened(Y, 1.0).max() < softened(Y, 0.5).max()
    with pytest.raises(ValueError, match=r"must be above 0; got 0\.0"):
        softened(Y, 0.0)


def test_divergence_is_cross_entropy_less_entropy():
    p, q = softened(Y, 2.0), softened(Z, 2.0)
    assert float(divergence(Y, Z, 2.0)) == pytest.approx(float((p * (p / q).log()).sum()))
    assert float(divergence(Y, Y, 3.0)) == pytest.approx(0, abs=1e-12) and divergence(torch.stack([Y, Z]), torch.stack([Z, Y])).shape == (
        2,
    )


def test_classes_in_common_are_found_by_their_synonyms():
    thousand = PLAIN.replace(labels=("tabby, tabby cat", "crane", "crane", "maillot, tank suit", "cup, Mug"))
    few = PLAIN.replace(labels=("mug", "Tabby", "crane", "boat", "tank suit"))
    one, other = in_common(few, thousand)
    assert (one.tolist(), other.tolist()) == ([0, 1, 4], [4, 0, 3])
    assert [part.tolist() for part in in_common(thousand, thousand)] == [[0, 1, 2, 3, 4]] * 2
    assert [part.tolist() for part in in_common(PLAIN, PLAIN.replace(depth=1))] == [[0, 1, 2, 3, 4]] * 2
    assert [len(part) for part in in_common(PLAIN, few)] == [0, 0]


def test_the_browser_computes_the_same():
    module = (ROOT / "assets" / "components" / "practice" / "distil-math.js").as_uri()
    code = (
        f"import {{ divergenceOf, largestOf, softened }} from {json.dumps(module)};"
        f"const [y, z] = [Float32Array.from({Y.tolist()}), Float32Array.from({Z.tolist()})];"
        "const made = [0.5, 1, 7.5].map((t) => [[...softened(y, t)], divergenceOf(softened(y, t), softened(z, t)), largestOf(y, 2)]);"
        "console.log(JSON.stringify(made));"
    )
    node = find_node()
    assert node, ADVICE
    done = subprocess.run([node[0], "--input-type=module", "-e", code], capture_output=True, text=True, timeout=60)
    assert done.returncode == 0, done.stderr
    for temperature, (answer, apart, best) in zip((0.5, 1.0, 7.5), json.loads(done.stdout), strict=True):
        assert answer == pytest.approx(softened(Y, temperature).tolist(), abs=1e-12)
        assert apart == pytest.approx(float(divergence(Y, Z, temperature)), abs=1e-12) and best == [0, 1]
