/** `owner credential` and `owner destination`: what proves the owner, and where the vault tells him what happens. */
import { createHash, createPublicKey } from 'node:crypto';
import { readFileSync } from 'node:fs';
import type { Credential, Destination } from '@holdfast/domain';
import { readSshPublicKey } from '@holdfast/vault/ssh';
import type { Command } from 'commander';
import { CliError, exitCode } from '../exit.ts';
import { print, printJson } from '../output.ts';
import { type ActFlags, actCommand, perform, type Said, whenText } from './owner-acts.ts';

export function addOwnerCredentialCommands(owner: Command): void {
  const credential = owner.command('credential').description('what proves the owner; passkeys are added on the vault’s page');
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

  const destination = owner.command('destination').description('where notices and anchors go');
  actCommand(destination, 'sign <file>', 'sign the complete list of destinations, written as JSON').action(
    async (file: string, flags: ActFlags) => {
      const said = await perform(flags, { act: 'destinations', destinations: readList(file) });
      waits(flags, said, 'the list of destinations');
    },
  );
  actCommand(destination, 'confirm <id> <code>', 'confirm a destination by the code that arrived there').action(
    async (id: string, code: string, flags: ActFlags) => {
      waits(flags, await perform(flags, { act: 'destination-confirm', destination: id, code }), `destination ${id}`);
    },
  );
}

function waits({ json }: ActFlags, said: Said, what: string): void {
  if (json) printJson(said);
  else if (said.pending === undefined) print(`${what} counts now`);
  else print(`${what} waits as ${said.pending} and counts from ${whenText(said.from)} unless it is vetoed`);
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

/** @throws CliError */
function readList(file: string): readonly Destination[] {
  try {
    const list = JSON.parse(readFileSync(file, 'utf8')) as unknown;
    if (Array.isArray(list)) return list as readonly Destination[];
    throw new TypeError('it is not a list');
  } catch (cause) {
    throw new CliError(exitCode.usage, `${file} is not a list of destinations in JSON: ${(cause as Error).message}`, { cause });
  }
}
