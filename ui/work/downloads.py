"""Downloads from the hub: one at a time on this server, in the background, with progress and a way to stop."""

import logging
from typing import TYPE_CHECKING

from ui.work.job import Job, Problem, Slot, Unwanted, Work
from ui.work.jobs import jobs

if TYPE_CHECKING:
    from vit_core.checkpoints.hub import Download

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
        from vit_core.checkpoints.errors import Cancelled

        def progress(done: int, total: int) -> None:
            job.done, job.total = done, total
            if total > most:
                raise Problem(f"{repo_id} takes {total / 1e9:.2g} GB, and this server keeps {most / 1e9:.2g} GB of models.")

        try:
            return hub.download(repo_id, revision, progress=progress, cancelled=lambda: not job.go_on())
        except Cancelled:
            raise Unwanted from None
        except ValueError as error:
            raise Problem(str(error)) from None
        except (Problem, MemoryError):
            raise
        except Exception as error:
            logging.getLogger(__name__).exception("%s failed", job.what)
            raise Problem(f"{job.what} failed: {type(error).__name__}.") from None

    return work
