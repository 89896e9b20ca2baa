const farBehind = 10000; // entries; problems.go has the same
const fewSpans = 8;      // of what a member lacks are shown

function showServer(status) {
  const parts = ["server " + status.server, "incarnation " + status.incarnation];
  byId("about").textContent = status.told ? parts.join(" · ") : "";
}

function showTiles(status) {
  const members = status.members.filter((m) => m.state === "member");
  const level = members.filter((m) => m.lacks.length === 0 && m.ahead.length === 0);
  const up = status.links.filter((l) => l.up);
  const rates = status.rates;
  const now = rates && { gets: rates.gets, writes: rates.puts + rates.deletes, dumps: rates.dumps };
  remember(now);
  const told = status.told !== null;
  byId("tiles").replaceChildren(
    tile("Links that are up", told ? up.length + " of " + status.links.length : "–"),
    tile("Servers that know the same", told ? level.length + " of " + members.length : "–"),
    ...[["Gets", "gets"], ["Writes", "writes"], ["Dumps", "dumps"]].map(([label, of]) =>
      tile(label + "/s", now ? rate(now[of]) : "–", now ? "" : "measuring …", curve(of))));
}

const serverColumns = ["Server", "State", "Not met/s", "Time", "Keys", "Data", "Tombstones", "Disk free", "Up for", "Version"];

function serverRow(status) {
  const told = status.told, rates = status.rates;
  const was = status.error === "" ? "" : " was";
  const figure = (label, text) => cell(label, "number" + was, told ? text(told) : "–");
  return row(
    make("th", { scope: "row", role: "rowheader", class: "half" }, told ? "Server " + status.server : "This server", make("small", {}, "shows this page")),
    stateCell(status),
    cell("Not met/s", "number" + was, rates ? rate(rates.unmet) : "–"),
    figure("Time", (t) => count(t.logical_time)),
    figure("Keys", (t) => count(t.keys)),
    figure("Data", (t) => bytes(t.bytes)),
    figure("Tombstones", (t) => count(t.tombstones)),
    diskCell(told, "number" + was),
    figure("Up for", (t) => duration(t.uptime_seconds)),
    cell("Version", "half version" + was, (told && told.version) || "–"));
}

function stateCell(status) {
  const forgotten = status.told && status.told.forgotten;
  const [mark, level, word] = status.error !== "" ? ["▲", "bad", "silent"] : forgotten ? ["■", "bad", "forgotten"] : ["●", "good", "answers"];
  const detail = status.error !== "" && status.told ? "as it was " + duration(status.told.age_seconds) + " ago" : "";
  return cell("State", "half", make("span", { class: "state" }, make("span", { class: "mark " + level, ariaHidden: "true" }, mark + " "), word),
    make("small", {}, detail));
}

function diskCell(told, kind) {
  if (!told) return cell("Disk free", kind, "–");
  const disk = told.disk;
  const trouble = [disk.full && "full", disk.stalled_seconds > 0 && "hangs for " + duration(disk.stalled_seconds)].filter(Boolean);
  return cell("Disk free", kind, disk.free_bytes > 0 ? bytes(disk.free_bytes) : "–",
    ...trouble.map((t) => make("small", {}, make("span", { class: "mark bad" }, "■ " + t))));
}

const linkColumns = ["To", "Link", "It lacks", "Heard", "Sent/s", "Received/s", "Sent", "Received"];

function linkRow(link) {
  const name = link.server ? "Server " + link.server : "Not reached yet";
  const [mark, level, word] = link.up ? ["●", "good", "up"] : ["▲", "bad", "down"];
  const flow = (n) => (n === null ? "–" : bytes(n));
  return row(
    make("th", { scope: "row", role: "rowheader", class: "half" }, name, make("small", {}, link.address)),
    cell("Link", "half", make("span", { class: "state" }, make("span", { class: "mark " + level, ariaHidden: "true" }, mark + " "), word),
      make("small", {}, link.reason)),
    lackCell(link),
    cell("Heard", "number", link.heard_seconds === null ? "never" : duration(link.heard_seconds) + " ago"),
    cell("Sent/s", "number", flow(link.sent_bytes_per_second)),
    cell("Received/s", "number", flow(link.received_bytes_per_second)),
    cell("Sent", "number", bytes(link.sent_bytes)),
    cell("Received", "number", bytes(link.received_bytes)));
}

function lackCell(link) {
  if (link.behind_entries === 0 && link.behind_exact) return cell("It lacks", "number", "nothing");
  if (link.behind_entries === 0) return cell("It lacks", "number", "not known");
  const least = link.behind_exact ? "" : "≥ ";
  const far = link.behind_entries >= farBehind ? make("span", { class: "mark warning" }, "▲ ") : "";
  const entries = count(link.behind_entries) + (link.behind_entries === 1 ? " entry" : " entries");
  return cell("It lacks", "number", far, least + entries, make("small", {}, least + bytes(link.behind_bytes)));
}

const memberColumns = ["Server", "State", "Lacks, and is ahead by"];

function memberRow(member, status) {
  const self = member.server === status.server && member.incarnation === status.incarnation;
  const states = { member: ["●", "good"], replaced: ["◌", "soft"], forgotten: ["◌", "soft"], duplicate: ["■", "bad"] };
  const [mark, level] = states[member.state] || ["◌", "warning"];
  return row(
    make("th", { scope: "row", role: "rowheader", class: "half" }, "Server " + member.server,
      make("small", {}, [member.incarnation, self ? "this one" : ""].filter(Boolean).join(" · "))),
    cell("State", "half", make("span", { class: "state" }, make("span", { class: "mark " + level, ariaHidden: "true" }, mark + " "), member.state)),
    cell("Lacks, and is ahead by", "wide", ...spans(member)));
}

function spans(member) {
  if (member.state !== "member") return ["–"];
  if (member.lacks.length + member.ahead.length === 0) return ["nothing"];
  const chips = [
    ...member.lacks.map((s) => make("li", { class: "lacks" }, "▲ lacks server " + s.server + ": " + count(s.after) + " to " + count(s.upto))),
    ...member.ahead.map((s) => make("li", {}, "ahead of this one, server " + s.server + ": " + count(s.after) + " to " + count(s.upto))),
  ];
  const rest = chips.length - fewSpans;
  return [make("ul", { class: "spans" }, ...chips.slice(0, fewSpans), rest > 0 ? make("li", {}, "and " + rest + " more") : "")];
}

function showStatus(status) {
  showServer(status);
  showTiles(status);
  byId("server").replaceChildren(serverRow(status));
  byId("links").replaceChildren(...status.links.map(linkRow));
  byId("links-note").textContent = status.links.length > 0 ? "" : "This server is linked to no other (--peers, kv connect).";
  byId("members").replaceChildren(...status.members.map((m) => memberRow(m, status)));
  byId("seen").textContent = (status.told ? "As server " + status.server + " saw it at " : "At ") + new Date(status.time).toLocaleTimeString() + ".";
}

byId("server-head").append(...headings(serverColumns, ["Not met/s", "Time", "Keys", "Data", "Tombstones", "Disk free", "Up for"]));
byId("links-head").append(...headings(linkColumns, ["It lacks", "Heard", "Sent/s", "Received/s", "Sent", "Received"]));
byId("members-head").append(...headings(memberColumns, []));
begin(showStatus);
