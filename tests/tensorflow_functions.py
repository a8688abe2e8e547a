"""A graph of most functions of TensorFlow that are read, for ``tensorflow_files.py`` to write."""


def graph(keras, tf):
    """A model of a matrix, a square one, a picture, a volume and three whole numbers."""
    x, square, image = keras.Input((4, 6)), keras.Input((5, 5)), keras.Input((8, 10, 3))
    volume, whole = keras.Input((4, 4, 4, 2)), keras.Input((3,), dtype="int32")
    positive, places = tf.abs(x) + 0.1, tf.stack([whole, whole % 2], -1)
    outputs = [
        *_of_numbers(tf, x, positive, whole), *_of_matrices(tf, x, square),
        *_of_places(tf, x, whole, places), *_of_transforms(tf, x), *_of_networks(tf, x, volume),
        *_of_images(tf, image), *_of_windows(tf, keras.backend, image),
        *_of_rare_words(tf, keras.backend, x, image, whole),
    ]  # fmt: skip
    return keras.Model([x, square, image, volume, whole], outputs)


def _of_numbers(tf, x, positive, whole):
    m, special = tf.math, tf.math.special
    one = tf.complex(x, x * 2.0)
    return [
        m.lgamma(positive), m.digamma(positive), m.igamma(positive, positive * 2.0),
        m.igammac(2.0, positive), m.ndtri(positive / 3.0), m.erfcinv(positive), m.lbeta(positive),
        m.polygamma(1.0, positive), m.zeta(positive + 1.5, positive), m.bessel_i0(x),
        m.bessel_i1(x), m.bessel_i0e(x), m.bessel_i1e(x), special.bessel_j0(x),
        special.bessel_j1(x), special.bessel_y0(positive), special.bessel_y1(positive),
        special.bessel_k0(positive), special.bessel_k1e(positive), special.bessel_k0e(positive),
        special.bessel_k1(positive), m.real(one * one), m.imag(m.conj(one)), m.angle(one),
        m.cumulative_logsumexp(x, axis=1), m.cumulative_logsumexp(x, axis=1, reverse=True),
        m.polyval([x, x, x], 2.0), m.zero_fraction(tf.nn.relu(x)), m.nextafter(x, x + 1.0),
        m.is_strictly_increasing(x), m.is_non_decreasing(x * 0.0), m.scalar_mul(2.0, x),
        m.accumulate_n([x, x]), tf.truncatediv(whole - 2, 2), tf.truncatemod(whole - 2, 2),
        tf.bitwise.bitwise_and(whole, 3), tf.bitwise.bitwise_or(whole, 3),
        tf.bitwise.bitwise_xor(whole, 3), tf.bitwise.invert(whole), tf.bitwise.left_shift(whole, 1),
        tf.bitwise.right_shift(whole, 1), tf.saturate_cast(x * 300.0, tf.uint8),
        *tf.clip_by_global_norm([x, x * 2.0], 1.0)[0],
    ]  # fmt: skip


def _of_matrices(tf, x, square):
    la = tf.linalg
    regular = tf.matmul(square, square, transpose_b=True) + tf.eye(5)
    return [
        la.expm(square), la.pinv(x), tf.matmul(*la.qr(x)), la.svd(x, compute_uv=False),
        tf.abs(la.svd(x)[1]), la.eigvalsh(regular), la.eigh(regular)[0],
        la.lstsq(tf.transpose(x, [0, 2, 1]), tf.ones_like(x[:, 0, :, None])),
        la.triangular_solve(regular, square), la.triangular_solve(regular, square, lower=False),
        la.triangular_solve(regular, square, adjoint=True),
        la.cholesky_solve(la.cholesky(regular), square), la.normalize(x, axis=1)[0],
        la.tensor_diag(x[0, 0]), la.tensor_diag_part(square[0]), la.matrix_rank(x),
        la.diag(x[:, 0], k=1), la.diag_part(x, k=1), la.global_norm([x, x]),
        la.set_diag(x, x[:, 0, :4]),
    ]  # fmt: skip


def _of_places(tf, x, whole, places):
    m = tf.math
    return [
        tf.gather_nd(x, [[0, 1], [1, 2]]), tf.gather_nd(x, places[..., ::-1]),
        tf.gather_nd(x, places, batch_dims=1), tf.reverse_sequence(x, whole[:, 0], 1),
        tf.reverse_sequence(x, whole[:, 0] + 1, seq_axis=2), tf.searchsorted(tf.sort(x), x),
        tf.searchsorted(tf.sort(x), x, side="right"),
        tf.scatter_nd([[0], [2]], x[0, :2], [4, 6]), tf.scatter_nd(whole, x[:, 0, 0], [4, 4, 4]),
        tf.tensor_scatter_nd_update(x, [[1]], x[:1]),
        tf.tensor_scatter_nd_add(x, [[0], [0]], x[:2]),
        tf.tensor_scatter_nd_sub(x, [[1, 2]], x[:1, 0]),
        tf.space_to_batch(x[..., None], [2, 3], [[0, 0], [1, 2]]),
        tf.batch_to_space(tf.tile(x[..., None], [4, 1, 1, 1]), [2, 2], [[0, 1], [1, 0]]),
        m.confusion_matrix(whole[:, 0], whole[:, 1], 5),
        m.confusion_matrix(whole[:, 0], whole[:, 1], 5, weights=x[:, 0, 0], dtype="float32"),
        tf.histogram_fixed_width(x, [0.0, 1.0], 5), m.segment_sum(x[0], [0, 0, 1, 1]),
        m.segment_mean(x[0], [0, 0, 1, 1]), m.segment_max(x[0], [0, 0, 1, 1]),
        m.unsorted_segment_sum(x[:, :3, 0], whole, 5),
        m.unsorted_segment_mean(x[0], [3, 0, 3, 0], 5),
        m.unsorted_segment_max(x[0], [1, 0, 1, 0], 2),
        m.unsorted_segment_prod(x[0], [1, 0, 1, 0], 2),
    ]  # fmt: skip


def _of_transforms(tf, x):
    s, m = tf.signal, tf.math
    waves = tf.cast(x, tf.complex64)
    return [
        m.abs(s.fft(waves)), m.real(s.ifft(waves)), m.imag(s.fft2d(waves)),
        m.abs(s.ifft2d(waves)), s.dct(x), s.dct(x, norm="ortho"), s.idct(x),
        s.idct(x, norm="ortho"), s.dct(x, type=3), s.frame(x, 3, 2), s.frame(x, 4, 3, pad_end=True),
        m.abs(s.stft(x, 4, 2)), s.fftshift(x), s.ifftshift(x, axes=[1]),
    ]  # fmt: skip


def _of_networks(tf, x, volume):
    n = tf.nn
    return [
        n.conv1d_transpose(x, tf.ones((2, 3, 6)), [2, 8, 3], 2),
        n.convolution(x, tf.ones((2, 6, 3)), padding="SAME"),
        n.weighted_cross_entropy_with_logits(tf.sigmoid(x * 2.0), x, 2.0),
        n.compute_average_loss(x[:, 0, 0], global_batch_size=2), n.scale_regularization_loss(x[0]),
        n.conv3d_transpose(volume, tf.ones((2, 2, 2, 3, 2)), [2, 8, 8, 8, 3], 2),
        n.max_pool3d(volume, 2, 2, "VALID"), n.avg_pool3d(volume, 3, 2, "SAME"),
    ]  # fmt: skip


def _of_windows(tf, backend, image):
    n, size = tf.nn, tf.shape(image)[0]
    kernel = tf.reshape(tf.range(24.0), (2, 2, 2, 3))
    return [
        n.conv2d_transpose(image, kernel, [2, 16, 20, 2], 2),
        n.conv2d_transpose(image, kernel, tf.stack([size, 15, 19, 2]), [1, 2, 2, 1], "SAME"),
        n.conv2d_transpose(image, kernel, [2, 9, 11, 2], 1, "VALID"),
        n.conv2d_transpose(image, kernel, [2, 23, 29, 2], 3, "VALID"),
        n.atrous_conv2d_transpose(image, kernel, [2, 8, 10, 2], 2, "SAME"),
        n.atrous_conv2d(image, tf.ones((2, 2, 3, 2)), 2, "SAME"),
        n.conv2d(image, tf.ones((2, 2, 3, 2)), 2, [[0, 0], [1, 0], [2, 1], [0, 0]]),
        tf.compat.v1.nn.fused_batch_norm(
            image, tf.ones(3), tf.zeros(3), tf.ones(3), tf.ones(3) * 4.0, is_training=False
        )[0],
        backend.conv2d(image, tf.ones((2, 2, 3, 2))), backend.batch_flatten(image),
        backend.dot(image, tf.ones((3, 2))),
    ]  # fmt: skip


def _of_images(tf, image):
    i = tf.image
    byte = i.convert_image_dtype(image, tf.uint8)
    return [
        byte, i.convert_image_dtype(byte, tf.float32), i.resize(image, (5, 13), method="bicubic"),
        i.resize(image, (4, 4), preserve_aspect_ratio=True), i.resize(byte, (4, 4)),
        i.resize(byte, (4, 4), method="nearest"), i.resize_with_pad(image, 12, 12),
        i.resize_with_pad(image, 5, 9), tf.compat.v1.image.resize_images(image, (5, 5)),
        i.crop_and_resize(image, [[0.0, 0.0, 0.5, 0.5], [0.2, -0.2, 1.2, 1.0]], [0, 1], [4, 3]),
        i.crop_and_resize(image, [[0.9, 0.1, 0.1, 0.8]], [1], [1, 4], extrapolation_value=0.5),
        i.psnr(image, image * 0.9, 1.0), i.ssim(image, image * 0.9, 1.0, filter_size=5),
        i.adjust_hue(image, 0.1), i.adjust_gamma(image, 0.5, 2.0), i.adjust_brightness(byte, 0.1),
        i.adjust_contrast(byte, 2.0), i.adjust_saturation(byte, 0.5), i.rgb_to_grayscale(byte),
        i.rgb_to_yuv(image), i.yuv_to_rgb(image), i.rgb_to_yiq(image), i.yiq_to_rgb(image),
    ]  # fmt: skip


def _of_rare_words(tf, backend, x, image, whole):
    m, n, i = tf.math, tf.nn, tf.image
    kernel = tf.reshape(tf.range(18.0), (2, 3, 3)) / 10.0
    once = [1, 1, 1, 1]
    four, label = whole[:, 0] * 0 + 4, whole[:, :2] + 1
    return [
        backend.switch(x > 0, x, -x), backend.switch(x[:, :1] > 0, x, x * 2.0),
        m.in_top_k(whole[:, 0], x[:, 0], 3), *m.approx_max_k(x, 2),
        tf.bitcast(x, tf.int32), *tf.dynamic_partition(x[0], [0, 2, 0, 1], 3),
        tf.quantization.fake_quant_with_min_max_args(x * 5.0),
        tf.quantization.fake_quant_with_min_max_args(x, -0.5, 0.7, 4, True),
        *n.sufficient_statistics(x, [1])[1:3], *n.weighted_moments(x, [1], tf.abs(x) + 1.0),
        tf.signal.overlap_and_add(x, 2), tf.signal.overlap_and_add(x, 6),
        n.dilation2d(image, kernel, once, "SAME", "NHWC", [1, 2, 2, 1]),
        n.dilation2d(image, kernel, [1, 2, 3, 1], "VALID", "NHWC", once),
        n.erosion2d(image, kernel, [1, 2, 2, 1], "SAME", "NHWC", once),
        *n.max_pool_with_argmax(image, 2, 2, "VALID"), *n.max_pool_with_argmax(image, 3, 2, "SAME"),
        tf.compat.v1.image.resize_area(image, (4, 5)),
        i.ssim_multiscale(image, image * 0.9, 1.0, [0.5, 0.3, 0.2], filter_size=2),
        n.ctc_loss(label, x, four // 2, four, logits_time_major=False, blank_index=0),
        n.ctc_loss(label, tf.transpose(x, [1, 0, 2]), four // 4, four),
    ]  # fmt: skip
