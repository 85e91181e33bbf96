// The page's main thread stays free while a transfer runs: it has one short task for
// each record. Chromium tells the tasks that took longer than 50 ms.

import assert from "node:assert/strict";
import { after, before, test } from "node:test";
import { makeFile, transfer } from "./measure.js";
import { browsers, closeBrowsers, startRelay } from "./support.js";

const promised = 50; // milliseconds
const bound = 3000; // on a machine whose other work keeps the page from its processor
const mebibytes = process.env.TALLOW_TEST_LONG === "1" ? 256 : 64;

/** @type {import("./support.js").Relay} */ let relay;
before(async () => (relay = await startRelay()));
after(async () => {
  await closeBrowsers();
  await relay.process.kill();
});

for (const name of browsers.filter((b) => b === "chrome")) {
  for (const way of /** @type {const} */ (["up", "down"])) {
    for (const lanes of ["webrtc", "relay"]) {
      test(`${name}: the page does not stall, ${way} by ${lanes}`, async (t) => {
        const { tasks, seconds } = await transfer(relay, makeFile(mebibytes), way, lanes);
        const long = tasks.filter((ms) => ms > promised);
        t.diagnostic(`${mebibytes} MiB in ${seconds.toFixed(1)} s; tasks over ${promised} ms: ${long.length ? `${long.join(", ")} ms` : "none"}`);
        assert(Math.max(0, ...long) < bound, `tasks of ${long.join(", ")} ms`);
      });
    }
  }
}
