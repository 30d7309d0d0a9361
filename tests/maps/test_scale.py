"""Classes and colours."""

import math
from itertools import pairwise

import pytest
from hypothesis import given
from hypothesis import strategies as st

from stadtnetz.maps.language import Language
from stadtnetz.maps.scale import COLOURS, HIGH, LOW, NO_DATA, WIDE, scale_for

SCALES = [WIDE, HIGH, LOW]


def lightness(colour: str) -> float:
    """CIE L* of a colour, which a colour-blind reader and a grey print keep."""
    parts = [int(colour[i : i + 2], 16) / 255 for i in (1, 3, 5)]
    linear = [p / 12.92 if p <= 0.04045 else ((p + 0.055) / 1.055) ** 2.4 for p in parts]
    luminance = 0.2126 * linear[0] + 0.7152 * linear[1] + 0.0722 * linear[2]
    return 116 * luminance ** (1 / 3) - 16


def test_classes_differ_in_lightness_in_one_order():
    steps = [lightness(first) - lightness(then) for first, then in pairwise(COLOURS)]
    assert min(steps) > 5


@pytest.mark.parametrize("scale", SCALES)
def test_every_class_has_a_colour_and_a_label(scale):
    labels = scale.labels(Language("de"))
    assert len(labels) == len(set(labels)) == len(scale.colours) == len(scale.bounds)


@pytest.mark.parametrize("scale", SCALES)
@given(share=st.floats(0, 1))
def test_a_share_lies_in_its_class(scale, share):
    index = scale.index(share)
    assert scale.bounds[index] <= share + 1e-9
    if index + 1 < len(scale.bounds):
        assert share < scale.bounds[index + 1]


def test_no_data_is_not_zero():
    assert WIDE.colour(None) == WIDE.colour(math.nan) == NO_DATA
    assert WIDE.colour(0.0) == COLOURS[0]
    assert NO_DATA not in COLOURS


def test_only_the_whole_is_100_percent():
    assert WIDE.labels(Language("de"))[-1] == "100\u00a0%"
    assert WIDE.index(0.9999) == 4
    assert WIDE.index(1.0) == WIDE.index(1 - 1e-12) == 5


def test_choice():
    assert scale_for([0.2, 0.9, None]) is WIDE
    assert scale_for([0.5, 0.99]) is HIGH
    assert scale_for([0.01, 0.19]) is LOW
    assert scale_for([None]) is scale_for([]) is WIDE
