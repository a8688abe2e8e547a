from types import SimpleNamespace

import pytest
import torch

import torchkeras as keras
from torchkeras.optimizers.clipping import clip


def limits(**given):
    return SimpleNamespace(
        **{"clipnorm": None, "clipvalue": None, "global_clipnorm": None, **given}
    )


def test_each_norm_is_cut_down_alone():
    long, short = torch.tensor([3.0, 4.0]), torch.tensor([0.3, 0.4])
    clipped = clip(limits(clipnorm=1.0), [long, short], owned=False)
    assert clipped[0].tolist() == pytest.approx([0.6, 0.8])
    assert torch.equal(clipped[1], short)
    assert long.tolist() == [3.0, 4.0]


def test_the_norm_of_all_is_cut_down():
    gradients = [torch.tensor([3.0]), torch.tensor([4.0])]
    clipped = clip(limits(global_clipnorm=1.0), gradients, owned=False)
    assert [float(g) for g in clipped] == pytest.approx([0.6, 0.8])


def test_values_are_cut_off():
    (clipped,) = clip(limits(clipvalue=1.0), [torch.tensor([-3.0, 0.5, 2.0])], owned=False)
    assert clipped.tolist() == [-1.0, 0.5, 1.0]


@pytest.mark.parametrize("limit", ["clipnorm", "global_clipnorm"])
def test_owned_gradients_are_changed_in_place_and_zeros_stay(limit):
    gradients = [torch.tensor([3.0, 4.0]), torch.zeros(2)]
    clipped = clip(limits(**{limit: 1.0}), gradients, owned=True)
    assert clipped[0] is gradients[0]
    assert gradients[1].tolist() == [0.0, 0.0]


def test_a_norm_that_is_not_finite_spoils_all_as_in_keras():
    gradients = [torch.tensor([torch.inf]), torch.tensor([1.0])]
    assert all(g.isnan() for g in clip(limits(global_clipnorm=1.0), gradients, owned=False))


def test_the_optimizer_clips_lists_with_gaps():
    clipped = keras.optimizers.SGD(clipvalue=1)._clip_gradients([None, torch.tensor([9.0])])
    assert clipped[0] is None
    assert clipped[1].tolist() == [1.0]
