"""What a step frees is there for the next one."""

import os
import platform
import subprocess
import sys

import pytest

from torchkeras.core.heap import keep_freed_memory

pytestmark = pytest.mark.skipif(
    sys.platform != "linux" or platform.libc_ver()[0] != "glibc", reason="glibc's heap alone"
)

STEPS = """
import resource, torch
import torchkeras as keras

x = torch.rand(64, 28, 28, 1)
model = keras.Sequential(
    [keras.Input((28, 28, 1)), keras.layers.Conv2D(32, 3), keras.layers.Conv2D(32, 3)]
)
model.compile("sgd", "mse")
y = model.predict(x, verbose=0)
model.fit(x, y, batch_size=64, epochs=3, verbose=0)
before = resource.getrusage(resource.RUSAGE_SELF).ru_minflt
model.fit(x, y, batch_size=64, epochs=5, verbose=0)
print(resource.getrusage(resource.RUSAGE_SELF).ru_minflt - before)
"""


def pages_taken(**variables: str) -> int:
    """Pages that five steps take from the system, after three have been made."""
    found = subprocess.run(
        [sys.executable, "-c", STEPS],
        env={**os.environ, "OMP_NUM_THREADS": "1", **variables},
        capture_output=True,
        text=True,
        check=True,
    )
    return int(found.stdout)


def test_steps_take_few_of_the_pages_that_earlier_ones_gave_back():
    # A few thousand at most, where the C library's own threshold has tens of thousands.
    assert pages_taken() < pages_taken(MALLOC_TRIM_THRESHOLD_="131072") / 4


def test_thresholds_in_the_environment_are_left_alone(monkeypatch):
    monkeypatch.setenv("MALLOC_TRIM_THRESHOLD_", "131072")
    assert keep_freed_memory.__wrapped__() is False


def test_another_system_is_left_alone(monkeypatch):
    monkeypatch.setattr(sys, "platform", "darwin")
    assert keep_freed_memory.__wrapped__() is False


def test_another_c_library_is_left_alone(monkeypatch):
    monkeypatch.setattr(platform, "libc_ver", lambda: ("", ""))
    assert keep_freed_memory.__wrapped__() is False
