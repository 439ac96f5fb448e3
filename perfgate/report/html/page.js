"use strict";
// Owns what every page does apart from its charts: theme, copying, links into closed parts, search, print.

// Print takes canvases as they are: at twice the resolution lines stay lines on paper. uPlot reads it when it loads.
if (devicePixelRatio < 2) Object.defineProperty(window, "devicePixelRatio", { value: 2, configurable: true });

const byId = (id) => document.getElementById(id);

function element(name, attributes, ...children) {
  const made = document.createElement(name);
  for (const [key, value] of Object.entries(attributes ?? {})) made.setAttribute(key, value);
  made.append(...children);
  return made;
}

function readData() {
  return JSON.parse(byId("data").textContent);
}

/** Light or dark: what the system asks for until somebody says otherwise. */
function setUpTheme(changed) {
  const dark = byId("dark");
  const automatic = dark.media;
  const system = matchMedia("(prefers-color-scheme: dark)");
  const button = byId("theme");
  let chosen = null;
  const isDark = () => (chosen === null ? system.matches : chosen === "dark");
  const show = () => {
    dark.media = chosen === null ? automatic : chosen === "dark" ? "screen" : "not all";
    button.lastElementChild.textContent = isDark() ? "Light" : "Dark";
    button.setAttribute("aria-label", isDark() ? "Light colours" : "Dark colours");
    changed();
  };
  try {
    const kept = localStorage.getItem("perfgate-theme");
    if (kept === "dark" || kept === "light") chosen = kept;
  } catch {
    // Storage may be forbidden for files; the choice then lasts as long as the page.
  }
  button.hidden = false;
  button.addEventListener("click", () => {
    chosen = isDark() ? "light" : "dark";
    try {
      localStorage.setItem("perfgate-theme", chosen);
    } catch {
      // As above.
    }
    show();
  });
  system.addEventListener("change", show);
  show();
}

function setUpCopying() {
  for (const button of document.querySelectorAll("button.copy")) {
    const code = button.parentElement.querySelector("code");
    button.hidden = false;
    button.setAttribute("aria-live", "polite");
    button.addEventListener("click", async () => {
      button.textContent = (await copied(code)) ? "Copied" : "Selected";
      setTimeout(() => (button.textContent = "Copy"), 2000);
    });
  }
}

async function copied(code) {
  getSelection().selectAllChildren(code);
  try {
    await navigator.clipboard.writeText(code.textContent);
    return true;
  } catch {
    return document.execCommand("copy");
  }
}

/** A link to something inside closed parts opens them. */
function setUpLinks() {
  const open = () => {
    let id = "";
    try {
      id = decodeURIComponent(location.hash.slice(1));
    } catch {
      return;
    }
    const target = id && byId(id);
    if (!target) return;
    for (let part = target.closest("details"); part; part = part.parentElement.closest("details")) part.open = true;
    target.scrollIntoView();
  };
  addEventListener("hashchange", open);
  open();
}

/** The search above a list of endpoints: only those with the words remain; Enter opens the first. */
function setUpSearch() {
  const input = byId("search");
  if (!input) return;
  const items = [...byId("list").children].map((part) => [part, part.querySelector("h3").textContent.toLowerCase()]);
  const find = () => {
    const words = input.value.toLowerCase().split(/\s+/).filter(Boolean);
    let left = 0;
    for (const [part, name] of items) {
      part.hidden = !words.every((word) => name.includes(word));
      left += !part.hidden;
    }
    byId("found").textContent = `${left} of ${items.length} endpoints`;
  };
  input.closest(".search").hidden = false;
  input.addEventListener("input", find);
  input.addEventListener("keydown", (event) => {
    const first = items.find(([part]) => !part.hidden);
    if (event.key === "Escape") {
      input.value = "";
      find();
    } else if (first && (event.key === "Enter" || event.key === "ArrowDown")) {
      event.preventDefault();
      first[0].open = first[0].open || event.key === "Enter";
      first[0].querySelector("summary").focus();
    }
  });
  byId("list").addEventListener("keydown", (event) => {
    const step = { ArrowDown: 1, ArrowUp: -1 }[event.key];
    if (!step || event.target.tagName !== "SUMMARY") return;
    const shown = items.filter(([part]) => !part.hidden).map(([part]) => part);
    const next = shown[shown.indexOf(event.target.parentElement) + step];
    event.preventDefault();
    (next ? next.querySelector("summary") : input).focus();
  });
}

/** Tables can be reached by keyboard where there is something to scroll, and are no stop where there is not. */
function setUpScrolling() {
  const seen = new ResizeObserver((entries) => {
    for (const { target } of entries) target.tabIndex = target.scrollWidth > target.clientWidth ? 0 : -1;
  });
  for (const part of document.querySelectorAll(".scroll")) seen.observe(part);
}

/** On paper everything that matters is open: the rest of the plot, and each endpoint that did not simply pass. */
function setUpPrint(before, after) {
  const dark = byId("dark");
  let opened = [];
  let screenMedia = dark.media;
  addEventListener("beforeprint", () => {
    screenMedia = dark.media;
    dark.media = "not all";
    const wanted = document.querySelectorAll("details.more, details.endpoint:not(.pass):not([hidden])");
    opened = [...wanted].filter((part) => !part.open);
    for (const part of opened) part.open = true;
    before();
  });
  addEventListener("afterprint", () => {
    dark.media = screenMedia;
    for (const part of opened) part.open = false;
    after();
  });
}
