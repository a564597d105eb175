// The chosen row: a slider, the probability and the gradient of each class.

function buildRow() {
  const { row } = state;
  const lines = rowsOf(state.settings)[row].map((value, index) =>
    h(
      "div",
      { class: "class-line", "data-class": index },
      h("div", { class: "name" }, named(classWords(index)), h("span", { class: "tag" }, word("target"))),
      h("input", {
        type: "range",
        step: 0.1,
        "aria-label": word("slider_of", rowWords(row), classWords(index)),
        input: (event) => setLogit(state.row, index, Number(event.target.value)),
        focus: () => focusClass(index),
      }),
      h("span", { class: "x" }),
      h(
        "div",
        { class: "bar answer" },
        h("span", { class: "track" }, h("span", { class: "fill" })),
        h("span", { class: "p" }),
      ),
      h(
        "div",
        { class: "pull answer" },
        h("span", { class: "track" }, h("span", { class: "fill" })),
        h("span", { class: "g" }),
      ),
    ),
  );
  const heads = h(
    "div",
    { class: "class-line heads", "aria-hidden": "true" },
    h("span"),
    h("span", {}, word("logits_head")),
    h("span"),
    h("span", { class: "answer" }, word("probabilities")),
    h("span", { class: "answer" }, word("gradient")),
  );
  ofId("row-panel").replaceChildren(
    h("h3", {}, rowWords(row)),
    heads,
    ...lines,
    h("p", { class: "faint answer", id: "gradient-note" }),
  );
}

function focusClass(index) {
  state.class = index;
  drawCurves();
}

function updateRow() {
  const row = result?.rows[state.row];
  for (const line of ofId("row-panel").querySelectorAll(".class-line[data-class]")) {
    const index = Number(line.dataset.class);
    const value = rowsOf(state.settings)[state.row][index];
    const slider = line.querySelector("input");
    if (slider !== document.activeElement || Number(slider.value) !== value) {
      slider.min = Math.min(-10, Number.isFinite(value) ? Math.floor(value) : -10);
      slider.max = Math.max(10, Number.isFinite(value) ? Math.ceil(value) : 10);
      slider.value = value;
    }
    line.querySelector(".x").textContent = brief(value);
    line.classList.toggle("picked", index === state.settings.targets[state.row]);
    if (row) updateBars(line, row, index);
  }
  if (row)
    ofId("gradient-note").textContent = row.ignored
      ? word("row_ignored", state.row)
      : word(isReduced() ? "gradient_note" : "gradient_note_none", gradientFormula());
}

function updateBars(line, row, index) {
  const p = row.p[index];
  line.querySelector(".bar .fill").style.width = `${100 * Math.min(1, Math.max(0, p || 0))}%`;
  line.querySelector(".p").textContent = short(p);
  const slope = row.gradient[index];
  const most = Math.max(...row.gradient.map(Math.abs).filter(Number.isFinite), 1e-300);
  const fill = line.querySelector(".pull .fill");
  const part = Number.isFinite(slope) ? (50 * Math.abs(slope)) / most : 0;
  fill.style.width = `${part}%`;
  fill.style.left = slope < 0 ? `${50 - part}%` : "50%";
  fill.classList.toggle("up", slope < 0);
  line.querySelector(".g").textContent = short(slope);
}

/** The gradient of a row as a formula, where it is a short one. */
function gradientFormula() {
  const { loss, before, smoothing, weight, temperature, base } = state.settings;
  if (loss !== "ce" || before !== "none" || (weight && smoothing)) return word("gradient_chain");
  const difference = smoothing ? "p \u2212 q" : "p \u2212 y";
  const parts = [
    temperature === 1 ? "" : `/ ${temperature}`,
    base === "e" ? "" : `/ ln ${base}`,
    result.denominator === 1 ? "" : `/ ${short(result.denominator)}`,
  ].filter(Boolean);
  const whole = weight ? `w[y] (${difference})` : parts.length ? `(${difference})` : difference;
  return [whole, ...parts].join(" ");
}
