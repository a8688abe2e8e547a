import pytest
import tensorflow as tf


def test_numbers():
    assert tf.strings.to_number(["1.5", "-2"]).tolist() == [1.5, -2.0]
    assert tf.strings.to_number("7", tf.int64).dtype == tf.int64
    assert tf.strings.as_string([1, -2]).tolist() == ["1", "-2"]
    assert tf.strings.as_string([True, False]).tolist() == ["true", "false"]
    assert tf.as_string(1.5, precision=2).item() == "1.50"
    assert tf.strings.as_string(7, width=3, fill="0").item() == "007"


def test_hashes_are_tensorflows():
    fast = tf.strings.to_hash_bucket_fast(["", "x", "xxx"], 1000003)
    assert fast.tolist() == [377723, 598337, 16948]
    strong = tf.strings.to_hash_bucket_strong(["", "x", "xxx"], 1000003, key=[133, 137])
    assert strong.tolist() == [953272, 264142, 851950]


def test_templates():
    shown = tf.strings.format("x: {}", tf.range(9), summarize=1)
    assert shown.item() == "x: [0 ... 8]"
    with pytest.raises(ValueError, match="inputs"):
        tf.strings.format("{} {}", tf.range(2))


@pytest.mark.parametrize(
    "call, message",
    [
        (lambda: tf.strings.to_number("1_0"), "input is '1_0'; expected a number"),
        (lambda: tf.strings.to_number("300", tf.uint8), "out_type"),
        (lambda: tf.strings.to_number("3000000000", tf.int32), "from -2147483648 to 2147483647"),
        (lambda: tf.strings.as_string(1, fill="x"), "fill is 'x'"),
        (lambda: tf.strings.as_string(1, precision=2), "floating numbers"),
        (lambda: tf.strings.as_string(1.0, shortest=True, scientific=True), "only one of it"),
        (lambda: tf.strings.to_hash_bucket("a", 0), "num_buckets is 0"),
        (lambda: tf.strings.to_hash_bucket_strong("a", 9, key=[1]), "two integers"),
    ],
)
def test_what_cannot_be_is_said(call, message):
    with pytest.raises(ValueError, match=message):
        call()
