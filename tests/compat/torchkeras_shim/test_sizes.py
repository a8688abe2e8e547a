import numpy as np
import torch
from torchkeras_shim.sizes import Sizes, as_size, as_sizes


def test_sizes_are_integers_alone_and_tensors_together():
    sizes = Sizes((2, 3))
    assert sizes[0] * 2 == 4
    assert (sizes * 2).tolist() == [4, 6]
    assert (sizes + [1, 1]).tolist() == [3, 4]
    assert (sizes - 1).tolist() == [1, 2]
    assert (sizes // 2).tolist() == [1, 1]
    assert (sizes / 2).tolist() == [1.0, 1.5]
    assert sizes.numpy().tolist() == [2, 3]
    assert isinstance(sizes[1:], Sizes)
    assert torch.zeros(sizes).shape == (2, 3)


def test_shapes_are_read_from_anything():
    assert as_sizes(3) == (3,)
    assert as_sizes([torch.tensor(2), np.int64(3), -1]) == (2, 3, -1)
    assert as_sizes(torch.tensor([4, 5])) == (4, 5)
    assert as_size(torch.tensor(7)) == 7
