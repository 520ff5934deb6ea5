"""Transfers that break off, begin again, are slow or wrong: through the real downloader, from a stand-in for the hub."""

import hashlib
import itertools
import json
import threading

import pytest
import torch
from safetensors.torch import save_file

from tests.support.files.hub import Fault, Repository, StandIn, folder
from tests.support.files.small_files import HF_CONFIG, PIXELS, hf_tensors
from tests.support.models.small import as_released
from vit_core import checkpoints
from vit_core.checkpoints import hub
from vit_core.checkpoints.errors import Cancelled
from vit_core.checkpoints.hub import http, transfer

NAME = "someone/large-vit"
WEIGHTS = "model.safetensors"
OTHER = "f" * 40


@pytest.fixture
def site(tmp_path, monkeypatch):
    """A repository as a folder, its weights of about 340 kB."""
    home = tmp_path / "repositories" / NAME
    home.mkdir(parents=True)
    (home / "config.json").write_text(json.dumps(HF_CONFIG | {"id2label": {str(at): f"class {at}" for at in range(7000)}}))
    (home / "preprocessor_config.json").write_text(json.dumps(PIXELS))
    save_file(hf_tensors(7000), home / WEIGHTS)
    made = StandIn(folder(tmp_path / "repositories"))
    monkeypatch.setenv("HF_ENDPOINT", made.address)
    monkeypatch.setenv("VIT_CACHE", str(tmp_path / "cache"))
    monkeypatch.setenv("NO_PROXY", "127.0.0.1")
    monkeypatch.setattr(transfer, "PAUSE", 0.0)
    monkeypatch.setattr(http, "CHUNK", 1 << 14)
    yield made
    made.stop()


def repository(site) -> Repository:
    return site.repositories[NAME]


def weights(site) -> bytes:
    return repository(site).files[WEIGHTS].read_bytes()


def refusal(call, kind=hub.HubError) -> str:
    with as_released(), pytest.raises(kind) as caught:
        call()
    return str(caught.value)


def whole(site, found) -> None:
    """The files are there, as they are on the hub, and make a model."""
    assert (found.folder / WEIGHTS).read_bytes() == weights(site)
    assert checkpoints.load(found.folder).config.num_classes == 7000
    assert hub.begun(NAME) == 0 and [one.repo_id for one in hub.cached()] == [NAME]


def test_a_connection_that_breaks_off_is_taken_up_again(site):
    repository(site).faults[WEIGHTS] = Fault(broken_after=100_000, times=2)
    told = []
    whole(site, hub.download(NAME, progress=lambda *numbers: told.append(numbers)))
    assert site.ranges == ["bytes=100000-", "bytes=200000-"]
    assert [done for done, _ in told] == sorted(done for done, _ in told) and told[-1][0] == told[-1][1]


def test_one_that_brings_nothing_is_given_up_and_what_came_is_kept(site):
    stop = itertools.count()
    refusal(lambda: hub.download(NAME, cancelled=lambda: next(stop) > 12), Cancelled)
    here = hub.begun(NAME)
    assert 0 < here < len(weights(site))
    repository(site).faults[WEIGHTS] = Fault(broken_after=0)
    text = refusal(lambda: hub.download(NAME))
    assert text.startswith(f"{WEIGHTS} of {NAME} broke off after ") and text.endswith("again, and it goes on from there.")
    assert hub.begun(NAME) == here and hub.cached() == []
    repository(site).faults.clear()
    site.ranges.clear()
    whole(site, hub.download(NAME))
    assert len(site.ranges) == 1


def test_a_server_that_refuses_for_a_while_costs_nothing(site):
    stop = itertools.count()
    refusal(lambda: hub.download(NAME, cancelled=lambda: next(stop) > 12), Cancelled)
    here = hub.begun(NAME)
    address = f"/{NAME}/resolve/{repository(site).commit}/{WEIGHTS}"
    site.answers[address] = 503
    assert "error 503" in refusal(lambda: hub.download(NAME))
    assert hub.begun(NAME) == here
    del site.answers[address]
    whole(site, hub.download(NAME))
    assert len(site.ranges) == 1


def test_a_server_without_ranges_begins_anew(site):
    repository(site).faults[WEIGHTS] = Fault(broken_after=100_000, times=1, whole=True)
    told = []
    whole(site, hub.download(NAME, progress=lambda *numbers: told.append(numbers)))
    assert site.ranges == ["bytes=100000-"] and told[-1][0] == told[-1][1]


def test_a_range_that_begins_elsewhere_is_not_joined(site):
    repository(site).faults[WEIGHTS] = Fault(broken_after=100_000, times=1, shifted=7)
    assert "came with" in refusal(lambda: hub.download(NAME))
    assert hub.cached() == [] and hub.begun(NAME) == 0


def test_a_part_of_another_file_is_thrown_away(site):
    stop = itertools.count()
    refusal(lambda: hub.download(NAME, cancelled=lambda: next(stop) > 12), Cancelled)
    (part,) = [path for path in hub.cache_folder().rglob(WEIGHTS)]
    part.write_bytes(bytes(part.stat().st_size))
    whole(site, hub.download(NAME))
    assert len(site.ranges) == 1


def test_a_part_longer_than_the_file_is_thrown_away(site):
    stop = itertools.count()
    refusal(lambda: hub.download(NAME, cancelled=lambda: next(stop) > 12), Cancelled)
    (part,) = [path for path in hub.cache_folder().rglob(WEIGHTS)]
    part.write_bytes(bytes(10**6))
    whole(site, hub.download(NAME))


def test_parts_of_another_commit_go(site):
    stop = itertools.count()
    refusal(lambda: hub.download(NAME, cancelled=lambda: next(stop) > 12), Cancelled)
    repository(site).commit = OTHER
    whole(site, hub.download(NAME))
    assert site.ranges == []


@pytest.mark.parametrize("listed", [True, False])
@pytest.mark.parametrize("file", [WEIGHTS, "config.json"])
def test_a_wrong_checksum_is_said_and_nothing_is_kept(file, listed, site, tmp_path):
    """Of a large file the list says it, or else the tag of the answer."""
    repository(site).listed = listed
    repository(site).faults[file] = Fault(wrong=True)
    text = f"{file} of {NAME} came with another checksum than the hub announces: try again."
    assert refusal(lambda: hub.download(NAME)) == text
    assert not [path for path in (tmp_path / "cache").rglob("*") if path.is_file()]


def test_a_checksum_that_it_is_held_to(site):
    right, wrong = hashlib.sha256(weights(site)).hexdigest(), "0" * 64
    for listed in (True, False):
        repository(site).listed = listed
        site.asked.clear()
        text = refusal(lambda: hub.download(NAME, sha256={WEIGHTS: wrong}))
        assert text == f"{WEIGHTS} of {NAME} {transfer.OTHER_FILE}"
        assert any(path.startswith("/cdn") for path in site.asked) is not listed  # what the list gives away is not transferred
        assert hub.cached() == [] and hub.begun(NAME) == 0
    whole(site, hub.download(NAME, sha256={WEIGHTS: right}))


def test_the_weights_that_are_known_are_taken_where_others_lie_beside_them(site, tmp_path):
    torch.save(hf_tensors(7000), tmp_path / "x.bin")
    repository(site).files["pytorch_model.bin"] = tmp_path / "x.bin"
    known = {"pytorch_model.bin": hashlib.sha256((tmp_path / "x.bin").read_bytes()).hexdigest()}
    found = hub.download(NAME, sha256=known)
    assert "pytorch_model.bin" in found.sha256 and WEIGHTS not in found.sha256


def test_a_slow_transfer_can_be_stopped_and_another_of_the_same_has_to_wait(site):
    repository(site).faults[WEIGHTS] = Fault(pause=0.05)
    begun, stop, ended = threading.Event(), threading.Event(), []

    def run() -> None:
        try:
            hub.download(NAME, progress=lambda *_: begun.set(), cancelled=stop.is_set)
        except hub.HubError as error:
            ended.append(type(error))

    one = threading.Thread(target=run)
    one.start()
    assert begun.wait(60)
    assert refusal(lambda: hub.download(NAME)) == f"{NAME} is being downloaded already: wait until that is over."
    stop.set()
    one.join(60)
    assert ended == [Cancelled]
    repository(site).faults.clear()
    whole(site, hub.download(NAME))


def test_a_silent_server(site, monkeypatch):
    monkeypatch.setattr(http, "TIMEOUT", 0.2)
    monkeypatch.setattr(transfer, "TRIES", 2)
    repository(site).faults[WEIGHTS] = Fault(pause=1.0)
    assert "broke off after 0 of" in refusal(lambda: hub.download(NAME))


def test_another_commit_than_the_one_that_was_asked_for(site):
    asked = "e" * 40
    text = f"The hub answers about another commit of {NAME} than the one that was asked for: try again later."
    assert refusal(lambda: hub.download(NAME, asked)) == text


def test_a_missing_file(site):
    site.answers[f"/{NAME}/resolve/{repository(site).commit}/{WEIGHTS}"] = 404
    assert refusal(lambda: hub.download(NAME)) == f"The hub has no model {NAME}, or not this revision of it."


def test_a_disk_that_cannot_be_written(site, monkeypatch):
    def full(*_):
        raise OSError(28, "No space left on device")
        yield

    monkeypatch.setattr(transfer.Transfer, "take", full)
    assert refusal(lambda: hub.download(NAME)) == f"The files of {NAME} cannot be written: No space left on device."
