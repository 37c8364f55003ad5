/**
 * The vault's signer in one process, for drills and breach tests: the signer that ships, on ports that are held in memory
 * and on a clock that its caller moves. Gate and egress are played here as a hostile host could play them: whatever the
 * caller hands in reaches the signer, and the caller sees every request that the signer wants sent. What was durable
 * survives `kill`, nothing else does.
 */
import { createHash, createHmac, createSecretKey, type KeyObject, randomBytes } from 'node:crypto';
import { macText } from '@holdfast/domain';
import {
  type EgressToSigner,
  type PeerName,
  peerSecret,
  type ReferenceFrame,
  type SignerToEgress,
  type SignerToGate,
  type UpstreamRequest,
  type VenueFrame,
} from '../frames/frames.ts';
import { createSecrets } from '../signer/secrets.ts';
import { createSigner, type Signer } from '../signer/signer.ts';

export type { PeerName, ReferenceFrame, UpstreamRequest, VenueFrame } from '../frames/frames.ts';

/** What comes of a request: the exchange's answer, none although it may have arrived, or none and it never left. */
export type Upstream = { readonly status: number; readonly body: string } | 'answer-lost' | 'request-lost';

/** Who speaks at the door: a peer or a sub-key, with its secret. */
export interface DoorKey {
  readonly id: string;
  readonly secret: Buffer;
}
export interface DoorAnswer {
  readonly status: number;
  // biome-ignore lint/suspicious/noExplicitAny: answers of many shapes, read by those who asked
  readonly body: any;
}
export interface RawRequest {
  readonly method: string;
  readonly path: string;
  readonly headers: { readonly key: string; readonly time: string; readonly nonce: string; readonly mac: string };
  readonly body: string;
}

export interface DrillVaultOptions {
  readonly vaultId?: string;
  /** The machine's clock, unix ms, and its timers. */
  readonly now: () => number;
  readonly after: (ms: number, act: () => void) => void;
  readonly ownerKey: KeyObject;
  /** Carries a request of the signer's to the exchange. */
  readonly upstream: (account: string, request: UpstreamRequest, purpose: string) => Upstream;
  /** Runs before bytes of the journal are kept; what it throws is a disk that fails. */
  readonly disk?: (bytes: Buffer) => void | Promise<void>;
  readonly log?: (message: string) => void;
  /** Hears each line of the event stream. */
  readonly line?: (line: string) => void;
}

export interface DrillVault {
  readonly vaultId: string;
  readonly isUp: () => boolean;
  /** A request as a program makes it: MACed with the caller's key. `body` that is no text becomes JSON. */
  ask(key: DoorKey, path: string, body: unknown, method?: string): Promise<DoorAnswer>;
  /** A request with headers of the caller's making. */
  raw(request: RawRequest): Promise<DoorAnswer>;
  headersOf(key: DoorKey, method: string, path: string, body: string, time?: number): RawRequest['headers'];
  peer(name: PeerName): DoorKey;
  /** An event of the private stream, heard only while the stream is open. */
  event(account: string, text: string): void;
  loseStream(account: string): void;
  /** A round of the exchange's clock with reference prices, and with what the exchange itself shows of its pairs. */
  round(time: number, reference: readonly ReferenceFrame[], own?: readonly VenueFrame[]): void;
  /** Any frame, as a hostile egress could make it. */
  fromEgress(frame: EgressToSigner): void;
  kill(): void;
  start(): void;
  readonly journal: () => Buffer;
  setJournal(bytes: Buffer): void;
  /** Texts that the signer logged. */
  readonly logged: readonly string[];
  /** Reasons of kills, as they were told to the warden. */
  readonly killed: readonly string[];
  /** Lines of the event stream, when somebody subscribed. */
  readonly lines: readonly string[];
}

const portalOrigin = 'http://localhost:8431';

export function createDrillVault(options: DrillVaultOptions): DrillVault {
  const { vaultId = 'drill', now, after, ownerKey, upstream } = options;
  const unsealKey = Buffer.alloc(32, 7);
  const keyFiles = new Map<string, Buffer>();
  const streams = new Set<string>();
  const logged: string[] = [];
  const lines: string[] = [];
  const killed: string[] = [];
  let waiting = new Map<number, (answer: DoorAnswer) => void>();
  /** What was written, in the parts it came in: drills write thousands. */
  let journal: Buffer[] = [];
  let life = 0;
  let up = false;
  let lastRequest = 0;
  let round = 0;
  let signer: Signer;

  /** Frames come one after the other and never inside a call of the signer's own. */
  const say = (frame: EgressToSigner): void => {
    const mine = life;
    queueMicrotask(() => {
      if (mine === life && up) signer.fromEgress(frame);
    });
  };

  const carry = (frame: Extract<SignerToEgress, { kind: 'request' }>): void => {
    const answer = upstream(frame.account, frame.request, frame.purpose);
    if (answer === 'answer-lost' || answer === 'request-lost')
      say({ kind: 'failed', id: frame.id, cause: 'timeout', sent: answer === 'answer-lost' });
    else say({ kind: 'answer', id: frame.id, ...answer });
  };

  const toEgress = (frame: SignerToEgress): void => {
    if (frame.kind === 'request') carry(frame);
    else if (frame.kind === 'open-stream') {
      streams.add(frame.account);
      say({ kind: 'stream-open', account: frame.account });
    } else if (frame.kind === 'close-stream') streams.delete(frame.account);
  };

  const toGate = (frame: SignerToGate): void => {
    if (frame.kind === 'lines')
      for (const line of frame.text.split('\n').filter((each) => each !== '')) {
        lines.push(line);
        options.line?.(line);
      }
    if (frame.kind !== 'answer') return;
    const answer = waiting.get(frame.id);
    waiting.delete(frame.id);
    answer?.({ status: frame.status, body: JSON.parse(frame.body) });
  };

  const start = (): void => {
    life += 1;
    up = true;
    const mine = life;
    const alive = (): boolean => mine === life && up;
    signer = createSigner({
      journal: {
        load: () => Buffer.concat(journal),
        truncate: (length) => {
          journal = [Buffer.concat(journal).subarray(0, length)];
        },
        write: async (bytes) => {
          if (!alive()) return new Promise(() => {});
          await options.disk?.(bytes);
          if (!alive()) return new Promise(() => {});
          journal.push(bytes);
        },
      },
      journalName: 'journal',
      clock: { now, after: (ms, act) => after(ms, () => alive() && act()) },
      gate: (frame) => alive() && toGate(frame),
      portal: (frame) => alive() && toGate(frame),
      egress: (frame) => alive() && toEgress(frame),
      warden: (frame) => {
        if (frame.kind === 'killed') killed.push(frame.reason);
      },
      secrets: createSecrets(createSecretKey(unsealKey), vaultId, {
        read: (name) => keyFiles.get(name) ?? null,
        write: (name, bytes) => void keyFiles.set(name, bytes),
        erase: (name) => void keyFiles.delete(name),
      }),
      config: { vaultId, simulated: true, ownerKey, portalOrigin, kill: '' },
      log: (message) => {
        logged.push(message);
        options.log?.(message);
      },
      fatal: (error) => {
        logged.push(`fatal: ${error.message}`);
        kill();
      },
    });
  };

  const kill = (): void => {
    life += 1;
    up = false;
    streams.clear();
    waiting = new Map();
  };

  const raw = (request: RawRequest): Promise<DoorAnswer> =>
    new Promise((resolve) => {
      lastRequest += 1;
      const id = lastRequest;
      waiting.set(id, resolve);
      if (up) signer.fromGate({ kind: 'request', id, ...request });
    });

  const headersOf: DrillVault['headersOf'] = ({ id, secret }, method, path, body, time = now()) => {
    const nonce = randomBytes(16).toString('hex');
    const text = macText(method, path, String(time), nonce, createHash('sha256').update(body).digest('hex'));
    return { key: id, time: String(time), nonce, mac: createHmac('sha256', secret).update(text).digest('hex') };
  };

  start();
  return {
    vaultId,
    isUp: () => up,
    raw,
    headersOf,
    ask: (key, path, body, method = 'POST') => {
      const text = typeof body === 'string' ? body : JSON.stringify(body);
      return raw({ method, path, headers: headersOf(key, method, path, text), body: text });
    },
    peer: (name) => ({ id: name, secret: peerSecret(unsealKey, vaultId, name) }),
    event: (account, event) => {
      if (streams.has(account)) say({ kind: 'event', account, event });
    },
    loseStream: (account) => {
      if (streams.delete(account)) say({ kind: 'stream-lost', account, reason: 'drill' });
    },
    round: (time, reference, own = []) => {
      round += 1;
      say({ kind: 'sync', n: round, time, reference, own });
    },
    fromEgress: say,
    kill,
    start,
    journal: () => Buffer.concat(journal),
    setJournal: (bytes) => {
      journal = [Buffer.from(bytes)];
    },
    logged,
    lines,
    killed,
  };
}
