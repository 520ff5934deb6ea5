"""Downloads from the hub: one at a time on this server, in the background, with progress and a way to stop."""

import logging
from collections.abc import Callable, Sequence
from typing import TYPE_CHECKING

from ui.work.job import Job, Problem, Slot, Unwanted, Work
from ui.work.jobs import jobs

if TYPE_CHECKING:
    from vit_core.checkpoints.hub import Download
    from vit_core.data.shelf import Row

SLOT = Slot("Another download is under way on this server; try again when it is over.")


def start(repo_id: str, revision: str, most: int, who: str = "") -> Job:
    """The job of a download of at most `most` bytes, begun for a session; what it makes is a `Download`, and it counts bytes.

    ValueError with one sentence if the name is none, or another download is under way.
    """
    from vit_core.checkpoints import hub

    repo_id, revision = hub.check_repo_id(repo_id), revision.strip() or "main"
    what = f"The download of {repo_id}"
    job = Job(("download", repo_id, revision), fetch(repo_id, revision, most), what, line=line, stopped=f"{what} was stopped.", slot=SLOT)
    return jobs.begin(job, who, again=True)


def line(job: Job) -> str:
    """How far it is; the size is known when the hub has answered."""
    repo_id = job.key[1]
    return f"{repo_id}: {job.done / 1e6:,.1f} of {job.total / 1e6:,.1f} MB" if job.total else f"Asking for {repo_id} …"


def fetch(repo_id: str, revision: str, most: int) -> Work:
    """Downloads, and says in one sentence why it cannot."""

    def work(job: Job) -> "Download":
        from vit_core.checkpoints import hub

        def progress(done: int, total: int) -> None:
            job.done, job.total = done, total
            check_room(repo_id, total, most)

        return told(job, lambda: hub.download(repo_id, revision, progress=progress, cancelled=lambda: not job.go_on()))

    return work


def of_shelf(rows: "Sequence[Row]", most: int, who: str = "") -> Job:
    """The job of models of the shelf, one after another, begun for a session; what it makes is a list of `Download`.

    ValueError with one sentence if another download is under way.
    """
    titles = " and ".join(row.title for row in rows)
    what = f"The download of {titles}"
    stopped = f"{what} was stopped; what has come is kept."
    job = Job(("shelf", *(row.name for row in rows)), fetch_rows(rows, most), what, line=megabytes, stopped=stopped, slot=SLOT)
    return jobs.begin(job, who, again=True)


def megabytes(job: Job) -> str:
    """How far a download is."""
    return f"{job.done / 1e6:,.1f} of {job.total / 1e6:,.1f} MB" if job.total else "Asking for the size …"


def fetch_rows(rows: "Sequence[Row]", most: int) -> Work:
    """Downloads models of the shelf; what of the later ones is not known yet is counted by their rows."""

    def work(job: Job) -> "list[Download]":
        from vit_core.checkpoints.hub import shelf

        found: list[Download] = []
        job.already = sum(shelf.part(row) for row in rows)
        for at, row in enumerate(rows):
            before, later = sum(one.bytes for one in found), sum(one.bytes for one in rows[at + 1 :])

            def progress(done: int, total: int, row: "Row" = row, before: int = before, later: int = later) -> None:
                job.done, job.total = before + done, before + total + later
                check_room(row.title, total, most)

            def one(row: "Row" = row, progress: Callable[[int, int], None] = progress) -> "Download":
                return shelf.fetch(row, progress=progress, cancelled=lambda: not job.go_on())

            found.append(told(job, one))
        return found

    return work


def check_room(title: str, total: int, most: int) -> None:
    """Problem if a model is larger than all that the server keeps in memory."""
    if total > most:
        raise Problem(f"{title} takes {total / 1e9:.2g} GB, and this server keeps {most / 1e9:.2g} GB of models.")


def told(job: Job, download: "Callable[[], Download]") -> "Download":
    """What a download gives; Problem says in one sentence why it gives nothing, Unwanted that it was stopped."""
    from vit_core.checkpoints.errors import Cancelled

    try:
        return download()
    except Cancelled:
        raise Unwanted from None
    except ValueError as error:
        raise Problem(str(error)) from None
    except (Problem, MemoryError):
        raise
    except Exception as error:
        logging.getLogger(__name__).exception("%s failed", job.what)
        raise Problem(f"{job.what} failed: {type(error).__name__}.") from None
