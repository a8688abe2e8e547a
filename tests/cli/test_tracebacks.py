import torch

from torchkeras.cli.tracebacks import HIDDEN, users_traceback


def failure(function):
    try:
        function()
    except Exception as error:  # noqa: BLE001, whatever it raises
        return error
    raise AssertionError("it did not fail")


def test_frames_inside_are_hidden_at_the_users_line():
    error = failure(lambda: torch.nn.Linear(2, 3)(torch.zeros(1, 5)))
    inner = [torch.__path__[0] + "/"]
    text = "".join(users_traceback(error, inner))
    assert "torch/nn/modules" not in text
    assert "test_tracebacks.py" in text
    assert text.endswith(HIDDEN + "\n")


def test_causes_are_shown_alike():
    def chained():
        try:
            torch.zeros(2) + torch.zeros(3)
        except RuntimeError as error:
            raise ValueError("mine") from error

    text = "".join(users_traceback(failure(chained), ["/nowhere/"]))
    assert "direct cause" in text
    assert "mine" in text
    assert HIDDEN not in text


def test_an_error_that_is_all_inside_keeps_its_frames():
    error = failure(lambda: 1 / 0)
    text = "".join(users_traceback(error, [__file__]))
    assert "ZeroDivisionError" in text
    assert "test_tracebacks.py" in text
