// The two pictures of the present settings; the point of the second follows a pointer.

function drawCurves() {
  const where = ofId("curve-p");
  const beside = ofId("curve-x");
  if (!result || state.asking) return (where.replaceChildren(), beside.replaceChildren());
  const { settings, row: at, class: index } = state;
  const row = result.rows[at];
  const nats = NATS[settings.base];
  where.replaceChildren(
    ...lossCurve(
      word("curve_p_label", short(Math.exp(-row.own)), short(row.own / nats)),
      word(settings.weight || (settings.loss === "ce" && settings.smoothing) ? "curve_p_part" : "curve_p"),
      word("curve_p_axis"),
      result.rows,
      at,
      nats,
    ),
  );
  const logit = row.x[index];
  const value = isReduced() ? result.value : row.loss;
  const others = result.total - row.loss;
  const resultAt = (moved) => {
    const loss = computeRow(settings, row.x.with(index, moved), settings.targets[at]).loss;
    return isReduced() ? (others + loss) / result.denominator : loss;
  };
  const texts = {
    title: word("curve_x"),
    xTitle: word("curve_x_axis", classWords(index), state.rows?.[at] ?? at),
    label: word("curve_x_label", classWords(index), short(logit), short(value), short(row.gradient[index])),
    slope: word("slope", short(row.gradient[index])),
  };
  const drawn = Number.isFinite(logit)
    ? logitCurve(texts, logit, value, row.gradient[index], resultAt)
    : null;
  beside.replaceChildren(
    ...(drawn ?? [h("figcaption", {}, word("curve_x")), h("p", { class: "faint" }, word("nothing_to_draw"))]),
  );
}

/** The point follows a pointer along the curve; the picture keeps its range until it is let go. */
function dragged(event) {
  const figure = event.currentTarget;
  const drawing = figure.querySelector("svg");
  if (!drawing?.contains(event.target)) return;
  const { left, width } = drawing.getBoundingClientRect();
  const [low, high] = drawing.dataset.range.split(" ").map(Number);
  const moved = ({ clientX }) => {
    const at = ((clientX - left) / width) * FRAME.width - FRAME.left;
    const part = Math.min(1, Math.max(0, at / (FRAME.width - FRAME.left - FRAME.right)));
    setLogit(state.row, state.class, Number((low + part * (high - low)).toFixed(1)));
  };
  event.preventDefault();
  figure.setPointerCapture(event.pointerId); // the drawing itself is made anew with every move
  figure.onpointermove = moved;
  figure.onlostpointercapture = () => (figure.onpointermove = null);
  moved(event);
}
