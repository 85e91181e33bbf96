// The connections from device to device. Workers have no RTCPeerConnection, so the
// page has them, and passes records between the data channel and the worker.
// internal/lane/webrtc/page_js.go says what goes over the port.

const low = 1 << 20; // bytes in the channel's buffer at which it wants more
const reportEvery = 256 << 10; // bytes sent between two reports
const shortRecord = 4 << 10; // bytes of a buffer that is not worth giving back
const goodbye = 1000; // milliseconds for the last words

/**
 * Serves the connections that the worker asks for.
 * @param {import("./port.js").Port} port
 */
export function serveConnections(port) {
  port.on("connect", (m) => {
    try {
      new Connection(m.port, m.configuration);
    } catch {
      m.port.postMessage({ failed: true }); // this browser has no WebRTC, or it is turned off
    }
  });
}

class Connection {
  #port;
  #pc;
  #channel;
  #written = 0;
  #reported = 0;
  #closing = false;
  #spare = /** @type {ArrayBuffer[]} */ ([]); // what the worker gets back

  /**
   * @param {MessagePort} port
   * @param {RTCConfiguration} configuration
   */
  constructor(port, configuration) {
    this.#port = port;
    this.#pc = new RTCPeerConnection(configuration);
    this.#channel = this.#pc.createDataChannel("tallow", { negotiated: true, id: 0, ordered: true });
    this.#channel.binaryType = "arraybuffer";
    this.#channel.bufferedAmountLowThreshold = low;
    port.onmessage = (event) => this.#take(event.data);
    this.#watch();
  }

  #watch() {
    const pc = this.#pc;
    const channel = this.#channel;
    pc.onicecandidate = ({ candidate }) => {
      if (candidate?.candidate) this.#post({ candidate: JSON.stringify(candidate) });
    };
    pc.onconnectionstatechange = () => {
      if (pc.connectionState === "failed") this.#post({ failed: true });
    };
    channel.onopen = async () => this.#post({ open: (await this.#isRelayed()) ? "relayed" : true });
    channel.onclose = () => this.#post({ ended: true });
    channel.onmessage = ({ data }) => {
      if (data instanceof ArrayBuffer) this.#port.postMessage(data, [data]);
    };
    channel.onbufferedamountlow = () => this.#report();
  }

  /** Whether the path that ICE has found goes through a TURN server. */
  async #isRelayed() {
    const stats = await this.#pc.getStats();
    /** @type {any[]} */
    const all = [];
    stats.forEach((/** @type {any} */ s) => all.push(s));
    const chosen = all.find((s) => s.type === "transport")?.selectedCandidatePairId;
    const pair = all.find((s) => s.type === "candidate-pair" && (chosen ? s.id === chosen : s.nominated && s.state === "succeeded"));
    return [pair?.localCandidateId, pair?.remoteCandidateId].some((id) => stats.get(id)?.candidateType === "relay");
  }

  /**
   * @param {any} message
   * @param {Transferable[]} [transferred]
   */
  #post(message, transferred = []) {
    if (!this.#closing) this.#port.postMessage(message, transferred);
  }

  /** Tells the worker how much has been sent, and gives it the buffers back. */
  #report() {
    this.#reported = this.#written - this.#channel.bufferedAmount;
    const buffers = this.#spare.splice(0);
    this.#post({ sent: this.#reported, buffers }, buffers);
  }

  /** @param {any} message */
  #take(message) {
    if (message instanceof Uint8Array) this.#send(/** @type {Uint8Array<ArrayBuffer>} */ (message));
    else if (message.do === "close") void this.#close();
    else void this.#reply(message);
  }

  /** @param {Uint8Array<ArrayBuffer>} record */
  #send(record) {
    if (this.#channel.readyState !== "open") return;
    const size = record.byteLength;
    try {
      this.#channel.send(record);
    } catch {
      this.#post({ failed: true });
      return;
    }
    this.#written += size;
    if (record.buffer.byteLength > shortRecord) this.#spare.push(record.buffer);
    const buffered = this.#channel.bufferedAmount;
    if (buffered <= low && this.#written - buffered - this.#reported >= reportEvery) this.#report();
  }

  /** @param {any} message */
  async #reply(message) {
    try {
      this.#post({ id: message.id, sdp: (await this.#negotiate(message)) ?? "" });
    } catch (error) {
      this.#post({ id: message.id, error: String(error) });
    }
  }

  /**
   * @param {any} message
   * @returns {Promise<string | undefined>}
   */
  async #negotiate(message) {
    switch (message.do) {
      case "offer":
      case "answer": {
        const description = message.do === "offer" ? await this.#pc.createOffer() : await this.#pc.createAnswer();
        await this.#pc.setLocalDescription(description);
        return description.sdp;
      }
      case "remote":
        await this.#pc.setRemoteDescription({ type: message.type, sdp: message.sdp });
        return;
      case "candidate":
        await this.#pc.addIceCandidate(JSON.parse(message.candidate));
        return;
    }
  }

  /** Sends what is in the buffer, and then closes everything. */
  async #close() {
    this.#closing = true;
    const channel = this.#channel;
    if (channel.readyState === "open") {
      const closed = new Promise((done) => {
        channel.onclose = done;
        setTimeout(done, goodbye);
      });
      channel.close(); // once its buffer is empty
      await closed;
    }
    this.#pc.close();
    this.#port.close();
  }
}
