/* What is predicted at a place, in words: an answer of the server (maps/questions.py) as the lines
   and pairs of a popup. */
"use strict";

class PlaceAnswer {
  constructor(question, language) {
    this.question = question;
    this.figure = new Intl.NumberFormat(
      language, { minimumFractionDigits: 1, maximumFractionDigits: 1 });
    this.whole = new Intl.NumberFormat(language);
  }

  /** A text with its {names} filled in. */
  filled(text, values) {
    return text.replace(/\{(\w+)\}/g, (_, name) => values[name]);
  }

  level(value) {
    return this.figure.format(value) + "\u00a0" + this.question.unit;
  }

  /** Heading, and whether it is enough. */
  lines(found) {
    const { heading, words } = this.question;
    if (found.value === null) return [heading, words.nothing];
    const margin = this.figure.format(Math.abs(found.margin_db));
    return [
      heading + ": " + this.level(found.value),
      this.filled(found.covered ? words.above : words.below, { margin: margin }),
    ];
  }

  /** Class, what each model says, and antennas as far as they may be known. */
  pairs(found) {
    if (found.value === null) return null;
    const { words, models } = this.question;
    const pairs = [[words.class, this.range(found.class)]];
    if (Object.keys(found.models).length > 1) {
      for (const [model, value] of Object.entries(found.models)) {
        if (value !== null) pairs.push([models[model] || model, this.level(value)]);
      }
    }
    if (found.in_reach_count !== null) {
      pairs.push([words.in_reach, this.whole.format(found.in_reach_count)]);
    }
    if (found.server) {
      pairs.push([words.server, found.server.antenna + " (" + found.server.operator + ")"]);
    }
    return pairs;
  }

  range({ from, to }) {
    const { words, unit } = this.question;
    const form = to === null ? words.from : from === null ? words.under : words.between;
    return this.filled(form, {
      from: from === null ? "" : this.whole.format(from),
      to: to === null ? "" : this.whole.format(to),
      unit: unit,
    });
  }
}
