"""Overlaps and deltas of boxes, beside Keras's."""

import keras
import pytest
import torch
from hypothesis import given
from hypothesis import strategies as st
from scenes import HEIGHT, WIDTH, boxes_of

from torchkeras.layers.preprocessing.image import overlaps
from torchkeras.layers.preprocessing.image.boxes import FORMATS, convert_format

theirs = keras.utils.bounding_boxes
SHAPE = (HEIGHT, WIDTH, 3)
NAMES = st.sampled_from(sorted(FORMATS))


def some(name, batch, seed, count=3):
    corners = torch.tensor(boxes_of(batch, count, seed)["boxes"])
    return convert_format(corners, "xyxy", name, HEIGHT, WIDTH)


@given(name=NAMES, batch=st.sampled_from([None, 2]), masked=st.booleans())
def test_overlaps_are_keras_ones(name, batch, masked):
    one, two = some(name, batch, 0, 4), some(name, batch, 1)
    one[..., 0, :] = -1.0
    arguments = {"use_masking": masked, "mask_val": -5, "image_shape": SHAPE}
    mine = overlaps.compute_iou(one, two, name, **arguments)
    true = theirs.compute_iou(one, two, name, **arguments)
    assert mine.shape[-2:] == (4, 3)
    if not masked or "rel" not in name:
        torch.testing.assert_close(mine, true, rtol=1e-4, atol=1e-6)


def test_boxes_with_and_without_a_batch_are_compared():
    one, two = some("xyxy", None, 0), some("xyxy", 2, 1, 4)
    found = overlaps.compute_iou(one, two, "xyxy", use_masking=True)
    assert found.shape == (2, 3, 4)
    for number in range(2):
        torch.testing.assert_close(found[number], overlaps.compute_iou(one, two[number], "xyxy"))
    torch.testing.assert_close(overlaps.compute_iou(two, one, "xyxy"), found.mT)


@given(name=st.sampled_from([name for name in FORMATS if "rel" not in name]))
def test_complete_overlaps_are_keras_ones(name):
    one, two = some(name, 2, 0), some(name, 2, 1)
    mine = overlaps.compute_ciou(one, two, name)
    torch.testing.assert_close(mine, theirs.compute_ciou(one, two, name), rtol=1e-4, atol=1e-6)


def test_complete_overlaps_of_relative_boxes_need_the_images_shape():
    one, two = some("rel_xyxy", 2, 0), some("rel_xyxy", 2, 1)
    mine = overlaps.compute_ciou(one, two, "rel_xyxy", SHAPE)
    plain = [some("xyxy", 2, seed) for seed in (0, 1)]
    torch.testing.assert_close(mine, overlaps.compute_ciou(*plain, "xyxy"), rtol=1e-4, atol=1e-5)
    with pytest.raises(ValueError, match="`image_shape` argument must be provided"):
        overlaps.compute_ciou(one, two, "rel_xyxy")


@given(
    anchor=NAMES, box=NAMES, encoding=st.sampled_from(["center_xywh", "center_yxhw"]),
    variance=st.sampled_from([None, (0.1, 0.1, 0.2, 0.2)]), batch=st.sampled_from([None, 2]),
)  # fmt: skip
def test_deltas_are_keras_ones_and_lead_back(anchor, box, encoding, variance, batch):
    anchors, boxes = some(anchor, None, 0), some(box, batch, 1)
    options = {"variance": variance, "image_shape": SHAPE}
    mine = overlaps.encode_box_to_deltas(anchors, boxes, anchor, box, encoding, **options)
    true = theirs.encode_box_to_deltas(anchors, boxes, anchor, box, encoding, **options)
    torch.testing.assert_close(mine, true, rtol=1e-4, atol=1e-4)
    back = overlaps.decode_deltas_to_boxes(anchors, mine, anchor, box, encoding, **options)
    keras_back = theirs.decode_deltas_to_boxes(anchors, mine, anchor, box, encoding, **options)
    torch.testing.assert_close(back, keras_back, rtol=1e-4, atol=1e-4)
    torch.testing.assert_close(back, boxes, rtol=1e-3, atol=1e-3)


def test_deltas_of_several_levels_are_decoded_by_name():
    anchors = {"p3": some("xyxy", None, 0), "p4": some("xyxy", None, 1)}
    deltas = {level: torch.zeros(3, 4) for level in anchors}
    found = overlaps.decode_deltas_to_boxes(anchors, deltas, "xyxy", "xyxy")
    for level, boxes in found.items():
        torch.testing.assert_close(boxes, anchors[level])


def test_arguments_that_do_not_fit_are_named():
    boxes = torch.ones(2, 4)
    for package in (overlaps, theirs):
        with pytest.raises(ValueError, match="boxes1 to be batched"):
            package.compute_iou(torch.ones(1, 1, 2, 4), boxes, "xyxy")
        with pytest.raises(ValueError, match="`image_shape` argument must be provided"):
            package.compute_iou(boxes, boxes, "rel_xyxy")
        with pytest.raises(ValueError, match="`variance` must be length 4"):
            package.encode_box_to_deltas(boxes, boxes, "xyxy", "xyxy", variance=[1.0])
        with pytest.raises(ValueError, match="encoding_format"):
            package.encode_box_to_deltas(boxes, boxes, "xyxy", "xyxy", "xyxy")
        with pytest.raises(ValueError, match="encoded_format"):
            package.decode_deltas_to_boxes(boxes, boxes, "xyxy", "xyxy", "xyxy")
