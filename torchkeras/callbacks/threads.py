"""Threads that act every so many seconds beside training."""

import abc
import threading
import time
import warnings
from typing import Any


class TimedThread(abc.ABC):
    """Calls ``on_interval`` in a thread of its own, every ``interval`` seconds.

    A subclass has ``on_interval()``; a callback may be one, too.

    Args:
        interval: Seconds between two calls.
        **kwargs: Options of ``threading.Thread``; the thread is a daemon unless said otherwise.

    Source: tf.keras 2 ``utils.TimedThread``.

    Example:
        >>> class Count(TimedThread):
        ...     calls = 0
        ...     def on_interval(self):
        ...         self.calls += 1
        >>> with Count(interval=60) as count:
        ...     while not count.calls:
        ...         pass
    """

    def __init__(self, interval: float, **kwargs: Any) -> None:
        self.interval = interval
        self.daemon = kwargs.pop("daemon", True)
        self.thread_kwargs = kwargs
        self.thread: threading.Thread | None = None
        self.thread_stop_event: threading.Event | None = None

    @abc.abstractmethod
    def on_interval(self) -> None:
        """What is done each time."""

    def _run(self, stop: threading.Event) -> None:
        while not stop.is_set():
            self.on_interval()
            stop.wait(self.interval)

    def start(self) -> None:
        """Start the thread; a warning if it runs."""
        if self.is_alive():
            warnings.warn("Thread is already running.", stacklevel=2)
            return
        self.thread_stop_event = threading.Event()
        self.thread = threading.Thread(
            target=self._run,
            args=(self.thread_stop_event,),
            daemon=self.daemon,
            **self.thread_kwargs,
        )
        self.thread.start()

    def stop(self) -> None:
        """Let the thread end after the present call."""
        if self.thread_stop_event is not None:
            self.thread_stop_event.set()

    def is_alive(self) -> bool:
        """Whether the thread runs."""
        return self.thread is not None and self.thread.is_alive()

    def __enter__(self) -> "TimedThread":
        self.start()
        return self

    def __exit__(self, *error: Any) -> None:
        self.stop()


class StepsPerExecutionTuner(TimedThread):
    """Changes a number of steps per execution as long as that makes training faster.

    Each ``interval`` seconds it measures steps per second; after ``change_spe_interval``
    measurements it multiplies the number by 1.5 or by 0.5: as last time if training has become
    faster by more than ``change_threshold``, the other way round if slower.

    Args:
        optimizer: Its ``iterations`` are the steps.
        spe_variable: The number: a ``Variable`` of an integer type.
        interval: Seconds between two measurements.
        change_spe_interval: Measurements between two changes.
        change_threshold: Fraction by which the speed must differ.

    Source: tf.keras 2 ``utils.StepsPerExecutionTuner``.
    """

    def __init__(
        self,
        optimizer: Any,
        spe_variable: Any,
        interval: float = 5,
        change_spe_interval: int = 10,
        change_threshold: float = 0.1,
    ) -> None:
        super().__init__(interval)
        self.optimizer = optimizer
        self._steps_per_execution = spe_variable
        self.change_spe_interval = change_spe_interval
        self.spe_change_threshold = change_threshold
        self._begin()

    def _begin(self) -> None:
        self.start_time = time.time()
        self.init_iterations = int(self.optimizer.iterations)
        self.init_spe = int(self._steps_per_execution)
        self.spe_last_logged = {"iteration": self.init_iterations, "time_secs": self.start_time}
        self.rgsps: list[float] = []  # recent global steps per second
        self.avg_rgsps = self.prev_avg_rgsps = 0.0
        self.spe_tune_last_action_add = True
        self.spe_measurement_count = 0

    @property
    def steps_per_execution(self) -> Any:
        """The variable; a number may be set."""
        return self._steps_per_execution

    @steps_per_execution.setter
    def steps_per_execution(self, value: int) -> None:
        self._steps_per_execution.assign(value)
        self.init_spe = value

    @property
    def steps_per_execution_stop_event(self) -> threading.Event | None:
        """What ``stop`` sets; None before the start."""
        return self.thread_stop_event

    def start(self) -> threading.Thread:
        """Start the thread, unless it runs; it is given back."""
        if not self.is_alive():
            self._begin()
            super().start()
        return self.thread

    def on_interval(self) -> None:
        self.spe_measurement_count += 1
        iteration, now = int(self.optimizer.iterations), time.time()
        seconds = max(now - self.spe_last_logged["time_secs"], 1e-9)
        self.rgsps.append((iteration - self.spe_last_logged["iteration"]) / seconds)
        del self.rgsps[: -self.change_spe_interval]
        if iteration == 0:
            self.start_time = now
            return
        self.spe_last_logged = {"iteration": iteration, "time_secs": now}
        between_epochs = self.rgsps[-1] == 0
        if self.spe_measurement_count % self.change_spe_interval == 0 and not between_epochs:
            self._tune()

    def _tune(self) -> None:
        self.avg_rgsps = sum(self.rgsps) / len(self.rgsps)
        steps = int(self._steps_per_execution)
        if self.avg_rgsps < (1 - self.spe_change_threshold) * self.prev_avg_rgsps:
            self.spe_tune_last_action_add = not self.spe_tune_last_action_add
            is_changed = True
        else:
            is_changed = self.avg_rgsps > (1 + self.spe_change_threshold) * self.prev_avg_rgsps
        if is_changed:
            steps = round(steps * (1.5 if self.spe_tune_last_action_add else 0.5))
        self._steps_per_execution.assign(steps if steps > 0 else self.init_spe)
        self.prev_avg_rgsps = self.avg_rgsps
