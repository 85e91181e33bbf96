// The memory of a tab does not grow with what it leaves at a relay, or fetches from there.
// It is measured in Chromium. TALLOW_TEST_LONG=1 does it with 1 GiB.

import assert from "node:assert/strict";
import { after, before, test } from "node:test";
import { Watch, forgetKept, makeFile, long as patience } from "../measure.js";
import { Client, browsers, closeBrowsers, long, short, startStore } from "../support.js";

const mebibytes = long ? 1024 : short ? 64 : 160;
const bound = 300; // MB, the whole tab

/** @type {Awaited<ReturnType<typeof startStore>>} */ let relay;
before(async () => (relay = await startStore()));
after(async () => {
  await closeBrowsers();
  await relay.process.kill();
});

for (const name of browsers.filter((b) => b === "chrome")) {
  test(`${name}: ${mebibytes} MiB, stored and fetched`, async (t) => {
    // In the browser's own context the storage is on the disk.
    const sender = await Client.open(name, relay, { shared: true });
    await sender.pick(makeFile(mebibytes));
    const link = await measured(t, sender, "stored", () => sender.store(undefined, "stored", patience));
    await sender.close();

    const receiver = await Client.open(name, relay, { shared: true });
    await receiver.openLink(link);
    await measured(t, receiver, "fetched", () => receiver.accept(patience));
    await receiver.says("save-status", /saves/);
    assert.equal(await receiver.page.evaluate(() => /** @type {any} */ (window).saved.at(-1)?.size), mebibytes << 20);
    await forgetKept(receiver.page);
    await receiver.close();
  });
}

/**
 * Measures a page while it does something.
 * @template T
 * @param {import("node:test").TestContext} t
 * @param {Client} client
 * @param {string} what
 * @param {() => Promise<T>} run
 */
async function measured(t, client, what, run) {
  client.page.setDefaultTimeout(patience);
  const watch = await Watch.start(client.page);
  const began = performance.now();
  const result = await run();
  const seconds = (performance.now() - began) / 1000;
  const { memory } = await watch.end();
  t.diagnostic(`${what} in ${seconds.toFixed(1)} s, ${Math.round(memory)} MB in the tab`);
  assert(memory > 50, "it was not measured");
  assert(memory < bound, `${memory} MB`);
  return result;
}
