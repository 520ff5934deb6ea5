"""A hub that is slow or silent, and a disk that is full or cannot be written: one sentence each, and what has come is kept."""

import json
import resource
import socket
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from itertools import pairwise

import pytest
from safetensors.torch import save

from tests.support.files.hub import Fault, Repository, StandIn, serving
from tests.support.files.small_files import HF_CONFIG, PIXELS, hf_tensors
from tests.support.models.small import as_released
from vit_core.checkpoints import hub
from vit_core.checkpoints.errors import Cancelled
from vit_core.checkpoints.hub import http as hub_http
from vit_core.checkpoints.hub import transfer

NAME, COMMIT, WEIGHTS = "someone/tiny-vit", "0123456789abcdef" * 2 + "01234567", "model.safetensors"
TOO_LARGE = "File too large"  # what Linux says where a limit takes the place of a full disk


@pytest.fixture
def files() -> dict[str, bytes]:
    about = {"config.json": json.dumps(HF_CONFIG).encode(), "preprocessor_config.json": json.dumps(PIXELS).encode()}
    return {**about, WEIGHTS: save(hf_tensors())}


@pytest.fixture
def site(files, tmp_path, monkeypatch) -> Iterator[StandIn]:
    with serving({NAME: Repository(files, COMMIT)}) as made:
        monkeypatch.setenv("HF_ENDPOINT", made.address)
        monkeypatch.setenv("VIT_CACHE", str(tmp_path / "cache"))
        monkeypatch.setenv("NO_PROXY", "127.0.0.1")
        monkeypatch.setattr(transfer, "PAUSE", 0.0)
        yield made


def refusal(call: Callable[[], object], kind: type[hub.HubError] = hub.HubError) -> str:
    with as_released(), pytest.raises(kind) as caught:
        call()
    return str(caught.value)


@contextmanager
def full_disk(size: int) -> Iterator[None]:
    """No file of this process can be larger than this."""
    before = resource.getrlimit(resource.RLIMIT_FSIZE)
    resource.setrlimit(resource.RLIMIT_FSIZE, (size, before[1]))
    try:
        yield
    finally:
        resource.setrlimit(resource.RLIMIT_FSIZE, before)


def test_a_disk_that_is_full_is_said_and_the_download_goes_on_when_there_is_room(site, files) -> None:
    with full_disk(len(files[WEIGHTS]) // 2):
        assert refusal(lambda: hub.download(NAME)) == f"The files of {NAME} cannot be written: {TOO_LARGE}."
        assert hub.cached() == []
    found = hub.download(NAME)
    assert (found.folder / WEIGHTS).read_bytes() == files[WEIGHTS]
    assert site.ranges, "What had come before the disk was full was asked for again."


def test_a_cache_that_cannot_be_written_is_said(site, tmp_path, monkeypatch) -> None:
    (tmp_path / "file").write_bytes(b"")
    monkeypatch.setenv("VIT_CACHE", str(tmp_path / "file"))
    assert refusal(lambda: hub.download(NAME)) == f"The files of {NAME} cannot be written: Not a directory."


def test_a_model_that_is_here_needs_nothing_written(site, monkeypatch) -> None:
    found = hub.download(NAME)
    with full_disk(0):
        assert hub.download(NAME).folder == found.folder


@pytest.fixture
def slow(files, site, monkeypatch) -> StandIn:
    """Gives a block of the weights every fiftieth of a second."""
    large = {**files, WEIGHTS: files[WEIGHTS] + bytes(1 << 20)}
    site.repositories[NAME] = Repository(large, COMMIT, faults={WEIGHTS: Fault(pause=0.02)})
    return site


def test_a_hub_that_is_too_slow_is_given_up_and_what_has_come_is_kept(slow, monkeypatch) -> None:
    monkeypatch.setattr(hub_http, "LOOK", 0.1)
    monkeypatch.setattr(hub_http, "LEAST", 1 << 30)
    assert refusal(lambda: hub.download(NAME)) == "The hub is too slow now: try again later; what has come is kept."
    assert hub.begun(NAME) > 0


def test_a_download_from_a_slow_hub_can_be_stopped_at_each_piece(slow) -> None:
    """It asks before a whole chunk of 64 KiB is there, which a trickle takes hours for."""
    seen: list[int] = []

    def progress(done: int, total: int) -> None:
        seen.append(done)

    weights = sum(map(len, slow.repositories[NAME].files.values()))
    assert refusal(lambda: hub.download(NAME, progress=progress, cancelled=lambda: len(seen) >= 8), Cancelled)
    assert 0 < seen[-1] < weights
    assert min(after - before for before, after in pairwise(seen) if after > before) < hub_http.CHUNK


def test_a_hub_that_takes_the_question_and_says_nothing(monkeypatch, tmp_path) -> None:
    monkeypatch.setattr(hub_http, "TIMEOUT", 0.2)
    monkeypatch.setattr(transfer, "PAUSE", 0.0)
    monkeypatch.setenv("NO_PROXY", "127.0.0.1")
    monkeypatch.setenv("VIT_CACHE", str(tmp_path))
    with socket.create_server(("127.0.0.1", 0)) as silent:
        monkeypatch.setenv("HF_ENDPOINT", f"http://127.0.0.1:{silent.getsockname()[1]}")
        assert "cannot be reached" in refusal(lambda: hub.download(NAME))


def test_nothing_that_is_decided_hangs_on_the_time_of_day(slow, monkeypatch) -> None:
    """A clock that jumps a year ends no download."""
    now = time.time()
    jumps = iter(range(10**9))
    monkeypatch.setattr(time, "time", lambda: now + 86_400 * 365 * (next(jumps) % 3 - 1))
    assert hub.download(NAME).bytes > 1 << 20
