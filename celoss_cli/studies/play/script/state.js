// What the page knows, its words, and the fields in which a number is typed.

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
const rowWords = (index) =>
  state.settings.axis === 0 ? word("column_n", index) : word("row_n", state.rows?.[index] ?? index);
const isReduced = () => state.settings.reduction !== "none";
const cellOf = (row, index) => (state.settings.axis === 0 ? [index, row] : [row, index]);
const typed = (value) => numeral(value);

/** What is typed as a number, or null. */
function parsed(given) {
  const plain = given
    .trim()
    .replace(/\u2212/g, "-")
    .toLowerCase();
  const found = /^([+-]?)(inf|infinity|\u221e)$/.exec(plain);
  if (found) return found[1] === "-" ? -Infinity : Infinity;
  return /^[+-]?(\d+\.?\d*|\.\d+)(e[+-]?\d+)?$/.test(plain) && Number.isFinite(Number(plain))
    ? Number(plain)
    : null;
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
