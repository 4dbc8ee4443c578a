"""Networks by name (chapter 10)."""

from collections.abc import Callable

from .cheng import Cheng
from .hints import Hinted
from .iizuka import iizuka
from .larsson import Larsson
from .networks import ColorNet, zhang
from .rivals import Autoencoder, Dahl, Transfer

# From a width, which multiplies the channels of the published network, to a network.
NETWORKS: dict[str, Callable[[float], ColorNet]] = {
    "zhang": zhang,
    "autoencoder": Autoencoder,
    "transfer": Transfer,
    "dahl": Dahl,
    "larsson": Larsson,
    "iizuka": iizuka,
    "cheng": Cheng,
    "hinted": Hinted,
}


def build(name: str, width: float = 1.0) -> ColorNet:
    """A network with weights drawn at random.

    Parameters
    ----------
    name : one of `NETWORKS`.
    width : 1 is the network as it was published.
    """
    if name not in NETWORKS:
        raise ValueError(f"no network named {name!r}; there are {', '.join(NETWORKS)}")
    return NETWORKS[name](width)
