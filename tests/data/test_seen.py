"""What stood in earlier rows is known, however the rows are cut into blocks."""

import numpy as np
from hypothesis import given
from hypothesis import strategies as st

from stadtnetz.data.seen import Seen

BLOCKS = st.lists(st.lists(st.integers(0, 9), max_size=8), max_size=5)


@given(BLOCKS)
def test_the_first_row_of_every_value_is_remembered(blocks):
    seen, values, found = Seen(), [], []
    for block in blocks:
        rows = len(values) + np.arange(len(block))
        found += seen.first(np.array(block, dtype=np.uint64), rows).tolist()
        values += block
    assert found == [values.index(value) for value in values]
