from torchkeras.core.dtypes import dtype_policy
from torchkeras.core.naming import auto_name
from torchkeras.core.policies import set_dtype_policy
from torchkeras.core.settings import (
    disable_interactive_logging,
    is_interactive_logging_enabled,
)
from torchkeras.utils import clear_session


def test_a_session_starts_afresh():
    auto_name("Cleared")
    set_dtype_policy("mixed_bfloat16")
    disable_interactive_logging()
    clear_session()
    assert auto_name("Cleared") == "cleared"
    assert dtype_policy().name == "float32"
    assert is_interactive_logging_enabled()
