"""The hub, imitated by a server on this machine: what is asked of it, what is checked, kept, and said when it fails."""

import hashlib
import json

import pytest
import torch
from safetensors.torch import save_file

import vit_core
from tests.support.files.hub import Repository, StandIn
from tests.support.files.small_files import HF_CONFIG, PIXELS, hf_tensors
from tests.support.models.small import as_released
from vit_core import checkpoints
from vit_core.checkpoints import hub
from vit_core.checkpoints.errors import Cancelled, CheckpointError
from vit_core.checkpoints.hub import http as hub_http
from vit_core.checkpoints.hub import transfer

COMMIT, OTHER = "0123456789abcdef" * 2 + "01234567", "f" * 40
NAME = "someone/tiny-vit"


class Hub(StandIn):
    """One repository of the stand-in."""

    def __init__(self, files: dict[str, bytes]) -> None:
        super().__init__({NAME: Repository(files, COMMIT)})

    @property
    def commit(self) -> str:
        return self.repositories[NAME].commit

    @commit.setter
    def commit(self, value: str) -> None:
        self.repositories[NAME].commit = value


@pytest.fixture
def files(tmp_path):
    save_file(hf_tensors(), tmp_path / "weights.safetensors")
    weights = (tmp_path / "weights.safetensors").read_bytes()
    about = {"config.json": json.dumps(HF_CONFIG).encode(), "preprocessor_config.json": json.dumps(PIXELS).encode()}
    return {**about, "model.safetensors": weights, "README.md": b"# x", "run.py": b"print()", "pytorch_model.bin": b"x"}


@pytest.fixture
def site(files, tmp_path, monkeypatch):
    made = Hub(files)
    monkeypatch.setenv("HF_ENDPOINT", made.address + "/")
    monkeypatch.setenv("VIT_CACHE", str(tmp_path / "cache"))
    monkeypatch.setenv("NO_PROXY", "127.0.0.1")
    monkeypatch.setattr(transfer, "PAUSE", 0.0)
    yield made
    made.stop()


def refusal(call, kind=hub.HubError) -> str:
    with as_released(), pytest.raises(kind) as caught:
        call()
    return str(caught.value)


def test_what_is_fetched_and_told(site, files, tmp_path):
    told = []
    found = hub.download(NAME, progress=lambda done, total: told.append((done, total)))
    wanted = {name: files[name] for name in ("config.json", "preprocessor_config.json", "model.safetensors")}
    assert {path.name for path in found.folder.iterdir()} == {*wanted, "download.json"}
    assert found.sha256 == {name: hashlib.sha256(data).hexdigest() for name, data in wanted.items()}
    assert (found.repo_id, found.revision, found.bytes, found.offline) == (NAME, COMMIT, sum(map(len, wanted.values())), False)
    assert [done for done, _ in told] == sorted(done for done, _ in told)
    assert told[-1] == (found.bytes, found.bytes) and {total for _, total in told} == {found.bytes}
    assert checkpoints.load(found.folder).config.num_heads == 3
    assert site.asked[0] == f"/api/models/{NAME}/revision/main?blobs=true"
    assert found.folder.is_relative_to(tmp_path / "cache")


def test_load_by_name(site, tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    assert vit_core.load(NAME).config.labels[0] == "class 0"
    assert refusal(lambda: vit_core.load("someone/nothing")) == "The hub has no model someone/nothing, or not this revision of it."


def test_the_cache(site):
    first = hub.download(NAME)
    site.asked.clear()
    assert hub.download(NAME) == first
    assert site.asked == [f"/api/models/{NAME}/revision/main?blobs=true"]
    site.asked.clear()
    kept = hub.download(NAME, COMMIT)
    assert (kept.offline, kept.folder, site.asked) == (True, first.folder, [])
    assert [found.repo_id for found in hub.cached()] == [NAME]
    site.stop()
    again = hub.download(NAME)
    assert (again.offline, again.revision, again.sha256) == (True, COMMIT, first.sha256)


def test_a_damaged_cache_is_fetched_again(site):
    first = hub.download(NAME)
    (first.folder / "model.safetensors").write_bytes(b"short")
    assert hub.cached() == []
    assert checkpoints.load(hub.download(NAME).folder).config.depth == 1
    (first.folder / "download.json").write_text("{")
    assert hub.cached() == []


def test_a_new_commit_and_other_revisions(site):
    hub.download(NAME)
    site.commit = OTHER
    assert hub.download(NAME).revision == OTHER
    assert hub.download(NAME, "refs/pr/1").revision == OTHER
    assert f"/api/models/{NAME}/revision/refs/pr/1?blobs=true" in site.asked
    assert {found.revision for found in hub.cached()} == {COMMIT, OTHER}


def test_redirects_to_where_the_bytes_are(site):
    assert checkpoints.load(hub.download(NAME).folder).config.depth == 1
    assert f"/cdn/{NAME}/model.safetensors" in site.asked
    site.commit = OTHER
    site.answers[f"/{NAME}/resolve/{OTHER}/model.safetensors"] = "file:///etc/passwd"
    text = f"The hub points to an address for {NAME} that is not followed: try again later, or set HF_ENDPOINT to a mirror."
    assert refusal(lambda: hub.download(NAME)) == text


def test_redirects_from_https_to_http_are_not_followed():
    from urllib.request import Request

    with pytest.raises(hub.HubError, match="not followed: http://x"):
        hub_http.Redirects().redirect_request(Request("https://x/y"), None, 302, "", {}, "http://x/z")


def test_several_files(site, files, tmp_path):
    tensors = hf_tensors()
    names = sorted(tensors)
    shards = {"model-00001-of-00002.safetensors": names[:9], "model-00002-of-00002.safetensors": names[9:]}
    for shard, held in shards.items():
        save_file({name: tensors[name] for name in held}, tmp_path / shard)
        files[shard] = (tmp_path / shard).read_bytes()
    del files["model.safetensors"]
    table = {name: shard for shard, held in shards.items() for name in held}
    files["model.safetensors.index.json"] = json.dumps({"weight_map": table}).encode()
    told = []
    found = hub.download(NAME, progress=lambda *numbers: told.append(numbers))
    assert checkpoints.load(found.folder).config.depth == 1
    assert told[-1] == (found.bytes, found.bytes)
    for shard in ("../x.safetensors", "none.safetensors"):
        site.commit = {"../x.safetensors": OTHER, "none.safetensors": "e" * 40}[shard]
        files["model.safetensors.index.json"] = json.dumps({"weight_map": {"a": shard}}).encode()
        assert refusal(lambda: hub.download(NAME)) == f"The model.safetensors.index.json of {NAME} does not fit its files."


def test_weights_of_pytorch_where_there_are_no_others(site, files, tmp_path):
    torch.save(hf_tensors(), tmp_path / "a.bin")
    files["pytorch_model.bin"] = (tmp_path / "a.bin").read_bytes()
    del files["model.safetensors"]
    assert checkpoints.load(hub.download(NAME).folder).config.depth == 1
    del files["pytorch_model.bin"]
    site.commit = OTHER
    text = f"{NAME} has no model.safetensors nor pytorch_model.bin, so it is no model that can be read here."
    assert refusal(lambda: hub.download(NAME)) == text


@pytest.mark.parametrize("after", [0, 1, 3])
def test_cancelling_keeps_no_model_and_what_has_come(after, site, files, tmp_path):
    files["model.safetensors"] += bytes(10**6)
    calls = iter(range(1000))
    text = refusal(lambda: hub.download(NAME, cancelled=lambda: next(calls) >= after), Cancelled)
    assert text == f"The download of {NAME} was cancelled."
    left = {path.name: path.read_bytes() for path in (tmp_path / "cache").rglob("*") if path.is_file()}
    assert hub.cached() == [] and all(files[name].startswith(data) for name, data in left.items())
    assert hub.begun(NAME) == sum(map(len, left.values()))


@pytest.mark.parametrize("name", ["model.safetensors", "config.json"])
def test_bytes_that_are_not_those_announced(name, site, files, tmp_path):
    path, data = f"/{NAME}/resolve/{COMMIT}/{name}", files[name]
    wrong = {
        bytes([data[0] ^ 1]) + data[1:]: "another checksum than the hub announces",
        data[:-1]: f"{len(data) - 1:,} bytes where {len(data):,} are announced",
    }
    for content, text in wrong.items():
        site.answers[path] = content
        assert refusal(lambda: hub.download(NAME)) == f"{name} of {NAME} came with {text}: try again."
    site.answers[path] = data + bytes(10**6)
    assert f" bytes where {len(data):,} are announced: try again." in refusal(lambda: hub.download(NAME))
    assert hub.cached() == [] and not [path for path in (tmp_path / "cache").rglob("*") if path.is_file()]


@pytest.mark.parametrize(
    ("status", "text"),
    [
        (404, f"The hub has no model {NAME}, or not this revision of it."),
        (401, f"The hub does not give {NAME} to everyone, or has no such model: download it with your account and load its folder."),
        (403, f"The hub does not give {NAME} to everyone, or has no such model: download it with your account and load its folder."),
        (429, "The hub asks to wait, as it had too many requests: try again in a few minutes."),
        (503, f"The hub answered with error 503 for {NAME}: try again later."),
        (b"<html>", "The hub's answer is not a JSON object."),
        (b"{}", f"The hub's answer about {NAME} names no commit."),
        (b'{"sha": "../../etc"}', f"The hub's answer about {NAME} names no commit."),
    ],
)
def test_answers_that_do_not_help(status, text, site):
    site.answers[f"/api/models/{NAME}/revision/main?blobs=true"] = status
    assert refusal(lambda: hub.download(NAME), CheckpointError) == text


def test_an_answer_without_end(site, monkeypatch):
    monkeypatch.setattr(hub_http, "MAX_BYTES", 100)
    assert refusal(lambda: hub.download(NAME)) == f"The hub's answer about {NAME} is longer than 100 bytes."


def test_a_repository_that_is_too_large(site, monkeypatch):
    monkeypatch.setattr(hub, "MAX_FILE", 10)
    assert refusal(lambda: hub.download(NAME)).startswith(f"{NAME} has ")


def test_without_a_network(site):
    site.stop()
    assert refusal(lambda: hub.download(NAME)) == (
        f"{site.address} cannot be reached: copy the files of {NAME} (config.json, preprocessor_config.json, model.safetensors) into a "
        "folder and load that, or set HF_ENDPOINT to a mirror."
    )


NO_NAMES = [
    "",
    "vit",
    "a/b/c",
    "../x",
    "a/..",
    "a/.b",
    "/a",
    "a/",
    "http://x/y",
    "a b/c",
    "a/b?c",
    "a/b#c",
    "a--b/c",
    "é/x",
    "a/" + "b" * 97,
]


@pytest.mark.parametrize("text", NO_NAMES)
def test_names_of_repositories(text):
    shown = text if len(text) <= 80 else f"{text[:80]}…"
    assert refusal(lambda: hub.check_repo_id(text)) == f"A model on the hub is named owner/name, such as facebook/dino-vits16; got {shown}."


def test_names_that_are_taken():
    assert [hub.check_repo_id(name) for name in (" facebook/dino-vits16 ", "google/vit-base-patch16-224", "timm/vit_base.augreg_in21k")]


@pytest.mark.parametrize("revision", ["", "../main", "a b", "-x", "x?y", "a" * 101])
def test_revisions(revision):
    assert refusal(lambda: hub.download(NAME, revision)).startswith("A revision is a branch, a tag or a commit; got ")


@pytest.mark.parametrize("address", ["file:///tmp", "ftp://x", "x", "http://", "http://a b"])
def test_endpoints(address, monkeypatch):
    monkeypatch.setenv("HF_ENDPOINT", address)
    text = f"HF_ENDPOINT must be an address that starts with https:// or http://; got {address.rstrip('/')}."
    assert refusal(lambda: hub.download(NAME)) == text
