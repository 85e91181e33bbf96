// What a tab takes while it works: memory, and how long its main thread is blocked.

import { randomFillSync } from "node:crypto";
import { closeSync, openSync, readFileSync, writeSync } from "node:fs";
import { join } from "node:path";
import { folder } from "./support.js";

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

/** The most memory that a tab has, in MB, and its long tasks, in milliseconds. */
export class Watch {
  most = 0;
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
    const pids = await renderers(page);
    const sample = () => (watch.most = Math.max(watch.most, ...pids.map(memoryOf)));
    sample();
    watch.#timer = setInterval(sample, 300);
    return watch;
  }

  async end() {
    clearInterval(this.#timer);
    const tasks = /** @type {number[]} */ (await this.page.evaluate(() => /** @type {any} */ (window).tasks));
    return { memory: this.most, tasks: tasks.map(Math.round) };
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
