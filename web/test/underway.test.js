// While a transfer runs: the offer, how far it is, in figures and for a screen reader,
// and pauses and ends that come from either side.

import assert from "node:assert/strict";
import { randomBytes } from "node:crypto";
import { mkdirSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { after, before, test } from "node:test";
import { Client, Command, bare, browsers, closeBrowsers, folder, sender, startRelay } from "./support.js";

/** @type {import("./support.js").Relay} */ let relay;
before(async () => (relay = await startRelay()));
after(async () => {
  await closeBrowsers();
  await relay.process.kill();
});

/** Lets the test alone put the clock of the page forward. */
function stopped() {
  const began = Date.now();
  Date.now = () => began + (/** @type {any} */ (window).ahead ?? 0);
}

/** Waits until the status of the transfer is exactly so. @param {Client} c @param {string} text */
const status = (c, text) => c.says("run-status", new RegExp(`^${text.replaceAll(".", "\\.")}$`));

/** Gets a page that sends to the command, and has a part of it there. @param {"chrome" | "firefox"} name */
async function sending(name) {
  const path = join(folder(), "file.bin");
  writeFileSync(path, randomBytes(64 << 20));
  const c = await Client.open(name, relay);
  await c.pick(path);
  const receiver = new Command("receive", "--yes", "--relay", relay.url, "--limit-rate", "4M", "-o", folder() + "/", await c.code());
  await c.screen("run", "failed");
  await c.moved(1e6);
  return { c, receiver };
}

for (const name of browsers) {
  test(`${name}: the offer, and how far its files are`, async () => {
    const dir = join(folder(), "photos");
    mkdirSync(dir);
    for (const [file, size] of /** @type {const} */ ([["a.txt", 5], ["b.bin", 24 << 20], ["c.bin", 24 << 20]])) writeFileSync(join(dir, file), randomBytes(size));
    const s = new Command("send", "--relay", relay.url, "--limit-rate", "500K", dir);
    const c = await Client.open(name, relay, { prepare: stopped });
    await c.receive(bare((await s.event("code")).code));
    await c.screen("offer");
    assert.equal(await c.text("offer-title"), "Receive “\u2068photos\u2069” with 3 files, 50.3 MB?");
    const lines = await c.page.$$eval("#offer-names li", (all) => all.map((li) => [".name", ".size"].map((s) => li.querySelector(s)?.textContent).join(": ")));
    assert.deepEqual(lines.sort(), ["photos/a.txt: 5 B", "photos/b.bin: 25.2 MB", "photos/c.bin: 25.2 MB"]);
    await c.click("offer-yes");
    assert.equal(await c.screen("run", "failed"), "run");
    await c.moved(1.2e6);
    await c.says("run-done", /^\d+(\.\d)? MB of 50\.3 MB$/);
    await c.says("run-rate", /^\d+(\.\d)? [kM]B\/s$/);
    await c.says("run-left", /^(\d+ min )?\d+ s left$/);
    await c.says("run-underway", /photos\/[bc]\.bin\d.* of 25\.2 MB/);

    // A screen reader is told now and then, and not with each figure.
    const live = await c.page.evaluate(() => ["announcer", "run-status"].map((id) => {
      const e = /** @type {HTMLElement} */ (document.getElementById(id));
      return `${e.getAttribute("role")}, ${e.closest("[hidden]")?.id ?? "shown"}`;
    }));
    assert.deepEqual(live, ["status, shown", "status, run-status"]);
    for (const id of ["run-done", "run-rate", "run-left", "run-lane"]) assert.equal(await c.page.$eval(`#${id}`, (e) => e.closest("[role=status], [role=alert], [aria-live]")), null, id);
    assert.doesNotMatch(await c.text("announcer"), /percent/, "it is told too early");
    await c.page.evaluate(() => Object.assign(window, { ahead: 16_000 }));
    await c.says("announcer", /^\d+ percent, (\d+ min )?\d+ s left$/);
    const told = await c.text("announcer");
    await c.moved((await c.bytes()) + 3e5); // at least one more figure
    assert.equal(await c.text("announcer"), told, "it is told again at once");
    await c.page.evaluate(() => Object.assign(window, { ahead: 40_000 }));
    await c.until(() => /percent/.test(document.getElementById("announcer")?.textContent ?? ""), "the next announcement");
    await c.press("#run .cancel");
    await c.screen("failed");
    await c.close();
    await s.code();
  });

  test(`${name}: the files that are in place`, async () => {
    const dir = join(folder(), "notes");
    mkdirSync(dir);
    for (const file of ["a.txt", "b.txt", "c.txt"]) writeFileSync(join(dir, file), "hello");
    const s = new Command("send", "--relay", relay.url, dir);
    const c = await Client.open(name, relay);
    await c.receive(bare((await s.event("code")).code));
    await c.accept();
    assert.match(await c.text("done-summary"), /^3 files, 15 B, in \d+ s\. Everything is verified\.$/);
    const lines = await c.page.$$eval("#run-list li", (all) => all.map((li) => li.textContent));
    assert.deepEqual(lines.sort(), ["notes/a.txt5 B", "notes/b.txt5 B", "notes/c.txt5 B"]);
    assert.equal(await s.code(), 0, s.stderr);
    await c.close();
  });

  test(`${name}: a command that pauses, goes on and cancels`, async () => {
    const s = await sender(relay, 64 << 20, "--limit-rate", "4M");
    const c = await Client.open(name, relay);
    await c.receive(s.code);
    await c.screen("offer");
    await c.click("offer-yes");
    await c.moved(1e6);
    s.process.process.kill("SIGUSR1");
    await status(c, "The other side has paused.");
    s.process.process.kill("SIGUSR2");
    await status(c, "");
    await c.moved((await c.bytes()) + 1e6);
    s.process.process.kill("SIGINT");
    await c.screen("failed");
    assert.equal(await c.text("failed-title"), "The sender ended the transfer.");
    assert.match(await c.text("failed-hint"), /What has arrived is kept: with a new code/);
    assert.equal(await c.page.$eval("#retry", (e) => /** @type {HTMLElement} */ (e).hidden), true, "it offers a code that is used up");
    await s.process.code();
    await c.close();
  });

  test(`${name}: a page that sends, pauses, goes on and cancels`, async () => {
    const { c, receiver } = await sending(name);
    await c.click("pause");
    await status(c, "Paused.");
    assert.equal(await c.text("pause"), "Resume");
    await receiver.event("state", (e) => e.state === "paused");
    await c.click("pause");
    await status(c, "");
    assert.equal(await c.text("pause"), "Pause");
    await c.moved((await c.bytes()) + 1e6);
    await c.press("#run .cancel");
    await c.screen("failed");
    assert.equal(await c.text("failed-title"), "You cancelled the transfer.");
    assert.equal(await receiver.code(), 4, receiver.stderr);
    await c.close();
  });

  test(`${name}: a receiver who cancels, and one who declines`, async () => {
    const { c, receiver } = await sending(name);
    receiver.process.kill("SIGINT");
    await c.screen("failed");
    assert.equal(await c.text("failed-title"), "The receiver ended the transfer.");
    assert.match(await c.text("failed-hint"), /send again, and only what is missing is sent/);
    await receiver.code();

    await c.home();
    await c.page.type("#text-input", "hello");
    const r = await Client.open(name, relay);
    await r.receive(await c.code());
    await r.screen("offer");
    await r.click("offer-no");
    await Promise.all([c.screen("failed"), r.screen("failed")]);
    assert.equal(await c.text("failed-title"), "The receiver declined.");
    assert.equal(await r.text("failed-title"), "You declined. Nothing was kept.");
    await r.close();
    await c.close();
  });
}
