"""The table of the standard observer, beside the library that it was taken from."""

import numpy as np
import pytest
import torch

from colorlib.color import RGB_TO_XYZ, rgb_to_xyz
from colorlib.notebook.chromaticity import chromaticity, color_matching_functions, xy_colors


def test_table_is_that_of_colour_science():
    colour = pytest.importorskip("colour")
    wavelengths, xyz = color_matching_functions()
    published = colour.MSDS_CMFS["CIE 1931 2 Degree Standard Observer"]
    rows = np.searchsorted(published.wavelengths, wavelengths.numpy())
    assert np.array_equal(published.wavelengths[rows], wavelengths.numpy())
    assert np.array_equal(np.diff(wavelengths), np.full(94, 5))
    assert np.allclose(xyz.numpy(), published.values[rows], rtol=1e-7, atol=0)


def test_equal_energy_is_at_one_third():
    _, xyz = color_matching_functions()
    assert chromaticity(xyz.sum(0)).tolist() == pytest.approx([1 / 3, 1 / 3], abs=2e-4)


def test_primaries_are_those_of_the_standard():
    expected = torch.tensor([[0.64, 0.33], [0.30, 0.60], [0.15, 0.06]]).double()
    assert torch.allclose(chromaticity(RGB_TO_XYZ.T), expected, atol=1e-6)


def test_painted_diagram_has_the_chromaticity_of_its_place():
    picture = xy_colors(size=91)  # steps of 0.01
    color = rgb_to_xyz(picture[:, 90 - 33, 35][:, None, None]).flatten()
    assert chromaticity(color).tolist() == pytest.approx([0.35, 0.33], abs=1e-3)
    assert picture[:, 90 - 33, 35].max() == pytest.approx(1)
    assert (picture[:, 0, 0] == 1).all() and (picture[:, 90 - 5, 70] == 1).all()
