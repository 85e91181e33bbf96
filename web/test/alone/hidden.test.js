// Tabs that nobody looks at: they go on at full speed.

import assert from "node:assert/strict";
import { readFileSync } from "node:fs";
import { join } from "node:path";
import { after, before, test } from "node:test";
import { makeFile } from "../measure.js";
import { Client, Command, browsers, closeBrowsers, folder, patience, sender, sha256, short, startRelay } from "../support.js";

const size = short ? 16 << 20 : 32 << 20;
const bound = 1 / 4; // of the speed of a visible tab; a browser that slows a tab down does so to far less

/** @type {import("../support.js").Relay} */ let relay;
before(async () => (relay = await startRelay()));
after(async () => {
  await closeBrowsers();
  await relay.process.kill();
});

/**
 * Puts a tab into the background, or leaves it in front.
 * @param {Client} c
 * @param {boolean} hidden
 */
async function place(c, hidden) {
  const other = await c.context.newPage();
  await (hidden ? other : c.page).bringToFront();
  await c.until(hidden ? () => document.visibilityState === "hidden" : () => document.visibilityState === "visible", "the tab in front");
  return other;
}

/**
 * Sends a file from a tab, and returns how many bytes a second went.
 * @param {"chrome" | "firefox"} name
 * @param {boolean} hidden
 */
async function send(name, hidden) {
  const path = makeFile(size >> 20);
  const c = await Client.open(name, relay, { start: { slower: true } });
  await c.pick(path);
  const code = await c.code();
  const other = await place(c, hidden);
  const dir = folder();
  const r = new Command("receive", "--yes", "--relay", relay.url, "--lanes", "webrtc", "-o", dir + "/", code);
  assert.equal(await r.code(20 * patience), 0, r.stderr);
  await c.ended(20 * patience);
  assert.equal(await c.page.evaluate(() => document.visibilityState), hidden ? "hidden" : "visible");
  assert.equal(sha256(readFileSync(join(dir, "file.bin"))), sha256(readFileSync(path)));
  assert.equal(await c.text("done-title"), "Sent.");
  await other.close();
  await c.close();
  const { bytes, seconds } = await r.event("done");
  return bytes / seconds;
}

/**
 * Receives a file in a tab, and returns how many bytes a second came.
 * @param {"chrome" | "firefox"} name
 * @param {boolean} hidden
 */
async function receive(name, hidden) {
  const s = await sender(relay, size, "--lanes", "webrtc");
  const c = await Client.open(name, relay, { start: { slower: true } });
  await c.receive(s.code);
  await c.screen("offer");
  const other = await place(c, hidden);
  await c.click("offer-yes");
  await c.ended(20 * patience);
  assert.equal(await c.page.evaluate(() => document.visibilityState), hidden ? "hidden" : "visible");
  assert.equal(await s.process.code(20 * patience), 0, s.process.stderr);
  assert.equal(await c.text("done-title"), "Received.");
  await c.page.bringToFront();
  assert.equal((await c.saved()).hash, sha256(s.content));
  await other.close();
  await c.close();
  const { bytes, seconds } = await s.process.event("done");
  return bytes / seconds;
}

for (const name of browsers) {
  for (const move of [receive, send]) {
    test(`${name}: a hidden tab goes on at full speed, ${move.name}`, async (t) => {
      const rates = { visible: /** @type {number[]} */ ([]), hidden: /** @type {number[]} */ ([]) };
      for (let i = 0; i < 2; i++) { // in turn, so that what else the machine does meets both alike
        rates.visible.push(await move(name, false));
        rates.hidden.push(await move(name, true));
      }
      const part = Math.max(...rates.hidden) / Math.max(...rates.visible);
      t.diagnostic(`hidden: ${Math.round(100 * part)} % of the speed of a visible tab`);
      assert(part > bound, `${part} of the speed of a visible tab`);
    });
  }
}
