// Draws what effcourse/widgets/roofline.py computed: it looks up a setting and places its points.

const SVG = "http://www.w3.org/2000/svg";
const WIDTH = 640, HEIGHT = 360, LEFT = 56, RIGHT = 12, TOP = 26, BOTTOM = 44;  // of the chart, in its own units
const SHAPES = {
  depthwise: "M-4.5 0A4.5 4.5 0 1 0 4.5 0A4.5 4.5 0 1 0 -4.5 0",
  pointwise: "M-4 -4H4V4H-4Z",
  dense: "M0 -5.5L5 4H-5Z",
  linear: "M0 -6L6 0L0 6L-6 0Z",
  grouped: "M0 5.5L5 -4H-5Z",
  product: "M-1.5 -5H1.5V-1.5H5V1.5H1.5V5H-1.5V1.5H-5V-1.5H-1.5Z",
};

function make(parent, tag, attributes = {}, text = "") {
  const in_svg = tag === "svg" || parent.namespaceURI === SVG;
  const element = in_svg ? document.createElementNS(SVG, tag) : document.createElement(tag);
  for (const [name, value] of Object.entries(attributes)) element.setAttribute(name, value);
  element.textContent = text;
  parent.append(element);
  return element;
}

function make_slider(box, id, name, values, unit, moved) {
  make(box, "label", { for: `${id}-${unit.key}` }, name);
  const input = make(box, "input", {
    type: "range", id: `${id}-${unit.key}`, min: 0, max: values.length - 1, step: 1,
    "data-lm-suppress-shortcuts": "true",  // else JupyterLab takes the arrow keys
  });
  const output = make(box, "span", { "aria-hidden": "true", class: "effc-value" });  // aria-valuetext says it
  input.addEventListener("input", () => moved(values[Number(input.value)]));
  return (value) => {
    input.value = values.indexOf(value);
    input.setAttribute("aria-valuetext", unit.words(value));
    output.textContent = unit.words(value);
  };
}

function ticks([low, high]) {
  const values = [];
  for (let power = Math.ceil(Math.log10(low)); power <= Math.log10(high); power++) values.push(10 ** power);
  return values;
}

function make_chart(root, data, id) {
  const svg = make(root, "svg", { viewBox: `0 0 ${WIDTH} ${HEIGHT}`, role: "img", "aria-labelledby": `${id}-title` });
  const title = make(svg, "title", { id: `${id}-title` });
  const place = (value, [low, high], from, to) => from + (Math.log(value / low) / Math.log(high / low)) * (to - from);
  const x = (value) => place(value, data.x, LEFT, WIDTH - RIGHT);
  const y = (value) => place(value, data.y, HEIGHT - BOTTOM, TOP);

  for (const value of ticks(data.x)) {
    make(svg, "line", { class: "effc-grid", x1: x(value), x2: x(value), y1: TOP, y2: HEIGHT - BOTTOM });
    make(svg, "text", { x: x(value), y: HEIGHT - BOTTOM + 16, "text-anchor": "middle" }, String(+value.toPrecision(3)));
  }
  for (const value of ticks(data.y)) {
    make(svg, "line", { class: "effc-grid", x1: LEFT, x2: WIDTH - RIGHT, y1: y(value), y2: y(value) });
    make(svg, "text", { x: LEFT - 6, y: y(value) + 4, "text-anchor": "end" }, String(+value.toPrecision(3)));
  }
  make(svg, "path", { class: "effc-axis", d: `M${LEFT} ${TOP}V${HEIGHT - BOTTOM}H${WIDTH - RIGHT}` });
  make(svg, "text", { x: LEFT - 44, y: 14 }, "GFLOP/s (log)");
  make(svg, "text", { x: (LEFT + WIDTH) / 2, y: HEIGHT - 8, "text-anchor": "middle" },
    "arithmetic intensity: FLOP for each byte moved (log)");

  const roof = make(svg, "polyline", { class: "effc-roof" });
  const layers = data.kinds.map((kind, i) => {
    const [best, done] = ["effc-at-best", "effc-done"].map((state) => {
      const mark = make(svg, "path", { class: `effc-layer effc-${kind} ${state}`, d: SHAPES[kind] });
      make(mark, "title", {}, `${data.names[i]} (${kind})`);
      return mark;
    });
    return { best, done };
  });
  return (batch, memory, summary) => {
    const [b, m] = [data.batches.indexOf(batch), data.memory.indexOf(memory)];
    roof.setAttribute("points", data.roofs[m].map(([a, c]) => `${x(a)},${y(c)}`).join(" "));
    const attainable = data.attainable[b * data.memory.length + m];
    const as_measured = batch === 1 && memory === 1;
    layers.forEach(({ best, done }, i) => {
      const at = x(data.intensity[b][i]);
      best.setAttribute("transform", `translate(${at} ${y(attainable[i])})`);
      const gflops = as_measured && data.measured[i];
      done.setAttribute("visibility", gflops ? "visible" : "hidden");
      if (gflops) done.setAttribute("transform", `translate(${at} ${y(gflops)})`);
    });
    title.textContent = `Roofline of ${data.title}: layers by arithmetic intensity and GFLOP/s. ${summary}`;
  };
}

function make_legend(root, data) {
  const keys = { depthwise: ["●", "depthwise"], pointwise: ["■", "pointwise"], dense: ["▲", "dense"],
    linear: ["◆", "linear"], grouped: ["▼", "grouped"], product: ["✚", "matrix product"] };
  const legend = make(root, "p", { class: "effc-source" });
  for (const [kind, [sign, word]] of Object.entries(keys).filter(([kind]) => data.kinds.includes(kind))) {
    make(legend, "span", { class: `effc-key effc-${kind}`, "aria-hidden": "true" }, sign);
    make(legend, "span", {}, ` ${word}   `);
  }
  make(legend, "span", {}, data.measured.some((value) => value) ?
    "· Filled: measured, with one image and the memory as it is. Hollow: the most that the roof allows." :
    "· Each at the most that the roof allows.");
}

function render({ model, el }) {
  const data = model.get("data");
  const id = `effc-${Math.random().toString(36).slice(2)}`;
  const root = make(el, "div", { class: "effc-roofline", role: "group", "aria-labelledby": `${id}-heading` });
  make(root, "p", { class: "effc-heading", id: `${id}-heading` }, `${data.title} under this machine's roof`);
  const box = make(root, "div", { class: "effc-sliders" });
  const move = (name) => (value) => {
    model.set(name, value);
    draw();
    model.save_changes();
  };
  const draw_batch = make_slider(box, id, "images a batch", data.batches,
    { key: "batch", words: (value) => String(value) }, move("batch"));
  const draw_memory = make_slider(box, id, "memory's bandwidth", data.memory,
    { key: "memory", words: (value) => `${value} ×` }, move("memory"));
  const status = make(root, "p", { role: "status" });
  const draw_chart = make_chart(root, data, id);
  make_legend(root, data);

  function draw() {
    const [batch, memory] = [model.get("batch"), model.get("memory")];
    const summary = data.summary[data.batches.indexOf(batch) * data.memory.length + data.memory.indexOf(memory)];
    draw_batch(batch);
    draw_memory(memory);
    draw_chart(batch, memory, summary);
    status.textContent = summary;
  }

  const watched = ["change:batch", "change:memory"];
  for (const event of watched) model.on(event, draw);
  draw();
  return () => {
    for (const event of watched) model.off?.(event, draw);
  };
}

export default { render };
