// The port to the worker: commands go out, events come in.

/**
 * An event of the program. docs/browser.md lists them.
 * @typedef {{event: string} & Record<string, any>} Message
 */

export class Port {
  /** @type {Map<string, ((message: Message) => void)[]>} */
  #handlers = new Map();
  #worker;

  constructor() {
    this.#worker = new Worker(new URL("worker.js", import.meta.url), { type: "module", name: "tallow" });
    this.#worker.onmessage = (event) => this.#dispatch(event.data, event.ports);
    this.#worker.onerror = (event) => this.#dispatch({ event: "stopped", detail: event.message || "it could not be loaded" });
  }

  /**
   * Calls handler with each event of a name.
   * @param {string} event
   * @param {(message: Message) => void} handler
   */
  on(event, handler) {
    this.#handlers.set(event, [...(this.#handlers.get(event) ?? []), handler]);
  }

  /**
   * Sends a command.
   * @param {string} command
   * @param {Record<string, any>} [fields]
   */
  do(command, fields = {}) {
    this.#worker.postMessage({ do: command, ...fields });
  }

  /**
   * @param {Message} message
   * @param {readonly MessagePort[]} [ports]
   */
  #dispatch(message, ports = []) {
    for (const handler of this.#handlers.get(message.event) ?? []) handler(ports.length ? { ...message, port: ports[0] } : message);
  }
}
