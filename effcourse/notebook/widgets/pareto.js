// Draws what effcourse/widgets/front.py computed. It only filters by the budget; fronts come from Python.

const SVG = "http://www.w3.org/2000/svg";
const WIDTH = 700, HEIGHT = 400, LEFT = 56, RIGHT = 20, TOP = 14, BOTTOM = 44;  // of the chart, in its own units
const MARKS = [  // one a family, about 9 units wide, as colour must never be the only difference
  "M-4.5 0A4.5 4.5 0 1 0 4.5 0A4.5 4.5 0 1 0 -4.5 0Z",
  "M-4 -4H4V4H-4Z",
  "M0 -5L5 4H-5Z",
  "M0 -5.5L5.5 0L0 5.5L-5.5 0Z",
  "M0 5L5 -4H-5Z",
  "M-1.7 -5H1.7V-1.7H5V1.7H1.7V5H-1.7V1.7H-5V-1.7H-1.7Z",
  "M-5 -2.6L-2.6 -5L0 -2.4L2.6 -5L5 -2.6L2.4 0L5 2.6L2.6 5L0 2.4L-2.6 5L-5 2.6L-2.4 0Z",
];

function make(parent, tag, attributes = {}, text = "") {
  const inSvg = tag === "svg" || parent.namespaceURI === SVG;
  const element = inSvg ? document.createElementNS(SVG, tag) : document.createElement(tag);
  for (const [name, value] of Object.entries(attributes)) element.setAttribute(name, value);
  element.textContent = text;
  parent.append(element);
  return element;
}

const number = (value, digits = 3) => Number(value.toPrecision(digits)).toLocaleString("en-US");
const told = (quantity, value, digits) => `${number(value / quantity.size, digits)} ${quantity.unit}`;

function make_choice(root, id, legend, options, chosen) {
  const set = make(root, "fieldset", { class: "effc-choice" });
  make(set, "legend", {}, legend);
  const inputs = options.map(([value, label]) => {
    const span = make(set, "span");
    const input = make(span, "input", {
      type: "radio", name: `${id}-${legend}`, id: `${id}-${value}`, "data-lm-suppress-shortcuts": "true",
    });
    const text = make(span, "label", { for: input.id }, label);
    input.addEventListener("change", () => chosen(value));
    return { value, input, text };
  });
  return { inputs, set: (value) => inputs.forEach((one) => { one.input.checked = one.value === value; }) };
}

function make_slider(box, id, quantity, moved) {
  const name = `max_${quantity.name}`;
  const label = make(box, "label", { for: `${id}-${name}` }, `${quantity.label} at most`);
  const last = quantity.steps.length;  // behind the last step there is no limit
  const input = make(box, "input", {
    type: "range", id: `${id}-${name}`, min: 0, max: last, step: 1, "data-lm-suppress-shortcuts": "true",
  });
  const output = make(box, "span", { "aria-hidden": "true", class: "effc-value" });  // aria-valuetext says it
  input.addEventListener("input", () => {
    const i = Number(input.value);
    moved(name, i === last ? null : quantity.steps[i]);
  });
  return (limit, words) => {
    const at = limit === null ? last : Math.max(0, quantity.steps.findLastIndex((step) => step <= limit));
    const text = limit === null ? "no limit" : told(quantity, limit, 12);
    input.value = at;
    input.setAttribute("aria-valuetext", text);
    output.textContent = text;
    label.textContent = `${words} at most`;
  };
}

function ticks(low, high, log) {
  const found = [];
  if (log) {
    for (let decade = Math.floor(Math.log10(low)); decade <= Math.log10(high); decade++) {
      for (const step of [1, 2, 5]) found.push(step * 10 ** decade);
    }
  } else {
    const step = high - low > 12 ? 5 : high - low > 5 ? 2 : 1;
    for (let value = Math.ceil(low / step) * step; value <= high; value += step) found.push(value);
  }
  return found.filter((value) => value >= low && value <= high);
}

function draw_chart(svg, id, data, recipe, quantity, words, rows, fits, best, limit) {
  svg.replaceChildren();
  const title = make(svg, "title", { id: `${id}-title` });
  if (!rows.length) {
    title.textContent = `No network of ${recipe.title} has a ${words}.`;
    make(svg, "text", { x: WIDTH / 2, y: HEIGHT / 2, "text-anchor": "middle" }, title.textContent);
    return;
  }
  const costs = rows.map((row) => row[quantity.name]), top1 = rows.map((row) => row.top1);
  const [low, high] = [Math.min(...costs) / 1.15, Math.max(...costs) * 1.15];
  const margin = (Math.max(...top1) - Math.min(...top1)) * 0.06 + 0.3;
  const [worst, top] = [Math.min(...top1) - margin, Math.max(...top1) + margin];
  const x = (v) => LEFT + (Math.log(v / low) / Math.log(high / low)) * (WIDTH - LEFT - RIGHT);
  const y = (v) => HEIGHT - BOTTOM - ((v - worst) / (top - worst)) * (HEIGHT - BOTTOM - TOP);
  const place = (row) => [x(row[quantity.name]), y(row.top1)];

  for (const value of ticks(worst, top, false)) {
    make(svg, "line", { class: "effc-grid", x1: LEFT, x2: WIDTH - RIGHT, y1: y(value), y2: y(value) });
    make(svg, "text", { x: LEFT - 8, y: y(value) + 4, "text-anchor": "end" }, `${value} %`);
  }
  for (const value of ticks(low, high, true)) {
    make(svg, "line", { class: "effc-grid", x1: x(value), x2: x(value), y1: TOP, y2: HEIGHT - BOTTOM });
    const unit = quantity.unit === "M" && value >= 1e9 ? `${value / 1e9} G` : told(quantity, value, 12);
    make(svg, "text", { x: x(value), y: HEIGHT - BOTTOM + 17, "text-anchor": "middle" }, unit);
  }
  make(svg, "path", { class: "effc-axis", d: `M${LEFT} ${TOP}V${HEIGHT - BOTTOM}H${WIDTH - RIGHT}` });
  make(svg, "text", { x: (LEFT + WIDTH - RIGHT) / 2, y: HEIGHT - 8, "text-anchor": "middle" }, `${words} (logarithmic)`);

  const front = rows.filter((row) => row.front.includes(quantity.name)).sort((a, b) => a[quantity.name] - b[quantity.name]);
  const steps = front.map((row, i) => {
    const [px, py] = place(row);
    return i ? `H${px}V${py}` : `M${px} ${py}`;
  });
  make(svg, "path", { class: "effc-front", d: steps.join("") });
  if (limit !== null && limit >= low && limit <= high) {
    make(svg, "line", { class: "effc-limit", x1: x(limit), x2: x(limit), y1: TOP, y2: HEIGHT - BOTTOM });
  }
  data.families.forEach((family, f) => {
    const own = rows.filter((row) => row.family === family);
    const line = own.filter((row) => row.native).sort((a, b) => a[quantity.name] - b[quantity.name]);
    make(svg, "path", {
      class: `effc-family effc-family-${f}`, d: line.map((row, i) => `${i ? "L" : "M"}${place(row).join(" ")}`).join(""),
    });
    for (const row of own) {
      const [px, py] = place(row);
      const mark = make(svg, "path", {
        d: MARKS[f % MARKS.length], transform: `translate(${px} ${py}) scale(${row.native ? 1.15 : 0.75})`,
        class: `effc-mark effc-family-${f} ${fits.has(row) ? "" : "effc-out"}`,
      });
      make(mark, "title", {}, `${row.model}: ${row.top1.toFixed(1)} %, ${told(quantity, row[quantity.name])}`);
    }
  });
  if (rows.includes(best)) {
    const [px, py] = place(best);
    make(svg, "circle", { class: "effc-best", cx: px, cy: py, r: 10 });
    const left = px < 260;  // above and to the left of a winner there is nobody, but there may be no room
    make(
      svg, "text",
      { class: "effc-winner", x: px + (left ? 14 : -14), y: py + (left ? 18 : -8), "text-anchor": left ? "start" : "end" },
      `${best.model}, ${best.top1.toFixed(1)} %`,
    );
  }
  title.textContent =
    `Top-1 accuracy against ${words}, ${rows.length} networks, ${recipe.title}; families joined. ` +
    `${front.length} lie on the front, the dashed line. ${rows.filter((row) => fits.has(row)).length} are within the ` +
    `budget, drawn filled; ${best ? `the most accurate is ${best.model}, ringed.` : "nothing fits."}`;
}

function render({ model, el }) {
  const data = model.get("data");
  const id = `effc-${Math.random().toString(36).slice(2)}`;
  const root = make(el, "div", { class: "effc-pareto", role: "group", "aria-labelledby": `${id}-heading` });
  make(root, "p", { class: "effc-heading", id: `${id}-heading` }, "Which network wins, within your budget?");

  const put = (name, value) => {
    model.set(name, value);
    draw();
    model.save_changes();
  };
  const recipes = make_choice(
    root, id, "Accuracy from", data.recipes.map((one) => [one.key, one.title]), (value) => put("recipe", value),
  );
  const against = make_choice(
    root, id, "Held against", data.quantities.map((one) => [one.name, one.label]), (value) => put("against", value),
  );
  const box = make(root, "div", { class: "effc-sliders" });
  const sliders = data.quantities.map((quantity) => make_slider(box, id, quantity, put));
  const status = make(root, "p", { role: "status", class: "effc-status" });
  const svg = make(root, "svg", {
    viewBox: `0 0 ${WIDTH} ${HEIGHT}`, role: "img", "aria-labelledby": `${id}-title`,
  });
  const legend = make(root, "ul", { class: "effc-legend" });
  const note = make(root, "p", { class: "effc-source" });
  const runners = make(root, "ol", { class: "effc-runners" });

  function draw() {
    const recipe = data.recipes.find((one) => one.key === model.get("recipe"));
    const quantity = data.quantities.find((one) => one.name === model.get("against"));
    const words = (one) => (one.name === "ms" ? `latency on ${recipe.short_device}` : one.label);
    const limits = data.quantities.map((one) => [one, model.get(`max_${one.name}`) ?? null]);
    recipes.set(recipe.key);
    against.set(quantity.name);
    for (const one of against.inputs) {
      one.text.textContent = words(data.quantities.find((other) => other.name === one.value));
    }
    sliders.forEach((slider, i) => slider(limits[i][1], words(limits[i][0])));

    const within = (row) =>
      limits.every(([one, limit]) => limit === null || (row[one.name] !== null && row[one.name] <= limit));
    const fitting = recipe.rows.filter(within).sort((a, b) => b.top1 - a.top1 || a.macs - b.macs);
    const [best] = fitting;
    const shown = recipe.rows.filter((row) => row[quantity.name] !== null);
    draw_chart(
      svg, id, data, recipe, quantity, words(quantity), shown, new Set(fitting), best,
      limits.find(([one]) => one === quantity)[1],
    );
    const asked = limits.filter(([, limit]) => limit !== null).map(([one, limit]) => `at most ${told(one, limit, 12)} ${words(one)}`);
    const budget = asked.join(" and ") || "no limit";
    const unknown = recipe.rows.length - shown.length;
    status.textContent =
      `Budget: ${budget}. ${fitting.length} of ${recipe.rows.length} fit; ` +
      (best ? `the most accurate is ${best.model} with ${best.top1.toFixed(1)} %.` : "loosen a limit.") +
      (unknown ? ` ${unknown} have no ${words(quantity)} and are not drawn.` : "");

    legend.replaceChildren();
    data.families.forEach((family, f) => {
      if (!shown.some((row) => row.family === family)) return;
      const item = make(legend, "li");
      const icon = make(item, "svg", { viewBox: "-7 -7 14 14", "aria-hidden": "true" });
      make(icon, "path", { d: MARKS[f % MARKS.length], class: `effc-mark effc-family-${f}` });
      make(item, "span", {}, family);
    });
    note.textContent =
      `${recipe.note} Latency: ${recipe.device}. Filled: within the budget. Small: at another resolution. ` +
      "Dashed: the front.";
    runners.replaceChildren();
    for (const row of fitting.slice(0, 3)) {
      const costs = data.quantities.filter((one) => row[one.name] !== null)
        .map((one) => `${told(one, row[one.name])} ${one.unit === "ms" ? `(${words(one)})` : one.label}`);
      make(runners, "li", {}, `${row.model}: ${row.top1.toFixed(1)} %, ${costs.join(", ")}. From ${row.citation}.`);
    }
  }

  const watched = ["recipe", "against", ...data.quantities.map((one) => `max_${one.name}`)].map((n) => `change:${n}`);
  for (const event of watched) model.on(event, draw);
  draw();
  return () => {
    for (const event of watched) model.off?.(event, draw);
  };
}

export default { render };
