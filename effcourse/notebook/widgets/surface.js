// Draws what surface.py computed: it looks up a setting, moves the budget's curve and lights up who fits.
import { axes, change, chart, fill, heading, instrument, make, mark, slider } from "./common.js";

const WIDTH = 640, HEIGHT = 380; // of the chart, in its own units
const FRAME = { left: 56, right: WIDTH - 12, top: 26, bottom: HEIGHT - 44 };
const ALPHAS = [0.25, 0.5, 0.75, 1];

function makeChart({ root, id, data }) {
  const { svg, title } = chart(root, id, "surface-chart", WIDTH, HEIGHT);
  const { x, y } = axes(
    svg, FRAME,
    { low: data.widths[0], high: data.widths[1], ticks: ALPHAS, text: String },
    { low: data.sides[0], high: data.sides[1], ticks: data.sizes, text: String },
  );
  make(svg, "text", { x: FRAME.left - 44, y: 14 }, data.words.up);
  make(svg, "text", { x: (FRAME.left + FRAME.right) / 2, y: HEIGHT - 8, "text-anchor": "middle" }, data.words.across);

  const points = (places) => places.map(([alpha, side]) => `${x(alpha)},${y(side)}`).join(" ");
  for (const { macs, places } of data.grey) {
    make(svg, "polyline", { class: "effc-equal", points: points(places) });
    const [alpha, side] = places.at(-1);
    make(svg, "text", { class: "effc-macs", x: x(alpha) + 5, y: y(side) - 3 }, macs);
  }
  const limit = make(svg, "polyline", { class: "effc-budget" });
  const ring = make(svg, "circle", { class: "effc-best", r: 11 });
  const marks = data.points.map(({ at: [alpha, side], top1, tip }) => {
    const place = { transform: `translate(${x(alpha)} ${y(side)})` };
    make(svg, "text", { class: "effc-top1", x: x(alpha) + 13, y: y(side) - 7 }, top1);
    return mark(svg, 0, tip, place);
  });
  return (curve, fits, best, summary) => {
    change(limit, { points: points(curve) });
    marks.forEach((one, i) => one.classList.toggle("effc-out", !fits.includes(i)));
    const [alpha, side] = best === null ? [0, 0] : data.points[best].at;
    change(ring, best === null ? { visibility: "hidden" } : { visibility: "visible", cx: x(alpha), cy: y(side) });
    title.textContent = fill(data.words.chart, { summary });
  };
}

function build(page) {
  const { root, id, data, get, put } = page;
  heading(root, id, data.words.heading);
  const box = make(root, "div", { class: "effc-sliders" });
  const sliders = data.sliders.map((one) => slider(box, id, one, (i) => put({ [one.name]: one.values[i] })));
  const status = make(root, "p", { role: "status" });
  const drawChart = makeChart(page);
  make(root, "p", { class: "effc-source" }, data.words.marks);

  return () => {
    const [b, p] = data.sliders.map((one) => one.values.indexOf(get(one.name)));
    const setting = b * data.sliders[1].values.length + p;
    sliders[0].show(b);
    sliders[1].show(p);
    drawChart(data.curves[b], data.fits[setting], data.best[setting], data.summary[setting]);
    status.textContent = data.summary[setting];
  };
}

export default { render: instrument("surface", build) };
