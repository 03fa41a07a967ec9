"""The operations that are known to have no multiply-accumulate, by torch's names.

What stands in none of these lists, has no handler and is no composite is an error: never a silent zero.
"""

from __future__ import annotations

FREE = set(
    # functions of each number
    "abs absolute acos acosh arccos arccosh arcsin arcsinh arctan arctanh asin asinh atan atanh angle bitwise_not "
    "bucketize ceil celu clamp clamp_max clamp_min clip conj conj_physical cos cosh deg2rad digamma elu erf erfc "
    "erfinv exp exp2 expm1 fix floor frac frexp gelu glu hardshrink hardsigmoid hardswish hardtanh i0 invert isfinite "
    "isinf isnan isneginf isposinf isreal leaky_relu lgamma log log10 log1p log2 log_sigmoid logsigmoid logical_not "
    "logit mish nan_to_num neg negative positive pow prelu rad2deg reciprocal relu relu6 rrelu round rsqrt selu sgn "
    "sigmoid sign signbit silu sin sinc sinh softmin softplus softshrink softsign sqrt square tan tanh tanhshrink "
    "threshold trunc special_entr special_erf special_erfc special_erfinv special_exp2 special_expit special_expm1 "
    "special_gammaln special_log1p special_logit special_ndtr special_round special_sinc complex polar real imag "
    "view_as_complex view_as_real resolve_conj resolve_neg searchsorted "
    # of two or three, number by number
    "add addcdiv addcmul and atan2 arctan2 bitwise_and bitwise_left_shift bitwise_or bitwise_right_shift bitwise_xor "
    "copysign cross linalg_cross div divide eq float_power floor_divide floordiv fmax fmin fmod ge gcd greater "
    "greater_equal gt heaviside hypot isclose isin lcm ldexp le lerp less less_equal logaddexp logaddexp2 logical_and "
    "logical_or logical_xor lshift lt maximum minimum mod mul multiply ne nextafter not_equal or outer ger kron "
    "remainder rshift rsub special_xlog1py special_xlogy sub subtract true_divide truediv where xlogy xor "
    "iadd iand idiv ifloordiv ilshift imod imul ior ipow irshift isub itruediv ixor "
    "radd rand rdiv rfloordiv rlshift rmod rmul ror rpow rrshift rtruediv rxor "
    # reductions, sums along an axis, sorting
    "all amax amin aminmax any argmax argmin argsort count_nonzero cosine_similarity cummax cummin cumprod cumsum "
    "cumulative_trapezoid diff dist frobenius_norm kthvalue linalg_norm linalg_vector_norm linalg_matrix_norm "
    "logcumsumexp logsumexp special_logsumexp max mean median min mode msort nanmean nanmedian nanquantile nansum norm "
    "nuclear_norm pairwise_distance prod quantile sort std std_mean sum sum_to_size topk trace trapezoid trapz var "
    "var_mean "
    # normalisation and softmax
    "batch_norm gumbel_softmax group_norm instance_norm layer_norm local_response_norm log_softmax native_batch_norm "
    "native_group_norm native_layer_norm norm_except_dim normalize renorm rms_norm softmax special_softmax "
    "special_log_softmax weight_norm "
    # pooling, padding, resizing, looking up
    "adaptive_avg_pool1d adaptive_avg_pool2d adaptive_avg_pool3d adaptive_max_pool1d adaptive_max_pool2d "
    "adaptive_max_pool3d adaptive_max_pool1d_with_indices adaptive_max_pool2d_with_indices "
    "adaptive_max_pool3d_with_indices avg_pool1d avg_pool2d avg_pool3d channel_shuffle constant_pad_nd embedding "
    "embedding_bag fold fractional_max_pool2d fractional_max_pool2d_with_indices fractional_max_pool3d "
    "fractional_max_pool3d_with_indices grid_sample grid_sampler grid_sampler_2d grid_sampler_3d interpolate lp_pool1d "
    "lp_pool2d lp_pool3d max_pool1d max_pool1d_with_indices max_pool2d max_pool2d_with_indices max_pool3d "
    "max_pool3d_with_indices max_unpool1d max_unpool2d max_unpool3d native_channel_shuffle one_hot pad pixel_shuffle "
    "pixel_unshuffle upsample upsample_bilinear upsample_nearest unfold nms ps_roi_align ps_roi_pool roi_align "
    "roi_pool "
    # shape, selection, joining
    "adjoint as_strided atleast_1d atleast_2d atleast_3d block_diag broadcast_tensors broadcast_to cartesian_prod cat "
    "chunk column_stack combinations concat concatenate contiguous diag diag_embed diagflat diagonal diagonal_scatter "
    "dsplit dstack expand expand_as fill_diagonal flatten flip fliplr flipud gather getitem hsplit hstack index "
    "index_add index_copy index_fill index_put index_reduce index_select masked_fill masked_scatter meshgrid moveaxis "
    "movedim narrow narrow_copy permute put ravel repeat repeat_interleave reshape reshape_as roll rot90 row_stack "
    "scatter scatter_add scatter_reduce select select_scatter setitem slice_scatter split split_with_sizes squeeze "
    "stack swapaxes swapdims t take take_along_dim tensor_split tile transpose tril triu unbind unflatten "
    "unravel_index "
    "unsafe_chunk unsafe_split unsafe_split_with_sizes unsqueeze view view_as vsplit vstack linalg_diagonal "
    "pack_padded_sequence pad_packed_sequence "
    # copies, types, new tensors
    "alias as_tensor asarray assert_async bfloat16 bool byte cdouble cfloat chalf char clone copy cpu cuda "
    "deepcopy detach double "
    "empty_like fill float full_like half int long new new_empty new_empty_strided new_full new_ones new_tensor "
    "new_zeros ones_like rand_like randint_like randn_like short tensor to type type_as zero zeros_like "
    # random numbers
    "bernoulli cauchy exponential geometric log_normal multinomial normal poisson random uniform native_dropout "
    "alpha_dropout dropout dropout1d dropout2d dropout3d feature_alpha_dropout feature_dropout "
    # losses
    "binary_cross_entropy binary_cross_entropy_with_logits cosine_embedding_loss cross_entropy ctc_loss "
    "gaussian_nll_loss hinge_embedding_loss huber_loss kl_div l1_loss margin_ranking_loss mse_loss multi_margin_loss "
    "multilabel_margin_loss multilabel_soft_margin_loss nll_loss poisson_nll_loss smooth_l1_loss soft_margin_loss "
    "triplet_margin_loss triplet_margin_with_distance_loss "
    # starting values, for a layer that is built in forward
    "constant dirac eye kaiming_normal kaiming_uniform no_grad_trunc_normal ones orthogonal trunc_normal "
    "xavier_normal xavier_uniform zeros".split()
)

# answered at once, without a row
QUESTIONS = set(
    "__len__ __repr__ __str__ __format__ __dir__ dim size numel ndimension nelement stride storage_offset "
    "is_contiguous is_floating_point is_complex is_signed is_inference is_conj is_neg is_pinned is_shared is_same_size "
    "is_set_to element_size has_names untyped_storage requires_grad_ register_hook retain_grad result_type can_cast "
    "promote_types broadcast_shapes dim_order itemsize".split()
)

# ask for numbers, which a shape has not
NUMBERS = set(
    "__bool__ __int__ __float__ __index__ __complex__ __array__ __contains__ __nonzero__ __long__ __dlpack__ allclose "
    "argwhere bincount data_ptr equal histc is_nonzero item masked_select nonzero numpy tolist unique "
    "unique_consecutive".split()
)

# in place, these change a tensor's shape and none of its numbers
RESHAPES = set("transpose t squeeze unsqueeze swapaxes swapdims as_strided detach".split())

# read their first tensor's numbers and only the second one's shape
LIKE_ANOTHER = set("expand_as view_as reshape_as".split())

# draw random numbers
RANDOM = set(
    "bernoulli cauchy exponential geometric log_normal multinomial normal poisson rand rand_like randint randint_like "
    "randn randn_like random randperm uniform native_dropout dropout gumbel_softmax kaiming_normal kaiming_uniform "
    "no_grad_trunc_normal orthogonal trunc_normal xavier_normal xavier_uniform alpha_dropout dropout1d dropout2d "
    "dropout3d feature_alpha_dropout feature_dropout rrelu fractional_max_pool2d_with_indices "
    "fractional_max_pool3d_with_indices".split()
)
