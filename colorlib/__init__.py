"""Automatic image colorization, rebuilt chapter by chapter.

The way a photo goes, a module a chapter: `color` (01), `gamut` (02), `rebalancing` (03), `networks`
and `losses` (04), `training` and `data` (05), `inference` (06 and 00), `metrics` (07). A module
imports only what stands before it. Beside them
stands `classic` (09), what was done before CNNs.
"""

import os

# What a Mac's GPU can't do yet is done by its CPU; torch reads this when it is imported.
os.environ.setdefault("PYTORCH_ENABLE_MPS_FALLBACK", "1")

from .gamut import AbGamut
from .inference import Colorizer, annealed_mean

__all__ = ["AbGamut", "Colorizer", "annealed_mean"]
__version__ = "1.0.0"
