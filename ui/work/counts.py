"""What the server counts of itself, for whoever runs it: numbers alone, nothing of a picture, a name or an address."""

import threading
from collections import Counter


class Counts:
    """Sums by name, from any thread."""

    def __init__(self) -> None:
        self.lock, self.sums = threading.Lock(), Counter[str]()

    def add(self, name: str, amount: float = 1) -> None:
        """Add to a sum."""
        with self.lock:
            self.sums[name] += amount  # type: ignore[assignment]  # seconds are no whole numbers

    def of(self, name: str) -> float:
        """A sum; 0 where nothing was added yet."""
        with self.lock:
            return self.sums[name]


counts = Counts()
