import torch

from torchkeras.distribution import Alone


def test_alone_changes_nothing():
    group = Alone()
    value = torch.tensor(3.0)
    batches = [1, 2]
    assert group.of_mean(value) is group.of_sum(value) is group.scale(value) is value
    assert group.denominator(7.0) == 7.0
    assert group.batches(batches) is batches
    assert group.step(len, None) is len
    assert group.weight(5) == 5
    assert group.reduction() is None
    assert group.logs({"a": 1}, {"a": 2}) == {"a": 1}
