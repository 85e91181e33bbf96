// What the page says about the errors of stored transfers. words.js has the others.

import { bytes, printable } from "./format.js";

/** @typedef {import("./words.js").Failure} Failure */

const wholeLink = "Copy all of the link, in one piece.";
const storeAgain = "Ask the sender to store it again, and tell them: nothing was used up.";
const untrusted = "tallow stores nothing like that. Do not trust where the link came from.";

/**
 * The sentences for each reason: what happened, and what to do.
 * @type {Record<string, (f: Failure) => [string, string]>}
 */
export const storedReasons = {
  "link-form": () => ["This is no link of a stored transfer.", "It looks like https://RELAY/d/ID#KEY. Copy all of it, in one piece."],
  "link-no-key": () => ["The link has no key: what is behind its # is missing.", "Some programs cut it off. Copy the whole link."],
  "link-words": () => ["This link has no key: it takes words that its sender tells you.", "Ask for the words, or for the whole link."],
  "words-form": (f) => [`These cannot be the words: there are ${f.count} English words.`, "Type them in the order in which the sender has them."],
  "words-wrong": () => ["These are not the words for this link.", "Ask the sender to tell them once more. Nothing is used up."],
  "word-key": () => ["What the relay has in place of the key is damaged.", "Ask the sender for the whole link."],
  "link-key": () => ["The key of the link, behind its #, is damaged.", wholeLink],
  "link-wrong-key": () => ["The key of this link does not open what the relay has stored.", "Compare the link with the one that the sender has. Nothing is used up."],
  "stored-password": () => ["What is stored has a password besides its link.", "Ask the sender for it."],
  "password-wrong": () => ["This is not the password.", "Type it again. Capital letters and spaces count."],
  "stored-unknown": (f) => f.sending
    ? ["The relay does not have it any more: it has expired, or was deleted.", "Store it again."]
    : ["The relay has nothing stored for this link: it has expired, or was deleted.", "Ask the sender to store it again."],
  "stored-spent": () => ["This was fetched as often as it may be, and is gone.", "If it was not you, ask the sender what happened; they can store it again."],
  "stored-busy": () => ["Others are fetching this now, as many as may.", "Try again later. What they give up comes free within an hour."],
  "stored-incomplete": () => ["Not all of this is stored yet.", "The sender is still storing it, or was interrupted. Try again later."],

  "store-none": () => ["This relay stores nothing.", "Check the link, or ask who runs the relay."],
  "store-no-relay": () => ["There is no relay to store it.", "Open the page of a relay."],
  "store-downloads": (f) => [`It can be fetched 1 to ${f.count} times, or any number of times.`, "Choose another number."],
  "store-expires": () => ["What is stored lives for a second at least.", "Choose a longer time."],
  "store-full": () => ["The store of this relay has no room for this.", "Try again later, or send less."],
  "store-quota": () => ["Your address has stored as much at this relay as it may.", "Wait until some of it expires, or delete it."],
  "store-too-large": () => ["This relay does not store that much.", "Send less at a time, or send it while the receiver waits."],
  "store-token": () => ["This relay stores for those alone who have its token.", "Type the one that its owner gave you, or send directly while the receiver waits."],
  "store-changed": () => ["The files changed while they were stored.", "Store them again."],
  "store-broken": () => ["The store of this relay does not work at present.", "Try again later, then tell who runs it."],
  spool: () => ["This cannot be kept here until it is sent.", "Choose files."],

  "mail-off": () => ["This relay sends no mail.", "Hand the link on yourself."],
  "mail-quota": () => ["This relay sends no more mails for now.", "Try again later, or hand the link on yourself."],
  "mail-address": () => ["The relay sends no mail to this address.", "Correct the address."],
  "mail-failed": () => ["It is stored, but a mail was refused.", "The link works: hand it on yourself."],
  "mail-queued": () => ["It is stored, but a mail is not sent yet.", "The link works: hand it on yourself."],
  "notify-off": () => ["This relay notifies nobody.", "Store it without a URL to notify."],
  "notify-url": () => ["This is no URL that can be notified.", "It begins with https://."],

  "container-form": () => ["What the relay has is not what tallow stores.", storeAgain],
  "container-version": () => ["A newer tallow has stored this.", "Reload this page. If that does not help, the relay has to be updated."],
  "container-cost": (f) => [`What is stored asks for ${bytes(f.bytes)} of memory, or for too much work, to check a password.`, untrusted],
  "container-header": () => ["The first bytes of what is stored were changed.", storeAgain],
  "container-truncated": () => ["The end of what is stored is missing.", storeAgain],
  "container-trailing": () => ["Something was added to what is stored.", storeAgain],
  "container-corrupt": () => ["What is stored is damaged, or was changed.", storeAgain],
  "container-content": (f) => [`What is in it follows no rule: ${printable(f.detail)}.`, untrusted],
};
