"""What goes wrong with a checkpoint: each error is one plain sentence, fit for the screen."""

from collections.abc import Sequence


class CheckpointError(ValueError):
    """A file, folder or repository that cannot be read as a model; the message says what is wrong, and what is accepted."""


class MissingFacts(CheckpointError):
    """The files leave something open that changes what the model computes. `names` are the arguments of `vit_core.load` that settle it.
    `choices`: what a file has to choose from, where one of several is to be named; else empty."""

    def __init__(self, message: str, names: Sequence[str], choices: Sequence[str] = ()) -> None:
        super().__init__(message)
        self.names, self.choices = tuple(names), tuple(choices)


class HubError(CheckpointError):
    """Why a repository could not be had, and what to do."""


class Cancelled(HubError):
    """The download was given up on request; what has come by then is kept, and the next one goes on from there."""


class Damaged(HubError):
    """A file that is not what was announced, or not what it is held to; nothing of it is kept."""


class Broken(HubError):
    """The bytes of a file stopped coming before the last one; what has come by then is kept, and the next download goes on from there."""


class NoNetwork(HubError):
    """The hub could not be reached."""
