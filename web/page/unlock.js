// What opens a stored transfer besides its link, and the program asks for: its password,
// or the words in place of the key that a mail of the relay does not have.

import { opening } from "./current.js";
import { $, show } from "./dom.js";
import { wordsOf } from "./words.js";

/**
 * Asks the person, again after a wrong answer.
 * @param {import("./port.js").Port} port
 */
export function serveUnlocking(port) {
  port.on("password", (m) => ask("unlock", m.wrong ? "password-wrong" : "", 0));
  port.on("words", (m) => ask("words", m.reason, m.count));
  for (const screen of ["unlock", "words"]) {
    /** @type {HTMLFormElement} */ ($(`${screen}-form`)).onsubmit = (event) => {
      event.preventDefault();
      port.do("unlock", { answer: answerOf(screen).value });
      $("connect-title").textContent = opening;
      $("connect-status").textContent = "";
      show("connect");
    };
  }
}

/** @param {string} screen @returns {HTMLInputElement} */
function answerOf(screen) {
  return $(`${screen}-answer`);
}

/**
 * @param {string} screen
 * @param {string} reason  what was wrong with the last answer; empty for the first
 * @param {number} count  how many words there are
 */
function ask(screen, reason, count) {
  const failure = { kind: "code", reason, sending: false, kept: false, stored: true, waiting: false, detail: "", words: [], count, files: 0, bytes: 0, retry: 0, path: "" };
  if (reason !== "words-form") answerOf(screen).value = ""; // else a word of many is to be corrected
  $(`${screen}-problem`).textContent = reason ? wordsOf(failure).join(" ") : "";
  show(screen);
  if (reason) answerOf(screen).focus();
}
