from stadtnetz.data.code_lists import code_lists
from stadtnetz.data.documentation import pages, write
from stadtnetz.data.findings import finding_types
from stadtnetz.data.kinds import kinds


def test_the_committed_pages_are_current(root):
    for name, text in pages().items():
        path = root / "docs" / name
        hint = "run: python -m stadtnetz.data.documentation"
        assert path.read_text(encoding="utf-8") == text, f"{name} is not current; {hint}"


def test_everything_is_documented():
    kinds_page, findings_page = pages()["layer-kinds.md"], pages()["findings.md"]
    for kind in kinds().values():
        assert f"\n## {kind.id}\n" in kinds_page
        assert all(f"| `{column.name}` |" in kinds_page for column in kind.columns)
    assert all(f"\n### {codes.name}\n" in kinds_page for codes in code_lists())
    assert all(f"| `{code}` |" in findings_page for code in finding_types())


def test_pages_are_written(tmp_path):
    write(tmp_path)
    assert sorted(path.name for path in tmp_path.iterdir()) == ["findings.md", "layer-kinds.md"]
