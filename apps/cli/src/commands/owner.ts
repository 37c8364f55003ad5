/** `owner`: what the owner of accounts does at a terminal, with a key file or an SSH key, where no browser is. */
import { generateKeyPairSync } from 'node:crypto';
import { readFileSync, writeFileSync } from 'node:fs';
import { resolve } from 'node:path';
import { ownerId } from '@holdfast/domain';
import type { Command } from 'commander';
import { CliError, exitCode } from '../exit.ts';
import { type Common, common } from '../options.ts';
import { print, printJson } from '../output.ts';
import { addOwnerAccountCommands } from './owner-account.ts';
import {
  type ActFlags,
  accountName,
  actCommand,
  demandDone,
  type GateFlags,
  gateCommand,
  needAccount,
  perform,
  type Wish,
  withVault,
} from './owner-acts.ts';
import { addOwnerCredentialCommands } from './owner-credential.ts';
import { addOwnerDestinationCommands } from './owner-destination.ts';
import { addOwnerMandateCommands } from './owner-mandate.ts';
import { type ProofFlags, proofOptions, proverOf } from './owner-signer.ts';
import { askSecret } from './owner-talk.ts';

export function addOwnerCommands(program: Command): void {
  const owner = program.command('owner').description('what the owner of accounts signs, with a key file or an SSH key');
  addKeygen(owner);
  addPublic(owner);
  addEnrolment(owner);
  addRawAct(owner);
  actCommand(owner, 'revive <account>', 'let an account that slept trade again').action(async (name: string, flags: ActFlags) => {
    await perform(flags, { act: 'revive', account: accountName(name) });
    report(flags, { revived: name }, `${name} may trade again`);
  });
  actCommand(owner, 'unfreeze [account]', 'let an account, or all of the owner, take new risk again').action(
    async (name: string | undefined, flags: ActFlags) => {
      await perform(flags, async (vault) => {
        const status = await vault.status();
        if (name === undefined) return { act: 'unfreeze', account: null, stateEpoch: status.stateEpoch };
        const { account, stateEpoch } = needAccount(status, name);
        return { act: 'unfreeze', account, stateEpoch };
      });
      report(flags, { unfrozen: name ?? 'all' }, `${name ?? 'all accounts of the owner'}: active again`);
    },
  );
  addOwnerAccountCommands(owner);
  addOwnerMandateCommands(owner);
  addOwnerCredentialCommands(owner);
  addOwnerDestinationCommands(owner);
}

const report = ({ json }: Common, value: unknown, text: string): void => (json ? printJson(value) : print(text));

function addKeygen(owner: Command): void {
  owner
    .command('keygen <file>')
    .description('make an owner key (Ed25519, PEM); print its public half')
    .option('--no-passphrase', 'do not lock it: then whoever reads the file is the owner')
    .option('--json', 'print JSON for programs')
    .action(async (file: string, { passphrase, json }: { passphrase: boolean; json?: true }) => {
      const locked = passphrase ? await newPassphrase() : undefined;
      const { privateKey, publicKey } = generateKeyPairSync('ed25519');
      const pem = privateKey.export({
        type: 'pkcs8',
        format: 'pem',
        ...(locked === undefined ? {} : { cipher: 'aes-256-cbc', passphrase: locked }),
      });
      try {
        writeFileSync(file, pem, { mode: 0o600, flag: 'wx' });
      } catch (cause) {
        throw new CliError(
          exitCode.cannotWrite,
          `cannot make ${file} (${(cause as NodeJS.ErrnoException).code}); name a new file`,
          { cause },
        );
      }
      const half = publicKey.export({ type: 'spki', format: 'pem' }).toString();
      if (json) printJson({ file: resolve(file), publicKey: half, locked: locked !== undefined });
      else
        print(
          `${half}${file} is the owner from now on wherever its public half is enrolled. Keep a copy elsewhere: there is no recovery.` +
            (locked === undefined ? '\nIt is not locked: on the host of the vault it counts as not protected.' : ''),
        );
    });
}

async function newPassphrase(): Promise<string> {
  const first = await askSecret('Passphrase of the new key');
  if (first.length < 8) throw new CliError(exitCode.usage, 'a passphrase has at least 8 characters; or say --no-passphrase');
  if (process.stdin.isTTY === true && (await askSecret('The same once more')) !== first)
    throw new CliError(exitCode.usage, 'the two passphrases differ; no key was made');
  return first;
}

function addPublic(owner: Command): void {
  proofOptions(common(owner.command('public').description('print the public half and the id of a key'))).action(
    async (flags: ProofFlags) => {
      const { credential } = await proverOf(flags);
      report(flags, credential, `${credential.publicKey}${credential.kind} credential ${credential.id}`);
    },
  );
}

interface EnrolFlags extends ActFlags {
  readonly code: string;
  readonly owner: string;
  readonly label: string;
}

function addEnrolment(owner: Command): void {
  gateCommand(owner, 'code', "have the vault's console say an enrolment code")
    .option('--owner <name>', 'for this owner; any new one when left out')
    .action(async (flags: GateFlags & { readonly owner?: string }) => {
      const name = flags.owner === undefined ? null : ownerId(flags.owner);
      demandDone(await withVault(flags, (vault) => vault.enrolCode(name)));
      report(
        flags,
        { said: true },
        'the code stands on the vault\'s console (with "up": in the terminal it runs in); it is good for 15 minutes',
      );
    });

  actCommand(owner, 'enrol', "make a key the first credential of an owner, by the code on the vault's console")
    .requiredOption('--code <code>', "as the vault's console said it")
    .option('--owner <name>', 'whose', 'owner')
    .option('--label <text>', 'what you call the key', 'command line')
    .action(async (flags: EnrolFlags) => {
      const { credential } = await proverOf(flags);
      const whole = { ...credential, label: flags.label };
      demandDone(await withVault(flags, (vault) => vault.enrol(ownerId(flags.owner), flags.code, whole)));
      report(
        flags,
        { owner: flags.owner, credential: credential.id },
        `${flags.owner} is enrolled with credential ${credential.id}`,
      );
    });
}

/** For acts that have no command of their own, and for programs. */
function addRawAct(owner: Command): void {
  actCommand(
    owner,
    'act <file>',
    'sign an act that is written as JSON (without its time; "-" reads stdin) and hand it in',
  ).action(async (file: string, flags: ActFlags) => {
    let wish: Wish;
    try {
      wish = JSON.parse(readFileSync(file === '-' ? 0 : file, 'utf8')) as Wish;
    } catch (cause) {
      throw new CliError(exitCode.usage, `${file} is not an act in JSON: ${(cause as Error).message}`, { cause });
    }
    const said = await perform(flags, wish);
    report(flags, said, `done: ${JSON.stringify(said)}`);
  });
}
