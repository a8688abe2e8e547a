import pytest
import tensorflow as tf
from hypothesis import given
from hypothesis import strategies as st


def test_code_points_there_and_back():
    assert tf.strings.unicode_decode("éa", "UTF-8").tolist() == [233, 97]
    assert tf.strings.unicode_decode(["é", ""], "UTF-8").to_list() == [[233], []]
    assert tf.strings.unicode_encode([[233, 97]], "UTF-8").tolist() == ["éa"]
    assert tf.strings.unicode_encode([233], "UTF-8").item() == "é"


@given(st.binary(max_size=12), st.sampled_from(["UTF-8", "UTF-16-BE", "UTF-32-BE"]))
def test_offsets_say_where_characters_begin(octets, encoding):
    points, places = tf.strings.unicode_decode_with_offsets(octets, encoding)
    assert points.tolist() == tf.strings.unicode_decode(octets, encoding).tolist()
    ends = [*places[1:], len(octets)]
    for point, start, end in zip(points, places, ends, strict=False):
        whole = octets[int(start) : int(end)]
        assert whole.decode(encoding, "replace")[0] == chr(point)


@given(st.text(max_size=9))
def test_texts_survive_other_encodings(text):
    wide = tf.strings.unicode_transcode(text, "UTF-8", "UTF-16-BE")
    assert wide.numpy() == text.encode("utf-16-be")
    assert tf.strings.unicode_transcode(wide, "UTF-16-BE", "UTF-8").item() == text


@pytest.mark.parametrize(
    "call, message",
    [
        (lambda: tf.strings.unicode_decode("a", "klingon"), "input_encoding is 'klingon'"),
        (lambda: tf.strings.unicode_decode("a", "unicode_escape"), "the name of an encoding"),
        (lambda: tf.strings.unicode_decode(b"a\xff", "UTF-8", "strict"), "Byte 1 is none"),
        (lambda: tf.strings.unicode_decode("a", "UTF-8", "loud"), "errors is 'loud'"),
        (lambda: tf.strings.unicode_split("a", "UTF-8", "replace", -1), "replacement_char is -1"),
        (lambda: tf.strings.unicode_split("a", "ISO-8859-1"), "output_encoding"),
        (lambda: tf.strings.unicode_encode([0xD800], "UTF-8", "strict"), "surrogates"),
        (lambda: tf.strings.unicode_encode([1.0], "UTF-8"), "rows of integers"),
    ],
)
def test_what_cannot_be_is_said(call, message):
    with pytest.raises(ValueError, match=message):
        call()
