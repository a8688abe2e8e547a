"""Images read between their pixels; against Keras they are tested with ``keras.ops.image``."""

import pytest
import torch

from torchkeras.nn import sampling


def image():
    return torch.arange(24.0).reshape(1, 3, 4, 2)


@pytest.mark.parametrize("order", [0, 1])
@pytest.mark.parametrize("mode", sampling.FILL_MODES)
def test_the_identity_changes_nothing(order, mode):
    as_is = torch.tensor([[1.0, 0, 0, 0, 1, 0, 0, 0]])
    found = sampling.project(image(), as_is, order, mode, 0.0)
    torch.testing.assert_close(found, image())


@pytest.mark.parametrize(
    "mode, wanted",
    [("constant", 9), ("nearest", 0), ("wrap", 3), ("mirror", 1), ("reflect", 0)],
)
def test_places_outside_are_filled(mode, wanted):
    row = torch.arange(4.0).reshape(1, 1, 4, 1)
    shifted = torch.tensor([[1.0, 0, -1, 0, 1, 0, 0, 0]])  # to the right
    for order in (0, 1):
        found = sampling.project(row, shifted, order, mode, 9.0)
        assert found.flatten().tolist() == [wanted, 0, 1, 2]


def test_between_pixels_values_are_interpolated():
    places = [torch.tensor([[0.5]]), torch.tensor([[1.5]])]
    found = sampling.sample(image(), places, 1, "nearest", 0.0)
    torch.testing.assert_close(found, image()[:, :2, 1:3].mean((1, 2), keepdim=True)[0])


def test_a_homography_leads_from_points_to_points():
    end = torch.tensor([[[0.0, 0], [3, 0], [0, 2], [3, 2]]])
    start = end * 2 + 1
    a0, a1, a2, b0, b1, b2, c0, c1 = sampling.homography(start, end, check=True)[0].tolist()
    assert [a0, a1, a2] == pytest.approx([2, 0, 1], abs=1e-5)
    assert [b0, b1, b2] == pytest.approx([0, 2, 1], abs=1e-5)
    assert [c0, c1] == pytest.approx([0, 0], abs=1e-5)
