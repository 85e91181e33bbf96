// What is offered, as a list: the files as far as they are known, else the names.

import { line } from "./dom.js";
import { bytes, count, printable } from "./format.js";

/** @typedef {import("./port.js").Message} Message */

/** An entry of an offer; a folder has no size. @typedef {{path: string, size?: number}} Entry */

const maxLines = 100;

/**
 * The lines of an offer.
 * @param {Message} offer
 * @returns {HTMLElement[]}
 */
export function linesOf(offer) {
  if (offer.text) return [];
  const entries = /** @type {Entry[]} */ (offer.entries);
  if (!entries.length) return offer.names.map((/** @type {string} */ name) => line(printable(name), ""));
  const parents = new Set(entries.map(({ path }) => path.slice(0, Math.max(path.lastIndexOf("/"), 0))));
  const listed = entries.filter(({ path, size }) => size !== undefined || !parents.has(path)); // files, and folders that are empty
  const lines = listed.slice(0, maxLines).map(({ path, size }) => line(printable(path), size === undefined ? "" : bytes(size)));
  const left = listed.length - lines.length;
  if (!offer.whole) lines.push(line("and more", ""));
  else if (left > 0) lines.push(line(`and ${count(left, "other", "others")}`, ""));
  return lines;
}
