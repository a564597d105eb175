// The same computation as a command of celoss and as a line of PyTorch.

const numeral = (value) =>
  Number.isFinite(value) ? String(value) : value > 0 ? "inf" : value < 0 ? "-inf" : "nan";
const listed = (values) => values.map(numeral).join(",");
const matrix = (rows) => rows.map(listed).join(";");
const shellWord = (text) => (/^[\w.,=+-]+$/.test(text) ? text : `'${text}'`);
const flag = (name, text) =>
  text.startsWith("-") ? shellWord(`${name}=${text}`) : `${name} ${shellWord(text)}`;
const needsLeave = (rows) =>
  rows.some((row) => row.some((value) => !Number.isFinite(value) && value !== -Infinity));

/** The command of celoss that computes the same number. */
function commandOf(settings, counted) {
  const computed = settings.before !== "none";
  const scaled = settings.logits.map((row) => row.map((value) => value / settings.temperature));
  const values = computed
    ? rowsOf(settings).map((x, index) => computeRow(settings, x, settings.targets[index]).v)
    : scaled;
  const words = [
    `celoss ${settings.loss}`,
    flag(settings.loss === "ce" ? "--logits" : "--log-probs", matrix(values)),
    flag("--targets", listed(settings.targets)),
    settings.weight && flag("--weight", listed(settings.weight)),
    settings.ignore !== -100 && flag("--ignore-index", String(settings.ignore)),
    settings.loss === "ce" && settings.smoothing && `--label-smoothing ${settings.smoothing}`,
    settings.reduction !== "mean" && `--reduction ${settings.reduction}`,
    settings.base !== "e" && `--base ${settings.base}`,
    settings.axis === 0 && !computed && "--class-axis 0",
    needsLeave(values) && "--allow-nonfinite",
    !counted && "--on-empty nan",
  ];
  return words.filter(Boolean).join(" ");
}

const pythonNumber = (value) =>
  Number.isFinite(value) ? String(value) : value > 0 ? "torch.inf" : value < 0 ? "-torch.inf" : "torch.nan";
const pythonList = (values) =>
  `[${values.map((value) => (Array.isArray(value) ? pythonList(value) : pythonNumber(value))).join(", ")}]`;
const tensor = (values) => `torch.tensor(${pythonList(values)}, dtype=torch.float64)`;

/** The expression of PyTorch that computes the same number, after TORCH_IMPORTS. */
function torchLine(settings) {
  let x = tensor(settings.logits) + (settings.axis === 0 ? ".T" : "");
  if (settings.temperature !== 1) x += ` / ${settings.temperature}`;
  if (settings.before !== "none") x = `F.${settings.before}(${x}, dim=1)`;
  const more = [
    settings.weight && `weight=${tensor(settings.weight)}`,
    settings.ignore !== -100 && `ignore_index=${settings.ignore}`,
    settings.loss === "ce" && settings.smoothing && `label_smoothing=${settings.smoothing}`,
    settings.reduction !== "mean" && `reduction="${settings.reduction}"`,
  ];
  const name = settings.loss === "ce" ? "cross_entropy" : "nll_loss";
  const given = [x, `torch.tensor(${pythonList(settings.targets)})`, ...more.filter(Boolean)];
  return `F.${name}(${given.join(", ")})${settings.base === "e" ? "" : ` / math.log(${settings.base})`}`;
}

const TORCH_IMPORTS = "import math, torch, torch.nn.functional as F";

/** A number beside the settings that a question compares with: its value, and its lines where it has any. */
const derived = {
  naive: (variant, settings) => ({ value: naiveLoss(settings) }),
  binary: ({ z, t }) => ({
    value: binaryLoss(z, t),
    command: `celoss bce-logits ${flag("--logits", listed(z))} ${flag("--targets", listed(t))}`,
    torch: `F.binary_cross_entropy_with_logits(${tensor(z)}, ${tensor(t)})`,
  }),
  mean: ({ of }, settings, before) => ({
    value: exactSum(of.map((index) => before[index].value)) / of.length,
  }),
  tenth: ({ of }, settings, before) => ({ value: before[of].value / 10 }),
};

/** The settings of a text of JSON, in which infinities are words. */
const settingsOf = (found) => ({ ...found, logits: found.logits.map((row) => row.map(parsedNumber)) });
const parsedNumber = (value) => ({ inf: Infinity, "-inf": -Infinity })[value] ?? value;

/** The settings of a question, and what it compares: numbers with their settings and lines. */
function answersOf(question, defaults) {
  const settings = settingsOf({ ...defaults, ...question.settings });
  const found = [];
  for (const variant of question.variants) {
    if (variant.derived) {
      found.push({ name: variant.name, ...derived[variant.derived](variant, settings, found) });
    } else {
      const own = settingsOf({ ...defaults, ...question.settings, ...variant.settings });
      const result = compute(own);
      found.push({
        name: variant.name,
        settings: own,
        result,
        value: result.value,
        command: commandOf(own, result.counted),
        torch: torchLine(own),
      });
    }
  }
  return { settings, variants: found };
}
