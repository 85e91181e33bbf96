// A tab while something runs: the page asks before it is closed, and the device stays
// awake.

import assert from "node:assert/strict";
import { once } from "node:events";
import { after, before, test } from "node:test";
import { Client, browsers, closeBrowsers, sender, sha256, startRelay, within } from "./support.js";

/** @type {import("./support.js").Relay} */ let relay;
before(async () => (relay = await startRelay()));
after(async () => {
  await closeBrowsers();
  await relay.process.kill();
});

/** Has the page remember the locks that the browser gives it. */
function rememberLocks() {
  if (!("WakeLock" in window)) return; // the empty page before
  const request = WakeLock.prototype.request;
  const locks = /** @type {WakeLockSentinel[]} */ ([]);
  Object.assign(window, { locks });
  WakeLock.prototype.request = async function (kind) {
    const lock = await request.call(this, kind);
    locks.push(lock);
    return lock;
  };
}

/** Has the browser give a lock only once the test says so. */
function late() {
  if (!("WakeLock" in window)) return; // the empty page before
  const request = WakeLock.prototype.request;
  const wait = new Promise((done) => Object.assign(window, { give: done }));
  WakeLock.prototype.request = async function (kind) {
    await wait;
    const lock = await request.call(this, kind);
    Object.assign(window, { lock });
    return lock;
  };
}

/** How many locks are held, and how many there were. @param {Client} c */
const locks = (c) => c.page.evaluate(() => {
  const all = /** @type {WakeLockSentinel[]} */ (/** @type {any} */ (window).locks);
  return { held: all.filter((l) => !l.released).length, given: all.length };
});

/** Waits until the device is kept awake, or is not. @param {Client} c @param {boolean} awake */
const isAwake = (c, awake) => c.until(
  awake ? () => /** @type {any} */ (window).locks.some((/** @type {WakeLockSentinel} */ l) => !l.released)
    : () => /** @type {any} */ (window).locks.every((/** @type {WakeLockSentinel} */ l) => l.released),
  awake ? "the device that is kept awake" : "the device that may sleep again",
);

for (const name of browsers) {
  test(`${name}: the device stays awake while something runs, and no longer`, async () => {
    const c = await Client.open(name, relay, { prepare: rememberLocks });
    assert.deepEqual(await locks(c), { held: 0, given: 0 }, "it is kept awake where nothing runs");
    const s = await sender(relay, 16 << 20, "--limit-rate", "2M"); // it runs long enough for a busy machine to look at it
    await c.receive(s.code);
    await c.screen("offer");
    await isAwake(c, true);
    const other = await c.context.newPage(); // the browser takes the lock from a hidden tab
    await other.bringToFront();
    await isAwake(c, false);
    await c.page.bringToFront();
    await isAwake(c, true);
    await c.click("offer-yes");
    await c.moved(1 << 20);
    assert.equal((await locks(c)).held, 1);
    await c.ended();
    assert.equal(await s.process.code(), 0, s.process.stderr);
    await isAwake(c, false);

    await c.home();
    await c.page.type("#text-input", "hello");
    await c.code(); // a code that waits
    await isAwake(c, true);
    await c.press("#wait .cancel");
    await c.screen("failed");
    await isAwake(c, false);
    assert.equal((await locks(c)).given, 3, "a lock was given that nothing had asked for");
    await other.close();
    await c.close();
  });

  test(`${name}: a lock that comes after the end is given back`, async () => {
    const c = await Client.open(name, relay, { prepare: late });
    await c.page.type("#code-input", "7-acid-acorn-acre@" + relay.host); // nobody is there
    await c.click("receive-start");
    await c.screen("connect", "failed");
    await c.page.$eval("#connect .cancel", (e) => /** @type {HTMLElement} */ (e).click()); // or it has failed by itself
    await c.screen("failed");
    await c.page.evaluate(() => /** @type {any} */ (window).give());
    await c.until(() => /** @type {any} */ (window).lock?.released, "the lock that is given back");
    await c.close();
  });

  test(`${name}: the page asks before it is closed, if something runs`, async () => {
    const s = await sender(relay, 24 << 20, "--limit-rate", "3M"); // it runs long enough for a busy machine to close the tab
    const c = await Client.open(name, relay);
    await c.receive(s.code);
    await c.screen("offer");
    await c.click("offer-yes");
    await c.moved(1 << 20);
    assert.equal(await asked(c, false), "beforeunload"); // the person stays
    await c.ended();
    assert.equal((await c.saved()).hash, sha256(s.content));
    assert.equal(await s.process.code(), 0, s.process.stderr);
    assert.equal(await asked(c, true), "closed");
    await c.close();
  });

  test(`${name}: the page asks before it is closed while a code waits`, async () => {
    const c = await Client.open(name, relay);
    await c.page.type("#text-input", "hello");
    assert.equal(await c.page.evaluate(() => navigator.userActivation?.hasBeenActive ?? true), true);
    await c.code();
    assert.equal(await asked(c, true), "beforeunload"); // the person leaves
    await c.close();
  });

  test(`${name}: the page does not ask before it is closed where nothing runs`, async () => {
    const c = await Client.open(name, relay);
    await c.page.type("#text-input", "hello"); // without a gesture no browser would ask
    assert.equal(await asked(c, true), "closed");
    await c.close();
  });
}

/**
 * Closes a tab as a person does, and returns what came of it: it asked, or is closed.
 * @param {Client} c
 * @param {boolean} leave  what the person answers
 */
async function asked(c, leave) {
  let what = "closed";
  const answered = once(/** @type {any} */ (c.page), "dialog").then(async ([d]) => {
    what = d.type();
    await (leave ? d.accept() : d.dismiss());
  });
  const closed = once(/** @type {any} */ (c.page), "close").then(() => {});
  void c.page.close({ runBeforeUnload: true }).catch(() => {}); // it is not closed if the person stays
  await within(leave ? closed : answered, "the tab that is closed");
  return what;
}
