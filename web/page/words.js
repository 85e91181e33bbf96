// What the page says about errors and waiting: what happened, and what to do next.

import { bytes, count, duration, printable, quoted } from "./format.js";
import { storedReasons } from "./storedwords.js";

/**
 * The error of a transfer, as the program gives it.
 * @typedef {{kind: string, reason: string, sending: boolean, kept: boolean, stored: boolean, waiting: boolean, detail: string,
 *   words: string[], count: number, files: number, bytes: number, retry: number, path: string}} Failure
 */

const newCode = "Ask the sender for a new code.";
const sendAgain = "Send again to get a new code.";
const sameVersions = "Update the older side, and reload this page.";

/**
 * What to do after a transfer that broke off.
 * @param {Failure} f
 */
function goOn(f) {
  if (f.stored) {
    if (f.sending) return "Store it again.";
    return f.kept ? "What has arrived is kept: try again with the same link, and only what is missing is fetched." : "Try again with the same link.";
  }
  if (f.waiting) return "The sender waits: try again with the same code, and only what is missing is sent.";
  if (f.kept) return f.sending ? "What has arrived is kept: send again, and only what is missing is sent." : "What has arrived is kept: with a new code, only what is missing is sent.";
  return f.sending ? sendAgain : newCode;
}

/** What the browser's storage does not take. @param {Failure} f @returns {[string, string]} */
function unwritable(f) {
  return [`The browser cannot store what arrives: ${printable(f.detail)}`, goOn(f)];
}

/**
 * The sentences for each reason: what happened, and what to do.
 * @type {Record<string, (f: Failure, peer: string) => [string, string]>}
 */
const reasons = {
  ...storedReasons,
  "nothing-to-send": () => ["There is nothing to send.", "Choose a file or a folder, or write a text."],
  "no-disk": () => ["This browser lets the page store no files.", "Private windows often do not, and the page has to come by HTTPS. Open it in an ordinary window, or use another browser."],

  "code-empty": () => ["There is no code.", "Type the code that the sender tells you, such as 7-acid-acorn-acre."],
  "code-too-long": () => ["That is too long for a code.", "A code is a number and a few words, such as 7-acid-acorn-acre."],
  "code-character": () => ["There are invisible characters in the code.", "Type it by hand."],
  "code-number": () => ["The code does not begin with a number.", "It looks like 7-acid-acorn-acre."],
  "code-few-words": () => ["The code has too few words.", "It looks like 7-acid-acorn-acre."],
  "code-many-words": () => ["The code has too many words.", "It looks like 7-acid-acorn-acre."],
  "code-relay": () => ["What follows the @ is no relay's address.", "Leave it out if the sender uses this relay."],
  "code-word": (f) => [`${quoted(f.detail)} is not a word of a code.`, f.words.length ? `Did you mean ${f.words.join(" or ")}?` : "Ask the sender to spell it."],
  "code-word-ambiguous": (f) => [`${quoted(f.detail)} is the beginning of more than one word.`, `Type more of it, as in ${f.words.join(" or ")}.`],
  "code-wrong": (f) => ["The code was not the same on both sides. It is used up.", f.sending ? `${sendAgain} If nobody mistyped it, somebody may have guessed.` : newCode],
  "code-used": () => ["This code has been used.", `A code works once. ${newCode}`],
  "code-tried": () => ["This code was tried here before and did not work.", newCode],
  "code-unknown": () => ["Nobody is waiting with this code.", "Check the number at its start, and that the sender is still waiting."],
  "code-word-count": (f) => [`The sender's code has ${f.count} words, and this one has not.`, "Nothing is used up: type the whole code."],
  "code-busy": () => ["Someone else is connected with this code already.", "If that is not you in another tab, ask the sender for a new code."],
  "code-taken": () => ["The number of this code is taken.", sendAgain],
  "code-lost": () => ["The relay has lost this code; it may have been restarted.", sendAgain],
  "code-expired": () => ["This code has expired: nobody used it in time.", sendAgain],
  "box-no-relay": () => ["There is no relay for messages between devices.", "Open the page of a relay."],
  "box-none": () => ["This relay has no mailbox for devices.", "Ask who runs the relay."],
  "box-full": () => ["The mailbox of this relay has no room.", "Try again later."],
  "box-taken": () => ["Another message is in its place.", "Pair the devices again."],
  "box-broken": () => ["The mailbox of this relay does not work at present.", "Try again later, then tell who runs it."],
  "handshake-peer-left": (f) => f.sending
    ? ["Somebody tried the code and left before proving that they know it. The code is used up.", sendAgain]
    : ["The sender left before the connection stood. The code is used up.", newCode],
  "handshake-relay-lost": (f) => ["The connection to the relay broke before the devices knew each other. The code is used up.", f.sending ? sendAgain : newCode],
  "handshake-timeout": (f, peer) => [`${peer} did not finish the handshake in time. The code is used up.`, f.sending ? sendAgain : newCode],
  "handshake-tampered": (f) => ["Somebody interfered with the handshake. The code is used up.", `${f.sending ? sendAgain : newCode} If it happens again, use another relay.`],
  "handshake-malformed": (f) => ["The handshake was disturbed. The code is used up.", `${f.sending ? sendAgain : newCode} If it happens again, use another relay.`],
  "handshake-aborted": (f, peer) => [`${peer} ended the handshake. The code is used up.`, f.sending ? sendAgain : newCode],
  "verify-differs": () => ["The words do not match.", "Somebody may be between you. Send again, by another relay."],
  "verify-differs-at-peer": (_, peer) => [`${peer} says that the words do not match there.`, "If they really differed, somebody may be between you: use another relay."],

  "peer-never-came": () => ["Nobody came for it in time.", "Send again, and tell the code to the receiver sooner."],
  "peer-silent": (_, peer) => [`${peer} did not answer in time.`, "Check that it is still waiting, and try again."],
  "peer-stored": () => ["The sender did not wait any longer: it is being stored at a relay instead.", "Ask the sender for the link."],
  "peer-not-back": (f, peer) => [`${peer} did not come back in time.`, goOn(f)],
  "connection-lost": (f, peer) => [`The connection to ${lower(peer)} is lost.`, goOn(f)],
  "no-path": () => ["No way that both sides allow connects them.", "On the command line, leave out --lanes."],
  versions: () => ["The two sides run versions of tallow that do not understand each other.", "Update the older one, and reload this page."],
  "relay-unreachable": () => [`The relay ${location.host} cannot be reached.`, "Check the network connection of this device, and try again."],
  "relay-lost": () => [`The connection to the relay ${location.host} is lost.`, "Check the network connection of this device, and try again."],
  "relay-full": () => ["The relay has no room left.", "Try again in a few minutes, or use another relay."],
  "relay-rate": (f) => ["Too many attempts came from this network.", f.retry > 0 ? `Try again in ${duration(f.retry)}.` : "Try again in a minute."],
  "relay-password": (f) => [`The relay ${location.host} asks for a password.`, f.retry > 0 ? `After so many wrong ones, wait ${duration(f.retry)}.` : "Type the one that its owner gave you."],
  "relay-password-form": (f) => [`A password of a relay has at most ${f.count} bytes.`, "Type the one that its owner gave you."],
  "relay-quota": (f) => ["This address or password has all that the relay gives it.", f.retry > 0 ? `Try again in ${duration(f.retry)}.` : "Try again later, or use another relay."],
  "relay-exhausted": () => ["The relay passes on no more for this transfer.", "What has arrived is kept: begin again with a new code. Where a direct connection can be made, nothing goes through the relay."],
  "relay-denied": () => ["The relay does not serve this network.", "Use another relay."],
  "relay-unavailable": (f) => ["The relay cannot serve anybody at the moment.", f.retry > 0 ? `Try again in ${duration(f.retry)}.` : "Try again in a minute."],
  "relay-upgrade": () => ["A server in front of the relay lets no WebSocket through.", "Tell the relay's owner."],
  "relay-gateway": () => ["A server in front of the relay does not reach it.", "Try again in a minute, or tell the relay's owner."],
  "relay-protocol": () => ["What answers is not a relay of this version.", "Reload this page."],
  "relay-closing": () => ["The relay is shutting down.", "Try again in a minute."],
  "relay-idle": () => ["The relay ended the connection, because nothing came through it in time.", "Try again."],
  "relay-refused": (f) => [`The relay ${location.host} refused${f.detail ? `: ${printable(f.detail)}` : "."}`, "Reload this page, and try again."],
  "relay-replaced": () => ["This transfer goes on in another tab or window.", "Go on there, and close this one."],

  declined: () => ["You declined. Nothing was kept.", ""],
  "peer-declined": (_, peer) => [`${peer} declined.`, ""],
  "peer-cancelled": (f, peer) => [`${peer} ended the transfer.`, goOn(f)],
  "peer-disk": (f, peer) => [`${peer} ended the transfer: ${printable(f.detail)}`, goOn(f)],
  "peer-integrity": (_, peer) => [`${peer} found damaged data and ended the transfer.`, "Send again."],
  "peer-protocol": (f, peer) => [`${peer} ended the transfer: ${printable(f.detail)}`, sameVersions],
  protocol: (f, peer) => [`${peer} sent what makes no sense (${printable(f.detail)}).`, sameVersions],
  internal: (f) => [`This page has a fault: ${printable(f.detail)}`, "Reload it and try again. If it happens again, please report it."],
  interrupted: (f) => ["You cancelled the transfer.", f.kept ? goOn(f) : ""],

  disk: unwritable,
  write: unwritable,
  permission: unwritable,
  "read-only": unwritable,
  unreadable: () => ["A file could not be read.", "Choose it again."],
  "no-space": (f) => [
    f.bytes > 0 ? `There is too little space for it in this browser: ${bytes(f.bytes)} more are needed.` : "The browser allows no more to be stored here.",
    `Delete what is kept here, or make space on this device. ${goOn(f)}`,
  ],
  "text-too-long": (f) => [`The text is longer than ${bytes(f.bytes)}.`, "Send it as a file."],
  skipped: (f) => [`${count(f.count, "entry was", "entries were")} left out. The rest is there.`, "The list says why."],
  corrupt: (f) => [`${count(f.count, "file", "files")} failed verification and ${f.count === 1 ? "was" : "were"} not kept.`, "Send again."],
  integrity: () => ["The data failed verification.", "Send again."],
};

/** @type {Record<string, [string, string]>} */
const kinds = {
  usage: ["That cannot be done.", ""],
  code: ["The code cannot be used.", newCode],
  declined: ["The transfer was ended.", ""],
  network: ["The connection failed.", "Check the network connection of this device, and try again."],
  partial: ["Some files were left out.", ""],
  io: ["This device could not read or store something.", "Make space on it, and try again."],
  integrity: ["The data failed verification.", "Send again."],
  interrupted: ["You cancelled the transfer.", ""],
};

/**
 * What to tell about an error: what happened, and what to do next.
 * @param {Failure} f
 * @returns {[string, string]}
 */
export function wordsOf(f) {
  const peer = f.sending ? "The receiver" : "The sender";
  const known = reasons[f.reason];
  if (known) return known(f, peer);
  const [text, hint] = kinds[f.kind] ?? ["Something went wrong.", "Reload the page and try again."];
  return [f.detail ? `${text} (${printable(f.detail)})` : text, hint];
}

/** @param {string} s */
function lower(s) {
  return s[0].toLowerCase() + s.slice(1);
}

/** What is waited for before the other side is there. @type {Record<string, string>} */
export const waits = {
  nobody: "No sender waits with this number yet. Check the number at the start of the code. Looking again …",
  "relay-lost": "The connection to the relay is lost. Trying again …",
  "relay-back": "The connection to the relay is back.",
  listing: "Going through the names …",
};

/** Why nothing moves. @type {Record<string, string>} */
export const stalls = {
  reconnecting: "The connection is lost. Connecting again …",
  "store-away": "The relay does not answer, or asks to wait. Trying again.",
  "peer-verifies": "The other person compares words first.",
  "no-lane": "No connection carries data at the moment.",
  "slow-connection": "The connection is slow.",
  "slow-reading": "Reading on this device is slow.",
  "local-disk": "Writing on this device is slow.",
  "peer-disk": "The other device is writing what it has.",
  "peer-commit": "The other device puts files in place.",
  "peer-finishing": "The other device finishes folders.",
  "no-manifest": "The sender has not listed its files yet.",
  "nothing-sent": "The sender sends nothing at the moment.",
};

/** Which way the data takes, and why. @type {Record<string, string>} */
export const lanes = {
  "to-store": "To the store of the relay, which cannot read it.",
  store: "From the store of the relay, which cannot read it.",
  direct: "Directly from device to device.",
  private: "Through the relay, which cannot read it: no other way was asked for.",
  "peer-private": "Through the relay, which cannot read it: the other side keeps its address private.",
  lanes: "Through the relay, which cannot read it: direct connections are turned off here.",
  "peer-lanes": "Through the relay, which cannot read it: direct connections are turned off on the other side.",
  "direct-lost": "Through the relay, which cannot read it: the direct connection is lost. Trying to make another …",
  "no-direct": "Through the relay, which cannot read it: no direct connection between the two networks has come up.",
};
