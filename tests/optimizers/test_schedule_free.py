import numpy as np
import pytest

import torchkeras as keras


@pytest.mark.parametrize("warmup", [0, 7])
def test_20_steps_are_those_of_the_paper(trajectory, gradients, warmup):
    # Not run beside keras: on torch it moves z before it recovers x from the old z, since its
    # `momentum_old` is the variable's own tensor there.
    rate, beta_1, beta_2, epsilon = 0.01, 0.9, 0.99, 1e-8
    made = keras.optimizers.ScheduleFreeAdamW(rate, beta_1, beta_2, epsilon, warmup_steps=warmup)
    path = trajectory(made, keras)
    first = np.random.default_rng(5)
    x = np.concatenate([first.normal(size=g.shape).ravel() for g in gradients[0].values()])
    z, v = x.copy(), np.zeros_like(x)
    for t, (step, reached) in enumerate(zip(gradients, path, strict=True), start=1):
        g = np.concatenate([values.ravel() for values in step.values()]).astype("float64")
        v = beta_2 * v + (1 - beta_2) * g**2
        warm = min(t / warmup, 1.0) if warmup else 1.0
        z = z - rate * warm * g / (np.sqrt(v / (1 - beta_2**t)) + epsilon)
        x = (1 - 1 / t) * x + z / t
        assert np.allclose(reached, (1 - beta_1) * z + beta_1 * x, rtol=1e-5, atol=1e-5)


def test_its_point_starts_at_the_weights(weights):
    variables = weights([1.0, 2.0])
    optimizer = keras.optimizers.ScheduleFreeAdamW()
    optimizer.build(variables)
    assert optimizer.variables[2].numpy().tolist() == [1.0, 2.0]
