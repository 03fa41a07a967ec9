// Draws what roofline.py computed: it looks up a setting and places its points.
import { axes, change, chart, decades, fill, heading, instrument, legend, make, mark, round, slider } from "./common.js";

const WIDTH = 640, HEIGHT = 360; // of the chart, in its own units
const FRAME = { left: 56, right: WIDTH - 12, top: 26, bottom: HEIGHT - 44 };

const axis = ([low, high]) => ({ low, high, log: true, ticks: decades(low, high, [1]), text: (value) => round(value) });

function makeChart({ root, id, data }) {
  const { svg, title } = chart(root, id, "roof-chart", WIDTH, HEIGHT);
  const { x, y } = axes(svg, FRAME, axis(data.x), axis(data.y));
  make(svg, "text", { x: FRAME.left - 44, y: 14 }, data.words.up);
  make(svg, "text", { x: (FRAME.left + WIDTH) / 2, y: HEIGHT - 8, "text-anchor": "middle" }, data.words.across);

  const roof = make(svg, "polyline", { class: "effc-roof" });
  const layers = data.layers.map(({ kind, tip }) => ({
    best: mark(svg, kind, tip, { class: "effc-at-best" }),
    done: mark(svg, kind, tip, { class: "effc-done" }),
  }));
  return (b, m, summary) => {
    const attainable = data.attainable[b * data.memory.values.length + m];
    const asMeasured = data.batch.values[b] === 1 && data.memory.values[m] === 1;
    change(roof, { points: data.roofs[m].map(([intensity, speed]) => `${x(intensity)},${y(speed)}`).join(" ") });
    layers.forEach(({ best, done }, i) => {
      const at = x(data.intensity[b][i]);
      change(best, { transform: `translate(${at} ${y(attainable[i])})` });
      const gflops = asMeasured && data.measured[i];
      change(done, gflops ? { visibility: "visible", transform: `translate(${at} ${y(gflops)})` } : { visibility: "hidden" });
    });
    title.textContent = fill(data.words.chart, { summary });
  };
}

function build(page) {
  const { root, id, data, get, put } = page;
  heading(root, id, data.words.heading);
  const box = make(root, "div", { class: "effc-sliders" });
  const sliders = [data.batch, data.memory].map((one) =>
    slider(box, id, one, (i) => put({ [one.name]: one.values[i] })),
  );
  const status = make(root, "p", { role: "status" });
  const drawChart = makeChart(page);
  legend(make(root, "ul", { class: "effc-legend" }), data.kinds);
  make(root, "p", { class: "effc-source" }, data.words.marks);

  return () => {
    const [b, m] = [data.batch, data.memory].map((one) => one.values.indexOf(get(one.name)));
    const summary = data.summary[b * data.memory.values.length + m];
    sliders[0].show(b);
    sliders[1].show(m);
    drawChart(b, m, summary);
    status.textContent = summary;
  };
}

export default { render: instrument("roofline", build) };
