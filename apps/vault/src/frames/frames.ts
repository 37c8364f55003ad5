/**
 * What the vault's processes say to each other. Four ordered duplex streams end in the signer: descriptor 3 gate,
 * 4 egress, 5 warden, 6 portal. The end of any of them ends the signer; the warden then starts all four afresh.
 *
 *   gate    carries raw door requests in, answers and event lines out; it adds and judges nothing.
 *   egress  carries out complete requests, reports what came of them, the private streams and the reference price.
 *   portal  the gate's requests and answers for the owner's pages: `key` is the session, the other headers are ''; no streams.
 *   warden  first one raw frame of 32 bytes, the unseal key; then `start`; then the state of all processes.
 *
 * Every decoder has a closed key set. Amounts are plain decimal strings, times unix milliseconds.
 */

import type { Protection } from '@holdfast/domain';
import { count, type Fields, FrameError, fields, flag, list, oneOf, text, texts } from './decode.ts';
import {
  type DialectFrame,
  decodeDialectFrame,
  decodeSocketFrame,
  isDialectKind,
  isSocketKind,
  type SocketFrame,
} from './dialect-frames.ts';
import { requestBytesMax } from './framing.ts';
import {
  type AnchorDoneFrame,
  type AnchorFrame,
  type AnchorsFrame,
  type AnchorsWantedFrame,
  decodeAnchor,
  decodeAnchorDone,
  decodeAnchors,
  decodeAnchorsWanted,
  decodeNotice,
  decodeNoticeDone,
  type NoticeDoneFrame,
  type NoticeFrame,
} from './notices.ts';
import {
  decodeUnsealFacts,
  decodeWrapDone,
  decodeWrapFrame,
  type UnsealFacts,
  type WrapDoneFrame,
  type WrapFrame,
} from './wrap-frames.ts';

export { FrameError } from './decode.ts';
export * from './dialect-frames.ts';
export * from './framing.ts';
export * from './notices.ts';
export { type PeerName, peerNames, peerSecret, unsealKeyBytes } from './peer-secret.ts';
export { noUnsealFacts, type UnsealFacts, type WrapDoneFrame, type WrapFrame } from './wrap-frames.ts';

/** gate → signer */
export type GateToSigner =
  /**
   * One door request, `GET /v1/events?from=N` included. `path` is the raw target with its query; `headers` are the four
   * door headers ('' when absent); ids are the gate's, rising from 1.
   */
  | {
      readonly kind: 'request';
      readonly id: number;
      readonly method: string;
      readonly path: string;
      readonly headers: { readonly key: string; readonly time: string; readonly nonce: string; readonly mac: string };
      readonly body: string;
    }
  /** The client of a request, stream or connection went away. */
  | { readonly kind: 'gone'; readonly id: number }
  | DialectFrame;

/** signer → gate */
export type SignerToGate =
  /** The answer of request `id`; `body` is JSON text. */
  | { readonly kind: 'answer'; readonly id: number; readonly status: number; readonly body: string }
  /** Request `id` is answered by a stream (200, `application/x-ndjson`) that stays open. */
  | { readonly kind: 'stream'; readonly id: number }
  /** More of stream `id`: whole lines, each ending in a line feed. */
  | { readonly kind: 'lines'; readonly id: number; readonly text: string }
  | SocketFrame;

/** Why a request goes out; for egress's log and priorities only. */
export const requestPurposes = ['place', 'cancel', 'query', 'reconcile', 'permissions', 'public'] as const;
export type RequestPurpose = (typeof requestPurposes)[number];

/** A complete request for the exchange of the vault's configuration. `path` has no query; `query` is already encoded, without `?`. */
export interface UpstreamRequest {
  readonly method: 'GET' | 'POST' | 'DELETE';
  readonly path: string;
  readonly query: string;
  readonly headers: Readonly<Record<string, string>>;
  readonly body: string;
}

/** signer → egress */
export type SignerToEgress =
  | NoticeFrame
  | {
      readonly kind: 'request';
      readonly id: number;
      readonly account: string;
      readonly purpose: RequestPurpose;
      readonly request: UpstreamRequest;
    }
  /**
   * Open the account's private stream: dial the WebSocket API (`path`, with `?sync=1` on a simulated vault), send `message`
   * once as it is, report `stream-open` when the exchange has answered it with status 200 and from then on every event;
   * report `stream-lost` when that fails or ends. Never dials again by itself. Replaces an open stream of the account.
   */
  | { readonly kind: 'open-stream'; readonly account: string; readonly path: string; readonly message: string }
  | { readonly kind: 'close-stream'; readonly account: string }
  /** The complete set of pairs (`BASE/QUOTE`) whose reference price is wanted. */
  | { readonly kind: 'pairs'; readonly pairs: readonly string[] };

/** The median of independent exchanges for one pair, from `sources` fresh ones. */
export interface ReferenceFrame {
  readonly pair: string;
  readonly price: string;
  readonly sources: number;
}

/** What the trading exchange itself shows of a pair: the middle of its book, and its volumes in quote. null: not known. */
export interface VenueFrame {
  readonly pair: string;
  readonly mid: string | null;
  readonly volume24h: string | null;
  readonly volume5m: string | null;
}

/** egress → signer */
export type EgressToSigner =
  | NoticeDoneFrame
  | { readonly kind: 'answer'; readonly id: number; readonly status: number; readonly body: string }
  /** No answer came. `sent` false: no byte of the request left. */
  | { readonly kind: 'failed'; readonly id: number; readonly cause: 'timeout' | 'reset'; readonly sent: boolean }
  /** One event of the private stream, as raw JSON text without the subscription's envelope. */
  | { readonly kind: 'event'; readonly account: string; readonly event: string }
  | { readonly kind: 'stream-open'; readonly account: string }
  | { readonly kind: 'stream-lost'; readonly account: string; readonly reason: string }
  /**
   * Simulated vaults in lockstep: all that the open private streams and reference feeds had to say up to round `n` has been
   * said. `time` is the exchange's; `reference` holds every known price. Repeated rounds are passed on again.
   */
  | {
      readonly kind: 'sync';
      readonly n: number;
      readonly time: number;
      readonly reference: readonly ReferenceFrame[];
      readonly own?: readonly VenueFrame[];
    }
  /** Outside lockstep: the reference prices at `time` (the exchange's; simulated in free run: of its newest message). */
  | {
      readonly kind: 'reference';
      readonly time: number;
      readonly reference: readonly ReferenceFrame[];
      readonly own?: readonly VenueFrame[];
      /** Of a real vault: the clocks of the reference exchanges, unix ms; absent when too few have said it. */
      readonly serverTime?: number;
    };

/** One process of the vault, as the warden sees it. */
export interface ProcessFrame {
  readonly name: string;
  readonly pid: number;
  readonly state: string;
  readonly rssBytes: number;
}

/** warden → signer, after the raw frame with the unseal key */
export type WardenToSigner =
  | AnchorDoneFrame
  | AnchorsFrame
  | {
      readonly kind: 'start';
      readonly vaultId: string;
      readonly simulated: boolean;
      /** Simulated vault: origin of the exchange on the loopback, e.g. `http://127.0.0.1:8440`. Real vault: `binance`. */
      readonly exchange: string;
      /** The signer's own folder (DATA/vault/signer), real path, mode 0700, no links inside. */
      readonly folder: string;
      /** The owner's Ed25519 public key, SPKI PEM; '' on a real vault, whose owners enrol. */
      readonly ownerKey: string;
      /** The one origin of the owner's pages, e.g. `http://localhost:8431`; passkeys count for its host. */
      readonly portalOrigin: string;
      /** Why everything is to be revoked before anything else: a kill that found no signer. '' when there was none. */
      readonly kill: string;
      /** `simulated`, `passphrase`, `credential`, `passkey`, `network` or `key-file`. */
      readonly unsealedBy: string;
    }
  /** `protections`: measures and whether they are in force on this machine, measured once the signer runs. */
  | {
      readonly kind: 'processes';
      readonly processes: readonly ProcessFrame[];
      readonly protections: readonly Protection[];
      readonly unseal: UnsealFacts;
    }
  | WrapDoneFrame;

/** signer → warden. Log lines go to stderr. */
export type SignerToWarden =
  | AnchorFrame
  | AnchorsWantedFrame
  | WrapFrame
  /** The journal is read and the signer answers; `seq` and `head` are the journal's. */
  | { readonly kind: 'ready'; readonly seq: number; readonly head: string }
  /** Everything is revoked, durably: drop the unseal key and start nothing again. */
  | { readonly kind: 'killed'; readonly reason: string };

const kindOf = (value: unknown): unknown =>
  typeof value === 'object' && value !== null ? (value as { kind?: unknown }).kind : undefined;

const unknownKind = (from: string, value: unknown): never => {
  throw new FrameError(`${from} sent a frame of unknown kind ${JSON.stringify(kindOf(value))?.slice(0, 40)}`);
};

/** @throws FrameError */
export function decodeGateToSigner(value: unknown): GateToSigner {
  const kind = kindOf(value);
  if (isDialectKind(kind)) return decodeDialectFrame(value, kind);
  switch (kind) {
    case 'request': {
      const it = fields(value, ['kind', 'id', 'method', 'path', 'headers', 'body'], 'request');
      const headers = fields(it.headers, ['key', 'time', 'nonce', 'mac'], 'headers');
      return {
        kind: 'request',
        id: count(it.id, 'id'),
        method: text(it.method, 'method', 16),
        path: text(it.path, 'path', 2048),
        headers: {
          key: text(headers.key, 'key', 128),
          time: text(headers.time, 'time', 32),
          nonce: text(headers.nonce, 'nonce', 64),
          mac: text(headers.mac, 'mac', 128),
        },
        body: text(it.body, 'body', requestBytesMax),
      };
    }
    case 'gone':
      return { kind: 'gone', id: count(fields(value, ['kind', 'id'], 'gone').id, 'id') };
    default:
      return unknownKind('gate', value);
  }
}

/** @throws FrameError */
export function decodeSignerToGate(value: unknown): SignerToGate {
  const kind = kindOf(value);
  if (isSocketKind(kind)) return decodeSocketFrame(value, kind);
  switch (kind) {
    case 'answer':
      return decodeAnswer(value);
    case 'stream':
      return { kind: 'stream', id: count(fields(value, ['kind', 'id'], 'stream').id, 'id') };
    case 'lines': {
      const it = fields(value, ['kind', 'id', 'text'], 'lines');
      return { kind: 'lines', id: count(it.id, 'id'), text: text(it.text, 'text', Number.MAX_SAFE_INTEGER) };
    }
    default:
      return unknownKind('signer', value);
  }
}

/** @throws FrameError */
export function decodeSignerToEgress(value: unknown): SignerToEgress {
  switch (kindOf(value)) {
    case 'notice':
      return decodeNotice(value);
    case 'request': {
      const it = fields(value, ['kind', 'id', 'account', 'purpose', 'request'], 'request');
      const request = fields(it.request, ['method', 'path', 'query', 'headers', 'body'], 'upstream request');
      return {
        kind: 'request',
        id: count(it.id, 'id'),
        account: text(it.account, 'account', 64),
        purpose: oneOf(it.purpose, requestPurposes, 'purpose'),
        request: {
          method: oneOf(request.method, ['GET', 'POST', 'DELETE'], 'method'),
          path: text(request.path, 'path', 256),
          query: text(request.query, 'query', 8192),
          headers: texts(request.headers, 6, 'headers'),
          body: text(request.body, 'body'),
        },
      };
    }
    case 'open-stream': {
      const it = fields(value, ['kind', 'account', 'path', 'message'], 'open-stream');
      return {
        kind: 'open-stream',
        account: text(it.account, 'account', 64),
        path: text(it.path, 'path', 256),
        message: text(it.message, 'message'),
      };
    }
    case 'close-stream':
      return { kind: 'close-stream', account: text(fields(value, ['kind', 'account'], 'close-stream').account, 'account', 64) };
    case 'pairs': {
      const it = fields(value, ['kind', 'pairs'], 'pairs');
      return { kind: 'pairs', pairs: list(it.pairs, 1000, 'pairs', (item) => text(item, 'pair', 64)) };
    }
    default:
      return unknownKind('signer', value);
  }
}

/** @throws FrameError */
export function decodeEgressToSigner(value: unknown): EgressToSigner {
  switch (kindOf(value)) {
    case 'notice-done':
      return decodeNoticeDone(value);
    case 'answer':
      return decodeAnswer(value);
    case 'failed': {
      const it = fields(value, ['kind', 'id', 'cause', 'sent'], 'failed');
      const cause = oneOf(it.cause, ['timeout', 'reset'], 'cause');
      return { kind: 'failed', id: count(it.id, 'id'), cause, sent: flag(it.sent, 'sent') };
    }
    case 'event': {
      const it = fields(value, ['kind', 'account', 'event'], 'event');
      return { kind: 'event', account: text(it.account, 'account', 64), event: text(it.event, 'event', 1024 * 1024) };
    }
    case 'stream-open':
      return { kind: 'stream-open', account: text(fields(value, ['kind', 'account'], 'stream-open').account, 'account', 64) };
    case 'stream-lost': {
      const it = fields(value, ['kind', 'account', 'reason'], 'stream-lost');
      return { kind: 'stream-lost', account: text(it.account, 'account', 64), reason: text(it.reason, 'reason', 1024) };
    }
    case 'sync': {
      const it = fields(value, withOwn(value, ['kind', 'n', 'time', 'reference']), 'sync');
      return { kind: 'sync', n: count(it.n, 'n'), time: count(it.time, 'time'), reference: references(it), ...venues(it) };
    }
    case 'reference': {
      const it = fields(value, withOwn(value, ['kind', 'time', 'reference']), 'reference');
      return { kind: 'reference', time: count(it.time, 'time'), reference: references(it), ...venues(it), ...serverTime(it) };
    }
    default:
      return unknownKind('egress', value);
  }
}

/** @throws FrameError */
export function decodeWardenToSigner(value: unknown): WardenToSigner {
  switch (kindOf(value)) {
    case 'anchor-done':
      return decodeAnchorDone(value);
    case 'anchors':
      return decodeAnchors(value);
    case 'wrap-done':
      return decodeWrapDone(value);
    case 'start': {
      const it = fields(
        value,
        ['kind', 'vaultId', 'simulated', 'exchange', 'folder', 'ownerKey', 'portalOrigin', 'kill', 'unsealedBy'],
        'start',
      );
      return {
        kind: 'start',
        vaultId: text(it.vaultId, 'vaultId', 64),
        simulated: flag(it.simulated, 'simulated'),
        exchange: text(it.exchange, 'exchange', 256),
        folder: text(it.folder, 'folder', 4096),
        ownerKey: text(it.ownerKey, 'ownerKey', 1024),
        portalOrigin: text(it.portalOrigin, 'portalOrigin', 256),
        kill: text(it.kill, 'kill', 200),
        unsealedBy: text(it.unsealedBy, 'unsealedBy', 32),
      };
    }
    case 'processes': {
      const it = fields(value, ['kind', 'processes', 'protections', 'unseal'], 'processes');
      return {
        kind: 'processes',
        processes: list(it.processes, 16, 'processes', decodeProcess),
        protections: list(it.protections, 32, 'protections', decodeProtection),
        unseal: decodeUnsealFacts(it.unseal),
      };
    }
    default:
      return unknownKind('warden', value);
  }
}

/** @throws FrameError */
export function decodeSignerToWarden(value: unknown): SignerToWarden {
  switch (kindOf(value)) {
    case 'anchor':
      return decodeAnchor(value);
    case 'anchors-wanted':
      return decodeAnchorsWanted(value);
    case 'wrap-add':
      return decodeWrapFrame(value, 'wrap-add');
    case 'wrap-remove':
      return decodeWrapFrame(value, 'wrap-remove');
    case 'ready': {
      const it = fields(value, ['kind', 'seq', 'head'], 'ready');
      return { kind: 'ready', seq: count(it.seq, 'seq'), head: text(it.head, 'head', 64) };
    }
    case 'killed':
      return { kind: 'killed', reason: text(fields(value, ['kind', 'reason'], 'killed').reason, 'reason', 200) };
    default:
      return unknownKind('signer', value);
  }
}

function decodeAnswer(value: unknown): { kind: 'answer'; id: number; status: number; body: string } {
  const it = fields(value, ['kind', 'id', 'status', 'body'], 'answer');
  const body = text(it.body, 'body', Number.MAX_SAFE_INTEGER);
  return { kind: 'answer', id: count(it.id, 'id'), status: count(it.status, 'status'), body };
}

function decodeProtection(value: unknown): Protection {
  const it = fields(value, ['name', 'inForce', 'text'], 'protection');
  return { name: text(it.name, 'name', 64), inForce: flag(it.inForce, 'inForce'), text: text(it.text, 'text', 400) };
}

function decodeProcess(value: unknown): ProcessFrame {
  const it = fields(value, ['name', 'pid', 'state', 'rssBytes'], 'process');
  return {
    name: text(it.name, 'name', 64),
    pid: count(it.pid, 'pid'),
    state: text(it.state, 'state', 64),
    rssBytes: count(it.rssBytes, 'rssBytes'),
  };
}

const references = (of: Fields): readonly ReferenceFrame[] =>
  list(of.reference, 1000, 'reference', (item) => {
    const it = fields(item, ['pair', 'price', 'sources'], 'reference price');
    return { pair: text(it.pair, 'pair', 64), price: text(it.price, 'price', 64), sources: count(it.sources, 'sources') };
  });

const withOwn = (value: unknown, keys: readonly string[]): readonly string[] => [
  ...keys,
  ...['own', 'serverTime'].filter((key) => typeof value === 'object' && value !== null && key in value),
];

function venues(of: Fields): { readonly own?: readonly VenueFrame[] } {
  if (of.own === undefined) return {};
  const known = (value: unknown, what: string): string | null => (value === null ? null : text(value, what, 64));
  const own = list(of.own, 1000, 'own', (item): VenueFrame => {
    const it = fields(item, ['pair', 'mid', 'volume24h', 'volume5m'], 'own market');
    return {
      pair: text(it.pair, 'pair', 64),
      mid: known(it.mid, 'mid'),
      volume24h: known(it.volume24h, 'volume24h'),
      volume5m: known(it.volume5m, 'volume5m'),
    };
  });
  return { own };
}

const serverTime = (of: Fields): { readonly serverTime?: number } =>
  of.serverTime === undefined ? {} : { serverTime: count(of.serverTime, 'serverTime') };
