/**
 * The warden: opens the vault's folder, binds its ports, holds the unseal key in memory and keeps signer, gate, portal and
 * egress alive, so that each comes back without a human. While the vault is sealed, gate and portal answer so, and the warden
 * waits for somebody to unseal it. It decides nothing else and sees no request.
 */
import { fstatSync } from 'node:fs';
import type { Server } from 'node:net';
import { join } from 'node:path';
import { type ControlAnswer, type ControlRequest, serveControl } from './control.ts';
import { takeLock } from './lock.ts';
import { readOptions } from './options.ts';
import { exitCode, StartError } from './start-error.ts';
import { openVault, vaultFolder } from './vault-folder.ts';
import { Warden, type WardenPorts } from './warden.ts';

/** @throws StartError cannot-write */
function openControl(
  path: string,
  act: (request: ControlRequest, secrets: readonly Buffer[]) => Promise<ControlAnswer>,
): Promise<Server> {
  return serveControl(path, act).catch((cause: NodeJS.ErrnoException) => {
    const why = cause.code ?? cause.message;
    throw new StartError('cannotWrite', `cannot make the socket ${path} (${why}); use a data directory with a shorter path`, {
      cause,
    });
  });
}

/** A parent that gave us a pipe as stdin wants us gone when it is; a service manager gives none. */
function isPipe(descriptor: number): boolean {
  try {
    const stat = fstatSync(descriptor);
    return stat.isFIFO() || stat.isSocket();
  } catch {
    return false; // closed
  }
}

async function main(): Promise<void> {
  process.umask(0o077);
  const options = readOptions(process.env);
  const folder = vaultFolder(options.data);
  const lock = await takeLock(join(folder, 'lock'));
  const ports: WardenPorts = {
    log: (message) => void process.stderr.write(`${JSON.stringify({ process: 'warden', message })}\n`),
    lastLine: (line) => void process.stderr.write(`warden: ${line}\n`),
    ready: (facts) => void process.stdout.write(`${JSON.stringify({ ready: true, ...facts })}\n`),
    children: (pids) => lock.children(pids),
    exit: (code) => {
      lock.release();
      process.exit(code);
    },
  };
  try {
    const warden = new Warden(options, openVault(options.data, folder, options.simulated), ports);
    for (const signal of ['SIGTERM', 'SIGINT', 'SIGHUP'] as const) process.on(signal, () => warden.stop());
    const orphaned = (): void => warden.stop();
    if (isPipe(0)) process.stdin.on('end', orphaned).on('error', orphaned).resume();
    await openControl(join(options.data, 'warden.sock'), (request, secrets) => warden.act(request, secrets));
    await warden.start();
  } catch (error) {
    lock.release();
    throw error;
  }
}

main().catch((error: unknown) => {
  process.stderr.write(`warden: ${error instanceof Error ? error.message : String(error)}\n`);
  process.exit(error instanceof StartError ? error.exitCode : exitCode.internal);
});
