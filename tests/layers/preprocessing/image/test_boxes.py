"""Bounding boxes in other formats and in moved images, beside Keras's."""

import keras
import numpy as np
import pytest
import torch
from hypothesis import given
from hypothesis import strategies as st
from scenes import HEIGHT, WIDTH, boxes_of

import torchkeras
from torchkeras.layers.preprocessing.image import boxes
from torchkeras.layers.preprocessing.image.boxes import FORMATS

theirs = keras.utils.bounding_boxes
SIZE = {"height": HEIGHT, "width": WIDTH}
NAMES = st.sampled_from(sorted(FORMATS))


@given(source=NAMES, target=NAMES, batch=st.sampled_from([None, 1, 3]), upper=st.booleans())
def test_formats_are_keras_ones(source, target, batch, upper):
    corners = torch.tensor(boxes_of(batch)["boxes"])
    given_boxes = theirs.convert_format(corners, "xyxy", source, **SIZE)
    name = target.upper() if upper else target
    mine = boxes.convert_format(given_boxes, source, name, **SIZE)
    torch.testing.assert_close(mine, theirs.convert_format(given_boxes, source, target, **SIZE))
    back = boxes.convert_format(mine, target, source, **SIZE)
    torch.testing.assert_close(back, given_boxes, rtol=1e-5, atol=1e-5)


def test_formats_change_in_a_dict_without_touching_it():
    given_boxes = {"boxes": torch.ones(1, 4), "labels": torch.ones(1)}
    found = boxes.convert_format(given_boxes, "xyxy", "xywh")
    assert found["boxes"].tolist() == [[1, 1, 0, 0]]
    assert found["labels"] is given_boxes["labels"]
    assert given_boxes["boxes"].tolist() == [[1, 1, 1, 1]]


@pytest.mark.parametrize("dtype", ["float16", "float64", "int32"])
def test_the_number_type_can_be_chosen(dtype):
    given_boxes = np.array([[1, 2, 5, 9]])
    mine = boxes.convert_format(given_boxes, "xyxy", "xywh", dtype=dtype)
    true = theirs.convert_format(given_boxes, "xyxy", "xywh", dtype=dtype)
    assert mine.dtype == true.dtype
    assert mine.tolist() == true.tolist()


def test_formats_work_on_symbols():
    symbol = torchkeras.Input((None, 4))
    found = boxes.convert_format(symbol, "xyxy", "rel_xywh", 4, 5)
    assert found.shape == (None, None, 4)
    model = torchkeras.Model(symbol, found)
    corners = torch.tensor(boxes_of()["boxes"])
    torch.testing.assert_close(
        model(corners), boxes.convert_format(corners, "xyxy", "rel_xywh", 4, 5)
    )


def test_what_does_not_fit_a_format_is_named():
    corners = torch.ones(2, 4)
    with pytest.raises(ValueError, match='Did you mean "yxyx"'):
        boxes.convert_format(corners, "xyx", "xywh")
    with pytest.raises(ValueError, match="target is 'none'"):
        boxes.convert_format(corners, "xyxy", "none")
    for package in (boxes, theirs):
        with pytest.raises(ValueError, match="must receive `height` and `width`"):
            package.convert_format(corners, "xyxy", "rel_xyxy", height=3)
        with pytest.raises(ValueError, match="last dimension of 4"):
            package.convert_format(torch.ones(2, 3), "xyxy", "xywh")


@pytest.mark.parametrize("name", ["xyxy", "rel_xyxy"])
def test_boxes_are_cut_off_as_keras_does(name):
    far = torch.tensor([[[-3.0, 2, 4, 30], [20, 1, 30, 4], [2, 3, 4, 5]]])
    far = far / 10 if name == "rel_xyxy" else far
    data = {"boxes": far, "labels": torch.tensor([[1, 2, 3]])}
    mine = boxes.clip_to_image_size(data, HEIGHT, WIDTH, name)
    true = theirs.clip_to_image_size(dict(data), HEIGHT, WIDTH, name)
    torch.testing.assert_close(mine["boxes"], true["boxes"])
    assert mine["labels"].tolist() == true["labels"].tolist() == [[1, -1, 3]]


@given(name=NAMES)
def test_boxes_are_cut_off_in_any_format(name):
    far = torch.tensor([[[-3.0, 2, 4, 30], [2, 3, 4, 5]]])
    data = {"boxes": boxes.convert_format(far, "xyxy", name, **SIZE), "score": 1}
    found = boxes.clip_to_image_size(data, HEIGHT, WIDTH, name)
    assert found["score"] == 1
    corners = boxes.convert_format(found["boxes"], name, "xyxy", **SIZE)
    expected = torch.tensor([[[0.0, 2, 4, HEIGHT], [2, 3, 4, 5]]])
    torch.testing.assert_close(corners, expected, rtol=1e-5, atol=1e-5)


def test_labels_of_several_numbers_are_marked_whole():
    data = {"boxes": torch.tensor([[[9.0, 9, 9, 9], [0, 0, 1, 1]]]), "labels": torch.ones(1, 2, 3)}
    assert boxes.clip_to_image_size(data, 5, 5)["labels"].tolist() == [[[-1] * 3, [1] * 3]]


def test_clipping_needs_the_sizes_of_the_image():
    data = {"boxes": torch.ones(1, 4), "labels": torch.ones(1)}
    for package in (boxes, theirs):
        with pytest.raises(ValueError, match="`height` and `width` must be set"):
            package.clip_to_image_size(data)


@given(top=st.integers(0, 4), left=st.integers(0, 4), batch=st.sampled_from([None, 2]))
def test_cropped_and_padded_boxes_are_keras_ones(top, left, batch):
    corners = torch.tensor(boxes_of(batch)["boxes"])
    mine = boxes.crop(corners, top, left, 5, 6)
    torch.testing.assert_close(mine, theirs.crop(corners, top, left, 5, 6))
    mine = boxes.pad(corners, top, left, 20, 20)
    torch.testing.assert_close(mine, theirs.pad(corners, top, left, 20, 20))


def test_moved_boxes_are_corners():
    corners = torch.ones(1, 1, 4)
    zero = torch.zeros(1)
    for call in (
        lambda: boxes.crop(corners, 1, 1, 2, 2, bounding_box_format="xywh"),
        lambda: boxes.pad(corners, 1, 1, bounding_box_format="xywh"),
        lambda: boxes.affine_transform(corners, *[zero] * 6, 4, 4, bounding_box_format="rel_xyxy"),
    ):
        with pytest.raises(ValueError, match="expected 'xyxy'"):
            call()


@given(
    numbers=st.lists(st.floats(-0.5, 0.5, width=32), min_size=6, max_size=6),
    center=st.sampled_from([{}, {"center_x": 0.2, "center_y": 0.9}]),
)
def test_boxes_follow_affine_transforms_as_in_keras(numbers, center):
    angle, across, down, scale, lean_x, lean_y = [torch.tensor([n, n / 2]) for n in numbers]
    arguments = [angle * 300, across, down, 1 + scale, lean_x * 60, lean_y * 60, HEIGHT, WIDTH]
    corners = torch.tensor(boxes_of(2)["boxes"])
    mine = boxes.affine_transform(corners, *arguments, **center)
    true = theirs.affine_transform(corners, *arguments, **center)
    torch.testing.assert_close(mine, true, rtol=1e-4, atol=1e-3)
