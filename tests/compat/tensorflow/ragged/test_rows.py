import torch
from hypothesis import given
from hypothesis import strategies as st
from tensorflow.ragged.rows import cut, owners, ranges, splits_of

LENGTHS = st.lists(st.integers(0, 5), min_size=1, max_size=6)


@given(LENGTHS)
def test_values_know_their_rows(lengths):
    counts = torch.tensor(lengths)
    assert splits_of(counts).diff().tolist() == lengths
    assert owners(counts).tolist() == [row for row, n in enumerate(lengths) for _ in range(n)]


@given(LENGTHS, st.slices(5))
def test_rows_are_cut_as_lists_are(lengths, part):
    start, count, step = cut(torch.tensor(lengths), part)
    places = ranges(start, count, step).tolist()
    assert places == [place for n in lengths for place in list(range(n))[part]]
