// What the instruments' scripts are made of. Python joins this file with the instrument's own (instrument.py).
// Everything exported is tried in tests/browser/test_common.py.

const SVG = "http://www.w3.org/2000/svg";
// One for each colour of common.css, some 9 units wide, for colour must never be the only difference.
export const MARKS = [
  "M-4.5 0A4.5 4.5 0 1 0 4.5 0A4.5 4.5 0 1 0 -4.5 0Z",
  "M-4 -4H4V4H-4Z",
  "M0 -5L5 4H-5Z",
  "M0 -5.5L5.5 0L0 5.5L-5.5 0Z",
  "M0 5L5 -4H-5Z",
  "M-1.7 -5H1.7V-1.7H5V1.7H1.7V5H-1.7V1.7H-5V-1.7H-1.7Z",
  "M-5 -2.6L-2.6 -5L0 -2.4L2.6 -5L5 -2.6L2.4 0L5 2.6L2.6 5L0 2.4L-2.6 5L-5 2.6L-2.4 0Z",
];

// ---- The instrument itself ----

// The `render` that anywidget calls. `build` fills the root and returns the function that draws the present setting.
// What it asks of `get` is followed: it draws again when Python, or another view, sets it. `put` sets traits from the
// page. New `data` builds anew.
export function instrument(name, build) {
  return ({ model, el }) => {
    const id = `effc-${Math.random().toString(36).slice(2)}`; // of this view: ids within the page begin with it
    const followed = new Set();
    let root = null;
    let draw = null;
    let putting = false;

    const follow = () => {
      if (!putting) draw();
    };
    const get = (trait) => {
      if (!followed.has(trait)) {
        followed.add(trait);
        model.on(`change:${trait}`, follow);
      }
      return model.get(trait) ?? null;
    };
    const put = (values) => {
      putting = true; // several traits, one drawing
      for (const [trait, value] of Object.entries(values)) model.set(trait, value);
      putting = false;
      draw();
      model.save_changes();
    };
    const begin = () => {
      root?.remove();
      root = make(el, "div", { class: `effc effc-${name}` });
      draw = build({ root, id, data: model.get("data"), get, put });
      draw();
    };

    model.on("change:data", begin);
    begin();
    return () => {
      model.off?.("change:data", begin);
      for (const trait of followed) model.off?.(`change:${trait}`, follow);
    };
  };
}

// ---- Elements ----

export function make(parent, tag, attributes = {}, text = "") {
  const inSvg = tag === "svg" || parent.namespaceURI === SVG;
  const element = inSvg ? document.createElementNS(SVG, tag) : document.createElement(tag);
  change(element, attributes);
  element.textContent = text;
  parent.append(element);
  return element;
}

export function change(element, attributes) {
  for (const [name, value] of Object.entries(attributes)) element.setAttribute(name, value);
}

// What the reader types into or presses: JupyterLab would take its keys.
export function control(parent, tag, attributes, text = "") {
  return make(parent, tag, { ...attributes, "data-lm-suppress-shortcuts": "true" }, text);
}

// The instrument's name, to be seen and to be heard.
export function heading(root, id, text) {
  change(root, { role: "group", "aria-labelledby": `${id}-heading` });
  return make(root, "p", { class: "effc-heading", id: `${id}-heading` }, text);
}

// A range over an axis of Python's: `said` are its values in words. `show(i)` puts it to a place; `moved(i)` is told.
export function slider(box, id, { name, label, said }, moved) {
  const named = make(box, "label", { for: `${id}-${name}` }, label);
  const input = control(box, "input", { type: "range", id: `${id}-${name}`, min: 0, max: said.length - 1, step: 1 });
  const output = make(box, "span", { class: "effc-value", "aria-hidden": "true" }); // aria-valuetext says it
  input.addEventListener("input", () => moved(Number(input.value)));
  const show = (i) => {
    input.value = i;
    change(input, { "aria-valuetext": said[i] });
    output.textContent = said[i];
  };
  return { show, label: named };
}

export function radio(parent, id, group, key, label, chosen) {
  const input = control(parent, "input", { type: "radio", name: `${id}-${group}`, id: `${id}-${group}-${key}` });
  const named = make(parent, "label", { for: input.id }, label);
  input.addEventListener("change", () => chosen(key));
  return { key, input, label: named };
}

// A group of radio buttons; `options` are pairs of a key and a label.
export function choice(root, id, group, question, options, chosen = () => {}) {
  const set = make(root, "fieldset", { class: "effc-choice" });
  make(set, "legend", {}, question);
  const radios = options.map(([key, label]) => radio(make(set, "div"), id, group, key, label, chosen));
  const show = (key) => {
    for (const one of radios) one.input.checked = one.key === key;
  };
  return { show, radios };
}

// ---- Charts ----

// A picture with a title for those who hear it: set `title.textContent` to what there is to see.
export function chart(root, id, name, width, height) {
  const svg = make(root, "svg", {
    class: `effc-${name}`,
    viewBox: `0 0 ${width} ${height}`,
    role: "img",
    "aria-labelledby": `${id}-${name}-title`,
  });
  return { svg, title: make(svg, "title", { id: `${id}-${name}-title` }) };
}

// From a number to a place between `from` and `to`.
export function scale({ low, high, log }, from, to) {
  const of = log ? Math.log : Number;
  return (value) => from + ((of(value) - of(low)) / (of(high) - of(low) || 1)) * (to - from);
}

// Round numbers of a logarithmic axis: the steps of every decade.
export function decades(low, high, steps = [1, 2, 5]) {
  const found = [];
  for (let decade = Math.floor(Math.log10(low)); decade <= Math.log10(high); decade++) {
    found.push(...steps.map((step) => Number(`${step}e${decade}`)));
  }
  return found.filter((value) => value >= low && value <= high);
}

// Round numbers of an even axis.
export function even(low, high) {
  const steps = [[12, 5], [5, 2]]; // above which span, how far apart
  const [, step] = steps.find(([span]) => high - low > span) ?? [0, 1];
  const first = Math.ceil(low / step);
  return Array.from({ length: Math.max(0, Math.floor(high / step) - first + 1) }, (_, i) => (first + i) * step);
}

// Two axes with their grid: each { low, high, log, ticks, text }. Gives the places: `x(number)`, `y(number)`.
export function axes(svg, { left, right, top, bottom }, across, up) {
  const x = scale(across, left, right);
  const y = scale(up, bottom, top);
  for (const value of across.ticks) {
    make(svg, "line", { class: "effc-grid", x1: x(value), x2: x(value), y1: top, y2: bottom });
    make(svg, "text", { x: x(value), y: bottom + 17, "text-anchor": "middle" }, across.text(value));
  }
  for (const value of up.ticks) {
    make(svg, "line", { class: "effc-grid", x1: left, x2: right, y1: y(value), y2: y(value) });
    make(svg, "text", { x: left - 8, y: y(value) + 4, "text-anchor": "end" }, up.text(value));
  }
  make(svg, "path", { class: "effc-axis", d: `M${left} ${top}V${bottom}H${right}` });
  return { x, y };
}

// The mark and the colour of a kind; `text` is what hovering tells.
export function mark(svg, kind, text, attributes = {}) {
  const more = attributes.class ? ` ${attributes.class}` : "";
  const shape = { ...attributes, class: `effc-mark effc-color-${kind % MARKS.length}${more}`, d: MARKS[kind % MARKS.length] };
  const element = make(svg, "path", shape);
  if (text) make(element, "title", {}, text);
  return element;
}

// Which mark is what: `kinds` are pairs of a mark's number and a word.
export function legend(list, kinds) {
  list.replaceChildren();
  for (const [kind, word] of kinds) {
    const item = make(list, "li");
    mark(make(item, "svg", { viewBox: "-7 -7 14 14", "aria-hidden": "true" }), kind);
    make(item, "span", {}, word);
  }
}

// ---- Numbers and sentences ----

export const sum = (numbers) => numbers.reduce((a, b) => a + b, 0);
export const exact = (number) => number.toLocaleString("en-US");
const formats = {};
export function round(number, digits = 3) {
  formats[digits] ??= new Intl.NumberFormat("en-US", { maximumSignificantDigits: digits });
  return formats[digits].format(number);
}
export const percent = (part, whole) => (whole ? `${((100 * part) / whole).toFixed(1)} %` : "–");

// 300,774,272 as "301 M" and, for those who hear it, "301 million".
export function scaled(number, [large, medium, small] = ["G", "M", "k"]) {
  const sizes = [[1e9, large], [1e6, medium], [1e3, small]];
  const [size, unit] = sizes.find(([least]) => Math.abs(number) >= least) ?? [1, ""];
  return `${round(number / size)} ${unit}`.trim();
}
export const spoken = (number) => scaled(number, ["billion", "million", "thousand"]);

// A sentence of Python's with its gaps filled: fill("{n} of {all} fit", { n: 3, all: 43 }).
export function fill(sentence, values) {
  return sentence.replaceAll(/\{(\w+)\}/gu, (_, gap) => {
    if (values[gap] === undefined) throw new Error(`nothing to put into {${gap}} of “${sentence}”`);
    return values[gap];
  });
}
