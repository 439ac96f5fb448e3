"use strict";
// Owns how numbers are written on charts and where the marks of an axis lie.

const NONE = "–";

function digits(value) {
  const size = Math.abs(value);
  return value.toLocaleString("en-GB", { maximumFractionDigits: size >= 99.95 ? 0 : size >= 9.995 ? 1 : size >= 0.0995 ? 2 : 3 });
}

const write = {
  ms(value) {
    if (value == null) return NONE;
    if (Math.abs(value) >= 1000) return `${digits(value / 1000)} s`;
    if (Math.abs(value) >= 1 || value === 0) return `${digits(value)} ms`;
    return Math.abs(value) >= 0.001 ? `${digits(value * 1000)} µs` : `${digits(value * 1e6)} ns`;
  },
  share: (value) => (value == null ? NONE : `${(value * 100).toFixed(value > 0.98 && value < 1 ? 2 : 1)} %`),
  ratio: (value) => (value == null ? NONE : `${digits(value * 100)} %`),
  change: (value) => (value == null ? NONE : `${value > 0 ? "+" : ""}${digits(value * 100)} %`),
  rate: (value) => (value == null ? NONE : `${digits(value)}/s`),
  bytes: (value) => (value == null ? NONE : `${digits(value)} B/request`),
  seconds: (value) => (value == null ? NONE : `${digits(value)} s`),
  number: (unit) => (value) => (value == null ? NONE : unit ? `${digits(value)} ${unit}` : digits(value)),
};

/** Marks at 1, 2, 5 times powers of ten between low and high, for about `most` of them. */
function evenMarks(low, high, most) {
  const least = (high - low) / Math.max(most, 1);
  if (!(least > 0)) return [low];
  const magnitude = 10 ** Math.floor(Math.log10(least));
  const step = [1, 2, 5, 10].map((each) => each * magnitude).find((each) => each >= least * 0.999);
  const marks = [];
  for (let n = Math.ceil(low / step - 1e-9); n * step <= high + step * 1e-9; n++) marks.push(Number((n * step).toPrecision(12)));
  return marks;
}

/** The same for an axis of logarithms: marks are places, not values; narrow ranges get even ones. */
function logMarks(low, high, most) {
  if (high - low < 0.75) return evenMarks(10 ** low, 10 ** high, most).filter((mark) => mark > 0).map(Math.log10);
  const mantissas = high - low < 2.2 ? [1, 2, 5] : high - low < 4 ? [1, 3] : [1];
  const every = Math.max(Math.ceil((high - low) / Math.max(most, 1)), 1);
  const marks = [];
  for (let power = Math.floor(low); power <= Math.ceil(high); power += every) {
    for (const mantissa of mantissas) marks.push(power + Math.log10(mantissa));
  }
  return marks.filter((mark) => mark >= low - 1e-9 && mark <= high + 1e-9);
}
