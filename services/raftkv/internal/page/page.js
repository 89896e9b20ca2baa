"use strict";

// What the nodes say gets onto the page as text alone: through textContent, never as markup.

const period = 2000;     // milliseconds between two looks
const tooLong = 5000;    // without an answer, a look has failed
const remembered = 150;  // looks that the curves show
const fewShards = 60;    // as many are shown at once
const farBehind = 10000; // entries; problems.go has the same

const byId = (id) => document.getElementById(id);

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

function showCluster(status) {
  const cluster = status.cluster;
  const parts = [];
  if (cluster.id) parts.push("cluster " + cluster.id);
  if (cluster.map_version) parts.push("map " + cluster.map_version, cluster.placement + " placement");
  byId("cluster").textContent = parts.join(" · ");
}

let verdictShown = "";

// showVerdict says in a line how things are, or, when nobody tells any more, how they were, and what is to be looked at.
function showVerdict(problems, live) {
  const level = problems.some((p) => p.level === "bad") ? "bad" : problems.length > 0 || !live ? "warning" : "good";
  const mark = { good: "✓", warning: "▲", bad: "■" };
  const found = problems.length === 0 ? "all is well" : plural(problems.length, "problem");
  const said = live ? found[0].toUpperCase() + found.slice(1) : "Not known any more. The last that was heard: " + found;
  document.title = !live ? "▲ not live · raftkv" : (level === "good" ? "" : mark[level] + " " + said + " · ") + "raftkv";
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

function showTiles(status) {
  const answering = status.nodes.filter((n) => n.state === "answers").length;
  const led = status.shards.filter((s) => s.leader !== 0).length;
  const rated = status.nodes.filter((n) => n.rates);
  const sum = (of) => rated.reduce((total, n) => total + of(n.rates), 0);
  const now = rated.length === 0 ? null :
    { gets: sum((r) => r.gets), writes: sum((r) => r.sets + r.appends + r.deletes), scans: sum((r) => r.scans) };
  history.push(now);
  if (history.length > remembered) history.shift();

  const note = rated.length > 0 && rated.length < status.nodes.length ? "of " + plural(rated.length, "node") : "";
  byId("tiles").replaceChildren(
    tile("Nodes that answer", answering + " of " + status.nodes.length),
    tile("Shards with a leader", status.shards.length === 0 ? "–" : led + " of " + status.shards.length),
    ...[["Gets", "gets"], ["Writes", "writes"], ["Scans", "scans"]].map(([label, of]) =>
      tile(label + "/s", now ? rate(now[of]) : "–", now ? note : "measuring …", curve(of))));
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

const nodeColumns = ["Node", "State", "Gets/s", "Writes/s", "Scans/s", "Leads", "Keys", "Data", "Disk free", "Up for", "Version"];

function nodeRow(node, status) {
  const told = node.told, rates = node.rates;
  const was = node.state === "answers" ? "" : " was";
  const figure = (label, ...children) => cell(label, "number" + was, ...children);
  const held = status.shards.filter((s) => s.replicas.some((r) => r.node === node.node));
  const leads = held.filter((s) => s.leader === node.node).length;
  return row(
    make("th", { scope: "row", role: "rowheader", class: "half" }, "Node " + node.node,
      make("small", {}, [node.address, node.node === status.node ? "shows this page" : ""].filter(Boolean).join(" · "))),
    stateCell(node),
    figure("Gets/s", rates ? rate(rates.gets) : "–", ...took(node.took && node.took.gets)),
    figure("Writes/s", rates ? rate(rates.sets + rates.appends + rates.deletes) : "–", ...took(node.took && node.took.writes)),
    figure("Scans/s", rates ? rate(rates.scans) : "–"),
    cell("Leads", "number", status.shards.length === 0 ? "–" : leads + " of " + held.length),
    figure("Keys", told ? count(told.keys) : "–"),
    figure("Data", told ? bytes(told.bytes) : "–"),
    diskCell(node, "number" + was),
    figure("Up for", told ? duration(told.uptime_seconds) : "–"),
    cell("Version", "half version" + was, (told && told.version) || "–"));
}

// took says below which time half of the calls were, and nearly all of them.
function took(latency) {
  if (!latency) return [];
  return [["p50", latency.p50_seconds], ["p99", latency.p99_seconds]].map(([share, bound]) =>
    make("small", {}, share + " < " + duration(bound)));
}

function stateCell(node) {
  const [mark, level, word] = {
    answers: ["●", "good", "answers"], silent: ["▲", "bad", "silent"], unknown: ["◌", "warning", "not known"],
  }[node.state] || ["◌", "warning", node.state];
  let detail = "";
  if (node.state === "answers" && node.told) detail = "in " + duration(node.told.answer_seconds);
  else if (node.told) detail = "as it was " + duration(node.told.age_seconds) + " ago";
  else if (node.state !== "answers") detail = node.error;
  return cell("State", "half", make("span", { class: "state" }, make("span", { class: "mark " + level, ariaHidden: "true" }, mark + " "), word),
    make("small", {}, detail));
}

function diskCell(node, kind) {
  if (!node.told) return cell("Disk free", kind, "–");
  const disk = node.told.disk;
  const trouble = [disk.full && "full", disk.stalled_seconds > 0 && "hangs for " + duration(disk.stalled_seconds)].filter(Boolean);
  return cell("Disk free", kind, disk.free_bytes > 0 ? bytes(disk.free_bytes) : "–",
    ...trouble.map((t) => make("small", {}, make("span", { class: "mark bad" }, "■ " + t))));
}

const shardColumns = ["Shard", "Leader", "Term", "Entries", "Replicas"];

function shardRow(shard) {
  const leader = shard.replicas.find((r) => r.node === shard.leader);
  return row(
    make("th", { scope: "row", role: "rowheader", class: "narrow", "data-label": "Shard" }, String(shard.shard)),
    cell("Leader", "", shard.leader ? "Node " + shard.leader : make("span", { class: "mark bad" }, "■ none")),
    cell("Term", "number narrow", shard.term ? count(shard.term) : "–"),
    cell("Entries", "number", leader && leader.applied_index !== null ? whole.format(leader.applied_index) : "–"),
    cell("Replicas", "wide", make("ul", { class: "replicas" }, ...shard.replicas.map((r) => replica(r, shard)))));
}

function replica(r, shard) {
  if (r.role === "unknown") return make("li", { class: "unknown" }, "◌ " + r.node + (r.node === shard.leader ? " · leader, they say" : " · not known"));
  if (r.node === shard.leader) return make("li", { class: "leader" }, "★ " + r.node + " · leader");
  const far = r.behind !== null && r.behind >= farBehind;
  const how = r.role === "candidate" ? "candidate" : r.behind === null ? r.role : r.behind === 0 ? "in step" : count(r.behind) + " behind";
  return make("li", { class: far ? "behind" : "" }, (far ? "▲ " : "") + r.node + " · " + how);
}

let everyShard = false;

function showShards(shards) {
  const well = (s) => s.leader !== 0 && s.replicas.every((r) => r.role !== "unknown" && (r.behind === null || r.behind < farBehind));
  let shown = shards;
  const some = shards.length > fewShards && !everyShard;
  if (some) shown = [...shards.filter((s) => !well(s)), ...shards.filter(well)].slice(0, fewShards);
  byId("shards-note").textContent = shards.length === 0 ? "Not known yet." :
    some ? shown.length + " of " + count(shards.length) + " shards, those with problems first." : "";
  byId("all").hidden = !some;
  byId("shards").replaceChildren(...shown.map(shardRow));
}

function row(...cells) { return make("tr", { role: "row" }, ...cells); }

function cell(label, kind, ...children) { return make("td", { class: kind, role: "cell", "data-label": label }, ...children); }

function headings(columns, numbers) {
  return columns.map((c) => make("th", { scope: "col", role: "columnheader", class: numbers.includes(c) ? "number" : "" }, c));
}

function show(status) {
  showCluster(status);
  showTiles(status);
  byId("nodes").replaceChildren(...status.nodes.map((n) => nodeRow(n, status)));
  showShards(status.shards);
  byId("seen").textContent = "As node " + status.node + " saw it at " + new Date(status.time).toLocaleTimeString() + ".";
  byId("main").hidden = false;
}

// Looking again and again. A page that nobody sees does not ask.

let last = null;     // the last status
let lastTime = null; // when it came, by the clock of this machine
let failure = "";    // why the last look failed; empty if it did not
let timer = 0;

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
  } catch (error) {
    failure = error.name === "TimeoutError" || error instanceof TypeError ? "the node that this page is of does not answer" : error.message;
    if (last) history.push(null);
  }
  showLive();
  if (!document.hidden) timer = setTimeout(look, period);
}

// showLive says how old the page is when that is not as it should be.
function showLive() {
  document.body.classList.toggle("old", failure !== "");
  if (last) showVerdict(last.problems, failure === "");
  else if (failure) document.title = "▲ not live · raftkv";
  const age = lastTime === null ? "" : " This page is " + duration((Date.now() - lastTime) / 1000) + " old.";
  byId("live-text").textContent = failure ? "Not live: " + failure + "." + age : "Live, every " + period / 1000 + " s";
}

byId("nodes-head").append(...headings(nodeColumns, ["Gets/s", "Writes/s", "Scans/s", "Leads", "Keys", "Data", "Disk free", "Up for"]));
byId("shards-head").append(...headings(shardColumns, ["Term", "Entries"]));
byId("all").addEventListener("click", () => { everyShard = true; showShards(last.shards); });
document.addEventListener("visibilitychange", () => { if (!document.hidden) look(); });
setInterval(() => { if (failure) showLive(); }, 1000);
look();
