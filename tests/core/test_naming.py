import pytest
from keras.src.utils import naming as keras_naming

from torchkeras.core import naming


@pytest.mark.parametrize(
    "name", ["Dense", "Conv2D", "LSTMCell", "GRU", "RMSprop", "PReLU", "MultiHeadAttention", "_A1b"]
)
def test_snake_case_is_that_of_keras(name):
    assert naming.to_snake_case(name) == keras_naming.to_snake_case(name)


def test_automatic_names_count_up_until_the_session_is_cleared():
    naming.reset_names()
    assert [naming.auto_name("Dense") for _ in range(3)] == ["dense", "dense_1", "dense_2"]
    naming.reset_names()
    assert naming.auto_name("Dense") == "dense"


def test_numbers_count_from_one():
    naming.reset_names()
    assert [naming.get_uid("a"), naming.get_uid("a"), naming.get_uid("b")] == [1, 2, 1]


def test_control_characters_are_printed_as_their_codes():
    assert naming.printable("a\tb\n") == "a\tb\n"
    assert naming.printable("\0\x1b\r\x9b\u2028\u202e\ud800é") == (
        r"\x00\x1b\r\x9b\u2028\u202e\ud800é"
    )


def test_local_names_are_independent_of_the_session():
    names = naming.LocalNames()
    assert [names("dense"), names("dense"), names("lstm")] == ["dense", "dense_1", "lstm"]
