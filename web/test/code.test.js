// The code of a sender, in all the forms in which it is handed on: typed, copied, as a
// link, and as a QR code. Its words stay in the browser.

import assert from "node:assert/strict";
import { after, before, test } from "node:test";
import decode from "jsqr";
import { inFront } from "./front.js";
import { Client, browsers, closeBrowsers, sender, startRelay } from "./support.js";

/** @type {import("./support.js").Relay} */ let relay;
before(async () => (relay = await startRelay()));
after(async () => {
  await closeBrowsers();
  await relay.process.kill();
});

/** Has the page remember what it copies: no browser lets a test read the clipboard without a window. */
function rememberCopies() {
  const copied = /** @type {string[]} */ ([]);
  Object.assign(window, { copied });
  Object.defineProperty(navigator, "clipboard", { value: { writeText: async (/** @type {string} */ text) => void copied.push(text) } });
}

/** @param {Client} c @returns {Promise<string[]>} */
const copies = (c) => c.page.evaluate(() => /** @type {any} */ (window).copied);

for (const name of browsers) {
  test(`${name}: a code, its link and its QR code`, async () => {
    const c = await Client.open(name, relay, { prepare: rememberCopies });
    await c.page.type("#text-input", "Grüße\nof two lines");
    const code = await c.code();
    const link = `${relay.url}/room/#${code}`;
    assert.match(code, /^\d+(-[a-z]+){3}$/);
    assert.equal(await c.text("wait-command"), `tallow receive ${code}@${relay.host}`);
    await c.click("copy-code");
    await c.says("copy-code", /^Copied$/);
    await c.says("announcer", /^Copied\.$/);
    await c.click("copy-link");
    assert.deepEqual(await copies(c), [code, link]);
    assert.equal(await qrOf(c, "#qr svg"), link);

    const r = await Client.open(name, relay, { path: link.slice(relay.url.length), prepare: rememberCopies });
    await r.click("receive-start");
    await r.screen("offer");
    assert.equal(await r.text("offer-title"), "Receive a text?");
    await r.click("offer-yes");
    await r.screen("done");
    await r.click("copy-text");
    assert.deepEqual(await copies(r), ["Grüße\nof two lines"]);
    await r.close();
    await c.close();
  });

  test(`${name}: a link to a code, opened anew and in an open page, tells the relay no word of it`, async () => {
    const front = await inFront(relay);
    const s = await sender(relay, 1000);
    const c = await Client.open(name, { ...relay, host: front.host, url: front.url }, { path: "/#7-acid-acorn-acre" });
    await c.screen("home");
    /** @param {string} code */
    const filled = async (code) => {
      await c.until(() => /** @type {HTMLInputElement} */ (document.getElementById("code-input")).value !== "", "the code that is filled in");
      assert.equal(await c.page.$eval("#code-input", (e) => /** @type {HTMLInputElement} */ (e).value), code);
      assert.equal(await c.page.evaluate(() => location.href), front.url + "/");
      await c.says("announcer", /filled in/);
    };
    await filled("7-acid-acorn-acre");
    await c.page.$eval("#code-input", (e) => (/** @type {HTMLInputElement} */ (e).value = ""));
    await c.page.evaluate((code) => (location.hash = code), s.code);
    await filled(s.code);
    await c.click("receive-start");
    await c.screen("offer");
    await c.click("offer-yes");
    await c.ended();
    assert.equal(await s.process.code(), 0, s.process.stderr);
    assert.ok(front.asked.some((r) => r.startsWith("WebSocket ")), "the room was not asked for");
    const words = s.code.replace(/^\d+-/, "");
    for (const secret of ["acorn", words, words.replaceAll("-", " ")]) assert.deepEqual(front.asked.filter((r) => decodeURIComponent(r).includes(secret)), []);
    await c.close();
    front.close();
  });
}

/** What a reader of another maker reads in a picture of the page. @param {Client} c @param {string} selector */
async function qrOf(c, selector) {
  const shot = await (await c.page.$(selector))?.screenshot({ encoding: "base64" });
  const blank = await c.context.newPage(); // the policy of the page allows no such picture
  const { pixels, width, height } = await blank.evaluate(async (shot) => {
    const image = new Image();
    image.src = `data:image/png;base64,${shot}`;
    await image.decode();
    const canvas = new OffscreenCanvas(image.width, image.height);
    const context = /** @type {OffscreenCanvasRenderingContext2D} */ (canvas.getContext("2d"));
    context.drawImage(image, 0, 0);
    return { pixels: [...context.getImageData(0, 0, image.width, image.height).data], width: image.width, height: image.height };
  }, shot);
  await blank.close();
  return /** @type {any} */ (decode)(Uint8ClampedArray.from(pixels), width, height)?.data;
}
