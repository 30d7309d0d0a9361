"""Invented names: nothing here exists, though it sounds as if it might."""

from __future__ import annotations

from typing import Any

import numpy as np
import numpy.typing as npt

from .waves import generator

Array = npt.NDArray[Any]

CITY = "Auenfurt"
AGS = "00999000"
RIVER = "Sirne"
HARBOUR = "Sirnehafen"

CENTRE_BEZIRK = "Mitte"
RIGHT_BEZIRKE = ("Norderau", "Waldfeld", "Osthang", "Südring", "Hafenbogen", "Sirnwiesen")
"""Stadtbezirke on the right bank, clockwise from the north, ..."""
LEFT_BEZIRKE = ("Linkssirnisch Nord", "Linkssirnisch Mitte", "Linkssirnisch Süd")
"""... and on the left, from the north."""
STATION_STADTTEIL = "Bahnhofsviertel"
INNER = (
    "Altstadt", "Kornmarkt", "Wallgraben", "Münsterviertel", "Neustadt", "Gerberinsel",
    "Karlsvorstadt", "Fähranger", "Lohmühlenviertel", "Schlossgarten", "Brückentor",
)  # fmt: skip
OUTER = (
    "Ellerrath", "Birkenbeck", "Hasselhoven", "Oberlohn", "Unterlohn", "Mersenbruch",
    "Kaltenfurt", "Grafenrath", "Volmersau", "Rodenbeck", "Steinbüchen", "Tannenrath",
    "Wickenrode", "Heidbeck", "Sirnheim", "Sirnwerth", "Angerhoven", "Dornrath", "Eichenbroich",
    "Fuhlenau", "Gänsewerth", "Hirschrode", "Itzenbeck", "Jägersruh", "Kreuzhoven",
    "Lindenrath", "Mühlenbroich", "Niederau", "Ossenbeck", "Pappelwerth", "Quellrode",
    "Rabenhorst", "Seebroich", "Torfhoven", "Ulmenrath", "Vogelsbeck", "Wiesenrode", "Zollfähr",
    "Althoven", "Brückrath", "Distelau", "Erlenwerth",
)  # fmt: skip
PLANTS = (
    "Linden", "Birken", "Eichen", "Buchen", "Ahorn", "Erlen", "Eschen", "Ulmen", "Pappel",
    "Weiden", "Tannen", "Fichten", "Kiefern", "Lärchen", "Kastanien", "Nussbaum", "Kirsch",
    "Apfel", "Birnen", "Quitten", "Schlehen", "Holunder", "Hasel", "Ginster", "Flieder",
    "Rosen", "Nelken", "Veilchen", "Tulpen", "Dahlien", "Astern", "Lilien", "Primel", "Malven",
    "Mohn", "Lavendel", "Farn", "Efeu", "Klee", "Distel", "Amsel", "Drossel", "Finken",
    "Meisen", "Lerchen", "Star", "Falken", "Habicht", "Reiher", "Kranich", "Schwalben",
    "Zeisig", "Hasen", "Fuchs", "Dachs", "Biber", "Otter", "Hirsch", "Reh", "Igel",
)  # fmt: skip
PLACES = (
    "Mühlen", "Brunnen", "Kirch", "Markt", "Schul", "Garten", "Feld", "Wiesen", "Berg", "Tal",
    "Ufer", "Brücken", "Wald", "Heide", "Sand", "Lehm", "Stein", "Quellen", "Teich", "Acker",
    "Korn", "Hopfen", "Flachs", "Weber", "Färber", "Gerber", "Schmiede", "Töpfer", "Böttcher",
    "Seiler", "Wagner", "Müller", "Bäcker", "Fischer", "Schiffer", "Zimmer", "Maurer", "Glaser",
)  # fmt: skip
FIELDS = (
    "kamp", "feld", "busch", "bruch", "grund", "hang", "born", "hof", "rain", "heide", "horst",
    "steg", "wald", "acker", "winkel", "anger",
)  # fmt: skip
FIRST = (
    "Anna", "Berta", "Clara", "Dora", "Elsa", "Frieda", "Grete", "Hedwig", "Ida", "Johanna",
    "Käthe", "Lina", "Martha", "Nora", "Ottilie", "Paula", "Rosa", "Sophie", "Thea", "Wilma",
    "Albert", "Bruno", "Carl", "David", "Emil", "Franz", "Georg", "Hugo", "Jakob", "Konrad",
    "Ludwig", "Moritz", "Oskar", "Peter", "Richard", "Simon", "Theo", "Viktor", "Walter",
    "Xaver",
)  # fmt: skip
LAST = (
    "Abendrath", "Brandner", "Clausen", "Dornbach", "Ebersfeld", "Falkner", "Grothe",
    "Hallbach", "Immenhof", "Jansing", "Kaltenborn", "Lohmeyer", "Mertensen", "Nordhoff",
    "Overrath", "Prangel", "Quast", "Rosenkamp", "Silbermann", "Torwald", "Uhlbach", "Vossen",
    "Wellner", "Zandler", "Ahlers", "Bronner", "Cramer", "Dreesen", "Eickel", "Frombach",
    "Gellert", "Hornung", "Isling", "Jung", "Kornfeld", "Leithold", "Maibaum", "Nettler",
    "Ohlsen", "Pohlig", "Reimers", "Sander", "Tillmann", "Ummen", "Viersen", "Wegener",
    "Zilling", "Bachem",
)  # fmt: skip


def street_names(seed: int, count: int) -> Array:
    """Return different street names, the short ones first used.

    Raises
    ------
    ValueError
        If more names are asked for than can be made up.
    """
    rng = generator(seed, "street names")
    plain = [stem + end for stem in PLANTS for end in ("weg", "straße", "hof")]
    plain += [stem + end for stem in PLACES for end in ("straße", "weg", "gasse", "pfad")]
    plain += [f"Am {stem}{end}" for stem in PLANTS[:44] for end in ("hang", "busch", "winkel")]
    plain += [f"{stem}{end}" for stem in PLANTS for end in FIELDS]
    plain += [name + "straße" for name in LAST] + [f"Im {stem}grund" for stem in PLANTS]
    people = [
        f"{first}-{last}-{end}"
        for first in FIRST
        for last in LAST
        for end in ("Straße", "Weg", "Ring")
    ]
    plain = list(dict.fromkeys(plain))
    rng.shuffle(plain)
    rng.shuffle(people)
    if count > len(plain) + len(people):
        raise ValueError(
            f"{count} street names were asked for; there are only "
            f"{len(plain) + len(people)}: ask for fewer or add stems in names.py"
        )
    some = max(0, count - len(plain))
    some = max(some, min(count // 5, len(people)))
    chosen = np.array(plain[: count - some] + people[:some])
    rng.shuffle(chosen)
    return chosen
