/**
 * Frames of the dialect door. A request travels as it came: raw target, the two headers it may have, body. A connection is
 * a websocket that the gate frames and the signer speaks through: `socket` asks for one, `socket-open` grants it (`answer`
 * refuses it), `socket-text` is one message either way, `socket-close` or `gone` ends it.
 */
import { count, FrameError, fields, text } from './decode.ts';
import { requestBytesMax } from './framing.ts';

/** Longest raw target of a dialect request, in characters. */
export const targetCharactersMax = 8192;
/** Longest message of a client on a websocket, in bytes. */
export const socketBytesMax = 16 * 1024;

/** gate → signer */
export type DialectFrame =
  | {
      readonly kind: 'dialect';
      readonly id: number;
      readonly method: string;
      readonly target: string;
      /** X-MBX-APIKEY, '' when absent. */
      readonly apiKey: string;
      readonly contentType: string;
      readonly body: string;
    }
  | { readonly kind: 'socket'; readonly id: number; readonly target: string }
  | { readonly kind: 'socket-text'; readonly id: number; readonly text: string };

/** signer → gate */
export type SocketFrame =
  | { readonly kind: 'socket-open'; readonly id: number }
  | { readonly kind: 'socket-text'; readonly id: number; readonly text: string }
  | { readonly kind: 'socket-close'; readonly id: number; readonly code: number; readonly reason: string };

const dialectKinds: readonly unknown[] = ['dialect', 'socket', 'socket-text'];
const socketKinds: readonly unknown[] = ['socket-open', 'socket-text', 'socket-close'];
export const isDialectKind = (kind: unknown): kind is DialectFrame['kind'] => dialectKinds.includes(kind);
export const isSocketKind = (kind: unknown): kind is SocketFrame['kind'] => socketKinds.includes(kind);

/** @throws FrameError */
export function decodeDialectFrame(value: unknown, kind: DialectFrame['kind']): DialectFrame {
  switch (kind) {
    case 'dialect': {
      const it = fields(value, ['kind', 'id', 'method', 'target', 'apiKey', 'contentType', 'body'], 'dialect');
      return {
        kind,
        id: count(it.id, 'id'),
        method: text(it.method, 'method', 32),
        target: text(it.target, 'target', targetCharactersMax),
        apiKey: text(it.apiKey, 'apiKey', 128),
        contentType: text(it.contentType, 'contentType', 128),
        body: text(it.body, 'body', requestBytesMax),
      };
    }
    case 'socket': {
      const it = fields(value, ['kind', 'id', 'target'], 'socket');
      return { kind, id: count(it.id, 'id'), target: text(it.target, 'target', targetCharactersMax) };
    }
    case 'socket-text':
      return socketText(value);
  }
}

/** @throws FrameError */
export function decodeSocketFrame(value: unknown, kind: SocketFrame['kind']): SocketFrame {
  switch (kind) {
    case 'socket-open':
      return { kind, id: count(fields(value, ['kind', 'id'], 'socket-open').id, 'id') };
    case 'socket-text':
      return socketText(value);
    case 'socket-close': {
      const it = fields(value, ['kind', 'id', 'code', 'reason'], 'socket-close');
      const code = count(it.code, 'code');
      if (code < 1000 || code > 4999) throw new FrameError(`socket-close has the code ${code}`);
      return { kind, id: count(it.id, 'id'), code, reason: text(it.reason, 'reason', 120) };
    }
  }
}

function socketText(value: unknown): { readonly kind: 'socket-text'; readonly id: number; readonly text: string } {
  const it = fields(value, ['kind', 'id', 'text'], 'socket-text');
  return { kind: 'socket-text', id: count(it.id, 'id'), text: text(it.text, 'text') };
}
