import torch
from torchkeras_shim.looking import is_at_hand

from torchkeras.core.scopes import shape_run_scope


def test_values_are_at_hand_outside_of_compiling_and_shapes():
    x = torch.zeros(2)
    assert is_at_hand(x)
    assert not is_at_hand(torch.zeros(2, device="meta"))
    with shape_run_scope():
        assert not is_at_hand(x)
    seen = []
    torch.vmap(lambda row: seen.append(is_at_hand(row)) or row)(x)
    assert seen == [False]
