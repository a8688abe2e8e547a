"""Classes that differ in numbers alone."""

from torch import nn

from torchkeras.export.arguments import NUMBER, with_arguments

KINDS = {"conv": nn.Conv2d, "dropped": nn.Dropout}


def text(conv, dropped="0.5", forward="x"):
    return (
        "    def __init__(self):\n        super().__init__()\n"
        f"        self.conv = nn.Conv2d({conv})\n        self.dropped = nn.Dropout({dropped})\n\n"
        f"    def forward(self, x: Tensor):\n        return {forward}"
    )


def test_numbers_are_those_that_stand_by_themselves():
    assert NUMBER.findall("self.conv_2 = f(3, 0.5, 1e-06, 1 / 60, x2, int8)") == [
        "3", "0.5", "1e-06", "1 / 60",
    ]  # fmt: skip


def test_what_differs_is_an_argument_by_the_name_that_the_module_gives_it():
    shared = with_arguments([text("3, 8, 3, padding=1"), text("8, 16, 3, padding=1")], KINDS)
    assert shared.given == ["3, 8", "8, 16"]
    assert "def __init__(self, in_channels: int, out_channels: int):" in shared.text
    assert "nn.Conv2d(in_channels, out_channels, 3, padding=1)" in shared.text


def test_numbers_that_go_together_are_one_argument():
    shared = with_arguments([text("3, 3, 3"), text("8, 8, 3")], KINDS)
    assert shared.given == ["3", "8"]
    assert "nn.Conv2d(in_channels, in_channels, 3)" in shared.text


def test_fractions_are_floats_and_many_arguments_are_given_by_name():
    texts = [text("1, 2, 3, stride=1", "1 / 60"), text("2, 4, 5, stride=2", "0.2")]
    shared = with_arguments(texts, KINDS)
    assert shared.given[1] == "in_channels=2, out_channels=4, kernel_size=5, stride=2, p=0.2"
    assert "p: float" in shared.text


def test_classes_that_are_the_same_take_nothing():
    assert with_arguments([text("3, 8, 3"), text("3, 8, 3")], KINDS) == (
        text("3, 8, 3"),
        ["", ""],
    )


def test_classes_that_differ_otherwise_stay_apart():
    assert with_arguments([text("3, 8, 3"), text("3, 8, 3, bias=False")], KINDS) is None
    assert with_arguments([text("3, 8, 3"), text("3, 8, 3", forward="x[2]")], KINDS) is None
    texts = [text("3, 8, 3", forward="x[1]"), text("3, 8, 3", forward="x[2]")]
    assert with_arguments(texts, KINDS) is None


def test_how_far_tensors_are_padded_is_kept_for_the_call():
    texts = [text("4, 4, 3", forward=f"self.conv(F.pad(x, ({n}, 0)))") for n in (2, 4)]
    shared = with_arguments(texts, KINDS)
    assert shared.given == ["2", "4"]
    assert "def __init__(self, padding: int):" in shared.text
    assert "super().__init__()\n        self.padding = padding\n" in shared.text
    assert "F.pad(x, (self.padding, 0))" in shared.text


def test_the_attribute_of_padding_has_a_name_of_its_own():
    texts = [
        text(f"4, 4, 3, padding={n}", forward=f"self.conv(F.pad(x, (1, {-n})))") for n in (1, 2)
    ]
    shared = with_arguments(texts, KINDS)
    assert shared.given == ["1, 1", "2, 2"]
    assert "self.padding_2 = padding_2" in shared.text
    assert "F.pad(x, (1, -self.padding_2))" in shared.text
