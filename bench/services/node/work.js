// What a request costs besides its answer, as tuning.json says.
"use strict";

const tuning = require("./tuning.json");

// Requests about this number are the large ones: 3 in 100 where numbers go from 1 to 33.
const LARGE = 33;
const kept = [];

// Takes the time that a request of this kind takes; false for as many requests as `error_ratio` says.
function work(kind, number) {
  spin(tuning.work[kind] + (number === LARGE ? tuning.large_work[kind] : 0));
  if (tuning.kept_bytes) kept.push(Buffer.alloc(tuning.kept_bytes, 1));
  return !(Math.random() < (tuning.error_ratio[kind] ?? 0));
}

function spin(turns) {
  let value = 1;
  for (let turn = 0; turn < turns; turn += 1) value = (Math.imul(value, 69069) + 1) | 0;
  return value;
}

module.exports = { work, spin };
