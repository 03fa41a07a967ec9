// Draws what factors.py computed: it looks up a setting, and divides areas by the largest.
import { axes, change, chart, exact, fill, heading, instrument, make, mark, slider } from "./common.js";

const WIDTH = 640, HEIGHT = 300; // of the chart, in its own units
const SQUARE = { left: 130, top: 30, side: 190 };
const FRAME = { left: 408, right: WIDTH - 24, top: 30, bottom: 220 };
const GAP = 7, LETTER = 15;

// Two lines of text under one another.
function label(svg, anchor) {
  const lines = [0, 1].map(() => make(svg, "text", { "text-anchor": anchor }));
  return (x, y, ...texts) =>
    lines.forEach((line, i) => {
      change(line, { x, y: y + i * LETTER });
      line.textContent = texts[i];
    });
}

function makeAreas(svg, words) {
  const { left, top, side } = SQUARE;
  const area = (color) => make(svg, "rect", { class: `effc-area effc-color-${color}`, x: left, y: top, width: side, height: side });
  const [, column, strip] = [3, 5, 1].map((color) => area(color));
  const places = make(svg, "path", { class: "effc-places" });
  const [within, beside, below] = ["middle", "end", "middle"].map((anchor) => label(svg, anchor));
  return (macs, said) => {
    const [width, height] = [macs.depthwise, macs.pointwise].map((part) => (side * part) / macs.standard);
    change(column, { x: left - GAP - width, width });
    change(strip, { y: top + side + GAP, height });
    const lines = Array.from({ length: said.taps - 1 }, (_, i) => top + ((i + 1) * side) / said.taps);
    change(places, { d: lines.map((y) => `M${left} ${y}h${side}`).join("") });
    const count = (name) => fill(words.macs, { macs: exact(macs[name]) });
    within(left + side / 2, top + side / 2 - 3, words.standard, count("standard"));
    beside(left - 2 * GAP - width, top + side / 2 - 3, words.depthwise, fill(words.column, said));
    below(left + side / 2, top + side + 2 * GAP + height + 8, words.pointwise, fill(words.strip, said));
  };
}

function makeCurve(svg, { ticks, highest, saving, axes: [, , { values }], words }) {
  const across = { low: values[0], high: values.at(-1), log: true, ticks: ticks.outputs, text: exact };
  const up = { low: ticks.times[0], high: highest, log: true, ticks: ticks.times, text: exact };
  const { x, y } = axes(svg, FRAME, across, up);
  make(svg, "text", { x: (FRAME.left + FRAME.right) / 2, y: FRAME.bottom + 38, "text-anchor": "middle" }, words.across);
  make(svg, "text", { x: FRAME.left - 30, y: FRAME.top - 12 }, words.up);
  make(svg, "path", { class: "effc-limit", d: `M${x(values[0])} ${y(values[0])}L${x(highest)} ${y(highest)}` });
  make(svg, "text", { x: x(highest) - 14, y: y(highest) + 10, "text-anchor": "end" }, words.output_limit);
  const limit = make(svg, "path", { class: "effc-limit" });
  const taps = make(svg, "text", { x: FRAME.right, "text-anchor": "end" });
  const curve = make(svg, "polyline", { class: "effc-curve effc-color-0" });
  const point = mark(svg, 0, "");
  return (k, o, said) => {
    change(limit, { d: `M${FRAME.left} ${y(said.taps)}H${FRAME.right}` });
    change(taps, { y: y(said.taps) - 6 });
    taps.textContent = fill(words.kernel_limit, said);
    change(curve, { points: values.map((channels, i) => `${x(channels)},${y(saving[k][i])}`).join(" ") });
    change(point, { transform: `translate(${x(values[o])} ${y(saving[k][o])}) scale(1.5)` });
  };
}

function build({ root, id, data, get, put }) {
  const { words } = data;
  heading(root, id, words.heading);
  const box = make(root, "div", { class: "effc-sliders" });
  const sliders = data.axes.map((axis) => slider(box, id, axis, (i) => put({ [axis.name]: axis.values[i] })));
  const status = make(root, "p", { role: "status" });
  const { svg, title } = chart(root, id, "factors-chart", WIDTH, HEIGHT);
  const drawAreas = makeAreas(svg, words);
  const drawCurve = makeCurve(svg, data);
  make(root, "p", { class: "effc-source" }, words.scale);

  return () => {
    const at = data.axes.map((axis) => axis.values.indexOf(get(axis.name)));
    sliders.forEach((one, i) => one.show(at[i]));
    const [k, i, o] = at;
    const macs = { standard: data.standard[k][i][o], depthwise: data.depthwise[k][i], pointwise: data.pointwise[i][o] };
    const [kernel, inputs, outputs] = data.axes.map((axis, n) => axis.said[at[n]]);
    const said = { kernel, inputs, outputs, taps: data.axes[0].values[k] ** 2, together: exact(macs.depthwise + macs.pointwise) };
    for (const name of Object.keys(macs)) said[name] = exact(macs[name]);
    drawAreas(macs, said);
    drawCurve(k, o, said);
    const summary = `${fill(words.status, said)} ${data.verdict[k][o]}`;
    title.textContent = fill(words.chart, { summary });
    status.textContent = summary;
  };
}

export default { render: instrument("factors", build) };
