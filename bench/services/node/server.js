// The catalogue over HTTP.
"use strict";

const http = require("node:http");
const { work } = require("./work.js");

const PAGE = 20;
const PRODUCTS = Array.from({ length: 1000 }, (_, index) => ({
  id: index + 1,
  name: `Product ${index + 1}`,
  price_cents: 100 + (((index + 1) * 37) % 9900),
}));

function answer(response, status, content) {
  const body = JSON.stringify(content);
  response.writeHead(status, { "Content-Type": "application/json", "Content-Length": Buffer.byteLength(body) });
  response.end(body);
}

const unlucky = [500, { error: "that went wrong, try again" }];

function page(url) {
  const number = Number(url.searchParams.get("page") ?? "1");
  if (!work("list", number)) return unlucky;
  return [200, { page: number, products: PRODUCTS.slice(PAGE * (number - 1), PAGE * number) }];
}

function product(number) {
  if (!work("item", number)) return unlucky;
  const found = PRODUCTS[number - 1];
  return found ? [200, found] : [404, { error: `there is no product ${number}` }];
}

function search(url) {
  const text = url.searchParams.get("q") ?? "";
  if (!work("search", Number(text))) return unlucky;
  const found = PRODUCTS.filter((each) => each.name.includes(text));
  const best = [...found].sort((one, other) => one.price_cents - other.price_cents).slice(0, PAGE);
  return [200, { found: found.length, products: best }];
}

function create(order) {
  const number = Number(order.product);
  if (!work("create", number)) return unlucky;
  return [201, { total_cents: PRODUCTS[number - 1].price_cents * Number(order.quantity) }];
}

function get(url) {
  if (url.pathname === "/health") return [200, { status: "ok" }];
  if (url.pathname === "/products") return page(url);
  if (url.pathname === "/search") return search(url);
  const item = /^\/products\/(\d+)$/.exec(url.pathname);
  return item ? product(Number(item[1])) : [404, { error: `there is nothing at ${url.pathname}` }];
}

const server = http.createServer((request, response) => {
  const url = new URL(request.url, "http://localhost");
  if (request.method === "GET") return answer(response, ...get(url));
  const parts = [];
  request.on("data", (part) => parts.push(part));
  request.on("end", () => {
    if (request.method !== "POST" || url.pathname !== "/orders") {
      return answer(response, 404, { error: `there is nothing at ${url.pathname}` });
    }
    try {
      answer(response, ...create(JSON.parse(Buffer.concat(parts).toString())));
    } catch (wrong) {
      answer(response, 400, { error: String(wrong) });
    }
  });
});

server.listen(Number(process.env.PORT ?? "8000"), "127.0.0.1");
process.on("SIGTERM", () => process.exit(0));
