// Stands before the steps of a scenario: names its requests, leaves out think time, ends sessions with the round.
"use strict";

const { isMainThread } = require("worker_threads");

const OVER = "perfgate: the round is over";
let begun = 0;

function leftMs(order) {
  if (!order.duration_ms || isMainThread) return Infinity; // before and after run in the main thread, in full
  begun = begun || Date.now();
  return begun + order.duration_ms - Date.now();
}

function stepping(step, order) {
  return function (spec, ee, options) {
    for (const params of Object.values(spec || {})) {
      if (params && typeof params === "object" && !Array.isArray(params) && (params.url || params.uri)) {
        params.perfgateUrl = params.url || params.uri;
        params.perfgateName = params.name;
      }
    }
    const task = step.call(this, spec, ee, options);
    if (typeof task !== "function" || !order.duration_ms) return task;
    return (context, callback) => (leftMs(order) <= 0 ? callback(new Error(OVER), context) : task(context, callback));
  };
}

function thinking(createThink, order) {
  return function (...given) {
    if (order.skip_think) return (context, callback) => setImmediate(callback, null, context);
    const think = createThink.apply(this, given);
    if (!order.duration_ms || isMainThread) return think;
    return (context, callback) => {
      let called = false;
      const once = (...result) => {
        if (!called) {
          called = true;
          clearTimeout(timer);
          callback(...result);
        }
      };
      const timer = setTimeout(() => once(new Error(OVER), context), Math.max(0, leftMs(order)));
      think(context, once);
    };
  };
}

module.exports = { stepping, thinking };
