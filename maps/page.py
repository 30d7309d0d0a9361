"""Pages: templates, the folium map with local assets only, and what a server must send with them.

A page is a branca figure with our own template. It has a language, a title and a navigation; its
data lies in a JSON block, its scripts and styles in files beside it, so that a strict content
security policy holds and the same input gives the same bytes. Elements of folium that are added to
the map still work: their inline scripts get the nonce.
"""

from __future__ import annotations

import json
from base64 import b64encode
from collections.abc import Iterator
from hashlib import sha256
from pathlib import Path
from typing import TYPE_CHECKING, Any
from urllib.parse import urlsplit

import folium
from branca.element import Element, Figure, MacroElement
from folium.template import Template
from jinja2 import Environment, FileSystemLoader, StrictUndefined
from markupsafe import Markup

from . import assets
from .words import BASES_SHORT, BESIDE, INDICATORS, STANDINGS, THEMES, short_name

if TYPE_CHECKING:
    from .document import Evaluation, IndicatorFigures
    from .setting import Setting

PRODUCT = "Stadtnetz"
TEMPLATES = Environment(
    loader=FileSystemLoader(Path(__file__).parent / "templates"),
    autoescape=True,
    undefined=StrictUndefined,
    trim_blocks=True,
    lstrip_blocks=True,
)
TEMPLATES.globals["standings"] = STANDINGS


class Drawing(MacroElement):
    """Something that the map shows, as data for ``map.js``; see `stadtnetz.maps.drawings`."""

    def __init__(self) -> None:
        super().__init__()
        self._name = "drawing"

    def record(self) -> dict[str, Any]:
        """Return the drawing as plain values."""
        raise NotImplementedError

    def render(self, **_kwargs: Any) -> str:
        """Render nothing: the map writes all drawings into its own data block."""
        return ""


class CityMap(folium.Map):
    """A folium map that is set up by ``map.js`` from a block of data.

    Parameters
    ----------
    title : str
        What a screen reader calls the map.
    bounds : list
        ``[[south, west], [north, east]]`` in degrees.
    setting : Setting
    """

    _template = Template(
        """
        {% macro html(this, kwargs) -%}
        <div class="map" id="{{ this.get_name() }}" role="region" tabindex="0"
             aria-label="{{ this.title|e }}" data-source="{{ this.get_name() }}_data"></div>
        <script type="application/json" id="{{ this.get_name() }}_data">{{ this.data() }}</script>
        {%- endmacro %}
        """
    )

    def __init__(self, title: str, bounds: list[list[float]], setting: Setting) -> None:
        super().__init__(tiles=None)
        self.default_js: list[tuple[str, str]] = []
        self.default_css: list[tuple[str, str]] = []
        self.title = title
        self.bounds = bounds
        self.setting = setting

    def data(self) -> str:
        """Return everything that ``map.js`` needs, as JSON that is safe inside HTML."""
        language = self.setting.language
        basemap = self.setting.basemap
        record = {
            "bounds": self.bounds,
            "language": language.code,
            "basemap": basemap
            and {"url": basemap.url, "attribution": basemap.attribution, "zoom": basemap.max_zoom},
            "text": {
                "zoom_in": language("Zoom in"),
                "zoom_out": language("Zoom out"),
                "whole_city": language("Whole city"),
                "show": language("Show on the map"),
            },
            "drawings": [
                child.record() for child in self._children.values() if isinstance(child, Drawing)
            ],
        }
        return safe_json(record)

    def render(self, **kwargs: Any) -> Any:
        """Render without the styles and switches that folium puts into every page."""
        return MacroElement.render(self, **kwargs)


class PageFigure(Figure):
    """A figure that is rendered with one of our templates.

    Parameters
    ----------
    template : str
        File name below ``templates/``.
    context : dict
        Values for the template.
    """

    def __init__(self, template: str, context: dict[str, Any]) -> None:
        super().__init__()
        self.header = Element()
        self.header._parent = self  # noqa: SLF001  (branca has no other way to empty it)
        self.template = template
        self.context = context

    def render(self, **kwargs: Any) -> str:
        """Return the page; elements are numbered first, so that every rendering is the same."""
        for number, element in enumerate(_descendants(self)):
            element._id = str(number)  # noqa: SLF001  (branca draws it at random)
        for child in self._children.values():
            child.render(**kwargs)
        parts = {"header": self.header, "body": self.html, "script": self.script}
        rendered = {
            name: Markup(part.render(**kwargs).strip())  # noqa: S704  (elements escape themselves)
            for name, part in parts.items()
        }
        return TEMPLATES.get_template(self.template).render(**rendered, **self.context)


def _descendants(element: Element) -> Iterator[Element]:
    for child in element._children.values():  # noqa: SLF001  (branca offers no iterator)
        yield child
        yield from _descendants(child)


def safe_json(value: object) -> str:
    """Write JSON that cannot end the script element around it."""
    text = json.dumps(value, ensure_ascii=False, separators=(",", ":"), allow_nan=False)
    for sign in "<>&":
        text = text.replace(sign, f"\\u{ord(sign):04x}")
    return text


def frame(setting: Setting, title: str, page: str = "") -> dict[str, Any]:
    """Return what the frame of a page needs that shows no figures."""
    return {
        "_": setting.language,
        "language": setting.language,
        "setting": setting,
        "links": setting.links,
        "product": PRODUCT,
        "title": title,
        "page": page,
        "first_map": next(iter(INDICATORS)),
    }


def context(setting: Setting, evaluation: Evaluation, title: str, page: str) -> dict[str, Any]:
    """Return what every template needs; `page` is the id under which the navigation knows it."""
    language = setting.language
    indicators = [
        (indicator.id, short_name(indicator, language)) for indicator in in_order(evaluation)
    ]
    bases = next((maps for maps in BESIDE if page in maps.values()), {})
    values = frame(setting, title, page) | {
        "evaluation": evaluation,
        "indicator_links": indicators,
        "theme_links": [(theme, language(name)) for theme, name in THEMES.items()],
        "theme": bases.get("declared", page),
        "beside_links": [(map_id, language(BASES_SHORT[basis])) for basis, map_id in bases.items()],
    }
    return values | {"first_map": indicators[0][0] if indicators else next(iter(THEMES))}


def in_order(evaluation: Evaluation) -> list[IndicatorFigures]:
    """Return the indicators as people think of them: in the order of the goals, then the others."""
    wanted = list(dict.fromkeys(goal.indicator for goal in evaluation.goals))
    last = len(wanted)
    return sorted(
        evaluation.indicators,
        key=lambda found: wanted.index(found.id) if found.id in wanted else last,
    )


def map_ids(evaluation: Evaluation) -> tuple[str, ...]:
    """Return the ids of all map pages: one per indicator, the themes, those on other bases."""
    beside = (map_id for maps in BESIDE for map_id in maps.values() if map_id not in THEMES)
    return (*(indicator.id for indicator in in_order(evaluation)), *THEMES, *beside)


def render_page(template: str, values: dict[str, Any], city_map: CityMap | None = None) -> str:
    """Return a page, with a map in it where there is one."""
    figure = PageFigure(template, values)
    if city_map is not None:
        figure.add_child(city_map, name="city_map")
    return tidy(figure.render())


def tidy(text: str) -> str:
    """Leave out empty lines and spaces at the end of lines."""
    return "\n".join(line.rstrip() for line in text.splitlines() if line.strip()) + "\n"


def report_styles() -> str:
    """Return the style sheets that the report carries in itself, exactly as they stand there."""
    sheets = (assets.find(name).content.decode() for name in ("stadtnetz.css", "report.css"))
    return tidy("\n".join(sheets))


def security_policy(setting: Setting, *, forms: bool = False) -> str:
    """Return the ``Content-Security-Policy`` under which every page of ours works.

    Only a page that has `forms` may send them. Pages of a server may ask this server, and no other.

    The report's inline style sheet is let in by its hash, so that pages need no nonce and the same
    figures give the same bytes; a nonce is for elements that others add to a map.
    """
    digest = b64encode(sha256(report_styles().encode()).digest()).decode()
    nonce = f" 'nonce-{setting.nonce}'" if setting.nonce else ""
    receiver = "'self'" if forms else "'none'"
    tiles = ""
    if setting.basemap is not None:
        parts = urlsplit(setting.basemap.url.replace("{s}", "*"))
        tiles = f" {parts.scheme}://{parts.netloc}" if parts.netloc else ""
    return "; ".join(
        (
            "default-src 'none'",
            f"script-src 'self'{nonce}",
            f"style-src 'self' 'sha256-{digest}'{nonce}",
            f"img-src 'self' data:{tiles}",
            "base-uri 'none'",
            f"form-action {receiver}",
            *(("connect-src 'self'",) if forms or setting.links.predicted else ()),
            "frame-ancestors 'self'",
        )
    )
