"""Queues, beside TensorFlow 2.21."""

import threading

import pytest
import tensorflow as tf


def test_the_first_is_taken_first():
    queue = tf.queue.FIFOQueue(3, [tf.int32, tf.string], shapes=[(), (2,)])
    queue.enqueue((1, ["a", "b"]))
    queue.enqueue_many(([2, 3], [["c", "d"], ["e", "f"]]))
    assert int(queue.size()) == 3
    number, texts = queue.dequeue()
    assert (int(number), texts.numpy().tolist()) == (1, [b"a", b"b"])
    numbers, texts = queue.dequeue_many(2)
    assert numbers.tolist() == [2, 3]
    assert texts.shape == (2, 2)


def test_a_closed_queue_is_emptied():
    queue = tf.queue.FIFOQueue(5, tf.float32, shapes=[()])
    queue.enqueue(5.0)
    assert not queue.is_closed()
    queue.close()
    assert queue.is_closed()
    assert queue.dequeue_up_to(4).tolist() == [5.0]
    for take in (queue.dequeue, lambda: queue.dequeue_many(2)):
        with pytest.raises(tf.errors.OutOfRangeError, match="insufficient elements"):
            take()
    with pytest.raises(tf.errors.CancelledError, match="closed"):
        queue.enqueue(1.0)


def test_elements_may_have_names():
    queue = tf.queue.FIFOQueue(3, [tf.int32, tf.int32], shapes=[(), ()], names=["x", "y"])
    queue.enqueue({"x": 1, "y": 2})
    assert {name: int(value) for name, value in queue.dequeue().items()} == {"x": 1, "y": 2}
    for vals in ((1, 2), {"x": 1}):
        with pytest.raises(ValueError, match="vals"):
            queue.enqueue(vals)


def test_elements_of_unknown_shape_are_taken_one_by_one():
    queue = tf.queue.FIFOQueue(3, tf.float32)
    queue.enqueue([1.0, 2.0])
    assert queue.dequeue().tolist() == [1.0, 2.0]
    queue.enqueue(5.0)
    with pytest.raises(ValueError, match="shapes"):
        queue.dequeue_many(1)


def test_shorter_elements_are_filled_up():
    queue = tf.queue.PaddingFIFOQueue(10, [tf.int32], shapes=[(None,)])
    queue.enqueue([[1]])
    queue.enqueue([[1, 2]])
    assert queue.dequeue_many(2).tolist() == [[1, 0], [1, 2]]


def test_the_smallest_is_taken_first():
    queue = tf.queue.PriorityQueue(10, [tf.string], [()])
    for number, text in ((3, "c"), (1, "a"), (1, "b")):
        queue.enqueue((number, text))
    found = [queue.dequeue() for _ in range(3)]
    assert [(int(n), text.numpy()) for n, text in found] == [(1, b"a"), (1, b"b"), (3, b"c")]


def test_any_is_taken_next():
    def drawn():
        queue = tf.queue.RandomShuffleQueue(100, 0, [tf.int32], shapes=[()], seed=1)
        queue.enqueue_many([list(range(50))])
        return [int(queue.dequeue()) for _ in range(50)]

    assert drawn() == drawn() != sorted(drawn()) == list(range(50))


def test_threads_wait_for_each_other():
    queue = tf.queue.FIFOQueue(2, tf.int32, shapes=[()])
    writer = threading.Thread(target=lambda: [queue.enqueue(n) for n in range(20)])
    writer.start()
    assert [int(queue.dequeue()) for _ in range(20)] == list(range(20))
    writer.join()


def test_a_thread_that_is_alone_is_told():
    queue = tf.queue.FIFOQueue(1, tf.int32, shapes=[()])
    if threading.active_count() > 1:
        pytest.skip("other threads are there")
    with pytest.raises(RuntimeError, match="wait for ever"):
        queue.dequeue()


def test_arguments_are_checked():
    with pytest.raises(ValueError, match="names"):
        tf.queue.FIFOQueue(1, [tf.int32], names=["a", "b"])
    queue = tf.queue.FIFOQueue(3, [tf.int32, tf.int32], shapes=[(), (2,)])
    for vals in ((1,), (1, [1, 2, 3])):
        with pytest.raises(ValueError, match=r"vals|shape"):
            queue.enqueue(vals)
    with pytest.raises(ValueError, match="rows"):
        queue.enqueue_many(([1], [[1, 2], [3, 4]]))
