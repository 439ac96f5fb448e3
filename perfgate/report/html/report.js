"use strict";
// Owns which charts a verdict's page has: distributions, the shift, and everything over time.

const data = readData();
const SIDES = ["base", "head"];
const MARKS = { base: "circle", head: "diamond" };
const seconds = { write: write.seconds };
const span = data.rounds.length ? [data.rounds[0].start, data.rounds[data.rounds.length - 1].end] : null;

const line = (side, values, more) => ({ label: side, values, colour: `--${side}`, mark: MARKS[side], ...more });
const fromZero = (plot, low, high) => [0, high > 0 ? high * 1.08 : 1];
const sidesOf = (frame, name = (side) => side, more) => SIDES.filter((side) => frame[name(side)]).map((side) => line(side, frame[name(side)], more?.(side)));
const logX = (frame) => ({ values: frame.x.map((ms) => Math.log10(Math.max(ms, 1e-6))), write: (place) => write.ms(10 ** place), marks: logMarks });

const SPECS = {
  ecdf: ({ ecdf }) => ({
    says: "The share of requests answered within a time. The line further right is the slower one.",
    x: logX(ecdf),
    y: { write: write.share, tick: (value) => `${Math.round(value * 100)} %`, range: () => [0, 1.03], marks: () => [0, 0.25, 0.5, 0.75, 1] },
    lines: sidesOf(ecdf),
  }),
  density: ({ density }) => ({
    says: "How often each time occurs. Two hills are two kinds of request: hits and misses, say.",
    x: logX(density),
    y: { write: write.number(""), range: fromZero, show: false },
    lines: sidesOf(density, undefined, (side) => ({ fill: `--${side}-fill` })),
  }),
  shift: ({ shift }) => ({
    says: "Head against base, from the fastest requests to the slowest. Above 0 head is slower.",
    x: { values: shift.x, write: (value) => `p${digits(value * 100)}` },
    y: { write: write.change, range: aroundZero },
    lines: [
      { label: "change", values: shift.change, colour: "--shift" },
      ...(shift.low ? [{ label: `${data.interval} over rounds`, area: "--shift-fill", tip: "from", values: shift.low }, { tip: "to", values: shift.high }] : []),
    ],
    band: shift.low && [3, 2],
    over: (plot) => level(plot, 0),
  }),
  latency: ({ time }) => ({
    says: "Round after round, without the time between them.",
    ...overTime(time),
    y: { write: write.ms, range: fromZero },
    lines: ["p50", "p95"].flatMap((quantile) =>
      sidesOf(time, (side) => `${side}_${quantile}`, (side) => ({ label: `${side} ${quantile}`, dash: quantile === "p95" ? [6, 4] : undefined })),
    ),
  }),
  throughput: ({ time }) => ({
    says: "Requests sent a second, failed ones too.",
    ...overTime(time),
    y: { write: write.rate, range: fromZero },
    lines: sidesOf(time, (side) => `${side}_rate`),
  }),
};

const SAYS = {
  CPU: "CPU time used per second, in cores.",
  memory: "Resident memory of the whole process tree.",
  threads: "Threads of the whole process tree.",
  connections: "Established connections to the service's port.",
};

function seriesSpec(name) {
  const frame = data.series[name];
  const counted = ["threads", "connections"].includes(name);
  const marks = counted ? (...range) => evenMarks(...range).filter(Number.isInteger) : undefined;
  return { says: SAYS[name] ?? "", ...overTime(frame), y: { write: write.number(counted ? "" : frame.unit), range: fromZero, marks }, lines: sidesOf(frame) };
}

/** The time axis that all rounds share: every chart over time begins and ends at the same place. */
function overTime(frame) {
  const [first, last] = span ?? [frame.x[0], frame.x[frame.x.length - 1]];
  if (frame.x[0] > first) pad(frame, "unshift", first);
  if (frame.x[frame.x.length - 1] < last) pad(frame, "push", last);
  return { x: { values: frame.x, ...seconds, grid: !data.rounds.length }, under: paintRounds, sync: "time", top: data.rounds.length ? 20 : 8 };
}

function pad(frame, where, x) {
  for (const [name, column] of Object.entries(frame)) if (Array.isArray(column)) column[where](name === "x" ? x : null);
}

function aroundZero(plot, low, high) {
  const least = 0.02;
  const bottom = Math.min(low ?? 0, 0);
  const top = Math.max(high ?? 0, 0);
  const room = Math.max((top - bottom) * 0.08, least / 4);
  return [Math.min(bottom - room, -least / 2), Math.max(top + room, least / 2)];
}

function level(plot, value) {
  const { ctx, bbox } = plot;
  const y = Math.round(plot.valToPos(value, "y", true));
  ctx.save();
  ctx.strokeStyle = colour("--muted");
  ctx.lineWidth = uPlot.pxRatio;
  ctx.beginPath();
  ctx.moveTo(bbox.left, y);
  ctx.lineTo(bbox.left + bbox.width, y);
  ctx.stroke();
  ctx.restore();
}

/** Every other round shaded, its number above; dropped ones in another colour and with a cross. */
function paintRounds(plot) {
  const { ctx, bbox } = plot;
  const place = (x) => Math.min(Math.max(plot.valToPos(x, "x", true), bbox.left), bbox.left + bbox.width);
  const shown = data.rounds
    .map((round, number) => ({ ...round, left: place(round.start), right: place(round.end), shaded: number % 2 === 0 }))
    .filter(({ left, right }) => right > left);
  ctx.save();
  for (const { dropped, shaded, left, right } of shown) {
    if (!dropped && !shaded) continue;
    ctx.fillStyle = colour(dropped ? "--spoilt" : "--stripe");
    ctx.fillRect(left, bbox.top, right - left, bbox.height);
  }
  paintNumbers(plot, shown);
  ctx.restore();
}

/** The numbers that have room, those of dropped rounds before the others. */
function paintNumbers({ ctx, bbox }, shown) {
  const ratio = uPlot.pxRatio;
  const taken = [];
  ctx.font = `${10.5 * ratio}px ${colour("--sans")}`;
  ctx.textAlign = "center";
  for (const { number, dropped, left, right } of [...shown].sort((one, other) => other.dropped - one.dropped)) {
    const text = dropped ? `${number} ✕` : String(number);
    const middle = (left + right) / 2;
    const half = ctx.measureText(text).width / 2 + 3 * ratio;
    if (taken.some(([from, to]) => middle + half > from && middle - half < to)) continue;
    taken.push([middle - half, middle + half]);
    ctx.fillStyle = colour(dropped ? "--regressed" : "--muted");
    ctx.fillText(text, middle, bbox.top - 5 * ratio);
  }
}

function draw(host) {
  const kind = host.dataset.chart;
  const anchor = host.closest(".inside")?.id;
  const spec = kind === "series" ? seriesSpec(host.dataset.series) : SPECS[kind](frames(anchor));
  drawChart(host, spec);
}

/** The numbers of an endpoint with their axes; charts over time pad them, so each gets its own. */
function frames(anchor) {
  const found = structuredClone(data.endpoints[anchor] ?? {});
  for (const frame of Object.values(found)) frame.x = [...data.axes[frame.x]];
  return found;
}

setUp(draw);
