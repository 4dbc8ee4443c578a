// Several files as one zip, stored as they are: pictures are compressed already.

const TABLE = Uint32Array.from({ length: 256 }, (_, byte) => {
  let sum = byte;
  for (let bit = 0; bit < 8; bit++) sum = (sum >>> 1) ^ (sum & 1 ? 0xedb88320 : 0);
  return sum;
});
const UTF8 = 0x0800; // a flag: the name is in UTF-8
const EPOCH = 0x0021; // 1 January 1980, the first day that a zip knows

// The checksum of a zip's files, and of a PNG's chunks; of parts as if they were one.
export function crc(parts) {
  let sum = ~0;
  for (const part of parts) for (const byte of part) sum = (sum >>> 8) ^ TABLE[(sum ^ byte) & 255];
  return ~sum >>> 0;
}

// Numbers of two or four bytes, [value, bytes] each, as a zip has them.
function record(...fields) {
  const bytes = new Uint8Array(fields.reduce((sum, [, length]) => sum + length, 0));
  let at = 0;
  for (const [value, length] of fields) {
    for (let i = 0; i < length; i++) bytes[at++] = (value >>> (8 * i)) & 255;
  }
  return bytes;
}

export class Zip {
  constructor() {
    this.parts = [];
    this.entries = [];
    this.size = 0;
    this.names = new Set();
  }

  // Adds a blob; a name that is there already gets a number.
  async add(name, blob) {
    const label = new TextEncoder().encode(this.free(name));
    const sum = crc([new Uint8Array(await blob.arrayBuffer())]);
    // Version, flags, method, time, day, checksum, size twice, length of name, of further fields.
    const about = [[20, 2], [UTF8, 2], [0, 2], [0, 2], [EPOCH, 2], [sum, 4], [blob.size, 4],
      [blob.size, 4], [label.length, 2], [0, 2]];
    this.entries.push(record([0x02014b50, 4], [20, 2], ...about, [0, 2], [0, 2], [0, 2], [0, 4],
      [this.size, 4]), label);
    const head = record([0x04034b50, 4], ...about);
    this.parts.push(head, label, blob);
    this.size += head.length + label.length + blob.size;
  }

  free(name) {
    const [, stem, ending] = name.match(/^(.*?)(\.\w+)?$/s);
    let free = name;
    for (let i = 2; this.names.has(free); i++) free = `${stem}_${i}${ending ?? ""}`;
    this.names.add(free);
    return free;
  }

  get count() {
    return this.names.size;
  }

  blob() {
    const length = this.entries.reduce((sum, entry) => sum + entry.length, 0);
    const end = record([0x06054b50, 4], [0, 2], [0, 2], [this.count, 2], [this.count, 2], [length, 4],
      [this.size, 4], [0, 2]);
    return new Blob([...this.parts, ...this.entries, end], { type: "application/zip" });
  }
}
