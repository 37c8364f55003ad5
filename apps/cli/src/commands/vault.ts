/** `freeze` and `unfreeze`. Freeze goes straight to the vault: it works with server and engine dead. */
import { createPrivateKey } from 'node:crypto';
import { existsSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import type { AccountId } from '@holdfast/domain';
import { connectVault, type VaultClient } from '@holdfast/vault/client';
import type { Command } from 'commander';
import { runningInstance } from '../data-directory.ts';
import { CliError, exitCode } from '../exit.ts';
import { type Common, common } from '../options.ts';
import { print, printJson } from '../output.ts';
import { readPeerKey } from '../peer-key.ts';

function vaultOf(data: string): VaultClient {
  const instance = runningInstance(data);
  if (instance === undefined) {
    throw new CliError(
      exitCode.unreachable,
      `no holdfast runs in ${data}, so its vault signs nothing; name another instance with --data DIR`,
    );
  }
  return connectVault({ url: `http://127.0.0.1:${instance.ports.gate}`, key: readPeerKey(data, 'cli') });
}

export async function withVault<Result>(data: string, use: (vault: VaultClient) => Promise<Result>): Promise<Result> {
  const vault = vaultOf(data);
  try {
    return await use(vault);
  } catch (cause) {
    if (cause instanceof CliError || (cause as { code?: unknown }).code !== 'vault-unreachable') throw cause;
    throw new CliError(exitCode.unreachable, `the vault of ${data} does not answer; while its signer is down it signs nothing`, {
      cause,
    });
  }
}

interface FreezeFlags extends Common {
  readonly reason: string;
  readonly account?: string;
}

export function addVaultCommands(program: Command): void {
  common(
    program
      .command('freeze')
      .description('make the vault refuse new orders at once; resting buys are cancelled, resting exits stay'),
  )
    .option('--reason <text>', 'kept in the journal', 'asked for on the command line')
    .option('--account <id>', 'one account only')
    .action(async ({ data, json, reason, account }: FreezeFlags) => {
      const started = performance.now();
      const done = await withVault(data, (vault) => vault.freeze(reason, account as AccountId | undefined));
      if (done.kind === 'refused') throw new CliError(exitCode.failed, `${done.reason} (${done.code})`);
      const ms = Math.round(performance.now() - started);
      if (json) printJson({ frozen: account ?? 'all', ms });
      else print(`frozen: ${account ?? 'all accounts'} (${ms} ms); "npx holdfast unfreeze" undoes it with the owner's key`);
    });

  common(program.command('unfreeze').description("let the vault take new risk again; signed with the owner's key"))
    .option('--account <id>', 'one account only')
    .option('--owner-key <file>', "the owner's Ed25519 key (PEM); the simulated vault's own when left out")
    .action(async ({ data, json, account, ownerKey }: Common & { account?: string; ownerKey?: string }) => {
      const file = ownerKey ?? join(data, 'owner', 'owner.key');
      if (!existsSync(file)) throw new CliError(exitCode.usage, `there is no owner key ${file}; name it with --owner-key FILE`);
      const done = await withVault(data, async (vault) => {
        const { accounts, stateEpoch: whole } = await vault.status();
        const stateEpoch = account === undefined ? whole : (accounts.find((it) => it.account === account)?.stateEpoch ?? 0);
        const act = { act: 'unfreeze', account: (account ?? null) as AccountId | null, stateEpoch, at: Date.now() } as const;
        return vault.ownerAct(act, createPrivateKey(readFileSync(file)));
      });
      if (done.kind === 'refused') throw new CliError(exitCode.failed, `${done.reason} (${done.code})`);
      if (json) printJson({ unfrozen: account ?? 'all' });
      else print(`unfrozen: ${account ?? 'all accounts'}`);
    });
}
