import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from keras.src.legacy.preprocessing import image as theirs

from torchkeras.preprocessing import image as ours

AXES = [(1, 2, 0), (0, 1, 2), (1, 0, 2), (2, 1, 0)]
small = st.floats(-30, 30).map(lambda value: round(value, 2))


def compare(name, *args, **kwargs):
    np.random.seed(3)
    first = getattr(ours, name)(*args, **kwargs)
    np.random.seed(3)
    second = getattr(theirs, name)(*args, **kwargs)
    assert first.dtype == second.dtype
    np.testing.assert_allclose(first, second, rtol=1e-5, atol=1e-4)


@given(
    theta=small,
    tx=small,
    ty=small,
    shear=small,
    zx=st.floats(0.5, 2),
    zy=st.floats(0.5, 2),
    axes=st.sampled_from(AXES),
    fill_mode=st.sampled_from(["constant", "nearest", "reflect", "wrap"]),
    order=st.sampled_from([0, 1, 3]),
)
def test_affine_transforms_are_those_of_keras(axes, **moves):
    moves["cval"] = 2.0
    rows, columns, channels = axes
    x = np.random.default_rng(0).uniform(0, 255, (7, 9, 8)).astype("float32")
    compare(
        "apply_affine_transform",
        x,
        row_axis=rows,
        col_axis=columns,
        channel_axis=channels,
        **moves,
    )


@pytest.mark.parametrize(
    ("name", "args"),
    [
        ("random_rotation", (40,)),
        ("random_shift", (0.3, 0.2)),
        ("random_shear", (25,)),
        ("random_zoom", ((0.6, 1.4),)),
        ("random_zoom", ((1, 1),)),
        ("random_channel_shift", (30.0,)),
    ],
)
def test_random_changes_draw_as_keras_does(name, args):
    compare(name, np.random.default_rng(0).uniform(0, 255, (3, 10, 12)).astype("float32"), *args)


@pytest.mark.parametrize("scale", [True, False])
@pytest.mark.parametrize("least", [0, -40])
def test_brightness_is_that_of_keras(scale, least):
    x = np.random.default_rng(0).uniform(least, 255, (6, 7, 3)).astype("float32")
    compare("apply_brightness_shift", x, 0.7, scale)
    compare("random_brightness", x, (0.4, 1.6), scale)


def test_images_must_have_rows_columns_and_channels():
    with pytest.raises(ValueError, match="multi-channel 2D images"):
        ours.apply_affine_transform(np.zeros((4, 4)), theta=5)
    with pytest.raises(ValueError, match="0, 1 and 2 in some order"):
        ours.apply_affine_transform(np.zeros((4, 4, 3)), row_axis=0, col_axis=0, channel_axis=2)
    with pytest.raises(ValueError, match="two floats"):
        ours.random_zoom(np.zeros((3, 4, 4)), (0.5,))
    with pytest.raises(ValueError, match="two floats"):
        ours.random_brightness(np.zeros((4, 4, 3)), (0.5,))
