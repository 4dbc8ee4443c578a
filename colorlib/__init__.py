"""Automatic image colorization, rebuilt chapter by chapter. See the module of each chapter."""

from .gamut import AbGamut

__version__ = "0.1.0"
