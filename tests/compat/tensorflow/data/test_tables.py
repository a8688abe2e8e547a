import pytest
import tensorflow as tf

make = tf.data.experimental.make_csv_dataset


@pytest.fixture
def table(tmp_path):
    path = tmp_path / "t.csv"
    path.write_text("age,name,score\n" + "".join(f"{n},n{n},{n / 2}\n" for n in range(10)))
    return str(path)


def test_lines_are_shuffled_and_repeated_without_end(table):
    dataset = make(table, 4, shuffle_seed=1)
    first = [x["age"].tolist() for x in dataset.take(5)]
    assert all(len(batch) == 4 for batch in first)
    whole = [age for batch in first for age in batch]
    assert sorted(whole[:10]) == sorted(whole[10:]) == list(range(10))
    assert whole[:10] != sorted(whole[:10])
    assert int(dataset.cardinality()) in (tf.data.INFINITE_CARDINALITY, tf.data.UNKNOWN_CARDINALITY)


def test_columns_are_named_chosen_and_typed(table):
    chosen = make(table, 3, select_columns=["score", "age"], num_epochs=1, shuffle=False)
    batch = next(iter(chosen))
    assert list(batch) == ["age", "score"]
    assert (batch["age"].dtype, batch["score"].dtype) == (tf.int32, tf.float32)
    typed = make(
        table, 3, column_defaults=[tf.float64, tf.string, [0.0]], label_name="score", num_epochs=1
    )
    features, label = next(iter(typed))
    assert (features["age"].dtype, label.dtype) == (tf.float64, tf.float32)


def test_wrong_columns_are_named(table, tmp_path):
    with pytest.raises(ValueError, match="Did you mean .score."):
        make(table, 3, label_name="scores")
    with pytest.raises(ValueError, match="select_columns"):
        make(table, 3, select_columns=["size"])
    with pytest.raises(ValueError, match="column_defaults"):
        make(table, 3, column_defaults=[0])
    with pytest.raises(ValueError, match="No files match"):
        make(str(tmp_path / "*.txt"), 3)
    with pytest.raises(ValueError, match="header is False"):
        make(table, 3, header=False)


def test_lines_that_cannot_be_read_are_left_out_only_if_told(tmp_path):
    path = tmp_path / "t.csv"
    path.write_text("a,b\n1,2\nx,3\n4\n5,6\n")
    options = {"column_defaults": [0, 0], "num_epochs": 1, "shuffle": False}
    with pytest.raises(ValueError, match="valid int32"):
        list(make(str(path), 2, **options))
    batches = list(make(str(path), 2, ignore_errors=True, **options))
    assert [x["a"].tolist() for x in batches] == [[1, 5]]


def test_examples_in_files_are_batches_of_features(tmp_path):
    path = str(tmp_path / "e")
    with tf.io.TFRecordWriter(path) as writer:
        for n in range(5):
            feature = tf.train.Feature(int64_list=tf.train.Int64List(value=[n]))
            features = tf.train.Features(feature={"x": feature, "y": feature})
            writer.write(tf.train.Example(features=features).SerializeToString())
    wanted = {name: tf.io.FixedLenFeature([], tf.int64) for name in "xy"}
    dataset = tf.data.experimental.make_batched_features_dataset(
        path, 2, wanted, label_key="y", num_epochs=1, shuffle=False
    )
    assert [(x["x"].tolist(), y.tolist()) for x, y in dataset][-1] == ([4], [4])
    with pytest.raises(ValueError, match="label_key"):
        tf.data.experimental.make_batched_features_dataset(path, 2, wanted, label_key="z")
