// The rows as a table of fields: logits, targets, weights.

function buildBatch() {
  const { settings } = state;
  const heads = Array.from({ length: classes() }, (_, index) =>
    h("th", { scope: "col" }, state.labels ? named(className(index)) : classWords(index)),
  );
  const lines = Array.from({ length: rowCount() }, (_, row) =>
    h(
      "tr",
      { "data-row": row },
      rowHead(row),
      logitCells(row),
      h("td", {}, targetField(row)),
      h("td", { class: "loss answer" }),
    ),
  );
  const weights =
    settings.weight &&
    h(
      "tr",
      { class: "weights" },
      h("th", { scope: "row" }, word("weight")),
      settings.weight.map((value, index) => h("td", {}, weightField(index, value))),
      h("td"),
      h("td"),
    );
  const made = h(
    "table",
    { id: "batch-table" },
    h(
      "thead",
      {},
      h(
        "tr",
        {},
        h("th", { scope: "col" }, word("row")),
        heads,
        h("th", { scope: "col" }, word("target")),
        h("th", { scope: "col", class: "n" }, word("loss")),
      ),
    ),
    h("tbody", {}, lines, weights),
  );
  ofId("batch").replaceChildren(made);
}

const rowHead = (row) =>
  h(
    "th",
    { scope: "row" },
    h(
      "button",
      { type: "button", class: "row", "aria-label": rowWords(row), click: () => chooseRow(row) },
      named(String(state.rows?.[row] ?? row)),
    ),
  );

const logitCells = (row) =>
  rowsOf(state.settings)[row].map((value, index) =>
    h(
      "td",
      {},
      numberField(
        word("logit_of", rowWords(row), classWords(index)),
        value,
        (found) => setLogit(row, index, found),
        { "data-class": index },
      ),
    ),
  );

const weightField = (index, value) =>
  numberField(
    word("weight_of", classWords(index)),
    value,
    (found) => change({ weight: state.settings.weight.with(index, found) }),
    { valid: (found) => Number.isFinite(found) && found >= 0 },
  );

function targetField(row) {
  const { targets, ignore } = state.settings;
  const left = (index) => (index === ignore ? ` (${word("left_out")})` : "");
  const choices = Array.from({ length: classes() }, (_, index) => [index, className(index) + left(index)]);
  if (!(ignore >= 0 && ignore < classes())) choices.push([ignore, word("ignored", ignore)]);
  if (!choices.some(([value]) => value === targets[row])) choices.push([targets[row], String(targets[row])]);
  return select(targets[row], choices, (value) => changeTarget(row, Number(value)), {
    "aria-label": word("target_of", rowWords(row)),
  });
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
  const button = (key, able, done) =>
    h("button", { type: "button", disabled: !able, click: () => reshape(done) }, word(key));
  const isFixed = state.settings.axis === 0;
  ofId("shape").replaceChildren(
    button("add_row", !isFixed && rowCount() < 20, addRow),
    button("drop_row", !isFixed && rowCount() > 1, dropRow),
    button("add_class", !isFixed && classes() < 50, addClass),
    button("drop_class", !isFixed && classes() > 2, dropClass),
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
