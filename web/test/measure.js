// What a tab takes while it sends or receives: time, memory, and how long its main
// thread is blocked.

import { randomFillSync } from "node:crypto";
import { closeSync, openSync, readFileSync, writeSync } from "node:fs";
import net from "node:net";
import { join } from "node:path";
import { Client, Command, browser, folder, patience } from "./support.js";
import { Tasks } from "./tasks.js";

/** @typedef {import("puppeteer-core").Page} Page */

/** Makes a file of random bytes, of any size. @param {number} mebibytes */
export function makeFile(mebibytes) {
  const path = join(folder(), "file.bin");
  const out = openSync(path, "w");
  const block = Buffer.alloc(1 << 20);
  for (let i = 0; i < mebibytes; i++) writeSync(out, randomFillSync(block));
  closeSync(out);
  return path;
}

/** How long many bytes may take on a busy machine. */
export const long = 20 * patience;

/**
 * Sends a file from the command to Chromium (down), or from Chromium to the command
 * (up). Memory is in MB, tasks in milliseconds, buffers in bytes. What tasks take of
 * the processor is recorded if it is asked for, as that costs time.
 * @param {import("./support.js").Relay} relay
 * @param {string} file
 * @param {"down" | "up"} way
 * @param {string} lanes
 * @param {boolean} [record]
 */
export async function transfer(relay, file, way, lanes, record = false) {
  const client = await Client.open("chrome", relay, { direct: lanes !== "relay", shared: true });
  client.page.setDefaultTimeout(long);
  const watch = await Watch.start(client.page);
  const begin = way === "down" ? await receiving(client, relay, file, lanes) : await sending(client, relay, file, lanes);
  const recorded = record ? await Tasks.start(client.page) : undefined;
  const began = performance.now();
  const command = await begin();
  await client.ended(long);
  if ((await client.screen("done", "failed")) === "failed") throw new Error(await client.text("failed"));
  if (await command.code(long)) throw new Error(command.stderr);
  const result = { seconds: (performance.now() - began) / 1000, ...(await watch.end()), processor: (await recorded?.end()) ?? [] };
  await forgetKept(client.page);
  await client.close();
  return result;
}

/** Deletes what a page keeps, or the disk fills. @param {Page} page */
export async function forgetKept(page) {
  await page.evaluate(async () => {
    const root = await navigator.storage.getDirectory();
    await root.removeEntry("tallow", { recursive: true }).catch(() => {});
  });
}

/** @param {Client} client @param {import("./support.js").Relay} relay @param {string} file @param {string} lanes */
async function receiving(client, relay, file, lanes) {
  const sender = new Command("send", "--relay", relay.url, "--lanes", lanes, file);
  await client.receive((await sender.event("code")).code.replace(/^.*#/, ""));
  await client.screen("offer");
  return async () => {
    await client.click("offer-yes");
    return sender;
  };
}

/** @param {Client} client @param {import("./support.js").Relay} relay @param {string} file @param {string} lanes */
async function sending(client, relay, file, lanes) {
  await client.pick(file);
  const code = await client.code();
  return async () => new Command("receive", "--relay", relay.url, "--lanes", lanes, "--yes", "-o", folder() + "/", code);
}

/** A link of 20 Mbit/s and 20 ms of round trip to a relay. @param {string} host */
async function slowLink(host) {
  const [rate, latency] = [20e6 / 8, 10];
  const [name, port] = host.split(":");
  let free = 0; // when the link has passed on what is on it
  const server = net.createServer((socket) => {
    const relay = net.connect(Number(port), name);
    relay.on("data", (data) => {
      free = Math.max(free, performance.now()) + (1000 * data.length) / rate;
      setTimeout(() => socket.write(data), free - performance.now() + latency);
    });
    socket.on("data", (data) => setTimeout(() => relay.write(data), latency));
    for (const [one, other] of [[relay, socket], [socket, relay]]) {
      one.on("error", () => {}); // the other end is gone
      one.on("close", () => other.destroy());
    }
  });
  await new Promise((done) => server.listen(0, "127.0.0.1", () => done(undefined)));
  const address = /** @type {net.AddressInfo} */ (server.address());
  return { url: `http://127.0.0.1:${address.port}/`, close: () => server.close() };
}

/**
 * A first visit of Chromium at 20 Mbit/s: the bytes over the wire, and the seconds until
 * a code can be typed, and until the program runs.
 * @param {string} host
 */
export async function firstVisit(host) {
  const link = await slowLink(host);
  const context = await (await browser("chrome")).createBrowserContext();
  const page = await context.newPage();
  page.setDefaultTimeout(long);
  const began = performance.now();
  await page.goto(link.url, { waitUntil: "domcontentloaded" });
  await page.waitForSelector("#code-input");
  const typed = (performance.now() - began) / 1000;
  await page.waitForSelector("html[data-ready]");
  const ready = (performance.now() - began) / 1000;
  const loaded = () => performance.getEntriesByType("navigation").concat(performance.getEntriesByType("resource"))
    .map((e) => ({ name: e.name, bytes: /** @type {PerformanceResourceTiming} */ (e).transferSize }));
  const all = (await Promise.all([page, ...page.workers()].map((context) => context.evaluate(loaded)))).flat();
  await context.close();
  link.close();
  return { bytes: all.reduce((sum, { bytes }) => sum + bytes, 0), files: all.map(({ name }) => name), typed, ready };
}

/** The most memory that a tab has, and its long tasks. */
export class Watch {
  #memory = 0;
  #buffers = 0;
  /** @type {NodeJS.Timeout | undefined} */ #timer;

  /** @param {Page} page */
  constructor(page) {
    this.page = page;
  }

  /** @param {Page} page */
  static async start(page) {
    const watch = new Watch(page);
    await page.evaluate(() => {
      const tasks = /** @type {number[]} */ ([]);
      Object.assign(window, { tasks });
      new PerformanceObserver((list) => tasks.push(...list.getEntries().map((e) => e.duration))).observe({ type: "longtask" });
    });
    for (const worker of page.workers()) { // else the debugger keeps many bodies of answers
      await /** @type {any} */ (worker).client.send("Network.enable", { maxTotalBufferSize: 1, maxResourceBufferSize: 1 });
    }
    const pids = await renderers(page);
    const session = await page.createCDPSession();
    watch.#timer = setInterval(async () => {
      watch.#memory = Math.max(watch.#memory, ...pids.map(memoryOf));
      const heap = /** @type {any} */ (await session.send("Runtime.getHeapUsage").catch(() => ({ backingStorageSize: 0 })));
      watch.#buffers = Math.max(watch.#buffers, heap.backingStorageSize);
    }, 300);
    return watch;
  }

  async end() {
    clearInterval(this.#timer);
    const tasks = /** @type {number[]} */ (await this.page.evaluate(() => /** @type {any} */ (window).tasks));
    return { memory: this.#memory, buffers: this.#buffers, tasks: tasks.map(Math.round) };
  }
}

/** The processes that run pages of a browser: Chromium alone tells them. @param {Page} page */
async function renderers(page) {
  const session = await page.browser().target().createCDPSession();
  const { processInfo } = await session.send("SystemInfo.getProcessInfo");
  await session.detach();
  return processInfo.filter((p) => p.type === "renderer").map((p) => p.id);
}

/** The memory of a process and its part of what it shares, in MB: Linux alone tells it. @param {number} pid */
function memoryOf(pid) {
  try {
    return Number(/Pss:\s+(\d+)/.exec(readFileSync(`/proc/${pid}/smaps_rollup`, "utf8"))?.[1] ?? 0) * 1.024 / 1000;
  } catch {
    return 0; // it has ended
  }
}
