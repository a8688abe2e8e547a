"""``tf.linalg``: products, decompositions and parts of matrices."""

from torchkeras_shim.names import missing

from tensorflow.clipping import global_norm
from tensorflow.linalg.diagonals import (
    diag,
    diag_part,
    set_diag,
    tensor_diag,
    tensor_diag_part,
)
from tensorflow.linalg.factors import (
    cholesky,
    cholesky_solve,
    det,
    eig,
    eigh,
    eigvals,
    eigvalsh,
    expm,
    inv,
    logdet,
    logm,
    lstsq,
    lu,
    lu_matrix_inverse,
    lu_reconstruct,
    lu_solve,
    matrix_rank,
    pinv,
    qr,
    slogdet,
    solve,
    sqrtm,
    svd,
    triangular_solve,
    tridiagonal_matmul,
    tridiagonal_solve,
)
from tensorflow.linalg.operators import (
    LinearOperator,
    LinearOperatorAdjoint,
    LinearOperatorBlockDiag,
    LinearOperatorComposition,
    LinearOperatorDiag,
    LinearOperatorFullMatrix,
    LinearOperatorHouseholder,
    LinearOperatorIdentity,
    LinearOperatorInversion,
    LinearOperatorKronecker,
    LinearOperatorLowerTriangular,
    LinearOperatorLowRankUpdate,
    LinearOperatorPermutation,
    LinearOperatorScaledIdentity,
    LinearOperatorToeplitz,
    LinearOperatorZeros,
)
from tensorflow.linalg.products import (
    adjoint,
    band_part,
    cross,
    einsum,
    matmul,
    matrix_transpose,
    matvec,
    norm,
    normalize,
    tensordot,
    trace,
)
from tensorflow.math import l2_normalize
from tensorflow.tensors import eye

__getattr__ = missing(__name__)
