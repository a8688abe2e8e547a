import numpy as np
import pytest
import tensorflow as tf

PIXELS = np.arange(2 * 3 * 3, dtype="uint8").reshape(2, 3, 3)
COLOURS = np.random.default_rng(0).uniform(size=(4, 5, 3)).astype("float32")


def test_each_image_of_a_batch_has_its_own_flip():
    tf.random.set_seed(0)
    batch = np.stack([PIXELS] * 50)
    flipped = tf.image.random_flip_left_right(batch).numpy()
    turned = [np.array_equal(image, PIXELS[:, ::-1]) for image in flipped]
    assert 10 < sum(turned) < 40


def test_crops_have_the_size_or_fail():
    assert tf.image.random_crop(PIXELS, [1, 2, 3]).shape == (1, 2, 3)
    with pytest.raises(ValueError, match="size"):
        tf.image.random_crop(PIXELS, [9, 9, 3])


@pytest.mark.parametrize(
    "name, arguments",
    [
        ("brightness", (0.2,)),
        ("contrast", (0.5, 1.5)),
        ("saturation", (0.5, 1.5)),
        ("hue", (0.2,)),
        ("jpeg_quality", (20, 90)),
        ("flip_left_right", ()),
        ("flip_up_down", ()),
        ("crop", ([2, 2, 3],)),
    ],
)
def test_a_seed_of_two_integers_decides_alone(name, arguments):
    change = getattr(tf.image, f"stateless_random_{name}")
    first, again = (change(COLOURS, *arguments, seed=(1, 2)) for _ in range(2))
    np.testing.assert_array_equal(first, again)
    by_state = getattr(tf.image, f"random_{name}")(COLOURS, *arguments)
    assert by_state.shape == first.shape


def test_bounds_are_in_order():
    with pytest.raises(ValueError, match="lower"):
        tf.image.random_contrast(COLOURS, 1.5, 0.5)
    with pytest.raises(ValueError, match="max_delta"):
        tf.image.random_hue(COLOURS, -0.1)
