/** What the owner's commands share: the vault they speak to, and handing in an act. */
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import type { AccountId, OwnerAct, OwnerView, VaultAccount, VaultStatus } from '@holdfast/domain';
import { connectVault, type Refused, type VaultClient } from '@holdfast/vault/client';
import type { Command } from 'commander';
import { runningInstance } from '../data-directory.ts';
import { CliError, exitCode } from '../exit.ts';
import { type Common, common } from '../options.ts';
import { print, printJson } from '../output.ts';
import { readPeerKey } from '../peer-key.ts';
import { type ProofFlags, proofOptions, proverOf } from './owner-signer.ts';

export interface GateFlags extends Common {
  readonly gate?: string;
}

export type ActFlags = GateFlags & ProofFlags;

export const gateCommand = (parent: Command, usage: string, description: string): Command =>
  common(parent.command(usage).description(description)).option(
    '--gate <url>',
    "address of the vault's gate, if not that of the data directory",
  );

/** A command that signs. */
export const actCommand = (parent: Command, usage: string, description: string): Command =>
  proofOptions(gateCommand(parent, usage, description));

/** @throws CliError when no vault answers or it refuses to say */
export async function withVault<Result>(
  { data, gate }: GateFlags,
  use: (vault: VaultClient) => Promise<Result>,
): Promise<Result> {
  const instance = runningInstance(data);
  if (gate === undefined && instance === undefined)
    throw new CliError(
      exitCode.unreachable,
      `no holdfast runs in ${data}, so its vault signs nothing; name another with --data DIR or its gate with --gate URL`,
    );
  const vault = connectVault({ url: gate ?? `http://127.0.0.1:${instance?.ports.gate}`, key: readPeerKey(data, 'cli') });
  try {
    return await use(vault);
  } catch (cause) {
    if (cause instanceof CliError || (cause as { code?: unknown }).code !== 'vault-unreachable') throw cause;
    throw new CliError(exitCode.unreachable, `the vault of ${data} does not answer; while its signer is down it signs nothing`, {
      cause,
    });
  } finally {
    vault.close();
  }
}

/** @throws CliError with the vault's own reason and code */
export function demandDone<Done>(done: Done): Exclude<Done, Refused> {
  const { kind, reason, code } = done as Partial<Refused>;
  if (kind !== 'refused') return done as Exclude<Done, Refused>;
  throw new CliError(exitCode.failed, `${reason} (${code})`, { refusal: code ?? '' });
}

type Unsigned<Act> = Act extends { readonly at: number } ? Omit<Act, 'at'> : never;
export type Wish = Unsigned<OwnerAct>;

/** What the door said of an act that it took. */
export type Said = Readonly<Record<string, unknown>>;

/** Signs an act and hands it in. `wish` may depend on the vault's state and on the credential that will prove it. */
export async function perform(
  flags: ActFlags,
  wish: Wish | ((vault: VaultClient, credential: string) => Promise<Wish>),
): Promise<Said> {
  const { credential, sign } = await proverOf(flags);
  return withVault(flags, async (vault) => {
    const unsigned = typeof wish === 'function' ? await wish(vault, credential.id) : wish;
    return demandDone(await vault.ownerAct({ ...unsigned, at: Date.now() } as OwnerAct, sign)).answer;
  });
}

/** Everything of the owner who proves it: asking changes nothing. */
export async function viewOf(flags: ActFlags): Promise<OwnerView> {
  const { sign } = await proverOf(flags);
  return withVault(flags, async (vault) => demandDone(await vault.ownerView(Date.now(), sign)));
}

/** Says whether an act counts or waits. */
export function waits({ json }: ActFlags, said: Said, what: string): void {
  if (json) printJson(said);
  else if (said.pending === undefined) print(`${what} counts now`);
  else print(`${what} waits as ${said.pending} and counts from ${whenText(said.from)} unless it is vetoed`);
}

/** @throws CliError */
export function needAccount({ accounts }: VaultStatus, name: string): VaultAccount {
  const found = accounts.find(({ account }) => account === name);
  if (found !== undefined) return found;
  const known = accounts.map(({ account }) => account).join(', ') || 'none';
  throw new CliError(exitCode.usage, `there is no account ${name} in this vault (accounts: ${known})`);
}

export const accountName = (name: string): AccountId => name as AccountId;

/** The public key of the vault's identity as the warden wrote it. @throws CliError */
export function readIdentity(data: string): string {
  const file = join(data, 'vault', 'identity.pub');
  try {
    return readFileSync(file, 'utf8');
  } catch (cause) {
    throw new CliError(
      exitCode.failed,
      `cannot read ${file}, by which a ticket of this vault is known from others; name the vault's own --data DIR`,
      {
        cause,
      },
    );
  }
}

/** Unix ms as people read it. */
export const whenText = (ms: unknown): string =>
  typeof ms === 'number' ? new Date(ms).toISOString().replace('T', ' ').slice(0, 19) : '';
