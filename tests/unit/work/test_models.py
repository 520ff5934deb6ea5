"""Where models come from and how many are kept: the operator's settings, the store, sizes, uploads, downloads."""

import threading
import time
import weakref
from pathlib import Path

import numpy as np
import pytest
import torch
from hypothesis import given
from hypothesis import strategies as st

import vit_core
from tests.support.models import families
from ui.shell import bring
from ui.state.selection import MAX_NATIVE_GRID, PATCH_SIZES, Sizes
from ui.work import cached, downloads, models, settings
from ui.work.job import Job
from ui.work.jobs import jobs
from ui.work.store import Store, bytes_of
from vit_core import checkpoints
from vit_core.checkpoints import hub
from vit_core.checkpoints.errors import Cancelled


def test_settings_are_read_and_what_cannot_be_is_said(tmp_path: Path) -> None:
    assert settings.read({}) == settings.Settings()
    found = settings.read({"VIT_MODELS": str(tmp_path), "VIT_HUB": "off", "VIT_KEEP_MODELS": "0.5"})
    assert (found.models, found.hub, found.keep_models, found.problems) == (tmp_path.resolve(), False, 500_000_000, ())
    found = settings.read({"VIT_MODELS": str(tmp_path / "gone"), "VIT_KEEP_TRACES": "many", "VIT_KEEP_PAYLOADS": "-1"})
    assert (found.models, found.keep_traces, found.keep_payloads) == (None, settings.Settings.keep_traces, settings.Settings.keep_payloads)
    assert found.problems == (
        "There is no folder “gone”: start the app with `make app MODELS=folder`.",
        "VIT_KEEP_TRACES must be a number of GB above 0; got “many”.",
        "VIT_KEEP_PAYLOADS must be a number of GB above 0; got “-1”.",
    )


def test_the_least_recently_used_is_dropped_and_its_key_is_told() -> None:
    dropped: list[str] = []
    store = Store(100, dropped=dropped.append)
    for key in "ab":
        store.get(key, lambda: 40, size=int)
    store.get("a", pytest.fail, size=int)  # now b is the least recently used
    store.get("c", lambda: 50, size=int)
    assert (dropped, list(store.kept), store.bytes) == (["b"], ["a", "c"], 90)
    store.get("large", lambda: 1000, size=int)
    assert list(store.kept) == ["large"]
    store.drop(lambda key: key == "large")
    assert store.bytes == 0 and dropped == ["b", "a", "c", "large"]


def test_room_is_made_before_a_value_of_known_size_is_made() -> None:
    store = Store(100)
    store.get("old", lambda: 60, size=int)
    store.get("new", lambda: store.bytes, size=lambda _: 60, expected=lambda: 60)
    assert store.get("new", pytest.fail, size=int) == 0


@given(st.lists(st.tuples(st.integers(0, 9), st.integers(0, 60)), max_size=60))
def test_the_store_never_holds_more_than_its_bound_and_one_more(asked: list[tuple[int, int]]) -> None:
    """Memory is asked back once after each value that lets others go: here that is counted, not done some thousand times."""
    given_back: list[None] = []
    gone: list[int] = []
    store = Store(100, dropped=gone.append)
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr("ui.work.store.give_back", lambda: given_back.append(None))
        for key, size in asked:
            before = len(gone), len(given_back)
            store.get(key, lambda size=size: size, size=int)
            assert store.bytes <= 100
            assert list(store.kept)[-1] == key
            assert len(given_back) - before[1] == (len(gone) > before[0])


@pytest.mark.parametrize("one_at_a_time", [False, True])
def test_a_value_is_made_once_however_many_ask(one_at_a_time: bool) -> None:
    store, made, begun = Store(10, one_at_a_time=one_at_a_time), [], threading.Barrier(8)

    def ask() -> None:
        begun.wait()
        store.get("x", lambda: made.append(1) or time.sleep(0.05) or 1, size=int)

    threads = [threading.Thread(target=ask) for _ in range(8)]
    [thread.start() for thread in threads]
    [thread.join() for thread in threads]
    assert made == [1]


def test_what_fails_is_not_kept() -> None:
    store = Store(10)
    with pytest.raises(ZeroDivisionError):
        store.get("x", lambda: 1 // 0, size=int)
    assert store.get("x", lambda: 7, size=int) == 7 and not store.waiting


def test_bytes_of_payloads() -> None:
    assert bytes_of((b"four", {"a": b"12"}, [b"1"], "text", 3)) == 11
    assert bytes_of((np.zeros(3, np.float32), torch.zeros(2, dtype=torch.float64))) == 28
    assert bytes_of([models.Source("id", "title", "hub", Path("x"))]) == 10


@given(side=st.integers(1, 64), patch=st.integers(1, 64), most=st.integers(1, 64))
def test_every_model_has_sizes_that_it_can_be_shown_at(side: int, patch: int, most: int) -> None:
    sizes = Sizes(side * patch, patch, most)
    image_size, patch_size = sizes.start
    assert image_size in sizes.image_sizes and patch_size in sizes.patch_sizes_for(image_size)
    assert all(sizes.patch_sizes_for(size) for size in sizes.image_sizes)
    if side <= min(most, MAX_NATIVE_GRID) and sizes.grids[0] <= side:
        assert sizes.start == (side * patch, patch)


def test_sizes_of_well_known_models() -> None:
    assert Sizes(518, 14).start == (518, 14) and Sizes(518, 14).patch_sizes == (7, 14, 28, 56)
    assert Sizes(384, 32).start == (384, 32) and Sizes(384, 32).patch_sizes == PATCH_SIZES
    assert Sizes(32, 4).start == (32, 4) and Sizes(32, 4).image_sizes[0] == 32
    assert Sizes(1024, 16).start == (256, 16)


def test_a_folder_is_listed_without_being_opened(tmp_path: Path) -> None:
    (tmp_path / "broken.safetensors").write_bytes(b"")
    (tmp_path / "notes.txt").write_text("not a model")
    (tmp_path / "link.safetensors").symlink_to("/etc/passwd")
    assert [(source.id, source.title) for source in models.of_folder(tmp_path)] == [("file-broken.safetensors", "broken.safetensors")]


class Upload:
    """What `st.file_uploader` hands over."""

    def __init__(self, name: str, content: bytes) -> None:
        self.name, self.size, self.rest = name, len(content), content

    def read(self, count: int = -1) -> bytes:
        count = len(self.rest) if count < 0 else count
        part, self.rest = self.rest[:count], self.rest[count:]
        return part


@pytest.fixture
def session(monkeypatch) -> dict[str, models.Source]:
    """What the session brought, and a session that shows whatever it is told to."""
    kept: dict[str, models.Source] = {}
    monkeypatch.setattr(models, "own", lambda: kept)
    monkeypatch.setattr(bring.session, "change", lambda model: None)
    monkeypatch.setattr(bring.st, "session_state", {bring.session.PROBLEM: None})
    return kept


@pytest.fixture(scope="module")
def weights(tmp_path_factory) -> bytes:
    path = tmp_path_factory.mktemp("weights") / "model.safetensors"
    families.save(path, families.config_of("dino-s16"), 0)
    return path.read_bytes()


def test_an_upload_is_kept_under_the_last_part_of_its_name_and_its_files_go_with_it(session, weights: bytes) -> None:
    assert bring.take_files([Upload("../../../tmp/evil/../model.safetensors", weights)], {}) == ""
    (source,) = session.values()
    folder = source.path.parent
    assert source.path.name == "model.safetensors" and [path.name for path in folder.iterdir()] == ["model.safetensors"]
    assert source.load().config.name
    session.clear()
    del source
    assert not folder.exists()


def test_only_the_last_uploads_are_kept(session, weights: bytes) -> None:
    for number in range(models.KEPT_OWN + 2):
        assert bring.take_files([Upload(f"model-{number}.safetensors", weights)], {}) == ""
    assert [source.title for source in session.values()] == [f"model-{number}.safetensors" for number in range(2, models.KEPT_OWN + 2)]


@pytest.mark.parametrize(
    ("files", "said"),
    [
        ([Upload("config.json", b"{}")], "One file of weights is needed; there are 0."),
        ([Upload("a.pth", b""), Upload("b.npz", b"")], "One file of weights is needed; there are 2."),
    ],
)
def test_a_wrong_set_of_files_is_said(session, files: list[Upload], said: str) -> None:
    assert bring.take_files(files, {}) == said
    assert not session


def test_a_page_that_is_left_open_keeps_no_model() -> None:
    """A page's trace is asked for anew, with the same numbers, when it is not in memory any more; and it keeps nothing there."""
    cached.st.cache_resource.clear()
    shown = cached.analysis("bundled", "coffee", 64, 16, cached.gallery_picture("coffee"))
    assert isinstance(shown.trace, vit_core.ViTTrace)
    logits, model = shown.trace.logits.clone(), weakref.ref(cached.model("bundled"))
    assert shown.trace.model is model()
    cached.stores().models.drop(lambda name: True)
    assert not cached.stores().traces.kept and model() is None
    assert torch.equal(shown.trace.logits, logits) and len(vit_core.analysis.attention_entropy(shown.trace)) == 12
    cached.st.cache_resource.clear()


def wait(job: Job) -> Job:
    assert job.ended.wait(10)
    return job


def test_a_download_reports_its_progress_and_its_end(monkeypatch, tmp_path: Path) -> None:
    done = hub.Download("a/b", "0" * 40, tmp_path, {}, 10, False)

    def fake(repo_id: str, revision: str, *, progress, cancelled) -> hub.Download:
        progress(5, 10)
        assert not cancelled()
        return done

    monkeypatch.setattr(hub, "download", fake)
    job = wait(downloads.start(" a/b ", "", 100))
    assert (job.key[1:], job.done, job.total, job.value, job.outcome) == (("a/b", "main"), 5, 10, done, None)
    assert job.line(job) == "a/b: 0.0 of 0.0 MB"
    assert models.of_download(done).id == "hub-a/b@0000000"


def test_one_download_at_a_time_and_it_can_be_stopped(monkeypatch) -> None:
    def slow(repo_id: str, revision: str, *, progress, cancelled) -> hub.Download:
        while not cancelled():
            time.sleep(0.005)
        raise Cancelled("stopped")

    monkeypatch.setattr(hub, "download", slow)
    job = downloads.start("a/b", "main", 100)
    with pytest.raises(ValueError, match="Another download is under way"):
        downloads.start("c/d", "main", 100)
    assert job.line(job) == "Asking for a/b …"
    job.cancel()
    assert wait(job).outcome == "The download of a/b was stopped."
    job = downloads.start("c/d", "main", 100)
    job.cancel()
    wait(job)


def test_a_download_that_is_too_large_is_stopped(monkeypatch) -> None:
    def large(repo_id: str, revision: str, *, progress, cancelled) -> hub.Download:
        progress(0, 5 * 10**9)
        raise Cancelled("stopped") if cancelled() else AssertionError

    monkeypatch.setattr(hub, "download", large)
    assert wait(downloads.start("a/b", "main", 2 * 10**9)).outcome == "a/b takes 5 GB, and this server keeps 2 GB of models."


@pytest.mark.parametrize("name", ["", "dinov2", "../../etc/passwd", "https://example.org/a/b", "a/b/c", "a b/c"])
def test_only_names_of_repositories_are_asked_for(name: str) -> None:
    with pytest.raises(checkpoints.CheckpointError):
        downloads.start(name, "main", 1)
    assert not jobs.is_busy(downloads.SLOT)


def test_a_download_that_fails_says_so_in_one_sentence(monkeypatch, caplog) -> None:
    def broken(repo_id: str, revision: str, *, progress, cancelled) -> hub.Download:
        raise KeyError("siblings")

    monkeypatch.setattr(hub, "download", broken)
    assert wait(downloads.start("a/b", "main", 100)).outcome == "The download of a/b failed: KeyError."
    assert "siblings" in caplog.text and not jobs.is_busy(downloads.SLOT)
