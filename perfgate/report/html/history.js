"use strict";
// Owns the charts of a history: one metric over commits, with its levels, change points and creep.

const data = readData();
const { commits } = data;

const UNITS = { ms: write.ms, rate: write.rate, ratio: write.ratio, bytes: write.bytes };
const ROOM = { ms: true, rate: true, ratio: false, bytes: false };

function specOf(metric) {
  const last = commits.length - 1;
  const unit = UNITS[metric.unit];
  return {
    says: "",
    x: {
      values: commits.length > 1 ? commits.map((commit, place) => place) : [0],
      write: (place) => commits[Math.round(place)]?.sha ?? "",
      tick: (place) => (commits[place] ? `${commits[place].sha.slice(0, 7)}\n${commits[place].day.slice(5)}` : ""),
      marks: (low, high, most) => evenMarks(low, high, Math.min(most, last + 1)).filter(Number.isInteger),
      size: 42,
      space: 66,
      grid: false,
      room: 0.4,
    },
    y: { write: unit, range: (plot, low, high) => rangeOf(metric, low, high) },
    top: 24,
    place: (place) => `${commits[place].sha} · ${commits[place].day}`,
    lines: [
      { tip: "value", values: metric.values, colour: "--base", mark: commits.length > 60 ? "circle" : undefined, dots: commits.length <= 60, width: 1.5 },
    ],
    more: (place) => moreOf(metric, place),
    under: (plot) => paintChanges(plot, metric),
  };
}

function moreOf(metric, place) {
  const rows = [];
  if (metric.changes[place]) rows.push(element("div", {}, "change", element("b", {}, metric.changes[place])));
  for (const step of metric.steps) if (step.at === place) rows.push(element("div", {}, "change point", element("b", {}, step.text)));
  rows.push(element("div", {}, "runs", element("b", {}, String(commits[place].runs))));
  return rows;
}

/** Room above and below; a change of a few percent does not fill the height, so noise looks like noise. */
function rangeOf(metric, low, high) {
  if (low == null) return [0, 1];
  const least = ROOM[metric.unit] ? Math.abs(low + high) * 0.1 : Math.max(Math.abs(high), 1e-9) * 0.5;
  const middle = (low + high) / 2;
  const half = Math.max(high - low, least) / 2;
  return [middle - half * 1.2, middle + half * 1.2];
}

function paintChanges(plot, metric) {
  const { ctx, bbox } = plot;
  const ratio = uPlot.pxRatio;
  const place = (x) => Math.min(Math.max(plot.valToPos(x, "x", true), bbox.left), bbox.left + bbox.width);
  const labels = [];
  ctx.save();
  if (metric.creep && metric.creep.last > 0) {
    const left = place(metric.creep.first);
    const right = place(metric.creep.last);
    ctx.fillStyle = colour("--inconclusive-tint");
    ctx.fillRect(left, bbox.top, right - left, bbox.height);
    labels.push([(left + right) / 2, metric.creep.text, "--inconclusive"]);
  }
  const steps = metric.steps.filter((step) => step.at >= 0);
  for (const step of steps) labels.push([paintStep(plot, step, place), step.text, step.worse ? "--regressed" : "--improved"]);
  paintLevels(plot, metric, place);
  ctx.font = `600 ${11 * ratio}px ${colour("--sans")}`;
  ctx.textAlign = "center";
  let free = -Infinity;
  for (const [x, text, tone] of labels.sort((one, other) => one[0] - other[0])) {
    const half = ctx.measureText(text).width / 2;
    const at = Math.min(Math.max(x, bbox.left + half), bbox.left + bbox.width - half);
    if (at - half < free) continue;
    free = at + half + 8 * ratio;
    ctx.fillStyle = colour(tone);
    ctx.fillText(text, at, bbox.top - 7 * ratio);
  }
  ctx.restore();
}

function paintStep(plot, step, place) {
  const { ctx, bbox } = plot;
  const ratio = uPlot.pxRatio;
  const x = Math.round(place(step.at));
  ctx.strokeStyle = colour(step.worse ? "--regressed" : "--improved");
  ctx.lineWidth = 1.25 * ratio;
  ctx.setLineDash([4 * ratio, 3 * ratio]);
  ctx.beginPath();
  ctx.moveTo(x, bbox.top);
  ctx.lineTo(x, bbox.top + bbox.height);
  ctx.stroke();
  ctx.setLineDash([]);
  return x;
}

/** The level before and after each change point, as a quiet line below the values. */
function paintLevels(plot, metric, place) {
  const { ctx } = plot;
  if (!metric.steps.length) return;
  ctx.strokeStyle = colour("--strong-line");
  ctx.lineWidth = 3 * uPlot.pxRatio;
  const last = commits.length - 1;
  const pieces = metric.steps.map((step, number) => [step.at, (metric.steps[number + 1]?.at ?? last + 0.4) - (metric.steps[number + 1] ? 0.5 : 0), step.after]);
  pieces.unshift([-0.4, metric.steps[0].at - 0.5, metric.steps[0].before]);
  for (const [from, to, value] of pieces) {
    if (value == null || to < 0) continue;
    const y = plot.valToPos(value, "y", true);
    ctx.beginPath();
    ctx.moveTo(place(Math.max(from, 0)), y);
    ctx.lineTo(place(Math.max(to, 0)), y);
    ctx.stroke();
  }
}

setUp((host) => drawChart(host, specOf(data.metrics[host.dataset.metric])));
