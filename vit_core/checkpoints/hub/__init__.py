"""Models from the Hugging Face hub: configuration, preprocessing and weights of one commit, checked by their hashes and kept on disk.

Environment: `HF_ENDPOINT` (default https://huggingface.co), `VIT_CACHE` (default ~/.cache/vit-explainer/hub). No account is used, so
only public repositories are read.
"""

import hashlib
import json
import os
import re
import shutil
import tempfile
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any
from urllib.parse import quote

from vit_core.checkpoints.errors import Cancelled, HubError, NoNetwork
from vit_core.checkpoints.files.strict_json import parse_object
from vit_core.checkpoints.files.weights import MAX_FILE, MAX_TENSORS, printable
from vit_core.checkpoints.hub.http import chunks, fetch
from vit_core.checkpoints.sources import INDEXES, SIDE_FILES, USUAL, is_shard

REPO_ID = re.compile(r"(?!.*(?:--|\.\.))[A-Za-z0-9][A-Za-z0-9._-]{0,95}/[A-Za-z0-9_][A-Za-z0-9._-]{0,95}")
REVISION = re.compile(r"(?!.*\.\.)[A-Za-z0-9][A-Za-z0-9._/-]{0,99}")
COMMIT = re.compile(r"[0-9a-f]{40}")
MANIFEST = "download.json"
Progress = Callable[[int, int], Any]


@dataclass(frozen=True)
class Download:
    """What lies in `folder`: files of `repo_id` at the commit `revision`, with their hashes. `offline`: the hub was not asked."""

    repo_id: str
    revision: str
    folder: Path
    sha256: dict[str, str]
    bytes: int
    offline: bool = False


@dataclass(frozen=True)
class Remote:
    """One file of a commit. Large ones have a `sha256`, all a git blob's `sha1`, where the hub says them."""

    name: str
    size: int
    sha256: str | None
    sha1: str | None


def check_repo_id(text: str) -> str:
    """`owner/name` without surrounding spaces; HubError for anything else."""
    text = text.strip()
    if not REPO_ID.fullmatch(text):
        raise HubError(f"A model on the hub is named owner/name, such as facebook/dino-vits16; got {printable(text)}.")
    return text


def cache_folder(cache: str | Path | None = None) -> Path:
    return Path(cache or os.environ.get("VIT_CACHE") or Path.home() / ".cache" / "vit-explainer" / "hub")


def download(
    repo_id: str,
    revision: str = "main",
    *,
    progress: Progress | None = None,
    cancelled: Callable[[], bool] | None = None,
    cache: str | Path | None = None,
) -> Download:
    """The files of a model that `vit_core.load(result.folder)` needs, from the cache where they are there.

    `progress(done, total)` is told bytes, `cancelled()` is asked before every 64 KiB. A commit that is there needs no network; of a branch
    the last commit that was seen is taken where there is none (`offline`). HubError, and Cancelled.
    """
    repo_id, home = check_repo_id(repo_id), cache_folder(cache)
    if not REVISION.fullmatch(revision):
        raise HubError(f"A revision is a branch, a tag or a commit; got {printable(revision)}.")
    repository = home / repo_id.replace("/", "--")
    seen = repository / "refs" / revision.replace("/", "--")
    if COMMIT.fullmatch(revision) and (kept := read_manifest(repository / revision)):
        return kept
    try:
        about = parse_object(fetch(f"/api/models/{repo_id}/revision/{quote(revision, safe='')}?blobs=true", repo_id), "The hub's answer")
    except NoNetwork:
        commit = seen.read_text(encoding="utf-8") if seen.is_file() else ""
        if COMMIT.fullmatch(commit) and (kept := read_manifest(repository / commit)):
            return kept
        raise
    commit = str(about.get("sha"))
    if not COMMIT.fullmatch(commit):
        raise HubError(f"The hub's answer about {repo_id} names no commit.")
    if not (found := read_manifest(repository / commit)):
        found = fetch_all(repo_id, commit, remotes(about), repository, progress, cancelled)
    seen.parent.mkdir(parents=True, exist_ok=True)
    seen.write_text(commit, encoding="utf-8")
    return Download(found.repo_id, found.revision, found.folder, found.sha256, found.bytes)


def cached(cache: str | Path | None = None) -> list[Download]:
    """What is there without a network, by name."""
    folders = cache_folder(cache).glob("*--*/*")
    return [found for folder in sorted(folders) if COMMIT.fullmatch(folder.name) and (found := read_manifest(folder))]


def read_manifest(folder: Path) -> Download | None:
    """A finished download, or None; the files must be there with their sizes."""
    try:
        about = parse_object((folder / MANIFEST).read_bytes(), MANIFEST)
        sizes = {name: (folder / name).stat().st_size for name in about["sizes"]}
        if sizes != about["sizes"]:
            return None
        return Download(about["repo_id"], folder.name, folder, about["sha256"], sum(sizes.values()), offline=True)
    except (OSError, LookupError, TypeError, ValueError):
        return None


def remotes(about: dict[str, Any]) -> dict[str, Remote]:
    """The files that a commit lists, by name."""
    found = {}
    siblings = about.get("siblings")
    for item in siblings if isinstance(siblings, list) else []:
        if isinstance(item, dict) and isinstance(item.get("rfilename"), str) and type(item.get("size")) is int:
            lfs = item.get("lfs")
            large: dict[str, Any] = lfs if isinstance(lfs, dict) else {}
            found[item["rfilename"]] = Remote(item["rfilename"], item["size"], large.get("sha256"), None if large else item.get("blobId"))
    return found


def fetch_all(
    repo_id: str, commit: str, there: dict[str, Remote], repository: Path, progress: Progress | None, cancelled: Callable[[], bool] | None
) -> Download:
    """Every file into a folder that takes its place when all are there."""
    repository.mkdir(parents=True, exist_ok=True)
    with tempfile.TemporaryDirectory(prefix="part-", dir=repository) as part:
        sha256: dict[str, str] = {}
        done, waiting = 0, choose(there, repo_id)
        total = sum(remote.size for remote in waiting)
        check_room(total, repository, repo_id)
        while waiting:
            remote = waiting.pop(0)
            for name, digest, count in save_file(repo_id, commit, remote, Path(part), cancelled):
                done += count
                if digest:
                    sha256[name] = digest
                if progress is not None:
                    progress(done, total)
            if remote.name in INDEXES:
                shards = shard_names(Path(part) / remote.name, there, repo_id)
                waiting, total = [*waiting, *shards], total + sum(shard.size for shard in shards)
                check_room(total, repository, repo_id)
        sizes = {name: (Path(part) / name).stat().st_size for name in sha256}
        (Path(part) / MANIFEST).write_text(json.dumps({"repo_id": repo_id, "sha256": sha256, "sizes": sizes}), encoding="utf-8")
        folder = repository / commit
        shutil.rmtree(folder, ignore_errors=True)
        shutil.move(part, folder)
        Path(part).mkdir()  # for the context manager to remove
    return Download(repo_id, commit, folder, sha256, sum(sizes.values()))


def choose(there: dict[str, Remote], repo_id: str) -> list[Remote]:
    """What is wanted of a repository: the small files first, then weights, as safetensors where it has them."""
    weights = next((name for name in USUAL if name in there), None)
    if weights is None:
        raise HubError(f"{repo_id} has no model.safetensors nor pytorch_model.bin, so it is no model that can be read here.")
    return [there[name] for name in (*SIDE_FILES, weights) if name in there]


def shard_names(index: Path, there: dict[str, Remote], repo_id: str) -> list[Remote]:
    """The files that an index names; HubError if one is not of the repository."""
    table = parse_object(index.read_bytes(), index.name).get("weight_map")
    names = sorted({str(name) for name in table.values()}) if isinstance(table, dict) and len(table) <= MAX_TENSORS else []
    if not names or any(not is_shard(index.name, name) or name not in there for name in names):
        raise HubError(f"The {index.name} of {repo_id} does not fit its files.")
    return [there[name] for name in names]


def check_room(total: int, folder: Path, repo_id: str) -> None:
    """HubError if the files are too large, or the disk too full."""
    free = shutil.disk_usage(folder).free
    if total > MAX_FILE or total + 10**8 > free:
        raise HubError(f"{repo_id} has {total:,} bytes; at most {MAX_FILE:,} are read, and {free:,} are free on the disk.")


def save_file(
    repo_id: str, commit: str, remote: Remote, folder: Path, cancelled: Callable[[], bool] | None
) -> Iterator[tuple[str, str | None, int]]:
    """Downloads one file and checks it. Gives (name, None, bytes) for every chunk, last (name, sha256, 0)."""
    large, small, count = hashlib.sha256(), hashlib.sha1(f"blob {remote.size}\0".encode(), usedforsecurity=False), 0
    with (folder / remote.name).open("xb") as out:
        for chunk in chunks(f"/{repo_id}/resolve/{commit}/{remote.name}", repo_id):
            if cancelled is not None and cancelled():
                raise Cancelled(f"The download of {repo_id} was cancelled.")
            count += len(chunk)
            if count > remote.size:
                break
            large.update(chunk)
            small.update(chunk)
            out.write(chunk)
            yield remote.name, None, len(chunk)
    if count != remote.size:
        raise HubError(f"{remote.name} of {repo_id} came with {count:,} bytes where {remote.size:,} are announced: try again.")
    if remote.sha256 not in (None, large.hexdigest()) or remote.sha1 not in (None, small.hexdigest()):
        raise HubError(f"{remote.name} of {repo_id} came with another checksum than the hub announces: try again.")
    yield remote.name, large.hexdigest(), 0
