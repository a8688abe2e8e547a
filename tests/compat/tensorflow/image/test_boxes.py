import numpy as np
import pytest
import tensorflow as tf

BOXES = np.array([[0, 0, 1, 1], [0, 0, 1, 0.9], [2, 2, 3, 3]], "float32")


def test_the_best_of_covering_boxes_stays():
    assert tf.image.non_max_suppression(BOXES, [0.5, 0.9, 0.3], 3).numpy().tolist() == [1, 2]
    turned = BOXES[:, [2, 3, 0, 1]]
    assert tf.image.non_max_suppression(turned, [0.5, 0.9, 0.3], 3).numpy().tolist() == [1, 2]
    assert tf.image.non_max_suppression(BOXES, [0.5, 0.9, 0.3], 1).numpy().tolist() == [1]
    assert tf.image.non_max_suppression(BOXES[:0], [], 3).numpy().tolist() == []


def test_padding_says_how_many_there_are():
    chosen, count = tf.image.non_max_suppression_padded(
        BOXES, [0.5, 0.9, 0.3], 4, pad_to_max_output_size=True
    )
    assert chosen.numpy().tolist() == [1, 2, 0, 0]
    assert int(count) == 2


def test_outlines_are_drawn_and_the_images_left_as_they_were():
    images = np.zeros((1, 5, 5, 3), "float32")
    drawn = tf.image.draw_bounding_boxes(images, [[[0.0, 0.0, 1.0, 1.0]]], [[1.0, 0.0, 0.0]])
    assert float(tf.reduce_sum(drawn)) == 16
    assert images.sum() == 0
    beyond = tf.image.draw_bounding_boxes(images, [[[2.0, 2.0, 3.0, 3.0]]], None)
    assert float(tf.reduce_sum(beyond)) == 0


def test_boxes_scores_and_colours_fit():
    boxes = [[0.0, 0.0, 1.0, 1.0]]
    with pytest.raises(ValueError, match="boxes.shape"):
        tf.image.non_max_suppression(boxes, [0.5, 0.4], 1)
    with pytest.raises(ValueError, match="iou_threshold is 2"):
        tf.image.non_max_suppression(boxes, [0.5], 1, iou_threshold=2)
    with pytest.raises(ValueError, match="3 numbers for each"):
        tf.image.draw_bounding_boxes(tf.zeros((1, 2, 2, 3)), [boxes], [[1.0]])
    chosen, counts = tf.image.non_max_suppression_padded([boxes, boxes], [[0.5], [0.1]], 2)
    assert (chosen.shape, counts.tolist()) == ((2, 2), [1, 1])
