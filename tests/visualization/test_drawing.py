"""Boxes and masks on images."""

import keras
import numpy as np
import pytest
import torch
from hypothesis import given
from hypothesis import strategies as st

from torchkeras import visualization

BLACK = np.zeros((1, 20, 30, 3), "uint8")
BOX = {"boxes": np.array([[[5, 4, 25, 15]]], "float32"), "labels": np.array([[1]])}


@given(
    classes=st.integers(1, 6),
    alpha=st.floats(0, 1),
    ignored=st.sampled_from([-1, 0, 2]),
    has_mapping=st.booleans(),
    is_first=st.booleans(),
    dtype=st.sampled_from(["uint8", "float32"]),
)
def test_masks_are_drawn_as_in_keras(classes, alpha, ignored, has_mapping, is_first, dtype):
    numbers = np.random.default_rng(0)
    images = numbers.integers(0, 256, (2, 4, 5, 3)).astype(dtype)
    masks = numbers.integers(-1, classes, (2, 4, 5, 1))
    layout = "channels_last"
    if is_first:
        images, masks, layout = images.transpose(0, 3, 1, 2), masks.transpose(0, 3, 1, 2), (
            "channels_first"
        )  # fmt: skip
    options = {
        "num_classes": classes,
        "alpha": alpha,
        "ignore_index": ignored,
        "color_mapping": {i: (i * 40, 255 - i, 7) for i in range(classes)} if has_mapping else None,
        "data_format": layout,
    }
    mine = visualization.draw_segmentation_masks(
        torch.tensor(images), torch.tensor(masks), **options
    )
    true = keras.visualization.draw_segmentation_masks(images, masks, **options)
    assert mine.dtype == true.dtype
    assert np.abs(mine.astype(int) - true.astype(int)).max() <= 1  # cut off, not rounded


def test_masks_without_a_channel_and_all_their_classes_are_drawn():
    masks = np.array([[[0, 1], [2, 3]]])
    drawn = visualization.draw_segmentation_masks(np.full((1, 2, 2, 3), 9), masks, blend=False)
    palette = keras.src.visualization.draw_segmentation_masks._generate_color_palette(4)
    assert drawn.reshape(4, 3).tolist() == palette
    some = visualization.draw_segmentation_masks(
        np.full((1, 2, 2, 3), 9), masks, color_mapping={3: (1, 2, 3)}, blend=False
    )
    assert some.reshape(4, 3).tolist() == [[9, 9, 9]] * 3 + [[1, 2, 3]]
    left = visualization.draw_segmentation_masks(
        np.full((1, 2, 2, 3), 9), masks, ignore_index=2, blend=False
    )
    assert left[0, 1, 0].tolist() == [9, 9, 9]


def test_boxes_are_outlined():
    drawn = visualization.draw_bounding_boxes(BLACK, BOX, "xyxy", color=(9, 8, 7), line_thickness=1)
    expected = BLACK.copy()
    expected[0, 4:16, 5:26] = (9, 8, 7)
    expected[0, 5:15, 6:25] = 0
    np.testing.assert_array_equal(drawn, expected)
    assert not BLACK.any()
    thick = visualization.draw_bounding_boxes(BLACK, BOX, "xyxy", line_thickness=3)
    assert (thick[0, 3:6, 15] == 128).all()
    assert not thick[0, [2, 6], 15].any()


def test_formats_and_layouts_are_followed():
    plain = visualization.draw_bounding_boxes(BLACK, BOX, "xyxy")
    sized = {**BOX, "boxes": torch.tensor([[[5, 4, 20, 11]]])}
    np.testing.assert_array_equal(visualization.draw_bounding_boxes(BLACK, sized, "xywh"), plain)
    first = visualization.draw_bounding_boxes(
        torch.tensor(BLACK.transpose(0, 3, 1, 2)), BOX, "xyxy", data_format="channels_first"
    )
    np.testing.assert_array_equal(first.transpose(0, 2, 3, 1), plain)
    absent = visualization.draw_bounding_boxes(BLACK, {**BOX, "labels": [[-1]]}, "xyxy")
    assert not absent.any()
    unit = visualization.draw_bounding_boxes(BLACK.astype("float32") + 1, BOX, "xyxy")
    assert (unit[0, 0, 0] == 255).all()
    outside = {**BOX, "boxes": np.array([[[-9, -9, 50, 50]]])}
    assert not visualization.draw_bounding_boxes(BLACK, outside, "xyxy").any()


def test_names_and_confidences_are_written():
    image = np.zeros((1, 80, 200, 3), "uint8")
    box = {"boxes": np.array([[[5, 40, 195, 75]]]), "labels": np.array([[1]])}
    bare = visualization.draw_bounding_boxes(image, box, "xyxy")

    def text(boxes=box, **options):
        named = visualization.draw_bounding_boxes(
            image, boxes, "xyxy", class_mapping={1: "cat"}, **options
        )
        return (named != bare).any(-1)

    assert text()[:, :40].any()  # above the box
    assert not text()[:, 40:].any()
    assert text(font_scale=0.5).sum() < text().sum()
    assert text(text_thickness=3).sum() > text().sum()
    assert text({**box, "confidences": np.array([[0.5]])}).sum() > text().sum()
    high = {**box, "boxes": np.array([[[5, 2, 195, 75]]])}
    assert text(high)[:, 5:40, :].any()  # no room above
    other = visualization.draw_bounding_boxes(image, box, "xyxy", class_mapping={2: "dog"})
    np.testing.assert_array_equal(other, bare)


def test_what_does_not_fit_is_refused():
    with pytest.raises(ValueError, match="must be batched"):
        visualization.draw_bounding_boxes(BLACK[0], BOX, "xyxy")
    with pytest.raises(TypeError, match="should be a dict"):
        visualization.draw_bounding_boxes(BLACK, [1], "xyxy")
    with pytest.raises(ValueError, match="'boxes' and 'labels' keys"):
        visualization.draw_bounding_boxes(BLACK, {"boxes": [1]}, "xyxy")
    with pytest.raises(ValueError, match="must be batched"):
        visualization.draw_segmentation_masks(BLACK[0], BLACK[0, ..., :1])
    with pytest.raises(TypeError, match="must be in integer dtype"):
        visualization.draw_segmentation_masks(BLACK, np.zeros((1, 20, 30, 1)))
