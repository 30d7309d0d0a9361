"""Rows that wait on disk are the rows that were added."""

import numpy as np
import pandas as pd
import pyarrow as pa
import pytest
from hypothesis import given
from hypothesis import strategies as st

from stadtnetz.data import spilled_rows
from stadtnetz.data.spilled_rows import SpilledRows
from stadtnetz.data.tables import Table

CELLS = st.lists(st.tuples(st.none() | st.text(max_size=3), st.text(max_size=2)), max_size=9)


def spilled(blocks, names=("b", "a")):
    rows = SpilledRows(names)
    with rows:
        for block in blocks:
            columns = zip(*block, strict=True) if block else [[]] * len(names)
            rows.add([pa.array(cells, pa.large_string()) for cells in columns])
    return rows


@given(st.lists(CELLS, max_size=4), st.integers(1, 10), st.integers(1, 4), st.integers(0, 30))
def test_they_come_back_in_pieces_of_any_size(blocks, count, written, kept):
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(spilled_rows, "PIECE_COUNT", written)
        rows = spilled(blocks)
    rows.cut(kept)
    expected = [row for block in blocks for row in block][:kept]
    assert len(rows) == len(expected)
    pieces = list(rows.pieces(count))
    assert [len(piece) for piece in pieces[:-1]] == [count] * len(pieces[:-1])
    frame = pd.concat([pd.DataFrame({"b": [], "a": []}, dtype="str"), *pieces])
    assert frame.dtypes.eq(pd.StringDtype(na_value=np.nan)).all()
    found = [(None if pd.isna(b) else b, a) for b, a in frame.itertuples(index=False)]
    assert found == expected
    (only,) = [[*piece["a"]] for piece in rows.pieces(100, ["a"])] or [[]]
    assert only == [a for _, a in expected]


def test_a_column_can_be_left_out():
    rows = spilled([[("x", "1"), (None, "2")]])
    rest = rows.without("b")
    assert list(rest.names) == ["a"]
    (piece,) = rest.pieces(10)
    assert piece.to_dict("list") == {"a": ["1", "2"]}
    assert not rows.has_numbers("a")


def test_the_file_is_gone_with_the_rows():
    rows = spilled([[("x", "1")]])
    path = rows._path
    rest = rows.without("a")
    del rows
    assert path.is_file()
    del rest
    assert not path.exists()
    assert not path.parent.exists()


def test_a_table_of_them_is_a_frame_where_one_is_wanted():
    table = Table(spilled([[("x", "1")], [(None, "2")]]), None, "CSV", is_text=True)
    assert table.frame.fillna("-").to_dict("list") == {"b": ["x", "-"], "a": ["1", "2"]}
    assert [block.first for block in table.blocks(1)] == [0, 1]
