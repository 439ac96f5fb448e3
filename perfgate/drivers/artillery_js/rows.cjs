// Appends what happened to one file shared by all threads, in whole lines of JSON.
"use strict";

const fs = require("fs");
const { isMainThread } = require("worker_threads");

const KEPT = 256;
const WAIT_MS = 200;
let lines = [];
let file = null;
let timer = null;

function flush() {
  if (timer) clearTimeout(timer);
  timer = null;
  if (!lines.length) return;
  const text = lines.join("");
  lines = [];
  fs.writeSync(file, text);
}

function write(order, row) {
  if (file === null) {
    file = fs.openSync(order.rows, "a");
    process.on("exit", flush);
  }
  lines.push(`${JSON.stringify(row)}\n`);
  if (lines.length >= KEPT) flush();
  else if (!timer) timer = setTimeout(flush, WAIT_MS).unref();
}

const said = new Set();

// One line for each thing that is worth a note, however often it happens.
function say(order, what, text) {
  const key = `${what} ${text}`;
  if (said.has(key)) return;
  said.add(key);
  write(order, { [what]: text });
}

module.exports = { write, say, flush, outside: isMainThread };
