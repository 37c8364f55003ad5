/**
 * The signer's part of the audit log: a Merkle tree over the journal's lines, a signed checkpoint every 256 records or 60 s when
 * there is something new, and the comparison with what others kept of earlier checkpoints.
 *
 *   A1  A checkpoint leaves the signer only after its record, and so all records under it, are durable.
 *   A2  While an anchor contradicts the journal nothing new is risked: limits of a rolled-back journal would be spent twice.
 *   A3  Records about checkpoints, anchors and notices ask for no further checkpoint.
 */
import type { KeyObject } from 'node:crypto';
import type { AnchorsFrame } from '../../frames/notices.ts';
import type { ClockPort } from '../link.ts';
import type { Anchors } from './anchors.ts';
import type { AuditRecord, AuditState } from './audit-state.ts';
import { type Checkpoint, checkpointText, isSignedBy, logOrigin, signCheckpoint } from './checkpoint.ts';
import { createFrontier, rootAt } from './frontier.ts';

export const checkpointRecordsMax = 256;
export const checkpointMsMax = 60_000;
/** A freeze or kill is signed at once, but not oftener than this, in ms: anybody may freeze. */
export const promptEveryMs = 5000;
/** After this long without new risk every rolling window (the longest is of 7 days) is past what the journal may have lost. */
export const rollbackMsMax = 7 * 86_400_000;

/** Where the vault's own list of checkpoints is. */
export interface CheckpointFile {
  load(): Buffer;
  /** Durable when it resolves; never called again before. */
  write(bytes: Buffer): Promise<void>;
}

export interface AuditPorts {
  readonly clock: ClockPort;
  readonly vaultId: string;
  readonly state: AuditState;
  readonly identity: { readonly privateKey: KeyObject; readonly publicKey: KeyObject };
  readonly commit: (body: AuditRecord, after?: () => void) => void;
  /** The journal's bytes as they are on disk. */
  readonly journal: () => Buffer;
  readonly file: CheckpointFile | null;
  readonly anchors: Anchors;
  /** Asks the warden for the newest anchors, whose answer comes to `compare`; false: there is no warden. */
  readonly askAnchors: () => boolean;
  /** Tells the owners that the journal was rolled back. */
  readonly alarm: (title: string, text: string) => void;
  readonly log: (message: string) => void;
}

export interface AuditLog {
  /** The next line of the journal, without its line feed; in order, at the start and later. */
  take(line: string | Uint8Array, kind: string): void;
  /** After the journal was read: compares it with the checkpoints kept beside it and asks for those kept elsewhere. */
  start(): void;
  compare(frame: AnchorsFrame): void;
  /** '' or why nothing new may be risked. */
  readonly mismatch: () => string;
  /** Limits were counted anew from the exchange: goes on, with this journal as the log from now on. */
  settleMismatch(): void;
  /** Makes a checkpoint now and brings it to every destination, e.g. after a kill. */
  seal(): void;
  readonly head: () => { readonly size: number; readonly root: string; readonly checkpoint: AuditState['checkpoint'] };
}

const unasked: ReadonlySet<string> = new Set(['checkpoint', 'anchored', 'noticed']);
const prompt: ReadonlySet<string> = new Set(['frozen', 'killed']);

export function createAuditLog(ports: AuditPorts): AuditLog {
  const { clock, state, identity, anchors, commit, log } = ports;
  const origin = logOrigin(ports.vaultId);
  const frontier = createFrontier();
  /** Roots by size wherever the journal has a checkpoint: anchors are compared without reading it again. */
  const roots = new Map<number, string>();
  /** Records since the last checkpoint that ask for one. */
  let fresh = 0;
  let isStarted = false;
  let isArmed = false;
  let madeAt = 0;
  let isAsking = false;
  let lastWrite = Promise.resolve();

  const root = (): string => frontier.root().toString('hex');
  const keep = (checkpoint: Checkpoint): void => {
    const { file } = ports;
    if (file === null) return;
    const bytes = Buffer.from(`${JSON.stringify(checkpoint)}\n`);
    lastWrite = lastWrite
      .then(() => file.write(bytes))
      .catch((error: Error) => log(`checkpoints.log cannot be written (${error.message}); the journal has them as well`));
  };

  const make = (isUrgent: boolean): void => {
    fresh = 0;
    madeAt = clock.now();
    const checkpoint = signCheckpoint(identity.privateKey, origin, frontier.size(), root(), clock.now());
    const { size, at, signature } = checkpoint;
    commit({ kind: 'checkpoint', size, root: checkpoint.root, at, signature }, () => {
      keep(checkpoint);
      anchors.say(checkpoint, isUrgent);
    });
  };
  const arm = (): void => {
    if (isArmed || fresh === 0) return;
    isArmed = true;
    clock.after(checkpointMsMax, () => {
      isArmed = false;
      if (fresh > 0) make(false);
    });
  };

  const settleMismatch = (): void => {
    if (state.rollback === '') return;
    commit({ kind: 'rollback-settled' });
    make(true); // the anchors must have what this journal is from now on before the next start
  };
  const settleInTime = (): void => {
    if (state.rollback === '') return;
    clock.after(Math.max(0, state.rollbackAt + rollbackMsMax - clock.now()), settleMismatch);
  };

  const found = (where: string, checkpoint: Checkpoint): void => {
    const fault = contradiction(checkpoint);
    if (fault === '' || state.rollback !== '') return;
    const { size, at } = checkpoint;
    const reason = `${where} holds the vault's log of ${new Date(at).toISOString()} with ${size} records, but ${fault}`;
    commit({ kind: 'rollback', reason, size, root: checkpoint.root, at });
    log(reason);
    settleInTime();
    ports.alarm('The vault was set back to an older state', rollbackText(reason));
  };
  const contradiction = (checkpoint: Checkpoint): string => {
    if (checkpoint.size > frontier.size()) return `this journal ends after ${frontier.size()}`;
    const here = roots.get(checkpoint.size) ?? rootAt(ports.journal(), checkpoint.size);
    return here === checkpoint.root ? '' : 'this journal begins with others';
  };
  const isOurs = (where: string, checkpoint: Checkpoint): boolean => {
    const is = checkpoint.origin === origin && isSignedBy(identity.publicKey, checkpoint);
    if (!is) log(`${where} holds a checkpoint that this vault did not sign; it is not counted`);
    return is;
  };

  return {
    take: (line, kind) => {
      if (kind === 'checkpoint') roots.set(frontier.size(), root());
      frontier.add(line);
      if (unasked.has(kind)) return;
      fresh += 1;
      if (!isStarted) return;
      const isPrompt = prompt.has(kind) && clock.now() - madeAt >= promptEveryMs;
      if (isPrompt || fresh === checkpointRecordsMax) queueMicrotask(() => fresh > 0 && make(kind === 'killed'));
      else arm();
    },
    start: () => {
      isStarted = true;
      const kept = ports.file === null ? null : lastCheckpoint(ports.file.load());
      if (kept !== null && isOurs('checkpoints.log', kept)) found('checkpoints.log', kept);
      const newest = state.checkpoint;
      if (newest !== null && (kept === null || kept.at < newest.at)) keep({ v: 1, origin, ...newest });
      settleInTime();
      isAsking = ports.askAnchors();
      arm();
    },
    compare: (frame) => {
      isAsking = false;
      for (const { path, checkpoint, reason } of frame.found) {
        const where = path === '' ? 'the warden' : path;
        if (reason !== '') log(`the anchors in ${where} cannot be read: ${reason}`);
        else if (checkpoint !== null && isOurs(where, checkpoint)) found(where, checkpoint);
      }
    },
    mismatch: () => (isAsking ? 'the journal is being compared with its anchors' : state.rollback),
    settleMismatch,
    seal: () => make(true),
    head: () => ({ size: frontier.size(), root: root(), checkpoint: state.checkpoint }),
  };
}

const rollbackText = (reason: string): string =>
  `${reason}. Somebody put an older copy of the vault back, or cut its journal. Nothing new is traded until the limits are counted anew from the exchange. If it was not you who restored a backup: freeze, and delete the keys at the exchange.`;

/** The last whole line of checkpoints.log; null when there is none or it is not one of ours. */
function lastCheckpoint(bytes: Buffer): Checkpoint | null {
  const line = bytes.toString('utf8').split('\n').at(-2);
  if (line === undefined) return null;
  try {
    const it = JSON.parse(line) as Checkpoint;
    checkpointText(it);
    return it;
  } catch {
    return null;
  }
}
