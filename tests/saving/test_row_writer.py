"""Arrays lie in a file one behind the other, however they are written."""

import tempfile
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from torchkeras.saving import row_writer, transfer
from torchkeras.saving.checksums import CRC32, CRC32C
from torchkeras.saving.row_writer import RowWriter


@st.composite
def arrays(draw):
    """An array of any shape and strides."""
    shape = draw(st.lists(st.integers(0, 12), max_size=3))
    values = np.random.default_rng(len(shape)).integers(0, 99, shape)
    return values.astype(draw(st.sampled_from(["int8", "int64"]))).transpose(
        draw(st.permutations(range(len(shape))))
    )


@settings(max_examples=60, deadline=None)
@given(
    values=st.lists(arrays(), max_size=6),
    kind=st.sampled_from([None, CRC32, CRC32C]),
    large=st.sampled_from([1, 100, 2**16]),
    share=st.sampled_from([200, 2**22]),
)
def test_arrays_lie_behind_each_other_with_their_checksums(values, kind, large, share):
    with tempfile.TemporaryDirectory() as folder, pytest.MonkeyPatch.context() as patch:
        patch.setattr(row_writer, "_LARGE", large)
        patch.setattr(transfer, "SHARE", share)
        path = Path(folder, "a")
        with open(path, "wb") as file, RowWriter(file, kind=kind) as row:
            sums = [row.add(value) for value in values]
        assert path.read_bytes() == b"".join(value.tobytes() for value in values)
        assert row.position == path.stat().st_size
    for value, found in zip(values, sums, strict=True):
        assert (found is None) == (kind is None)
        assert kind is None or found.whole(value.nbytes) == kind.of(value.tobytes(), 0)


def test_an_error_within_the_block_is_the_one_raised(tmp_path):
    def write():
        with open(tmp_path / "a", "wb") as file, RowWriter(file) as row:
            row.add(np.zeros(90_000))
            row.add({}["own"])

    with pytest.raises(KeyError, match="own"):
        write()


@pytest.mark.parametrize("kind", [CRC32, CRC32C])
def test_the_checksum_of_several_buffers_is_that_of_their_bytes(kind):
    sums = transfer.Checksums(7, kind)
    sums.note(12, [memoryview(b"67"), memoryview(b"89")])
    sums.note(7, [memoryview(b"12345")])
    assert sums.whole(9) == kind.of(b"123456789", 0)
