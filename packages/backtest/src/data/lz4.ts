/** LZ4 frames, as Arrow compresses its buffers with. Source: lz4_Frame_format.md and lz4_Block_format.md of the LZ4 project. */
import { DataError } from './data-error.ts';

const magic = 0x184d2204;

const damaged = (): never => {
  throw new DataError('data-unreadable', 'a compressed part is damaged; fetch the file again');
};

/** What is being unpacked; it grows as needed, up to `most` bytes. */
interface Output {
  bytes: Uint8Array;
  readonly most: number;
}

/** Room for `length` bytes. */
function room(out: Output, length: number): void {
  if (length > out.most) damaged();
  if (length <= out.bytes.length) return;
  const grown = new Uint8Array(Math.min(out.most, Math.max(length, out.bytes.length * 2)));
  grown.set(out.bytes);
  out.bytes = grown;
}

/** Unpacks one frame; checksums are not verified, a block that does not fit is. @param most bytes that come out at most */
export function lz4Frame(source: Uint8Array, most: number): Uint8Array {
  const view = new DataView(source.buffer, source.byteOffset, source.byteLength);
  if (source.length < 7 || view.getUint32(0, true) !== magic) damaged();
  const flags = source[4]!;
  const hasBlockChecksum = (flags & 0x10) !== 0;
  let at = 7 + ((flags & 0x08) !== 0 ? 8 : 0) + ((flags & 0x01) !== 0 ? 4 : 0);
  const out: Output = { bytes: new Uint8Array(Math.min(most, source.length * 4 + 64)), most };
  let length = 0;
  for (;;) {
    if (at + 4 > source.length) damaged();
    const size = view.getUint32(at, true);
    at += 4;
    if (size === 0) return out.bytes.subarray(0, length);
    const bytes = size & 0x7fff_ffff;
    if (at + bytes > source.length) damaged();
    const block = source.subarray(at, at + bytes);
    if (size >>> 31 === 1) {
      room(out, length + bytes);
      out.bytes.set(block, length);
      length += bytes;
    } else length = lz4Block(block, out, length);
    at += bytes + (hasBlockChecksum ? 4 : 0);
  }
}

/** Unpacks one block behind what `out` holds already and gives the new length. */
function lz4Block(source: Uint8Array, out: Output, start: number): number {
  let at = 0;
  let to = start;
  const long = (first: number): number => {
    let length = first;
    if (first !== 15) return length;
    for (;;) {
      const byte = source[at++] ?? damaged();
      length += byte;
      if (byte !== 255) return length;
    }
  };
  while (at < source.length) {
    const token = source[at++]!;
    const literals = long(token >> 4);
    if (at + literals > source.length) damaged();
    room(out, to + literals);
    out.bytes.set(source.subarray(at, at + literals), to);
    at += literals;
    to += literals;
    if (at >= source.length) return to;
    const distance = source[at]! | ((source[at + 1] ?? damaged()) << 8);
    at += 2;
    const match = long(token & 15) + 4;
    if (distance === 0 || distance > to) damaged();
    room(out, to + match);
    const { bytes } = out;
    for (const end = to + match; to < end; to += 1) bytes[to] = bytes[to - distance]!;
  }
  return to;
}
