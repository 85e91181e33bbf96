// The page's main thread stays free while a transfer runs: it has one short task for
// each record. What counts is the time that a task has the processor, so that other
// work of the machine does not matter. TALLOW_TEST_LONG=1 does it with 256 MiB.

import assert from "node:assert/strict";
import { after, before, test } from "node:test";
import { makeFile, transfer } from "../measure.js";
import { browser, browsers, closeBrowsers, long, startRelay } from "../support.js";
import { Tasks } from "../tasks.js";

const bound = 50; // milliseconds
const mebibytes = long ? 256 : 64;

/** @type {import("../support.js").Relay} */ let relay;
before(async () => (relay = await startRelay()));
after(async () => {
  await closeBrowsers();
  await relay.process.kill();
});

for (const name of browsers.filter((b) => b === "chrome")) {
  test(`${name}: a task that blocks a page is seen`, async () => {
    const page = await (await browser(name)).newPage();
    await page.goto(relay.url);
    const tasks = await Tasks.start(page);
    await page.evaluate((bound) => {
      for (const began = performance.now(); performance.now() - began < 40 * bound;); // a part of it has the processor
    }, bound);
    const [longest] = await tasks.end();
    assert(longest > bound, `${longest} ms`);
    await page.close();
  });

  for (const way of /** @type {const} */ (["up", "down"])) {
    for (const lanes of ["webrtc", "relay"]) {
      test(`${name}: the page does not stall, ${way} by ${lanes}`, async (t) => {
        const { processor, seconds } = await transfer(relay, makeFile(mebibytes), way, lanes, true);
        const most = processor.slice(0, 5).map((ms) => ms.toFixed(1));
        t.diagnostic(`${mebibytes} MiB in ${seconds.toFixed(1)} s; the longest of ${processor.length} tasks: ${most.join(", ")} ms of the processor`);
        assert(processor.length > (lanes === "webrtc" ? 10 * mebibytes : 10), "the tasks were not recorded");
        assert(processor[0] < bound, `tasks of ${most.join(", ")} ms`);
      });
    }
  }
}
