// Trees of files: what the tests send, and how they compare what arrives.

import { randomBytes } from "node:crypto";
import { lstatSync, mkdirSync, readFileSync, readdirSync, utimesSync, writeFileSync } from "node:fs";
import { dirname, join } from "node:path";
import { folder, sha256 } from "./support.js";
import { unzip } from "./unzip.js";

/** Contents by path, and null for a folder. @typedef {Record<string, Buffer | null>} Tree */

/** A folder with empty, odd-named and nested entries. @returns {Tree} */
export function oddTree() {
  return {
    "Ordner 1": null,
    "Ordner 1/leer": null,
    "Ordner 1/leere Datei": Buffer.alloc(0),
    "Ordner 1/größe 😀 'q' \"d\" #?%&.bin": randomBytes(3 << 20),
    "Ordner 1/a": null,
    "Ordner 1/a/b": null,
    "Ordner 1/a/b/c.txt": Buffer.from("nested"),
    "Ordner 1/con.txt": Buffer.from("a device on Windows"),
    "Ordner 1/-rf": Buffer.from("no option"),
  };
}

/** Writes a tree and returns its top folder. @param {Tree} tree */
export function onDisk(tree) {
  const dir = folder();
  for (const [path, content] of Object.entries(tree)) {
    const at = join(dir, path);
    mkdirSync(content === null ? at : dirname(at), { recursive: true });
    if (content !== null) {
      writeFileSync(at, content);
      utimesSync(at, 1_600_000_000, 1_600_000_000);
    }
  }
  return join(dir, Object.keys(tree)[0].split("/")[0]);
}

/** @param {string} dir */
export function fromDisk(dir) {
  /** @type {Tree} */
  const all = {};
  for (const path of /** @type {string[]} */ (readdirSync(dir, { recursive: true }))) {
    all[path] = lstatSync(join(dir, path)).isDirectory() ? null : readFileSync(join(dir, path));
  }
  return all;
}

/** @param {Buffer} archive */
export function fromArchive(archive) {
  /** @type {Tree} */
  const all = {};
  for (const [name, { content }] of unzip(archive)) {
    all[name.replace(/\/$/, "")] = name.endsWith("/") ? null : content;
  }
  return all;
}

/** @param {Tree} tree */
export function hashed(tree) {
  return Object.fromEntries(Object.entries(tree).sort(([a], [b]) => (a < b ? -1 : 1)).map(([path, b]) => [path, b && sha256(b)]));
}
