// Breaks in the middle: a tab that is reloaded, a browser that crashes, and a relay that
// is restarted, while data goes directly or through the relay.

import assert from "node:assert/strict";
import { after, test } from "node:test";
import { Client, browsers, closeBrowsers, crash, folder, sender, sha256, startRelay } from "./support.js";

after(closeBrowsers);

/** Bytes of a transfer that is broken after 9 MiB: a busy machine does so seconds later, and it must not have ended by then. */
const total = 36 << 20;

/** What a page says of each lane. */
const said = { webrtc: /^Directly/, relay: /^Through the relay.*turned off on the other side/ };

/** Accepts, and waits until so many bytes came by a lane. @param {Client} c @param {"webrtc" | "relay"} lane @param {number} bytes */
async function accepted(c, lane, bytes) {
  await c.click("offer-yes");
  await c.moved(bytes);
  await c.says("run-lane", said[lane]);
}

for (const name of browsers) {
  for (const lane of /** @type {const} */ (["webrtc", "relay"])) {
    test(`${name}: a tab that is reloaded in the middle goes on, by ${lane}`, async () => {
      const relay = await startRelay();
      const s = await sender(relay, total, "--limit-rate", "4M", "--lanes", lane);
      const c = await Client.open(name, relay);
      await c.receive(s.code);
      await c.screen("offer");
      await accepted(c, lane, 9 << 20);
      const again = c.page.reload(); // asks whether to leave
      c.page.once("dialog", (d) => d.accept());
      await again;
      assert.equal(await c.screen("offer", "failed"), "offer", await c.text("failed-title"));
      assert.equal(await c.page.$eval("#offer-resume", (e) => /** @type {HTMLElement} */ (e).hidden), false, "it does not say that it goes on");
      await accepted(c, lane, 1);
      assert.equal(await c.screen("done", "failed"), "done", await c.text("failed-title"));
      const { size, hash } = await c.saved();
      assert.deepEqual({ size, hash }, { size: s.content.length, hash: sha256(s.content) });
      assert.equal(await s.process.code(), 0, s.process.stderr);
      const { sent } = await s.process.event("done");
      assert.ok(sent < s.content.length + (7 << 20), `${sent} bytes were sent: of 9 MiB that had arrived nothing was kept`);
      await c.close();
      await relay.process.kill();
    });
  }

  test(`${name}: a browser that crashes in the middle goes on`, async () => {
    const relay = await startRelay();
    const s = await sender(relay, total, "--limit-rate", "4M", "--lanes", "relay");
    const start = { profile: folder() };
    const first = await Client.open(name, relay, { shared: true, start });
    await first.receive(s.code);
    await first.screen("offer");
    await accepted(first, "relay", 9 << 20);
    await crash(name, start);
    const c = await Client.open(name, relay, { shared: true, start });
    await c.receive(s.code);
    assert.equal(await c.screen("offer", "failed"), "offer", await c.text("failed-title"));
    assert.equal(await c.page.$eval("#offer-resume", (e) => /** @type {HTMLElement} */ (e).hidden), false, "it does not say that it goes on");
    await accepted(c, "relay", 1);
    assert.equal(await c.screen("done", "failed"), "done", await c.text("failed-title"));
    assert.equal((await c.saved()).hash, sha256(s.content));
    assert.equal(await s.process.code(), 0, s.process.stderr);
    const { sent } = await s.process.event("done");
    assert.ok(sent < s.content.length + (7 << 20), `${sent} bytes were sent: of 9 MiB that had arrived nothing was kept`);
    await c.close();
    await relay.process.kill();
  });

  test(`${name}: a relay that is restarted while it carries`, async () => {
    const first = await startRelay();
    const s = await sender(first, 24 << 20, "--limit-rate", "3M", "--lanes", "relay");
    const c = await Client.open(name, first);
    await c.receive(s.code);
    await c.screen("offer");
    await accepted(c, "relay", 2e6);
    await first.process.kill();
    await c.until(() => /lost/.test(document.getElementById("run-status")?.textContent ?? ""), "the word of the loss");
    const second = await startRelay(first.host);
    assert.equal(await c.screen("done", "failed"), "done", await c.text("failed-title"));
    assert.equal((await c.saved()).hash, sha256(s.content));
    assert.equal(await s.process.code(), 0, s.process.stderr);
    await closeWithoutRelay(c);
    await second.process.kill();
  });

  test(`${name}: a relay that is restarted while the data channel carries`, async () => {
    const first = await startRelay();
    const s = await sender(first, 32 << 20, "--limit-rate", "4M", "--lanes", "webrtc");
    const c = await Client.open(name, first);
    await c.receive(s.code);
    await c.screen("offer");
    await accepted(c, "webrtc", 2e6);
    await first.process.kill();
    await c.moved((await c.bytes()) + (8 << 20)); // without a relay
    assert.equal(await c.page.$eval("#run-status", (e) => e.textContent), "", "it says that something is wrong");
    const second = await startRelay(first.host);
    assert.equal(await c.screen("done", "failed"), "done", await c.text("failed-title"));
    assert.equal((await c.saved()).hash, sha256(s.content));
    assert.equal(await s.process.code(), 0, s.process.stderr);
    assert.equal((await s.process.event("done")).lanes.webrtc, s.content.length, "something was sent again");
    await closeWithoutRelay(c);
    await second.process.kill();
  });
}

/** Closes a page. That it found no relay for a while is no fault here. @param {Client} c */
function closeWithoutRelay(c) {
  c.faults = c.faults.filter((f) => !/WebSocket|establish a connection|interrupted/.test(f));
  return c.close();
}
