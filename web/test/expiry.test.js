// What was saved is deleted after an hour, by itself. The clock of the worker is one
// that the test puts forward.

import assert from "node:assert/strict";
import { after, before, test } from "node:test";
import { inFront } from "./front.js";
import { Client, browsers, closeBrowsers, sender, sha256, startRelay } from "./support.js";

/** What is put before worker.js: a message {ahead} puts both of its clocks forward. */
const clock = `
  let ahead = 0;
  const [now, Real] = [performance.now.bind(performance), Date];
  performance.now = () => now() + ahead;
  globalThis.Date = class extends Real {
    constructor(...all) {
      if (all.length) super(...all);
      else super(Real.now() + ahead);
    }
  };
  addEventListener("message", (event) => (ahead = event.data.ahead ?? ahead));
`;

/** @type {import("./support.js").Relay} */ let relay;
before(async () => (relay = await startRelay()));
after(async () => {
  await closeBrowsers();
  await relay.process.kill();
});

/** Lets the test reach the worker of the page. */
function reach() {
  window.Worker = class extends Worker {
    /** @param {[any, any]} all */
    constructor(...all) {
      super(...all);
      Object.assign(window, { worker: this });
    }
  };
}

/** Puts the clock forward to so many minutes after the beginning. @param {Client} c @param {number} minutes */
async function forward(c, minutes) {
  await c.page.evaluate((ahead) => /** @type {any} */ (window).worker.postMessage({ ahead }), 60_000 * minutes);
  // The program answers, so whatever was due is under way.
  await c.page.$eval("#code-words", (e) => e.replaceChildren());
  await c.page.type("#code-input", "7-acor");
  await c.until(() => document.getElementById("code-words")?.childElementCount, "the completions");
  await c.page.$eval("#code-input", (e) => (/** @type {HTMLInputElement} */ (e).value = ""));
}

/** How many transfers are in the storage. @param {Client} c */
const stored = (c) => c.page.evaluate(async () => {
  let count = 0;
  const dir = /** @type {any} */ (await (await navigator.storage.getDirectory()).getDirectoryHandle("tallow"));
  for await (const _ of dir.keys()) count++;
  return count;
});

for (const name of browsers) {
  test(`${name}: what was saved is deleted after an hour, and what is unfinished is not`, async () => {
    const front = await inFront(relay, (path, body) => (path.endsWith("/worker.js") ? clock + body : body));
    const c = await Client.open(name, { ...relay, host: front.host, url: front.url }, { prepare: reach });

    const s = await sender(relay, 1 << 20);
    await c.receive(s.code);
    await c.screen("offer");
    await c.click("offer-yes");
    await c.screen("done");
    assert.equal((await c.saved()).hash, sha256(s.content));
    await c.home();
    const slow = await sender(relay, 8 << 20, "--limit-rate", "1M");
    await c.receive(slow.code);
    await c.screen("offer");
    await c.click("offer-yes");
    await c.moved(1);
    await c.press("#run .cancel");
    await c.screen("failed");
    await c.home();
    await c.until(() => document.querySelectorAll("#kept li").length === 2, "the list");
    assert.match(await c.text("kept-list"), /, saved/);
    assert.equal(await stored(c), 2);

    await forward(c, 59);
    assert.match(await c.text("kept-list"), /, saved/);
    assert.equal(await stored(c), 2, "it was deleted too early");
    await forward(c, 61); // nobody asks for the list
    await c.until(() => document.querySelectorAll("#kept li").length === 1, "the list without what was saved");
    assert.match(await c.text("kept-list"), /unfinished/);
    assert.equal(await stored(c), 1, "it is listed no more, but stored");
    await c.close();
    front.close();
    await slow.process.kill();
  });
}
