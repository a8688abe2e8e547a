import pytest
import torch
from keras.src.trainers.data_adapters.data_adapter_utils import class_weight_to_sample_weights

from torchkeras.data.weights import (
    ClassWeights,
    pack_x_y_sample_weight,
    spread,
    unpack_x_y_sample_weight,
    weighted,
)


@pytest.mark.parametrize("parts", [(1,), (1, 2), (1, 2, 3)])
def test_a_batch_is_taken_apart(parts):
    assert unpack_x_y_sample_weight(parts) == (*parts, *[None] * (3 - len(parts)))
    assert unpack_x_y_sample_weight(list(parts)) == unpack_x_y_sample_weight(parts)


def test_what_is_no_tuple_is_x():
    assert unpack_x_y_sample_weight({"a": 1}) == ({"a": 1}, None, None)


def test_a_tuple_of_four_is_refused():
    with pytest.raises(ValueError, match="Data is expected to be in format"):
        unpack_x_y_sample_weight((1, 2, 3, 4))


def test_packing_leaves_out_what_is_absent():
    assert pack_x_y_sample_weight(1) == 1
    assert pack_x_y_sample_weight([1, 2]) == ([1, 2],)
    assert pack_x_y_sample_weight(1, 2) == (1, 2)
    assert pack_x_y_sample_weight(1, 2, 3) == (1, 2, 3)


@pytest.mark.parametrize(
    "y",
    [
        torch.tensor([0, 1, 2, 5]),
        torch.tensor([[0], [1], [2], [5]]),
        torch.eye(6)[[0, 1, 2, 5]],
        torch.tensor([0.0, 1.0, 2.0, 5.0]),
    ],
    ids=["indices", "column", "one-hot", "floats"],
)
def test_class_weights_are_those_of_keras(y):
    weights = {0: 0.5, 1: 2.0, 5: 7.0}
    expected = class_weight_to_sample_weights(y, weights)
    assert ClassWeights(weights).of(y).tolist() == expected.tolist()


def test_a_batch_gets_the_weights_of_its_classes():
    _, _, weight = weighted((torch.zeros(2), torch.tensor([0, 1])), ClassWeights({1: 3.0}))
    assert weight.tolist() == [1, 3]


def test_class_weights_need_targets():
    with pytest.raises(ValueError, match="expected data with targets"):
        weighted(torch.zeros(2), ClassWeights({1: 3.0}))


def test_class_weights_and_sample_weights_exclude_each_other():
    with pytest.raises(ValueError, match="at the same time"):
        weighted((torch.zeros(2), torch.zeros(2), torch.ones(2)), ClassWeights({1: 3.0}))


def test_class_weights_are_for_one_target():
    with pytest.raises(ValueError, match="only supported for Models with a single output"):
        ClassWeights({1: 3.0}).of([torch.zeros(2), torch.zeros(2)])


def test_class_weights_are_a_dict_of_indices():
    with pytest.raises(TypeError, match="a dict from class index"):
        ClassWeights([1.0, 2.0])
    with pytest.raises(ValueError, match="class indices"):
        ClassWeights({-1: 2.0})


def test_one_weight_array_serves_every_target():
    weight = torch.ones(3)
    assert spread(weight, {"a": 1, "b": 2}) == {"a": weight, "b": weight}


def test_weights_per_step_cannot_serve_several_targets():
    with pytest.raises(ValueError, match="one weight per sample"):
        spread(torch.ones(3, 4), [1, 2])


def test_weights_for_unknown_targets_are_refused():
    with pytest.raises(ValueError, match="one `sample_weight` array per output"):
        spread({"c": torch.ones(3)}, {"a": 1, "b": 2})
