// How it ends when the page cannot fetch what a link names, and what it says.

import assert from "node:assert/strict";
import { randomBytes } from "node:crypto";
import { readFileSync, readdirSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { after, before, test } from "node:test";
import { setTimeout as pause } from "node:timers/promises";
import { Gate } from "./gate.js";
import { Client, browsers, closeBrowsers, folder, patience, sha256, startRelay, startStore, store } from "./support.js";

/** @type {Awaited<ReturnType<typeof startStore>>} */ let relay;
before(async () => (relay = await startStore()));
after(async () => {
  await closeBrowsers();
  await relay.process.kill();
});

const content = randomBytes(9 << 20); // more than one segment
const path = join(folder(), "file.bin");
writeFileSync(path, content);

/** @param {string} link @param {(key: Buffer) => void} edit */
function withKey(link, edit) {
  const [address, key] = link.split("#");
  const bytes = Buffer.from(key, "base64url");
  edit(bytes);
  return `${address}#${bytes.toString("base64url")}`;
}

for (const name of browsers) {
  test(`${name}: a wrong key, a damaged one, none, and one that is right at last`, async () => {
    const { link } = await store(relay, path);
    const c = await Client.open(name, relay);
    await c.openLink(withKey(link, (key) => void (key[31] ^= 1)), "failed");
    assert.match(await c.text("failed-title"), /key of this link does not open/);
    assert.match(await c.text("failed-hint"), /Nothing is used up/);
    for (const [cut, said] of /** @type {const} */ ([[link.slice(0, -1), /is damaged/], [link.split("#")[0], /has no key/]])) {
      await c.openLink(cut, "home");
      await c.says("code-problem", said);
      assert.equal(await c.page.evaluate(() => location.href), relay.url + "/");
    }
    await c.openLink(link);
    await c.accept();
    assert.equal((await c.saved()).hash, sha256(content));
    c.expect(/404/); // the relay has no key under words for the one without
    await c.close();
  });

  test(`${name}: what has expired, and what nobody has stored`, async () => {
    const { link, id } = await store(relay, "--expires", "1s", path);
    for (const began = Date.now(); (await fetch(`${relay.url}/api/store/${id}/offer`)).status !== 404; await pause(100)) {
      assert.ok(Date.now() - began < patience, "it does not expire");
    }
    const c = await Client.open(name, relay);
    await c.openLink(link, "failed");
    assert.match(await c.text("failed-title"), /has expired, or was deleted/);
    c.expect(/404/);
    await c.close();

    const without = await startRelay();
    const d = await Client.open(name, without);
    await d.openLink(link.replace(relay.url, without.url), "failed");
    assert.match(await d.text("failed-title"), /stores nothing/);
    d.expect(/404/);
    await d.close();
    await without.process.kill();
  });

  test(`${name}: what somebody else is fetching`, async () => {
    const gate = await Gate.start(relay);
    const { link } = await store(relay, path);
    const first = await Client.open(name, gate);
    gate.hold(1 << 20);
    await first.openLink(link);
    await first.click("offer-yes");
    await gate.holding();
    const second = await Client.open(name, relay);
    await second.openLink(link);
    await second.click("offer-yes");
    await second.screen("failed");
    assert.match(await second.text("failed-title"), /Others are fetching this now/);
    assert.equal(await second.text("retry"), "Try again");
    gate.open();
    await first.ended();
    assert.equal((await first.saved()).hash, sha256(content));
    await second.click("retry");
    await second.screen("failed");
    await second.says("failed-title", /as often as it may be/);
    second.expect(/409|410/);
    await first.close();
    await second.close();
    gate.close();
  });

  test(`${name}: what the relay has changed`, async () => {
    const { link, id } = await store(relay, path);
    const [found] = /** @type {string[]} */ (readdirSync(relay.dir, { recursive: true })).filter((p) => p.endsWith(join(id, "1")));
    const part = join(relay.dir, found);
    const sealed = readFileSync(part);
    sealed[sealed.length >> 1] ^= 1;
    writeFileSync(part, sealed);
    const c = await Client.open(name, relay);
    await c.openLink(link);
    await c.click("offer-yes");
    await c.screen("failed");
    assert.match(await c.text("failed-title"), /damaged, or was changed/);
    assert.match(await c.text("failed-hint"), /store it again/);
    assert.equal(await c.page.evaluate(() => /** @type {any} */ (window).saved.length), 0, "something was saved");
    sealed[sealed.length >> 1] ^= 1;
    writeFileSync(part, sealed); // and the download was not used up
    await c.click("retry");
    await c.screen("offer");
    await c.accept();
    assert.equal((await c.saved()).hash, sha256(content));
    await c.close();
  });

  test(`${name}: a pause, a cancel, and the rest`, async () => {
    const gate = await Gate.start(relay);
    const { link } = await store(relay, path);
    const c = await Client.open(name, gate);
    gate.hold(4 << 20);
    await c.openLink(link);
    await c.click("offer-yes");
    await c.moved(2 << 20);
    await c.click("pause");
    await c.says("run-status", /^Paused\.$/);
    await c.click("pause");
    await c.says("run-status", /^$/);
    await c.press("#run .cancel");
    await c.screen("failed");
    assert.match(await c.text("failed-title"), /You cancelled/);
    assert.match(await c.text("failed-hint"), /same link/);
    gate.open();
    await c.click("retry");
    await c.screen("offer");
    await c.accept();
    assert.equal((await c.saved()).hash, sha256(content));
    await c.close();
    gate.close();
  });
}
