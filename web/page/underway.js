// The files that are under way, each with its own bar. A single file has the large
// bar alone.

import { $, line } from "./dom.js";
import { bytes, printable } from "./format.js";

/** @typedef {{path: string, bytes: number, size: number}} Underway size is 0 for a stream */

/** The lines, by the paths of their files. @type {Map<string, HTMLElement>} */
const lines = new Map();

/**
 * Shows the files. Lines keep their places, so that nothing jumps.
 * @param {Underway[]} files
 */
export function showUnderway(files) {
  const list = $("run-underway");
  const paths = new Set(files.map((f) => f.path));
  for (const [path, li] of lines) {
    if (!paths.has(path)) {
      li.remove();
      lines.delete(path);
    }
  }
  for (const f of files) {
    let li = lines.get(f.path);
    if (!li) {
      li = line(printable(f.path), "");
      const bar = document.createElement("progress");
      bar.setAttribute("aria-label", printable(f.path));
      li.append(bar);
      lines.set(f.path, li);
      list.append(li);
    }
    update(li, f);
  }
  list.hidden = lines.size === 0;
}

/**
 * @param {HTMLElement} li
 * @param {Underway} f
 */
function update(li, f) {
  const size = /** @type {HTMLElement} */ (li.querySelector(".size bdi"));
  size.textContent = f.size ? `${bytes(f.bytes)} of ${bytes(f.size)}` : bytes(f.bytes);
  const bar = /** @type {HTMLProgressElement} */ (li.querySelector("progress"));
  bar.hidden = f.size === 0;
  bar.max = Math.max(f.size, 1);
  bar.value = f.bytes;
}
