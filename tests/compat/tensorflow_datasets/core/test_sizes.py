import pytest
from tensorflow_datasets.core.sizes import Size


@pytest.mark.parametrize(
    "value, shown",
    [(None, "Unknown size"), (0, "Unknown size"), (5, "5 bytes"), (3072, "3.00 KiB"),
     (13918, "13.59 KiB"), (2**20, "1.00 MiB"), (5 * 2**30, "5.00 GiB")],
)  # fmt: skip
def test_sizes_print_as_in_tfds(value, shown):
    assert str(Size(value)) == repr(Size(value)) == shown


def test_sizes_are_numbers():
    assert Size(3) + 4 == 7
