// Elements, words and numerals of the page. Whatever comes from data is text, never markup.

const SVG = "http://www.w3.org/2000/svg";
const ofId = (id) => document.getElementById(id);

/** An element with attributes (functions become listeners) and children, of which texts stay texts. */
function h(name, given = {}, ...children) {
  return filled(document.createElement(name), given, children);
}

const svg = (name, given = {}, ...children) => filled(document.createElementNS(SVG, name), given, children);

function filled(element, given, children) {
  for (const [key, value] of Object.entries(given)) {
    if (value === null || value === undefined || value === false) continue;
    if (typeof value === "function") element.addEventListener(key, value);
    else if (key === "value" || key === "checked") element[key] = value;
    else element.setAttribute(key, value === true ? "" : value);
  }
  element.append(...children.flat().filter((child) => child !== null && child !== undefined));
  return element;
}

/** A name from data, which keeps its own direction of writing. */
const named = (text) => h("bdi", { title: text }, text);

/** A number as people read it: six digits after the point, or as a power of ten. */
function short(value) {
  if (!Number.isFinite(value)) return numeral(value).replace("-", "\u2212");
  if (Number.isInteger(value) && Math.abs(value) < 1e6) return String(value).replace("-", "\u2212");
  const size = Math.abs(value);
  const text = size >= 1e-4 && size < 1e6 ? value.toFixed(6) : value.toExponential(5);
  return text.replace(/-/g, "\u2212");
}

/** A number as it was typed, with no more digits than there is room for. */
const brief = (value) =>
  (Number.isFinite(value) ? String(Number(value.toPrecision(6))) : numeral(value)).replace(/-/g, "\u2212");

/** A number with fourteen digits, which every library for double precision gives alike. */
const full = (value) =>
  (Number.isFinite(value) ? String(Number(value.toPrecision(14))) : numeral(value)).replace(/-/g, "\u2212");

const filledIn = (text, values) => text.replace(/\{(\d)\}/g, (_, index) => values[Number(index)]);

/** A table of numbers: heads, and lines of cells of which the first is the head of its row. */
function table(label, heads, lines, kinds = []) {
  const cell = (value, tag, attributes = {}) => h(tag, attributes, value);
  const body = lines.map((line, at) =>
    h(
      "tr",
      { class: kinds[at] || null },
      line.map((value, index) => (index ? cell(value, "td") : cell(value, "th", { scope: "row" }))),
    ),
  );
  return h(
    "div",
    { class: "scroll", role: "group", tabindex: "0", "aria-label": label },
    h(
      "table",
      {},
      h(
        "thead",
        {},
        h(
          "tr",
          {},
          heads.map((head) => cell(head, "th", { scope: "col" })),
        ),
      ),
      h("tbody", {}, body),
    ),
  );
}

/** A choice of few words. */
function select(value, choices, changed, attributes = {}) {
  const made = h("select", { ...attributes, change: (event) => changed(event.target.value) });
  for (const [key, text] of choices)
    made.append(
      h("option", { value: key, ...(String(key) === String(value) ? { selected: true } : {}) }, text),
    );
  return made;
}
