// Draws what fit.py computed. Who fits which step of a budget, and who is best, come from there.
import { axes, chart, decades, even, fill, heading, instrument, legend, make, mark, scaled, slider } from "./common.js";

const WIDTH = 700, HEIGHT = 380; // of the chart, in its own units
const FRAME = { left: 56, right: WIDTH - 20, top: 14, bottom: HEIGHT - 44 };

const joined = (places) => places.map((place, i) => `${i ? "L" : "M"}${place.join(" ")}`).join("");

function drawChart(svg, { rows, families, fitting, words }) {
  const [macs, top1] = [rows.map((row) => row.macs), rows.map((row) => row.top1)];
  const across = { low: Math.min(...macs) / 1.2, high: Math.max(...macs) * 1.2, log: true };
  const up = { low: Math.min(...top1) - 2, high: Math.max(...top1) + 2 };
  const { x, y } = axes(
    svg, FRAME,
    { ...across, ticks: decades(across.low, across.high, [1, 3]), text: (value) => scaled(value) },
    { ...up, ticks: even(up.low, up.high), text: (value) => `${value} %` },
  );
  make(svg, "text", { x: (FRAME.left + FRAME.right) / 2, y: HEIGHT - 8, "text-anchor": "middle" }, words.axis);
  const place = (row) => [x(row.macs), y(row.top1)];
  families.forEach((_, kind) => {
    const own = rows.filter((row) => row.family === kind).toSorted((a, b) => a.macs - b.macs);
    make(svg, "path", { class: `effc-family effc-color-${kind}`, d: joined(own.map((row) => place(row))) });
    for (const row of own) {
      const transform = `translate(${place(row).join(" ")})`;
      mark(svg, kind, row.tip, { transform, class: fitting.includes(row) ? "" : "effc-out" });
    }
  });
  if (fitting.length === 0) return;
  const [left, top] = place(fitting[0]);
  make(svg, "circle", { class: "effc-best", cx: left, cy: top, r: 10 });
  const isLeft = left < 260; // to the left there may be no room
  const at = isLeft ? { x: left + 14, y: top + 18 } : { x: left - 14, y: top - 8 };
  make(svg, "text", { class: "effc-winner", "text-anchor": isLeft ? "start" : "end", ...at }, fitting[0].name);
}

function build({ root, id, data, get, put }) {
  const { words, quantities, rows, families } = data;
  heading(root, id, words.heading);
  const box = make(root, "div", { class: "effc-sliders" });
  const sliders = quantities.map(({ name, label, steps, said }) => {
    const axis = { name: `max_${name}`, label, said: [...said, words.no_limit] };
    return slider(box, id, axis, (i) => put({ [axis.name]: steps[i] ?? null })); // behind the last step is no limit
  });
  const status = make(root, "p", { role: "status" });
  const { svg, title } = chart(root, id, "fit-chart", WIDTH, HEIGHT);
  legend(make(root, "ul", { class: "effc-legend" }), families.map((family, kind) => [kind, family]));
  make(root, "p", { class: "effc-source" }, words.source);

  return () => {
    const limits = quantities.map(({ name }) => get(`max_${name}`));
    const at = quantities.map(({ steps }, i) => (limits[i] === null ? steps.length : steps.indexOf(limits[i])));
    sliders.forEach((one, i) => one.show(at[i]));
    const fitting = rows.filter((row) => row.fits_from.every((first, i) => first <= at[i]));
    const budget = quantities.flatMap(({ said, at_most }, i) =>
      limits[i] === null ? [] : [fill(at_most, { limit: said[at[i]] })],
    );
    const winner = fitting.length > 0 ? fill(words.wins, { tip: fitting[0].tip }) : words.nobody;
    const counts = { all: rows.length, fitting: fitting.length, winner };
    status.textContent = fill(words.status, { ...counts, budget: budget.join(words.and) || words.no_limit });
    svg.replaceChildren(title);
    title.textContent = fill(words.chart, counts);
    drawChart(svg, { rows, families, fitting, words });
  };
}

export default { render: instrument("fit", build) };
