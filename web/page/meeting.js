// What happens until data flows: the other side comes, words are compared, and what
// is offered is accepted.

import { $, show, shown } from "./dom.js";
import { printable } from "./format.js";
import { linesOf } from "./offered.js";
import { titleOf } from "./progress.js";
import { stalls, waits } from "./words.js";

/** @typedef {import("./port.js").Message} Message */

/**
 * @param {import("./port.js").Port} port
 * @param {import("./current.js").Current} current
 * @param {import("./progress.js").Progress} progress
 */
export function showMeeting(port, current, progress) {
  /** @param {string} text */
  const say = (text) => ($(current.sending && !current.stored ? "wait-status" : "connect-status").textContent = text);
  port.on("wait", (m) => say(waits[m.reason] ?? ""));
  port.on("stall", (m) => {
    if (shown() === "connect") say(stalls[m.reason] ?? "");
  });
  port.on("peer", () => {
    say(current.sending ? "The receiver is here." : "The sender is here.");
    showName(current.sending, "");
  });
  port.on("name", (m) => showName(current.sending, m.name));
  port.on("verify", (m) => {
    $("verify-words").textContent = m.words.join(" ");
    show("verify");
  });
  port.on("offer", (m) => {
    current.text = m.text;
    const title = titleOf(m);
    const { sending, stored } = current;
    progress.begin(`${sending ? (stored ? "Storing" : "Sending") : "Receiving"} ${title}`, m.known && m.files === 1, stored ? (sending ? "to-store" : "store") : "");
    if (stored) showName(sending, ""); // of an earlier transfer
    if (sending) show("run");
    else askForOffer(m, title, stored);
  });
  for (const [id, yes] of /** @type {const} */ ([["offer-yes", true], ["offer-no", false], ["verify-yes", true], ["verify-no", false]])) {
    $(id).onclick = () => {
      port.do("answer", { yes });
      if (yes) afterYes();
    };
  }
}

/**
 * Shows the name that the other side gives itself, in an element of its own, so that it
 * cannot pass for words of the page.
 * @param {boolean} sending
 * @param {string} name  "" if it gives none
 */
function showName(sending, name) {
  $("run-who").textContent = sending ? "The receiver" : "The sender";
  for (const screen of ["offer", "run"]) {
    $(`${screen}-name`).textContent = printable(name);
    $(`${screen}-peer`).hidden = !name;
  }
}

/** @param {Message} m @param {string} title @param {boolean} stored */
function askForOffer(m, title, stored) {
  $("offer-title").textContent = `Receive ${title}?`;
  $("offer-resume").hidden = !m.resuming;
  $("offer-stored").hidden = !stored;
  $("offer-names").replaceChildren(...linesOf(m));
  show("offer");
}

function afterYes() {
  if (shown() === "offer") {
    show("run");
  } else {
    $("connect-title").textContent = "Waiting for the other person …";
    show("connect");
  }
}
