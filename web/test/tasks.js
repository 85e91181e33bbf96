// How much processor time the tasks of a page's main thread take. The time on the
// clock says little on a busy machine: a task of a millisecond takes as long as others
// keep it from the processor. Chromium alone tells it, in its trace.

/** @typedef {{name: string, ph: string, pid: number, tid: number, tdur?: number, args: any}} TraceEvent tdur in microseconds */

/** Records the tasks of a page. */
export class Tasks {
  #events = /** @type {TraceEvent[]} */ ([]);

  /** @param {import("puppeteer-core").CDPSession} session */
  constructor(session) {
    this.session = session;
    session.on("Tracing.dataCollected", ({ value }) => this.#keep(/** @type {any[]} */ (value)));
  }

  /** @param {import("puppeteer-core").Page} page */
  static async start(page) {
    const tasks = new Tasks(await page.createCDPSession());
    await tasks.session.send("Tracing.start", { traceConfig: { includedCategories: ["toplevel", "__metadata"], recordMode: "recordUntilFull" }, transferMode: "ReportEvents" });
    return tasks;
  }

  /** @param {TraceEvent[]} events */
  #keep(events) {
    for (const e of events) {
      if (e.name === "thread_name" || e.name === "ThreadControllerImpl::RunTask") this.#events.push(e);
    }
  }

  /**
   * Ends the record. The tasks are in milliseconds, the longest first.
   * @returns {Promise<number[]>}
   */
  async end() {
    const complete = new Promise((done) => this.session.once("Tracing.tracingComplete", done));
    await this.session.send("Tracing.end");
    await complete;
    await this.session.detach();
    const threads = new Map();
    for (const e of this.#events) {
      if (e.name === "thread_name" && e.args.name === "CrRendererMain") threads.set(`${e.pid} ${e.tid}`, []);
    }
    for (const e of this.#events) {
      if (e.tdur !== undefined) threads.get(`${e.pid} ${e.tid}`)?.push(e.tdur / 1000);
    }
    const time = (/** @type {number[]} */ durations) => durations.reduce((sum, ms) => sum + ms, 0);
    const all = [...threads.values()].sort((a, b) => time(b) - time(a))[0] ?? []; // the page's does the most
    return all.sort((/** @type {number} */ a, /** @type {number} */ b) => b - a);
  }
}
