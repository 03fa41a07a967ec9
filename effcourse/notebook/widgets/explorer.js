// Draws what explorer.py computed. It adds up and divides for display; no cost formula and no sentence is here.
import { change, chart, exact, fill, heading, instrument, make, mark, MARKS, percent, radio, round, scale, scaled, slider, spoken, sum } from "./common.js";

const LEFT = 110, WIDTH = 640, BAR = 22, LABEL = 120; // of the charts, in their own units
const DIAMOND = 3;

// Each axis has the index of its present value; together they are one place in the grid.
function lookUp(data, get) {
  const at = data.axes.map((axis) => axis.values.indexOf(get(axis.name)));
  const index = data.axes.reduce((whole, axis, i) => whole * axis.values.length + at[i], 0);
  const sizes = data.axes.at(-1).values.length;
  const costs = {
    macs: data.macs[index],
    params: data.params[Math.floor(index / sizes)],
    activations: data.activations[index],
  };
  return { at, costs };
}

function makeSliders({ root, id, data, put }) {
  const box = make(root, "div", { class: "effc-sliders" });
  const sliders = data.axes.map((axis) => {
    const one = slider(box, id, axis, (i) => put({ [axis.name]: axis.values[i], ...axis.sets[i] }));
    change(one.label, { title: axis.text.join(", ") });
    return one;
  });
  return (at) => sliders.forEach((one, i) => one.show(at[i]));
}

function makeTotals({ root, id, data, put }) {
  const set = make(root, "fieldset", { class: "effc-totals" });
  make(set, "legend", {}, data.words.totals);
  const cells = data.quantities.map(({ name, word, meaning }) => {
    const one = radio(set, id, "quantity", name, word, (quantity) => put({ quantity }));
    change(one.label, { title: meaning });
    return { name, input: one.input, now: make(set, "span", { class: "effc-number" }), part: make(set, "span") };
  });
  return (costs, quantity) => {
    for (const { name, input, now, part } of cells) {
      const [whole, behind] = [sum(costs[name]), sum(data.baseline[name])];
      input.checked = name === quantity;
      now.textContent = exact(whole);
      part.textContent = fill(data.words.part, { times: behind ? `${(whole / behind).toFixed(2)} ×` : "–" });
    }
  };
}

function makeBars({ root, id, data }) {
  const { svg, title } = chart(root, id, "bars", WIDTH, BAR * data.stages.length + 4);
  const pattern = make(make(svg, "defs"), "pattern", {
    id: `${id}-hatch`, width: 6, height: 6, patternUnits: "userSpaceOnUse", patternTransform: "rotate(45)",
  });
  make(pattern, "line", { x1: 0, y1: 0, x2: 0, y2: 6, class: "effc-hatch" });
  const bars = data.stages.map((stage, i) => {
    const y = BAR * i + 2;
    make(svg, "text", { x: LEFT - 8, y: y + 14, "text-anchor": "end" }, stage);
    return {
      behind: make(svg, "rect", { x: LEFT, y, height: BAR - 3, class: "effc-behind", fill: `url(#${id}-hatch)` }),
      now: make(svg, "rect", { x: LEFT, y: y + 4, height: BAR - 11 }),
      text: make(svg, "text", { y: y + 14 }),
    };
  });
  return (costs, quantity, settings) => {
    const [now, behind] = [costs[quantity], data.baseline[quantity]];
    const width = scale({ low: 0, high: Math.max(...now, ...behind, 1) }, 0, WIDTH - LEFT - LABEL);
    const color = data.quantities.findIndex(({ name }) => name === quantity);
    const whole = sum(now);
    bars.forEach((bar, i) => {
      change(bar.behind, { width: width(behind[i]) });
      change(bar.now, { width: width(now[i]), class: `effc-bar effc-color-${color}` });
      change(bar.text, { x: LEFT + width(Math.max(now[i], behind[i])) + 6 });
      bar.text.textContent = `${scaled(now[i])} · ${percent(now[i], whole)}`;
    });
    const most = now.indexOf(Math.max(...now));
    const share = percent(now[most], whole);
    title.textContent = fill(data.words.bars[quantity], { settings, stage: data.stages[most], share });
  };
}

function makeAccuracy({ root, id, data }) {
  if (data.accuracy.length === 0) return () => "";
  const height = 150, bottom = height - 26, top = 12, right = WIDTH - 20;
  const { svg, title } = chart(root, id, "accuracy", WIDTH, height);
  const macs = data.accuracy.map((point) => point.macs);
  const accuracies = data.accuracy.map((point) => point.top1);
  const [low, high] = [Math.min(...macs), Math.max(...macs)];
  const [worst, best] = [Math.min(...accuracies), Math.max(...accuracies)];
  const ends = { low: low / 10 ** 0.05, high: high * 10 ** 0.05, log: true };
  const x = scale(ends, LEFT, right);
  const y = scale({ low: worst, high: best }, bottom - 6, top + 10);

  make(svg, "path", { class: "effc-axis", d: `M${LEFT} ${top}V${bottom}H${right}` });
  for (const value of [worst, best]) {
    make(svg, "text", { x: LEFT - 8, y: y(value) + 4, "text-anchor": "end" }, `${value.toFixed(1)} %`);
  }
  make(svg, "text", { x: LEFT - 8, y: (y(worst) + y(best)) / 2 + 4, "text-anchor": "end" }, data.words.accuracy_axis);
  for (const value of [low, high]) {
    make(svg, "text", { x: x(value), y: height - 10, "text-anchor": "middle" }, scaled(value));
  }
  make(svg, "text", { x: (LEFT + right) / 2, y: height - 10, "text-anchor": "middle" }, data.words.macs_axis);
  const line = make(svg, "line", { class: "effc-here", y1: top, y2: bottom });
  const points = data.accuracy.map((point) => {
    const at = { x: x(point.macs), y: y(point.top1) };
    if (data.accuracy.length <= 8) {
      const below = at.y < (top + bottom) / 2;
      const place = { x: at.x, y: at.y + (below ? 20 : -10), "text-anchor": at.x < LEFT + 40 ? "start" : "middle" };
      make(svg, "text", place, point.label);
    }
    return { at, element: mark(svg, 0, point.tip) };
  });
  make(root, "p", { class: "effc-source" }, data.words.source);

  return (costs, at) => {
    const setting = Object.fromEntries(data.axes.map((axis, i) => [axis.name, axis.values[at[i]]]));
    const isHere = (point) => point.at && Object.entries(point.at).every(([name, value]) => setting[name] === value);
    const here = data.accuracy.findIndex(isHere);
    points.forEach(({ at: place, element }, i) => {
      change(element, {
        class: i === here ? "effc-point effc-chosen" : "effc-point",
        d: MARKS[i === here ? DIAMOND : 0],
        transform: `translate(${place.x} ${place.y}) scale(${i === here ? 1.45 : 0.9})`,
      });
    });
    const place = x(Math.min(Math.max(sum(costs.macs), ends.low), ends.high));
    change(line, { x1: place, x2: place });
    const accuracy = here < 0 ? data.words.no_accuracy : data.accuracy[here].said;
    title.textContent = fill(data.words.accuracy, { accuracy });
    return ` ${accuracy}`;
  };
}

function build(page) {
  const { root, id, data, get } = page;
  heading(root, id, data.words.heading);
  const drawSliders = makeSliders(page);
  const drawTotals = makeTotals(page);
  const status = make(root, "p", { role: "status" });
  const drawBars = makeBars(page);
  make(root, "p", { class: "effc-source" }, data.words.hatched);
  const drawAccuracy = makeAccuracy(page);

  return () => {
    const { at, costs } = lookUp(data, get);
    const quantity = get("quantity");
    const settings = fill(data.words.settings, Object.fromEntries(data.axes.map((a, i) => [a.name, a.text[at[i]]])));
    drawSliders(at);
    drawTotals(costs, quantity);
    drawBars(costs, quantity, settings);
    const said = { settings };
    for (const { name } of data.quantities) {
      said[name] = spoken(sum(costs[name]));
      said[`${name}_times`] = round(sum(costs[name]) / (sum(data.baseline[name]) || 1));
    }
    status.textContent = fill(data.words.status, said) + drawAccuracy(costs, at);
  };
}

export default { render: instrument("explorer", build) };
