// Measures the client in Chromium beside what a bare data channel between Chromium
// and pion moves: rates, how much memory the tab takes, and for how long its main
// thread was blocked. scripts/bench browser runs it; docs/performance.md has figures.

import { spawn } from "node:child_process";
import { parseArgs } from "node:util";
import { firstVisit, makeFile, transfer } from "./measure.js";
import { browser, closeBrowsers, startRelay } from "./support.js";

const { values } = parseArgs({
  options: {
    size: { type: "string", default: "256" }, // MiB
    rounds: { type: "string", default: "3" },
    what: { type: "string", default: "" }, // only these, separated by commas
    visit: { type: "boolean", default: false }, // a first visit, too
    help: { type: "boolean", default: false },
  },
});
if (values.help) {
  console.log(`scripts/bench browser [--size MiB] [--rounds N] [--visit] [--what NAMES]
Names, separated by commas: bare-64-down, bare-256-down, tallow-down, bare-64-up, bare-256-up,
tallow-up; and relay-down, relay-up, which are measured only if they are named.`);
  process.exit();
}
const size = Number(values.size);
const wanted = values.what.split(",").filter(Boolean);
const relay = await startRelay();
const file = makeFile(size);

/** @typedef {{seconds: number, memory?: number, tasks?: number[], first?: number}} Sample */

/** The server of a bare data channel: a process of internal/bench. */
async function startBare() {
  const bench = process.env.TALLOW_BENCH;
  if (!bench) throw new Error("TALLOW_BENCH has to be the program of internal/bench");
  const child = spawn(bench, ["helper-channel-page"], { stdio: ["ignore", "pipe", "inherit"] });
  process.on("exit", () => child.kill());
  const line = await new Promise((done) => child.stdout.once("data", done));
  return `http://${JSON.parse(String(line)).addr}/`;
}

/**
 * Moves bytes over a bare data channel, from the browser up, or down to it.
 * @param {string} url
 * @param {"down" | "up"} way
 * @param {number} message
 * @returns {Promise<Sample>}
 */
async function bare(url, way, message) {
  const page = await (await browser("chrome")).newPage();
  await page.goto(url);
  const seconds = await page.evaluate((...all) => /** @type {any} */ (window).move(...all), way, size << 20, message);
  await page.close();
  return { seconds };
}

const url = await startBare();
/** @type {Record<string, () => Promise<Sample>>} */
const all = {
  "bare-64-down": () => bare(url, "down", 64 << 10),
  "bare-256-down": () => bare(url, "down", 256 << 10),
  "tallow-down": () => transfer(relay, file, "down", "webrtc"),
  "bare-64-up": () => bare(url, "up", 64 << 10),
  "bare-256-up": () => bare(url, "up", 256 << 10),
  "tallow-up": () => transfer(relay, file, "up", "webrtc"),
  "relay-down": () => transfer(relay, file, "down", "relay"),
  "relay-up": () => transfer(relay, file, "up", "relay"),
};
const chosen = Object.entries(all).filter(([name]) => wanted.length ? wanted.includes(name) : !name.startsWith("relay"));
if (values.visit) {
  const visit = await firstVisit(relay.host);
  console.log(`first visit at 20 Mbit/s: ${(visit.bytes / 1e6).toFixed(2)} MB, the form after ${visit.typed.toFixed(2)} s, the program after ${visit.ready.toFixed(2)} s`);
}

/** @type {Record<string, Sample[]>} */
const samples = Object.fromEntries(chosen.map(([name]) => [name, []]));
for (let round = 0; round < Number(values.rounds); round++) {
  for (const [name, run] of chosen) { // in turn, so that what else the machine does meets all alike
    const s = await run();
    samples[name].push(s);
    console.error(name, s);
  }
}

/** @param {number[]} list */
const median = (list) => list.sort((a, b) => a - b)[list.length >> 1];
/** @param {string} name */
const rate = (name) => (size * 1.048576) / median(samples[name].map((s) => s.seconds));

console.log(`\n| ${size} MiB | MB/s | of the bare channel | memory of the tab | longest task |\n|---|---|---|---|---|`);
for (const [name] of chosen) {
  const way = name.split("-").pop();
  const ceilings = [`bare-64-${way}`, `bare-256-${way}`].filter((n) => samples[n]?.length).map(rate);
  const part = ceilings.length && !name.startsWith("bare") ? `${Math.round((100 * rate(name)) / Math.max(...ceilings))} %` : "";
  const memory = Math.max(...samples[name].map((s) => s.memory ?? 0));
  const task = Math.max(0, ...samples[name].flatMap((s) => s.tasks ?? []));
  console.log(`| ${name} | ${rate(name).toFixed(1)} | ${part} | ${memory ? `${Math.round(memory)} MB` : ""} | ${memory ? (task ? `${task} ms` : "under 50 ms") : ""} |`);
}
await closeBrowsers();
await relay.process.kill();
process.exit();
