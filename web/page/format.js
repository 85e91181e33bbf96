// Numbers as people read them.

const units = ["B", "kB", "MB", "GB", "TB"];

/**
 * A number of bytes.
 * @param {number} n
 */
export function bytes(n) {
  let i = 0;
  while (n >= 999.5 && i < units.length - 1) {
    n /= 1000;
    i++;
  }
  const digits = i === 0 || n >= 99.5 ? 0 : 1;
  return `${n.toLocaleString(undefined, { maximumFractionDigits: digits })} ${units[i]}`;
}

/**
 * A number of seconds.
 * @param {number} s
 */
export function duration(s) {
  s = Math.max(1, Math.round(s));
  if (s < 60) return `${s} s`;
  if (s < 3600) return `${Math.floor(s / 60)} min ${s % 60} s`;
  return `${Math.floor(s / 3600)} h ${Math.floor((s % 3600) / 60)} min`;
}

/**
 * A number of things.
 * @param {number} n
 * @param {string} one
 * @param {string} many
 */
export function count(n, one, many) {
  return `${n.toLocaleString()} ${n === 1 ? one : many}`;
}

/**
 * Removes what must not be shown of foreign text: control characters, and those
 * that change the direction of writing.
 * @param {string} text
 */
export function printable(text) {
  return text.replace(/[\u0000-\u001f\u007f-\u009f\u061c\u200e\u200f\u202a-\u202e\u2066-\u2069]/g, "\ufffd");
}
