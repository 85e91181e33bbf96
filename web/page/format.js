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
 * A number of seconds, which are whole hours or days, in words.
 * @param {number} s
 */
export function lifetime(s) {
  if (s % 86_400 === 0) return count(s / 86_400, "day", "days");
  if (s % 3600 === 0) return count(s / 3600, "hour", "hours");
  return duration(s);
}

/**
 * A point in time, in milliseconds since 1970, as in "on 3 January 2026 at 14:05".
 * @param {number} at
 */
export function moment(at) {
  const when = new Date(at);
  return `on ${when.toLocaleDateString(undefined, { dateStyle: "long" })} at ${when.toLocaleTimeString(undefined, { timeStyle: "short" })}`;
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
 * A name within a sentence: the direction of its writing changes nothing around it.
 * @param {string} name
 */
export function quoted(name) {
  return `“\u2068${printable(name)}\u2069”`;
}

/**
 * Removes what must not be shown of foreign text: control characters, and those
 * that change the direction of writing.
 * @param {string} text
 */
export function printable(text) {
  return text.replace(/[\u0000-\u001f\u007f-\u009f\u061c\u200e\u200f\u202a-\u202e\u2066-\u2069]/g, "\ufffd");
}
