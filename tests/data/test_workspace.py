import tomllib

import pytest
from hypothesis import given
from hypothesis import strategies as st
from sqlalchemy import URL, make_url

from stadtnetz.data.workspace import DATABASE_VARIABLE, SETTINGS, Workspace, WorkspaceError

STORE = 'format = 1\n[city]\nname = "K"\n[store]\n{}\n'


def written(folder, text):
    folder.mkdir(exist_ok=True)
    (folder / SETTINGS).write_text(text, encoding="utf-8")
    return folder


def test_what_was_created_can_be_opened(tmp_path):
    created = Workspace.create(tmp_path / "new" / "köln", "Köln", ags="05315000")
    assert Workspace.open(tmp_path / "new" / "köln") == created
    assert created.city == "Köln"
    assert created.ags == "05315000"
    assert created.crs == "EPSG:25832"
    assert created.language == "de"
    assert created.basemap is None
    assert created.parameters == {}


def test_a_workspace_without_ags_in_another_zone(tmp_path):
    Workspace.create(tmp_path, "Berlin", crs="EPSG:25833")
    opened = Workspace.open(str(tmp_path))
    assert opened.ags is None
    assert opened.crs == "EPSG:25833"


@given(name=st.text(st.characters(exclude_categories=["Cs"]), min_size=1).filter(str.strip))
def test_any_name_survives(tmp_path_factory, name):
    folder = tmp_path_factory.mktemp("city")
    Workspace.create(folder, name)
    assert Workspace.open(folder).city == name.strip()


def test_places_of_the_store(tmp_path):
    workspace = Workspace.create(tmp_path, "Köln")
    assert workspace.database == URL.create("sqlite", database=str(tmp_path / "store.sqlite"))
    assert workspace.objects == tmp_path / "objects"


def test_another_place_for_the_store(tmp_path):
    url = "postgresql://me:sesam@db.example.org:5433/city?sslmode=require"
    written(
        tmp_path,
        f'format = 1\n[city]\nname = "K"\n[store]\ndatabase = "{url}"\nobjects = "../files"\n',
    )
    workspace = Workspace.open(tmp_path)
    assert workspace.database == make_url(url.replace("postgresql:", "postgresql+psycopg:"))
    assert workspace.objects == tmp_path / ".." / "files"
    assert "sesam" not in repr(workspace)


@pytest.mark.parametrize("name", ["other.sqlite", "{folder}/other.sqlite"])
def test_a_file_of_the_store_lies_in_the_workspace(tmp_path, name):
    url = "sqlite:///" + name.format(folder=tmp_path)
    written(tmp_path, f'format = 1\n[city]\nname = "K"\n[store]\ndatabase = "{url}"\n')
    assert Workspace.open(tmp_path).database.database == str(tmp_path / "other.sqlite")
    assert Workspace.open(tmp_path).objects == tmp_path / "objects"


def test_the_environment_wins_over_the_settings(tmp_path, monkeypatch):
    Workspace.create(tmp_path, "Köln")
    monkeypatch.setenv(DATABASE_VARIABLE, "postgresql+psycopg://db.example.org/city")
    assert Workspace.open(tmp_path).database.host == "db.example.org"
    monkeypatch.setenv(DATABASE_VARIABLE, "")
    assert Workspace.open(tmp_path).database.get_backend_name() == "sqlite"
    monkeypatch.setenv(DATABASE_VARIABLE, "me:sesam@db.example.org")
    with pytest.raises(WorkspaceError, match=f"{DATABASE_VARIABLE}: .*no database URL") as caught:
        Workspace.open(tmp_path)
    assert "sesam" not in str(caught.value)


def test_own_goals_only_where_there_are_some(tmp_path):
    workspace = Workspace.create(tmp_path, "Köln")
    assert workspace.goals is None
    (tmp_path / "goals.toml").write_text("")
    assert workspace.goals == tmp_path / "goals.toml"


def test_settings_are_read(tmp_path):
    written(
        tmp_path,
        'format = 1\n[city]\nname = "Köln"\n[display]\nlanguage = "en"\n'
        'basemap = "https://tiles.example.org/{z}/{x}/{y}.png"\n'
        "[parameters]\nbusiness_area_minimum_share = 0.5\n",
    )
    workspace = Workspace.open(tmp_path)
    assert workspace.language == "en"
    assert workspace.basemap == "https://tiles.example.org/{z}/{x}/{y}.png"
    assert workspace.parameters == {"business_area_minimum_share": 0.5}


def test_the_template_shows_what_can_be_set(tmp_path):
    Workspace.create(tmp_path, "Köln")
    text = (tmp_path / SETTINGS).read_text(encoding="utf-8")
    shown = "\n".join(
        line[2:] if line.startswith("# ") and "=" in line else line for line in text.splitlines()
    )
    written(tmp_path, shown)
    workspace = Workspace.open(tmp_path)
    assert workspace.ags
    assert workspace.basemap
    assert "business_area_minimum_share" in workspace.parameters


def test_no_workspace_names_the_command(tmp_path):
    with pytest.raises(WorkspaceError, match=r"stadtnetz init -w .*nowhere --city"):
        Workspace.open(tmp_path / "nowhere")


def test_a_file_instead_of_a_folder(tmp_path):
    (tmp_path / "file").write_text("")
    with pytest.raises(WorkspaceError, match="stadtnetz init"):
        Workspace.open(tmp_path / "file")


def test_an_existing_workspace_is_kept(tmp_path):
    Workspace.create(tmp_path, "Köln")
    with pytest.raises(WorkspaceError, match="already"):
        Workspace.create(tmp_path, "Bonn")
    assert Workspace.open(tmp_path).city == "Köln"


def test_a_refused_creation_leaves_nothing(tmp_path):
    with pytest.raises(WorkspaceError):
        Workspace.create(tmp_path / "new", "Köln", ags="123")
    assert not (tmp_path / "new").exists()


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ('format = 2\n[city]\nname = "K"\n', r"newer Stadtnetz \(format 2, this one knows 1\)"),
        ('[city]\nname = "K"\n', "no format version"),
        ('format = "1"\n[city]\nname = "K"\n', "no format version"),
        ('format = 1\n[city\nname = "K"\n', r"not valid TOML.*line 2"),
        ("format = 1\n[city]\n", "the city has no name"),
        ("format = 1\n[city]\nname = 7\n", "the city has no name"),
        ('format = 1\ncity = "K"\n', r"'city' must be a table"),
        ('format = 1\n[city]\nnam = "K"\n', "is 'name' meant"),
        ('format = 1\n[city]\nname = "K"\n[colours]\n', "no setting 'colours'; known are"),
        ('format = 1\n[city]\nname = "K"\nags = "5315000"\n', "8 digits, not '5315000'"),
        ('format = 1\n[city]\nname = "K"\nags = 5315000\n', "8 digits, not 5315000"),
        ('format = 1\n[city]\nname = "K"\ncrs = "EPSG:4326"\n', "projected, in metres"),
        ('format = 1\n[city]\nname = "K"\ncrs = "EPSG:2263"\n', "projected, in metres"),
        ('format = 1\n[city]\nname = "K"\ncrs = "nonsense"\n', "'nonsense' is no CRS"),
        ('format = 1\n[city]\nname = "K"\ncrs = 25832\n', "must be text like 'EPSG:25832'"),
        ('format = 1\n[city]\nname = "K"\n[display]\nlanguage = "fr"\n', "'de' or 'en'"),
        ('format = 1\n[city]\nname = "K"\n[display]\nbasemap = 1\n', "URL of tiles"),
        ('format = 1\nparameters = 1\n[city]\nname = "K"\n', "'parameters' must be a table"),
        ('format = 1\nstore = 1\n[city]\nname = "K"\n', "'store' must be a table"),
        (STORE.format('database = "mysql://u:p@h/n"'), r"\[store\] database: .*not in 'mysql'"),
        (STORE.format('database = "oracle"'), "no database URL, such as sqlite:///FILE"),
        (STORE.format('database = "postgresql+asyncpg://h/n"'), r"not in 'postgresql\+asyncpg'"),
        (STORE.format('database = "postgresql://h"'), "names no database"),
        (STORE.format('database = "postgresql://h:port/n"'), "no database URL"),
        (STORE.format('database = "sqlite://"'), "names no database"),
        (STORE.format('database = "sqlite:///:memory:"'), "names no database"),
        (STORE.format("database = 1"), "no database URL"),
        (STORE.format("objects = 1"), "must be the path of a folder"),
        (STORE.format('objects = " "'), "must be the path of a folder"),
        (STORE.format('databse = "x"'), "is 'database' meant"),
        ('format = 1\n[city]\nname = "K"\n[parameters]\na = [1]\n', "parameter 'a' must be"),
    ],
)
def test_what_is_wrong_is_said(tmp_path, text, message):
    written(tmp_path, text)
    with pytest.raises(WorkspaceError, match=message) as caught:
        Workspace.open(tmp_path)
    assert SETTINGS in str(caught.value)


def test_an_encoding_other_than_utf8(tmp_path):
    (tmp_path / SETTINGS).write_bytes('format = 1\n[city]\nname = "Köln"\n'.encode("latin-1"))
    with pytest.raises(WorkspaceError, match="UTF-8"):
        Workspace.open(tmp_path)


def test_a_byte_order_mark_is_no_fault(tmp_path):
    (tmp_path / SETTINGS).write_bytes('format = 1\n[city]\nname = "K"\n'.encode("utf-8-sig"))
    assert Workspace.open(tmp_path).city == "K"


def test_the_written_file_is_toml_with_the_format_first(tmp_path):
    Workspace.create(tmp_path, 'A "quoted" \\ name')
    content = tomllib.loads((tmp_path / SETTINGS).read_text(encoding="utf-8"))
    assert next(iter(content.items())) == ("format", 1)
    assert [path.name for path in tmp_path.iterdir()] == [SETTINGS]


def test_settings_of_elevation_models(tmp_path):
    head = 'format = 1\n[city]\nname = "Köln"\n[elevation]\n'
    opened = Workspace.open(written(tmp_path, head + "margin_km = 2.5\npixel_m = 5\n"))
    assert (opened.margin_km, opened.pixel_m) == (2.5, 5)
    for wrong in ("margin_km = -1", "margin_km = true", 'pixel_m = "5"', "pixel_m = 500"):
        with pytest.raises(WorkspaceError, match=r"\[elevation\] must be a number from"):
            Workspace.open(written(tmp_path, head + wrong))
