// Draws what effcourse/widgets/explorer.py computed. It adds up and divides for display; no cost formula is here.

const SVG = "http://www.w3.org/2000/svg";
const QUANTITIES = [
  ["macs", "MACs", "multiply-accumulates"],
  ["params", "parameters", "learned numbers"],
  ["activations", "activations", "numbers written"],
];
const LEFT = 110, WIDTH = 640, BAR = 22, LABEL = 120;  // of the chart, in its own units

const sum = (numbers) => numbers.reduce((a, b) => a + b, 0);
const exact = (n) => n.toLocaleString("en-US");
const round = (n, digits = 3) => Number(n.toPrecision(digits)).toLocaleString("en-US");
const ratio = (now, then) => (then ? `${(now / then).toFixed(2)} ×` : "–");
const percent = (part, whole) => (whole ? `${((100 * part) / whole).toFixed(1)} %` : "–");

function scaled(n, [large, medium, small] = ["G", "M", "k"]) {
  const [size, unit] = n >= 1e9 ? [1e9, large] : n >= 1e6 ? [1e6, medium] : n >= 1e3 ? [1e3, small] : [1, ""];
  return `${round(n / size)}${unit && " "}${unit}`;
}
const spoken = (n) => scaled(n, ["billion", "million", "thousand"]);

function make(parent, tag, attributes = {}, text = "") {
  const inSvg = tag === "svg" || parent.namespaceURI === SVG;
  const element = inSvg ? document.createElementNS(SVG, tag) : document.createElement(tag);
  for (const [name, value] of Object.entries(attributes)) element.setAttribute(name, value);
  element.textContent = text;
  parent.append(element);
  return element;
}

function change(element, attributes) {
  for (const [name, value] of Object.entries(attributes)) element.setAttribute(name, value);
}

// Each axis has the index of its present value; together they are one place in the grid.
function look_up(model, data) {
  let index = 0;
  const at = {};
  for (const axis of data.axes) {
    at[axis.name] = model.get(axis.name);
    index = index * axis.values.length + axis.values.indexOf(at[axis.name]);
  }
  const sizes = data.axes[data.axes.length - 1].values.length;
  return {
    at,
    macs: data.macs[index],
    params: data.params[Math.floor(index / sizes)],
    activations: data.activations[index],
  };
}

function make_sliders(root, data, id, moved) {
  const box = make(root, "div", { class: "effc-sliders" });
  return data.axes.map((axis) => {
    make(box, "label", { for: `${id}-${axis.name}`, title: axis.text.join(", ") }, axis.label);
    const input = make(box, "input", {
      type: "range", id: `${id}-${axis.name}`, min: 0, max: axis.values.length - 1, step: 1,
      "data-lm-suppress-shortcuts": "true",  // else JupyterLab takes the arrow keys
    });
    const output = make(box, "span", { "aria-hidden": "true", class: "effc-value" });  // aria-valuetext says it
    input.addEventListener("input", () => moved(axis, Number(input.value)));
    return (at) => {
      const i = axis.values.indexOf(at[axis.name]);
      input.value = i;
      const text = `${axis.text[i]} ${axis.unit}`.trim();
      input.setAttribute("aria-valuetext", text);
      output.textContent = text;
    };
  });
}

function make_totals(root, data, id, chosen) {
  const set = make(root, "fieldset", { class: "effc-totals" });
  make(set, "legend", {}, "Together, and what the bars show");
  const cells = QUANTITIES.map(([name, word, meaning]) => {
    const input = make(set, "input", {
      type: "radio", name: `${id}-quantity`, id: `${id}-${name}`, "data-lm-suppress-shortcuts": "true",
    });
    make(set, "label", { for: input.id, title: meaning }, word);
    input.addEventListener("change", () => chosen(name));
    return { name, input, now: make(set, "span", { class: "effc-number" }), part: make(set, "span") };
  });
  return (costs, quantity) => {
    for (const { name, input, now, part } of cells) {
      input.checked = name === quantity;
      now.textContent = exact(sum(costs[name]));
      part.textContent = `${ratio(sum(costs[name]), sum(data.baseline[name]))} ${data.compared}`;
    }
  };
}

function make_bars(root, data, id) {
  const height = BAR * data.stages.length + 4;
  const svg = make(root, "svg", {
    class: "effc-bars", viewBox: `0 0 ${WIDTH} ${height}`, role: "img", "aria-labelledby": `${id}-bars-title`,
  });
  const title = make(svg, "title", { id: `${id}-bars-title` });
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
  return (costs, quantity, words) => {
    const [now, behind] = [costs[quantity], data.baseline[quantity]];
    const scale = (WIDTH - LEFT - LABEL) / Math.max(...now, ...behind, 1);
    const whole = sum(now);
    bars.forEach((bar, i) => {
      change(bar.behind, { width: behind[i] * scale });
      change(bar.now, { width: now[i] * scale, class: `effc-${quantity}` });
      change(bar.text, { x: LEFT + Math.max(now[i], behind[i]) * scale + 6 });
      bar.text.textContent = `${scaled(now[i])} · ${percent(now[i], whole)}`;
    });
    const most = now.indexOf(Math.max(...now));
    const [, word] = QUANTITIES.find(([name]) => name === quantity);
    title.textContent =
      `Bars: ${word} by stage of ${data.title} at ${words}; hatched behind them the network ${data.baseline_text}. ` +
      `Most are in ${data.stages[most]}: ${percent(now[most], whole)}.`;
  };
}

function make_accuracy(root, data, id) {
  if (!data.accuracy.length) return () => "";
  const height = 150, bottom = height - 32, top = 12, right = WIDTH - 20;
  const svg = make(root, "svg", {
    class: "effc-accuracy", viewBox: `0 0 ${WIDTH} ${height}`, role: "img", "aria-labelledby": `${id}-accuracy-title`,
  });
  const title = make(svg, "title", { id: `${id}-accuracy-title` });
  const macs = data.accuracy.map((point) => point.macs);
  const accuracies = data.accuracy.map((point) => point.top1);
  const [low, high] = [Math.log10(Math.min(...macs)) - 0.05, Math.log10(Math.max(...macs)) + 0.05];
  const [worst, best] = [Math.min(...accuracies), Math.max(...accuracies)];
  const x = (value) => LEFT + ((Math.log10(value) - low) / (high - low)) * (right - LEFT);
  const y = (top1) => bottom - ((top1 - worst) / (best - worst || 1)) * (bottom - top - 10);

  make(svg, "path", { class: "effc-axis", d: `M${LEFT} ${top}V${bottom + 6}H${right}` });
  for (const value of [worst, best]) {
    make(svg, "text", { x: LEFT - 8, y: y(value) + 4, "text-anchor": "end" }, `${value.toFixed(1)} %`);
  }
  make(svg, "text", { x: LEFT - 8, y: (y(worst) + y(best)) / 2 + 4, "text-anchor": "end" }, "top-1");
  for (const value of [Math.min(...macs), Math.max(...macs)]) {
    make(svg, "text", { x: x(value), y: height - 10, "text-anchor": "middle" }, scaled(value));
  }
  make(svg, "text", { x: (LEFT + right) / 2, y: height - 10, "text-anchor": "middle" }, "MACs, as published (log)");
  const line = make(svg, "line", { class: "effc-here", y1: top, y2: bottom + 6 });
  const points = data.accuracy.map((point) => {
    const mark = make(svg, "path", {
      d: "M-4 0A4 4 0 1 0 4 0A4 4 0 1 0 -4 0", transform: `translate(${x(point.macs)} ${y(point.top1)})`,
    });
    make(mark, "title", {}, `${point.label}: ${point.top1.toFixed(1)} %`);
    if (data.accuracy.length <= 8) {
      const high_up = y(point.top1) < (top + bottom) / 2;
      const at = { x: x(point.macs), y: y(point.top1) + (high_up ? 20 : -10) };
      make(svg, "text", { ...at, "text-anchor": at.x < LEFT + 40 ? "start" : "middle" }, point.label);
    }
    return mark;
  });
  make(root, "p", { class: "effc-source" }, `Accuracy and MACs as published: ${data.source}.`);

  return (costs, at) => {
    const here = data.accuracy.findIndex(
      (point) => point.at && Object.entries(point.at).every(([name, value]) => at[name] === value),
    );
    points.forEach((mark, i) => {
      change(mark, {
        class: i === here ? "effc-point effc-chosen" : "effc-point",
        d: i === here ? "M-8 0L0 -8L8 0L0 8Z" : "M-4 0A4 4 0 1 0 4 0A4 4 0 1 0 -4 0",
      });
    });
    const line_x = x(Math.min(Math.max(sum(costs.macs), 10 ** low), 10 ** high));
    change(line, { x1: line_x, x2: line_x });
    const words = here < 0 ? "No accuracy was published for this setting." :
      `Published accuracy of this setting: ${data.accuracy[here].top1.toFixed(1)} % top-1.`;
    title.textContent =
      `Published top-1 accuracy against MACs, ${data.accuracy.length} settings ` +
      `from ${worst.toFixed(1)} to ${best.toFixed(1)} %; a dashed line at the MACs of the present setting. ${words}`;
    return ` ${words}`;
  };
}

function render({ model, el }) {
  const data = model.get("data");
  const id = `effc-${Math.random().toString(36).slice(2)}`;
  const root = make(el, "div", { class: "effc-explorer", role: "group", "aria-labelledby": `${id}-heading` });
  make(root, "p", { class: "effc-heading", id: `${id}-heading` }, `${data.title}: what a setting costs`);

  const move = (axis, i) => {
    model.set(axis.name, axis.values[i]);
    for (const [name, value] of Object.entries(axis.sets[i])) model.set(name, value);
    draw();
    model.save_changes();
  };
  const choose = (quantity) => {
    model.set("quantity", quantity);
    draw();
    model.save_changes();
  };
  const draw_sliders = make_sliders(root, data, id, move);
  const draw_totals = make_totals(root, data, id, choose);
  const status = make(root, "p", { role: "status", class: "effc-status" });
  const draw_bars = make_bars(root, data, id);
  make(root, "p", { class: "effc-source" }, `Hatched: ${data.title} ${data.baseline_text}.`);
  const draw_accuracy = make_accuracy(root, data, id);

  function draw() {
    const { at, ...costs } = look_up(model, data);
    const quantity = model.get("quantity");
    const words = data.axes.map((a) => `${a.label} ${a.text[a.values.indexOf(at[a.name])]}`).join(", ");
    for (const slider of draw_sliders) slider(at);
    draw_totals(costs, quantity);
    draw_bars(costs, quantity, words);
    const totals = QUANTITIES.map(([name, word], i) => {
      const [now, behind] = [sum(costs[name]), sum(data.baseline[name])];
      const times = behind ? ` (${round(now / behind)} times${i ? "" : ` as many ${data.compared}`})` : "";
      return `${spoken(now)} ${word}${times}`;
    });
    status.textContent = `${words}: ${totals.join(", ")}.` + draw_accuracy(costs, at);
  }

  const watched = [...data.axes.map((axis) => axis.name), "quantity"].map((name) => `change:${name}`);
  for (const event of watched) model.on(event, draw);
  draw();
  return () => {
    for (const event of watched) model.off?.(event, draw);
  };
}

export default { render };
