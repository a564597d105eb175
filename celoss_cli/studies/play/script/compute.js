// What the page computes: one function from settings to every number that is shown. It touches no page.
//
// settings: loss "ce" or "nll"; before "none", "softmax" or "log_softmax"; logits, rows of numbers; targets;
// weight, numbers or null; smoothing; ignore; temperature; axis 1 or 0; reduction; base "e", "2" or "10".
// The operations and their order are those of celoss_cli/losses/class_axis.py, in float64.

const NATS = { e: 1, 2: Math.LN2, 10: Math.LN10 };

/** A sum whose rounding errors are kept and added (Shewchuk 1997), as celoss adds losses. */
function exactSum(values) {
  if (!values.every(Number.isFinite)) return values.reduce((sum, value) => sum + value, 0);
  const parts = [];
  for (let value of values) {
    let kept = 0;
    for (let part of parts) {
      if (Math.abs(value) < Math.abs(part)) [value, part] = [part, value];
      const high = value + part;
      const low = part - (high - value);
      if (low) parts[kept++] = low;
      value = high;
    }
    parts.length = kept;
    parts.push(value);
  }
  return parts.reduceRight((sum, part) => sum + part, 0);
}

const plainSum = (values) => values.reduce((sum, value) => sum + value, 0);
const largest = (values) => values.reduce((most, value) => Math.max(most, value), -Infinity);
const transposed = (rows) => rows[0].map((_, column) => rows.map((row) => row[column]));

/** The softmax with the entry `kept` held apart, so that a probability near 1 loses no digits of its logarithm. */
function softmaxParts(x, kept) {
  const max = largest(x);
  const z = x.map((value) => value - max);
  const e = z.map(Math.exp);
  const at = kept ?? x.indexOf(max);
  const rest = plainSum(e.filter((_, index) => index !== at));
  const own = at < 0 ? NaN : e[at];
  const sum = rest + own;
  const logSum = Math.log1p(rest + (own - 1));
  const p = e.map((value) => value / sum);
  const others = p.map((value, index) => (index === at ? rest / sum : 1 - value));
  return { max, z, e, sum, logSum, p, others, nlp: z.map((value) => logSum - value) };
}

const applied = {
  none: (u) => u,
  softmax: (u) => softmaxParts(u).p,
  log_softmax: (u) => softmaxParts(u).nlp.map((value) => -value),
};

/** The derivative through what stands before the loss, from that of its result. */
const pulledBack = {
  none: (v, slopes) => slopes,
  softmax: (v, slopes) => {
    const mean = plainSum(v.map((p, index) => p * slopes[index]));
    return v.map((p, index) => p * (slopes[index] - mean));
  },
  log_softmax: (v, slopes) => {
    const sum = plainSum(slopes);
    return v.map((log, index) => slopes[index] - Math.exp(log) * sum);
  },
};

/** The logits as rows of classes, whatever axis the classes have. */
const rowsOf = (settings) => (settings.axis === 0 ? transposed(settings.logits) : settings.logits);

/** Every step of one row: its logits x and its target. */
function computeRow(settings, x, target) {
  const { loss: name, before, weight, temperature, base } = settings;
  const eps = name === "ce" ? settings.smoothing : 0;
  const classes = x.length;
  const u = x.map((value) => value / temperature);
  const v = applied[before](u);
  const ignored = target === settings.ignore;
  const y = ignored ? 0 : target;
  const w = weight ?? x.map(() => 1);
  const parts =
    name === "ce"
      ? softmaxParts(v, eps ? undefined : y)
      : { nlp: v.map((value) => -value), p: v.map(Math.exp) };
  const q = x.map((_, index) => (index === y ? 1 - eps : 0) + eps / classes);
  const own = parts.nlp[y];
  const spread = plainSum(parts.nlp.map((value, index) => value * w[index])) / classes;
  const nats = eps ? (1 - eps) * w[y] * own + eps * spread : w[y] * own;
  const row = {
    x,
    u,
    v,
    ...parts,
    q,
    target,
    ignored,
    own,
    spread,
    weight: ignored ? 0 : w[y],
    loss: ignored ? 0 : nats / NATS[base],
  };
  row.slopes = ignored
    ? x.map(() => 0)
    : rowSlopes(
        settings,
        row,
        q.map((share, index) => share * w[index]),
        y,
      );
  return row;
}

/** The derivative of a row's loss with respect to its logits; a are the shares of the classes in the loss. */
function rowSlopes(settings, row, shares, y) {
  const a =
    settings.smoothing && settings.loss === "ce"
      ? shares
      : shares.map((share, index) => (index === y ? share : 0));
  const sum = plainSum(a);
  const ofLoss =
    settings.loss === "ce"
      ? row.p.map((p, index) => p * (sum - a[index]) - a[index] * row.others[index])
      : a.map((share) => -share);
  return pulledBack[settings.before](row.v, ofLoss).map(
    (slope) => slope / settings.temperature / NATS[settings.base],
  );
}

/** The first target that is no class and not left out, or null. */
function strayTarget(settings) {
  const rows = rowsOf(settings);
  const index = settings.targets.findIndex(
    (target) => target !== settings.ignore && !(target >= 0 && target < rows[0].length),
  );
  return index < 0 ? null : { row: index, target: settings.targets[index], classes: rows[0].length };
}

/** The result with every step; `value` is an array of the losses where nothing is reduced. */
function compute(settings) {
  const rows = rowsOf(settings).map((x, index) => computeRow(settings, x, settings.targets[index]));
  const counted = rows.filter((row) => !row.ignored);
  const losses = rows.map((row) => row.loss);
  const total = exactSum(losses);
  const weights = exactSum(rows.map((row) => row.weight));
  const denominator = settings.reduction === "mean" ? weights : 1;
  const mean = weights === 0 ? NaN : total / weights;
  const value = { none: losses, sum: total, mean }[settings.reduction];
  for (const row of rows) row.gradient = row.slopes.map((slope) => slope / denominator);
  const right = counted.filter((row) => row.x.indexOf(largest(row.x)) === row.target).length;
  return { rows, total, denominator, value, counted: counted.length, right, classes: rows[0].x.length };
}

/** -log p[y] by the formula as it stands in books, without subtracting the largest logit. */
function naiveLoss(settings) {
  const e = settings.logits[0].map(Math.exp);
  return -Math.log(e[settings.targets[0]] / plainSum(e));
}

/** The mean of binary_cross_entropy_with_logits over logits z and targets t of 0 or 1. */
function binaryLoss(z, t) {
  const losses = z.map(
    (value, index) => Math.max(value, 0) - value * t[index] + Math.log1p(Math.exp(-Math.abs(value))),
  );
  return exactSum(losses) / losses.length;
}
