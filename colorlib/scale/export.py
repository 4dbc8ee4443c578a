"""The network as an ONNX file, to run without Python (chapter 13)."""

import copy
import json
import logging
import warnings
from collections.abc import Callable
from pathlib import Path

import torch
from torch import Tensor, nn

from ..inference import TEMPERATURE, Colorizer
from ..io.files import replacing
from ..networks import STRIDE, ColorNet


class _Part(nn.Module):
    """The part of the network that is exported: without the softmax, so that T can be chosen."""

    def __init__(self, network: ColorNet, look: Callable | None):
        super().__init__()
        self.network, self.look = network, look

    def forward(self, lightness: Tensor) -> Tensor | tuple[Tensor, ...]:
        return self.look(self.network, lightness) if self.look else self.network.outputs(lightness)


def export_onnx(colorizer: Colorizer, path: str | Path, more: tuple[str, ...] = (),
                look: Callable[[ColorNet, Tensor], tuple[Tensor, ...]] | None = None) -> None:
    """Write a colorizer's network as one ONNX file, its kernels in float16.

    The graph takes ``lightness``, (1, 1, H, W) in [0, 100], H and W any multiples of 8, and gives
    ``logits``, (1, 313, H / 4, W / 4), both float32. What else is needed to color a photo is in the
    file's metadata, as JSON: ``bins``, the (a, b) of each class; ``size``, the long side in pixels
    of what the network should be shown; ``T``, the temperature of the annealed mean; ``recipe``.

    Parameters
    ----------
    colorizer : the network to write, on any device.
    path : the file; written whole or not at all.
    more : names of outputs beside the logits.
    look : from the network and the lightness to the logits and those outputs, in their order.

    Raises
    ------
    RuntimeError
        If the packages that it takes are missing: ``pip install onnx onnxscript``.
    ValueError
        If the network gives no distribution over the 313 bins, as some rivals of chapter 10.

    Notes
    -----
    The weights that ship are float16 already, so nothing is lost. They are stored so and cast to
    float32 when a session is made: half the bytes, and every runtime can compute in float32.
    """
    if "rebalanced" not in colorizer.network.losses:
        raise ValueError("only a network that gives a distribution over the 313 bins can be "
                         "exported")
    try:
        import onnx
        import onnxscript  # noqa: F401  torch.onnx needs it
    except ImportError as error:
        raise RuntimeError(f"export needs the package {error.name}: "
                           "pip install onnx onnxscript") from error
    network = _Part(copy.deepcopy(colorizer.network).cpu(), look).eval()
    height, width = (torch.export.Dim(name, min=1, max=1024) for name in ("height", "width"))
    # The exporter warns about its own parts and about optional packages.
    logging.getLogger("torch.onnx._internal.exporter._registration").setLevel(logging.ERROR)
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        program = torch.onnx.export(
            network, (torch.zeros(1, 1, 8 * STRIDE, 12 * STRIDE),), verbose=False,
            input_names=["lightness"], output_names=["logits", *more], opset_version=18,
            dynamic_shapes={"lightness": {2: STRIDE * height, 3: STRIDE * width}})
    model = program.model_proto
    _strip_notes(model)
    _halve_kernels(model)
    props = {"bins": colorizer.bins.tolist(), "size": colorizer.size, "T": TEMPERATURE,
             "recipe": colorizer.recipe}
    onnx.helper.set_model_props(model, {key: json.dumps(value) for key, value in props.items()})
    onnx.checker.check_model(model)
    with replacing(path) as beside:
        beside.write_bytes(model.SerializeToString())


def _strip_notes(model) -> None:
    """Remove the exporter's notes on each node: paths of source files on this machine."""
    graph = model.graph
    for part in (graph, *graph.node, *graph.input, *graph.output, *graph.initializer):
        part.ClearField("metadata_props")
        part.ClearField("doc_string")
    del graph.value_info[:]


def _halve_kernels(model) -> None:
    """Store each convolution's kernel in float16, with a node that casts it back."""
    import onnx

    casts = []
    for tensor in model.graph.initializer:
        if len(tensor.dims) == 4:
            kernel, name = onnx.numpy_helper.to_array(tensor), tensor.name
            half = onnx.numpy_helper.from_array(kernel.astype("float16"), f"{name}.half")
            tensor.CopyFrom(half)
            casts.append(onnx.helper.make_node("Cast", [half.name], [name],
                                               to=onnx.TensorProto.FLOAT))
    nodes = [*casts, *model.graph.node]
    del model.graph.node[:]
    model.graph.node.extend(nodes)
