"""What the experiments and the comparison send, check and say: compared with `vit_core`; and the jobs that compute it."""

import threading

import numpy as np
import pytest
import torch
from torch.testing import assert_close

from tests.support.small import small_model
from ui.experiments import payload as experiments
from ui.work import cached, jobs
from vit_core.study import perturbation
from vit_core.study.effect import Followed
from vit_core.study.token_edits import stream_change, token_edits


@pytest.fixture(scope="module")
def analysis() -> cached.Analysis:
    return of("bundled", "coffee", 64, 8)


def of(model: str, picture: str, size: int, patch: int) -> cached.Analysis:
    return cached.analysis.__wrapped__(model, picture, size, patch, cached.gallery_picture(picture))


def finish(job: jobs.Job) -> None:
    job.thread.join(120)
    assert job.over


@pytest.fixture(autouse=True)
def forgotten():
    yield
    jobs.finished.clear()


def test_a_job_fills_its_values_and_is_remembered():
    parts = [torch.tensor([1.0, 2]), torch.tensor([3.0])]
    job = jobs.Job(("some", 1), lambda: iter(parts), 3)
    finish(job)
    assert job.values.tolist() == [1, 2, 3] and job.done == 3 and job.outcome is None
    assert jobs.finished[("some", 1)].tolist() == [1, 2, 3]


def test_a_cancelled_job_stops_after_its_step_and_says_so():
    first, go_on = threading.Event(), threading.Event()

    def steps():
        first.set()
        go_on.wait(30)
        yield torch.tensor([1.0])
        raise AssertionError("This step must not be taken.")

    job = jobs.Job(("slow",), steps, 2)
    first.wait(30)
    job.cancel()
    go_on.set()
    finish(job)
    assert job.outcome == "Cancelled after 1 of 2 runs. What is known until then is shown."
    assert job.values[0] == 1 and np.isnan(job.values[1]) and ("slow",) not in jobs.finished


def test_a_job_that_nobody_watches_stops(monkeypatch):
    def steps():
        yield torch.tensor([0.0])
        monkeypatch.setattr(jobs, "PATIENCE", 0)  # as if all that time had passed
        yield torch.tensor([0.0])
        yield torch.tensor([0.0])

    job = jobs.Job(("left alone",), steps, 10**6)
    finish(job)
    assert job.done == 2 and job.outcome.startswith("Cancelled after 2 of 1000000 runs")


@pytest.mark.parametrize(
    ("error", "said"),
    [
        (MemoryError(), jobs.NO_MEMORY),
        (RuntimeError("[enforce fail at alloc_cpu.cpp:124] DefaultCPUAllocator: can't allocate memory"), jobs.NO_MEMORY),
        (ValueError("a mistake"), jobs.BROKEN),
    ],
)
def test_a_job_that_fails_says_why(error, said, caplog):
    def steps():
        yield torch.tensor([1.0])
        raise error

    job = jobs.Job(("broken",), steps, 2)
    finish(job)
    assert job.outcome == said and str(error) in caplog.text and ("broken",) not in jobs.finished


def test_results_are_bounded(monkeypatch):
    monkeypatch.setattr(jobs, "KEPT", 2)
    for i in range(4):
        jobs.keep(("n", i), np.zeros(1))
    assert list(jobs.finished) == [("n", 2), ("n", 3)]


def test_curve_steps_use_the_drops_that_are_known():
    trace = of("bundled", "coffee", 64, 16).trace
    direct = torch.cat(list(experiments.curve_steps(trace, 11, None)()))
    known = torch.cat(list(perturbation.occlusion_drops(trace, Followed.of(trace))))
    again = torch.cat(list(experiments.curve_steps(trace, 11, known.numpy())()))
    assert torch.equal(direct, again) and torch.equal(direct[:16], known)
    curves = perturbation.curves_of(direct[16:], 16)
    assert curves.deletion.shape == (7, 15)
    assert_close(curves.deletion[:, 0], torch.full((7,), float(trace.probs.max())))


@pytest.mark.parametrize("text", [None, 3, "x", "-", "5-", "9-1", "99999999999", "1-999999", "3." * 90])
def test_any_text_in_a_link_names_tokens_or_none(text):
    assert all(0 <= token < 65 for token in experiments.tokens_of(text, 65))


def test_tokens_of_a_link():
    assert experiments.tokens_of("3.5-8.64-70", 65) == [3, 5, 6, 7, 8, 64]


def test_edited_tokens_are_those_of_the_model(analysis):
    trace = analysis.trace
    arrays, facts = experiments.edited(trace, [3, 4, 9], "zero", 4)
    after = trace.model(trace.images, trace.patch_size, token_edits(trace.layout, 12, [3, 4, 9], "zero", 4))
    assert_close(torch.from_numpy(arrays["change"]), stream_change(trace, after))
    assert facts["left"] == pytest.approx(float(after.probs[0, trace.probs[0].argmax()]), abs=1e-6)
    assert {row[0]: row[2] for row in facts["answers"][1]} == pytest.approx(dict(after.top_k(5)))
    assert experiments.edited(trace, [3], "swap", 0)[1]["problem"] == "To swap, choose at least two tokens; got 1."


def test_a_model_without_a_head_is_followed_by_its_features():
    model = small_model(num_classes=0, num_registers=1)
    trace = model(torch.randn(1, 3, 16, 16, generator=torch.Generator().manual_seed(2)))
    arrays, facts = experiments.edited(trace, [3, 4], "zero", 1)
    assert facts["answers"] == [] and facts["moved"] is None and facts["left"] < 1 and arrays["change"].shape == (4, 18)
