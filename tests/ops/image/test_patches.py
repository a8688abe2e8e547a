"""Parts of images: what the table of parity leaves out."""

import keras
import pytest
import torch

from torchkeras import ops


def test_patches_may_be_dilated_and_channels_come_first():
    x = torch.randn(2, 3, 9, 8)
    ours = ops.image.extract_patches(x, (2, 3), 1, 2, "valid", "channels_first")
    theirs = keras.ops.image.extract_patches(x, (2, 3), 1, 2, "valid", "channels_first")
    torch.testing.assert_close(ours, theirs)


def test_margins_are_added_and_cut_off_from_either_side():
    x = torch.randn(4, 5, 3)
    wide = ops.image.pad_images(
        x, bottom_padding=1, right_padding=0, target_height=7, target_width=6
    )
    assert torch.equal(wide[2:6, 1:], x)
    back = ops.image.crop_images(
        wide, top_cropping=2, bottom_cropping=1, left_cropping=1, right_cropping=0
    )
    assert torch.equal(back, x)


def test_arguments_that_do_not_fit_are_named():
    x = torch.ones(4, 5, 3)
    with pytest.raises(TypeError, match="Invalid `size` argument"):
        ops.image.extract_patches(x, (1, 2, 3, 4))
    with pytest.raises(TypeError, match="Expected an int or a tuple of length 3"):
        ops.image.extract_patches_3d(x, (1, 2))
    with pytest.raises(ValueError, match="Must specify exactly two of"):
        ops.image.pad_images(x, 1)
    with pytest.raises(ValueError, match="top_padding must be >= 0"):
        ops.image.pad_images(x, -1, 0, 0, 0)
    with pytest.raises(ValueError, match="must be >= 0; it comes to"):
        ops.image.pad_images(x, 1, 0, target_height=2, target_width=5)
    with pytest.raises(ValueError, match="they come to"):
        ops.image.crop_images(x, 3, 0, 3, 0)
