// Runs the scripts of the page that compute, given as the first argument, on cases from standard input.

const [source] = process.argv.slice(2);
const page = new Function(`${source}; return { answersOf, commandOf, compute, settingsOf, torchLine };`)();

/** JSON with words for the numbers that it does not have. */
const worded = (key, value) => (typeof value === "number" && !Number.isFinite(value) ? String(value) : value);

const answered = {
  compute: (given) => {
    const result = page.compute(page.settingsOf(given));
    return {
      value: result.value,
      losses: result.rows.map((row) => row.loss),
      gradients: result.rows.map((row) => row.gradient),
    };
  },
  lines: (given) => {
    const settings = page.settingsOf(given);
    return {
      command: page.commandOf(settings, page.compute(settings).counted),
      torch: page.torchLine(settings),
    };
  },
  questions: ({ question, defaults }) =>
    page
      .answersOf(question, defaults)
      .variants.map(({ value, command, torch }) => ({ value, command, torch })),
};

let text = "";
process.stdin.on("data", (part) => (text += part));
process.stdin.on("end", () => {
  const { asked, cases } = JSON.parse(text);
  process.stdout.write(JSON.stringify(cases.map(answered[asked]), worded));
});
