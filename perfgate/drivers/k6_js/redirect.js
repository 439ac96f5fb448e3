// Sends every request of a script to one service, whatever origin it names; the script is not edited.
// The module object of k6/http is one per virtual user, so every import of it anywhere sees what is set here.
import http from 'k6/http';
import order from './order.js';

const ORIGIN = /^\s*https?:\/\/[^\/?#]*/i;
const ORDERED = order.url.replace(/\/+$/, '');
const urlOf = http.url;
const told = new Set();

function there(url) {
  const origin = url.match(ORIGIN)[0].trim();
  if (origin !== ORDERED && !told.has(origin)) {
    told.add(origin);
    console.log(order.marker + origin.replace(/\/\/[^@]*@/, '//'));
  }
  const login = origin.match(/\/\/([^@]*@)/);
  const rest = url.trim().slice(origin.length);
  const base = login ? ORDERED.replace('//', '//' + login[1]) : ORDERED;
  return base + (rest.startsWith('/') ? rest : '/' + rest);
}

function moved(url) {
  if (url === null || url === undefined) return url;
  if (typeof url === 'object' && typeof url.getURL === 'function') {
    return ORIGIN.test(url.url) ? named(url.url, url.name) : url;
  }
  const text = String(url);
  if (!ORIGIN.test(text)) return url;
  // Thresholds on a URL find their requests only if those keep the name they have in the script.
  return order.named ? named(text, text.trim()) : there(text);
}

function named(url, name) {
  const made = urlOf([there(url)]);
  made.name = name;
  return made;
}

function jarOf(params) {
  if (!params || !params.jar || !params.jar.real) return params;
  return Object.assign({}, params, { jar: params.jar.real });
}

function oneOf(request) {
  if (Array.isArray(request)) return [request[0], moved(request[1]), request[2], jarOf(request[3])];
  if (request && typeof request === 'object' && typeof request.getURL !== 'function' && 'url' in request) {
    return Object.assign({}, request, { url: moved(request.url), params: jarOf(request.params) });
  }
  return moved(request);
}

// A cookie for the script's own domain, or for TLS only, would never reach the service.
function sendable(options) {
  const kept = Object.assign({}, options || {});
  delete kept.domain;
  if (!ORDERED.startsWith('https:')) delete kept.secure;
  return kept;
}

function jar(real) {
  const at = (url) => (ORIGIN.test(String(url)) ? there(String(url)) : url);
  return {
    real,
    cookiesForURL: (url) => real.cookiesForURL(at(url)),
    set: (url, name, value, options) => real.set(at(url), name, value, sendable(options)),
    clear: (url) => real.clear(at(url)),
    delete: (url, name) => real.delete(at(url), name),
  };
}

for (const method of ['get', 'head']) {
  const send = http[method];
  http[method] = (url, params, ...rest) => send(moved(url), jarOf(params), ...rest);
}
for (const method of ['post', 'put', 'patch', 'del', 'options']) {
  const send = http[method];
  http[method] = (url, body, params, ...rest) => send(moved(url), body, jarOf(params), ...rest);
}
for (const method of ['request', 'asyncRequest']) {
  const send = http[method];
  if (send) http[method] = (verb, url, body, params) => send(verb, moved(url), body, jarOf(params));
}

const batch = http.batch;
http.batch = (requests) => {
  if (Array.isArray(requests)) return batch(requests.map(oneOf));
  const all = {};
  for (const key of Object.keys(requests)) all[key] = oneOf(requests[key]);
  return batch(all);
};

const ownJar = http.cookieJar;
const NewJar = http.CookieJar;
http.cookieJar = () => jar(ownJar());
http.CookieJar = function CookieJar() {
  return jar(new NewJar());
};
