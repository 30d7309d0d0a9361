"""``docs/deliveries.md`` names every route and setting that there is."""

import re

from delivering import app_of, make_town

from stadtnetz.data.states import TRANSITIONS, State
from stadtnetz.services.settings import Settings
from stadtnetz.services.words import Words

PREFIXES = ("/v1/deliveries", "/v1/jobs", "/v1/uploads", "/v1/kinds", "/v1/mappings")


def test_every_route_state_field_and_limit_is_documented(root, tmp_path):
    text = (root / "docs" / "deliveries.md").read_text(encoding="utf-8")
    app = app_of(make_town(tmp_path / "town"))
    routes = {
        f"{method.upper()} {path}"
        for path, methods in app.openapi()["paths"].items()
        if path.startswith(PREFIXES)
        for method in methods
    }
    assert len(routes) > 20
    assert set(re.findall(r"^\| `([A-Z]+ /v1/[^`]+)`", text, re.MULTILINE)) == routes
    for state in State:
        assert f"`{state}`" in text
    for before, after in TRANSITIONS.items():
        if before is not None and after:
            row = next(line for line in text.splitlines() if line.startswith(f"| `{before}`"))
            assert set(re.findall(r"`(\w+)`", row.rsplit("|", 2)[1])) == set(after)
    for field in set(Words.model_fields) - {"upload"}:
        assert f"| `{field}` |" in text
    for name in Settings.model_fields:
        if name.startswith(("max_", "upload_", "retention_")):
            assert f"STADTNETZ_{name.upper()}" in text
    app.state.desk.assembly.store.close()
