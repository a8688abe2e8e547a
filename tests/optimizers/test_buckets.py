import torch

import torchkeras as keras
from torchkeras.optimizers import buckets


def test_weights_are_grouped_by_type_and_decay():
    weights = [torch.ones(2), torch.ones(2).double(), torch.ones(3), torch.ones(3)]
    made = buckets.group(weights, [{}] * 4, [0.0, 0.0, 0.0, 0.1])
    assert [bucket.positions for bucket in made] == [[0, 2], [1], [3]]
    assert buckets.group(weights[:1], [{}], [0.0])[0].positions is None


def test_gradients_take_the_memory_layout_of_their_weights():
    (bucket,) = buckets.group([torch.ones(2, 3)], [{}], [0.0])
    gradient = torch.arange(6.0).reshape(3, 2).t()
    (taken,) = bucket.take([gradient])
    assert taken.is_contiguous()
    assert torch.equal(taken, gradient)
    straight = torch.ones(2, 3)
    assert bucket.take([straight])[0] is straight


def test_links_end_when_a_parameter_is_replaced():
    parameters = [torch.ones(2)]
    linked = buckets.Linked(parameters, [])
    assert linked.fits(parameters)
    assert not linked.fits([torch.ones(2)])


def test_slots_settle_beside_their_parameter():
    slot = keras.Variable([[1.0, 2.0], [3.0, 4.0]], trainable=False)
    parameter = torch.ones(2, 2, dtype=torch.float64).t()
    buckets.settle(slot, parameter)
    assert slot.parameter.stride() == parameter.stride()
    assert slot.numpy().tolist() == [[1.0, 2.0], [3.0, 4.0]]


def test_rates_may_be_tensors():
    for rate in (0.5, torch.tensor(0.5)):
        values = [torch.ones(2)]
        buckets.subtract(values, [torch.ones(2)], rate)
        buckets.subtract_ratios(values, [torch.ones(2)], [torch.full((2,), 4.0)], rate)
        buckets.shrink(values, rate)
        buckets.add_to(values, [torch.ones(2)], 2.0)
        assert values[0].tolist() == [2.1875, 2.1875]
