"""Models of the shelf in the app: downloaded one after another, known by their rows wherever they lie, named by the operator."""

import json
import time
from pathlib import Path

import pytest

from ui.work import downloads, models, settings
from ui.work.job import Job
from vit_core.checkpoints import hub
from vit_core.checkpoints.errors import Cancelled
from vit_core.checkpoints.hub import shelf as fetching
from vit_core.data import shelf

TI, S = (shelf.rows()[name] for name in ("augreg-ti16", "augreg-s16"))
COMMIT = "c" * 40


def ended(job: Job) -> Job:
    assert job.ended.wait(60)
    return job


def kept(row: shelf.Row, home: Path) -> hub.Download:
    """A download as the cache holds it, of a file without weights, and settled."""
    folder = home / row.repository.replace("/", "--") / COMMIT
    folder.mkdir(parents=True)
    (folder / row.file).write_bytes(b"x")
    about = {"repo_id": row.repository, "revision": COMMIT, "sha256": {row.file: "0" * 64}, "sizes": {row.file: 1}}
    (folder / hub.MANIFEST).write_text(json.dumps(about))
    found = hub.read_manifest(folder)
    fetching.keep_pin(row, found, home)
    return found


@pytest.fixture
def home(tmp_path: Path, monkeypatch) -> Path:
    monkeypatch.setenv("VIT_CACHE", str(tmp_path / "cache"))
    return tmp_path / "cache"


def test_two_are_downloaded_one_after_the_other_and_counted_together(monkeypatch, tmp_path: Path, home: Path) -> None:
    told = []

    def fetch(row: shelf.Row, *, progress, cancelled) -> hub.Download:
        progress(0, 10)
        told.append((job.done, job.total))
        progress(10, 10)
        return hub.Download(row.repository, COMMIT, tmp_path, {}, 10)

    monkeypatch.setattr(fetching, "fetch", fetch)
    monkeypatch.setattr(fetching, "part", lambda row: 3)
    job = Job(("shelf", "x"), downloads.fetch_rows((TI, S), 10**9), "It", line=downloads.megabytes)
    job.run()
    assert [one.repo_id for one in job.value] == [TI.repository, S.repository] and job.already == 6
    assert told == [(0, 10 + S.bytes), (10, 20)] and (job.done, job.total) == (20, 20)


def test_the_time_left_counts_what_came_since_it_began() -> None:
    job = Job(("x",), None, total=100, done=60, already=50)
    job.started = time.monotonic() - 10
    assert job.left == pytest.approx(40, abs=1)
    job.done = 40  # begun anew
    assert job.left is None


def test_why_one_ended_early_is_said(monkeypatch, home: Path) -> None:
    def stopped(row: shelf.Row, **_: object) -> hub.Download:
        raise Cancelled("stopped")

    def missing(row: shelf.Row, **_: object) -> hub.Download:
        raise hub.HubError("The hub has no such model.")

    monkeypatch.setattr(fetching, "fetch", stopped)
    assert ended(downloads.of_shelf((TI,), 100)).outcome == "The download of AugReg Ti/16 was stopped; what has come is kept."
    monkeypatch.setattr(fetching, "fetch", missing)
    assert ended(downloads.of_shelf((TI, S), 100)).outcome == "The hub has no such model."
    monkeypatch.setattr(fetching, "fetch", lambda row, *, progress, cancelled: progress(0, 5 * 10**9))
    said = "AugReg Ti/16 takes 5 GB, and this server keeps 2 GB of models."
    assert ended(downloads.of_shelf((TI,), 2 * 10**9)).outcome == said


def test_a_download_is_known_by_its_row(home: Path) -> None:
    source = models.of_download(kept(TI, home))
    assert (source.title, source.row, source.id) == ("AugReg Ti/16", "augreg-ti16", f"hub-{TI.repository}@ccccccc")
    other = hub.Download(TI.repository, "d" * 40, home, {}, 1)  # of another commit, which somebody asked for by hand
    assert (models.of_download(other).title, models.of_download(other).row) == (f"{TI.repository} @ ddddddd", "")


def test_what_its_files_leave_open_the_row_says(home: Path, tmp_path: Path, monkeypatch) -> None:
    monkeypatch.setattr(fetching, "facts", lambda row, folder: {"preprocessing": row.config.preprocessing})
    assert models.of_download(kept(TI, home)).known() == {"preprocessing": TI.config.preprocessing}
    assert models.Source("file-x", "x", "folder", tmp_path).known() == {}


def test_a_folder_that_was_copied_is_known_by_its_row(home: Path, tmp_path: Path) -> None:
    room = tmp_path / "room"
    fetching.copy(kept(TI, home), room / "named-otherwise")
    fetching.copy(kept(S, home), room / S.name)
    (room / S.name / hub.MANIFEST).unlink()
    (room / "own.safetensors").write_bytes(b"x")
    known = {source.id: (source.title, source.row) for source in models.of_folder(room)}
    assert known["file-named-otherwise"] == ("AugReg Ti/16", "augreg-ti16")
    assert known[f"file-{S.name}"] == ("AugReg S/16", "augreg-s16") and known["file-own.safetensors"] == ("own.safetensors", "")


def test_the_operator_names_models_of_the_shelf(home: Path) -> None:
    kept(TI, home)
    found = settings.read({"VIT_MODELS": "augreg-ti16"})
    assert (found.models, found.shelf, found.problems) == (None, ("augreg-ti16",), ())
    found = settings.read({"VIT_MODELS": "augreg-ti16, dino-s8", "VIT_HUB": "off"})
    assert found.shelf == ("augreg-ti16", "dino-s8")
    assert found.problems == ("Not on this machine: dino-s8. Fetch first: `python -m vit_core.checkpoints fetch dino-s8`.",)
    assert settings.read({"VIT_MODELS": "nothing of the kind"}).problems[0].startswith("There is no folder “nothing of the kind”")


def test_what_is_named_comes_first_and_alone_where_downloads_are_switched_off(home: Path) -> None:
    kept(S, home)
    kept(TI, home)
    assert [source.row for source in models.downloaded(True, ("augreg-ti16",))] == ["augreg-ti16", "augreg-s16"]
    assert [source.row for source in models.downloaded(False, ("augreg-ti16",))] == ["augreg-ti16"]
    assert models.downloaded(False, ()) == []
