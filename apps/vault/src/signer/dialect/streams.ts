/**
 * Private streams, ended in the vault and said again for one sub-key: order and balance events, rebuilt from what is
 * settled. The exchange's own stream, its listen keys and its logons never come here.
 *
 *   W1  A connection hears of the sub-key that proved itself for it, and of no other.
 *   W2  What a client says is one of a few words (subscribe, unsubscribe, ping); anything else ends its connection.
 */
import { randomBytes } from 'node:crypto';
import type { SubKeyId } from '@holdfast/domain';
import type { SignerToGate } from '../../frames/frames.ts';
import { DialectError, parameterError, refusalError } from './dialect-error.ts';
import { quoted } from './read-request.ts';
import type { Json } from './show.ts';

/** A listen key is good for an hour after it was asked for or kept (the exchange's rule). */
const listenKeyMs = 3_600_000;
const messageCharactersMax = 4096;
const subscriptionsMax = 8;
const connectionsMax = 256;

export interface StreamPorts {
  readonly now: () => number;
  readonly send: (frame: SignerToGate) => void;
  /** Proves a subscription. @throws DialectError */
  readonly prove: (request: {
    apiKey: string;
    payload: string;
    signature: string;
    timestamp: number;
    recvWindow: number;
  }) => SubKeyId;
  readonly isAlive: (subKey: SubKeyId) => boolean;
}

export interface Streams {
  start(subKey: SubKeyId): string;
  /** @throws DialectError when the key is not one of the sub-key's */
  keep(subKey: SubKeyId, listenKey: string): void;
  stop(subKey: SubKeyId, listenKey: string): void;
  /** A client wants a connection; `target` is raw. */
  open(id: number, target: string): void;
  heard(id: number, text: string): void;
  gone(id: number): void;
  /** Says events to whoever listens to the sub-key. */
  say(subKey: SubKeyId, events: readonly Json[]): void;
  readonly isHeard: (subKey: SubKeyId) => boolean;
}

/** `wrap` writes an event as this connection wants it. */
interface Listener {
  readonly subKey: SubKeyId;
  readonly wrap: (event: Json) => unknown;
  /** A listen key that must still be good; null when the proof was made on the connection itself. */
  readonly listenKey: string | null;
}

interface Connection {
  readonly isApi: boolean;
  readonly listeners: Map<number, Listener>;
  lastSubscription: number;
}

const listenTarget = /^\/ws\/([A-Za-z0-9]{64})$/;
const combinedTarget = /^\/stream\?streams=([A-Za-z0-9]{64})$/;
const apiTarget = /^\/ws-api\/v3(?:\?returnRateLimits=(?:true|false))?$/;

/** 64 letters and digits, as the exchange's listen keys. */
const newListenKey = (): string => randomBytes(32).toString('hex');

export function createStreams({ now, send, prove, isAlive }: StreamPorts): Streams {
  const listenKeys = new Map<string, { readonly subKey: SubKeyId; until: number }>();
  const connections = new Map<number, Connection>();

  const goodKey = (listenKey: string): { readonly subKey: SubKeyId; until: number } | undefined => {
    const known = listenKeys.get(listenKey);
    if (known === undefined) return undefined;
    if (known.until > now() && isAlive(known.subKey)) return known;
    listenKeys.delete(listenKey);
    return undefined;
  };
  const ownKey = (subKey: SubKeyId, listenKey: string) => {
    const known = goodKey(listenKey);
    if (known === undefined || known.subKey !== subKey) throw new DialectError(400, -1125, 'This listenKey does not exist.');
    return known;
  };
  const close = (id: number, code: number, reason: string): void => {
    if (connections.delete(id)) send({ kind: 'socket-close', id, code, reason });
  };

  /** Who proved nothing yet keeps out nobody who may. */
  const makeRoom = (): void => {
    const silent = [...connections].find(([, { listeners }]) => listeners.size === 0);
    if (silent !== undefined) close(silent[0], 1008, 'it subscribed to nothing, and others want to');
  };

  const openListening = (id: number, listenKey: string, wrap: Listener['wrap']): void => {
    const known = goodKey(listenKey);
    if (known === undefined) {
      refuse(id, new DialectError(400, -1125, 'This listenKey does not exist.'));
      return;
    }
    const listeners = new Map([[0, { subKey: known.subKey, wrap, listenKey }]]);
    connections.set(id, { isApi: false, listeners, lastSubscription: 0 });
    send({ kind: 'socket-open', id });
  };
  const refuse = (id: number, error: DialectError): void =>
    send({ kind: 'answer', id, status: error.status, body: JSON.stringify(error.body()) });

  const heardApi = (id: number, connection: Connection, text: string): void => {
    const request = readApiRequest(text);
    if (request === null) {
      close(id, 1008, 'not a request');
      return;
    }
    const answer = (body: Json): void =>
      send({ kind: 'socket-text', id, text: JSON.stringify({ id: request.id, ...body, rateLimits: [] }) });
    try {
      const result = act(connection, request);
      answer({ status: 200, result });
    } catch (error) {
      if (!(error instanceof DialectError)) throw error;
      answer({ status: error.status, error: error.body() });
      if (error.refusal === 'E_PATH') close(id, 1008, 'only subscribe, unsubscribe and ping are heard here');
    }
  };

  const act = (connection: Connection, request: ApiRequest): Json => {
    switch (request.method) {
      case 'ping':
        return {};
      case 'userDataStream.subscribe.signature':
        return subscribe(connection, request.params);
      case 'userDataStream.unsubscribe': {
        const wanted = request.params.get('subscriptionId');
        if (wanted === undefined) connection.listeners.clear();
        else connection.listeners.delete(Number(wanted));
        return {};
      }
      default:
        throw refusalError('E_PATH', `${quoted(request.method)} is not taken on this connection`);
    }
  };

  const subscribe = (connection: Connection, params: ReadonlyMap<string, string>): Json => {
    if (connection.listeners.size >= subscriptionsMax)
      throw parameterError(-1101, `${subscriptionsMax} subscriptions are the most on one connection`);
    const subKey = prove(readProof(params));
    const subscriptionId = connection.lastSubscription;
    connection.lastSubscription += 1;
    connection.listeners.set(subscriptionId, { subKey, wrap: (event) => ({ subscriptionId, event }), listenKey: null });
    return { subscriptionId };
  };

  return {
    start: (subKey) => {
      for (const [listenKey, known] of listenKeys) {
        if (goodKey(listenKey) === undefined || known.subKey !== subKey) continue;
        known.until = now() + listenKeyMs;
        return listenKey;
      }
      const listenKey = newListenKey();
      listenKeys.set(listenKey, { subKey, until: now() + listenKeyMs });
      return listenKey;
    },
    keep: (subKey, listenKey) => {
      ownKey(subKey, listenKey).until = now() + listenKeyMs;
    },
    stop: (subKey, listenKey) => {
      ownKey(subKey, listenKey);
      listenKeys.delete(listenKey);
      for (const [id, { listeners }] of connections)
        if ([...listeners.values()].some((it) => it.listenKey === listenKey)) close(id, 1000, 'the listen key was closed');
    },
    open: (id, target) => {
      if (connections.size >= connectionsMax) makeRoom();
      if (connections.size >= connectionsMax) {
        refuse(id, new DialectError(429, -1003, `${connectionsMax} connections are open.`));
        return;
      }
      const plain = listenTarget.exec(target)?.[1];
      const combined = combinedTarget.exec(target)?.[1];
      if (plain !== undefined) openListening(id, plain, (event) => event);
      else if (combined !== undefined) openListening(id, combined, (data) => ({ stream: combined, data }));
      else if (apiTarget.test(target)) {
        connections.set(id, { isApi: true, listeners: new Map(), lastSubscription: 0 });
        send({ kind: 'socket-open', id });
      } else refuse(id, refusalError('E_PATH', `${quoted(target)} is not a stream of this door`));
    },
    heard: (id, text) => {
      const connection = connections.get(id);
      if (connection === undefined) return;
      if (connection.isApi) heardApi(id, connection, text);
      else close(id, 1008, 'this connection only speaks');
    },
    gone: (id) => {
      connections.delete(id);
    },
    say: (subKey, events) => {
      for (const [id, { listeners }] of connections)
        for (const listener of listeners.values()) {
          if (listener.subKey !== subKey) continue;
          if (!isAlive(subKey) || (listener.listenKey !== null && goodKey(listener.listenKey) === undefined)) {
            close(id, 1000, 'the key is no longer good');
            break;
          }
          for (const event of events) send({ kind: 'socket-text', id, text: JSON.stringify(listener.wrap(event)) });
        }
    },
    isHeard: (subKey) => [...connections.values()].some((it) => [...it.listeners.values()].some((of) => of.subKey === subKey)),
  };
}

interface ApiRequest {
  readonly id: string | number | null;
  readonly method: string;
  readonly params: ReadonlyMap<string, string>;
}

/** A request of the WebSocket API, or null when the text is none. Parameters are texts and whole numbers only. */
function readApiRequest(text: string): ApiRequest | null {
  if (text.length > messageCharactersMax) return null;
  let value: unknown;
  try {
    value = JSON.parse(text);
  } catch {
    return null;
  }
  if (typeof value !== 'object' || value === null || Array.isArray(value)) return null;
  const { id = null, method, params = {}, ...rest } = value as Record<string, unknown>;
  const hasId = id === null || (typeof id === 'string' && id.length <= 64) || Number.isSafeInteger(id);
  if (!hasId || typeof method !== 'string' || Object.keys(rest).length > 0) return null;
  if (typeof params !== 'object' || params === null || Array.isArray(params)) return null;
  const read = new Map<string, string>();
  for (const [name, of] of Object.entries(params)) {
    if (typeof of !== 'string' && !Number.isSafeInteger(of)) return null;
    read.set(name, String(of));
  }
  return { id: id as ApiRequest['id'], method, params: read };
}

const proofNames: ReadonlySet<string> = new Set(['apiKey', 'timestamp', 'recvWindow', 'signature']);

/** What signs a subscription: the parameters in order of their names (web-socket-api.md). @throws DialectError */
function readProof(params: ReadonlyMap<string, string>): Parameters<StreamPorts['prove']>[0] {
  for (const name of params.keys())
    if (!proofNames.has(name)) throw parameterError(-1104, `the parameter ${quoted(name)} is not read here`);
  const of = (name: string, form: RegExp): string => {
    const value = params.get(name);
    if (value === undefined) throw parameterError(-1102, `the parameter ${name} is missing`);
    if (!form.test(value)) throw parameterError(-1100, `the parameter ${name} is ${quoted(value)}`);
    return value;
  };
  const signature = params.get('signature') ?? '';
  if (!/^[0-9a-f]{64}$/.test(signature)) throw refusalError('E_SIG', 'signature is not 64 lower-case hex digits');
  const timestamp = of('timestamp', /^[1-9]\d{0,14}$/);
  const window = params.has('recvWindow') ? of('recvWindow', /^[1-9]\d{0,4}$/) : '5000';
  const apiKey = of('apiKey', /^[A-Za-z0-9]{64}$/);
  const payload = [...params]
    .filter(([name]) => name !== 'signature')
    .sort(([a], [b]) => (a < b ? -1 : 1))
    .map(([name, value]) => `${name}=${value}`)
    .join('&');
  return { apiKey, payload, signature, timestamp: Number(timestamp), recvWindow: Number(window) };
}
