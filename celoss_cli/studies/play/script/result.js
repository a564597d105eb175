// The result with its facts, and the way to it in three steps.

function updateResult() {
  const { settings } = state;
  const stray = strayTarget(settings);
  result = stray ? null : compute(settings);
  document.body.classList.toggle("asking", state.asking);
  document.body.classList.toggle("stray", Boolean(stray));
  ofId("idea").hidden = state.question !== null;
  const wrong = stray ? word("stray", stray.row, stray.target, stray.classes - 1) : "";
  ofId("problem").textContent = wrong;
  const missing = wrong || (state.asking ? word("hidden") : "");
  const value = missing ? NaN : isReduced() ? result.value : result.value[state.row];
  ofId("value").replaceChildren(
    ...(missing ? [h("strong", {}, "?"), h("small", {}, missing)] : headline(value)),
  );
  ofId("result-more").replaceChildren(...(missing ? [] : resultFacts(value)));
}

function headline(value) {
  const { reduction, base } = state.settings;
  return [
    h(
      "span",
      { class: "label" },
      isReduced() ? word(`${reduction}_is`) : word("none_is", state.row, result.rows.length),
    ),
    h("strong", {}, short(value)),
    h("span", { class: "unit" }, word(`unit_${base}`)),
    h("code", { class: "full" }, full(value)),
  ];
}

function resultFacts(value) {
  const { settings } = state;
  const facts = [[word("accuracy"), word("of", result.right, result.counted)]];
  if (settings.reduction === "mean")
    facts.push([word("perplexity"), short(Math.exp(value * NATS[settings.base]))]);
  facts.push([word("guessing", result.classes), short(Math.log(result.classes) / NATS[settings.base])]);
  const shown = h(
    "dl",
    {},
    facts.map(([name, fact]) => h("div", {}, h("dt", {}, name), h("dd", {}, fact))),
  );
  return settings.reduction === "mean" ? [h("p", { class: "equation" }, divided()), shown] : [shown];
}

const divided = () =>
  word(
    state.settings.weight ? "divided_weights" : "divided_counted",
    short(result.total),
    short(result.denominator),
  );

/** The losses of a few rows with a plus between them. */
const added = (rows) => (rows.length > 4 ? "\u2026" : rows.map((row) => short(row.loss)).join(" + "));

/** The chosen row's way to the result in three formulas with their numbers. */
function updateIdeas() {
  if (!result || state.asking) return ofId("ideas").replaceChildren();
  const { settings } = state;
  const row = result.rows[state.row];
  const y = row.target;
  const isCe = settings.loss === "ce";
  const idea = (key, formulas, why) =>
    h(
      "li",
      {},
      h("h3", {}, word(key)),
      formulas.map((formula) => h("code", {}, formula)),
      h("p", { class: "faint" }, word(why, gradientFormula())),
    );
  const first = row.ignored
    ? word("row_is_ignored", state.row)
    : isCe
      ? `p[${y}] = e / ${word("sum")} = ${short(row.e[y])} / ${short(row.sum)} = ${short(row.p[y])}`
      : `x[${y}] = ${short(row.v[y])}`;
  const paid = row.ignored
    ? word("row_is_ignored", state.row)
    : `${isCe ? `\u2212log ${short(row.p[y])}` : `\u2212(${short(row.v[y])})`} = ${short(row.own)}`;
  const third = {
    mean: `${short(result.total)} / ${short(result.denominator)} = ${short(result.value)}`,
    sum: `${added(result.rows)} = ${short(result.total)}`,
    none: short(row.loss),
  }[settings.reduction];
  ofId("ideas").replaceChildren(
    idea(isCe ? "idea_softmax" : "idea_nll", [first], isCe ? "idea_softmax_why" : "idea_nll_why"),
    idea(
      "idea_log",
      [paid, ...(row.ignored ? [] : lossFormula(row).map((formula) => `${formula} = ${short(row.loss)}`))],
      "idea_log_why",
    ),
    idea("idea_reduce", [third], `idea_reduce_${settings.reduction}`),
  );
}
