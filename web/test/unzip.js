// A reader of ZIP archives, so that those of the client are not read by their own
// maker. It knows what they may have: stored entries, with Zip64.

/**
 * The entries of an archive by name; folders end in "/".
 * @param {Buffer} b
 * @returns {Map<string, {content: Buffer, mode: number}>}
 */
export function unzip(b) {
  const end = b.lastIndexOf(Buffer.from("PK\x05\x06", "latin1"));
  if (end < 0) throw new Error("no archive");
  const locator = end - 20;
  if (b.readUInt32LE(locator) !== 0x07064b50) throw new Error("no Zip64 locator");
  const end64 = Number(b.readBigUInt64LE(locator + 8));
  let count = Number(b.readBigUInt64LE(end64 + 32));
  let at = Number(b.readBigUInt64LE(end64 + 48));
  const all = new Map();
  for (; count > 0; count--) {
    if (b.readUInt32LE(at) !== 0x02014b50) throw new Error("no header");
    const [name, extra, comment] = [28, 30, 32].map((o) => b.readUInt16LE(at + o));
    const fields = at + 46 + name;
    const size = Number(b.readBigUInt64LE(fields + 4));
    const local = Number(b.readBigUInt64LE(fields + 20));
    const data = local + 30 + b.readUInt16LE(local + 26) + b.readUInt16LE(local + 28);
    all.set(b.toString("utf8", at + 46, at + 46 + name), { content: b.subarray(data, data + size), mode: b.readUInt32LE(at + 38) >>> 16 });
    at += 46 + name + extra + comment;
  }
  return all;
}
