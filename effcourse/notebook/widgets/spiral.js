// Draws what spiral.py computed: a spiral, and what comes back of it at a setting.
import { change, chart, fill, heading, instrument, make, slider } from "./common.js";

const SIDE = 300, GAP = 24, TOP = 26; // of a panel, in the chart's own units
const numbers = (written) => written.split(" ").map(Number);
const CROSS = "m-3 -3l6 6m-6 0l6 -6"; // around a point

// A panel's frame, its three turns and its crosses; gives the function that puts points into them.
function panel(svg, data, left) {
  const title = make(svg, "text", { x: left, y: 16 });
  make(svg, "rect", { class: "effc-frame", x: left, y: TOP, width: SIDE, height: SIDE });
  const turns = data.kinds.map((_, i) => make(svg, "polyline", { class: `effc-turn effc-color-${i} effc-turn-${i}` }));
  const crosses = make(svg, "path", { class: "effc-gone" });
  return (words, points, gone, reach) => {
    title.textContent = words;
    const place = (value) => (value / reach) * (SIDE / 2 - 8);
    const at = [];
    for (let i = 0; i < points.length; i += 2) {
      const [x, y] = [left + SIDE / 2 + place(points[i]), TOP + SIDE / 2 - place(points[i + 1])];
      at.push([x.toFixed(1), y.toFixed(1)]);
    }
    turns.forEach((turn, i) => {
      const part = at.slice(data.turns[i], data.turns[i + 1] + 1);
      change(turn, { points: part.map(([x, y]) => `${x},${y}`).join(" ") });
    });
    const crossed = at.filter((_, i) => gone[i] === "1");
    change(crosses, { d: crossed.map(([x, y]) => `M${x} ${y}${CROSS}`).join("") });
  };
}

// Lines are told apart by their dashes, what is gone by its cross.
function makeLegend(root, data) {
  const list = make(root, "ul", { class: "effc-legend" });
  const sample = (words) => {
    const item = make(list, "li");
    const svg = make(item, "svg", { class: "effc-sample", viewBox: "0 0 28 14", "aria-hidden": "true" });
    make(item, "span", {}, words);
    return svg;
  };
  data.kinds.forEach((word, i) => {
    make(sample(word), "polyline", { class: `effc-turn effc-color-${i} effc-turn-${i}`, points: "1,7 27,7" });
  });
  make(sample(data.words.gone), "path", { class: "effc-gone", d: `M14 7${CROSS}` });
}

function build({ root, id, data, get, put }) {
  const [spiral, backs] = [numbers(data.spiral), data.back.map(numbers)];
  heading(root, id, data.words.heading);
  const box = make(root, "div", { class: "effc-sliders" });
  const sliders = [data.channels, data.seed].map((one) =>
    slider(box, id, one, (i) => put({ [one.name]: one.values[i] })),
  );
  const status = make(root, "p", { role: "status" });
  const { svg, title } = chart(root, id, "spirals", 2 * SIDE + GAP + 2, TOP + SIDE + 2);
  const [before, after] = [1, 1 + SIDE + GAP].map((left) => panel(svg, data, left));
  makeLegend(root, data);

  return () => {
    const [n, seed] = [data.channels, data.seed].map((one) => one.values.indexOf(get(one.name)));
    const setting = n * data.seed.values.length + seed;
    sliders[0].show(n);
    sliders[1].show(seed);
    before(data.words.before, spiral, data.gone[setting], data.reach.before);
    after(data.after[setting], backs[setting], data.gone[setting], data.reach.after[setting]);
    const summary = data.summary[setting];
    title.textContent = fill(data.words.chart, { summary });
    status.textContent = summary;
  };
}

export default { render: instrument("spiral", build) };
