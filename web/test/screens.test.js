// Each screen, on a phone and on a wide screen, light and dark: axe finds nothing,
// nothing is wider than the screen, and everything can be reached by keyboard. With
// TALLOW_SCREENSHOTS=FOLDER there are pictures of them.

import assert from "node:assert/strict";
import { mkdirSync, readFileSync } from "node:fs";
import { createRequire } from "node:module";
import { join } from "node:path";
import { after, before, test } from "node:test";
import { Client, Command, browsers, closeBrowsers, startRelay } from "./support.js";

const axe = readFileSync(createRequire(import.meta.url).resolve("axe-core/axe.min.js"), "utf8");
const pictures = process.env.TALLOW_SCREENSHOTS;

/** @type {import("./support.js").Relay} */ let relay;
before(async () => (relay = await startRelay()));
after(async () => {
  await closeBrowsers();
  await relay.process.kill();
});

const looks = [
  { name: "phone-light", width: 360, height: 740, scheme: "light" },
  { name: "phone-dark", width: 360, height: 740, scheme: "dark" },
  { name: "wide-light", width: 1280, height: 800, scheme: "light" },
  { name: "wide-dark", width: 1280, height: 800, scheme: "dark" },
];

// Only Chromium lets a test choose the colours.
for (const name of browsers.filter((b) => b === "chrome")) {
  test(`${name}: every screen`, async () => {
    const client = await Client.open(name, relay);
    const { page } = client;
    await check(client, "home");

    await client.drop({ "Holiday photos": null, "Holiday photos/beach.jpg": Buffer.alloc(3_000_000), "a rather long name of a file that has to wrap somewhere on a phone.pdf": Buffer.alloc(12_345) });
    await check(client, "home-picked");
    await page.click("#send-verify");
    const code = await client.code();
    await check(client, "wait");

    const other = await Client.open(name, relay);
    await other.page.type("#code-input", "7-acid-acorm-acre");
    await other.click("receive-start");
    await other.page.waitForFunction(() => document.getElementById("code-problem")?.textContent);
    await check(other, "home-mistyped");
    await other.page.$eval("#code-input", (e) => (/** @type {HTMLInputElement} */ (e).value = ""));
    await other.page.click("#receive-verify");
    await other.receive(code);
    await client.screen("verify");
    await check(client, "verify");
    await client.click("verify-yes");
    await other.screen("verify");
    await other.click("verify-yes");
    await other.screen("offer");
    await check(other, "offer");
    await other.click("offer-yes");
    await other.screen("done");
    await client.screen("done");
    await check(other, "done-received");
    await check(client, "done-sent");
    await other.page.click("#done .again");
    await other.page.waitForSelector("#kept li");
    await check(other, "home-kept");

    await client.page.click("#done .again");
    const slow = new Command("send", "--relay", relay.url, "--limit-rate", "700K", relay.process.process.spawnfile, new URL("../package-lock.json", import.meta.url).pathname);
    await client.receive((await slow.event("code")).code.replace(/^.*#/, ""));
    await client.screen("offer");
    await client.click("offer-yes");
    await client.moved(1e6);
    await client.until(() => /tallow.* of /.test(document.getElementById("run-underway")?.textContent ?? ""), "the file under way");
    await check(client, "run");
    await page.click("#run .cancel");
    await client.screen("failed");
    await check(client, "failed");
    await page.click("#failed .again");

    const text = new Command("send", "--relay", relay.url, "--text", "A text\nof two lines");
    await client.receive((await text.event("code")).code.replace(/^.*#/, ""));
    await client.screen("offer");
    await client.click("offer-yes");
    await client.screen("done");
    await check(client, "done-text");
    await other.close();
    await client.close();
  });
}

/**
 * Looks at a screen in every way.
 * @param {Client} client
 * @param {string} screen
 */
async function check({ page }, screen) {
  for (const look of looks) {
    await page.setViewport({ width: look.width, height: look.height });
    await page.emulateMediaFeatures([{ name: "prefers-color-scheme", value: look.scheme }]);
    if (pictures) {
      mkdirSync(pictures, { recursive: true });
      await page.screenshot({ path: /** @type {`${string}.png`} */ (join(pictures, `${screen}-${look.name}.png`)), fullPage: true });
    }
    const wide = await page.evaluate(() => document.documentElement.scrollWidth - innerWidth);
    assert.ok(wide <= 0, `${screen}, ${look.name}: ${wide} pixels too wide`);
    await page.evaluate(axe);
    const result = await page.evaluate(async () => /** @type {any} */ (window).axe.run());
    const found = result.violations.map((/** @type {any} */ v) => `${v.id}: ${v.help}: ${v.nodes.map((/** @type {any} */ n) => n.html).join(" | ")}`);
    assert.deepEqual(found, [], `${screen}, ${look.name}`);
  }
}

for (const name of browsers) {
  test(`${name}: by keyboard alone`, async () => {
    const client = await Client.open(name, relay);
    const { page } = client;
    const reached = new Set();
    for (let i = 0; i < 25; i++) {
      await page.keyboard.press("Tab");
      reached.add(await page.evaluate(() => document.activeElement?.id));
    }
    for (const id of ["pick-files", "pick-folder", "text-input", "send-verify", "send-start", "code-input", "receive-verify", "receive-start"]) {
      assert.ok(reached.has(id), `Tab does not reach #${id}`);
    }
    await page.focus("#text-input");
    await page.keyboard.type("hello");
    await page.focus("#send-start");
    await page.keyboard.press("Enter");
    await client.screen("wait");
    assert.equal(await page.evaluate(() => document.activeElement?.id), "wait-title", "the focus is not on the new screen");
    await client.close();
  });
}
