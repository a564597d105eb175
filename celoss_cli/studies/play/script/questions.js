// The questions: what is asked, the prediction, then what is and why.

function buildQuestions() {
  const item = (label, index) =>
    h(
      "li",
      {},
      h(
        "button",
        {
          type: "button",
          class: "question",
          "aria-current": state.question === index ? "true" : null,
          click: () => ask(index),
        },
        label,
      ),
    );
  ofId("questions").replaceChildren(
    item(word("free"), null),
    ...start.questions.map((question, index) => item(text(question.title), index)),
  );
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
  if (matchMedia("(max-width: 76rem)").matches)
    (place.closest("section") ?? place).scrollIntoView({ block: "start" });
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
    ...(state.asking ? [predictionForm(question)] : answer(question)),
  );
}

function predictionForm(question) {
  const complaint = h("p", { class: "problem", role: "alert" });
  const choices = question.predict.choices;
  const fields = choices
    ? h(
        "fieldset",
        {},
        h("legend", {}, word("predict")),
        choices.map((choice, index) =>
          h(
            "label",
            { class: "choice" },
            h("input", { type: "radio", name: "choice", value: index }),
            h("span", {}, text(choice)),
          ),
        ),
      )
    : h(
        "label",
        { class: "field" },
        h("span", {}, word("your_number")),
        h("input", { type: "text", class: "number", id: "guess", autocomplete: "off" }),
      );
  const submitted = (event) => {
    event.preventDefault();
    const said = choices ? event.target.querySelector(":checked")?.value : parsed(ofId("guess").value);
    if (said === undefined || said === null)
      complaint.textContent = word(choices ? "choose_first" : "number_first");
    else reveal(Number(said));
  };
  return h(
    "form",
    { submit: submitted },
    fields,
    h(
      "div",
      { class: "buttons" },
      h("button", { type: "submit", class: "primary" }, word("see")),
      h("button", { type: "button", click: () => reveal(null) }, word("just_show")),
    ),
    complaint,
  );
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
  const is = gradient
    ? compute(found.settings).rows[gradient[0]].gradient[gradient[1]]
    : compute(found.settings).value;
  if (state.said === null) return word("answer_is", short(is));
  const away = Math.abs(state.said - is);
  return away < 1e-12
    ? word("said_exactly", brief(state.said))
    : word("said_number", brief(state.said), short(is), short(away));
}

function answer(question) {
  const found = answersOf(question, start.defaults);
  const numbers = found.variants.map((variant) => short(variant.value));
  const isRight = question.predict.choices && state.said === question.predict.right;
  return [
    h(
      "p",
      { id: "verdict", tabindex: "-1", class: isRight ? "verdict right" : "verdict" },
      verdict(question, found),
    ),
    ...question.why.map((paragraph) => h("p", {}, filledIn(text(paragraph), numbers))),
    comparison(question, found),
    h(
      "div",
      { class: "buttons" },
      h(
        "button",
        { type: "button", class: "primary", click: () => ask((state.question + 1) % start.questions.length) },
        word("next"),
      ),
    ),
  ];
}

function comparison(question, found) {
  const columns = question.columns ?? ["value"];
  const cells = {
    value: (variant) => short(variant.value),
    accuracy: ({ result: one }) => word("of", one.right, one.counted),
    gradient: ({ result: one }) =>
      one.rows[0].gradient.map((slope) => slope.toFixed(4).replace("-", "\u2212")).join(", "),
  };
  const lines = found.variants.map((variant) => [
    text(variant.name),
    ...columns.map((name) => cells[name](variant)),
    showButton(variant),
  ]);
  return table(word("compare"), [word("compare"), ...columns.map((name) => word(name)), ""], lines);
}

const showButton = (variant) =>
  variant.settings
    ? h(
        "button",
        {
          type: "button",
          class: "small",
          "aria-label": `${word("try")}: ${text(variant.name)}`,
          click: () => load(variant.settings, false),
        },
        word("try"),
      )
    : "";
