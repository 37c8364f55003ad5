/**
 * `holdfast kill`: the vault revokes everything, cancels the resting entries and drops its unseal key. It needs nothing but
 * the vault; when that does not answer, it is ended (ended means sealed) and the next start revokes everything first.
 */
import { closeSync, existsSync, fsyncSync, openSync, readFileSync, writeSync } from 'node:fs';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { connectVault, type Killed } from '@holdfast/vault/client';
import type { Command } from 'commander';
import { commandOf, defaultPort, portsFrom, runningInstance } from '../data-directory.ts';
import { CliError, exitCode } from '../exit.ts';
import { type Common, common } from '../options.ts';
import { print, printJson } from '../output.ts';
import { readPeerKey } from '../peer-key.ts';

/** How long the vault may take to answer, and to end when asked, in ms. */
const answerMsMax = 3000;
const endMsMax = 3000;

/** Where an owner deletes a key. Addresses as of November 2026, from the exchanges' own help pages. */
const keyPages: Readonly<Record<string, { readonly name: string; readonly page: string | null }>> = {
  binance: { name: 'Binance', page: 'https://www.binance.com/en/my/settings/api-management' },
  simulated: { name: 'the simulated exchange', page: null },
};

interface Flags extends Common {
  readonly reason: string;
  readonly vault?: string;
}

type Done =
  | { readonly how: 'answered'; readonly accounts: Killed['accounts'] }
  | { readonly how: 'ended' | 'not-running' | 'sealed'; readonly accounts: null };

/** What police and the exchange will ask for. */
const report =
  'Then keep the record: "npx holdfast incident --for AGE-RECIPIENT --out report.age" packs what happened, with proofs. Change nothing in the data directory before.';

export function addKillCommand(program: Command): void {
  common(program.command('kill').description('revoke every account and sub-key, cancel resting entries, and seal the vault'))
    .option('--reason <text>', 'kept in the journal', 'asked for on the command line')
    .option('--vault <url>', "the vault's gate; found by itself when left out")
    .action(async ({ data, json, reason, vault }: Flags) => {
      if (reason === '' || reason.length > 200) throw new CliError(exitCode.usage, 'a reason has 1 to 200 characters');
      const started = performance.now();
      const done = (await askVault(data, vault, reason)) ?? (await endVault(data, reason));
      const ms = Math.round(performance.now() - started);
      if (json) printJson({ killed: true, ...done, ms, pages: pagesOf(done) });
      else print(`${sayings[done.how]} (${ms} ms)\n\n${toDo(done)}\n\n${report}`);
    });
}

const sayings: Readonly<Record<Done['how'], string>> = {
  answered: 'killed: every account is revoked, every sub-key is dead, resting entries are cancelled, the vault is sealed',
  sealed: 'the vault is sealed and signs nothing; once it is unsealed it revokes everything before it signs anything',
  ended: 'the vault did not answer and was ended: it is sealed; its next start revokes everything before it signs anything',
  'not-running': 'no vault runs here, so nothing is signed; its next start revokes everything before it signs anything',
};

/** Null when no vault answers. @throws CliError when it answers something else */
async function askVault(data: string, url: string | undefined, reason: string): Promise<Done | null> {
  if (!existsSync(join(data, 'peers', 'cli.key'))) return null;
  const gate = runningInstance(data)?.ports.gate ?? portsFrom(defaultPort).gate;
  const vault = connectVault({ url: url ?? `http://127.0.0.1:${gate}`, key: readPeerKey(data, 'cli') });
  try {
    const late = sleep(answerMsMax, null, { ref: false });
    const done = await Promise.race([vault.kill(reason), late]);
    if (done === null) return null;
    if (done.kind === 'killed') return { how: 'answered', accounts: done.accounts };
    if (done.code === 'E_SEALED') return leaveForSealed(data, reason);
    // Another vault may sit on that port, or ours may be broken: what does not kill is ended.
    return null;
  } catch (error) {
    if ((error as { code?: unknown }).code === 'vault-unreachable') return null;
    throw error;
  } finally {
    vault.close();
  }
}

/** A sealed vault has no signer that could revoke: the one that comes after unsealing does, before anything else. @throws CliError */
function leaveForSealed(data: string, reason: string): Done {
  const unwritten = leaveWish(join(data, 'vault', 'kill.json'), reason);
  if (unwritten !== null) throw unwritten;
  return { how: 'sealed', accounts: null };
}

/** Leaves the wish for the next start, durably, then ends the warden and its children. */
async function endVault(data: string, reason: string): Promise<Done> {
  const folder = join(data, 'vault');
  if (!existsSync(folder))
    throw new CliError(exitCode.failed, `there is no vault in ${data}; name another instance with --data DIR`);
  const unwritten = leaveWish(join(folder, 'kill.json'), reason);
  const how = await endWarden(readLock(join(folder, 'lock')));
  if (unwritten !== null) throw unwritten;
  return { how, accounts: null };
}

async function endWarden({ pid = 0, children = [] }: WardenLock): Promise<'ended' | 'not-running'> {
  if (!isWarden(pid)) return 'not-running';
  process.kill(pid, 'SIGTERM');
  for (const until = Date.now() + endMsMax; isWarden(pid) && Date.now() < until; await sleep(20));
  if (isWarden(pid)) {
    process.kill(pid, 'SIGKILL');
    for (const child of children) if (isOfVault(child.pid)) process.kill(child.pid, 'SIGKILL');
  }
  return 'ended';
}

/** Gives back what stood in its way: a full disk must not keep the vault from being ended. */
function leaveWish(file: string, reason: string): CliError | null {
  try {
    const descriptor = openSync(file, 'w', 0o600);
    writeSync(descriptor, `${JSON.stringify({ reason, at: Date.now() })}\n`);
    fsyncSync(descriptor);
    closeSync(descriptor);
    return null;
  } catch (cause) {
    const { code } = cause as NodeJS.ErrnoException;
    return new CliError(
      exitCode.cannotWrite,
      `the vault was ended if it ran, but ${file} cannot be written (${code}), so its next start trades again: free space or run this as the vault's user, then kill again`,
      {
        cause,
      },
    );
  }
}

interface WardenLock {
  readonly pid?: number;
  readonly children?: readonly { readonly pid: number }[];
}

function readLock(file: string): WardenLock {
  try {
    return JSON.parse(readFileSync(file, 'utf8')) as WardenLock;
  } catch {
    return {};
  }
}

const isWarden = (pid: number): boolean => pid > 0 && commandOf(pid)?.includes('warden/main.ts') === true;
const isOfVault = (pid: number): boolean => commandOf(pid)?.includes('apps/vault/src/') === true;

/** The pages of the accounts' exchanges; of all exchanges when the vault could not say which it has. */
function pagesOf({ accounts }: Done): readonly { readonly exchange: string; readonly page: string }[] {
  const names = accounts === null ? Object.keys(keyPages) : [...new Set(accounts.map((it) => it.exchange))];
  return names.flatMap((exchange) => {
    const page = keyPages[exchange]?.page;
    return page === undefined || page === null ? [] : [{ exchange, page }];
  });
}

/** What only the owner can do: a key that was stolen dies at the exchange and nowhere else. */
function toDo(done: Done): string {
  const pages = pagesOf(done);
  if (pages.length === 0) return 'Every account is on the simulated exchange: there is no key to delete.';
  const lines = pages.map(({ exchange, page }) => {
    const keys = (done.accounts ?? [])
      .filter((it) => it.exchange === exchange && it.key !== '')
      .map((it) => `  key ${it.key} (account ${it.account})`);
    return [`${keyPages[exchange]?.name ?? exchange}: ${page}`, ...keys].join('\n');
  });
  return `Now delete the keys where they were made; a stolen key works until then:\n${lines.join('\n')}`;
}
