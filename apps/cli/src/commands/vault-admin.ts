/** `vault init|unseal|seal|status|wrap`: making a real vault and opening it. Works without server and engine. */
import { randomBytes } from 'node:crypto';
import { readFileSync, writeFileSync } from 'node:fs';
import {
  askWarden,
  ControlError,
  type ControlRequest,
  isHost,
  makeRealVault,
  networkDraft,
  pageHash,
  passphraseDraft,
  readUnsealerLine,
  secretBytes,
  secretFault,
  type WrapDraft,
  writeVaultLine,
} from '@holdfast/vault/admin';
import type { Command } from 'commander';
import { openDataDirectory } from '../data-directory.ts';
import { CliError, exitCode } from '../exit.ts';
import { type Common, common } from '../options.ts';
import { print, printJson } from '../output.ts';
import { askNewPassphrase, askSecret, secretsDone } from '../secret-input.ts';

interface VaultState {
  readonly vaultId: string;
  readonly kind: string;
  readonly state: string;
  readonly reason: string | null;
  readonly unsealedBy: string;
  readonly wraps: readonly { readonly name: string; readonly kind: string; readonly madeAt: number }[];
  readonly protections: readonly { readonly name: string; readonly inForce: boolean; readonly text: string }[];
}

/** @throws CliError */
async function ask<Answer>(data: string, request: ControlRequest, secrets: readonly Buffer[] = []): Promise<Answer> {
  try {
    return (await askWarden(data, request, secrets)) as Answer;
  } catch (error) {
    if (!(error instanceof ControlError)) throw error;
    const code = error.code === 'vault-not-running' ? exitCode.unreachable : exitCode.failed;
    throw new CliError(code, error.message, { refusal: error.code, cause: error });
  } finally {
    secretsDone();
  }
}

/** A file with exactly the bytes of a credential. @throws CliError */
function secretFile(path: string): Buffer {
  const secret = readFileSync(path);
  const fault = secretFault('credential', secret);
  if (fault !== undefined) throw new CliError(exitCode.usage, `${path} ${fault}`);
  return secret;
}

/** Errors of a class that names its own exit code or none, as ours. */
async function told<Result>(act: () => Promise<Result>): Promise<Result> {
  try {
    return await act();
  } catch (error) {
    if (error instanceof CliError || !(error instanceof Error)) throw error;
    const code = (error as { exitCode?: unknown }).exitCode;
    throw new CliError(typeof code === 'number' ? code : exitCode.failed, error.message, { cause: error });
  }
}

async function init({ data, json, host }: Common & { readonly host: string }): Promise<void> {
  if (!isHost(host)) throw new CliError(exitCode.usage, `--host ${host} is neither a name nor an address, without port`);
  const folder = openDataDirectory(data);
  const secret = await askNewPassphrase('Passphrase of the new vault (12 characters or more; nobody can recover it)');
  secretsDone();
  const fault = secretFault('passphrase', secret);
  if (fault !== undefined) throw new CliError(exitCode.usage, `the passphrase ${fault}`);
  const now = Date.now();
  const made = await told(() => makeRealVault(folder, host, () => [{ draft: passphraseDraft('passphrase', now), secret }], now));
  const pages = pageHash();
  if (json) return printJson({ ...made, pages });
  print(`
  A real vault was made in ${folder}. It is sealed.

  Vault                        ${made.vaultId}
  Its own key                  ${made.identity}
  Certificate of its pages     ${made.fingerprint}
  Its pages                    ${pages}
  Write all three down: its pages show the first, the browser shows the second of the certificate it was given, and
  "holdfast up" prints the third; it changes with each release, whose notes name it, and never by itself.

  Next: "holdfast up --data ${folder}", then "holdfast vault unseal".`);
}

function show({ vaultId, kind, state, reason, unsealedBy, wraps, protections }: VaultState): void {
  print(`${kind} vault ${vaultId}: ${state}${unsealedBy === '' ? '' : `, opened by ${unsealedBy}`}`);
  if (reason !== null) print(`  ${reason}`);
  for (const wrap of wraps) print(`  opens with ${wrap.kind} "${wrap.name}"`);
  for (const { inForce, text } of protections) print(`  ${inForce ? '✓' : '✗'} ${text}`);
}

interface AddFlags extends Common {
  readonly name?: string;
  readonly out?: string;
  readonly unsealer?: string;
  readonly url?: string;
}

/** The draft, its secret, and what to say when it is in. @throws CliError */
async function newWrap(
  kind: string,
  flags: AddFlags,
  vaultId: string,
): Promise<{ draft: WrapDraft; secret: Buffer; after: string }> {
  const [name, madeAt] = [flags.name ?? kind, Date.now()];
  if (kind === 'passphrase') {
    const secret = await askNewPassphrase('The new passphrase');
    return { draft: passphraseDraft(name, madeAt), secret, after: 'write it down and keep it elsewhere' };
  }
  if (kind === 'credential') {
    if (flags.out === undefined)
      throw new CliError(exitCode.usage, 'name the file for the 32 bytes with --out FILE (or /dev/stdout)');
    const secret = randomBytes(secretBytes);
    writeFileSync(flags.out, secret, { mode: 0o600 });
    const after = `seal it with "systemd-creds encrypt --with-key=host+tpm2 --name=holdfast-unseal ${flags.out} …" and erase ${flags.out}`;
    return { draft: { kind, name, madeAt }, secret, after };
  }
  if (kind !== 'network') throw new CliError(exitCode.usage, `${kind} is none of passphrase, credential, network`);
  if (flags.unsealer === undefined || !/^http:\/\/[^/]+$/.test(flags.url ?? ''))
    throw new CliError(
      exitCode.usage,
      "give the unsealer's line with --unsealer hfu1.… and where it is with --url http://HOST:PORT",
    );
  const line = flags.unsealer;
  const unsealer = await told(async () => readUnsealerLine(line));
  const { draft, secret, card, fingerprint } = networkDraft(name, madeAt, vaultId, flags.url!, unsealer);
  const after = `the unsealer is ${fingerprint}; tell it of this vault with\n  holdfast unsealer add --from ADDRESS-OF-THIS-HOST ${writeVaultLine(card)}`;
  return { draft, secret, after };
}

async function addWrap(kind: string, flags: AddFlags): Promise<void> {
  const { vaultId } = await askQuietly(flags.data);
  const current = await askSecret('A passphrase that opens the vault now');
  const { draft, secret, after } = await newWrap(kind, flags, vaultId);
  await ask(flags.data, { do: 'wrap-add', draft: JSON.stringify(draft) }, [current, secret]);
  if (flags.json) printJson({ added: draft.name, after });
  else print(`the vault opens with "${draft.name}" too; ${after}`);
}

/** The state, with stdin left open for secrets. */
async function askQuietly(data: string): Promise<VaultState> {
  try {
    return (await askWarden(data, { do: 'status' })) as VaultState;
  } catch (error) {
    if (error instanceof ControlError) throw new CliError(exitCode.unreachable, error.message, { refusal: error.code });
    throw error;
  }
}

export function addVaultAdminCommands(program: Command): void {
  const vault = program.command('vault').description('make, unseal and seal the vault; ways to unseal it');
  common(vault.command('init').description('make a real vault: its key is kept only wrapped, under a passphrase at first'))
    .option('--host <name>', "name or address in the browser's address bar for the vault's own pages", 'localhost')
    .action(init);
  common(vault.command('unseal').description('open a sealed vault with a passphrase'))
    .option('--credential <file>', 'with the 32 bytes in a file instead')
    .action(async ({ data, json, credential }: Common & { credential?: string }) => {
      const secret = credential === undefined ? await askSecret('Passphrase of the vault') : secretFile(credential);
      const how = credential === undefined ? 'passphrase' : 'credential';
      const state = await ask<VaultState>(data, { do: 'unseal', with: how }, [secret]);
      if (json) printJson(state);
      else print(`unsealed by ${state.unsealedBy}`);
    });
  common(vault.command('seal').description('forget the unseal key; nothing is signed until the vault is unsealed')).action(
    async ({ data, json }: Common) => {
      const state = await ask<VaultState>(data, { do: 'seal' });
      if (json) printJson(state);
      else print('sealed; resting orders stay at the exchange');
    },
  );
  common(vault.command('status').description('whether it is open, what opens it, and what protects it here')).action(
    async ({ data, json }: Common) => {
      const state = await ask<VaultState>(data, { do: 'status' });
      if (json) printJson(state);
      else show(state);
    },
  );
  const wrap = vault.command('wrap').description('ways to unseal');
  common(wrap.command('add').description('add a way: passphrase, credential (systemd, TPM) or network').argument('<kind>'))
    .option('--name <name>', 'what to call it')
    .option('--out <file>', 'credential: where the 32 bytes go')
    .option('--unsealer <line>', 'network: the unsealer\'s line, from "holdfast unsealer init"')
    .option('--url <url>', 'network: where the unsealer answers')
    .action(addWrap);
  common(wrap.command('remove').description('remove a way; the last one stays').argument('<name>')).action(
    async (name: string, { data, json }: Common) => {
      const current = await askSecret('A passphrase that opens the vault now');
      await ask(data, { do: 'wrap-remove', name }, [current]);
      if (json) printJson({ removed: name });
      else print(`"${name}" opens the vault no more`);
    },
  );
}
