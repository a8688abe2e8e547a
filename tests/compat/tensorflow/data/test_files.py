import gzip
import sqlite3

import pytest
import tensorflow as tf

Dataset = tf.data.Dataset


def written(path, content):
    path.write_bytes(content)
    return str(path)


def texts(dataset):
    return list(dataset.as_numpy_iterator())


def test_names_of_files_are_given_in_any_way(tmp_path):
    name = written(tmp_path / "a", b"x\ny")
    for names in (name, [name], tf.constant([name]), Dataset.from_tensor_slices([name]),
                  tmp_path / "a"):  # fmt: skip
        assert texts(tf.data.TextLineDataset(names)) == [b"x", b"y"]
    with pytest.raises(tf.errors.NotFoundError):
        texts(tf.data.TextLineDataset(str(tmp_path / "none")))


def test_compressed_files_are_read(tmp_path):
    name = written(tmp_path / "a.gz", gzip.compress(b"x\r\ny\n"))
    assert texts(tf.data.TextLineDataset(name, "GZIP")) == [b"x", b"y"]
    with pytest.raises(ValueError, match="compression_type"):
        texts(tf.data.TextLineDataset(name, "LZ4"))


def test_file_datasets_are_datasets(tmp_path):
    lines = tf.data.TextLineDataset(written(tmp_path / "a", b"1\n2\n3"))
    assert isinstance(lines, Dataset)
    numbers = lines.skip(1).map(lambda x: tf.strings.to_number(x, tf.int32)).batch(2)
    assert [x.tolist() for x in numbers] == [[2, 3]]
    assert lines.element_spec == tf.TensorSpec((), tf.string)
    assert int(lines.cardinality()) == tf.data.UNKNOWN_CARDINALITY


def test_records_of_one_length_must_come_out_even(tmp_path):
    name = written(tmp_path / "a", b"abcde")
    assert texts(tf.data.FixedLengthRecordDataset(name, 2, header_bytes=1)) == [b"bc", b"de"]
    with pytest.raises(ValueError, match="records of 2"):
        texts(tf.data.FixedLengthRecordDataset(name, 2))


def test_csv_columns_are_chosen_or_left_out(tmp_path):
    name = written(tmp_path / "a.csv", b"1,x,2.5\n2,y,3.5\n")
    chosen = tf.data.experimental.CsvDataset(name, [tf.int32, tf.float32], select_cols=[0, 2])
    others = tf.data.experimental.CsvDataset(name, [tf.int32, tf.float32], exclude_cols=[1])
    assert texts(chosen) == texts(others) == [(1, 2.5), (2, 3.5)]
    with pytest.raises(ValueError, match="Expect 2 fields but have 3"):
        texts(tf.data.experimental.CsvDataset(name, [tf.int32, tf.float32]))
    with pytest.raises(ValueError, match="exclude_cols"):
        tf.data.experimental.CsvDataset(name, [0], select_cols=[0], exclude_cols=[1])


def test_rows_of_a_database(tmp_path):
    path = str(tmp_path / "a.sqlite")
    with sqlite3.connect(path) as connection:
        connection.execute("CREATE TABLE t (name TEXT, age INTEGER)")
        connection.execute("INSERT INTO t VALUES ('a', 3), (NULL, 4)")
    connection.close()
    rows = tf.data.experimental.SqlDataset("sqlite", path, "SELECT * FROM t", (tf.string, tf.int32))
    assert texts(rows) == [(b"a", 3), (b"", 4)]
    with pytest.raises(ValueError, match="driver_name"):
        tf.data.experimental.SqlDataset("mysql", path, "", ())
