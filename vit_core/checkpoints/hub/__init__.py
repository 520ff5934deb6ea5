"""Models from the Hugging Face hub: configuration, preprocessing and weights of one commit, checked by their hashes and kept on disk.

Environment: `HF_ENDPOINT` (default https://huggingface.co), `VIT_CACHE` (default ~/.cache/vit-explainer/hub). No account is used, so
only public repositories are read.
"""

import fcntl
import json
import os
import re
import shutil
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager, suppress
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any
from urllib.parse import quote

from vit_core.checkpoints.errors import Damaged, HubError, NoNetwork
from vit_core.checkpoints.files.strict_json import parse_object
from vit_core.checkpoints.files.weights import MAX_FILE, MAX_TENSORS, printable
from vit_core.checkpoints.hub.http import fetch
from vit_core.checkpoints.hub.transfer import Remote, save_file
from vit_core.checkpoints.sources import INDEXES, SIDE_FILES, USUAL, is_shard
from vit_core.data.cache import cache_folder

REPO_ID = re.compile(r"(?!.*(?:--|\.\.))[A-Za-z0-9][A-Za-z0-9._-]{0,95}/[A-Za-z0-9_][A-Za-z0-9._-]{0,95}")
REVISION = re.compile(r"(?!.*\.\.)[A-Za-z0-9][A-Za-z0-9._/-]{0,99}")
COMMIT = re.compile(r"[0-9a-f]{40}")
MANIFEST = "download.json"
PART = "part-"
"""What a folder is called, with the commit after it, whose files have not all come yet."""
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


def check_repo_id(text: str) -> str:
    """`owner/name` without surrounding spaces; HubError for anything else."""
    text = text.strip()
    if not REPO_ID.fullmatch(text):
        raise HubError(f"A model on the hub is named owner/name, such as facebook/dino-vits16; got {printable(text)}.")
    return text


def download(
    repo_id: str,
    revision: str = "main",
    *,
    progress: Progress | None = None,
    cancelled: Callable[[], bool] | None = None,
    cache: str | Path | None = None,
    sha256: Mapping[str, str] | None = None,
) -> Download:
    """The files of a model that `vit_core.load(result.folder)` needs, from the cache where they are there.

    `progress(done, total)` is told bytes, `cancelled()` is asked before every 64 KiB. A commit that is there needs no network; of a branch
    the last commit that was seen is taken where there is none (`offline`). A download that was cancelled or broke off is taken up where it
    ended. `sha256`: what files are held to, by name. HubError, and Cancelled.
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
    if COMMIT.fullmatch(revision) and commit != revision:
        raise HubError(f"The hub answers about another commit of {repo_id} than the one that was asked for: try again later.")
    if not (found := read_manifest(repository / commit)):
        there = {name: replace(remote, pinned=(sha256 or {}).get(name)) for name, remote in remotes(about).items()}
        found = fetch_all(repo_id, commit, there, repository, progress, cancelled)
    with suppress(OSError):  # the model is here; which commit the name stands for is asked again
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
        return Download(about["repo_id"], about.get("revision", folder.name), folder, about["sha256"], sum(sizes.values()), offline=True)
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
    part, folder = repository / f"{PART}{commit}", repository / commit
    with writing(repo_id):
        repository.mkdir(parents=True, exist_ok=True)
    with writing(repo_id), alone(repository, repo_id):
        for older in repository.glob(f"{PART}*"):
            if older != part:
                shutil.rmtree(older, ignore_errors=True)
        part.mkdir(exist_ok=True)
        try:
            sha256 = fill(part, repo_id, commit, there, progress, cancelled)
        except Damaged:
            shutil.rmtree(part, ignore_errors=True)
            raise
        sizes = {name: (part / name).stat().st_size for name in sha256}
        about = {"repo_id": repo_id, "revision": commit, "sha256": sha256, "sizes": sizes}
        (part / MANIFEST).write_text(json.dumps(about), encoding="utf-8")
        shutil.rmtree(folder, ignore_errors=True)
        part.rename(folder)
    return Download(repo_id, commit, folder, sha256, sum(sizes.values()))


@contextmanager
def writing(repo_id: str) -> Iterator[None]:
    """Within it a disk that is full or cannot be written is one sentence, a HubError; what has come is kept."""
    try:
        yield
    except OSError as error:
        raise HubError(f"The files of {repo_id} cannot be written: {error.strerror or type(error).__name__}.") from None


@contextmanager
def alone(repository: Path, repo_id: str) -> Iterator[None]:
    """Within it no other process or thread downloads the same repository; HubError if one does."""
    handle = os.open(repository, os.O_RDONLY)
    try:
        fcntl.flock(handle, fcntl.LOCK_EX | fcntl.LOCK_NB)
        yield
    except BlockingIOError:
        raise HubError(f"{repo_id} is being downloaded already: wait until that is over.") from None
    finally:
        os.close(handle)


def fill(
    part: Path, repo_id: str, commit: str, there: dict[str, Remote], progress: Progress | None, cancelled: Callable[[], bool] | None
) -> dict[str, str]:
    """Every file that is wanted into `part`, and their SHA-256 by name."""
    sha256: dict[str, str] = {}
    done, waiting = 0, choose(there, repo_id)
    total = sum(remote.size for remote in waiting)
    check_room(total, part, repo_id)
    while waiting:
        remote = waiting.pop(0)
        for digest, count in save_file(repo_id, commit, remote, part, cancelled):
            done += count
            if digest:
                sha256[remote.name] = digest
            if progress is not None:
                progress(done, total)
        if remote.name in INDEXES:
            shards = shard_names(part / remote.name, there, repo_id)
            waiting, total = [*waiting, *shards], total + sum(shard.size for shard in shards)
            check_room(total, part, repo_id)
    return sha256


def begun(repo_id: str, cache: str | Path | None = None) -> int:
    """Bytes that have come of a download that was stopped or broke off."""
    return sum(kept_bytes(part) for part in (cache_folder(cache) / repo_id.replace("/", "--")).glob(f"{PART}*"))


def kept_bytes(folder: Path) -> int:
    """Bytes of the files in a folder."""
    return sum(path.stat().st_size for path in folder.iterdir() if path.is_file())


def choose(there: dict[str, Remote], repo_id: str) -> list[Remote]:
    """What is wanted of a repository: the small files first, then weights: those that are held to a checksum, else safetensors where it
    has them."""
    offered = [name for name in USUAL if name in there]
    weights = next((name for name in offered if there[name].pinned), offered[0] if offered else None)
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
    """HubError if the files are too large, or the disk too full for what of them is not in `folder` yet."""
    free = shutil.disk_usage(folder).free
    if total > MAX_FILE or total - kept_bytes(folder) + 10**8 > free:
        raise HubError(f"{repo_id} has {total:,} bytes; at most {MAX_FILE:,} are read, and {free:,} are free on the disk.")
