"""docs/access.md names every role, scope, setting and refusal."""

from pathlib import Path

from stadtnetz.services.access.policy import SCOPES
from stadtnetz.services.access.settings import AccessSettings, OidcSettings
from stadtnetz.services.access.visitor import Role


def test_documentation_names_everything(root: Path) -> None:
    text = (root / "docs" / "access.md").read_text(encoding="utf-8")
    wanted = {role.value for role in Role} | set(SCOPES)
    for settings in (AccessSettings, OidcSettings):
        prefix = str(settings.model_config["env_prefix"])
        wanted |= {prefix + name.upper() for name in settings.model_fields}
    assert sorted(name for name in wanted if f"`{name}`" not in text) == []
    assert settings_defaults() <= set(text.replace("|", "`").split("`"))


def settings_defaults() -> set[str]:
    """Defaults that the documentation states."""
    found = AccessSettings.model_fields
    return {
        str(found[name].default)
        for name in ("session_idle_min", "session_max_h", "sign_in_limit_per_name")
    }
