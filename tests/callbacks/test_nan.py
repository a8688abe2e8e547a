import pytest

from torchkeras.callbacks import TerminateOnNaN


@pytest.mark.parametrize("loss", [float("nan"), float("inf"), -float("inf")])
def test_a_loss_that_is_not_finite_ends_training(stand_in, capsys, loss):
    model = stand_in().run(TerminateOnNaN(), [{"loss": loss}], steps=1)
    assert model.stop_training
    assert capsys.readouterr().out == "Batch 0: Invalid loss, terminating training\n"


def test_a_finite_loss_or_none_does_not(stand_in):
    assert not stand_in().run(TerminateOnNaN(), [{"loss": 1.0}, {}], steps=2).stop_training


def test_it_may_raise_instead(stand_in):
    with pytest.raises(RuntimeError, match="NaN or Inf loss encountered at batch 0"):
        stand_in().run(TerminateOnNaN(raise_error=True), [{"loss": float("nan")}], steps=1)
