// Each screen, on a phone and on a wide screen, light and dark, and from right to left:
// axe finds nothing, nothing is wider than the screen or covers something else, and
// everything can be reached by keyboard; nothing moves for who does not want that. With
// TALLOW_SCREENSHOTS=FOLDER there are pictures of them.

import assert from "node:assert/strict";
import { mkdirSync, readFileSync, symlinkSync, writeFileSync } from "node:fs";
import { createRequire } from "node:module";
import { join } from "node:path";
import { after, before, test } from "node:test";
import { Client, Command, browsers, closeBrowsers, folder, startStore } from "./support.js";

const axe = readFileSync(createRequire(import.meta.url).resolve("axe-core/axe.min.js"), "utf8");
const pictures = process.env.TALLOW_SCREENSHOTS;

/** @type {Awaited<ReturnType<typeof startStore>>} */ let relay;
before(async () => (relay = await startStore()));
after(async () => {
  await closeBrowsers();
  await relay.process.kill();
});

const looks = [
  { name: "phone-light", width: 360, height: 740, scheme: "light" },
  { name: "phone-dark", width: 360, height: 740, scheme: "dark" },
  { name: "wide-light", width: 1280, height: 800, scheme: "light" },
  { name: "wide-dark", width: 1280, height: 800, scheme: "dark" },
  { name: "phone-rtl", width: 360, height: 740, scheme: "light", rtl: true },
  { name: "wide-rtl", width: 1280, height: 800, scheme: "dark", rtl: true },
];

// Only Chromium lets a test choose the colours.
for (const name of browsers.filter((b) => b === "chrome")) {
  test(`${name}: every screen`, async () => {
    const client = await Client.open(name, relay);
    const { page } = client;
    await check(client, "home");
    await client.press("footer summary");
    await check(client, "home-trust");
    await client.press("footer summary");

    await client.drop({ "Holiday photos": null, "Holiday photos/beach.jpg": Buffer.alloc(3_000_000), "a rather long name of a file that has to wrap somewhere on a phone.pdf": Buffer.alloc(12_345) });
    await check(client, "home-picked");
    await client.press("#send-verify");
    const code = await client.code();
    await check(client, "wait");

    const other = await Client.open(name, relay);
    await other.page.type("#code-input", "7-acid-acorm-acre");
    await other.click("receive-start");
    await other.says("code-problem", /./);
    await check(other, "home-mistyped");
    await other.page.$eval("#code-input", (e) => (/** @type {HTMLInputElement} */ (e).value = ""));
    await other.receive("7-acid-acorn-acre"); // nobody waits with it
    await other.says("connect-status", /No sender waits/);
    await check(other, "connect");
    await other.press("#connect .cancel");
    await other.screen("failed");
    await other.home();
    await other.press("#receive-verify");
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
    await other.press("#done .again");
    await other.page.waitForSelector("#kept li");
    await check(other, "home-kept");

    await client.press("#done .again");
    const slow = new Command("send", "--relay", relay.url, "--limit-rate", "700K", relay.process.process.spawnfile, new URL("../package-lock.json", import.meta.url).pathname);
    await client.receive((await slow.event("code")).code.replace(/^.*#/, ""));
    await client.screen("offer");
    await client.click("offer-yes");
    await client.moved(1e6);
    await client.until(() => /tallow.* of /.test(document.getElementById("run-underway")?.textContent ?? ""), "the file under way");
    await check(client, "run");
    await client.press("#run .cancel");
    await client.screen("failed");
    await check(client, "failed");
    assert.equal(await page.$eval("#retry", (e) => /** @type {HTMLElement} */ (e).hidden), true, "it offers a code that is used up");
    await client.press("#failed .again");
    await client.until(() => /unfinished/.test(document.getElementById("kept-list")?.textContent ?? ""), "what is unfinished");
    await check(client, "home-unfinished");

    const text = new Command("send", "--relay", relay.url, "--text", "A text\nof two lines");
    await client.receive((await text.event("code")).code.replace(/^.*#/, ""));
    await client.screen("offer");
    await client.click("offer-yes");
    await client.screen("done");
    await check(client, "done-text");
    await client.home();
    await receiveLink(client);
    await check(client, "done-skipped");
    await other.close();
    await client.close();
  });
}

for (const name of browsers.filter((b) => b === "chrome")) {
  test(`${name}: every screen of stored transfers`, async () => {
    const closed = await startStore("--store-token", "a token of 24 characters");
    const c = await Client.open(name, closed);
    await c.drop({ "Holiday photos": null, "Holiday photos/beach.jpg": Buffer.alloc(3_000_000), "Holiday photos/empty": null, "a rather long name of a file that has to wrap somewhere on a phone.pdf": Buffer.alloc(12_345) });
    await c.store(async () => {
      await check(c, "home-store");
      await c.page.type("#store-secret", "open sesame");
    }, "failed");
    await check(c, "failed-token");
    await c.page.type("#password", "a token of 24 characters");
    await c.page.keyboard.press("Enter");
    await c.screen("stored");
    await check(c, "stored");
    const link = await c.text("stored-link");
    await c.openLink(link, "unlock");
    await check(c, "unlock");
    await c.page.type("#unlock-answer", "open sesam");
    await c.click("unlock-yes");
    await c.says("unlock-problem", /not the password/);
    await check(c, "unlock-wrong");
    await c.page.type("#unlock-answer", "open sesame");
    await c.click("unlock-yes");
    await c.screen("offer");
    await check(c, "offer-stored");
    await c.click("offer-no");
    await c.screen("failed"); // or it asks before it leaves
    await c.openLink(link.slice(0, -2), "home");
    await c.says("code-problem", /damaged/);
    await check(c, "home-damaged-link");
    c.expect(/403|Forbidden/);
    await c.close();
    await closed.process.kill();
  });
}

/** Receives a symbolic link with a long name, and saves it where there are none. @param {Client} c */
async function receiveLink(c) {
  const dir = join(folder(), "photos");
  mkdirSync(dir);
  writeFileSync(join(dir, "a.txt"), "a");
  symlinkSync("a.txt", join(dir, "the-latest-of-all-photos-that-were-taken-on-holiday-in-the-summer-of-last-year.jpg"));
  const s = new Command("send", "--relay", relay.url, dir);
  await c.receive((await s.event("code")).code.replace(/^.*#/, ""));
  await c.accept();
  await c.page.evaluate(() => Object.assign(window, { showDirectoryPicker: async () => (await navigator.storage.getDirectory()).getDirectoryHandle("picked", { create: true }) }));
  await c.click("save-folder");
  await c.says("save-status", /could not be saved there/);
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
    await page.evaluate((rtl) => (document.documentElement.dir = rtl ? "rtl" : "ltr"), look.rtl ?? false);
    if (pictures) {
      mkdirSync(pictures, { recursive: true });
      await page.screenshot({ path: /** @type {`${string}.png`} */ (join(pictures, `${screen}-${look.name}.png`)), fullPage: true });
    }
    const wide = await page.evaluate(() => document.documentElement.scrollWidth - innerWidth);
    assert.ok(wide <= 0, `${screen}, ${look.name}: ${wide} pixels too wide`);
    assert.deepEqual(await page.evaluate(covered), [], `${screen}, ${look.name}: what covers something else, or is cut off`);
    if (look.rtl) continue; // nothing else to find for axe
    await page.evaluate(axe);
    const result = await page.evaluate(async () => /** @type {any} */ (window).axe.run());
    const found = result.violations.map((/** @type {any} */ v) => `${v.id}: ${v.help}: ${v.nodes.map((/** @type {any} */ n) => n.html).join(" | ")}`);
    assert.deepEqual(found, [], `${screen}, ${look.name}`);
  }
  await page.evaluate(() => document.documentElement.removeAttribute("dir"));
}

/** Runs in the page: pairs of texts and controls that overlap, and those outside of the screen. */
function covered() {
  /** @typedef {{of: Element, left: number, right: number, top: number, bottom: number}} Piece */
  const pieces = /** @type {Piece[]} */ ([]);
  /** @param {Element} of @param {DOMRect} r */
  const add = (of, r) => {
    const piece = { of, left: r.left, right: r.right, top: r.top, bottom: r.bottom };
    for (let e = /** @type {Element | null} */ (of); e; e = e.parentElement) { // as far as it is shown
      if (["visible", ""].includes(getComputedStyle(e).overflowX)) continue;
      const b = e.getBoundingClientRect();
      piece.left = Math.max(piece.left, b.left);
      piece.right = Math.min(piece.right, b.right);
      piece.top = Math.max(piece.top, b.top);
      piece.bottom = Math.min(piece.bottom, b.bottom);
    }
    if (piece.right - piece.left > 1 && piece.bottom - piece.top > 1) pieces.push(piece);
  };
  for (const e of document.querySelectorAll("body *")) {
    if (!e.checkVisibility() || e.closest(".unseen, .skip, svg *, button *, datalist, option")) continue;
    if (e.matches("button, input, textarea, progress, svg")) {
      add(e, e.getBoundingClientRect());
      continue;
    }
    for (const node of e.childNodes) {
      if (node.nodeType !== Node.TEXT_NODE || !node.nodeValue?.trim()) continue;
      const range = document.createRange();
      range.selectNodeContents(node);
      for (const r of range.getClientRects()) add(e, r);
    }
  }
  const name = (/** @type {Piece} */ p) => `${p.of.tagName}#${p.of.id} "${p.of.textContent?.trim().slice(0, 30)}"`;
  const found = pieces.filter((p) => p.left < -1 || p.right > innerWidth + 1).map((p) => `${name(p)} is outside`);
  pieces.forEach((a, i) => pieces.slice(i + 1).forEach((b) => {
    if (a.of === b.of) return;
    const across = Math.min(a.right, b.right) - Math.max(a.left, b.left);
    const down = Math.min(a.bottom, b.bottom) - Math.max(a.top, b.top);
    if (across > 2 && down > 4) found.push(`${name(a)} and ${name(b)}`); // lines of text may touch
  }));
  return found;
}

for (const name of browsers) {
  test(`${name}: from right to left`, async () => {
    const client = await Client.open(name, relay);
    const { page } = client;
    await page.setViewport({ width: 1280, height: 800 });
    await page.evaluate(() => (document.documentElement.dir = "rtl"));
    await client.drop({ "a.txt": Buffer.alloc(10) });
    const place = () => page.evaluate(() => ["#send-form", "#receive-form", "#picked .name", "#picked .size"].map((s) => document.querySelector(s)?.getBoundingClientRect().left ?? -1));
    const [send, receive, named, size] = await place();
    assert.ok(send > receive && named > size, "the page is not mirrored");
    assert.deepEqual(await page.evaluate(covered), []);
    const directions = await page.evaluate(() => ["code-input", "code", "wait-command", "wait-host"].map((id) => getComputedStyle(/** @type {Element} */ (document.getElementById(id))).direction));
    assert.deepEqual(directions, ["ltr", "ltr", "ltr", "ltr"], "a code, an address or a command is written from right to left");
    await client.press("#picked button");
    await page.type("#text-input", "שלום");
    assert.ok(await page.$eval("#text-input", (e) => e.matches(":dir(rtl)")));
    await page.evaluate(() => (document.documentElement.dir = "ltr"));
    assert.ok(await page.$eval("#text-input", (e) => e.matches(":dir(rtl)")), "a text has not its own direction");
    await client.close();
  });
}

for (const name of browsers.filter((b) => b === "chrome")) {
  test(`${name}: nothing moves for who has asked for that`, async () => {
    const client = await Client.open(name, relay);
    // Styles of parts of a bar cannot be asked for, and "*" does not reach them: so the rules are looked at.
    const moving = await client.page.evaluate(() => {
      /** @param {CSSRuleList} rules @param {boolean} wished @returns {{rule: string, wished: boolean}[]} */
      const within = (rules, wished) => [...rules].flatMap((rule) => {
        if (rule instanceof CSSMediaRule) return within(rule.cssRules, wished || /prefers-reduced-motion:\s*no-preference/.test(rule.conditionText));
        return /(transition|animation)[-a-z]*\s*:/.test(rule.cssText) ? [{ rule: rule.cssText, wished }] : [];
      });
      return [...document.styleSheets].flatMap((sheet) => within(sheet.cssRules, false));
    });
    assert.ok(moving.some((m) => m.wished), "nothing moves at all");
    assert.deepEqual(moving.filter((m) => !m.wished), []);
    await client.close();
  });
}

test("the style has no left and right", () => {
  const style = readFileSync(new URL("../page/style.css", import.meta.url), "utf8");
  const physical = /[;{\s](?:(?:margin|padding|border|scroll-(?:margin|padding))-(?:left|right)|left|right|float|clear)\s*:|text-align\s*:\s*(?:left|right)/g;
  assert.match(".a { margin-left: 0 }", physical);
  assert.deepEqual(style.match(physical), null);
});

for (const name of browsers) {
  test(`${name}: by keyboard alone`, async () => {
    const client = await Client.open(name, relay);
    const { page } = client;
    await page.bringToFront();
    await client.until(() => document.hasFocus(), "the window's focus");
    // What gets the focus says so itself: who asks after a key may be told of the element before it.
    await page.evaluate(() => {
      const reached = /** @type {Set<string>} */ (new Set());
      document.addEventListener("focusin", (e) => void reached.add(/** @type {Element} */ (e.target).id));
      Object.assign(window, { reached });
    });
    const all = ["pick-files", "pick-folder", "text-input", "send-verify", "store-it", "send-start", "code-input", "receive-verify", "receive-start"];
    const left = async () => {
      const reached = await page.evaluate(() => [.../** @type {{reached: Set<string>}} */ (/** @type {unknown} */ (window)).reached]);
      return all.filter((id) => !reached.includes(id));
    };
    for (let i = 0; i < 25 && (await left()).length > 0; i++) await page.keyboard.press("Tab"); // and no further, where the browser's own buttons are
    assert.deepEqual(await left(), [], "Tab does not reach them");
    await page.focus("#text-input");
    await page.keyboard.type("hello");
    await client.until(() => /** @type {HTMLTextAreaElement} */ (document.getElementById("text-input")).value === "hello", "the text");
    await page.focus("#send-start");
    await page.keyboard.press("Enter");
    await client.screen("wait");
    assert.equal(await page.evaluate(() => document.activeElement?.id), "wait-title", "the focus is not on the new screen");
    await client.close();
  });
}
