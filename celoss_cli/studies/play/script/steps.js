// Every step of the chosen row, and the rows that make the result.

function updateSteps() {
  if (!result || state.asking) return ofId("step-parts").replaceChildren();
  const row = result.rows[state.row];
  const parts = [h("h3", {}, rowWords(state.row)), stepTable(row), rowEquations(row)];
  if (result.rows.length > 1 || !isReduced()) parts.push(h("h3", {}, word("rows_title")), rowTable());
  if (isReduced())
    parts.push(
      h(
        "p",
        { class: "equation" },
        `${state.settings.reduction} = ${state.settings.reduction === "mean" ? divided() : short(result.total)} = `,
        h("strong", {}, full(result.value)),
        ` ${word(`unit_${state.settings.base}`)}`,
      ),
    );
  ofId("step-parts").replaceChildren(...parts.flat().filter(Boolean));
}

function stepTable(row) {
  const { settings } = state;
  const isCe = settings.loss === "ce";
  const columns = [[isCe ? word("logits_head") : word("input_head"), row.x, false]];
  if (settings.temperature !== 1) columns.push([word("step_u"), row.u, false]);
  if (settings.before !== "none")
    columns.push([word(`before_${settings.before}`), row.v, settings.before === "softmax"]);
  if (isCe)
    columns.push(
      [word("step_z"), row.z, false],
      [word("step_e"), row.e, true],
      [word("step_p"), row.p, true],
    );
  columns.push([word("step_nlp"), row.nlp, false]);
  if (isCe && settings.smoothing && !row.ignored) columns.push([word("step_q"), row.q, true]);
  columns.push([word("gradient"), row.gradient, true]);
  const shown = ([, values], index) => (values === row.x ? brief(values[index]) : short(values[index]));
  const lines = row.x.map((_, index) => [
    state.labels ? named(className(index)) : String(index),
    ...columns.map((column) => shown(column, index)),
  ]);
  const kinds = row.x.map((_, index) => (index === row.target ? "picked" : ""));
  lines.push([
    word("sum"),
    ...columns.map(([, values, isSum]) => (isSum ? short(settled(exactSum(values))) : "")),
  ]);
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
  if (isCe)
    found.push(
      `max = ${short(row.max)}    ${word("log_sum")} = log ${short(row.sum)} = ${short(row.logSum)}`,
    );
  found.push(
    isCe
      ? `\u2212log p[${y}] = ${word("log_sum")} \u2212 z[${y}] = ${short(row.own)}`
      : `\u2212x[${y}] = ${short(row.own)}`,
  );
  if (settings.weight) found.push(`w[${y}] = ${short(settings.weight[y])}`);
  if (isCe && settings.smoothing)
    found.push(
      `${word("mean_of", `${settings.weight ? "w \u00d7 " : ""}\u2212log p`)} = ${short(row.spread)}`,
    );
  found.push(`${word("loss")} = ${[...lossFormula(row), short(row.loss)].join(" = ")}`);
  const off = !isCe && Math.abs(exactSum(row.p) - 1) > 1e-6;
  return [
    h("pre", {}, found.join("\n")),
    off ? h("p", { class: "warning" }, word("not_log_probs", short(exactSum(row.p)))) : null,
  ];
}

/** How the loss of a row comes of -log p[y], where it is another number: one formula or none. */
function lossFormula(row) {
  const { loss, weight, smoothing, base } = state.settings;
  let formula = short(row.own);
  if (weight) formula = `${short(weight[row.target])} \u00d7 ${formula}`;
  if (loss === "ce" && smoothing)
    formula = `(1 \u2212 ${smoothing}) \u00d7 ${formula} + ${smoothing} \u00d7 ${short(row.spread)}`;
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
  const last = [
    word("sum"),
    "",
    "",
    short(exactSum(result.rows.map((row) => row.weight))),
    short(result.total),
  ];
  const kinds = result.rows.map((row, index) =>
    row.ignored ? "faint" : index === state.row ? "picked" : "",
  );
  const heads = [
    word("row"),
    word("target"),
    "-log p[y]",
    word("weight"),
    settings.base === "e" ? word("loss") : `${word("loss")}, ${word(`unit_${settings.base}`)}`,
  ];
  return table(word("rows_title"), heads, [...lines, last], [...kinds, "total"]);
}
