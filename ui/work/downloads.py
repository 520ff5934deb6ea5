"""Downloads from the hub: one at a time on this server, in the background, with progress and a way to stop."""

import threading
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from vit_core.checkpoints.hub import Download

SLOT = threading.Lock()


@dataclass(eq=False)
class Job:
    """A download under way or over: then `download` is there, or `problem` says in one sentence why not."""

    repo_id: str
    revision: str
    most: int
    done: int = 0
    total: int = 0
    download: "Download | None" = None
    problem: str = ""
    stopped: threading.Event = field(default_factory=threading.Event)
    over: threading.Event = field(default_factory=threading.Event)

    def run(self) -> None:
        """Download; gives the slot back at the end."""
        from vit_core.checkpoints import hub

        try:
            self.download = hub.download(self.repo_id, self.revision, progress=self._progress, cancelled=self.stopped.is_set)
        except hub.Cancelled:
            self.problem = self.problem or f"The download of {self.repo_id} was stopped."
        except ValueError as error:
            self.problem = str(error)
        except Exception as error:  # a thread has nobody above it to tell
            self.problem = f"The download of {self.repo_id} failed: {type(error).__name__}."
            raise
        finally:
            SLOT.release()
            self.over.set()

    def _progress(self, done: int, total: int) -> None:
        self.done, self.total = done, total
        if total > self.most and not self.stopped.is_set():
            self.problem = f"{self.repo_id} takes {total / 1e9:.2g} GB, and this server keeps {self.most / 1e9:.2g} GB of models."
            self.stopped.set()


def start(repo_id: str, revision: str, most: int) -> Job:
    """Begin a download of at most `most` bytes. ValueError with one sentence if the name is none, or another download is under way."""
    from vit_core.checkpoints import hub

    repo_id = hub.check_repo_id(repo_id)
    if not SLOT.acquire(blocking=False):
        raise ValueError("Another download is under way on this server; try again when it is over.")
    job = Job(repo_id, revision.strip() or "main", most)
    threading.Thread(target=job.run, name=f"download {repo_id}", daemon=True).start()
    return job
