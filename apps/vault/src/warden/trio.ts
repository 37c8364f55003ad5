/**
 * Signer, gate, portal and egress, started together: their streams are pairs of sockets that cannot be renewed, so when one
 * of them ends the others are ended too. The warden gives the far ends of the signer's streams to gate, portal and egress and
 * keeps none: what they say to each other never passes here.
 */
import type { ChildProcess } from 'node:child_process';
import type { Server, Socket } from 'node:net';
import { dirname } from 'node:path';
import { createInterface } from 'node:readline';
import type { PortalState } from '@holdfast/domain';
import {
  createFrameCutter,
  decodeSignerToWarden,
  encodeFrame,
  encodeRawFrame,
  type ProcessFrame,
  readJson,
  requestBytesMax,
  type UnsealFacts,
  unsealKeyBytes,
  type WrapFrame,
} from '../frames/frames.ts';
import { createAnchorFiles, keepIdentity } from './anchor-files.ts';
import { launchEgress, launchGate, launchPortal, launchSigner, signerEntry } from './launch.ts';
import type { PortalPorts } from './ports.ts';
import { rssOf } from './process-table.ts';
import type { Vault } from './vault-folder.ts';

export interface TrioOptions {
  readonly vault: Vault;
  readonly exchange: string;
  /** What opened the vault, for its pages. */
  readonly unsealedBy: string;
  /** What is in force on this machine, given the signer's process number and the command line that started it. */
  readonly protections: (signer: number, command: readonly string[]) => PortalState['protections'];
  /** Bound and listening; the gate takes it over. */
  readonly listener: Server;
  readonly portal: PortalPorts;
  /** Key and certificate of a real vault's pages. */
  readonly pagesFolder: string | null;
  /** Passkeys that unseal the vault, for its pages. */
  readonly unseal: () => UnsealFacts;
  /** The signer lets a passkey be added or removed. Returns why that was not done, or ''. */
  readonly onWrap: (frame: WrapFrame) => Promise<string>;
  /** A kill that waits for a signer: its reason, '' when none does. */
  readonly kill: string;
  /** The signer is ready, and what waited is in its journal. */
  readonly onReady: () => void;
  readonly onServing: () => void;
  /** The owner killed the vault: the unseal key is to be dropped and nothing started again. */
  readonly onKilled: (reason: string) => void;
  /** All are gone. `signerCode` is the signer's exit code, `lastWords` the last line it wrote. */
  readonly onEnd: (end: TrioEnd) => void;
}

export interface TrioEnd {
  readonly first: string;
  readonly signerCode: number | null;
  readonly lastWords: string;
}

export interface Trio {
  readonly pids: readonly number[];
  /** Ends all: first gate and portal, so that nothing new comes in. */
  stop(): void;
}

const statesEveryMs = 2000;
const endMsMax = 3000;

export function launchTrio(options: TrioOptions): Trio {
  const { vault, exchange, listener, portal: pages, onServing, onKilled, onEnd } = options;
  const signer = launchSigner({ entry: signerEntry, folder: vault.signerFolder });
  const gate = launchGate(signer.stdio[3]!);
  const egress = launchEgress(signer.stdio[4]!, exchange);
  const streams = signer.stdio as readonly unknown[] as readonly Socket[];
  const portal = launchPortal(streams[6]!, pages.origin, options.pagesFolder);
  // In the same turn in which they were made, so that this process reads not one byte of them.
  for (const descriptor of [3, 4, 6]) streams[descriptor]!.destroy();

  const members = { signer, gate, portal, egress } as const;
  const control = streams[5]!;
  let isServing = false;
  let unserved = 1 + pages.listeners.length;
  let protections: PortalState['protections'] = [];
  let first: string | undefined;
  let lastWords = '';

  const say = (message: unknown): void => {
    if (!control.destroyed) control.write(encodeFrame(message, requestBytesMax));
  };
  const sayStates = (): void => {
    const state = isServing ? 'running' : 'starting';
    const rows = Object.entries(members).map(([name, { pid = 0 }]): ProcessFrame => ({ name, pid, state, rssBytes: rssOf(pid) }));
    const rssBytes = process.memoryUsage.rss();
    const processes = [{ name: 'warden', pid: process.pid, state: 'running', rssBytes }, ...rows];
    say({ kind: 'processes', processes, protections, unseal: options.unseal() });
  };

  const states = setInterval(sayStates, statesEveryMs);
  const end = (name: string): void => {
    if (first !== undefined) return;
    first = name;
    clearInterval(states);
    for (const each of [listener, ...pages.listeners]) each.close(); // of whoever had not taken it over yet
    gate.kill('SIGTERM');
    portal.kill('SIGTERM');
    control.destroy();
    egress.kill('SIGTERM');
    const late = setTimeout(() => {
      for (const child of Object.values(members)) child.kill('SIGKILL');
    }, endMsMax);
    Promise.all(Object.values(members).map(ended)).then(([signerCode = null]) => {
      clearTimeout(late);
      onEnd({ first: name, signerCode, lastWords });
    });
  };

  for (const [name, child] of Object.entries(members)) {
    child.on('exit', () => end(name));
    child.on('error', () => end(name));
    child.stdin?.on('error', () => {});
  }
  signer.stdout?.resume();
  createInterface({ input: signer.stderr! }).on('line', (line) => {
    lastWords = line;
    process.stderr.write(`${line}\n`);
  });
  control.on('error', () => {});
  const vaultFolder = dirname(vault.signerFolder);
  keepIdentity(vaultFolder, vault);
  const anchors = createAnchorFiles(vaultFolder, vault.vaultId, say);
  const cut = createFrameCutter(requestBytesMax, (payload) => {
    const frame = decodeSignerToWarden(readJson(payload));
    if (frame.kind === 'killed') {
      onKilled(frame.reason);
      return;
    }
    if (frame.kind === 'wrap-add' || frame.kind === 'wrap-remove') {
      options.onWrap(frame).then((reason) => {
        sayStates(); // first, so that whoever is answered sees what is there now
        say({ kind: 'wrap-done', id: frame.id, reason });
      });
      return;
    }
    if (frame.kind !== 'ready') {
      anchors(frame);
      return;
    }
    options.onReady();
    protections = options.protections(signer.pid ?? 0, signer.spawnargs);
    gate.send('listen', listener, () => listener.close());
    for (const each of pages.listeners) portal.send('listen', each, () => each.close());
  });
  control.on('data', (chunk: Buffer) => {
    try {
      cut(chunk);
    } catch {
      end('signer');
    }
  });
  const served = (): void => {
    unserved -= 1;
    if (unserved > 0) return;
    isServing = true;
    sayStates();
    onServing();
  };
  gate.on('message', served);
  portal.on('message', served);

  const { vaultId, ownerKey, signerFolder: folder } = vault;
  const keyFrame = encodeRawFrame(vault.unsealKey, unsealKeyBytes);
  control.write(keyFrame, () => keyFrame.fill(0));
  const { kill, unsealedBy } = options;
  const simulated = vault.kind === 'simulated';
  say({
    kind: 'start',
    vaultId,
    simulated,
    exchange,
    folder,
    ownerKey,
    portalOrigin: pages.origin,
    kill,
    unsealedBy,
  });
  sayStates();
  return { pids: Object.values(members).map(({ pid = 0 }) => pid), stop: () => end('warden') };
}

/** The exit code, once the process is gone; also when it could not be started. */
const ended = (child: ChildProcess): Promise<number | null> =>
  new Promise((resolve) => {
    if (child.exitCode !== null || child.signalCode !== null || child.pid === undefined) resolve(child.exitCode);
    else child.on('exit', (code) => resolve(code));
  });
