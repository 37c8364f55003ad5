/**
 * Frames about notices and anchors. Destinations are the owner's; they carry no exchange credential and nothing is read from
 * them. The egress sends notices; the warden keeps anchors in files, because the signer may write its own folder only.
 */
import type { Destination } from '@holdfast/domain';
import { count, FrameError, fields, flag, list, oneOf, text } from './decode.ts';

export const noticePriorities = ['low', 'default', 'high', 'urgent'] as const;
export type NoticePriority = (typeof noticePriorities)[number];

/** A signed statement of the journal's size and Merkle root (docs/audit.md). The order of the keys is that of its text. */
export interface CheckpointFrame {
  readonly v: 1;
  readonly origin: string;
  readonly size: number;
  /** Hex. */
  readonly root: string;
  /** Unix ms of the vault's machine. */
  readonly at: number;
  /** Ed25519 of the vault's identity, base64. */
  readonly signature: string;
}

/** Where the egress can bring a notice. */
export type NoticeDestination = Exclude<Destination, { kind: 'file' }>;

/** signer → egress: one try to bring a notice; `checkpoint` makes it an anchor. */
export interface NoticeFrame {
  readonly kind: 'notice';
  readonly id: number;
  readonly destination: NoticeDestination;
  readonly title: string;
  readonly text: string;
  readonly priority: NoticePriority;
  readonly checkpoint: CheckpointFrame | null;
}

/** egress → signer: how the try ended. `final`: trying again cannot help. */
export interface NoticeDoneFrame {
  readonly kind: 'notice-done';
  readonly id: number;
  readonly ok: boolean;
  readonly final: boolean;
  readonly reason: string;
}

/** signer → warden: append a checkpoint to the file `path`, durably; '' is the warden's own record of the newest. */
export interface AnchorFrame {
  readonly kind: 'anchor';
  readonly id: number;
  readonly path: string;
  readonly checkpoint: CheckpointFrame;
}

/** signer → warden: tell the newest checkpoint of each file, and the warden's own. */
export interface AnchorsWantedFrame {
  readonly kind: 'anchors-wanted';
  readonly paths: readonly string[];
}

/** warden → signer: how `anchor` ended. */
export interface AnchorDoneFrame {
  readonly kind: 'anchor-done';
  readonly id: number;
  readonly ok: boolean;
  readonly reason: string;
}

/** warden → signer, once per `anchors-wanted`. `checkpoint` null: none there, or `reason` says why it cannot be read. */
export interface AnchorsFrame {
  readonly kind: 'anchors';
  readonly found: readonly { readonly path: string; readonly checkpoint: CheckpointFrame | null; readonly reason: string }[];
}

/** Longest title and text of a notice, in characters. */
export const noticeTitleMax = 200;
export const noticeTextMax = 8 * 1024;

/** @throws FrameError */
export function decodeNotice(value: unknown): NoticeFrame {
  const it = fields(value, ['kind', 'id', 'destination', 'title', 'text', 'priority', 'checkpoint'], 'notice');
  return {
    kind: 'notice',
    id: count(it.id, 'id'),
    destination: decodeDestination(it.destination),
    title: text(it.title, 'title', noticeTitleMax),
    text: text(it.text, 'text', noticeTextMax),
    priority: oneOf(it.priority, noticePriorities, 'priority'),
    checkpoint: it.checkpoint === null ? null : decodeCheckpoint(it.checkpoint),
  };
}

/** @throws FrameError */
export function decodeNoticeDone(value: unknown): NoticeDoneFrame {
  const it = fields(value, ['kind', 'id', 'ok', 'final', 'reason'], 'notice-done');
  return {
    kind: 'notice-done',
    id: count(it.id, 'id'),
    ok: flag(it.ok, 'ok'),
    final: flag(it.final, 'final'),
    reason: text(it.reason, 'reason', 1024),
  };
}

/** @throws FrameError */
export function decodeAnchor(value: unknown): AnchorFrame {
  const it = fields(value, ['kind', 'id', 'path', 'checkpoint'], 'anchor');
  const path = text(it.path, 'path', 4096);
  return { kind: 'anchor', id: count(it.id, 'id'), path, checkpoint: decodeCheckpoint(it.checkpoint) };
}

/** @throws FrameError */
export function decodeAnchorsWanted(value: unknown): AnchorsWantedFrame {
  const it = fields(value, ['kind', 'paths'], 'anchors-wanted');
  return { kind: 'anchors-wanted', paths: list(it.paths, 100, 'paths', (path) => text(path, 'path', 4096)) };
}

/** @throws FrameError */
export function decodeAnchorDone(value: unknown): AnchorDoneFrame {
  const it = fields(value, ['kind', 'id', 'ok', 'reason'], 'anchor-done');
  return { kind: 'anchor-done', id: count(it.id, 'id'), ok: flag(it.ok, 'ok'), reason: text(it.reason, 'reason', 1024) };
}

/** @throws FrameError */
export function decodeAnchors(value: unknown): AnchorsFrame {
  const it = fields(value, ['kind', 'found'], 'anchors');
  const found = list(it.found, 101, 'found', (item) => {
    const { path, checkpoint, reason } = fields(item, ['path', 'checkpoint', 'reason'], 'anchor');
    return {
      path: text(path, 'path', 4096),
      checkpoint: checkpoint === null ? null : decodeCheckpoint(checkpoint),
      reason: text(reason, 'reason', 1024),
    };
  });
  return { kind: 'anchors', found };
}

/** @throws FrameError */
export function decodeCheckpoint(value: unknown): CheckpointFrame {
  const it = fields(value, ['v', 'origin', 'size', 'root', 'at', 'signature'], 'checkpoint');
  if (it.v !== 1) throw new FrameError('a checkpoint is not of version 1');
  const origin = shaped(it.origin, /^holdfast\/log\/v1\/[\w-]{1,64}$/, 'origin');
  const root = shaped(it.root, /^[0-9a-f]{64}$/, 'root');
  const signature = shaped(it.signature, /^[\w+/]{86}==$/, 'signature');
  return { v: 1, origin, size: count(it.size, 'size'), root, at: count(it.at, 'at'), signature };
}

/** @throws FrameError */
function decodeDestination(value: unknown): NoticeDestination {
  const kind = typeof value === 'object' && value !== null ? (value as { kind?: unknown }).kind : undefined;
  switch (kind) {
    case 'webhook':
    case 'ntfy': {
      const it = fields(value, ['id', 'kind', 'url'], kind);
      return { id: text(it.id, 'id', 64), kind, url: text(it.url, 'url', 2048) };
    }
    case 'smtp': {
      const it = fields(value, ['id', 'kind', 'host', 'port', 'tls', 'from', 'to', 'user', 'password'], kind);
      return {
        id: text(it.id, 'id', 64),
        kind,
        host: text(it.host, 'host', 253),
        port: count(it.port, 'port'),
        tls: oneOf(it.tls, ['implicit', 'starttls', 'none'], 'tls'),
        from: text(it.from, 'from', 254),
        to: text(it.to, 'to', 254),
        user: text(it.user, 'user', 256),
        password: text(it.password, 'password', 256),
      };
    }
    default:
      throw new FrameError('the destination of a notice is none of webhook, ntfy, smtp');
  }
}

function shaped(value: unknown, form: RegExp, what: string): string {
  const found = text(value, what, 256);
  if (!form.test(found)) throw new FrameError(`${what} is not of its form`);
  return found;
}
