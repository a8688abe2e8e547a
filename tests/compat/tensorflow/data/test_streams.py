import itertools

import torch
from tensorflow.data.streams import INFINITE, UNKNOWN, RowStream, Shuffle, Stream, batched_size


def numbers(count):
    return Stream(lambda: iter(range(count)), count)


def test_sizes_follow_from_what_is_done():
    assert numbers(10).cut(2, 7).size == 5
    assert numbers(10).cut(8, 20).size == 2
    assert numbers(3).repeated(-1).size == INFINITE
    assert numbers(3).repeated(2).size == 6
    assert numbers(3).repeated(-1).cut(0, 5).size == 5
    assert Stream(lambda: iter(()), UNKNOWN).cut(0, 5).size == UNKNOWN
    assert batched_size(10, 3, True) == 3
    assert batched_size(10, 3, False) == 4


def test_an_endless_repetition_of_nothing_ends():
    assert list(numbers(0).repeated(-1).start()) == []


def test_rows_and_plain_streams_agree():
    rows = RowStream(torch.arange(7))
    for stream in (rows, numbers(7)):
        changed = stream.repeated(2).cut(3, 12, 2)
        assert [int(x) for x in changed.start()] == [3, 5, 0, 2, 4]


def test_a_small_buffer_bounds_how_far_an_element_moves_up():
    order = list(Shuffle(3, 0, True).draw(iter(range(50))))
    assert sorted(order) == list(range(50))
    assert all(value - place < 3 for place, value in enumerate(order))
    assert order != list(range(50))


def test_each_pass_has_its_own_order_only_if_asked_for():
    again, same = Shuffle(10, 1, True), Shuffle(10, 1, False)
    assert again.order(10) != again.order(10)
    assert same.order(10) == same.order(10)
    assert list(itertools.islice(same.draw(iter(range(10))), 3)) is not None
