"""The progress bar: ``469/469 ━━━━━━━━━━━━━━━━━━━━ 3s 6ms/step - accuracy: 0.84 - loss: 0.44``."""

import os
import shutil
import sys
import time
from collections.abc import Iterable, Mapping
from typing import Any

import numpy as np

from torchkeras.callbacks.base import Callback
from torchkeras.callbacks.console import say
from torchkeras.core.checks import argument_error
from torchkeras.core.naming import printable
from torchkeras.core.settings import settings
from torchkeras.distribution import is_chief

BOLD, GREEN, GRAY, PLAIN = "\x1b[1m", "\x1b[32m", "\x1b[37m", "\x1b[0m"
REFRESH_SECONDS = 0.25  # of a live line; each refresh reads the numbers from the device
LOG_SECONDS = 60.0  # between lines that stay, where a line can't be overwritten


class Progbar:
    """Displays how far a run of known or unknown length is, and its numbers.

    In a terminal or notebook one line is overwritten. Elsewhere (a pipe, a file) a line is
    written at the end, and one a minute before.

    Args:
        target: Number of steps to come, None if unknown.
        width: Length of the bar in characters.
        verbose: 0 silent, 1 bar, 2 one line at the end.
        interval: Least seconds between two refreshes of the line.
        stateful_metrics: Names shown as given; all others are averaged over the steps.
        stateless_metrics: Names averaged over the steps; all others are shown as given.
        unit_name: What a step is called.

    Raises:
        ValueError: ``stateful_metrics`` and ``stateless_metrics`` are both given.

    Source: Keras 3 ``Progbar``.
    """

    def __init__(
        self,
        target: int | None,
        width: int = 20,
        verbose: int = 1,
        interval: float = 0.05,
        stateful_metrics: Iterable[str] | None = None,
        stateless_metrics: Iterable[str] | None = None,
        unit_name: str = "step",
    ) -> None:
        if stateful_metrics is not None and stateless_metrics is not None:
            raise argument_error(
                "Progbar",
                "stateless_metrics",
                list(stateless_metrics),
                "None, since stateful_metrics is given",
                "Only one of `stateful_metrics` or `stateless_metrics` can be provided.",
            )
        self.target = target
        self.width = width
        self.verbose = verbose
        self.interval = interval
        self.unit_name = unit_name
        self.stateful_metrics = None if stateful_metrics is None else set(stateful_metrics)
        self.stateless_metrics = None if stateless_metrics is None else set(stateless_metrics)
        if stateful_metrics is None and stateless_metrics is None:
            self.stateful_metrics = set()
        self._is_live = _can_overwrite()
        self._values: dict[str, tuple[Any, int]] = {}  # name -> sum of values, their count
        self._seen = 0
        self._start = time.perf_counter()
        self._first_step_at: float | None = None
        self._refreshed_at = self._start if not self._is_live else -np.inf
        self._shown_width = 0

    def is_due(self) -> bool:
        """Whether a live line may be refreshed now."""
        wait = self.interval if self._is_live else max(self.interval, LOG_SECONDS)
        return self.verbose == 1 and time.perf_counter() - self._refreshed_at >= wait

    def update(
        self,
        current: int,
        values: Iterable[tuple[str, Any]] | None = None,
        finalize: bool | None = None,
    ) -> None:
        """Show that ``current`` steps are done.

        Args:
            current: Number of steps done.
            values: Pairs of name and value of the last step.
            finalize: Whether this is the last update; None: whether ``target`` is reached.
        """
        if finalize is None:
            finalize = self.target is not None and current >= self.target
        for name, value in values or ():
            self._take(name, value, current, finalize)
        self._seen = current
        seconds = self._seconds_per_step(current)
        if self.verbose == 1 and (finalize or self.is_due()):
            self._show_bar(current, seconds, finalize)
        elif self.verbose == 2 and finalize and self.target:
            self._show_line(current, seconds)

    def add(self, n: int, values: Iterable[tuple[str, Any]] | None = None) -> None:
        """Show that ``n`` more steps are done."""
        self.update(self._seen + n, values)

    def _take(self, name: str, value: Any, current: int, finalize: bool) -> None:
        if finalize or not self._is_averaged(name):
            self._values[name] = value, 1
            return
        steps = max(current - self._seen, 1)
        total, count = self._values.get(name, (0.0, 0))
        self._values[name] = total + value * steps, count + steps

    def _is_averaged(self, name: str) -> bool:
        if self.stateful_metrics is not None:
            return name not in self.stateful_metrics
        return name in self.stateless_metrics

    def _seconds_per_step(self, current: int) -> float:
        """Mean duration of a step; the first one, which warms up, is left out of it."""
        if not current:
            return 0.0
        now = time.perf_counter()
        if self._first_step_at is not None and current > 1:
            seconds = (now - self._first_step_at) / (current - 1)
        else:
            seconds = (now - self._start) / current
        if current == 1:
            self._first_step_at = now
        return seconds

    def _show_bar(self, current: int, seconds: float, finalize: bool) -> None:
        self._refreshed_at = time.perf_counter()
        remaining = None if finalize or not self.target else seconds * (self.target - current)
        clock = self._elapsed() if remaining is None else _duration(remaining)
        head = f"{current:7d}/Unknown"
        bar, done = "", 0
        if self.target:
            head = f"{current:{len(str(self.target))}d}/{self.target} "
            done = min(int(self.width * current / self.target), self.width)
            bar = "━" * self.width
        tail = f" {_per_step(seconds, self.unit_name)}{self._numbers()}"
        if not self._is_live:
            bar = bar if finalize else bar[:done].ljust(len(bar))
            say(f"{head}{bar} {clock}{tail}")
            return
        text_width = len(head) + len(bar) + 1 + len(clock) + len(tail)
        if not finalize:
            tail = _shorten(tail, text_width)
            text_width = min(text_width, _columns() - 1)
        if bar:
            bar = (f"{GREEN}{bar[:done]}{PLAIN}" if done else "") + f"{GRAY}{bar[done:]}{PLAIN}"
            head = f"{BOLD}{head.rstrip()}{PLAIN} "
        padding = " " * max(self._shown_width - text_width, 0)
        line = f"\r{head}{bar} {BOLD}{clock}{PLAIN}{tail}{padding}"
        say(line, line_break=finalize)
        self._shown_width = text_width

    def _show_line(self, current: int, seconds: float) -> None:
        head = f"{current:{len(str(self.target))}d}/{self.target}"
        step = _per_step(seconds, self.unit_name)
        say(f"{head} - {self._elapsed()} - {step}{self._numbers()}")

    def _elapsed(self) -> str:
        return f"{time.perf_counter() - self._start:.0f}s"

    def _numbers(self) -> str:
        return "".join(
            f" - {printable(name)}: {_number(total, count)}"
            for name, (total, count) in self._values.items()
        )


def _can_overwrite() -> bool:
    if not settings.interactive_logging:
        return False
    is_terminal = getattr(sys.stdout, "isatty", lambda: False)()
    return is_terminal or "ipykernel" in sys.modules or "PYCHARM_HOSTED" in os.environ


def _columns() -> int:
    return shutil.get_terminal_size((1000, 24)).columns


def _shorten(tail: str, width: int) -> str:
    """Cut what would wrap: a wrapped line can't be overwritten."""
    excess = width - (_columns() - 1)
    return tail[: max(len(tail) - excess, 0)] if excess > 0 else tail


def _duration(seconds: float) -> str:
    whole = int(seconds)
    if whole > 3600:
        return f"{whole // 3600}:{whole % 3600 // 60:02d}:{whole % 60:02d}"
    return f"{whole // 60}:{whole % 60:02d}" if whole > 60 else f"{whole}s"


def _per_step(seconds: float, unit: str) -> str:
    if seconds >= 1 or seconds == 0:
        return f"{seconds:.0f}s/{unit}"
    if seconds >= 1e-3:
        return f"{seconds * 1e3:.0f}ms/{unit}"
    return f"{seconds * 1e6:.0f}us/{unit}"


def _number(total: Any, count: int) -> str:
    if isinstance(total, str):
        return total
    mean = float(np.mean(total)) / max(1, count)
    return f"{mean:.4f}" if abs(mean) > 1e-3 else f"{mean:.4e}"


class ProgbarLogger(Callback):
    """Shows the progress of ``fit``, ``evaluate`` and ``predict``; they add it themselves.

    Validation within ``fit`` shows in the numbers of its epoch.

    Args:
        count_mode: ``"steps"`` or ``"samples"``, of tf.keras 2; steps are counted either way, as
            there.
        stateful_metrics: Names of numbers shown as they are in the logs, others being averaged over
            the steps; None shows all as they are, being averages already.

    Raises:
        ValueError: ``count_mode`` is neither.

    Source: Keras 3 ``ProgbarLogger``.
    """

    def __init__(
        self, count_mode: str = "samples", stateful_metrics: Iterable[str] | None = None
    ) -> None:
        super().__init__()
        if count_mode not in ("samples", "steps"):
            raise argument_error(
                self, "count_mode", count_mode, '"samples" or "steps"', "Unknown `count_mode`."
            )
        self.use_steps = count_mode == "steps"
        self.stateful_metrics = None if stateful_metrics is None else set(stateful_metrics)
        self.seen = 0
        self.progbar: Progbar | None = None
        self.target: int | None = None
        self.verbose: int = 1
        self.epochs = 1
        self._is_fitting = False

    def get_state(self) -> None:
        """Nothing: another process has another line to write on."""

    def set_state(self, state: None) -> None:
        """See ``get_state``."""

    def quiet_hooks(self) -> Iterable[Any]:
        train, test, predict = (
            ProgbarLogger.on_train_batch_end,
            ProgbarLogger.on_test_batch_end,
            ProgbarLogger.on_predict_batch_end,
        )
        shows_steps = self.verbose == 1 and is_chief()
        counts_steps = self.verbose and self.target is None
        if not (shows_steps or counts_steps):
            return (train, test, predict)
        return (test,) if self._is_fitting else ()

    def set_params(self, params: dict[str, Any]) -> None:
        self.params = params
        verbose = params.get("verbose", 1)
        if verbose != "auto" and not hasattr(verbose, "__index__"):
            raise argument_error("fit", "verbose", verbose, "0, 1, 2 or 'auto'")
        if verbose == "auto":
            verbose = 1 if settings.interactive_logging else 2
        self.verbose = int(verbose)
        self.epochs = params.get("epochs", 1)
        self.target = params.get("steps")

    def on_train_begin(self, logs: dict[str, Any] | None = None) -> None:
        self._is_fitting = True

    def on_test_begin(self, logs: dict[str, Any] | None = None) -> None:
        if not self._is_fitting:
            self._start()

    def on_predict_begin(self, logs: dict[str, Any] | None = None) -> None:
        self._start()

    def on_epoch_begin(self, epoch: int, logs: dict[str, Any] | None = None) -> None:
        self._start()
        if self.verbose and self.epochs > 1:
            say(f"Epoch {epoch + 1}/{self.epochs}")

    def on_train_batch_end(self, batch: int, logs: dict[str, Any] | None = None) -> None:
        self._advance(batch, logs)

    def on_test_batch_end(self, batch: int, logs: dict[str, Any] | None = None) -> None:
        if not self._is_fitting:
            self._advance(batch, logs)

    def on_predict_batch_end(self, batch: int, logs: dict[str, Any] | None = None) -> None:
        self._advance(batch, None)

    def on_epoch_end(self, epoch: int, logs: dict[str, Any] | None = None) -> None:
        self._finish(logs)

    def on_test_end(self, logs: dict[str, Any] | None = None) -> None:
        if not self._is_fitting:
            self._finish(logs)

    def on_predict_end(self, logs: dict[str, Any] | None = None) -> None:
        self._finish(None)

    def on_train_end(self, logs: dict[str, Any] | None = None) -> None:
        self.let_go()

    def let_go(self) -> None:
        self._is_fitting = False

    def _start(self) -> None:
        self.seen = 0
        self.progbar = Progbar(
            self.target,
            verbose=self.verbose,
            interval=REFRESH_SECONDS,
            stateful_metrics=self.stateful_metrics,
            stateless_metrics=() if self.stateful_metrics is None else None,
        )

    def _advance(self, batch: int, logs: Mapping[str, Any] | None) -> None:
        self.seen = batch + 1
        if self.progbar.is_due() or self.stateful_metrics is not None:
            self.progbar.update(self.seen, (logs or {}).items(), finalize=False)
        elif self.seen == 1:
            self.progbar.update(self.seen, finalize=False)  # notes how long the warm-up took

    def _finish(self, logs: Mapping[str, Any] | None) -> None:
        if self.target is None:
            self.target = self.progbar.target = self.seen
        self.progbar.update(self.target, (logs or {}).items(), finalize=True)
