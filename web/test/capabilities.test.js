// Browsers that lack something: the page finds out by asking for the thing itself, says
// what it means, and does what can be done without. These browsers have all of it, so
// it is taken from them.

import assert from "node:assert/strict";
import { after, before, test } from "node:test";
import { Client, browsers, closeBrowsers, sender, sha256, startRelay } from "./support.js";

/** @type {import("./support.js").Relay} */ let relay;
before(async () => (relay = await startRelay()));
after(async () => {
  await closeBrowsers();
  await relay.process.kill();
});

for (const name of browsers) {
  test(`${name}: without a storage for files`, async () => {
    const c = await Client.open(name, relay, { prepare: () => Reflect.deleteProperty(window, "FileSystemFileHandle") });
    assert.match(await c.text("unfit"), /cannot store what it receives.*Sending works/);
    assert.equal(await c.page.$eval("#unfit", (e) => e.checkVisibility()), true);
    await c.page.type("#text-input", "hello");
    await c.code();
    await c.press("#wait .cancel");
    await c.screen("failed");
    await c.close();
  });

  test(`${name}: without HTTPS`, async () => {
    const c = await Client.open(name, relay, { prepare: () => Object.defineProperty(window, "isSecureContext", { value: false }) });
    assert.match(await c.text("unfit"), /did not come by HTTPS.*Open it by https:/);
    await c.close();
  });

  test(`${name}: without pickers of folders, WebRTC, a wake lock, a service worker and a clipboard`, async () => {
    const c = await Client.open(name, relay, {
      direct: false, // no RTCPeerConnection
      prepare: () => {
        Reflect.deleteProperty(window, "showDirectoryPicker");
        for (const missing of ["wakeLock", "serviceWorker", "clipboard", "share"]) Reflect.deleteProperty(Navigator.prototype, missing);
      },
    });
    assert.equal(await c.page.evaluate(() => ["wakeLock", "serviceWorker", "clipboard", "share"].filter((n) => n in navigator).join()), "", "it has it all the same");
    assert.equal(await c.text("unfit"), "");
    const s = await sender(relay, 1 << 20);
    await c.receive(s.code);
    await c.accept();
    assert.equal((await c.saved()).hash, sha256(s.content));
    assert.equal(await c.page.$eval("#save-folder", (e) => e.checkVisibility()), false);
    await c.says("run-lane", /^Through the relay/);
    assert.equal(await s.process.code(), 0, s.process.stderr);
    await c.home();
    await c.page.type("#text-input", "hello");
    await c.code();
    assert.equal(await c.page.$eval("#share-link", (e) => e.checkVisibility()), false);
    await c.click("copy-code");
    await c.says("copy-code", /by hand/);
    await c.press("#wait .cancel");
    await c.screen("failed");
    await c.close();
  });
}
