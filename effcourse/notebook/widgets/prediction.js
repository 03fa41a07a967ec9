// Asks, checks that the answer is one, and notes it. The truth is not here.

function make(parent, tag, attributes = {}, text = "") {
  const element = document.createElement(tag);
  for (const [name, value] of Object.entries(attributes)) element.setAttribute(name, value);
  element.textContent = text;
  parent.append(element);
  return element;
}

// "14.6", "14,6", "1,000", "−5", "1e6", "12 %"; NaN for everything else.
function to_number(text, unit) {
  let plain = text.trim().replaceAll("−", "-").replaceAll(/[\s\u00a0\u202f_']/g, "");
  for (const suffix of [unit.replaceAll(/\s/g, ""), "%", "×", "x"]) {
    if (suffix && plain.endsWith(suffix)) {
      plain = plain.slice(0, -suffix.length);
      break;
    }
  }
  if (/^[+-]?\d{1,3}(,\d{3})+(\.\d+)?$/.test(plain)) plain = plain.replaceAll(",", "");
  if (/^[+-]?\d*,\d+$/.test(plain)) plain = plain.replace(",", ".");
  return /^[+-]?(\d+\.?\d*|\.\d+)(e[+-]?\d+)?$/i.test(plain) ? Number(plain) : NaN;
}

function render({ model, el }) {
  const [unit, choices] = [model.get("unit"), model.get("choices")];
  const id = `effc-${Math.random().toString(36).slice(2)}`;
  const root = make(el, "div", { class: "effc-prediction" });
  let field;  // the element that takes the focus when the answer is none
  let read;   // the answer, or a text that says what is wrong with it
  let show;   // an answer that is there already

  if (choices.length) {
    const set = make(root, "fieldset");
    make(set, "legend", {}, model.get("question"));
    const inputs = choices.map((choice, i) => {
      const line = make(set, "div");
      const input = make(line, "input", {
        type: "radio", name: id, id: `${id}-${i}`, value: choice, "data-lm-suppress-shortcuts": "true",
      });
      make(line, "label", { for: input.id }, choice);
      return input;
    });
    field = inputs[0];
    read = () => {
      const chosen = inputs.findIndex((input) => input.checked);
      return chosen < 0 ? { wrong: "Choose one first." } : { value: choices[chosen] };
    };
    show = (value) => inputs.forEach((input) => { input.checked = input.value === value; });
  } else {
    make(root, "label", { for: `${id}-number` }, model.get("question"));
    const line = make(root, "div", { class: "effc-answer" });
    field = make(line, "input", {
      type: "text", inputmode: "decimal", autocomplete: "off", id: `${id}-number`, size: 10,
      "aria-describedby": `${id}-unit ${id}-status`, "data-lm-suppress-shortcuts": "true",
    });
    make(line, "span", { id: `${id}-unit` }, unit);
    read = () => {
      if (!field.value.trim()) return { wrong: "Type a number first." };
      const value = to_number(field.value, unit);
      const typed = field.value.trim();
      return Number.isFinite(value) ? { value } : { wrong: `“${typed}” is no number. Type one, such as 12.5.` };
    };
    show = (value) => { if (to_number(field.value, unit) !== value) field.value = value ?? ""; };
  }
  const button = make(
    root, "button", { type: "button", "data-lm-suppress-shortcuts": "true" }, "This is my prediction",
  );
  const status = make(root, "p", { role: "status", id: `${id}-status` });

  const in_digits = (value) => value.toLocaleString("en-US", { maximumSignificantDigits: 12 });
  const said = (value) => (choices.length ? `“${value}”` : `${in_digits(value)} ${unit}`.trim());

  function draw() {
    const value = model.get("guess");
    if (value === null || value === undefined) {
      status.textContent = status.className = "";
      return;
    }
    show(value);
    field.removeAttribute("aria-invalid");
    status.className = "effc-noted";
    status.textContent = `Noted: ${said(value)}. Now run the next cell. ${model.get("note")}`.trim();
  }

  function commit() {
    const { value, wrong } = read();
    if (wrong) {
      status.className = "effc-wrong";
      status.textContent = wrong;
      field.setAttribute("aria-invalid", "true");
      field.focus();
      return;
    }
    model.set("guess", value);
    model.set("commits", model.get("commits") + 1);
    draw();
    model.save_changes();
  }

  button.addEventListener("click", commit);
  root.addEventListener("keydown", (event) => {  // in JupyterLab a form's own Enter does nothing
    if (event.key === "Enter" && event.target !== button && !event.isComposing) {
      event.preventDefault();
      commit();
    }
  });

  for (const event of ["change:guess", "change:note"]) model.on(event, draw);
  draw();
  return () => {
    for (const event of ["change:guess", "change:note"]) model.off?.(event, draw);
  };
}

export default { render };
