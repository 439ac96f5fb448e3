// Keeps what the plugin `ensure` judged, which Artillery's report does not have.
"use strict";

const { write } = require("./rows.cjs");

function listen(order) {
  const artillery = global.artillery;
  if (!artillery || !artillery.globalEvents) return setImmediate(() => listen(order));
  artillery.globalEvents.on("checks", (checks) => {
    for (const check of checks) {
      write(order, { ensure: check.original, ok: check.result === 1 || check.result === true, strict: check.strict });
    }
  });
}

module.exports = { listen };
