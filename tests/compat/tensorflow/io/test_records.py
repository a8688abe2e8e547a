import struct

import pytest
import tensorflow as tf

from torchkeras.saving.checksums import masked_crc32c


def read(path, kind=""):
    return list(tf.data.TFRecordDataset(str(path), kind).as_numpy_iterator())


@pytest.mark.parametrize("kind", ["", "GZIP", "ZLIB"])
def test_records_come_back(tmp_path, kind):
    options = tf.io.TFRecordOptions(compression_type=kind, compression_level=9)
    with tf.io.TFRecordWriter(str(tmp_path / "f"), options) as writer:
        writer.write(b"\x00" * 3000)
        writer.flush()
        writer.write("ü")
    assert read(tmp_path / "f", kind) == [b"\x00" * 3000, "ü".encode()]
    assert tf.io.TFRecordOptions.get_compression_type_string(options) == kind


def test_a_closed_file_takes_no_records(tmp_path):
    writer = tf.io.TFRecordWriter(str(tmp_path / "f"))
    writer.close()
    writer.close()
    with pytest.raises(RuntimeError, match="closed"):
        writer.write(b"a")


def test_damaged_files_are_named(tmp_path):
    path = tmp_path / "f"
    with tf.io.TFRecordWriter(str(path)) as writer:
        writer.write(b"abcdef")
    whole = path.read_bytes()
    for damaged, words in (
        (whole[:-3], "truncated"),
        (whole[:6], "corrupted record: the length"),
        (whole[:14] + b"x" + whole[15:], "a checksum doesn't fit"),
        (b"no records at all", "Is it a TFRecord file"),
    ):
        path.write_bytes(damaged)
        with pytest.raises(tf.errors.DataLossError, match=words):
            read(path)
    path.write_bytes(whole)
    with pytest.raises(tf.errors.DataLossError):
        read(path, "GZIP")
    with pytest.raises(ValueError, match="GZIP"):
        tf.io.TFRecordOptions("LZ4")


@pytest.mark.parametrize("length", [2**40, 2**63, 2**64 - 1])
def test_no_room_is_made_for_what_is_declared_alone(tmp_path, length):
    path = tmp_path / "a.tfrecord"
    head = struct.pack("<Q", length)
    path.write_bytes(head + struct.pack("<I", masked_crc32c(head)) + b"abc")
    with pytest.raises(tf.errors.DataLossError, match="truncated"):
        read(path)
