// The modules that need no browser.

import assert from "node:assert/strict";
import { test } from "node:test";
import decode from "jsqr";
import { bytes, duration, printable, quoted } from "../page/format.js";
import { modules } from "../page/qr.js";

Object.assign(globalThis, { location: { origin: "https://relay.example", host: "relay.example", hash: "", pathname: "/" } });
const { isCode, isStoredLink, linkOf, parseCode } = await import("../page/code.js");
const { Picked } = await import("../page/picked.js");
const { wordsOf } = await import("../page/words.js");

test("a QR code is read by a reader of another maker", () => {
  for (const n of [1, 14, 15, 26, 42, 62, 84, 106, 122, 152, 180, 213]) {
    const text = "https://relay.example/room/#7-acid-acorn-acre-".repeat(5).slice(0, n);
    const grid = modules(text);
    assert.ok(grid);
    const scale = 4;
    const side = (grid.length + 8) * scale;
    const pixels = new Uint8ClampedArray(side * side * 4).fill(255);
    grid.forEach((row, y) => row.forEach((dark, x) => {
      for (let i = 0; dark && i < scale * scale; i++) {
        const at = 4 * (((y + 4) * scale + Math.floor(i / scale)) * side + (x + 4) * scale + (i % scale));
        pixels[at] = pixels[at + 1] = pixels[at + 2] = 0;
      }
    }));
    const read = /** @type {any} */ (decode)(pixels, side, side);
    assert.equal(read?.data, text, `${n} bytes`);
  }
  assert.equal(modules("x".repeat(214)), null);
});

test("codes are read as people paste them", () => {
  for (const [text, code, host] of [
    ["7-acid-acorn-acre", "7-acid-acorn-acre", ""],
    ["  7 acid acorn acre ", "7 acid acorn acre", ""],
    ["7-acid-acorn-acre@Relay.Example", "7-acid-acorn-acre", "relay.example"],
    ["https://relay.example/room/#7-acid-acorn-acre", "7-acid-acorn-acre", "relay.example"],
    ["ws://127.0.0.1:8080#7-acid-acorn-acre", "7-acid-acorn-acre", "127.0.0.1:8080"],
    ["7-acid-acorn-acre@wss://relay.example/path", "7-acid-acorn-acre", "relay.example"],
    ["", "", ""],
  ]) {
    assert.deepEqual(parseCode(text), { code, host }, text);
  }
  assert.deepEqual(parseCode(linkOf("7-acid-acorn-acre")), { code: "7-acid-acorn-acre", host: "relay.example" });
});

test("what is pasted is a code, or a text", () => {
  for (const code of ["7-acid-acorn-acre", " 12-acid-acorn\n", "7-acid-acorn-acre@relay.example", "https://relay.example/room/#7-acid-acorn-acre"]) assert.ok(isCode(code), code);
  for (const text of ["", "hello", "7-acid", "7-acid-acorn-acre is the code", "2026-11-27", "https://relay.example/#top", "555-1234-x"]) assert.ok(!isCode(text), text);
});

test("the links of stored transfers", () => {
  const stored = `https://relay.example/d/${"0123456789abcdef".repeat(2)}`;
  for (const link of [`${stored}#${"k".repeat(43)}`, ` <${stored}#abc>. `, stored, "http://127.0.0.1:8080/below/d/x"]) assert.ok(isStoredLink(link), link);
  for (const text of ["7-acid-acorn-acre", "https://relay.example/room/#7-acid-acorn-acre", "https://relay.example/#/d/x", `see ${stored}`]) assert.ok(!isStoredLink(text), text);
  for (const link of [`${stored}#${"k".repeat(43)}`, ` ${stored}\n`]) assert.ok(isCode(link), link);
  for (const text of ["https://docs.example/document/d/1abc/edit", `${stored}#abc is the link`]) assert.ok(!isCode(text), text);
});

test("numbers and foreign text", () => {
  assert.deepEqual([0, 999, 1000, 1_500_000, 64e9].map(bytes), ["0 B", "999 B", "1 kB", "1.5 MB", "64 GB"]);
  assert.deepEqual([0, 59, 61, 3700].map(duration), ["1 s", "59 s", "1 min 1 s", "1 h 1 min"]);
  assert.equal(printable("a\u202Eb\nc\u0007"), "a\ufffdb\ufffdc\ufffd");
  assert.equal(quoted("a\u2069b"), "“\u2068a\ufffdb\u2069”"); // a name does not get out
});

test("what is picked again takes the place of the former", () => {
  const p = new Picked();
  const file = (/** @type {number} */ size) => /** @type {File} */ ({ size });
  p.add([{ path: "a", file: file(1) }, { path: "d/x", file: file(2) }, { path: "d/y", file: file(3) }, { path: "e" }]);
  p.add([{ path: "a", file: file(10) }]);
  assert.deepEqual(p.tops, [
    { name: "a", files: 1, bytes: 10, folder: false },
    { name: "d", files: 2, bytes: 5, folder: true },
    { name: "e", files: 0, bytes: 0, folder: true },
  ]);
  p.remove("d");
  assert.deepEqual(p.items.map((i) => i.path), ["a", "e"]);
});

test("every error has words, known or not", () => {
  const failure = { kind: "network", reason: "from-tomorrow", sending: false, kept: false, stored: false, waiting: false, detail: "x\u001b[2J", words: [], count: 0, files: 0, bytes: 0, retry: 0, path: "" };
  assert.deepEqual(wordsOf(failure), ["The connection failed. (x\ufffd[2J)", "Check the network connection of this device, and try again."]);
  assert.match(wordsOf({ ...failure, reason: "connection-lost", waiting: true })[1], /same code/);
  assert.match(wordsOf({ ...failure, reason: "interrupted", stored: true, kept: true })[1], /same link/);
});
