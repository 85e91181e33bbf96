// QR codes (ISO/IEC 18004): byte mode, error correction M, versions 1 to 10, which
// is enough for a link of 213 bytes.

// By version: error correction codewords of a block, blocks, all codewords, and
// where the alignment patterns are.
const versions = [
  [10, 1, 26, []],
  [16, 1, 44, [6, 18]],
  [26, 1, 70, [6, 22]],
  [18, 2, 100, [6, 26]],
  [24, 2, 134, [6, 30]],
  [16, 4, 172, [6, 34]],
  [18, 4, 196, [6, 22, 38]],
  [22, 4, 242, [6, 24, 42]],
  [22, 5, 292, [6, 26, 46]],
  [26, 5, 346, [6, 28, 50]],
].map(([ec, blocks, total, align]) => ({
  ec: Number(ec), blocks: Number(blocks), total: Number(total), align: /** @type {number[]} */ (align),
}));

/**
 * The modules of the QR code of a text, true for dark; null if the text is too
 * long.
 * @param {string} text
 * @returns {boolean[][] | null}
 */
export function modules(text) {
  const bytes = new TextEncoder().encode(text);
  const index = versions.findIndex((v, i) => bytes.length + (i < 9 ? 2 : 3) <= v.total - v.ec * v.blocks);
  if (index < 0) return null;
  const codewords = interleave(encode(bytes, index), versions[index]);
  let best = null;
  let least = Infinity;
  for (let mask = 0; mask < 8; mask++) {
    const grid = draw(codewords, index + 1, mask);
    const cost = penalty(grid);
    if (cost < least) [best, least] = [grid, cost];
  }
  return best;
}

/**
 * The data codewords: mode, length, bytes, and padding.
 * @param {Uint8Array} bytes
 * @param {number} index
 */
function encode(bytes, index) {
  const { ec, blocks, total } = versions[index];
  const bits = /** @type {number[]} */ ([]);
  const put = (/** @type {number} */ value, /** @type {number} */ n) => {
    for (let i = n - 1; i >= 0; i--) bits.push((value >> i) & 1);
  };
  put(4, 4);
  put(bytes.length, index < 9 ? 8 : 16);
  for (const b of bytes) put(b, 8);
  const room = (total - ec * blocks) * 8;
  put(0, Math.min(4, room - bits.length));
  while (bits.length % 8) bits.push(0);
  for (let pad = 0xec; bits.length < room; pad ^= 0xec ^ 0x11) put(pad, 8);
  return Array.from({ length: room / 8 }, (_, i) => parseInt(bits.slice(8 * i, 8 * i + 8).join(""), 2));
}

/**
 * Splits codewords into blocks, appends the error correction of each, and
 * interleaves them.
 * @param {number[]} data
 * @param {{ec: number, blocks: number}} version
 */
function interleave(data, { ec, blocks }) {
  const least = Math.floor(data.length / blocks);
  const longer = data.length % blocks; // so many blocks at the end have one more
  const parts = [];
  for (let i = 0, at = 0; i < blocks; i++) {
    const size = least + (i >= blocks - longer ? 1 : 0);
    parts.push(data.slice(at, at + size));
    at += size;
  }
  const checks = parts.map((p) => remainder(p, ec));
  const all = [];
  for (let i = 0; i <= least; i++) for (const p of parts) if (i < p.length) all.push(p[i]);
  for (let i = 0; i < ec; i++) for (const c of checks) all.push(c[i]);
  return all;
}

/** Multiplies in GF(256). @param {number} a @param {number} b */
function times(a, b) {
  let z = 0;
  for (let i = 7; i >= 0; i--) z = (z << 1) ^ ((z >> 7) * 0x11d) ^ (((b >> i) & 1) * a);
  return z;
}

/**
 * The Reed-Solomon error correction of a block.
 * @param {number[]} data
 * @param {number} n
 */
function remainder(data, n) {
  let divisor = [1];
  for (let i = 0, root = 1; i < n; i++, root = times(root, 2)) {
    const next = [...divisor, 0];
    divisor.forEach((c, j) => (next[j + 1] ^= times(c, root)));
    divisor = next;
  }
  const rest = new Array(n).fill(0);
  for (const d of data) {
    const factor = d ^ rest.shift();
    rest.push(0);
    divisor.slice(1).forEach((c, i) => (rest[i] ^= times(c, factor)));
  }
  return rest;
}

const masks = [
  (/** @type {number} */ y, /** @type {number} */ x) => (x + y) % 2 === 0,
  (/** @type {number} */ y) => y % 2 === 0,
  (/** @type {number} */ _, /** @type {number} */ x) => x % 3 === 0,
  (/** @type {number} */ y, /** @type {number} */ x) => (x + y) % 3 === 0,
  (/** @type {number} */ y, /** @type {number} */ x) => (Math.floor(y / 2) + Math.floor(x / 3)) % 2 === 0,
  (/** @type {number} */ y, /** @type {number} */ x) => ((x * y) % 2) + ((x * y) % 3) === 0,
  (/** @type {number} */ y, /** @type {number} */ x) => (((x * y) % 2) + ((x * y) % 3)) % 2 === 0,
  (/** @type {number} */ y, /** @type {number} */ x) => (((x + y) % 2) + ((x * y) % 3)) % 2 === 0,
];

/**
 * Draws a symbol.
 * @param {number[]} codewords
 * @param {number} version
 * @param {number} mask
 */
function draw(codewords, version, mask) {
  const size = 17 + 4 * version;
  const grid = Array.from({ length: size }, () => /** @type {(boolean | undefined)[]} */ (new Array(size).fill(undefined)));
  const square = (/** @type {number} */ cy, /** @type {number} */ cx, /** @type {number} */ radius, /** @type {(d: number) => boolean} */ dark) => {
    for (let y = cy - radius; y <= cy + radius; y++) {
      for (let x = cx - radius; x <= cx + radius; x++) {
        if (y >= 0 && x >= 0 && y < size && x < size) grid[y][x] = dark(Math.max(Math.abs(y - cy), Math.abs(x - cx)));
      }
    }
  };
  for (const [y, x] of [[3, 3], [3, size - 4], [size - 4, 3]]) square(y, x, 4, (d) => d !== 2 && d !== 4);
  const { align } = versions[version - 1];
  const last = align.at(-1);
  for (const y of align) {
    for (const x of align) {
      if (!((y === 6 && x === 6) || (y === 6 && x === last) || (y === last && x === 6))) square(y, x, 2, (d) => d !== 1);
    }
  }
  for (let i = 8; i < size - 8; i++) grid[6][i] = grid[i][6] = i % 2 === 0;
  drawFormat(grid, mask);
  drawVersion(grid, version);
  drawData(grid, codewords, mask);
  return /** @type {boolean[][]} */ (grid);
}

/**
 * The mask, and that error correction is M, which has the number 0.
 * @param {(boolean | undefined)[][]} grid
 * @param {number} mask
 */
function drawFormat(grid, mask) {
  const size = grid.length;
  let rest = mask;
  for (let i = 0; i < 10; i++) rest = (rest << 1) ^ ((rest >> 9) * 0x537);
  const bits = ((mask << 10) | rest) ^ 0x5412;
  const bit = (/** @type {number} */ i) => ((bits >> i) & 1) === 1;
  for (let i = 0; i < 6; i++) grid[i][8] = bit(i);
  grid[7][8] = bit(6);
  grid[8][8] = bit(7);
  grid[8][7] = bit(8);
  for (let i = 9; i < 15; i++) grid[8][14 - i] = bit(i);
  for (let i = 0; i < 8; i++) grid[8][size - 1 - i] = bit(i);
  for (let i = 8; i < 15; i++) grid[size - 15 + i][8] = bit(i);
  grid[size - 8][8] = true;
}

/**
 * @param {(boolean | undefined)[][]} grid
 * @param {number} version
 */
function drawVersion(grid, version) {
  if (version < 7) return;
  let rest = version;
  for (let i = 0; i < 12; i++) rest = (rest << 1) ^ ((rest >> 11) * 0x1f25);
  const bits = (version << 12) | rest;
  for (let i = 0; i < 18; i++) {
    const a = grid.length - 11 + (i % 3);
    const b = Math.floor(i / 3);
    grid[a][b] = grid[b][a] = ((bits >> i) & 1) === 1;
  }
}

/**
 * Fills in the codewords in columns of two, up and down from the right.
 * @param {(boolean | undefined)[][]} grid
 * @param {number[]} codewords
 * @param {number} mask
 */
function drawData(grid, codewords, mask) {
  const size = grid.length;
  let i = 0;
  for (let right = size - 1, up = true; right >= 1; right -= 2, up = !up) {
    if (right === 6) right = 5;
    for (let step = 0; step < size; step++) {
      const y = up ? size - 1 - step : step;
      for (const x of [right, right - 1]) {
        if (grid[y][x] !== undefined) continue;
        const dark = i < codewords.length * 8 && ((codewords[i >> 3] >> (7 - (i & 7))) & 1) === 1;
        grid[y][x] = dark !== masks[mask](y, x);
        i++;
      }
    }
  }
}

/**
 * How hard a symbol is to read, by the standard's four rules.
 * @param {boolean[][]} grid
 */
function penalty(grid) {
  const size = grid.length;
  let cost = 0;
  let dark = 0;
  for (const rows of [grid, grid[0].map((_, x) => grid.map((row) => row[x]))]) {
    for (const row of rows) {
      for (let x = 0, run = 0; x < size; x++) {
        run = x > 0 && row[x] === row[x - 1] ? run + 1 : 1;
        if (run === 5) cost += 3;
        else if (run > 5) cost++;
      }
      const text = row.map(Number).join("");
      cost += 40 * (text.match(/(?=10111010000)|(?=00001011101)/g)?.length ?? 0);
    }
  }
  for (let y = 0; y < size; y++) {
    for (let x = 0; x < size; x++) {
      if (grid[y][x]) dark++;
      if (y > 0 && x > 0 && grid[y][x] === grid[y - 1][x] && grid[y][x] === grid[y][x - 1] && grid[y][x] === grid[y - 1][x - 1]) cost += 3;
    }
  }
  return cost + 10 * Math.floor(Math.abs((dark * 20) / (size * size) - 10));
}

/**
 * The QR code of a text as a picture; nothing if the text is too long.
 * @param {string} text
 * @param {string} label
 * @returns {Element | string}
 */
export function qrCode(text, label) {
  const grid = modules(text);
  if (!grid) return "";
  const namespace = "http://www.w3.org/2000/svg";
  const svg = document.createElementNS(namespace, "svg");
  const size = grid.length + 8; // with the quiet zone
  svg.setAttribute("viewBox", `0 0 ${size} ${size}`);
  svg.setAttribute("role", "img");
  svg.setAttribute("aria-label", label);
  svg.setAttribute("shape-rendering", "crispEdges");
  const path = document.createElementNS(namespace, "path");
  path.setAttribute("d", grid.map((row, y) => row.map((dark, x) => (dark ? `M${x + 4} ${y + 4}h1v1h-1z` : "")).join("")).join(""));
  svg.append(path);
  return svg;
}
