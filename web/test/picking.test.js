// What is sent gets into the page as people put it there: by the pickers, dropped from
// the disk, and pasted. It arrives byte for byte.

import assert from "node:assert/strict";
import { randomBytes } from "node:crypto";
import { mkdirSync, readFileSync, readdirSync, statSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { after, before, test } from "node:test";
import { Client, Command, browsers, closeBrowsers, folder, startRelay } from "./support.js";

/** @type {import("./support.js").Relay} */ let relay;
before(async () => (relay = await startRelay()));
after(async () => {
  await closeBrowsers();
  await relay.process.kill();
});

/** @type {Record<string, Buffer>} */
const files = {
  "photos/a.txt": Buffer.from("a"),
  "photos/größe ü.bin": randomBytes(2 << 20),
  "photos/deep/er/leer": Buffer.alloc(0),
  "photos/deep/er/x.txt": Buffer.from("x"),
};

/** Makes the tree on the disk, and returns its top folder. */
function onDisk() {
  const dir = folder();
  for (const [path, content] of Object.entries(files)) {
    mkdirSync(join(dir, path, ".."), { recursive: true });
    writeFileSync(join(dir, path), content);
  }
  return join(dir, "photos");
}

/** Sends what the page has to the command, and returns the files that arrive. @param {Client} c */
async function arrives(c) {
  const dir = folder();
  const r = new Command("receive", "--yes", "--relay", relay.url, "-o", dir + "/", await c.code());
  assert.equal(await r.code(), 0, r.stderr);
  assert.equal(await c.screen("done", "failed"), "done", await c.text("failed-title"));
  /** @type {Record<string, Buffer>} */
  const all = {};
  for (const path of /** @type {string[]} */ (readdirSync(dir, { recursive: true }))) {
    if (statSync(join(dir, path)).isFile()) all[path] = readFileSync(join(dir, path));
  }
  return all;
}

for (const name of browsers) {
  test(`${name}: a folder by its picker`, async () => {
    const c = await Client.open(name, relay);
    assert.equal(await c.page.$eval("#pick-folder", (button) => {
      let opened = "";
      HTMLInputElement.prototype.click = function () {
        opened = this.id;
      };
      /** @type {HTMLElement} */ (button).click();
      return opened;
    }), "folder-input");
    const input = /** @type {import("puppeteer-core").ElementHandle<HTMLInputElement>} */ (await c.page.$("#folder-input"));
    if (name === "chrome") await input.uploadFile(onDisk());
    else await pickFolder(input);
    await c.page.waitForSelector("#picked li");
    assert.match(await c.text("picked"), /photos.*4 files/);
    assert.deepEqual(await arrives(c), files);
    await c.close();
  });

  test(`${name}: files and a text that are pasted`, async () => {
    const c = await Client.open(name, relay);
    await paste(c, "#home", { "a.txt": "aaa", "b ü.txt": "b" });
    await c.until(() => document.querySelectorAll("#picked li").length === 2, "the files");
    await paste(c, "#home", {}, "not this, as there are files");
    assert.equal(await value(c, "text-input"), "");
    assert.deepEqual(await arrives(c), { "a.txt": Buffer.from("aaa"), "b ü.txt": Buffer.from("b") });

    await c.home();
    await paste(c, "#home", {}, "Grüße\nof two lines");
    assert.equal(await value(c, "text-input"), "Grüße\nof two lines");
    const got = await arrives(c);
    assert.equal(Object.values(got).join(), "Grüße\nof two lines");

    await c.home();
    await paste(c, "#home", {}, ` https://${relay.host}/room/#7-acid-acorn-acre\n`);
    assert.match(await value(c, "code-input"), /#7-acid-acorn-acre$/);
    assert.equal(await value(c, "text-input"), "", "a code is no text to send");
    await paste(c, "#text-input", { "picture.png": "of the same" }, "cells of a table");
    assert.equal(await c.page.$("#picked li"), null, "what a field takes is picked, too");
    await c.close();
  });
}

if (browsers.includes("chrome")) {
  test("chrome: a folder that is dropped from the disk", async () => {
    const c = await Client.open("chrome", relay);
    const devtools = await c.page.createCDPSession();
    const data = { items: [], files: [onDisk()], dragOperationsMask: 1 };
    const box = await (await c.page.$("#drop"))?.boundingBox();
    const at = { x: (box?.x ?? 0) + 20, y: (box?.y ?? 0) + 20 };
    for (const type of /** @type {const} */ (["dragEnter", "dragOver"])) await devtools.send("Input.dispatchDragEvent", { type, ...at, data });
    await c.page.waitForSelector("#drop.over");
    await devtools.send("Input.dispatchDragEvent", { type: "drop", ...at, data });
    await c.page.waitForSelector("#picked li");
    assert.equal(await c.page.$("#drop.over"), null);
    assert.deepEqual(await arrives(c), files);
    await c.close();
  });

  test("chrome: a picture of the clipboard, by keyboard", async () => {
    const c = await Client.open("chrome", relay, { shared: true });
    await c.context.overridePermissions(relay.url, ["clipboard-read", "clipboard-write", "clipboard-sanitized-write"]);
    await c.page.bringToFront();
    await c.page.evaluate(async () => {
      const canvas = new OffscreenCanvas(8, 8);
      canvas.getContext("2d")?.fillRect(0, 0, 4, 4);
      await navigator.clipboard.write([new ClipboardItem({ "image/png": await canvas.convertToBlob() })]);
    });
    await c.page.keyboard.down("Control");
    await c.page.keyboard.press("v", { commands: ["Paste"] });
    await c.page.keyboard.up("Control");
    await c.page.waitForSelector("#picked li");
    const [[path, content]] = Object.entries(await arrives(c));
    assert.match(path, /\.png$/);
    assert.equal(content.subarray(1, 4).toString(), "PNG");
    await c.close();
  });
}

/**
 * Picks a folder. Firefox lets no test pick one of the disk, so it is made there.
 * @param {import("puppeteer-core").ElementHandle<HTMLInputElement>} input
 */
async function pickFolder(input) {
  await input.evaluate((input, files) => {
    const picked = files.map(([path, content]) => {
      const file = new File([Uint8Array.from(atob(content), (c) => c.charCodeAt(0))], path.split("/").pop() ?? "");
      return Object.defineProperty(file, "webkitRelativePath", { value: path });
    });
    Object.defineProperty(input, "files", { value: picked, configurable: true });
    input.dispatchEvent(new Event("change"));
  }, Object.entries(files).map(([path, content]) => [path, content.toString("base64")]));
}

/**
 * Pastes, as the browser does it. No browser lets a test put files into the clipboard.
 * @param {Client} c
 * @param {string} into
 * @param {Record<string, string>} files
 * @param {string} [text]
 */
async function paste(c, into, files, text = "") {
  await c.page.$eval(into, (element, files, text) => {
    const clipboardData = new DataTransfer();
    for (const [name, content] of Object.entries(files)) clipboardData.items.add(new File([content], name));
    if (text) clipboardData.setData("text/plain", text);
    const event = new Event("paste", { bubbles: true, cancelable: true });
    Object.defineProperty(event, "clipboardData", { value: clipboardData }); // Firefox takes none with files
    element.dispatchEvent(event);
  }, files, text);
  await c.page.evaluate(() => new Promise((done) => setTimeout(done))); // what is pasted is taken
}

/** @param {Client} c @param {string} id */
const value = (c, id) => c.page.$eval(`#${id}`, (e) => /** @type {HTMLInputElement} */ (e).value);
