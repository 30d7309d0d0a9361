/* Square cells on canvas. Cells are whole numbers (column, row, class); a polynomial places them
   on the map, see maps/cells.py. Works together with Leaflet only. */
"use strict";

const Cells = (function () {
  /** Pixels at zoom 0 of a corner of the grid. */
  function place(fit, column, row) {
    const s = (column - fit.middle[0]) / fit.span;
    const t = (row - fit.middle[1]) / fit.span;
    let x = 0;
    let y = 0;
    fit.powers.forEach(function (power, index) {
      const term = s ** power[0] * t ** power[1];
      x += fit.x[index] * term;
      y += fit.y[index] * term;
    });
    return [x, y];
  }

  /** Four corners of every cell as one array of 8 numbers each, drawn to a share of its side. */
  function corners(data, view) {
    const out = new Float64Array(data.columns.length * 8);
    data.columns.forEach(function (column, index) {
      const size = view ? view.sizes[view.classes[index]] || 1 : 1;
      const near = (1 - size) / 2;
      const far = 1 - near;
      const row = data.rows[index];
      [[near, near], [far, near], [far, far], [near, far]].forEach(function (step, corner) {
        const at = place(data.fit, column + step[0], row + step[1]);
        out[index * 8 + corner * 2] = at[0];
        out[index * 8 + corner * 2 + 1] = at[1];
      });
    });
    return out;
  }

  const Layer = L.GridLayer.extend({
    initialize: function (data, view) {
      L.GridLayer.prototype.initialize.call(this, { tileSize: 512, updateWhenZooming: false });
      this._view = view;
      this._corners = corners(data, view);
    },

    createTile: function (coords) {
      const size = this.getTileSize();
      const ratio = window.devicePixelRatio || 1;
      const tile = L.DomUtil.create("canvas");
      tile.width = size.x * ratio;
      tile.height = size.y * ratio;
      const pen = tile.getContext("2d");
      const scale = 2 ** coords.z * ratio;
      pen.translate(-coords.x * size.x * ratio, -coords.y * size.y * ratio);
      this._view.palette.forEach((colour, index) => this._paint(pen, index, colour, scale, coords));
      return tile;
    },

    /** One path per class; the thin stroke closes the seams between neighbouring cells. */
    _paint: function (pen, wanted, colour, scale, coords) {
      const at = this._corners;
      const span = this.getTileSize().x / 2 ** coords.z;
      const west = coords.x * span - span / 4;
      const north = coords.y * span - span / 4;
      pen.beginPath();
      this._view.classes.forEach(function (found, index) {
        const i = index * 8;
        if (found !== wanted || at[i] < west || at[i] > west + 1.5 * span
            || at[i + 1] < north || at[i + 1] > north + 1.5 * span) return;
        pen.moveTo(at[i] * scale, at[i + 1] * scale);
        for (let corner = 1; corner < 4; corner += 1) {
          pen.lineTo(at[i + corner * 2] * scale, at[i + corner * 2 + 1] * scale);
        }
        pen.closePath();
      });
      pen.fillStyle = colour;
      pen.fill();
      pen.strokeStyle = colour;
      pen.lineWidth = 0.6;
      pen.stroke();
    },
  });

  /** Number of the cell at a position, or -1. */
  function find(data, position) {
    if (!data.middles) data.middles = data.columns.map(
      (column, index) => place(data.fit, column + 0.5, data.rows[index] + 0.5));
    if (!data.half) {
      const first = place(data.fit, 0, 0);
      const next = place(data.fit, 1, 0);
      data.half = Math.hypot(next[0] - first[0], next[1] - first[1]) / 2;
    }
    const at = L.CRS.EPSG3857.latLngToPoint(position, 0);
    return data.middles.findIndex(
      (middle) => Math.abs(middle[0] - at.x) < data.half && Math.abs(middle[1] - at.y) < data.half);
  }

  /** Tooltip lines of one cell. */
  function lines(data, index, language) {
    const whole = new Intl.NumberFormat(language);
    const percent = new Intl.NumberFormat(
      language, { style: "percent", minimumFractionDigits: 1, maximumFractionDigits: 1 });
    return data.lines.map((line) => line.replace(/\{(\d)\}/g, function (_, number) {
      const figure = data.figures[number];
      const value = figure.values[index];
      if (figure.words.length) return figure.words[value];
      return figure.percent ? percent.format(value / 1000) : whole.format(value);
    }));
  }

  return { Layer: Layer, find: find, lines: lines };
})();
