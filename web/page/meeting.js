// What happens until data flows: the other side comes, words are compared, and what
// is offered is accepted.

import { $, line, show, shown } from "./dom.js";
import { printable } from "./format.js";
import { titleOf } from "./progress.js";
import { waits } from "./words.js";

/** @typedef {import("./port.js").Message} Message */

/**
 * @param {import("./port.js").Port} port
 * @param {import("./current.js").Current} current
 * @param {import("./progress.js").Progress} progress
 */
export function showMeeting(port, current, progress) {
  /** @param {string} text */
  const say = (text) => ($(current.sending ? "wait-status" : "connect-status").textContent = text);
  port.on("wait", (m) => say(waits[m.reason] ?? ""));
  port.on("peer", () => say(current.sending ? "The receiver is here." : "The sender is here."));
  port.on("verify", (m) => {
    $("verify-words").textContent = m.words.join(" ");
    show("verify");
  });
  port.on("offer", (m) => {
    current.text = m.text;
    const title = titleOf(m);
    progress.begin(`${current.sending ? "Sending" : "Receiving"} ${title}`, m.known && m.files === 1);
    if (current.sending) show("run");
    else askForOffer(m, title);
  });
  for (const [id, yes] of /** @type {const} */ ([["offer-yes", true], ["offer-no", false], ["verify-yes", true], ["verify-no", false]])) {
    $(id).onclick = () => {
      port.do("answer", { yes });
      if (yes) afterYes();
    };
  }
}

/** @param {Message} m @param {string} title */
function askForOffer(m, title) {
  $("offer-title").textContent = `Receive ${title}?`;
  $("offer-resume").hidden = !m.resuming;
  const names = m.names.map((/** @type {string} */ name) => line(printable(name), ""));
  $("offer-names").replaceChildren(...(m.text ? [] : names));
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
