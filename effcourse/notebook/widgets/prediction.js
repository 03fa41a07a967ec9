// Asks, checks that the answer is one, and notes it. The truth is not here, and the words are prediction.py's.
import { choice, control, fill, instrument, make, round } from "./common.js";

// "14.6", "14,6", "1,000", "−5", "1e6", "12 %"; NaN for everything else.
function toNumber(text, unit) {
  let plain = text.trim().replaceAll("−", "-").replaceAll(/[\s\u00A0\u202F_']/gu, "");
  const suffix = [unit.replaceAll(/\s/gu, ""), "%", "×", "x"].find((end) => end && plain.endsWith(end));
  if (suffix) plain = plain.slice(0, -suffix.length);
  if (/^[+-]?\d{1,3}(,\d{3})+(\.\d+)?$/u.test(plain)) plain = plain.replaceAll(",", "");
  if (/^[+-]?\d*,\d+$/u.test(plain)) plain = plain.replace(",", ".");
  return /^[+-]?(\d+\.?\d*|\.\d+)(e[+-]?\d+)?$/iu.test(plain) ? Number(plain) : NaN;
}

// Each way to ask gives: the element that takes the focus when the answer is none; `read`, the answer, or what is
// wrong with it; `show`, for an answer that is there already; and `said`, the answer in words.
function askForChoice({ root, id, data, get }) {
  const choices = get("choices");
  const { show, radios } = choice(root, id, "choice", get("question"), choices.map((one, i) => [i, one]));
  return {
    field: radios[0].input,
    read() {
      const chosen = radios.find((one) => one.input.checked);
      return chosen ? { value: choices[chosen.key] } : { wrong: data.words.choose };
    },
    show: (value) => show(choices.indexOf(value)),
    said: (value) => fill(data.words.choice, { value }),
  };
}

function askForNumber({ root, id, data, get }) {
  const unit = get("unit");
  make(root, "label", { for: `${id}-number` }, get("question"));
  const line = make(root, "div", { class: "effc-answer" });
  const field = control(line, "input", {
    type: "text", inputmode: "decimal", autocomplete: "off", id: `${id}-number`, size: 10,
    "aria-describedby": `${id}-unit ${id}-status`,
  });
  make(line, "span", { id: `${id}-unit` }, unit);
  return {
    field,
    read() {
      const typed = field.value.trim();
      if (!typed) return { wrong: data.words.type };
      const value = toNumber(typed, unit);
      return Number.isFinite(value) ? { value } : { wrong: fill(data.words.no_number, { typed }) };
    },
    show(value) {
      if (toNumber(field.value, unit) !== value) field.value = value;
    },
    said: (value) => `${round(value, 12)} ${unit}`.trim(),
  };
}

function build(page) {
  const { root, id, data, get, put } = page;
  const { field, read, show, said } = get("choices").length > 0 ? askForChoice(page) : askForNumber(page);
  const button = control(root, "button", { type: "button" }, data.words.button);
  const status = make(root, "p", { role: "status", id: `${id}-status` });

  function commit() {
    const { value, wrong } = read();
    if (wrong) {
      status.className = "effc-wrong";
      status.textContent = wrong;
      field.setAttribute("aria-invalid", "true");
      field.focus();
    } else {
      put({ guess: value, commits: get("commits") + 1 });
    }
  }
  button.addEventListener("click", commit);
  root.addEventListener("keydown", (event) => { // in JupyterLab a form's own Enter does nothing
    if (event.key === "Enter" && event.target !== button && !event.isComposing) {
      event.preventDefault();
      commit();
    }
  });

  return () => {
    const [value, note] = [get("guess"), get("note")];
    field.removeAttribute("aria-invalid");
    status.className = value === null ? "" : "effc-noted";
    status.textContent = value === null ? "" : fill(data.words.noted, { answer: said(value), note }).trim();
    if (value !== null) show(value);
  };
}

export default { render: instrument("prediction", build) };
