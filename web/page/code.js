// Codes as people paste them: bare, with the relay, or in a link.

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

/** @param {string} text */
function decode(text) {
  try {
    return decodeURIComponent(text);
  } catch {
    return text;
  }
}

/**
 * Takes the code out of the address bar: it is after the #, which no browser
 * sends to a server.
 * @returns {string}
 */
export function takeFragment() {
  const fragment = decode(location.hash.slice(1));
  if (!fragment || fragment === "main") return "";
  history.replaceState(null, "", location.pathname === "/room/" ? "/" : location.pathname);
  return fragment;
}

/**
 * A link with a code.
 * @param {string} code
 */
export function linkOf(code) {
  return `${location.origin}/room/#${code}`;
}
