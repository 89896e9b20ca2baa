const fewShards = 60;    // as many are shown at once
const farBehind = 10000; // entries; problems.go has the same

function showCluster(status) {
  const cluster = status.cluster;
  const parts = [];
  if (cluster.id) parts.push("cluster " + cluster.id);
  if (cluster.map_version) parts.push("map " + cluster.map_version, cluster.placement + " placement");
  byId("about").textContent = parts.join(" · ");
}

function showTiles(status) {
  const answering = status.nodes.filter((n) => n.state === "answers").length;
  const led = status.shards.filter((s) => s.leader !== 0).length;
  const rated = status.nodes.filter((n) => n.rates);
  const sum = (of) => rated.reduce((total, n) => total + of(n.rates), 0);
  const now = rated.length === 0 ? null :
    { gets: sum((r) => r.gets), writes: sum((r) => r.sets + r.appends + r.deletes), scans: sum((r) => r.scans) };
  remember(now);

  const note = rated.length > 0 && rated.length < status.nodes.length ? "of " + plural(rated.length, "node") : "";
  byId("tiles").replaceChildren(
    tile("Nodes that answer", answering + " of " + status.nodes.length),
    tile("Shards with a leader", status.shards.length === 0 ? "–" : led + " of " + status.shards.length),
    ...[["Gets", "gets"], ["Writes", "writes"], ["Scans", "scans"]].map(([label, of]) =>
      tile(label + "/s", now ? rate(now[of]) : "–", now ? note : "measuring …", curve(of))));
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

function showStatus(status) {
  showCluster(status);
  showTiles(status);
  byId("nodes").replaceChildren(...status.nodes.map((n) => nodeRow(n, status)));
  showShards(status.shards);
  byId("seen").textContent = "As node " + status.node + " saw it at " + new Date(status.time).toLocaleTimeString() + ".";
}

byId("nodes-head").append(...headings(nodeColumns, ["Gets/s", "Writes/s", "Scans/s", "Leads", "Keys", "Data", "Disk free", "Up for"]));
byId("shards-head").append(...headings(shardColumns, ["Term", "Entries"]));
byId("all").addEventListener("click", () => { everyShard = true; showShards(last.shards); });
begin(showStatus);
