import pytest

from torchkeras.core import checks


class Head:
    name = "head"


def test_an_error_says_where_what_was_given_what_was_expected_and_the_mend():
    error = checks.argument_error(Head(), "units", -3, "an integer, 1 or more", "Try Dense(64).")
    assert isinstance(error, ValueError)
    assert str(error) == (
        'Head "head": units is -3; expected an integer, 1 or more. Try Dense(64).'
    )


def test_the_wrong_kind_is_a_type_error():
    assert isinstance(checks.kind_error("fit", "x", 1, "an array"), TypeError)


def test_the_wrong_moment_is_a_runtime_error():
    error = checks.moment_error("fit", "the model isn't compiled", "Call compile first.")
    assert str(error) == "fit: the model isn't compiled. Call compile first."
    assert isinstance(error, RuntimeError)


def test_owners_are_described_by_class_and_name():
    assert checks.describe(Head) == "Head"
    assert checks.describe("fit") == "fit"
    assert checks.describe(object()) == "object"


def test_the_nearest_name_is_offered():
    assert checks.nearest("rleu", ["relu", "tanh"]) == 'Did you mean "relu"?'
    assert checks.nearest("zzz", ["relu"]) == ""


def test_what_keras_1_called_an_argument_is_offered_by_its_name_since():
    assert checks.nearest("nb_epoch", ["x", "epochs"]) == 'Did you mean "epochs"?'
    assert checks.nearest("W_regularizer", ["kernel_regularizer", "bias_regularizer"]) == (
        'Did you mean "kernel_regularizer"?'
    )
    assert checks.nearest("output_dim", ["output_dim", "units"]) == 'Did you mean "output_dim"?'


def test_an_unknown_size_is_refused():
    with pytest.raises(ValueError, match="The last dimension of the inputs should be defined"):
        checks.known_size(Head(), (None, None), -1)
    with pytest.raises(ValueError, match="a shape with axis -3"):
        checks.known_size(Head(), (None, 2), -3)
    assert checks.known_size(Head(), (None, 2), -1) == 2


def test_ranks_are_checked():
    checks.check_rank(Head(), (1, 2), rank=2)
    with pytest.raises(ValueError, match="ndim=3"):
        checks.check_rank(Head(), (1, 2), rank=3)
    with pytest.raises(ValueError, match="min_ndim=3"):
        checks.check_rank(Head(), (1, 2), min_rank=3)


def test_failures_of_torch_are_told_with_the_arguments():
    def double(x, axis=0):
        raise AssertionError

    class Outside(RuntimeError):
        pass

    def told(error):
        return checks.unfit_arguments(double, ([1, 2],), {"axis": 3}, error)

    shapes = told(IndexError("Dimension out of range (here)"))
    assert isinstance(shapes, ValueError)
    assert str(shapes) == (
        "double: x is [1, 2], axis is 3; expected arguments that fit. Dimension out of range (here)"
    )
    assert isinstance(told(RuntimeError("'add' not implemented for 'Half'")), TypeError)
    assert told(RuntimeError("CUDA error: out of memory")) is None
    assert told(Outside("sizes must match")) is None


def test_arguments_of_a_wrong_kind_are_told_too():
    @checks.telling
    def first(x, axis=0):
        return sorted([axis, 1])

    words = "first: x is 1, axis is 'a'; expected arguments that fit. '<' not supported"
    with pytest.raises(TypeError, match=words):
        first(1, axis="a")
    assert first(1) == [0, 1]


def test_what_a_given_function_raises_stays_as_it_is():
    @checks.telling
    def applied(function):
        return function()

    with pytest.raises(RuntimeError, match="^mine$"):
        applied(lambda: (_ for _ in ()).throw(RuntimeError("mine")))


@pytest.mark.parametrize("value", [0, 0.5, None, True, len])
def test_numbers_within_their_range_pass(value):
    checks.check_ranges(Head(), {"rate": value, "other": "x"}, {"rate": "number in [0, 1]"})


@pytest.mark.parametrize(
    "value, words, error",
    [
        (1, "number in [0, 1)", "expected a number in"),
        (0, "number in (0, inf)", "rate is 0; expected"),
        (float("nan"), "number in (-inf, inf)", "rate is nan"),
        (1.5, "integer in [1, inf)", "expected an integer in"),
    ],
)
def test_numbers_out_of_their_range_are_refused(value, words, error):
    with pytest.raises(ValueError, match=error):
        checks.check_ranges(Head(), {"rate": value}, {"rate": words})
    with pytest.raises(TypeError, match="rate is 'a'"):
        checks.check_ranges(Head(), {"rate": "a"}, {"rate": words})
