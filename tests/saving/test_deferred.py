"""A file whose errors wait until it is closed."""

import contextlib
import io
import resource
import signal
import sys

import pytest
import torch

from torchkeras.saving.deferred import DeferredFile


@contextlib.contextmanager
def full_disk():
    """Files may be no longer than 100 bytes."""
    before = resource.getrlimit(resource.RLIMIT_FSIZE)
    ignored = signal.signal(signal.SIGXFSZ, signal.SIG_IGN)
    resource.setrlimit(resource.RLIMIT_FSIZE, (100, before[1]))
    try:
        yield
    finally:
        resource.setrlimit(resource.RLIMIT_FSIZE, before)
        signal.signal(signal.SIGXFSZ, ignored)


def test_what_is_written_is_there(tmp_path):
    with DeferredFile(tmp_path / "a") as file:
        assert file.write(b"some ") == 5
        assert file.write(memoryview(torch.arange(4).numpy())) == 32
        assert file.tell() == 37
    expected = io.BytesIO(b"some ")
    expected.seek(5)
    expected.write(torch.arange(4).numpy().tobytes())
    assert (tmp_path / "a").read_bytes() == expected.getvalue()


@pytest.mark.skipif(sys.platform != "linux", reason="limits are those of Linux")
def test_an_error_waits_for_the_end(tmp_path):
    file = DeferredFile(tmp_path / "a")
    with full_disk():
        for _ in range(10):
            assert file.write(bytes(10_000)) == 10_000
    with pytest.raises(OSError, match="File too large"):
        file.__exit__(None, None, None)


@pytest.mark.skipif(sys.platform != "linux", reason="limits are those of Linux")
def test_torch_outlives_a_full_disk(tmp_path):
    """Given a file that raises, its archives end the process."""
    with (
        full_disk(),
        pytest.raises(OSError, match="File too large"),
        DeferredFile(tmp_path / "a") as file,
    ):
        torch.save({"a": torch.zeros(10_000)}, file)
