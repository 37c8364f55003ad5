/** `owner credential`: what proves the owner. */
import { createHash, createPublicKey } from 'node:crypto';
import { readFileSync } from 'node:fs';
import type { Credential } from '@holdfast/domain';
import { readSshPublicKey } from '@holdfast/vault/ssh';
import type { Command } from 'commander';
import { CliError, exitCode } from '../exit.ts';
import { print, printJson, table } from '../output.ts';
import { type ActFlags, actCommand, perform, viewOf, waits, whenText } from './owner-acts.ts';

export function addOwnerCredentialCommands(owner: Command): void {
  const credential = owner.command('credential').description('what proves the owner; passkeys are added on the vault’s page');
  actCommand(credential, 'list', 'what proves the owner now, passkeys too').action(async (flags: ActFlags) => {
    const { credentials, unseal } = await viewOf(flags);
    const opens = new Set(unseal.passkeys.map((it) => it.credential));
    if (flags.json) printJson(credentials.map((it) => ({ ...it, unseals: opens.has(it.id) })));
    else
      print(
        table(
          ['id', 'kind', 'name', 'since', 'opens the vault'],
          credentials.map(({ id, kind, label, addedAt }) => [id, kind, label, whenText(addedAt), opens.has(id) ? 'yes' : '']),
        ),
      );
  });
  actCommand(credential, 'add <public-file>', 'add a key by its public half (PEM of an owner key, or .pub of an SSH key)')
    .option('--label <text>', 'what you call it', 'command line')
    .action(async (file: string, flags: ActFlags & { readonly label: string }) => {
      const added = readCredential(file, flags.label);
      waits(flags, await perform(flags, { act: 'credential-add', credential: added }), `credential ${added.id}`);
    });
  actCommand(credential, 'retire <id>', 'a credential never proves anything again').action(
    async (id: string, flags: ActFlags) => {
      waits(flags, await perform(flags, { act: 'credential-retire', credential: id }), `retiring ${id}`);
    },
  );
}

/** @throws CliError */
function readCredential(file: string, label: string): Credential {
  const text = readFileSync(file, 'utf8').trim();
  try {
    const isPem = text.startsWith('-----BEGIN PUBLIC KEY-----');
    const key = isPem ? createPublicKey(text) : readSshPublicKey(text);
    if (key === null) throw new TypeError('neither PEM nor an SSH public key');
    const id = createHash('sha256')
      .update(key.export({ type: 'spki', format: 'der' }))
      .digest('hex');
    const publicKey = key.export({ type: 'spki', format: 'pem' }).toString();
    return { id, kind: isPem ? 'ed25519' : 'ssh', publicKey, label };
  } catch (cause) {
    throw new CliError(exitCode.usage, `${file} is not a public key: ${(cause as Error).message}`, { cause });
  }
}
