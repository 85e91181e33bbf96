// What the command has stored is fetched by the page.

import assert from "node:assert/strict";
import { randomBytes } from "node:crypto";
import { writeFileSync } from "node:fs";
import { join } from "node:path";
import { after, before, test } from "node:test";
import { Gate } from "./gate.js";
import { Client, browsers, closeBrowsers, folder, patience, sha256, short, startStore, store } from "./support.js";
import { fromArchive, hashed, oddTree, onDisk } from "./trees.js";

const long = 5 * patience;

/** @type {Awaited<ReturnType<typeof startStore>>} */ let relay;
before(async () => (relay = await startStore()));
after(async () => {
  await closeBrowsers();
  await relay.process.kill();
});

/** A file of random bytes. @param {number} size @param {string} [name] */
function file(size, name = "file.bin") {
  const path = join(folder(), name);
  const content = randomBytes(size);
  writeFileSync(path, content);
  return { path, content };
}

for (const name of browsers) {
  test(`${name}: a file, which a look at it does not use up`, async () => {
    const gate = await Gate.start(relay);
    const { path, content } = file(short ? 8 << 20 : 64 << 20, "große Datei.bin");
    const { link } = await store(relay, path);
    const c = await Client.open(name, gate);
    await c.openLink(link);
    assert.equal(await c.page.evaluate(() => location.href), gate.url + "/", "the key is left in the address bar");
    assert.match(await c.text("offer-title"), /^Receive “\u2068große Datei\.bin\u2069”, (67\.1|8\.4) MB\?$/);
    assert.match(await c.text("offer-names"), /^große Datei\.bin(67\.1|8\.4) MB$/);
    assert.match(await c.text("offer-stored"), /nothing is used up/);
    await c.click("offer-no");
    await c.screen("failed");
    await c.openLink(link);
    assert.ok(!gate.asked.some((line) => /\/(claim|data|commit)/.test(line)), "it was claimed without being asked for");
    await c.accept(long);
    const { size, hash, said } = await c.saved();
    assert.deepEqual({ size, hash }, { size: content.length, hash: sha256(content) });
    assert.match(said, /große Datei\.bin/);
    assert.match(await c.text("run-lane"), /store of the relay/);
    assert.equal(gate.asked.filter((line) => /^POST \S+\/commit /.test(line)).length, 1);

    await c.openLink(link, "failed");
    assert.match(await c.text("failed-title"), /as often as it may be/);
    assert.equal(await c.page.$eval("#retry", (e) => /** @type {HTMLElement} */ (e).hidden), true);
    const key = link.slice(link.indexOf("#") + 1);
    assert.equal(gate.asked.filter((line) => line.includes(key)).length, 0, "the key was sent");
    c.expect(/410/);
    await c.close();
    gate.close();
  });

  test(`${name}: a folder with odd names, and a text`, async () => {
    const tree = oddTree();
    const { link } = await store(relay, onDisk(tree));
    const c = await Client.open(name, relay);
    await c.openLink(link);
    assert.match(await c.text("offer-title"), /with 5 files/);
    assert.match(await c.text("offer-names"), /Ordner 1\/a\/b\/c\.txt6 B/);
    assert.match(await c.text("offer-names"), /Ordner 1\/leer(Ordner|$)/);
    await c.accept();
    await c.click("save");
    assert.deepEqual(hashed(fromArchive(await c.savedBytes())), hashed(tree));

    const text = "Grüße\n<b>no HTML</b> & \u202Egnirts\n";
    await c.openLink((await store(relay, "--text", text)).link);
    await c.accept();
    assert.equal(await c.page.$eval("#done-text", (e) => /** @type {HTMLTextAreaElement} */ (e).value), text);
    await c.close();
  });

  test(`${name}: 3,000 files`, async () => {
    /** @type {import("./trees.js").Tree} */
    const tree = { many: null };
    for (let i = 0; i < 3000; i++) {
      if (i % 100 === 0) tree[`many/${i / 100}`] = null;
      tree[`many/${Math.floor(i / 100)}/${i}.bin`] = randomBytes(i % 700);
    }
    const { link } = await store(relay, onDisk(tree));
    const c = await Client.open(name, relay);
    await c.openLink(link);
    assert.match(await c.text("offer-title"), /with 3.000 files/);
    await c.accept(long);
    await c.click("save");
    assert.deepEqual(hashed(fromArchive(await c.savedBytes())), hashed(tree));
    await c.close();
  });

  test(`${name}: a link that is typed, a password, and a wrong one`, async () => {
    const { path, content } = file(1000);
    const password = join(folder(), "password");
    writeFileSync(password, "open sesame\n");
    const { link } = await store(relay, "--password-file", password, path);
    const c = await Client.open(name, relay);
    await c.page.type("#code-input", link.replace(relay.host, "relay.example"));
    await c.click("receive-start");
    assert.match(await c.text("code-problem"), /another relay, relay\.example/);
    await c.page.$eval("#code-input", (e) => (/** @type {HTMLInputElement} */ (e).value = ""));
    await c.receive(link);
    await c.screen("unlock");
    await c.page.type("#unlock-answer", "open sesam");
    await c.page.keyboard.press("Enter");
    await c.says("unlock-problem", /not the password/);
    await c.page.type("#unlock-answer", "open sesame");
    await c.click("unlock-yes");
    await c.screen("offer");
    await c.accept();
    assert.equal((await c.saved()).hash, sha256(content));
    await c.close();
  });

  test(`${name}: a tab that is reloaded in the middle fetches the rest, as the same download`, async () => {
    const gate = await Gate.start(relay);
    const { path, content } = file(64 << 20);
    const { link } = await store(relay, path);
    const c = await Client.open(name, gate);
    gate.hold(40 << 20);
    await c.openLink(link);
    await c.click("offer-yes");
    await c.moved(36 << 20); // of which no more than 16 MiB are not synced
    const again = c.page.reload(); // asks whether to leave
    c.page.once("dialog", (d) => d.accept());
    await again;
    assert.equal(await c.screen("offer", "failed"), "offer", await c.text("failed-title"));
    assert.equal(await c.page.$eval("#offer-resume", (e) => /** @type {HTMLElement} */ (e).hidden), false, "it does not say that it goes on");
    gate.open();
    gate.passed = 0;
    await c.accept(long);
    assert.equal((await c.saved()).hash, sha256(content));
    assert.ok(gate.passed < 48 << 20, `${gate.passed} bytes were fetched again: of 20 MiB that were synced nothing was kept`);
    const claims = gate.asked.filter((line) => /^POST \S+\/claim /.test(line)).length;
    assert.equal(claims, 2);
    await c.openLink(link, "failed");
    assert.match(await c.text("failed-title"), /as often as it may be/);
    c.expect(/410/);
    await c.close();
    gate.close();
  });

  test(`${name}: a tab that is reloaded before the relay knows that all has arrived`, async () => {
    const gate = await Gate.start(relay);
    const { path, content } = file(1 << 20);
    const { link } = await store(relay, path);
    const c = await Client.open(name, gate);
    gate.hold(Infinity, /commit$/);
    await c.openLink(link);
    await c.click("offer-yes");
    await gate.holding();
    const again = c.page.reload(); // asks whether to leave
    c.page.once("dialog", (d) => d.accept());
    await again;
    assert.equal(await c.screen("offer", "failed"), "offer", await c.text("failed-title"));
    gate.open();
    await c.accept();
    assert.equal((await c.saved()).hash, sha256(content));
    await c.openLink(link, "failed");
    assert.match(await c.text("failed-title"), /as often as it may be/);
    c.expect(/410/);
    await c.close();
    gate.close();
  });
}
