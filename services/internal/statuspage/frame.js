"use strict";

// What every status page does: figures for people, the verdict, tiles with curves, rows, and looking again and again. What a page
// shows is its own script's, which ends with begin. What others say gets onto the page as text alone: through textContent, never as
// markup.

const period = 2000;     // milliseconds between two looks
const tooLong = 5000;    // without an answer, a look has failed
const remembered = 150;  // looks that the curves show

const byId = (id) => document.getElementById(id);
const serviceName = document.title;

// make makes an element. What a property holds is set as it is; children are elements or texts.
function make(tag, properties, ...children) {
  const element = document.createElement(tag);
  for (const [name, value] of Object.entries(properties || {})) {
    if (name === "class") element.className = value;
    else if (name in element) element[name] = value;
    else element.setAttribute(name, value);
  }
  element.append(...children.filter((child) => child !== null && child !== ""));
  return element;
}

// Figures, for people.

const whole = new Intl.NumberFormat("en");
const short = new Intl.NumberFormat("en", { notation: "compact", maximumSignificantDigits: 3 });

function count(n) { return n < 1e6 ? whole.format(n) : short.format(n); }

function rate(n) {
  if (n > 0 && n < 10) return n.toFixed(1);
  return n < 1e5 ? whole.format(Math.round(n)) : short.format(n);
}

const gap = "\u00a0"; // between a number and its unit, which stay together

function bytes(n) {
  const units = ["B", "KiB", "MiB", "GiB", "TiB", "PiB", "EiB"];
  let unit = 0;
  for (; n >= 1024 && unit < units.length - 1; unit++) n /= 1024;
  return (unit === 0 || n >= 100 ? Math.round(n) : n.toFixed(1)) + gap + units[unit];
}

function duration(seconds) {
  if (seconds < 0.0009995) return Math.max(1, Math.round(seconds * 1e6)) + gap + "µs";
  if (seconds < 0.9995) return (seconds * 1000).toFixed(seconds < 0.00995 ? 1 : 0) + gap + "ms";
  if (seconds < 10) return seconds.toFixed(1) + gap + "s";
  const steps = [[86400, "d"], [3600, "h"], [60, "min"], [1, "s"]];
  const first = Math.min(steps.findIndex(([length]) => seconds >= length), 2);
  const [large, small] = [steps[first], steps[first + 1]];
  const most = Math.floor(seconds / large[0]), rest = Math.floor((seconds % large[0]) / small[0]);
  return (most > 0 ? most + gap + large[1] + " " : "") + rest + gap + small[1];
}

function plural(n, word) { return count(n) + " " + word + (n === 1 ? "" : "s"); }

// The parts of the page.

let verdictShown = "";

// showVerdict says in a line how things are, or, when nobody tells any more, how they were, and what is to be looked at.
function showVerdict(problems, live) {
  const level = problems.some((p) => p.level === "bad") ? "bad" : problems.length > 0 || !live ? "warning" : "good";
  const mark = { good: "✓", warning: "▲", bad: "■" };
  const found = problems.length === 0 ? "all is well" : plural(problems.length, "problem");
  const said = live ? found[0].toUpperCase() + found.slice(1) : "Not known any more. The last that was heard: " + found;
  document.title = !live ? "▲ not live · " + serviceName : (level === "good" ? "" : mark[level] + " " + said + " · ") + serviceName;
  const key = JSON.stringify([said, problems.map((p) => [p.level, p.text])]);
  if (verdictShown === key) return; // a reader of the screen is told of changes alone
  verdictShown = key;
  const verdict = byId("verdict");
  verdict.className = "panel " + level;
  verdict.replaceChildren(
    make("strong", {}, make("span", { class: "mark " + level, ariaHidden: "true" }, mark[level] + " "), said));
  if (problems.length > 0) {
    verdict.append(make("ul", {}, ...problems.map((p) =>
      make("li", {}, make("span", { class: "mark " + p.level }, p.level === "bad" ? "■ bad" : "▲ warning"), make("span", {}, p.text)))));
  }
}

const history = [];

// remember takes up the figures of a look for the curves; null is a gap, where nothing is known.
function remember(figures) {
  history.push(figures);
  if (history.length > remembered) history.shift();
}

function tile(label, figure, note, drawing) {
  return make("div", {}, make("dt", {}, label),
    make("dd", {}, make("span", { class: "figure" }, figure), note ? make("small", {}, " " + note) : "", drawing || ""));
}

// curve draws one of the figures over the time that this page has been open.
function curve(of) {
  const width = Math.max(history.length, 30) - 1;
  const top = Math.max(1, ...history.map((h) => (h ? h[of] : 0)));
  const at = (i) => (width - history.length + 1 + i) + " " + (29 - (27 * history[i][of]) / top).toFixed(1);
  let line = "", area = "";
  for (let i = 0; i < history.length; i++) {
    if (!history[i]) continue; // a gap, where nothing is known
    const first = i;
    while (i + 1 < history.length && history[i + 1]) i++;
    let run = "";
    for (let k = first; k <= i; k++) run += (k === first ? "" : "L") + at(k);
    line += "M" + run;
    area += "M" + at(first).split(" ")[0] + " 30L" + run + "L" + at(i).split(" ")[0] + " 30Z";
  }
  const picture = drawn("svg", { viewBox: "0 0 " + width + " 30", preserveAspectRatio: "none", "aria-hidden": "true" });
  picture.append(drawn("path", { class: "area", d: area }), drawn("path", { d: line }));
  return picture;
}

function drawn(tag, attributes) {
  const element = document.createElementNS("http://www.w3.org/2000/svg", tag);
  for (const [name, value] of Object.entries(attributes)) element.setAttribute(name, value);
  return element;
}

function row(...cells) { return make("tr", { role: "row" }, ...cells); }

function cell(label, kind, ...children) { return make("td", { class: kind, role: "cell", "data-label": label }, ...children); }

function headings(columns, numbers) {
  return columns.map((c) => make("th", { scope: "col", role: "columnheader", class: numbers.includes(c) ? "number" : "" }, c));
}

// Looking again and again. A page that nobody sees does not ask.

let last = null;     // the last status
let lastTime = null; // when it came, by the clock of this machine
let failure = "";    // why the last look failed; empty if it did not
let timer = 0;
let show = null;      // puts a status onto the page

async function look() {
  clearTimeout(timer);
  try {
    const answer = await fetch("status.json", { cache: "no-store", signal: AbortSignal.timeout(tooLong) });
    const status = await answer.json();
    if (!answer.ok) throw new Error(status.error || "status " + answer.status);
    last = status;
    lastTime = Date.now();
    failure = "";
    show(status);
    byId("main").hidden = false;
  } catch (error) {
    failure = error.name === "TimeoutError" || error instanceof TypeError ? "the node that this page is of does not answer" : error.message;
    if (last) remember(null);
  }
  showLive();
  if (!document.hidden) timer = setTimeout(look, period);
}

// showLive says how old the page is when that is not as it should be.
function showLive() {
  document.body.classList.toggle("old", failure !== "");
  if (last) showVerdict(last.problems, failure === "");
  else if (failure) document.title = "▲ not live · " + serviceName;
  const age = lastTime === null ? "" : " This page is " + duration((Date.now() - lastTime) / 1000) + " old.";
  byId("live-text").textContent = failure ? "Not live: " + failure + "." + age : "Live, every " + period / 1000 + " s";
}

// begin looks from now on, and has what it sees shown.
function begin(showing) {
  show = showing;
  document.addEventListener("visibilitychange", () => { if (!document.hidden) look(); });
  setInterval(() => { if (failure) showLive(); }, 1000);
  look();
}
