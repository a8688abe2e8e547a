"""The names under which mixed precision is switched on."""

import pytest

from torchkeras import layers, mixed_precision


@pytest.mark.parametrize("given", ["mixed_bfloat16", mixed_precision.Policy("mixed_bfloat16")])
def test_global_policy_is_that_of_new_layers(given):
    mixed_precision.set_global_policy(given)
    assert mixed_precision.global_policy().name == "mixed_bfloat16"
    assert layers.Dense(1).compute_dtype == "bfloat16"
    assert layers.Dense(1).variable_dtype == "float32"
