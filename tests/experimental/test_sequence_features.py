import pytest

from torchkeras.experimental import SequenceFeatures


def test_it_says_what_to_use_instead():
    with pytest.raises(ValueError, match="only supported with TensorFlow.*StringLookup"):
        SequenceFeatures(["column"])
