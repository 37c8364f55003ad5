/**
 * Frames on a byte stream: a length as unsigned 32 bit big-endian, then that many bytes, JSON in UTF-8 but for the
 * one raw frame (the unseal key) that begins the warden's stream. A peer that breaks the framing is not answered:
 * the stream is over.
 */
import { FrameError } from './decode.ts';

/** Longest frame between gate, warden and signer, and from signer to egress, in bytes. */
export const requestBytesMax = 64 * 1024;
/** Longest frame from egress (answers of the exchange) and from the signer to the gate (reads, replayed events). */
export const answerBytesMax = 8 * 1024 * 1024;
/** What the envelope of a request may add to its body. */
export const envelopeBytesMax = 8 * 1024;

const headerBytes = 4;

/** Length of a frame with a payload of `bytes`. */
export const rawFrameBytes = (bytes: number): number => headerBytes + bytes;

/** A message as one frame. @throws FrameError when it is longer than `bytesMax` */
export function encodeFrame(message: unknown, bytesMax: number): Buffer {
  return encodeRawFrame(Buffer.from(JSON.stringify(message), 'utf8'), bytesMax);
}

/** Bytes as one frame. @throws FrameError when longer than `bytesMax` */
export function encodeRawFrame(payload: Uint8Array, bytesMax: number): Buffer {
  if (payload.length > bytesMax) throw new FrameError(`frame of ${payload.length} bytes, limit ${bytesMax}`);
  const frame = Buffer.allocUnsafe(headerBytes + payload.length);
  frame.writeUInt32BE(payload.length, 0);
  frame.set(payload, headerBytes);
  return frame;
}

/** Cuts a byte stream into frame payloads. Feed it chunks as they come; the payloads are copies. @throws FrameError */
export function createFrameCutter(bytesMax: number, onPayload: (payload: Buffer) => void): (chunk: Buffer) => void {
  let chunks: Buffer[] = [];
  let held = 0;
  return (chunk) => {
    chunks.push(chunk);
    held += chunk.length;
    while (held >= headerBytes) {
      if (chunks[0]!.length < headerBytes) chunks = [Buffer.concat(chunks, held)];
      const length = chunks[0]!.readUInt32BE(0);
      if (length > bytesMax) throw new FrameError(`frame of ${length} bytes, limit ${bytesMax}`);
      if (held < headerBytes + length) return;
      const whole = chunks.length === 1 ? chunks[0]! : Buffer.concat(chunks, held);
      const payload = Buffer.from(whole.subarray(headerBytes, headerBytes + length));
      const rest = whole.subarray(headerBytes + length);
      held = rest.length;
      chunks = held === 0 ? [] : [rest];
      onPayload(payload);
    }
  };
}

/** The JSON of a payload. @throws FrameError */
export function readJson(payload: Buffer): unknown {
  try {
    return JSON.parse(payload.toString('utf8'));
  } catch {
    throw new FrameError(`frame of ${payload.length} bytes is not JSON`);
  }
}
