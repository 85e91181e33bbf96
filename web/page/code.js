// Codes as people paste them: bare, with the relay, or in a link; and the links of
// stored transfers.

/**
 * A code without its relay, and the relay if the text names one.
 * @typedef {{code: string, host: string}} Code
 */

/**
 * Reads a code: 7-acid-acorn-acre, the same with @HOST, or a link with the code
 * after a #.
 * @param {string} text
 * @returns {Code}
 */
export function parseCode(text) {
  text = text.trim();
  const link = /^(?:wss?|https?):\/\/([^/#\s]+)[^#]*#(.+)$/i.exec(text);
  if (link) return { code: decode(link[2]), host: link[1].toLowerCase() };
  const at = text.indexOf("@");
  if (at < 0) return { code: text, host: "" };
  const host = text.slice(at + 1).trim().replace(/^(?:wss?|https?):\/\//i, "").replace(/\/.*$/, "");
  return { code: text.slice(0, at).trim(), host: host.toLowerCase() };
}

/**
 * Whether a text is meant as the link of a stored transfer, https://RELAY/d/ID#KEY.
 * The program finds out what is wrong with it, if something is.
 * @param {string} text
 */
export function isStoredLink(text) {
  return /^[\s<"'([]*https?:\/\/[^#\s]+\/d\//i.test(text);
}

/**
 * Whether a text that is pasted is a code or a link with one, and no other text.
 * @param {string} text
 */
export function isCode(text) {
  return /^[<"'([]*https?:\/\/[^#\s]+\/d\/[0-9a-f]{32}\/?(#\S*)?$/i.test(text.trim()) || /^\d+(-[a-z]+){2,}$/i.test(parseCode(text).code);
}

/** @param {string} text */
function decode(text) {
  try {
    return decodeURIComponent(text);
  } catch {
    return text;
  }
}

/**
 * Takes the code, or the link of a stored transfer, out of the address bar: the code or
 * the key is after the #, which no browser sends to a server.
 * @returns {string}
 */
export function takeFragment() {
  const fragment = decode(location.hash.slice(1));
  const stored = location.pathname.startsWith("/d/");
  if (!stored && (!fragment || fragment === "main")) return "";
  const opened = stored ? `${location.origin}${location.pathname}#${fragment}` : fragment;
  history.replaceState(null, "", stored || location.pathname === "/room/" ? "/" : location.pathname);
  return opened;
}

/**
 * A link with a code.
 * @param {string} code
 */
export function linkOf(code) {
  return `${location.origin}/room/#${code}`;
}
