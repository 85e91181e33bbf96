// The memory of a tab does not grow with what it sends or receives. It is measured in
// Chromium. TALLOW_TEST_LONG=1 does it with 3 GiB.

import assert from "node:assert/strict";
import { after, before, test } from "node:test";
import { makeFile, transfer } from "../measure.js";
import { browsers, closeBrowsers, long, short, startRelay } from "../support.js";

const mebibytes = long ? 3072 : short ? 64 : 160;
const bound = 300; // MB, the whole tab
const buffersBound = 24e6; // bytes: what is on its way, and some garbage

/** @type {import("../support.js").Relay} */ let relay;
before(async () => (relay = await startRelay()));
after(async () => {
  await closeBrowsers();
  await relay.process.kill();
});

for (const name of browsers.filter((b) => b === "chrome")) {
  for (const way of /** @type {const} */ (["down", "up"])) {
    test(`${name}: ${mebibytes} MiB, ${way}`, async (t) => {
      const { memory, buffers } = await transfer(relay, makeFile(mebibytes), way, "webrtc");
      t.diagnostic(`${Math.round(memory)} MB in the tab, ${Math.round(buffers / 1e6)} MB of buffers in the page`);
      assert(memory > 50, "it was not measured");
      assert(memory < bound, `${memory} MB`);
      assert(buffers < buffersBound, `${buffers} bytes of buffers in the page`);
    });
  }
}
