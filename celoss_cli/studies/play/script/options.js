// What is computed: the loss, what stands before it, and its options.

function buildOptions() {
  const { settings } = state;
  const field = (key, control, more = null) =>
    h("label", { class: "field" }, h("span", {}, word(key)), control, more);
  const chosen = (name, values) =>
    select(settings[name], values, (value) => changeOption(name, name === "axis" ? Number(value) : value));
  const square = settings.logits.length === settings.logits[0].length;
  const axis = chosen("axis", [
    [1, word("axis_1")],
    [0, word("axis_0")],
  ]);
  axis.disabled = !square;
  const smoothing = both("smoothing", 0, 1, 0.01);
  for (const part of smoothing) part.disabled = settings.loss === "nll";
  ofId("option-fields").replaceChildren(
    field(
      "function",
      chosen("loss", [
        ["ce", "CrossEntropyLoss"],
        ["nll", "NLLLoss"],
      ]),
    ),
    field(
      "before",
      chosen(
        "before",
        ["none", "softmax", "log_softmax"].map((name) => [name, word(`before_${name}`)]),
      ),
    ),
    field(
      "reduction",
      chosen(
        "reduction",
        ["mean", "sum", "none"].map((name) => [name, name]),
      ),
    ),
    h("div", { class: "field" }, h("span", {}, word("temperature")), both("temperature", 0.1, 10, 0.1)),
    h("div", { class: "field" }, h("span", {}, word("smoothing")), smoothing),
    field(
      "ignore",
      numberField(word("ignore"), settings.ignore, changeIgnore, { valid: Number.isInteger, step: 1 }),
    ),
    field(
      "base",
      chosen(
        "base",
        ["e", "2", "10"].map((name) => [name, word(`base_${name}`)]),
      ),
    ),
    field("axis", axis),
    h(
      "label",
      { class: "field check" },
      h("input", { type: "checkbox", checked: Boolean(settings.weight), change: toggleWeights }),
      h("span", {}, word("weights")),
    ),
  );
}

/** A slider and a field for one number. */
function both(name, low, high, step) {
  const settings = state.settings;
  const slider = h("input", {
    type: "range",
    min: low,
    max: high,
    step,
    "aria-label": word(name),
    value: settings[name],
  });
  const valid = (found) =>
    Number.isFinite(found) && (name === "temperature" ? found > 0 : found >= 0 && found <= 1);
  const number = numberField(
    word(name),
    settings[name],
    (found) => {
      slider.value = found;
      change({ [name]: found });
    },
    { valid, step },
  );
  slider.addEventListener("input", () => {
    number.value = slider.value;
    change({ [name]: Number(slider.value) });
  });
  return [slider, number];
}

function changeOption(name, value) {
  state.settings[name] = value;
  if (name === "axis") chooseRow(Math.min(state.row, rowCount() - 1));
  build();
  const labels = ["function", "before", "reduction", null, null, null, "base", "axis"];
  const at = labels.indexOf({ loss: "function" }[name] ?? name);
  ofId("option-fields").children[at]?.querySelector("select")?.focus();
}

function changeIgnore(found) {
  const before = state.settings.ignore;
  const moved = state.settings.targets.map((target) =>
    target === before && !(before >= 0 && before < classes()) ? found : target,
  );
  Object.assign(state.settings, { ignore: found, targets: moved });
  buildBatch();
  update();
}

function toggleWeights(event) {
  state.settings.weight = event.target.checked ? Array.from({ length: classes() }, () => 1) : null;
  buildBatch();
  update();
}
