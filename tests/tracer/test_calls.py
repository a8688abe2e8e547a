"""Which calls a layer holds, and which it only knows of."""

import pytest

from torchkeras import tracer
from torchkeras.tracer import Call, Calls, KerasTensor


def made_of(*tensors):
    """A call and what it gives."""
    output = KerasTensor((None, 2))
    return Call("add", tensors, {}, output), output


def test_calls_are_counted_and_found_by_number():
    calls = Calls()
    assert not calls
    (first, x), (second, y) = made_of(), made_of()
    assert [calls.add(first), calls.add(second)] == [0, 1]
    assert calls
    assert calls.living() == [first, second]
    assert calls.at(-1) is second is y.call
    assert x.call is first
    with pytest.raises(IndexError):
        calls.at(2)


def test_the_first_call_is_held_if_asked_for_and_others_go_with_their_outputs():
    for holds_first, left in ((True, 1), (False, 0)):
        calls = Calls(holds_first)
        for _ in range(2):
            calls.add(made_of()[0])
        assert (calls.number, len(calls.living())) == (2, left)
        with pytest.raises(RuntimeError, match="call number 1 is gone"):
            calls.at(1)


def test_outputs_hold_what_was_before_them():
    calls = Calls()
    call, x = made_of()
    calls.add(call)
    y = tracer.record("mul", (x, 2), {})
    del call, x
    assert calls.at(0) is y.call.inputs[0].call
