// Loaded before Artillery in its main thread and in its workers: finds the HTTP engine and puts perfgate's hooks in.
"use strict";

const { isMainThread, threadId } = require("worker_threads");

// What a script draws is the same for both sides: mulberry32, one stream for each thread.
function seeded(seed) {
  let state = (Number(BigInt.asUintN(32, BigInt(seed))) + threadId * 0x9e3779b9) >>> 0;
  return () => {
    state = (state + 0x6d2b79f5) >>> 0;
    let mixed = Math.imul(state ^ (state >>> 15), 1 | state);
    mixed = (mixed + Math.imul(mixed ^ (mixed >>> 7), 61 | mixed)) ^ mixed;
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 4294967296;
  };
}

function install() {
  const Module = require("module");
  const os = require("os");
  const order = JSON.parse(require("fs").readFileSync(process.env.PERFGATE_ARTILLERY_ORDER, "utf8"));
  const { watched } = require("./requests.cjs");
  const { stepping, thinking } = require("./steps.cjs");
  const load = Module._load;
  Math.random = seeded(order.seed);
  const made = new Map();

  if (order.processors) {
    // Artillery starts a worker for each processor of the machine but one.
    const all = os.cpus();
    os.cpus = () => all.slice(0, order.processors + 1);
  }

  function hooked(name, parent, found) {
    const file = (parent && parent.filename) || "";
    const engine = /[\\/]@artilleryio[\\/]int-core[\\/]/.test(file);
    if (name === "got" && engine) return watched(found, order);
    if (/engine_http(\.js)?$/.test(name) && found.prototype && found.prototype.step) {
      found.prototype.step = stepping(found.prototype.step, order);
    }
    if (name === "@artilleryio/int-commons" && found.engine_util && found.engine_util.createThink) {
      found.engine_util.createThink = thinking(found.engine_util.createThink, order);
    }
    if (/load-plugins(\.js)?$/.test(name) && found.loadPlugins) {
      return { ...found, loadPlugins: (plugins, ...rest) => found.loadPlugins(local(plugins), ...rest) };
    }
    return found;
  }

  function local(plugins) {
    const left = Object.entries(plugins || {}).filter(([name]) => !order.left_out.includes(name));
    return Object.fromEntries(left);
  }

  // Artillery counts each run through this client even where its telemetry is off, and waits for the network.
  class NoTelemetry {
    capture() {}
    async shutdown() {}
    async shutdownAsync() {}
  }

  Module._load = function (name, parent, isMain) {
    if (name === "posthog-node") return { PostHog: NoTelemetry };
    const found = load.call(this, name, parent, isMain);
    if (!/got|engine_http|int-commons|load-plugins/.test(name)) return found;
    const engine = parent && parent.filename && parent.filename.includes("int-core");
    const key = `${engine} ${name.replace(/^.*[\\/]/, "")}`;
    const known = made.get(key);
    if (known && known.found === found) return known.hooked;
    const result = hooked(name, parent, found);
    made.set(key, { found, hooked: result });
    return result;
  };

  if (isMainThread) {
    process.nextTick(() => require("./judged.cjs").listen(order));
  }
}

const program = /[\\/](?:artillery|artillery[\\/]bin[\\/]run)(?:\.js)?$/;
if (process.env.PERFGATE_ARTILLERY_ORDER && (!isMainThread || program.test(process.argv[1] || ""))) install();
