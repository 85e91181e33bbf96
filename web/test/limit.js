// Loaded before each file of tests: ends the file when it has run for too long, and
// tells which of its tests was running then. Without this what hangs would hang for
// good.
//
//	node --import ./test/limit.js --test test/*.test.js

import { afterEach, beforeEach } from "node:test";

/** How long a file may take, in milliseconds: far more than one does on a busy machine. */
const limit = Number(process.env.TALLOW_TEST_LIMIT ?? 20 * 60_000);

if (process.env.NODE_TEST_CONTEXT !== undefined) { // else this is the process that runs the files
  /** The tests that run, with the time when they began. @type {Map<string, number>} */
  const running = new Map();
  let last = "none";
  beforeEach((t) => void running.set(t.name, Date.now()));
  afterEach((t) => {
    running.delete(t.name);
    last = t.name;
  });
  setTimeout(() => {
    const tests = [...running].map(([name, began]) => `  ${name}, for ${Math.round((Date.now() - began) / 1000)} s`);
    const where = tests.length ? ["tests that run:", ...tests].join("\n") : `no test runs; the last one was: ${last}`;
    process.stderr.write(`${process.argv[1]} took more than ${limit / 1000} s\n${where}\nwhat it waits for: ${process.getActiveResourcesInfo().join(", ")}\n`);
    process.exit(1);
  }, limit).unref();
}
