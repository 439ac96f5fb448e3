"use strict";
// Owns how a chart is drawn and used: lines told apart by colour, dash and mark; tooltip, zoom, keys.

const HEIGHT = 220;
const PAPER_WIDTH = 420;
const MARK_EVERY = 64;
const X_ROOM = 66;
const Y_ROOM = 36;
const drawn = new Set();

const colour = (name) => getComputedStyle(document.documentElement).getPropertyValue(name).trim();

/** Draws the chart once it is visible in an open part of the page. */
function whenVisible(hosts, draw) {
  const seen = new IntersectionObserver((entries) => {
    for (const { isIntersecting, target } of entries) {
      if (!isIntersecting) continue;
      seen.unobserve(target);
      if (!target.classList.contains("drawn")) draw(target);
    }
  }, { rootMargin: "200px" });
  for (const host of hosts) {
    host.classList.add("waiting");
    seen.observe(host);
  }
}

/**
 * A chart into its host. `spec`: says, x {values, write, tick, marks, size, space, grid, room}, y {write, tick, range,
 * marks, show}, lines
 * [{label, values, colour, dash, mark, dots, fill, width, area, tip}], band [high line, low line], under and over
 * (painters of what lies below and above the lines), top (room there), sync, place (what a place on the x axis is
 * called) and more (rows of the tooltip).
 */
function drawChart(host, spec) {
  const heading = host.querySelector("h3, h4");
  const name = heading.textContent;
  const canvas = element("div", { class: "canvas", tabindex: "0", role: "group", "aria-roledescription": "chart" });
  canvas.setAttribute("aria-label", `${name}. Arrow keys read values, plus and minus zoom, Escape goes back.`);
  const tip = element("div", { class: "tip", hidden: "" });
  const live = element("p", { class: "hidden", "aria-live": "polite" });
  const back = element("button", { type: "button", class: "back", hidden: "" }, "Whole range");
  const labelled = spec.lines.filter((line) => line.label);
  const legend = labelled.length ? [element("ul", { class: "legend" }, ...labelled.map(legendItem))] : [];
  host.append(element("p", { class: "says" }, spec.says), ...legend, canvas, live, back);
  host.classList.add("drawn");
  host.classList.remove("waiting");

  const xs = spec.x.values;
  const plot = new uPlot(options(canvas, spec, { tip, back }), [xs, ...spec.lines.map((line) => line.values)], canvas);
  plot.over.append(tip);
  const chart = { plot, canvas, host, live, spec, tip };
  drawn.add(chart);
  back.addEventListener("click", () => {
    wholeRange(plot);
    canvas.focus();
  });
  setUpKeys(chart);
  new ResizeObserver(() => fit(chart)).observe(canvas);
  return chart;
}

let onPaper = false;

function fit({ plot, canvas }) {
  const width = onPaper ? PAPER_WIDTH : Math.floor(canvas.clientWidth);
  if (width > 0 && width !== plot.width) plot.setSize({ width, height: HEIGHT });
}

function redrawAll() {
  for (const chart of drawn) {
    chart.plot.redraw(false);
    for (const swatch of chart.host.querySelectorAll(".swatch")) paintSwatch(swatch);
  }
}

function wholeRange(plot) {
  const [xs] = plot.data;
  if (xs.length > 1) plot.setScale("x", { min: xs[0], max: xs[xs.length - 1] });
}

function options(canvas, spec, { tip, back }) {
  const font = `12px ${colour("--sans")}`;
  const axis = { font, stroke: () => colour("--muted"), ticks: { show: false }, border: { show: false } };
  const grid = { stroke: () => colour("--grid"), width: 1 };
  const marks = (of, room) => (plot, number, low, high) => of(low, high, Math.max(plot.bbox[room === X_ROOM ? "width" : "height"] / uPlot.pxRatio / room, 2));
  return {
    width: Math.max(canvas.clientWidth, 80),
    height: HEIGHT,
    padding: [spec.top ?? 8, 12, 0, spec.y.show === false ? 12 : 0],
    legend: { show: false },
    cursor: {
      y: false,
      drag: { x: true, y: false },
      points: { size: 8, width: 0, fill: (plot, index) => (spec.lines[index - 1].colour ? colour(spec.lines[index - 1].colour) : "transparent") },
      ...(spec.sync ? { sync: { key: spec.sync, setSeries: false, scales: ["x", null] } } : {}),
    },
    scales: { x: { time: false, range: (plot, low, high) => withRoom(plot, low, high, spec.x.room ?? 0) }, y: { range: spec.y.range } },
    axes: [
      {
        ...axis,
        size: spec.x.size ?? 26,
        grid: spec.x.grid === false ? { show: false } : grid,
        splits: marks(spec.x.marks ?? evenMarks, X_ROOM),
        values: (plot, splits) => apart(plot, splits, spec.x.space ?? 52).map((place) => (place === null ? "" : (spec.x.tick ?? spec.x.write)(place))),
      },
      {
        ...axis,
        show: spec.y.show !== false,
        grid,
        gap: 6,
        size: (plot, values) => (values === null ? 58 : Math.max(58, 16 + Math.ceil(Math.max(...values.map((text) => textWidth(text, font)))))),
        splits: marks(spec.y.marks ?? evenMarks, Y_ROOM),
        values: (plot, splits) => splits.map(spec.y.tick ?? spec.y.write),
      },
    ],
    series: [{}, ...spec.lines.map((line, number) => series(line, number))],
    bands: spec.band ? [{ series: spec.band, fill: () => colour("--shift-fill") }] : [],
    hooks: {
      drawClear: spec.under ? [spec.under] : [],
      draw: spec.over ? [spec.over] : [],
      setCursor: [(plot) => showTip(plot, canvas, spec, tip)],
      setScale: [(plot, key) => key === "x" && (back.hidden = isWhole(plot))],
    },
  };
}

function withRoom(plot, low, high, room) {
  const [xs] = plot.data;
  if (xs.length === 1) return [xs[0] - 0.5, xs[0] + 0.5];
  return low <= xs[0] && high >= xs[xs.length - 1] ? [low - room, high + room] : [low, high];
}

function isWhole(plot) {
  const [xs] = plot.data;
  return plot.scales.x.min <= xs[0] && plot.scales.x.max >= xs[xs.length - 1];
}

/** The places that leave each other room, null for the others. */
function apart(plot, places, room) {
  let last = -Infinity;
  return places.map((place) => {
    const at = plot.valToPos(place, "x");
    if (at - last < room) return null;
    last = at;
    return place;
  });
}

const measuring = document.createElement("canvas").getContext("2d");

function textWidth(text, font) {
  measuring.font = font;
  return measuring.measureText(text).width;
}

function series(line, number) {
  return {
    label: line.label ?? "",
    stroke: () => (line.colour ? colour(line.colour) : "transparent"),
    fill: line.fill ? () => colour(line.fill) : undefined,
    width: line.width ?? 1.75,
    dash: line.dash,
    points: { show: line.mark ? (plot, index, first, last) => paintMarks(plot, line, number, index, first, last) : line.dots ?? false, size: 5, fill: () => colour("--card") },
  };
}

/** A mark now and then, so that lines are told apart without colour; the lines take turns. */
function paintMarks(plot, line, number, index, first, last) {
  const { ctx, data } = plot;
  const ratio = uPlot.pxRatio;
  let next = -Infinity;
  ctx.save();
  ctx.beginPath();
  ctx.rect(plot.bbox.left, plot.bbox.top, plot.bbox.width, plot.bbox.height);
  ctx.clip();
  for (let place = first; place <= last; place++) {
    const value = data[index][place];
    if (value == null) continue;
    const x = plot.valToPos(data[0][place], "x", true);
    if (next === -Infinity) next = plot.bbox.left + (MARK_EVERY * ratio * (number + 1)) / 3;
    if (x < next) continue;
    next = x + MARK_EVERY * ratio;
    paintMark(ctx, line, x, plot.valToPos(value, "y", true), ratio);
  }
  ctx.restore();
}

function paintMark(ctx, line, x, y, ratio) {
  const size = 3.4 * ratio;
  ctx.beginPath();
  if (line.mark === "circle") ctx.arc(x, y, size, 0, 2 * Math.PI);
  else {
    ctx.moveTo(x, y - size * 1.3);
    ctx.lineTo(x + size * 1.3, y);
    ctx.lineTo(x, y + size * 1.3);
    ctx.lineTo(x - size * 1.3, y);
    ctx.closePath();
  }
  ctx.setLineDash([]);
  ctx.lineWidth = 1.5 * ratio;
  ctx.strokeStyle = colour(line.colour);
  ctx.fillStyle = line.mark === "circle" ? colour("--card") : colour(line.colour);
  ctx.fill();
  ctx.stroke();
}

function legendItem(line) {
  return element("li", {}, swatchOf(line), line.label);
}

function swatchOf(line) {
  const swatch = element("canvas", { class: "swatch", width: "52", height: "24", "aria-hidden": "true" });
  swatch.line = line;
  paintSwatch(swatch);
  return swatch;
}

function paintSwatch(swatch) {
  const ctx = swatch.getContext("2d");
  const { line } = swatch;
  ctx.clearRect(0, 0, 52, 24);
  if (line.area) {
    ctx.fillStyle = colour(line.area);
    ctx.fillRect(0, 2, 52, 20);
    return;
  }
  ctx.strokeStyle = colour(line.colour);
  ctx.lineWidth = 2 * (line.width ?? 1.75);
  ctx.setLineDash((line.dash ?? []).map((part) => part * 1.6));
  ctx.beginPath();
  ctx.moveTo(0, 12);
  ctx.lineTo(52, 12);
  ctx.stroke();
  if (line.mark) paintMark(ctx, line, 26, 12, 2);
}

function showTip(plot, canvas, spec, tip) {
  const { idx, left } = plot.cursor;
  const used = plot.over.matches(":hover") || document.activeElement === canvas;
  tip.hidden = idx == null || left < 0 || !used;
  if (tip.hidden) return;
  const rows = spec.lines
    .map((line, number) => [line, plot.data[number + 1][idx]])
    .filter(([line]) => line.tip !== false)
    .map(([line, value]) => element("div", {}, ...(line.colour ? [swatchOf(line)] : []), line.tip ?? line.label, element("b", {}, spec.y.write(value))));
  tip.replaceChildren(element("strong", {}, (spec.place ?? spec.x.write)(plot.data[0][idx])), ...rows, ...(spec.more?.(idx) ?? []));
  const x = plot.valToPos(plot.data[0][idx], "x");
  const room = plot.over.clientWidth;
  const width = tip.offsetWidth;
  tip.style.left = `${Math.max(Math.min(x < room / 2 ? x + 12 : x - width - 12, room - width), Math.min(0, room - width))}px`;
}

function setUpKeys(chart) {
  const { plot, canvas, live, tip } = chart;
  canvas.addEventListener("keydown", (event) => {
    const [xs] = plot.data;
    const shown = xs.map((x, place) => place).filter((place) => xs[place] >= plot.scales.x.min && xs[place] <= plot.scales.x.max);
    const at = Math.max(shown.indexOf(plot.cursor.idx ?? -1), 0);
    const step = event.shiftKey ? 10 : 1;
    const to = { ArrowRight: at + (plot.cursor.idx == null ? 0 : step), ArrowLeft: at - step, Home: 0, End: shown.length - 1 }[event.key];
    if (to !== undefined) moveTo(plot, shown[Math.min(Math.max(to, 0), shown.length - 1)]);
    else if (event.key === "+" || event.key === "=") zoom(plot, 0.5);
    else if (event.key === "-") zoom(plot, 2);
    else if (event.key === "Escape" || event.key === "0") wholeRange(plot);
    else return;
    event.preventDefault();
    live.textContent = tip.hidden ? "" : [...tip.children].map((row) => row.textContent.trim()).join(", ");
  });
  canvas.addEventListener("blur", () => (tip.hidden = true));
}

function moveTo(plot, place) {
  if (place === undefined) return;
  plot.setCursor({ left: plot.valToPos(plot.data[0][place], "x"), top: plot.over.clientHeight / 2 });
}

function zoom(plot, factor) {
  const [xs] = plot.data;
  const { min, max } = plot.scales.x;
  const middle = plot.cursor.idx == null ? (min + max) / 2 : xs[plot.cursor.idx];
  const half = ((max - min) * factor) / 2;
  const low = Math.max(middle - half, xs[0]);
  const high = Math.min(middle + half, xs[xs.length - 1]);
  if (high - low > (xs[xs.length - 1] - xs[0]) / 500) plot.setScale("x", { min: low, max: high });
}

/** Everything a page with charts does, in its order. */
function setUp(draw) {
  const hosts = [...document.querySelectorAll(".chart")];
  for (const part of document.querySelectorAll(".script-only")) part.hidden = false;
  setUpTheme(redrawAll);
  setUpCopying();
  setUpSearch();
  setUpScrolling();
  whenVisible(hosts, draw);
  setUpLinks();
  setUpPrint(() => {
    onPaper = true;
    for (const host of hosts) if (host.offsetParent && !host.classList.contains("drawn")) draw(host);
    drawn.forEach(fit);
    redrawAll();
  }, () => {
    onPaper = false;
    drawn.forEach(fit);
    redrawAll();
  });
}
