"""Digests are equal where the texts are."""

import numpy as np
import pandas as pd
from hypothesis import given
from hypothesis import strategies as st

from stadtnetz.geo.address_text import address_digests, address_key
from stadtnetz.geo.digests import DigestIndex, digests, joined, of_distinct

TEXTS = st.lists(st.text(max_size=3), max_size=12)
PARTS = st.lists(
    st.tuples(
        st.sampled_from(["Hauptstr.", "Hauptstraße", "HAUPTSTRASSE", "Am Hof", "-", None]),
        st.sampled_from(["1", "01", "1a", "1 A", "12-16", "x", None]),
        st.sampled_from(["a", "A.", None]),
    ),
    max_size=12,
)


@given(TEXTS)
def test_texts_that_repeat_have_the_digests_of_all_others(texts):
    series = pd.Series(texts, dtype="str")
    numbers, uniques = pd.factorize(series)
    assert of_distinct(numbers, uniques).tolist() == digests(series).tolist()


def test_they_are_the_same_in_every_run():
    assert digests(pd.Series(["Straße 1"])).tolist() == [3911079136637845325]
    assert of_distinct(np.array([0, -1]), ["a"])[1] == 0


def test_the_order_of_the_parts_counts():
    one, other = digests(pd.Series(["a", "b"]))
    assert joined(np.array([one]), np.array([other])) != joined(np.array([other]), np.array([one]))


@given(PARTS)
def test_addresses_have_one_digest_where_they_have_one_key(rows):
    street, number, suffix = (pd.Series([r[i] for r in rows], dtype="str") for i in range(3))
    nothing = pd.Series([None] * len(rows), dtype="str")
    keys = address_key(street, number, suffix, nothing)
    found, known = address_digests(street, number, suffix)
    assert known.tolist() == keys.notna().tolist()
    for i in range(len(rows)):
        for j in range(i):
            if known[i] and known[j]:
                assert (found[i] == found[j]) == (keys[i] == keys[j])


@given(TEXTS, TEXTS)
def test_an_index_finds_every_place(there, wanted):
    known = pd.Series(there, dtype="str")
    index = DigestIndex.of(digests(known), np.arange(len(there)))
    asked = digests(pd.Series(wanted, dtype="str"))
    pairs = list(zip(*(array.tolist() for array in index.pairs(asked)), strict=True))
    assert pairs == [(i, j) for i, w in enumerate(wanted) for j, t in enumerate(there) if w == t]
    first = [there.index(text) if text in there else -1 for text in wanted]
    assert index.first(asked).tolist() == first
