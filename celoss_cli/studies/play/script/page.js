// All together: the page is built for a shape of the data, and updated with every number.

function buildWords() {
  document.documentElement.lang = state.lang === "zh" ? "zh-CN" : "en";
  document.title = word("title");
  for (const place of document.querySelectorAll("[data-word]")) place.textContent = word(place.dataset.word);
  ofId("footer").textContent = word("footer", start.version);
  ofId("theme").textContent = word(isDark() ? "light" : "dark");
}

const isDark = () =>
  (document.documentElement.dataset.theme ??
    (matchMedia("(prefers-color-scheme: dark)").matches ? "dark" : "light")) === "dark";

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
ofId("curve-x").addEventListener("pointerdown", dragged);
if (matchMedia("(max-width: 76rem)").matches) ofId("questions-box").open = false;
const asked = start.questions.findIndex((question) => location.hash === `#${question.id}`);
if (asked < 0) load(start.settings, true);
else ask(asked);
