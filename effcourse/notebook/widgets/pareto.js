// Draws what front.py computed. Who fits which step of a budget, who is best and every sentence come from there.
import { axes, chart, choice, decades, even, fill, heading, instrument, legend, make, mark, round, slider } from "./common.js";

const WIDTH = 700, HEIGHT = 400; // of the chart, in its own units
const FRAME = { left: 56, right: WIDTH - 20, top: 14, bottom: HEIGHT - 44 };

// The lines that join a family's widths, and those of the front.
const joined = (places) => places.map((place, i) => `${i ? "L" : "M"}${place.join(" ")}`).join("");
const stepped = (places) => places.map(([x, y], i) => (i ? `H${x}V${y}` : `M${x} ${y}`)).join("");

function drawWinner(svg, [x, y], words) {
  make(svg, "circle", { class: "effc-best", cx: x, cy: y, r: 10 });
  const isLeft = x < 260; // above and to the left of a winner there is nobody, but there may be no room
  const place = isLeft ? { x: x + 14, y: y + 18 } : { x: x - 14, y: y - 8 };
  make(svg, "text", { class: "effc-winner", "text-anchor": isLeft ? "start" : "end", ...place }, words);
}

function drawChart(svg, { data, quantity, cost, rows, fitting, limit }) {
  const priceOf = (row) => row[quantity.name];
  const [prices, top1] = [rows.map((row) => priceOf(row)), rows.map((row) => row.top1)];
  const margin = (Math.max(...top1) - Math.min(...top1)) * 0.06 + 0.3;
  const across = { low: Math.min(...prices) / 1.15, high: Math.max(...prices) * 1.15, log: true };
  const up = { low: Math.min(...top1) - margin, high: Math.max(...top1) + margin };
  const inUnits = (value) => `${round(value / quantity.size, 12)} ${quantity.unit}`;
  const { x, y } = axes(
    svg, FRAME,
    {
      ...across,
      ticks: decades(across.low, across.high),
      text: (value) => (quantity.unit === "M" && value >= 1e9 ? `${value / 1e9} G` : inUnits(value)),
    },
    { ...up, ticks: even(up.low, up.high), text: (value) => `${value} %` },
  );
  make(svg, "text", { x: (FRAME.left + FRAME.right) / 2, y: HEIGHT - 8, "text-anchor": "middle" }, cost.axis);

  const place = (row) => [x(priceOf(row)), y(row.top1)];
  const byPrice = rows.toSorted((a, b) => priceOf(a) - priceOf(b));
  const front = byPrice.filter((row) => row.front.includes(quantity.name));
  make(svg, "path", { class: "effc-front", d: stepped(front.map((row) => place(row))) });
  if (limit !== null && limit >= across.low && limit <= across.high) {
    make(svg, "line", { class: "effc-limit", x1: x(limit), x2: x(limit), y1: FRAME.top, y2: FRAME.bottom });
  }
  data.families.forEach((family, kind) => {
    const own = byPrice.filter((row) => row.family === family);
    const native = own.filter((row) => row.native);
    make(svg, "path", { class: `effc-family effc-color-${kind}`, d: joined(native.map((row) => place(row))) });
    for (const row of own) {
      const transform = `translate(${place(row).join(" ")}) scale(${row.native ? 1.15 : 0.75})`;
      mark(svg, kind, row.tips[quantity.name], { transform, class: fitting.includes(row) ? "" : "effc-out" });
    }
  });
  const [best] = fitting;
  if (rows.includes(best)) drawWinner(svg, place(best), best.ring);
  return front.length;
}

function build({ root, id, data, get, put }) {
  const { words, quantities, recipes } = data;
  heading(root, id, words.heading);
  const chooseRecipe = (recipe) => put({ recipe });
  const recipeOf = choice(root, id, "recipe", words.recipe, recipes.map((one) => [one.key, one.title]), chooseRecipe);
  const chooseCost = (against) => put({ against });
  const against = choice(root, id, "against", words.against, quantities.map((one) => [one.name, one.name]), chooseCost);
  const box = make(root, "div", { class: "effc-sliders" });
  const limits = quantities.map(({ name, steps, said }) => {
    const axis = { name: `max_${name}`, label: name, said: [...said, words.no_limit] };
    return slider(box, id, axis, (i) => put({ [axis.name]: steps[i] ?? null })); // behind the last step is no limit
  });
  const status = make(root, "p", { role: "status" });
  const { svg, title } = chart(root, id, "front-chart", WIDTH, HEIGHT);
  const families = make(root, "ul", { class: "effc-legend" });
  const note = make(root, "p", { class: "effc-source" });
  const runners = make(root, "ol", { class: "effc-runners" });

  return () => {
    const recipe = recipes.find((one) => one.key === get("recipe"));
    const chosen = quantities.findIndex((one) => one.name === get("against"));
    const [quantity, cost] = [quantities[chosen], recipe.costs[chosen]];
    const asked = quantities.map((one) => get(`max_${one.name}`));
    const at = quantities.map(({ steps }, i) => (asked[i] === null ? steps.length : steps.indexOf(asked[i])));
    recipeOf.show(recipe.key);
    against.show(quantity.name);
    recipe.costs.forEach((one, i) => {
      against.radios[i].label.textContent = one.label;
      limits[i].label.textContent = one.slider;
      limits[i].show(at[i]);
    });

    const fitting = recipe.rows.filter((row) => row.fits_from.every((first, i) => first <= at[i])); // the best first
    const rows = recipe.rows.filter((row) => row[quantity.name] !== null);
    const [best] = fitting;
    const budget = quantities.flatMap(({ said }, i) =>
      asked[i] === null ? [] : [fill(recipe.costs[i].at_most, { limit: said[at[i]] })],
    );
    status.textContent = fill(words.status, {
      budget: budget.join(words.and) || words.no_limit,
      fitting: fitting.length,
      all: recipe.rows.length,
      winner: best ? best.wins : words.nobody_wins,
      unknown: cost.unknown,
    });

    svg.replaceChildren(title);
    if (rows.length > 0) {
      const front = drawChart(svg, { data, quantity, cost, rows, fitting, limit: asked[chosen] });
      const within = rows.filter((row) => fitting.includes(row)).length;
      title.textContent = fill(cost.chart, { front, within, winner: best ? best.is_ringed : words.nothing_is_ringed });
    } else {
      title.textContent = cost.nothing;
      make(svg, "text", { x: WIDTH / 2, y: HEIGHT / 2, "text-anchor": "middle" }, cost.nothing);
    }
    const kinds = data.families.map((family, kind) => [kind, family]);
    legend(families, kinds.filter(([, family]) => rows.some((row) => row.family === family)));
    note.textContent = recipe.note;
    runners.replaceChildren();
    for (const row of fitting.slice(0, 3)) make(runners, "li", {}, row.said);
  };
}

export default { render: instrument("pareto", build) };
