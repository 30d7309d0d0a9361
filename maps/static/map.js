/* Sets up every map of a page from its block of data (maps/page.py, maps/drawings.py).
   All words come as plain text and are never read as HTML. */
"use strict";

(function () {
  const calm = window.matchMedia("(prefers-reduced-motion: reduce)").matches;
  const SYMBOLS = {
    triangle: "M8 1.5 15 14H1Z",
    square: "M2.5 2.5h11v11h-11Z",
    dot: "M8 3a5 5 0 1 1 0 10A5 5 0 0 1 8 3Z",
    ring: "M8 2a6 6 0 1 1 0 12A6 6 0 0 1 8 2Zm0 3.5a2.5 2.5 0 1 0 0 5 2.5 2.5 0 0 0 0-5Z",
  };

  function element(name, className, text) {
    const made = document.createElement(name);
    if (className) made.className = className;
    if (text) made.textContent = text;
    return made;
  }

  /** Whether white letters read better than black ones on a colour. */
  function isDark(colour) {
    const part = (start) => parseInt(colour.slice(start, start + 2), 16);
    return /^#[0-9a-f]{6}$/.test(colour) && 0.3 * part(1) + 0.6 * part(3) + 0.1 * part(5) < 115;
  }

  /** Heading, lines and figures of a tooltip or popup. */
  function words(lines, more) {
    const box = element("div", "map-words");
    lines.forEach((line, index) => box.append(element(index ? "div" : "strong", "", line)));
    if (more) {
      const table = element("table");
      more.forEach(function (pair) {
        const row = table.insertRow();
        row.append(element("th", "", pair[0]));
        row.append(element("td", "", pair[1]));
      });
      box.append(table);
    }
    return box;
  }

  function symbolIcon(shape, colour, size) {
    const svg = document.createElementNS("http://www.w3.org/2000/svg", "svg");
    svg.setAttribute("viewBox", "0 0 16 16");
    svg.setAttribute("width", size);
    svg.setAttribute("height", size);
    const path = document.createElementNS("http://www.w3.org/2000/svg", "path");
    path.setAttribute("d", SYMBOLS[shape]);
    path.setAttribute("fill", colour);
    path.setAttribute("stroke", "#fff");
    path.setAttribute("stroke-width", "1.2");
    path.setAttribute("fill-rule", "evenodd");
    svg.append(path);
    return L.divIcon({ className: "map-symbol", html: svg, iconSize: [size, size] });
  }

  class City {
    constructor(box) {
      const data = JSON.parse(document.getElementById(box.dataset.source).textContent);
      this.data = data;
      this.places = new Map();
      this.choices = [];
      this.labels = [];
      this.map = L.map(box, {
        zoomControl: false,
        attributionControl: Boolean(data.basemap),
        zoomSnap: data.basemap ? 1 : 0.1,
        zoomDelta: data.basemap ? 1 : 0.5,
        minZoom: 8,
        maxZoom: 19,
        zoomAnimation: !calm,
        fadeAnimation: !calm,
        markerZoomAnimation: !calm,
      });
      window[box.id] = this.map;
      this.panes();
      this.controls();
      if (data.basemap) this.basemap(data.basemap);
      data.drawings.forEach((drawing) => this[drawing.type](drawing));
      this.fit();
      this.finish();
    }

    /** Show the whole city, also when the window changes before anybody moved the map. */
    fit() {
      this.map.fitBounds(this.data.bounds, { padding: [12, 12], animate: false });
      const first = this.map.getZoom();
      this.map.once("resize", () => this.map.getZoom() === first && this.fit());
    }

    panes() {
      const map = this.map;
      [["ground", 150], ["outline", 420], ["label", 590]].forEach(function (pane) {
        map.createPane(pane[0]).style.zIndex = pane[1];
        map.getPane(pane[0]).style.pointerEvents = "none";
      });
    }

    controls() {
      const { text } = this.data;
      const city = this;
      const map = this.map;
      L.control.zoom({ zoomInTitle: text.zoom_in, zoomOutTitle: text.zoom_out }).addTo(map);
      const whole = L.control({ position: "topleft" });
      whole.onAdd = function () {
        const bar = element("div", "leaflet-bar");
        const button = element("button", "map-whole", "\u2922");
        button.type = "button";
        button.title = text.whole_city;
        button.setAttribute("aria-label", text.whole_city);
        L.DomEvent.disableClickPropagation(bar);
        button.addEventListener("click", () => city.fit());
        bar.append(button);
        return bar;
      };
      whole.addTo(map);
      L.control.scale({ imperial: false, position: "bottomleft" }).addTo(map);
      this.chooser = L.control.layers({}, {}, { collapsed: false });
    }

    basemap(basemap) {
      this.map.attributionControl.setPrefix(false);
      const holder = element("span", "", basemap.attribution);
      L.tileLayer(basemap.url, { attribution: holder.innerHTML, maxZoom: basemap.zoom })
        .addTo(this.map);
    }

    /** Put a layer on the map as its entry says. */
    enter(entry, layer) {
      if (entry.choice) {
        this.chooser.addBaseLayer(layer, this.safe(entry.title));
        this.choices.push({ entry: entry, layer: layer });
      } else if (entry.title) {
        this.chooser.addOverlay(layer, this.safe(entry.title));
      }
      if (entry.shown) layer.addTo(this.map);
    }

    /** The layer control reads names as HTML. */
    safe(text) {
      return element("span", "", text).innerHTML;
    }

    /** Give a layer its tooltip and popup, and remember it for the rows of tables. */
    speak(layer, feature, drawing, group) {
      if (!feature.lines) return;
      layer.bindTooltip(words(feature.lines), { sticky: true, direction: "top", opacity: 1 });
      layer.bindPopup(words(feature.lines, feature.more));
      const found = { layer: layer, group: group, choice: drawing.choice };
      if (feature.key) this.places.set(drawing.id + ":" + feature.key, found);
    }

    polygons(drawing) {
      const city = this;
      const group = L.featureGroup();
      const silent = !drawing.features.some((feature) => feature.lines);
      drawing.features.forEach(function (feature) {
        const style = { ...drawing.style, pane: drawing.pane, interactive: !silent };
        if (feature.fill) style.fillColor = feature.fill;
        const shape = L.geoJSON(feature.geometry, style).getLayers()[0];
        if (!silent) {
          shape.on("mouseover popupopen", () => shape.setStyle({ weight: 3, color: "#14212b" }).bringToFront());
          shape.on("mouseout popupclose", () => shape.setStyle(drawing.style));
        }
        city.speak(shape, feature, drawing, group);
        group.addLayer(shape);
        if (feature.label) {
          const look = drawing.pane === "outline" ? "quiet" : isDark(feature.fill) ? "light" : "";
          group.addLayer(city.label(feature.label, shape, look));
        }
      });
      this.enter(drawing, group);
    }

    label(label, shape, look) {
      const name = element("span", look, label[0]);
      const marker = L.marker([label[1], label[2]], {
        icon: L.divIcon({ className: "map-label", html: name, iconSize: null }),
        pane: "label",
        interactive: false,
        keyboard: false,
      });
      this.labels.push({ marker: marker, name: name, shape: shape });
      return marker;
    }

    points(drawing) {
      const city = this;
      const group = L.featureGroup();
      // Later drawings lie on earlier ones, else what is farther south would lie on top; what says
      // nothing lies below the names of districts.
      const place = {
        zIndexOffset: 1e5 * this.data.drawings.indexOf(drawing),
        pane: drawing.features.some((feature) => feature.lines) ? "markerPane" : "outline",
        keyboard: false,
      };
      drawing.features.forEach(function (feature) {
        if (feature.reach_m) {
          group.addLayer(L.circle(feature.at, {
            radius: feature.reach_m, color: drawing.colour, weight: 1, opacity: 0.7,
            fillColor: drawing.colour, fillOpacity: 0.16, interactive: false,
          }));
        }
        const icon = symbolIcon(drawing.symbol, feature.fill || drawing.colour, drawing.size_px);
        const marker = L.marker(feature.at, { icon: icon, ...place });
        city.speak(marker, feature, drawing, group);
        group.addLayer(marker);
      });
      this.enter(drawing, group);
    }

    picture(drawing) {
      this.enter(drawing, L.imageOverlay(drawing.url, drawing.bounds, {
        alt: drawing.words, opacity: 0.9, className: "map-picture",
      }));
    }

    tiles(drawing) {
      this.enter(drawing, L.tileLayer(drawing.url, {
        opacity: 0.9, className: "map-picture", bounds: L.latLngBounds(this.data.bounds).pad(0.1),
        minZoom: 8, maxZoom: 19,
      }));
    }

    /** Ask the server about the place of a click, and tell its answer there. */
    question(drawing) {
      const { map } = this;
      const answer = new PlaceAnswer(drawing, this.data.language);
      map.on("click", function (event) {
        const at = event.latlng.wrap();
        const popup = L.popup().setLatLng(event.latlng)
          .setContent(words([drawing.words.asking])).openOn(map);
        const place = "lon=" + at.lng.toFixed(6) + "&lat=" + at.lat.toFixed(6);
        fetch(drawing.url + (drawing.url.includes("?") ? "&" : "?") + place)
          .then((sent) => sent.ok ? sent.json() : Promise.reject(sent.status))
          .then((found) => popup.setContent(words(answer.lines(found), answer.pairs(found))))
          .catch(() => popup.setContent(words([drawing.words.failed])));
      });
    }

    cells(drawing) {
      const city = this;
      const map = this.map;
      const layers = drawing.views.map(function (view) {
        const layer = new Cells.Layer(drawing, view);
        city.enter(view, layer);
        return { layer: layer, view: view };
      });
      function at(event) {
        const drawn = layers.find((entry) => map.hasLayer(entry.layer));
        const index = drawn ? Cells.find(drawing, event.latlng) : -1;
        return index >= 0 && drawn.view.classes[index] >= 0
          ? words(Cells.lines(drawing, index, city.data.language)) : null;
      }
      const tip = L.tooltip({ direction: "top", offset: [0, -6], opacity: 1 });
      map.on("mousemove", function (event) {
        const said = at(event);
        if (said) map.openTooltip(tip.setLatLng(event.latlng).setContent(said));
        else map.closeTooltip(tip);
      });
      map.on("mouseout movestart", () => map.closeTooltip(tip));
      map.on("click", function (event) {
        const said = at(event);
        if (said) map.openPopup(said, event.latlng);
      });
    }

    finish() {
      const { map, choices } = this;
      const named = this.data.drawings.flatMap((drawing) => drawing.views || [drawing])
        .filter((entry) => entry.title);
      if (named.length > 1) this.chooser.addTo(map);
      this.clear();
      map.on("zoomend moveend baselayerchange", () => this.arrange());
      map.on("baselayerchange", () => this.views());
      this.arrange();
      if (choices.length) this.views();
      this.rows();
    }

    /** Let popups open below the controls, which would cover them. */
    clear() {
      const corners = this.map.getContainer().querySelectorAll(".leaflet-top");
      const top = Math.max(...Array.from(corners, (corner) => corner.offsetHeight));
      L.Popup.mergeOptions({ autoPanPaddingTopLeft: [12, top + 8] });
    }

    /** Hide labels that would lie on others or do not fit their district; large ones go first. */
    arrange() {
      const taken = [];
      const shown = this.labels.filter((label) => this.map.hasLayer(label.marker));
      shown.forEach(function (label) {
        label.name.hidden = false;
        label.room = label.shape.getElement().getBoundingClientRect();
      });
      shown.sort((first, second) => second.room.width * second.room.height
        - first.room.width * first.room.height);
      shown.forEach(function ({ name, room }) {
        const box = name.getBoundingClientRect();
        const clash = taken.some((other) => box.left < other.right + 2 && other.left < box.right + 2
          && box.top < other.bottom + 1 && other.top < box.bottom + 1);
        name.hidden = clash || box.width > room.width * 1.1;
        if (!name.hidden) taken.push(box);
      });
    }

    /** Show the parts of the page that go with the chosen layer. */
    views() {
      const shown = this.choices.find((choice) => this.map.hasLayer(choice.layer));
      document.querySelectorAll("[data-view]").forEach(function (part) {
        part.hidden = Boolean(shown) && part.dataset.view !== shown.entry.id;
      });
    }

    /** Table rows become buttons that show their place. */
    rows() {
      document.querySelectorAll("[data-place]").forEach((cell) => {
        const found = this.places.get(cell.dataset.place);
        if (!found) return;
        const button = element("button", "link", cell.textContent);
        button.type = "button";
        button.title = this.data.text.show;
        button.addEventListener("click", () => this.show(found));
        cell.replaceChildren(button);
      });
    }

    show({ layer, group, choice }) {
      const { map } = this;
      if (!map.hasLayer(group)) {
        if (choice) this.choices.forEach((other) => map.removeLayer(other.layer));
        group.addTo(map);
      }
      if (layer.getBounds) map.fitBounds(layer.getBounds(), { maxZoom: 13.5, padding: [60, 60], animate: !calm });
      else map.setView(layer.getLatLng(), Math.max(map.getZoom(), 14), { animate: !calm });
      layer.openPopup();
      map.getContainer().scrollIntoView({ block: "nearest", behavior: calm ? "auto" : "smooth" });
    }
  }

  document.querySelectorAll(".map[data-source]").forEach((box) => new City(box));
})();
