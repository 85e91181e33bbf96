// Measures the client in Chromium: how soon it is ready, how fast it sends and
// receives, how much memory the tab takes, and for how long the page was blocked.
//
//   node test/figures.js [MiB [receive|send [LANES]]]

import { randomFillSync } from "node:crypto";
import { closeSync, openSync, readFileSync, readdirSync, writeSync } from "node:fs";
import { join } from "node:path";
import { Client, Command, browser, closeBrowsers, folder, patience, startRelay } from "./support.js";

const blocks = Number(process.argv[2] ?? 256);
const only = process.argv.slice(3);
const megabytes = blocks * 1.048576;
const relay = await startRelay();

/** A file of random bytes, of any size. */
function makeFile() {
  const path = join(folder(), "file.bin");
  const out = openSync(path, "w");
  const block = Buffer.alloc(1 << 20);
  for (let i = 0; i < blocks; i++) writeSync(out, randomFillSync(block));
  closeSync(out);
  return path;
}

/** The memory of the largest process that runs a page, in MB. */
function tabMemory() {
  let most = 0;
  for (const pid of readdirSync("/proc").filter((p) => /^\d+$/.test(p))) {
    try {
      const args = readFileSync(`/proc/${pid}/cmdline`, "utf8");
      if (!args.includes("--type=renderer")) continue;
      const status = readFileSync(`/proc/${pid}/smaps_rollup`, "utf8");
      most = Math.max(most, Number(/Pss:\s+(\d+)/.exec(status)?.[1] ?? 0) / 1000);
    } catch {
      // it has ended
    }
  }
  return most;
}

/** How soon a first visit is ready at 20 Mbit/s. */
async function firstVisit() {
  const context = await (await browser("chrome")).createBrowserContext();
  const page = await context.newPage();
  await page.emulateNetworkConditions({ download: 20e6 / 8, upload: 20e6 / 8, latency: 20 });
  const began = Date.now();
  await page.goto(relay.url);
  const typed = Date.now() - began; // the form is there
  await page.waitForSelector("html[data-ready]");
  console.log(`first visit at 20 Mbit/s: the form after ${typed} ms, the program after ${Date.now() - began} ms`);
  await context.close();
}

/**
 * One transfer.
 * @param {"receive" | "send"} what
 * @param {string} lanes
 */
async function measure(what, lanes) {
  const client = await Client.open("chrome", relay, { direct: lanes !== "relay", shared: true });
  client.page.setDefaultTimeout(20 * patience);
  await client.page.evaluate(() => {
    const tasks = /** @type {number[]} */ ([]);
    Object.assign(window, { tasks });
    new PerformanceObserver((list) => tasks.push(...list.getEntries().map((e) => e.duration))).observe({ type: "longtask" });
  });
  let memory = 0;
  const sampler = setInterval(() => (memory = Math.max(memory, tabMemory())), 500);
  const path = makeFile();
  let began;
  if (what === "receive") {
    const sender = new Command("send", "--relay", relay.url, "--lanes", lanes, path);
    await client.receive((await sender.event("code")).code.replace(/^.*#/, ""));
    await client.screen("offer");
    began = Date.now();
    await client.click("offer-yes");
    await client.screen("done");
  } else {
    await client.pick(path);
    const receiver = new Command("receive", "--yes", "--relay", relay.url, "--lanes", lanes, "-o", folder() + "/", await client.code());
    await client.screen("run");
    began = Date.now();
    await client.screen("done");
    await receiver.event("done");
  }
  const seconds = (Date.now() - began) / 1000;
  clearInterval(sampler);
  const tasks = await client.page.evaluate(() => /** @type {any} */ (window).tasks);
  console.log(`${what} ${lanes}: ${(megabytes / seconds).toFixed(1)} MB/s, ${Math.round(memory)} MB in the tab, long tasks: ${tasks.map(Math.round).join(" ") || "none"}`);
  await client.close();
}

await firstVisit();
for (const lanes of ["webrtc,relay", "relay"]) {
  for (const what of /** @type {const} */ (["receive", "send"])) {
    if ((only[0] ?? what) === what && (only[1] ?? lanes) === lanes) await measure(what, lanes);
  }
}
await closeBrowsers();
await relay.process.kill();
process.exit();
