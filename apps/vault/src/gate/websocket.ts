/**
 * A websocket's framing on the server's side (RFC 6455), and no more of it than the door needs: text messages of a client,
 * masked and bounded, no extensions. What breaks the framing ends the connection with the code the RFC names.
 *
 *   K1  At most one message of `messageBytesMax` is held of what a client sends.
 *   K2  `onEnd` is called once, after which nothing is called or written any more.
 */
import { createHash } from 'node:crypto';
import type { Duplex } from 'node:stream';

export interface WebSocketListener {
  readonly messageBytesMax: number;
  readonly onText: (text: string) => void;
  readonly onEnd: () => void;
}

export interface ServerSocket {
  send(text: string): void;
  close(code: number, reason: string): void;
}

const opcodes = { continuation: 0, text: 1, binary: 2, close: 8, ping: 9, pong: 10 } as const;
const controlBytesMax = 125;
/** What may wait for a slow client. */
const waitingBytesMax = 8 * 1024 * 1024;
const pingEveryMs = 20_000;
const silentMsMax = 80_000;
const closingMsMax = 2000;

const guid = '258EAFA5-E914-47DA-95CA-C5AB0DC85B11';
const keyText = /^[A-Za-z0-9+/]{22}==$/;

/** What answers the client's Sec-WebSocket-Key, or undefined when that is not 16 bytes in base64. */
export const acceptOf = (key: string): string | undefined =>
  keyText.test(key) ? createHash('sha1').update(`${key}${guid}`).digest('base64') : undefined;

/** The framing is broken; the connection ends with `code`. */
class ProtocolFault extends Error {
  override readonly name = 'ProtocolFault';
  readonly code: number;
  constructor(code: number, reason: string) {
    super(reason);
    this.code = code;
  }
}

interface Frame {
  readonly isLast: boolean;
  readonly opcode: number;
  readonly payload: Buffer;
}

/** The first frame of `held` and its length in bytes, or undefined while it is not whole. @throws ProtocolFault */
function readFrame(held: Buffer, bytesMax: number): { readonly frame: Frame; readonly length: number } | undefined {
  if (held.length < 2) return undefined;
  const [first = 0, second = 0] = held;
  const opcode = first & 15;
  const isLast = (first & 128) !== 0;
  if ((first & 112) !== 0) throw new ProtocolFault(1002, 'no extension was agreed on');
  if ((second & 128) === 0) throw new ProtocolFault(1002, 'a client masks what it sends');
  const short = second & 127;
  if (opcode >= opcodes.close && (!isLast || short > controlBytesMax))
    throw new ProtocolFault(1002, 'a control frame is short and whole');
  const lengthBytes = short < 126 ? 0 : short === 126 ? 2 : 8;
  const headBytes = 2 + lengthBytes + 4;
  if (held.length < headBytes) return undefined;
  const size = short < 126 ? short : short === 126 ? held.readUInt16BE(2) : Number(held.readBigUInt64BE(2));
  if (size > bytesMax) throw new ProtocolFault(1009, `a message has at most ${bytesMax} bytes`);
  if (held.length < headBytes + size) return undefined;
  const mask = held.subarray(headBytes - 4, headBytes);
  const payload = Buffer.from(held.subarray(headBytes, headBytes + size));
  for (let at = 0; at < size; at += 1) payload[at] = payload[at]! ^ mask[at & 3]!;
  return { frame: { isLast, opcode, payload }, length: headBytes + size };
}

function writeFrame(opcode: number, payload: Buffer): Buffer {
  const size = payload.length;
  const head = Buffer.alloc(size < 126 ? 2 : size < 65_536 ? 4 : 10);
  head[0] = 128 | opcode;
  head[1] = size < 126 ? size : size < 65_536 ? 126 : 127;
  if (size >= 65_536) head.writeBigUInt64BE(BigInt(size), 2);
  else if (size >= 126) head.writeUInt16BE(size, 2);
  return Buffer.concat([head, payload]);
}

const utf8 = new TextDecoder('utf-8', { fatal: true, ignoreBOM: true });

function readText(payload: Buffer): string {
  try {
    return utf8.decode(payload);
  } catch {
    throw new ProtocolFault(1007, 'a text is UTF-8');
  }
}

/** Speaks on a stream whose handshake is done; `head` is what came with it. */
export function serveWebSocket(stream: Duplex, head: Buffer, listener: WebSocketListener): ServerSocket {
  let held: Buffer = head;
  let parts: Buffer[] = [];
  let partsBytes = 0;
  let isOver = false;
  let isClosing = false;
  let heardAt = Date.now();

  const end = (): void => {
    if (isOver) return;
    isOver = true;
    clearInterval(pinging);
    stream.destroy();
    listener.onEnd();
  };
  const write = (opcode: number, payload: Buffer): void => {
    if (isOver || isClosing) return;
    stream.write(writeFrame(opcode, payload));
    if (stream.writableLength > waitingBytesMax) end();
  };
  const close = (code: number, reason: string): void => {
    const payload = Buffer.alloc(2 + Buffer.byteLength(reason));
    payload.writeUInt16BE(code, 0);
    payload.write(reason, 2);
    write(opcodes.close, payload.subarray(0, controlBytesMax));
    isClosing = true;
    stream.end();
    setTimeout(end, closingMsMax).unref();
  };

  const receive = ({ isLast, opcode, payload }: Frame): void => {
    switch (opcode) {
      case opcodes.ping:
        write(opcodes.pong, payload);
        return;
      case opcodes.pong:
        return;
      case opcodes.close:
        close(1000, '');
        return;
      case opcodes.text:
        if (parts.length > 0) throw new ProtocolFault(1002, 'a message ends before the next begins');
        break;
      case opcodes.continuation:
        if (parts.length === 0) throw new ProtocolFault(1002, 'there is nothing to continue');
        break;
      case opcodes.binary:
        throw new ProtocolFault(1003, 'only text is taken');
      default:
        throw new ProtocolFault(1002, `there is no opcode ${opcode}`);
    }
    gather(payload, isLast);
  };
  const gather = (payload: Buffer, isLast: boolean): void => {
    parts.push(payload);
    partsBytes += payload.length;
    if (partsBytes > listener.messageBytesMax || parts.length > 64)
      throw new ProtocolFault(1009, `a message has at most ${listener.messageBytesMax} bytes`);
    if (!isLast) return;
    const whole = Buffer.concat(parts, partsBytes);
    parts = [];
    partsBytes = 0;
    listener.onText(readText(whole));
  };

  const read = (): void => {
    try {
      for (;;) {
        if (isOver || isClosing) return;
        const next = readFrame(held, listener.messageBytesMax);
        if (next === undefined) return;
        held = held.subarray(next.length);
        receive(next.frame);
      }
    } catch (error) {
      if (!(error instanceof ProtocolFault)) throw error;
      close(error.code, error.message);
    }
  };

  const pinging = setInterval(() => {
    if (Date.now() - heardAt > silentMsMax) end();
    else write(opcodes.ping, Buffer.alloc(0));
  }, pingEveryMs);
  pinging.unref();
  stream.on('data', (chunk: Buffer) => {
    heardAt = Date.now();
    held = held.length === 0 ? chunk : Buffer.concat([held, chunk]);
    read();
  });
  stream.on('error', end);
  stream.on('end', end);
  stream.on('close', end);
  if (held.length > 0) setImmediate(read);
  return { send: (text) => write(opcodes.text, Buffer.from(text, 'utf8')), close };
}
