import pytest
from torchkeras_shim.rowwise import check_apart, rows_together


def test_what_needs_single_rows_says_so_where_all_are_taken_at_once():
    check_apart("here")
    with rows_together():
        with pytest.raises(RuntimeError, match="here: it can't be done for all rows at once"):
            check_apart("here")
        with rows_together():
            pass
        with pytest.raises(RuntimeError):
            check_apart("here")
    check_apart("here")
