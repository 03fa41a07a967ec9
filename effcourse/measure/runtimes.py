"""Four ways to run one network: as it is, in another memory layout, with batch norm folded away, in ONNX Runtime."""

from __future__ import annotations

import io
import logging
import warnings
from collections.abc import Callable, Iterator
from contextlib import contextmanager, redirect_stderr, redirect_stdout, suppress
from copy import deepcopy
from typing import Any, NamedTuple

import torch
from torch import Tensor, nn

from ..common.errors import unknown_name
from ..cost.tracing import no_garbage_collection

TOLERANCE = 1e-4  # of the largest output: what rounding in another order may change


class Prepared(NamedTuple):
    """A network that is ready to be timed."""

    run: Callable[[], Any]
    layout: str
    software: str  # with its version


def prepare(runtime: str, model: nn.Module, x: Tensor, threads: int) -> Prepared:
    """``model`` (in eval mode) ready to run on ``x`` in ``runtime``; its outputs are checked against eager's.

    Raises:
        ValueError: an unknown runtime, a model that it cannot run, or outputs that differ from eager's.
        ImportError: the runtime is not installed; the message says how to install it.
    """
    check_runtime(runtime)
    with torch.inference_mode():
        try:
            expected = _tensors(model(x))
        except (RuntimeError, ValueError, TypeError, IndexError) as error:
            raise ValueError(
                f"{type(model).__name__} does not run on an input of shape {tuple(x.shape)}: {error}"
            ) from error
    try:
        prepared = RUNTIMES[runtime](model, x, threads)
    except (ImportError, ValueError):
        raise
    except Exception as error:  # whatever an exporter raises
        first_line = str(error).strip().split("\n")[0]
        raise ValueError(
            f"{type(model).__name__} cannot be prepared for the runtime {runtime!r}: "
            f"{type(error).__name__}: {first_line}"
        ) from error
    with torch.inference_mode():
        check_outputs(_tensors(prepared.run()), expected, f"{type(model).__name__} in {runtime}")
    return prepared


def check_runtime(runtime: str) -> None:
    """Raise unless ``runtime`` is known and installed."""
    if runtime not in RUNTIMES:
        raise unknown_name("runtime", runtime, RUNTIMES)
    if runtime == "onnxruntime":
        import_onnxruntime()


def available_runtimes() -> tuple[str, ...]:
    """The runtimes that are installed here: all, or all but onnxruntime."""
    try:
        import_onnxruntime()
    except ImportError:
        return tuple(name for name in RUNTIMES if name != "onnxruntime")
    return tuple(RUNTIMES)


def check_outputs(outputs: list[Tensor], expected: list[Tensor], what: str) -> None:
    """Raise ValueError unless ``outputs`` equal eager's to ``TOLERANCE`` of the largest one."""
    if [t.shape for t in outputs] != [t.shape for t in expected]:
        shapes = [[tuple(t.shape) for t in tensors] for tensors in (outputs, expected)]
        raise ValueError(f"{what}: outputs of shape {shapes[0]}, but eager's have {shapes[1]}")
    for got, want in zip(outputs, expected, strict=True):
        if not bool(want.isfinite().all()):
            raise ValueError(
                f"{what}: the model's own output holds NaN or infinity, so nothing can be checked against it"
            )
        largest = float(want.abs().max()) if want.numel() else 0.0
        off = float((got.cpu().double() - want.cpu().double()).abs().max()) if want.numel() else 0.0
        if not off <= TOLERANCE * largest:
            raise ValueError(
                f"{what}: outputs differ from eager's by {off:.2g}, where the largest is {largest:.2g}; "
                f"allowed: {TOLERANCE:g} of it. A runtime that changes the answer is not timed"
            )


def _tensors(output: Any) -> list[Tensor]:
    if isinstance(output, Tensor):
        return [output]
    if isinstance(output, (tuple, list)) and output:
        return [tensor for part in output for tensor in _tensors(part)]
    raise ValueError(f"the model's forward must return a tensor, or a tuple of tensors, got a {type(output).__name__}")


def _eager(model: nn.Module, x: Tensor, threads: int) -> Prepared:
    return Prepared(lambda: model(x), _layout(model), f"torch {torch.__version__}")


def _channels_last(model: nn.Module, x: Tensor, threads: int) -> Prepared:
    if x.dim() != 4:
        raise ValueError(f"channels_last is a layout of images (N, C, H, W), got an input of shape {tuple(x.shape)}")
    model = deepcopy(model).to(memory_format=torch.channels_last)
    x = x.contiguous(memory_format=torch.channels_last)
    return Prepared(lambda: model(x), "channels_last (NHWC)", f"torch {torch.__version__}")


def _bn_folded(model: nn.Module, x: Tensor, threads: int) -> Prepared:
    model = fold_batch_norm(model, x)
    return Prepared(lambda: model(x), _layout(model), f"torch {torch.__version__}")


def _onnxruntime(model: nn.Module, x: Tensor, threads: int) -> Prepared:
    onnxruntime = import_onnxruntime()
    if x.device.type != "cpu":
        raise ValueError(f"onnxruntime is measured on the CPU and the model is on {x.device}; move it: model.cpu()")
    options = onnxruntime.SessionOptions()
    options.intra_op_num_threads = threads
    options.inter_op_num_threads = 1
    options.log_severity_level = 3  # errors
    # idle threads would spin while another network has its turn
    options.add_session_config_entry("session.intra_op.allow_spinning", "0")
    session = onnxruntime.InferenceSession(export_onnx(model, x), options, providers=["CPUExecutionProvider"])
    feed = {session.get_inputs()[0].name: x.numpy()}
    software = f"onnxruntime {onnxruntime.__version__}"
    return Prepared(_OnnxRun(session, feed), "chosen by onnxruntime", software)


class _OnnxRun:
    """Calls a session; its arrays come back as tensors that share their memory."""

    def __init__(self, session: Any, feed: dict[str, Any]) -> None:
        self.session, self.feed = session, feed

    def __call__(self) -> list[Tensor]:
        return [torch.from_numpy(array) for array in self.session.run(None, self.feed)]


RUNTIMES: dict[str, Callable[[nn.Module, Tensor, int], Prepared]] = {
    "eager": _eager,
    "channels_last": _channels_last,
    "bn_folded": _bn_folded,
    "onnxruntime": _onnxruntime,
}


def fold_batch_norm(model: nn.Module, x: Tensor) -> nn.Module:
    """A copy of ``model`` in eval mode, with each batch norm that directly follows a convolution folded into it.

    Which follows which is seen by running ``x`` through; the arithmetic is ``torch.nn.utils.fusion``'s. A batch norm
    after anything else stays, and so does that of a convolution that runs more than once.

    Raises:
        ValueError: no batch norm directly follows a convolution, or a convolution's output is also used elsewhere, so
            that the outputs would change.
    """
    from torch.nn.utils.fusion import fuse_conv_bn_eval

    model = deepcopy(model).eval()
    names = {module: name for name, module in model.named_modules()}
    calls: list[tuple[nn.Module, Tensor, Tensor]] = []  # holding the tensors, so that no memory is used twice
    hooks = [
        module.register_forward_hook(lambda module, args, output: calls.append((module, args[0], output)))
        for module in names
        if isinstance(module, (nn.Conv1d, nn.Conv2d, nn.Conv3d, nn.modules.batchnorm._BatchNorm))
    ]
    with torch.inference_mode():
        expected = _tensors(model(x))
    for hook in hooks:
        hook.remove()
    runs = [module for module, _, _ in calls]
    made_by = {id(output): module for module, _, output in calls}
    folded = 0
    for norm, source, _ in calls:
        conv = made_by.get(id(source))
        if not isinstance(norm, nn.modules.batchnorm._BatchNorm) or not isinstance(conv, nn.modules.conv._ConvNd):
            continue
        if runs.count(norm) == runs.count(conv) == 1 and norm.running_mean is not None:
            _replace(model, names[conv], fuse_conv_bn_eval(conv, norm))
            _replace(model, names[norm], nn.Identity())
            folded += 1
    if not folded:
        raise ValueError(
            f"{type(model).__name__} has no batch norm that directly follows a convolution: nothing to fold"
        )
    with torch.inference_mode():
        check_outputs(_tensors(model(x)), expected, f"{type(model).__name__} with batch norm folded")
    return model


def _replace(model: nn.Module, name: str, new: nn.Module) -> None:
    parent, _, child = name.rpartition(".")
    setattr(model.get_submodule(parent), child, new)


def export_onnx(model: nn.Module, x: Tensor) -> bytes:
    """``model`` in eval mode as an ONNX file's bytes, by torch's own exporter, for inputs of exactly ``x``'s shape.

    Batch norms are folded where they can be, as a runtime would do on loading: half of the graph need not be exported.
    """
    import_onnxruntime()
    model = deepcopy(model).eval()
    with suppress(ValueError):  # nothing to fold, or not without changing the outputs
        model = fold_batch_norm(model, x)
    with quiet(), no_garbage_collection():
        program = torch.onnx.export(model, (x,), dynamo=True)
    assert program is not None  # with dynamo=True and no file name it returns the program
    return program.model_proto.SerializeToString()


@contextmanager
def quiet() -> Iterator[None]:
    """Nothing printed and no warning: the exporter tells its progress, and packages below it their deprecations."""
    level = logging.root.manager.disable
    logging.disable(logging.WARNING)
    try:
        with warnings.catch_warnings(), redirect_stdout(io.StringIO()), redirect_stderr(io.StringIO()):
            warnings.simplefilter("ignore")
            yield
    finally:
        logging.disable(level)


def import_onnxruntime() -> Any:
    try:
        with quiet():
            import onnx  # noqa: F401
            import onnxruntime
            import onnxscript  # noqa: F401
    except ImportError as error:
        raise ImportError(
            f"the runtime 'onnxruntime' needs onnx, onnxruntime and onnxscript ({error}); "
            "install them: pip install onnx onnxruntime onnxscript"
        ) from error
    return onnxruntime


def _layout(model: nn.Module) -> str:
    """In which order convolutions' weights lie in memory."""
    last = any(
        p.dim() == 4
        and p.is_contiguous(memory_format=torch.channels_last)
        and not p.is_contiguous(memory_format=torch.contiguous_format)
        for p in model.parameters()
    )
    return "channels_last (NHWC)" if last else "contiguous (NCHW)"
