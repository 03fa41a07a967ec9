// Draws what convolution.py computed: it looks up a setting and a place, and moves the window there.
import { change, chart, control, exact, fill, heading, instrument, make, slider } from "./common.js";

const WIDTH = 640, HEIGHT = 262; // of the chart, in its own units
const CELL = 20, TOP = 30, LEFT = 6, OUTPUT = 276, WIRES = 540;
const PAUSE = 140; // milliseconds at a place while it runs

const square = (svg, x, y, name) => make(svg, "rect", { x, y, width: CELL, height: CELL, class: name });
const times = (n, draw) => Array.from({ length: n }, (_, i) => draw(i));

function drawPicture(group, size, padding) {
  group.replaceChildren();
  const side = size + 2 * padding;
  times(side * side, (i) => {
    const [row, column] = [Math.floor(i / side), i % side];
    const [x, y] = [LEFT + column * CELL, TOP + row * CELL];
    const real = [row, column].every((at) => at >= padding && at < size + padding);
    square(group, x, y, real ? "effc-cell" : "effc-zero");
    if (!real) make(group, "text", { x: x + CELL / 2, y: y + CELL - 6, "text-anchor": "middle" }, "0");
  });
}

function drawOutput(group, side) {
  group.replaceChildren();
  return times(side * side, (i) =>
    square(group, OUTPUT + (i % side) * CELL, TOP + Math.floor(i / side) * CELL, "effc-place"),
  );
}

const wireAt = (i) => TOP + 14 + i * 34; // a channel's height

function drawWires(group, [inputs, outputs], groups) {
  group.replaceChildren();
  times(inputs, (i) =>
    times(outputs, (o) => {
      if (Math.floor((i * groups) / inputs) !== Math.floor((o * groups) / outputs)) return;
      make(group, "line", { class: "effc-wire", x1: WIRES, x2: WIRES + 84, y1: wireAt(i), y2: wireAt(o) });
    }),
  );
  times(inputs, (i) => make(group, "circle", { class: "effc-channel", cx: WIRES, cy: wireAt(i), r: 6 }));
  times(outputs, (o) => make(group, "circle", { class: "effc-channel", cx: WIRES + 84, cy: wireAt(o), r: 6 }));
}

function makeChart({ root, id, data }) {
  const { svg, title } = chart(root, id, "steps-chart", WIDTH, HEIGHT);
  const head = { y: 18 };
  make(svg, "text", { ...head, x: LEFT }, data.words.input);
  make(svg, "text", { ...head, x: OUTPUT }, data.words.output);
  make(svg, "text", { ...head, x: WIRES - 6 }, data.words.wires);
  const [picture, output, wires] = times(3, () => make(svg, "g"));
  const mark = make(svg, "rect", { class: "effc-window" });
  let [drawn, cells] = ["", []];
  return ({ kernel, stride, padding, groups }, starts, place, status) => {
    if (drawn !== [kernel, stride, padding, groups].join()) {
      drawPicture(picture, data.size, padding);
      cells = drawOutput(output, starts.length);
      drawWires(wires, data.channels, groups);
      drawn = [kernel, stride, padding, groups].join();
    }
    const at = (i) => (starts[i] + padding) * CELL;
    const [row, column] = [Math.floor(place / starts.length), place % starts.length];
    change(mark, { x: LEFT + at(column), y: TOP + at(row), width: kernel * CELL, height: kernel * CELL });
    cells.forEach((cell, i) => {
      const state = i < place ? " effc-done" : "";
      change(cell, { class: `effc-place${i === place ? " effc-now" : state}` });
    });
    title.textContent = fill(data.words.chart, { status });
  };
}

function build(page) {
  const { root, id, data, get, put } = page;
  heading(root, id, data.words.heading);
  const box = make(root, "div", { class: "effc-sliders" });
  const sliders = data.axes.map((one) => slider(box, id, one, (i) => put({ [one.name]: one.values[i], place: 0 })));
  const most = Math.max(...data.done.map((counts) => counts.length));
  const said = times(most, (i) => String(i + 1));
  const place = slider(box, id, { name: "place", label: data.words.place, said }, (i) => put({ place: i }));
  const input = box.querySelector(`#${id}-place`);
  const button = control(root, "button", { type: "button" }, data.words.run);
  const status = make(root, "p", { role: "status" });
  const drawChart = makeChart(page);
  let timer = null;

  const values = () => Object.fromEntries(data.axes.map(({ name }) => [name, get(name)]));
  const index = (now) => data.axes.reduce((i, { name, values: all }) => i * all.length + all.indexOf(now[name]), 0);
  const places = () => data.done[index(values())].length;

  function stop() {
    clearInterval(timer);
    timer = null;
    button.textContent = data.words.run;
    change(status, { "aria-live": "polite" });
  }
  function step() {
    if (!root.isConnected || get("place") + 1 >= places()) stop();
    else put({ place: get("place") + 1 });
    if (timer && get("place") + 1 >= places()) {
      stop();
      status.textContent = sentence();
    }
  }
  button.addEventListener("click", () => {
    if (timer) {
      stop();
      return;
    }
    if (get("place") + 1 >= places()) put({ place: 0 });
    change(status, { "aria-live": "off" }); // or each place would be read aloud; the end is
    button.textContent = data.words.stop;
    timer = setInterval(step, PAUSE);
  });

  function sentence() {
    const [i, at] = [index(values()), get("place")];
    const all = data.done[i].length;
    const gaps = { place: at + 1, places: all, weights: data.weights[i] };
    const counts = { done: exact(data.done[i][at]), zeros: exact(data.zeros[i][at]) };
    return fill(at + 1 === all ? data.words.end : data.words.so_far, { ...gaps, ...counts });
  }

  return () => {
    const now = values();
    const i = index(now);
    sliders.forEach((one, a) => one.show(data.axes[a].values.indexOf(now[data.axes[a].name])));
    change(input, { max: data.done[i].length - 1 });
    place.show(get("place"));
    status.textContent = sentence();
    drawChart(now, data.starts[i], get("place"), status.textContent);
  };
}

export default { render: instrument("convolution", build) };
