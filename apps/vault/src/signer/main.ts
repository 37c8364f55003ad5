/**
 * The signer's process: inherited descriptors 3 (gate), 4 (egress), 5 (warden) and 6 (portal), its own folder, nothing else. The warden
 * starts it under the permission model with an empty environment; the unseal key comes first, as one raw frame. When any
 * stream ends, so does the process; starting again is the same path as starting.
 */
import { createSecretKey } from 'node:crypto';
import { closeSync, constants, mkdirSync, openSync, readFileSync, rmSync, statfsSync, writeSync } from 'node:fs';
import { Socket } from 'node:net';
import { join } from 'node:path';
import type { Protection } from '@holdfast/domain';
import {
  answerBytesMax,
  createFrameCutter,
  decodeEgressToSigner,
  decodeGateToSigner,
  decodeWardenToSigner,
  encodeFrame,
  envelopeBytesMax,
  FrameError,
  rawFrameBytes,
  readJson,
  requestBytesMax,
  unsealKeyBytes,
  type WardenToSigner,
} from '../frames/frames.ts';
import { JournalDamage } from './journal.ts';
import { openJournalFile } from './journal-file.ts';
import type { DiskSpace } from './orders/disk.ts';
import { createSecrets, type KeyFiles, ownerPublicKey, SealDamage } from './secrets.ts';
import { createSigner, type Signer } from './signer.ts';

const gateDescriptor = 3;
const egressDescriptor = 4;
const wardenDescriptor = 5;
const portalDescriptor = 6;

function log(message: string): void {
  process.stderr.write(`${JSON.stringify({ process: 'signer', message })}\n`);
}

function stop(code: number, message?: string): never {
  if (message !== undefined) process.stderr.write(`signer: ${message}\n`);
  process.exit(code);
}

const attach = (descriptor: number): Socket => {
  const socket = new Socket({ fd: descriptor, readable: true, writable: true });
  socket.on('error', () => stop(0));
  socket.on('close', () => stop(0));
  socket.on('end', () => stop(0));
  return socket;
};

const gateSocket = attach(gateDescriptor);
const egressSocket = attach(egressDescriptor);
const wardenSocket = attach(wardenDescriptor);
const portalSocket = attach(portalDescriptor);

/** Runs a handler of frames: a peer that breaks the protocol ends the signer, and with it the others. */
function guarded(from: string, handle: () => void): void {
  try {
    handle();
  } catch (error) {
    if (error instanceof FrameError) stop(1, `${from} broke the frame protocol: ${error.message}`);
    throw error;
  }
}

const keyFiles = (folder: string): KeyFiles => ({
  read: (account) => {
    try {
      return readFileSync(join(folder, `${account}.rec`));
    } catch (error) {
      if ((error as { code?: string }).code === 'ENOENT') return null;
      throw error;
    }
  },
  write: (account, bytes) => {
    const path = join(folder, `${account}.rec`);
    rmSync(path, { force: true }); // of an account whose making was interrupted before the journal had it
    const { O_WRONLY, O_CREAT, O_EXCL, O_DSYNC } = constants;
    const descriptor = openSync(path, O_WRONLY | O_CREAT | O_EXCL | O_DSYNC, 0o600);
    writeSync(descriptor, bytes);
    closeSync(descriptor);
  },
  erase: (account) => rmSync(join(folder, `${account}.rec`), { force: true }),
});

function spaceAt(folder: string): DiskSpace {
  const { blocks, bfree, bavail } = statfsSync(folder);
  return { used: blocks - bfree, free: bavail };
}

function startSigner(unsealKey: Buffer, start: Extract<WardenToSigner, { kind: 'start' }>): Signer {
  const accounts = join(start.folder, 'accounts');
  mkdirSync(accounts, { recursive: true, mode: 0o700 });
  const key = createSecretKey(unsealKey);
  unsealKey.fill(0);
  const journalName = join(start.folder, 'journal.log');
  return createSigner({
    journal: openJournalFile(journalName),
    journalName,
    checkpoints: openJournalFile(join(start.folder, 'checkpoints.log')),
    disk: () => spaceAt(accounts),
    clock: { now: Date.now, after: (ms, act) => void setTimeout(act, ms) },
    gate: (frame) => void gateSocket.write(encodeFrame(frame, answerBytesMax)),
    egress: (frame) => void egressSocket.write(encodeFrame(frame, requestBytesMax)),
    portal: (frame) => void portalSocket.write(encodeFrame(frame, answerBytesMax)),
    warden: (frame) => void wardenSocket.write(encodeFrame(frame, requestBytesMax)),
    secrets: createSecrets(key, start.vaultId, keyFiles(accounts)),
    config: {
      vaultId: start.vaultId,
      simulated: start.simulated,
      ownerKey: start.ownerKey === '' ? null : ownerPublicKey(start.ownerKey),
      portalOrigin: start.portalOrigin,
      kill: start.kill,
      unsealedBy: start.unsealedBy,
      protections,
    },
    log,
    fatal: (error) => stop(74, `cannot write ${journalName}: ${error.message}; free space or repair the disk, then start again`),
  });
}

/** A simulated vault speaks to the loopback only, a real one never does. */
function exchangeFault(start: Extract<WardenToSigner, { kind: 'start' }>): string | null {
  const loopback = /^http:\/\/(127\.0\.0\.1|localhost|\[::1\]):\d{1,5}$/.test(start.exchange);
  if (start.simulated && !loopback) return `a simulated vault refuses the exchange ${start.exchange}; only loopback is allowed`;
  if (!start.simulated && start.exchange !== 'binance') return `a real vault trades on binance, not on ${start.exchange}`;
  if (!start.simulated && start.unsealedBy === 'simulated') return 'a real vault is not opened by a key beside its data';
  return null;
}

/** As the warden last measured them. */
const protections: Protection[] = [];
let unsealKey: Buffer | null = null;
let signer: Signer | null = null;

function fromWarden(payload: Buffer): void {
  if (unsealKey === null) {
    if (payload.length !== unsealKeyBytes) throw new FrameError(`the unseal key has ${payload.length} bytes`);
    unsealKey = payload;
    return;
  }
  const frame = decodeWardenToSigner(readJson(payload));
  if (frame.kind === 'processes') {
    protections.splice(0, protections.length, ...frame.protections);
    signer?.processes(frame.processes, frame.unseal);
    return;
  }
  if (frame.kind === 'anchors' || frame.kind === 'anchor-done' || frame.kind === 'wrap-done') {
    signer?.fromWarden(frame);
    return;
  }
  if (signer !== null) throw new FrameError('start was said twice');
  const fault = exchangeFault(frame);
  if (fault !== null) stop(64, fault);
  try {
    signer = startSigner(unsealKey, frame);
  } catch (error) {
    if (error instanceof JournalDamage || error instanceof SealDamage) stop(65, error.message);
    stop(73, error instanceof Error ? error.message : String(error));
  }
  listen(signer);
  const started = signer;
  const ready = (): void => void wardenSocket.write(encodeFrame({ kind: 'ready', ...started.position() }, requestBytesMax));
  // With the word of readiness the warden forgets a kill that waited: not before it is recorded.
  if (frame.kill === '') ready();
  else started.whenDurable(ready);
}

function listen(to: Signer): void {
  const cutGate = createFrameCutter(2 * requestBytesMax + envelopeBytesMax, (payload) =>
    to.fromGate(decodeGateToSigner(readJson(payload))),
  );
  const cutEgress = createFrameCutter(answerBytesMax, (payload) => to.fromEgress(decodeEgressToSigner(readJson(payload))));
  const cutPortal = createFrameCutter(2 * requestBytesMax + envelopeBytesMax, (payload) =>
    to.fromPortal(decodeGateToSigner(readJson(payload))),
  );
  gateSocket.on('data', (chunk: Buffer) => guarded('gate', () => cutGate(chunk)));
  egressSocket.on('data', (chunk: Buffer) => guarded('egress', () => cutEgress(chunk)));
  portalSocket.on('data', (chunk: Buffer) => guarded('portal', () => cutPortal(chunk)));
}

const cutWarden = createFrameCutter(requestBytesMax, fromWarden);
wardenSocket.on('data', (chunk: Buffer) => {
  const isFirst = unsealKey === null;
  guarded('warden', () => cutWarden(chunk));
  if (isFirst && unsealKey !== null) chunk.fill(0, 0, rawFrameBytes(unsealKeyBytes)); // its copy is taken
});
process.on('uncaughtException', (error) => stop(70, error.stack ?? error.message));
process.on('unhandledRejection', (error) => stop(70, error instanceof Error ? (error.stack ?? error.message) : String(error)));
