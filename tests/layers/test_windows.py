"""Arguments of layers with windows and borders."""

import pytest

from torchkeras.core import settings
from torchkeras.layers import windows
from torchkeras.nn.geometry import Window


def test_one_integer_serves_all_axes():
    assert windows.sizes("it", "size", 3, 2) == (3, 3)
    assert windows.sizes("it", "size", [1, 2], 2) == (1, 2)
    for wrong in (0, (1,), (1, 2, 3), "ab", (1.5, 2)):
        with pytest.raises(ValueError, match="it: size is"):
            windows.sizes("it", "size", wrong, 2)


def test_arguments_of_a_window_are_kept_and_make_it():
    class Owner:
        pass

    owner = Owner()
    windows.keep_window(owner, 2, 3, (1, 2), "SAME", None, 1)
    assert owner.window == Window((3, 3), (1, 2), (1, 1), "same", "channels_last")
    assert (owner.kernel_size, owner.strides, owner.padding) == ((3, 3), (1, 2), "same")
    with pytest.raises(ValueError, match="not supported in conjunction"):
        windows.keep_window(owner, 1, 3, 2, "valid", None, 2)
    windows.keep_window(owner, 1, 3, 2, "valid", None, 2, exclusive=False)
    assert owner.window.dilation == (2,)


def test_words_may_be_in_capitals():
    assert windows.padding_word("it", "SAME", ("valid", "same")) == "same"
    with pytest.raises(ValueError, match="padding is 3"):
        windows.padding_word("it", 3, ("valid", "same"))


def test_borders_are_pairs():
    assert windows.border_pairs("it", "padding", 1, 2) == ((1, 1), (1, 1))
    assert windows.border_pairs("it", "padding", (1, 2), 2) == ((1, 1), (2, 2))
    assert windows.border_pairs("it", "padding", ((1, 0), (2, 3)), 2) == ((1, 0), (2, 3))
    assert windows.border_pairs("it", "padding", (1, 2), 1) == ((1, 2),)
    with pytest.raises(ValueError, match="none negative"):
        windows.border_pairs("it", "padding", -1, 2)


def test_windows_that_are_too_long_are_refused():
    window = Window((3, 3), (1, 1), (1, 1))
    assert windows.check_fits("it", window, (None, 5, None, 1)) == (3, None)
    with pytest.raises(ValueError, match="output size would be negative"):
        windows.check_fits("it", window, (None, 2, 5, 1))


def test_the_default_layout_is_the_settings_one():
    assert windows.data_format("it", None) == settings.image_data_format()
    assert windows.data_format("it", "Channels_First") == "channels_first"
    with pytest.raises(ValueError, match='Did you mean "channels_last"'):
        windows.data_format("it", "channel_last")
