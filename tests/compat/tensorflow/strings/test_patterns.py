import pytest
import tensorflow as tf
from tensorflow.strings.patterns import compiled


@pytest.mark.parametrize(
    "pattern, yes, no",
    [
        (r"[[:punct:]]", "!", "a"),
        (r"[^[:alpha:]_]", "1", "_"),
        (r"[[:^digit:]]", "a", "1"),
        (r"\p{Lu}", "É", "é"),
        (r"\PL", "1", "é"),
        (r"\p{^L}", "1", "é"),
        (r"[\d-]", "-", "\u0663"),
        (r"[]a]", "]", "b"),
        (r"[[a&&b]", "[", "c"),
        (r"\x{1F600}", "\U0001f600", "a"),
        (r"\Qa.b\E", "a.b", "axb"),
        (r"a$", "a", "a\n"),
    ],
)
def test_classes_are_read_as_re2_does(pattern, yes, no):
    assert compiled(pattern).fullmatch(yes)
    assert not compiled(pattern).fullmatch(no)


def test_lines_end_at_dollars_only_if_asked_for():
    assert tf.strings.regex_replace("a\na", "a$", "b").item() == "a\nb"
    assert tf.strings.regex_replace("a\na", "(?m)a$", "b").item() == "b\nb"


@pytest.mark.parametrize("pattern", ["(", "[[:nothing:]]", r"\p{Nothing}"])
def test_what_is_no_pattern_is_said(pattern):
    with pytest.raises(ValueError, match="a regular expression"):
        compiled(pattern)


@pytest.mark.parametrize("rewrite", [r"\2", r"\n", "\\"])
def test_a_rewrite_names_groups_that_are_there(rewrite):
    with pytest.raises(ValueError, match="are groups"):
        tf.strings.regex_replace("a", "(a)", rewrite)
