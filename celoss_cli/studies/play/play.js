// The page: settings in its fields, everything else from compute(settings).

const start = JSON.parse(ofId("start").textContent);
const state = {
  lang: start.lang ?? (navigator.language.startsWith("zh") ? "zh" : "en"),
  settings: settingsOf(start.settings),
  labels: start.labels,
  rows: start.rows,
  row: 0,
  class: 0,
  question: null,
  asking: false,
  said: null,
};
let result = null;

const word = (key, ...values) => filledIn(start.words[key][state.lang], values);
const text = (found) => found[state.lang];
const classes = () => rowsOf(state.settings)[0].length;
const rowCount = () => rowsOf(state.settings).length;
const className = (index) => state.labels?.[index] ?? String(index);
const classWords = (index) => (state.labels ? state.labels[index] : word("class_n", index));
const rowWords = (index) => (state.settings.axis === 0 ? word("column_n", index) : word("row_n", state.rows?.[index] ?? index));
const isReduced = () => state.settings.reduction !== "none";
const cellOf = (row, index) => (state.settings.axis === 0 ? [index, row] : [row, index]);
const typed = (value) => numeral(value);

/** What is typed as a number, or null. */
function parsed(given) {
  const plain = given.trim().replace(/\u2212/g, "-").toLowerCase();
  const found = /^([+-]?)(inf|infinity|\u221e)$/.exec(plain);
  if (found) return found[1] === "-" ? -Infinity : Infinity;
  return /^[+-]?(\d+\.?\d*|\.\d+)(e[+-]?\d+)?$/.test(plain) && Number.isFinite(Number(plain)) ? Number(plain) : null;
}

/** A field for a number; what is none of its domain is marked and changes nothing. */
function numberField(label, value, changed, { valid = () => true, step = 0.1, ...attributes } = {}) {
  let good = value;
  const tell = (field, fits) => {
    field.setAttribute("aria-invalid", String(!fits));
    ofId("problem").textContent = fits ? "" : word("bad_number");
  };
  const take = (field, found) => {
    const fits = found !== null && valid(found);
    tell(field, fits);
    if (fits) changed((good = found));
  };
  return h("input", {
    type: "text",
    class: "number",
    autocomplete: "off",
    spellcheck: "false",
    "aria-label": label,
    value: typed(value),
    ...attributes,
    input: (event) => take(event.target, parsed(event.target.value)),
    blur: ({ target }) => {
      if (target.getAttribute("aria-invalid") !== "true") return;
      target.value = typed(good);
      tell(target, true);
    },
    keydown: (event) => {
      const direction = { ArrowUp: 1, ArrowDown: -1 }[event.key];
      const now = parsed(event.target.value);
      if (!direction || now === null || !Number.isFinite(now)) return;
      event.preventDefault();
      const moved = Number((now + direction * step * (event.shiftKey ? 10 : 1)).toFixed(10));
      event.target.value = typed(moved);
      take(event.target, moved);
    },
  });
}

function change(settings) {
  Object.assign(state.settings, settings);
  update();
}

function setLogit(row, index, value) {
  const [i, j] = cellOf(row, index);
  state.settings.logits[i][j] = value;
  if (row !== state.row) state.row = row;
  state.class = index;
  update();
}

// ------------------------------------------------------------------------------------ the batch of rows

function buildBatch() {
  const { settings } = state;
  const heads = Array.from({ length: classes() }, (_, index) => h("th", { scope: "col" }, state.labels ? named(className(index)) : classWords(index)));
  const lines = Array.from({ length: rowCount() }, (_, row) => h("tr", { "data-row": row }, rowHead(row), logitCells(row), h("td", {}, targetField(row)), h("td", { class: "loss answer" })));
  const weights = settings.weight && h("tr", { class: "weights" }, h("th", { scope: "row" }, word("weight")), settings.weight.map((value, index) => h("td", {}, weightField(index, value))), h("td"), h("td"));
  const made = h(
    "table",
    { id: "batch-table" },
    h("thead", {}, h("tr", {}, h("th", { scope: "col" }, word("row")), heads, h("th", { scope: "col" }, word("target")), h("th", { scope: "col", class: "n" }, word("loss")))),
    h("tbody", {}, lines, weights)
  );
  ofId("batch").replaceChildren(made);
}

const rowHead = (row) =>
  h("th", { scope: "row" }, h("button", { type: "button", class: "row", "aria-label": rowWords(row), click: () => chooseRow(row) }, named(String(state.rows?.[row] ?? row))));

const logitCells = (row) =>
  rowsOf(state.settings)[row].map((value, index) =>
    h("td", {}, numberField(word("logit_of", rowWords(row), classWords(index)), value, (found) => setLogit(row, index, found), { "data-class": index }))
  );

const weightField = (index, value) =>
  numberField(word("weight_of", classWords(index)), value, (found) => change({ weight: state.settings.weight.with(index, found) }), { valid: (found) => Number.isFinite(found) && found >= 0 });

function targetField(row) {
  const { targets, ignore } = state.settings;
  const left = (index) => (index === ignore ? ` (${word("left_out")})` : "");
  const choices = Array.from({ length: classes() }, (_, index) => [index, className(index) + left(index)]);
  if (!(ignore >= 0 && ignore < classes())) choices.push([ignore, word("ignored", ignore)]);
  if (!choices.some(([value]) => value === targets[row])) choices.push([targets[row], String(targets[row])]);
  return select(targets[row], choices, (value) => changeTarget(row, Number(value)), { "aria-label": word("target_of", rowWords(row)) });
}

function changeTarget(row, target) {
  state.row = row;
  state.settings.targets = state.settings.targets.with(row, target);
  if (target >= 0 && target < classes()) state.class = target;
  buildRow();
  update();
}

function chooseRow(row) {
  state.row = row;
  const target = state.settings.targets[row];
  state.class = target >= 0 && target < classes() ? target : 0;
  buildRow();
  update();
}

function buildShape() {
  const button = (key, able, done) => h("button", { type: "button", disabled: !able, click: () => reshape(done) }, word(key));
  const isFixed = state.settings.axis === 0;
  ofId("shape").replaceChildren(
    button("add_row", !isFixed && rowCount() < 20, addRow),
    button("drop_row", !isFixed && rowCount() > 1, dropRow),
    button("add_class", !isFixed && classes() < 50, addClass),
    button("drop_class", !isFixed && classes() > 2, dropClass)
  );
}

function reshape(done) {
  done(state.settings);
  state.row = Math.min(state.row, rowCount() - 1);
  state.class = Math.min(state.class, classes() - 1);
  build();
}

function addRow(settings) {
  settings.logits.push(settings.logits.at(-1).map(() => 0));
  settings.targets = [...settings.targets, 0];
  state.rows = state.rows && [...state.rows, String(state.rows.length)];
  state.row = rowCount() - 1;
}

function dropRow(settings) {
  settings.logits.pop();
  settings.targets = settings.targets.slice(0, -1);
  state.rows = state.rows && state.rows.slice(0, -1);
}

function addClass(settings) {
  settings.logits.forEach((row) => row.push(0));
  settings.weight = settings.weight && [...settings.weight, 1];
  state.labels = state.labels && [...state.labels, String(state.labels.length)];
}

function dropClass(settings) {
  settings.logits.forEach((row) => row.pop());
  settings.weight = settings.weight && settings.weight.slice(0, -1);
  state.labels = state.labels && state.labels.slice(0, -1);
  settings.targets = settings.targets.map((target) => (target === classes() ? classes() - 1 : target));
}

// ------------------------------------------------------------------------------------ the chosen row

function buildRow() {
  const { row } = state;
  const lines = rowsOf(state.settings)[row].map((value, index) =>
    h(
      "div",
      { class: "class-line", "data-class": index },
      h("div", { class: "name" }, named(classWords(index)), h("span", { class: "tag" }, word("target"))),
      h("input", { type: "range", step: 0.1, "aria-label": word("slider_of", rowWords(row), classWords(index)), input: (event) => setLogit(state.row, index, Number(event.target.value)), focus: () => focusClass(index) }),
      h("span", { class: "x" }),
      h("div", { class: "bar answer" }, h("span", { class: "track" }, h("span", { class: "fill" })), h("span", { class: "p" })),
      h("div", { class: "pull answer" }, h("span", { class: "track" }, h("span", { class: "fill" })), h("span", { class: "g" }))
    )
  );
  const heads = h("div", { class: "class-line heads", "aria-hidden": "true" }, h("span"), h("span", {}, word("logits_head")), h("span"), h("span", { class: "answer" }, word("probabilities")), h("span", { class: "answer" }, word("gradient")));
  ofId("row-panel").replaceChildren(h("h3", {}, rowWords(row)), heads, ...lines, h("p", { class: "faint answer", id: "gradient-note" }));
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
  if (row) ofId("gradient-note").textContent = row.ignored ? word("row_ignored", state.row) : word(isReduced() ? "gradient_note" : "gradient_note_none", gradientFormula());
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
  const parts = [temperature === 1 ? "" : `/ ${temperature}`, base === "e" ? "" : `/ ln ${base}`, result.denominator === 1 ? "" : `/ ${short(result.denominator)}`].filter(Boolean);
  const whole = weight ? `w[y] (${difference})` : parts.length ? `(${difference})` : difference;
  return [whole, ...parts].join(" ");
}

// ------------------------------------------------------------------------------------ what is computed

function buildOptions() {
  const { settings } = state;
  const field = (key, control, more = null) => h("label", { class: "field" }, h("span", {}, word(key)), control, more);
  const chosen = (name, values) => select(settings[name], values, (value) => changeOption(name, name === "axis" ? Number(value) : value));
  const square = settings.logits.length === settings.logits[0].length;
  const axis = chosen("axis", [[1, word("axis_1")], [0, word("axis_0")]]);
  axis.disabled = !square;
  const smoothing = both("smoothing", 0, 1, 0.01);
  for (const part of smoothing) part.disabled = settings.loss === "nll";
  ofId("option-fields").replaceChildren(
    field("function", chosen("loss", [["ce", "CrossEntropyLoss"], ["nll", "NLLLoss"]])),
    field("before", chosen("before", ["none", "softmax", "log_softmax"].map((name) => [name, word(`before_${name}`)]))),
    field("reduction", chosen("reduction", ["mean", "sum", "none"].map((name) => [name, name]))),
    h("div", { class: "field" }, h("span", {}, word("temperature")), both("temperature", 0.1, 10, 0.1)),
    h("div", { class: "field" }, h("span", {}, word("smoothing")), smoothing),
    field("ignore", numberField(word("ignore"), settings.ignore, changeIgnore, { valid: Number.isInteger, step: 1 })),
    field("base", chosen("base", ["e", "2", "10"].map((name) => [name, word(`base_${name}`)]))),
    field("axis", axis),
    h("label", { class: "field check" }, h("input", { type: "checkbox", checked: Boolean(settings.weight), change: toggleWeights }), h("span", {}, word("weights")))
  );
}

/** A slider and a field for one number. */
function both(name, low, high, step) {
  const settings = state.settings;
  const slider = h("input", { type: "range", min: low, max: high, step, "aria-label": word(name), value: settings[name] });
  const valid = (found) => Number.isFinite(found) && (name === "temperature" ? found > 0 : found >= 0 && found <= 1);
  const number = numberField(word(name), settings[name], (found) => { slider.value = found; change({ [name]: found }); }, { valid, step });
  slider.addEventListener("input", () => { number.value = slider.value; change({ [name]: Number(slider.value) }); });
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
  const moved = state.settings.targets.map((target) => (target === before && !(before >= 0 && before < classes()) ? found : target));
  Object.assign(state.settings, { ignore: found, targets: moved });
  buildBatch();
  update();
}

function toggleWeights(event) {
  state.settings.weight = event.target.checked ? Array.from({ length: classes() }, () => 1) : null;
  buildBatch();
  update();
}

// ------------------------------------------------------------------------------------ the result

function updateResult() {
  const { settings } = state;
  const stray = strayTarget(settings);
  result = stray ? null : compute(settings);
  document.body.classList.toggle("asking", state.asking);
  ofId("idea").hidden = state.question !== null;
  document.body.classList.toggle("stray", Boolean(stray));
  ofId("problem").textContent = stray ? word("stray", stray.row, stray.target, stray.classes - 1) : "";
  const number = ofId("value");
  if (stray) return number.replaceChildren(h("strong", {}, "?"), h("small", {}, word("stray", stray.row, stray.target, stray.classes - 1))), ofId("result-more").replaceChildren();
  if (state.asking) return number.replaceChildren(h("strong", {}, "?"), h("small", {}, word("hidden"))), ofId("result-more").replaceChildren();
  const value = isReduced() ? result.value : result.value[state.row];
  const label = isReduced() ? word(`${settings.reduction}_is`) : word("none_is", state.row, result.rows.length);
  number.replaceChildren(h("span", { class: "label" }, label), h("strong", {}, short(value)), h("span", { class: "unit" }, word(`unit_${settings.base}`)), h("code", { class: "full" }, full(value)));
  ofId("result-more").replaceChildren(...resultFacts(value));
}

function resultFacts(value) {
  const { settings } = state;
  const facts = [[word("accuracy"), word("of", result.right, result.counted)]];
  if (settings.reduction === "mean") facts.push([word("perplexity"), short(Math.exp(value * NATS[settings.base]))]);
  facts.push([word("guessing", result.classes), short(Math.log(result.classes) / NATS[settings.base])]);
  const shown = h("dl", {}, facts.map(([name, fact]) => h("div", {}, h("dt", {}, name), h("dd", {}, fact))));
  return settings.reduction === "mean" ? [h("p", { class: "equation" }, divided()), shown] : [shown];
}

const divided = () => word(state.settings.weight ? "divided_weights" : "divided_counted", short(result.total), short(result.denominator));

function drawCurves() {
  const where = ofId("curve-p");
  const beside = ofId("curve-x");
  if (!result || state.asking) return where.replaceChildren(), beside.replaceChildren();
  const { settings, row: at, class: index } = state;
  const row = result.rows[at];
  const nats = NATS[settings.base];
  where.replaceChildren(...lossCurve(word("curve_p_label", short(Math.exp(-row.own)), short(row.own / nats)), word(settings.weight || (settings.loss === "ce" && settings.smoothing) ? "curve_p_part" : "curve_p"), word("curve_p_axis"), result.rows, at, nats));
  const logit = row.x[index];
  const value = isReduced() ? result.value : row.loss;
  const others = result.total - row.loss;
  const resultAt = (moved) => {
    const loss = computeRow(settings, row.x.with(index, moved), settings.targets[at]).loss;
    return isReduced() ? (others + loss) / result.denominator : loss;
  };
  const texts = {
    title: word("curve_x"),
    xTitle: word("curve_x_axis", classWords(index), state.rows?.[at] ?? at),
    label: word("curve_x_label", classWords(index), short(logit), short(value), short(row.gradient[index])),
    slope: word("slope", short(row.gradient[index])),
  };
  const drawn = Number.isFinite(logit) ? logitCurve(texts, logit, value, row.gradient[index], resultAt) : null;
  if (drawn) drawn[1].addEventListener("pointerdown", dragged);
  beside.replaceChildren(...(drawn ?? [h("figcaption", {}, word("curve_x")), h("p", { class: "faint" }, word("nothing_to_draw"))]));
}

/** The point follows a pointer along the curve; the picture keeps its range until it is let go. */
function dragged(event) {
  const { left, width } = event.currentTarget.getBoundingClientRect();
  const { range } = event.currentTarget.dataset;
  const [low, high] = range.split(" ").map(Number);
  const moved = ({ clientX }) => {
    const part = (((clientX - left) / width) * FRAME.width - FRAME.left) / (FRAME.width - FRAME.left - FRAME.right);
    setLogit(state.row, state.class, Number((low + Math.min(1, Math.max(0, part)) * (high - low)).toFixed(1)));
  };
  const released = () => {
    removeEventListener("pointermove", moved);
    removeEventListener("pointerup", released);
    removeEventListener("pointercancel", released);
  };
  addEventListener("pointermove", moved);
  addEventListener("pointerup", released);
  addEventListener("pointercancel", released);
  event.preventDefault();
  moved(event);
}

// ------------------------------------------------------------------------------------ in three steps

/** The chosen row's way to the result in three formulas with their numbers. */
function updateIdeas() {
  if (!result || state.asking) return ofId("ideas").replaceChildren();
  const { settings } = state;
  const row = result.rows[state.row];
  const y = row.target;
  const isCe = settings.loss === "ce";
  const idea = (key, formulas, why) => h("li", {}, h("h3", {}, word(key)), formulas.map((formula) => h("code", {}, formula)), h("p", { class: "faint" }, word(why, gradientFormula())));
  const first = row.ignored
    ? word("row_is_ignored", state.row)
    : isCe
      ? `p[${y}] = e / ${word("sum")} = ${short(row.e[y])} / ${short(row.sum)} = ${short(row.p[y])}`
      : `x[${y}] = ${short(row.v[y])}`;
  const paid = row.ignored ? word("row_is_ignored", state.row) : `${isCe ? `\u2212log ${short(row.p[y])}` : `\u2212(${short(row.v[y])})`} = ${short(row.own)}`;
  const third = {
    mean: `${short(result.total)} / ${short(result.denominator)} = ${short(result.value)}`,
    sum: `${result.rows.length > 4 ? "\u2026" : result.rows.map((one) => short(one.loss)).join(" + ")} = ${short(result.total)}`,
    none: short(row.loss),
  }[settings.reduction];
  ofId("ideas").replaceChildren(
    idea(isCe ? "idea_softmax" : "idea_nll", [first], isCe ? "idea_softmax_why" : "idea_nll_why"),
    idea("idea_log", [paid, ...(row.ignored ? [] : lossFormula(row).map((formula) => `${formula} = ${short(row.loss)}`))], "idea_log_why"),
    idea("idea_reduce", [third], `idea_reduce_${settings.reduction}`)
  );
}

// ------------------------------------------------------------------------------------ step by step

function updateSteps() {
  if (!result || state.asking) return ofId("step-parts").replaceChildren();
  const row = result.rows[state.row];
  const parts = [h("h3", {}, rowWords(state.row)), stepTable(row), rowEquations(row)];
  if (result.rows.length > 1 || !isReduced()) parts.push(h("h3", {}, word("rows_title")), rowTable());
  if (isReduced()) parts.push(h("p", { class: "equation" }, `${state.settings.reduction} = ${state.settings.reduction === "mean" ? divided() : short(result.total)} = `, h("strong", {}, full(result.value)), ` ${word(`unit_${state.settings.base}`)}`));
  ofId("step-parts").replaceChildren(...parts.flat().filter(Boolean));
}

function stepTable(row) {
  const { settings } = state;
  const isCe = settings.loss === "ce";
  const columns = [[isCe ? word("logits_head") : word("input_head"), row.x, false]];
  if (settings.temperature !== 1) columns.push([word("step_u"), row.u, false]);
  if (settings.before !== "none") columns.push([word(`before_${settings.before}`), row.v, settings.before === "softmax"]);
  if (isCe) columns.push([word("step_z"), row.z, false], [word("step_e"), row.e, true], [word("step_p"), row.p, true]);
  columns.push([word("step_nlp"), row.nlp, false]);
  if (isCe && settings.smoothing && !row.ignored) columns.push([word("step_q"), row.q, true]);
  columns.push([word("gradient"), row.gradient, true]);
  const shown = ([, values], index) => (values === row.x ? brief(values[index]) : short(values[index]));
  const lines = row.x.map((_, index) => [state.labels ? named(className(index)) : String(index), ...columns.map((column) => shown(column, index))]);
  const kinds = row.x.map((_, index) => (index === row.target ? "picked" : ""));
  lines.push([word("sum"), ...columns.map(([, values, isSum]) => (isSum ? short(settled(exactSum(values))) : ""))]);
  return table(word("steps"), [word("class"), ...columns.map(([head]) => head)], lines, [...kinds, "total"]);
}

/** A sum without the last rounding errors of its parts: a gradient adds up to 0. */
const settled = (sum) => (Math.abs(sum) < 1e-14 ? 0 : sum);

function rowEquations(row) {
  const { settings } = state;
  if (row.ignored) return h("p", {}, word("row_ignored", state.row));
  const y = row.target;
  const isCe = settings.loss === "ce";
  const found = [];
  if (isCe) found.push(`max = ${short(row.max)}    ${word("log_sum")} = log ${short(row.sum)} = ${short(row.logSum)}`);
  found.push(isCe ? `\u2212log p[${y}] = ${word("log_sum")} \u2212 z[${y}] = ${short(row.own)}` : `\u2212x[${y}] = ${short(row.own)}`);
  if (settings.weight) found.push(`w[${y}] = ${short(settings.weight[y])}`);
  if (isCe && settings.smoothing) found.push(`${word("mean_of", `${settings.weight ? "w \u00d7 " : ""}\u2212log p`)} = ${short(row.spread)}`);
  found.push(`${word("loss")} = ${[...lossFormula(row), short(row.loss)].join(" = ")}`);
  const off = !isCe && Math.abs(exactSum(row.p) - 1) > 1e-6;
  return [h("pre", {}, found.join("\n")), off ? h("p", { class: "warning" }, word("not_log_probs", short(exactSum(row.p)))) : null];
}

/** How the loss of a row comes of -log p[y], where it is another number: one formula or none. */
function lossFormula(row) {
  const { loss, weight, smoothing, base } = state.settings;
  let formula = short(row.own);
  if (weight) formula = `${short(weight[row.target])} \u00d7 ${formula}`;
  if (loss === "ce" && smoothing) formula = `(1 \u2212 ${smoothing}) \u00d7 ${formula} + ${smoothing} \u00d7 ${short(row.spread)}`;
  if (base !== "e") formula = `(${formula}) / ln ${base}`;
  return formula === short(row.own) ? [] : [formula];
}

function rowTable() {
  const { settings } = state;
  const lines = result.rows.map((row, index) => [
    named(String(state.rows?.[index] ?? index)),
    row.ignored ? word("is_ignored") : named(className(row.target)),
    row.ignored ? "" : short(row.own),
    short(row.weight),
    short(row.loss),
  ]);
  const last = [word("sum"), "", "", short(exactSum(result.rows.map((row) => row.weight))), short(result.total)];
  const kinds = result.rows.map((row, index) => (row.ignored ? "faint" : index === state.row ? "picked" : ""));
  const heads = [word("row"), word("target"), "-log p[y]", word("weight"), settings.base === "e" ? word("loss") : `${word("loss")}, ${word(`unit_${settings.base}`)}`];
  return table(word("rows_title"), heads, [...lines, last], [...kinds, "total"]);
}

// ------------------------------------------------------------------------------------ the lines to copy

function updateLines() {
  if (!result || state.asking) return ofId("line-parts").replaceChildren();
  const line = (key, content) => {
    const code = h("code", {}, content);
    const button = h("button", { type: "button", class: "copy", "aria-label": `${word("copy")}: ${word(key)}`, click: () => copy(content, code, button) }, word("copy"));
    return h("div", { class: "line" }, h("div", { class: "line-head" }, h("h3", {}, word(key)), button), h("pre", { tabindex: "0", "aria-label": word(key) }, code));
  };
  ofId("line-parts").replaceChildren(line("in_shell", commandOf(state.settings, result.counted)), line("in_torch", `${TORCH_IMPORTS}\n${torchLine(state.settings)}`));
}

async function copy(content, code, button) {
  let done = true;
  try {
    await navigator.clipboard.writeText(content);
  } catch {
    getSelection().selectAllChildren(code);
    done = document.execCommand("copy");
  }
  button.textContent = word(done ? "copied" : "not_copied");
  setTimeout(() => (button.textContent = word("copy")), 1500);
}

// ------------------------------------------------------------------------------------ the questions

function buildQuestions() {
  const item = (label, index) =>
    h("li", {}, h("button", { type: "button", class: "question", "aria-current": state.question === index ? "true" : null, click: () => ask(index) }, label));
  ofId("questions").replaceChildren(item(word("free"), null), ...start.questions.map((question, index) => item(text(question.title), index)));
}

function ask(index) {
  state.question = index;
  state.asking = index !== null;
  state.said = null;
  const base = index === null ? start.settings : { ...start.defaults, ...start.questions[index].settings };
  load(base, index === null);
  if (matchMedia("(max-width: 76rem)").matches) ofId("questions-box").open = false;
  const place = ofId(index === null ? "main" : "question-title");
  place.focus({ preventScroll: true });
  if (matchMedia("(max-width: 76rem)").matches) (place.closest("section") ?? place).scrollIntoView({ block: "start" });
}

/** Puts settings into the fields; those of the file have its names. */
function load(settings, own) {
  state.settings = settingsOf(structuredClone(settings));
  state.labels = own ? start.labels : null;
  state.rows = own ? start.rows : null;
  state.row = 0;
  const first = state.settings.targets[0];
  state.class = first >= 0 && first < classes() ? first : 0;
  build();
}

function buildQuestion() {
  const section = ofId("question");
  section.hidden = state.question === null;
  if (state.question === null) return;
  const question = start.questions[state.question];
  section.replaceChildren(
    h("p", { class: "faint" }, word("question_of", state.question + 1, start.questions.length)),
    h("h2", { id: "question-title", tabindex: "-1" }, text(question.title)),
    h("p", { class: "asked" }, text(question.ask)),
    ...(state.asking ? [predictionForm(question)] : answer(question))
  );
}

function predictionForm(question) {
  const complaint = h("p", { class: "problem", role: "alert" });
  const choices = question.predict.choices;
  const fields = choices
    ? h("fieldset", {}, h("legend", {}, word("predict")), choices.map((choice, index) => h("label", { class: "choice" }, h("input", { type: "radio", name: "choice", value: index }), h("span", {}, text(choice)))))
    : h("label", { class: "field" }, h("span", {}, word("your_number")), h("input", { type: "text", class: "number", id: "guess", autocomplete: "off" }));
  const submitted = (event) => {
    event.preventDefault();
    const said = choices ? event.target.querySelector(":checked")?.value : parsed(ofId("guess").value);
    if (said === undefined || said === null) complaint.textContent = word(choices ? "choose_first" : "number_first");
    else reveal(Number(said));
  };
  return h("form", { submit: submitted }, fields, h("div", { class: "buttons" }, h("button", { type: "submit", class: "primary" }, word("see")), h("button", { type: "button", click: () => reveal(null) }, word("just_show"))), complaint);
}

function reveal(said) {
  state.said = said;
  state.asking = false;
  buildQuestion();
  update();
  ofId("verdict").focus();
}

function verdict(question, found) {
  const { choices, right, gradient } = question.predict;
  if (choices) {
    const is = text(choices[right]);
    if (state.said === null) return word("answer_is", is);
    return state.said === right ? word("right", is) : word("wrong", text(choices[state.said]), is);
  }
  const is = gradient ? compute(found.settings).rows[gradient[0]].gradient[gradient[1]] : compute(found.settings).value;
  if (state.said === null) return word("answer_is", short(is));
  const away = Math.abs(state.said - is);
  return away < 1e-12 ? word("said_exactly", short(state.said)) : word("said_number", short(state.said), short(is), short(away));
}

function answer(question) {
  const found = answersOf(question, start.defaults);
  const numbers = found.variants.map((variant) => short(variant.value));
  const isRight = question.predict.choices && state.said === question.predict.right;
  return [
    h("p", { id: "verdict", tabindex: "-1", class: isRight ? "verdict right" : "verdict" }, verdict(question, found)),
    ...question.why.map((paragraph) => h("p", {}, filledIn(text(paragraph), numbers))),
    comparison(question, found),
    h("div", { class: "buttons" }, h("button", { type: "button", class: "primary", click: () => ask((state.question + 1) % start.questions.length) }, word("next"))),
  ];
}

function comparison(question, found) {
  const columns = question.columns ?? ["value"];
  const cells = {
    value: (variant) => short(variant.value),
    accuracy: ({ result: one }) => word("of", one.right, one.counted),
    gradient: ({ result: one }) => one.rows[0].gradient.map((slope) => slope.toFixed(4).replace("-", "\u2212")).join(", "),
  };
  const lines = found.variants.map((variant) => [text(variant.name), ...columns.map((name) => cells[name](variant)), showButton(variant)]);
  return table(word("compare"), [word("compare"), ...columns.map((name) => word(name)), ""], lines);
}

const showButton = (variant) =>
  variant.settings ? h("button", { type: "button", class: "small", "aria-label": `${word("try")}: ${text(variant.name)}`, click: () => load(variant.settings, false) }, word("try")) : "";

// ------------------------------------------------------------------------------------ all together

function buildWords() {
  document.documentElement.lang = state.lang === "zh" ? "zh-CN" : "en";
  document.title = word("title");
  for (const place of document.querySelectorAll("[data-word]")) place.textContent = word(place.dataset.word);
  ofId("footer").textContent = word("footer", start.version);
  ofId("theme").textContent = word(isDark() ? "light" : "dark");
}

const isDark = () => (document.documentElement.dataset.theme ?? (matchMedia("(prefers-color-scheme: dark)").matches ? "dark" : "light")) === "dark";

function buildSource() {
  const place = ofId("source");
  place.hidden = !(start.source && state.question === null);
  if (place.hidden) return;
  const { file, shown, more } = start.source;
  const rows = shown === 1 ? word("rows_1") : word("rows_n", shown);
  place.textContent = word(more ? "from_file" : "whole_file", rows, file);
}

function build() {
  buildWords();
  buildQuestions();
  buildQuestion();
  buildSource();
  ofId("input-title").textContent = word(state.settings.loss === "ce" ? "input" : "input_log_probs");
  buildBatch();
  buildShape();
  buildRow();
  buildOptions();
  update();
}

function update() {
  updateResult();
  updateBatch();
  updateRow();
  updateIdeas();
  drawCurves();
  updateSteps();
  updateLines();
}

function updateBatch() {
  for (const line of ofId("batch").querySelectorAll("tr[data-row]")) {
    const row = Number(line.dataset.row);
    line.classList.toggle("current", row === state.row);
    line.querySelector("button.row").setAttribute("aria-pressed", String(row === state.row));
    line.querySelector(".loss").textContent = result ? short(result.rows[row].loss) : "";
    for (const field of line.querySelectorAll("input[data-class]")) {
      const value = rowsOf(state.settings)[row][Number(field.dataset.class)];
      if (field !== document.activeElement) {
        field.value = typed(value);
        field.setAttribute("aria-invalid", "false");
      }
    }
  }
  const chosen = ofId("row-panel").querySelector("h3");
  if (chosen.textContent !== rowWords(state.row)) buildRow();
}

ofId("language").addEventListener("click", () => {
  state.lang = state.lang === "en" ? "zh" : "en";
  build();
});
ofId("theme").addEventListener("click", () => {
  document.documentElement.dataset.theme = isDark() ? "light" : "dark";
  buildWords();
});
matchMedia("(prefers-color-scheme: dark)").addEventListener("change", buildWords);
if (matchMedia("(max-width: 76rem)").matches) ofId("questions-box").open = false;
const asked = start.questions.findIndex((question) => location.hash === `#${question.id}`);
if (asked < 0) load(start.settings, true);
else ask(asked);
