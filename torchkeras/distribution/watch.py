"""Ending all processes of a run when one of them has stopped."""

import atexit
import os
import sys
import threading
import time
import traceback
from collections.abc import Callable, Mapping
from datetime import timedelta
from typing import Any, NamedTuple

from torch import distributed

# Seconds without a sign of work after which a process counts as stopped; 0 never says so.
LIMIT = float(os.environ.get("TORCHKERAS_STALL_SECONDS", "20"))
# Share of that time that a process must have computed to count as working.
_WORKING = 0.02
# Share of that time that counts between two looks at the others' signs, however late one comes.
_COUNTED = 0.25


class Sign(NamedTuple):
    """What a process tells of itself.

    Attributes:
        beat: Counts the signs.
        place: Number of the batch it has come to.
        computed: Seconds for which its processors have worked.
    """

    beat: int
    place: int
    computed: float


class Watcher:
    """Finds processes that have stopped, from the signs that each gives about once a second.

    One has stopped if it gives no signs (killed, or frozen), or if it lies behind the others and
    computes nothing (a lock, an endless wait). One that computes may take as long as it likes.
    Where the watcher itself was halted, others may have been, too: it counts a part of that time.

    Args:
        limit: Seconds after which it counts as stopped.

    Example:
        >>> watcher = Watcher(limit=20.0)
        >>> for second in range(22):
        ...     signs = {0: Sign(second, 5, 1.0), 1: Sign(second, 4, 1.0)}
        ...     found = watcher.stopped(signs, float(second))
        >>> found
        (1, 'computes nothing at batch 4, while others wait at batch 5')
    """

    def __init__(self, limit: float) -> None:
        self.limit = limit
        self._last: float | None = None
        self._watched = 0.0
        self._heard: dict[int, tuple[int, float]] = {}
        self._moved: dict[int, tuple[int, float, float]] = {}

    def stopped(self, signs: Mapping[int, Sign], now: float) -> tuple[int, str] | None:
        """The number of a process that has stopped, and how that shows; None if all work.

        Args:
            signs: The last of each process, by its number.
            now: Time in seconds; a second or a fifth of the limit after the last call, if all is
                well.
        """
        if self._last is not None:
            self._watched += min(now - self._last, _COUNTED * self.limit)
        self._last, now = now, self._watched
        foremost = max(sign.place for sign in signs.values())
        for rank, (beat, place, computed) in signs.items():
            if self._heard.get(rank, (None, 0.0))[0] != beat:
                self._heard[rank] = beat, now
            elif now - self._heard[rank][1] > self.limit:
                return rank, "gives no sign of life"
            before = self._moved.get(rank)
            worked = before and computed - before[1] > _WORKING * self.limit
            if before is None or before[0] != place or worked or place == foremost:
                self._moved[rank] = place, computed, now
            elif now - before[2] > self.limit:
                what = f"computes nothing at batch {place}, while others wait at batch {foremost}"
                return rank, what
        return None


class Watch(threading.Thread):
    """A thread that gives this process's signs, and ends it when some process has stopped.

    Args:
        store: Holds the signs of all.
        rank: Number of this process.
        number: How many there are.
        limit: See ``Watcher``.
        leave: Ends this process; given its number.

    Attributes:
        place: Number of the batch that this process has come to.
        is_in_pass: Whether it is in the midst of a pass, for which it needs the others.
    """

    def __init__(
        self,
        store: Any,
        rank: int,
        number: int,
        limit: float = LIMIT,
        leave: Callable[[int], Any] = os._exit,
    ) -> None:
        super().__init__(name="torchkeras-watch", daemon=True)
        self.store, self.rank, self.number, self.limit = store, rank, number, limit
        self.leave = leave
        self.place = 0
        self.is_in_pass = False
        self._watched = threading.main_thread()
        self._is_over = threading.Event()

    def run(self) -> None:
        watcher, beat = Watcher(self.limit), 0
        while not self._is_over.wait(min(1.0, self.limit / 5)):
            beat += 1
            try:
                self._tell(f"{beat} {self.place} {time.process_time()}")
                signs = self._signs()
            except (RuntimeError, ValueError):  # the process that keeps the signs has ended
                if self._is_over.wait(self.limit / 2) or not self.is_in_pass:
                    return
                self._end(0, "has ended")
                return
            found = watcher.stopped(signs, time.monotonic()) if len(signs) > 1 else None
            if found is not None and not self._is_over.is_set():
                self._end(*found)
                return

    def close(self) -> None:
        """Say that this process has done its part."""
        self._is_over.set()
        self.join(timeout=5)
        try:
            self._tell("")
        except (RuntimeError, ValueError):  # and so have those that would read it
            return

    def _tell(self, text: str) -> None:
        self.store.set(str(self.rank), text)

    def _signs(self) -> dict[int, Sign]:
        found = {}
        for rank in range(self.number):
            if self.store.check([str(rank)]):
                text = self.store.get(str(rank)).decode().split()
                if text:
                    found[rank] = Sign(int(text[0]), int(text[1]), float(text[2]))
        return found

    def _end(self, stopped: int, what: str) -> None:
        if stopped == self.rank:
            frame = sys._current_frames().get(self._watched.ident)
            lines = "".join(traceback.format_stack(frame)) if frame is not None else ""
            text = f"Process {stopped} {what}. It is here:\n{lines}"
        else:
            time.sleep(2)  # it says first where it is
            text = f"Process {self.rank} ends, since process {stopped} {what}.\n"
        sys.stderr.write(
            f"{text}TORCHKERAS_STALL_SECONDS (now {self.limit:g}) says how long one may wait; 0 "
            "for as long as it likes.\n"
        )
        sys.stderr.flush()
        self.leave(1)


_running: list[Watch] = []


def started(rank: int, number: int, agree: Callable[[int], int]) -> Watch | None:
    """The watch over all processes of this run, of which each has one; None if the limit is 0.

    Args:
        rank: Number of this process.
        number: How many there are.
        agree: Gives every process the number that process 0 has.
    """
    if LIMIT <= 0:
        return None
    if _running:
        return _running[0]
    host, wait = os.environ.get("MASTER_ADDR", "localhost"), timedelta(seconds=60)
    store = None
    if rank == 0:
        store = distributed.TCPStore(host, 0, None, True, wait, wait_for_workers=False)
    port = agree(store.port if store is not None else 0)
    if store is None:
        store = distributed.TCPStore(host, port, None, False, wait, wait_for_workers=False)
    watch = Watch(store, rank, number)
    watch.start()
    _running.append(watch)
    atexit.register(watch.close)
    return watch
