// Two pictures: the loss against the probability of the target, and the result against one logit.

const FRAME = { width: 420, height: 250, left: 46, right: 14, top: 14, bottom: 42 };

/** Places of numbers in a picture. */
function scales(x, y) {
  const { width, height, left, right, top, bottom } = FRAME;
  return {
    x: (value) => left + ((value - x[0]) / (x[1] - x[0])) * (width - left - right),
    y: (value) => height - bottom - ((value - y[0]) / (y[1] - y[0])) * (height - top - bottom),
  };
}

/** Round numbers within a range, four to eight of them. */
function ticks([low, high]) {
  const rough = (high - low) / 5;
  const power = 10 ** Math.floor(Math.log10(rough));
  const step = [1, 2, 5, 10].map((one) => one * power).find((one) => one >= rough);
  const found = [];
  for (let at = Math.ceil(low / step); at * step <= high + step * 1e-9; at++)
    found.push(Number((at * step).toPrecision(12)));
  return found;
}

const rounded = (value) => value.toFixed(2);
const pathOf = (points) =>
  points.map(([x, y], index) => `${index ? "L" : "M"}${rounded(x)} ${rounded(y)}`).join("");

/** A picture with its axes; what is drawn into it is made from its scales. */
function picture(label, title, x, y, xTitle, drawn) {
  const place = scales(x, y);
  const { width, height, left, right, top, bottom } = FRAME;
  const made = svg("svg", {
    viewBox: `0 0 ${width} ${height}`,
    role: "img",
    "aria-label": label,
    "data-range": x.join(" "),
  });
  for (const tick of ticks(y)) {
    made.append(
      svg("line", { class: "grid", x1: left, x2: width - right, y1: place.y(tick), y2: place.y(tick) }),
    );
    made.append(
      svg(
        "text",
        { x: left - 8, y: place.y(tick) + 4, "text-anchor": "end" },
        String(tick).replace("-", "\u2212"),
      ),
    );
  }
  for (const tick of ticks(x)) {
    made.append(
      svg(
        "text",
        { x: place.x(tick), y: height - bottom + 18, "text-anchor": "middle" },
        String(tick).replace("-", "\u2212"),
      ),
    );
  }
  made.append(
    svg("line", { class: "axis", x1: left, x2: width - right, y1: height - bottom, y2: height - bottom }),
  );
  made.append(svg("text", { x: (left + width - right) / 2, y: height - 6, "text-anchor": "middle" }, xTitle));
  const inner = svg("svg", {
    x: left,
    y: top,
    width: width - left - right,
    height: height - top - bottom,
    viewBox: `${left} ${top} ${width - left - right} ${height - top - bottom}`,
    overflow: "hidden",
  });
  made.append(inner);
  drawn(place, inner, made);
  return [h("figcaption", {}, title), made];
}

const point = (place, x, y, chosen) =>
  svg("circle", {
    class: chosen ? "point chosen" : "point",
    cx: rounded(place.x(x)),
    cy: rounded(place.y(y)),
    r: chosen ? 6 : 4,
  });

/** -log p over p, with a point for each counted row. */
function lossCurve(label, title, xTitle, rows, chosen, nats) {
  const points = rows
    .map((row, index) => ({ index, p: Math.exp(-row.own), loss: row.own / nats, ignored: row.ignored }))
    .filter((one) => !one.ignored && one.p >= 0 && one.p <= 1);
  const top = Math.max(
    4,
    ...points.map((one) => (Number.isFinite(one.loss) ? Math.min(one.loss * 1.1, 12) : 4)),
  );
  return picture(label, title, [0, 1], [0, top], xTitle, (place, inner, outer) => {
    const curve = [];
    for (let at = 0; at <= 240; at++) {
      const p = Math.max((at / 240) ** 2, 1e-6);
      curve.push([place.x(p), place.y(-Math.log(p) / nats)]);
    }
    inner.append(svg("path", { class: "curve", d: pathOf(curve) }));
    const last = points.filter((one) => one.index === chosen);
    for (const one of [...points.filter((other) => other.index !== chosen), ...last]) {
      outer.append(point(place, one.p, Math.min(one.loss, top), one.index === chosen));
    }
  });
}

/** The result over one logit, everything else as it is, with the slope at the present value. */
function logitCurve(texts, at, value, slope, resultAt) {
  const reach = Math.max(6, Math.abs(at) * 1.1 > 10 ? Math.min(Math.abs(at) * 0.2, 8) : 6);
  const x = Math.abs(at) <= 10 ? [-10, 10] : [at - reach, at + reach];
  const found = [];
  for (let step = 0; step <= 160; step++) {
    const logit = x[0] + ((x[1] - x[0]) * step) / 160;
    found.push([logit, resultAt(logit)]);
  }
  const finite = found
    .map((one) => one[1])
    .concat(value)
    .filter(Number.isFinite);
  if (!Number.isFinite(value) || !finite.length) return null;
  let low = Math.min(0, ...finite);
  let high = Math.max(...finite);
  if (high - low < 1e-9) high = low + 1;
  const y = [low, high + (high - low) * 0.06];
  return picture(texts.label, texts.title, x, y, texts.xTitle, (place, inner, outer) => {
    inner.append(
      svg("path", {
        class: "curve",
        d: pathOf(found.filter((one) => Number.isFinite(one[1])).map(([a, b]) => [place.x(a), place.y(b)])),
      }),
    );
    const wide = (x[1] - x[0]) / 6;
    inner.append(
      svg("path", {
        class: "tangent",
        d: pathOf([
          [place.x(at - wide), place.y(value - slope * wide)],
          [place.x(at + wide), place.y(value + slope * wide)],
        ]),
      }),
    );
    outer.append(point(place, at, value, true));
    outer.append(
      svg(
        "text",
        { class: "marked", x: FRAME.width - FRAME.right, y: FRAME.top + 6, "text-anchor": "end" },
        texts.slope,
      ),
    );
  });
}
