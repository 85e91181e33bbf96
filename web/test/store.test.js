// What the page leaves at the relay is fetched by the command, and by the page.

import assert from "node:assert/strict";
import { randomBytes } from "node:crypto";
import { readFileSync, readdirSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { after, before, test } from "node:test";
import { Gate } from "./gate.js";
import { Client, Command, browsers, closeBrowsers, folder, patience, sha256, short, startRelay, startStore } from "./support.js";
import { fromArchive, fromDisk, hashed, oddTree } from "./trees.js";

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

/** Fetches with the command: the folder with what has arrived. @param {string} link @param {string[]} flags */
async function receive(link, ...flags) {
  const dir = folder();
  const c = new Command("receive", "--yes", "-o", dir + "/", ...flags, link);
  assert.equal(await c.code(long), 0, c.stderr);
  return dir;
}

/** Has the page count the workers that it starts for uploads, and ends. */
function countUploads() {
  const uploads = { started: 0, ended: 0 };
  Object.assign(window, { uploads });
  window.Worker = class extends Worker {
    #upload;
    /** @param {[any, any]} all */
    constructor(...all) {
      super(...all);
      this.#upload = /\/upload\.js$/.test(all[0]) ? 1 : 0;
      uploads.started += this.#upload;
    }
    terminate() {
      super.terminate();
      uploads.ended += this.#upload;
    }
  };
}

for (const name of browsers) {
  test(`${name}: a file, for the command`, async () => {
    const gate = await Gate.start(relay);
    const { path, content } = file(short ? 9 << 20 : 64 << 20, "große Datei.bin");
    const c = await Client.open(name, gate, { prepare: countUploads });
    await c.pick(path);
    const link = await c.store();
    assert.match(link, new RegExp(`^${gate.url}/d/[0-9a-f]{32}#[\\w-]{43}$`));
    assert.match(await c.text("stored-summary"), /^1 file, \S+ MB\. The relay deletes it after the first download, on .* at .* at the latest\.$/);
    assert.equal(await c.text("stored-command"), `tallow receive "${link}"`);
    assert.equal(await c.page.$eval("#stored-secret", (e) => /** @type {HTMLElement} */ (e).hidden), true);
    assert.ok(await c.page.$("#stored-qr svg[role=img]"));
    // The page starts them: a worker of Firefox that starts another one may wait for that forever.
    const parts = gate.asked.filter((line) => /^PUT \S+\/parts\/\d+ /.test(line)).length;
    assert.ok(parts >= 2, `there are ${parts} parts`);
    assert.deepEqual(await c.page.evaluate(() => /** @type {any} */ (window).uploads), { started: parts, ended: parts });
    const key = link.slice(link.indexOf("#") + 1);
    assert.equal(gate.asked.filter((line) => line.includes(key)).length, 0, "the key was sent");
    assert.equal(sha256(readFileSync(join(await receive(link), "große Datei.bin"))), sha256(content));
    await c.close();
    gate.close();
  });

  test(`${name}: a folder with a password, for two pages and the command, and a text`, async () => {
    const tree = oddTree();
    const c = await Client.open(name, relay);
    await c.drop(tree);
    const link = await c.store(async () => {
      await c.page.select("#store-downloads", "3");
      await c.page.type("#store-secret", "open sesame");
    });
    assert.match(await c.text("stored-summary"), /^5 files, 3\.1 MB\. .* after 3 downloads/);
    assert.equal(await c.page.$eval("#stored-secret", (e) => /** @type {HTMLElement} */ (e).hidden), false);
    for (let i = 0; i < 2; i++) {
      const r = await Client.open(name, relay);
      await r.openLink(link, "unlock");
      await r.page.type("#unlock-answer", "open sesame");
      await r.click("unlock-yes");
      await r.screen("offer");
      await r.accept();
      await r.click("save");
      assert.deepEqual(hashed(fromArchive(await r.savedBytes())), hashed(tree));
      await r.close();
    }
    const password = join(folder(), "password");
    writeFileSync(password, "open sesame\n");
    assert.deepEqual(hashed(fromDisk(await receive(link, "--password-file", password))), hashed(tree));

    const text = "Grüße\n<b>no HTML</b> & \u202Egnirts\n";
    await c.home();
    await c.page.type("#text-input", text);
    const dir = await receive(await c.store());
    assert.equal(readFileSync(join(dir, readdirSync(dir)[0]), "utf8"), text);
    await c.close();
  });

  test(`${name}: a pause, and a cancel that leaves nothing`, async () => {
    const gate = await Gate.start(relay);
    const c = await Client.open(name, gate);
    await c.pick(file(20 << 20).path);
    gate.hold(4 << 20);
    await c.store(undefined, "run");
    await gate.holding();
    await c.click("pause");
    await c.says("run-status", /^Paused\.$/);
    await c.click("pause");
    await c.says("run-status", /^$/);
    gate.hold(10 << 20); // more than one part: what was paused goes on
    await gate.holding();
    await c.press("#run .cancel");
    await c.screen("failed");
    assert.match(await c.text("failed-title"), /You cancelled/);
    assert.equal(gate.asked.filter((line) => /^DELETE \/api\/store\/[0-9a-f]{32} /.test(line)).length, 1, "it stays at the relay");
    await c.close();
    gate.close();
  });

  test(`${name}: a relay that is restarted in the middle`, async () => {
    const first = await startStore();
    const gate = await Gate.start(first);
    const { path, content } = file(20 << 20);
    const c = await Client.open(name, gate);
    await c.pick(path);
    gate.hold(10 << 20);
    await c.store(undefined, "run");
    await gate.holding();
    await first.process.kill();
    gate.open();
    await c.says("run-status", /does not answer|lost/);
    const second = await startRelay(first.host, "--store", first.dir);
    await c.until(() => document.getElementById("run")?.hidden, "what is stored", long);
    assert.equal(await c.screen("stored", "failed"), "stored", await c.text("failed-title"));
    const link = await c.text("stored-link");
    assert.equal(sha256(readFileSync(join(await receive(link), "file.bin"))), sha256(content));
    c.expect(/Failed to load|connection|ERR_|NetworkError|CORS/);
    await c.close();
    gate.close();
    await second.process.kill();
  });

  test(`${name}: a relay without a store, and a closed one`, async () => {
    const without = await startRelay();
    const c = await Client.open(name, without);
    await c.page.type("#text-input", "hello");
    await c.code(); // by then it is known
    assert.equal(await c.page.$eval("#store-block", (e) => /** @type {HTMLElement} */ (e).hidden), true);
    await c.close();
    await without.process.kill();

    const closed = await startStore("--store-token", "a token of 24 characters");
    const d = await Client.open(name, closed);
    await d.page.type("#text-input", "hello");
    await d.store(async () => {
      assert.equal(await d.page.$eval("#store-token-block", (e) => /** @type {HTMLElement} */ (e).hidden), false);
      await d.page.type("#store-token", "another token");
    }, "failed");
    assert.match(await d.text("failed-title"), /has its token|have its token/);
    assert.match(await d.text("password-label"), /^Token/);
    await d.page.type("#password", "a token of 24 characters");
    await d.page.keyboard.press("Enter");
    await d.screen("stored");
    const dir = await receive(await d.text("stored-link"));
    assert.equal(readFileSync(join(dir, readdirSync(dir)[0]), "utf8"), "hello");
    d.expect(/403|Forbidden/);
    await d.close();
    await closed.process.kill();
  });

  test(`${name}: more than the relay takes`, async () => {
    const small = await startStore("--store-per-transfer", "1MiB", "--store-expires", "1h", "--store-max-expires", "2h");
    const c = await Client.open(name, small);
    await c.pick(file(2 << 20).path);
    await c.store(async () => {
      assert.deepEqual(await c.page.$$eval("#store-expires option", (all) => all.map((o) => o.textContent)), ["1 hour", "2 hours"]);
    }, "failed");
    assert.match(await c.text("failed-title"), /does not store that much/);
    c.expect(/413|Too Large/);
    await c.close();
    await small.process.kill();
  });
}
