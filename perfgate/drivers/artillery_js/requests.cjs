// Stands before the HTTP client of Artillery's engine: redirects each request and times it by the monotonic clock.
"use strict";

const { outside, say, write } = require("./rows.cjs");

const now = () => process.hrtime.bigint();

function redirected(text, order) {
  let url;
  try {
    url = new URL(text);
  } catch {
    return text; // the client says itself what is wrong with it
  }
  const service = new URL(order.url);
  if (url.origin === service.origin || !/^https?:$/.test(url.protocol)) return text;
  say(order, "origin", url.origin);
  url.protocol = service.protocol;
  url.host = service.host;
  url.port = service.port;
  return url.href;
}

function expectedStatuses(options) {
  const found = [];
  for (const expected of [].concat(options.expect || [])) {
    if (expected && expected.statusCode !== undefined) found.push(...[].concat(expected.statusCode).map(Number));
  }
  return found;
}

// A request on its way: its times are written down once, when it has ended or failed.
class Exchange {
  constructor(order, names) {
    this.order = order;
    this.names = names;
    this.due = now();
    this.sent = this.first = this.last = 0n;
    this.status = this.read = this.bytes = 0;
    this.ended = false;
  }

  follow(request) {
    const socket = (s) => {
      this.socket = s;
      const ready = () => {
        this.sent = now();
        this.read = s.bytesRead;
      };
      if (s.connecting) s.once(s.encrypted ? "secureConnect" : "connect", ready);
      else ready();
    };
    if (request.socket) socket(request.socket);
    else request.once("socket", socket);
    request.once("response", (response) => {
      this.first = now();
      this.status = response.statusCode;
      response.once("end", () => this.end(response.complete ? "" : "ECONNRESET"));
      response.once("aborted", () => this.end("ECONNRESET"));
      response.once("error", (error) => this.end(error.code || error.name));
    });
    request.once("error", (error) => this.end(error.code || error.name));
  }

  end(error) {
    if (this.ended) return;
    this.ended = true;
    this.last = now();
    this.bytes = this.socket ? Math.max(0, this.socket.bytesRead - this.read) : 0;
    const times = [this.due, this.sent, this.first, this.last].map(String);
    write(this.order, [...this.names, ...times, this.status, String(error), this.bytes, outside ? 1 : 0]);
  }
}

function watch(promise, options, order) {
  const names = [
    String(options.method || "GET"),
    String(options.perfgateName || ""),
    String(options.perfgateUrl || ""),
    String(options.url || ""),
    expectedStatuses(options),
  ];
  let current = null;
  let followed = 0;
  promise.on("request", (request) => {
    if (current && !current.ended) current.end(""); // a redirect is followed before its answer has been read
    const one = followed++ ? [request.method, "", "", `${order.url}${request.path}`, []] : names;
    current = new Exchange(order, one);
    current.follow(request);
  });
  promise.catch((error) => {
    if (error.name === "HTTPError") return;
    if (!current) current = new Exchange(order, names);
    current.end(error.code || error.name || "error");
  });
  return promise;
}

function watched(got, order) {
  return new Proxy(got, {
    apply(target, self, [options, ...rest]) {
      const { perfgateName, perfgateUrl, ...given } = options;
      const hooks = given.hooks || {};
      const toService = (next) => {
        next.url = new URL(redirected(next.url.href, order));
      };
      const changed = {
        ...given,
        url: redirected(String(given.url), order),
        hooks: { ...hooks, beforeRedirect: [...(hooks.beforeRedirect || []), toService] },
      };
      if (order.insecure) changed.https = { ...changed.https, rejectUnauthorized: false };
      const promise = Reflect.apply(target, self, [changed, ...rest]);
      return watch(promise, { ...changed, perfgateName, perfgateUrl }, order);
    },
  });
}

module.exports = { watched };
