#!/usr/bin/env node
// The course's workload in Node, with the lines that compat/client.py prints: node client.js 5440
//
// Exit status: 0 when every request was answered, 1 when some failed, 2 when there was nothing to drive.
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';
import grpc from '@grpc/grpc-js';
import protoLoader from '@grpc/proto-loader';

const WORKERS = 8, REQUESTS = 100, KEYS = 100;
const CONNECT_TIMEOUT = 500, REQUEST_TIMEOUT = 10_000; // milliseconds
const CONTRACT = fileURLToPath(new URL('../../../contracts/numstore.proto', import.meta.url));

/** Ends the program: there is nothing to drive. */
function unusable(why) {
  console.error(`client.js: ${why}`);
  process.exit(2);
}

/** Returns a stub whose connection is there. */
async function connect(port) {
  // Stubs are made of the contract at run time. An int64 comes as text: a number of JavaScript is exact to 2^53 only.
  const { NumStore } = grpc.loadPackageDefinition(protoLoader.loadSync(CONTRACT, { defaults: true, longs: String }));
  const stub = new NumStore(`localhost:${port}`, grpc.credentials.createInsecure(), { 'grpc.enable_http_proxy': 0 });
  await promisify(stub.waitForReady).call(stub, Date.now() + CONNECT_TIMEOUT)
    .catch(() => unusable(`nothing answers on localhost:${port}; is the server running?`));
  return stub;
}

const below = (n) => Math.floor(Math.random() * n);

/** Sends the requests of one worker, one after the other; adds to outcomes what became of each. */
async function drive(stub, outcomes) {
  const [setNum, fact] = [stub.SetNum, stub.Fact].map((method) => promisify(method).bind(stub));
  for (let i = 0; i < REQUESTS; i++) {
    const key = `key${below(KEYS)}`, isFact = Math.random() < 0.5, start = performance.now();
    const options = { deadline: Date.now() + REQUEST_TIMEOUT };
    try {
      const reply = await (isFact ? fact({ key }, options) : setNum({ key, value: 1 + below(15) }, options));
      outcomes.push({ isFact, reply, time: performance.now() - start });
    } catch (failure) {
      outcomes.push({ failure });
    }
  }
}

function print(port, outcomes, seconds) {
  const answered = outcomes.filter(({ failure }) => !failure), facts = answered.filter(({ isFact }) => isFact);
  const hits = facts.filter(({ reply }) => reply.hit).length;
  const missing = facts.filter(({ reply }) => reply.error).length; // values are 1 to 15: nothing else can be wrong
  const times = answered.map(({ time }) => time).sort((a, b) => a - b);
  const percentile = (p) => (times[Math.ceil((times.length * p) / 100) - 1] ?? 0).toFixed(3); // nearest rank
  const ratio = (part, whole) => ((100 * part) / Math.max(whole, 1)).toFixed(1);
  console.log(`${WORKERS} workers x ${REQUESTS} requests to localhost:${port}
  requests                  ${outcomes.length}
  SetNum                    ${answered.length - facts.length} answered
  Fact                      ${facts.length} answered
  missing keys              ${missing} of ${facts.length} Facts
  errors                    ${outcomes.length - answered.length}
  cache hit rate            ${ratio(hits, facts.length)} % (${hits} hits of ${facts.length} answered Facts)
  cache hit rate, overall   ${ratio(hits, outcomes.length)} % (${hits} hits of ${outcomes.length} requests)
  response time p50         ${percentile(50)} ms
  response time p99         ${percentile(99)} ms
  response time max         ${percentile(100)} ms
  throughput                ${(times.length / seconds).toFixed(0)} requests/s`);
}

const port = process.argv[2] ?? '';
if (!/^\d+$/.test(port) || port < 1 || port > 65535) unusable(`'${port}' is not a port; it must be a number from 1 to 65535`);
const stub = await connect(port), outcomes = [], start = performance.now();
await Promise.all(Array.from({ length: WORKERS }, () => drive(stub, outcomes)));
print(port, outcomes, (performance.now() - start) / 1000);
stub.close();
const failed = outcomes.find(({ failure }) => failure);
if (failed) console.error(`client.js: some failed, such as: ${failed.failure.message}`);
process.exitCode = failed ? 1 : 0;
