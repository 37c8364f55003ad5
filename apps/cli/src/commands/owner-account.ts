/** `owner account`: connecting exchange accounts, with keys born in the vault or secrets that are sealed to it here. */
import { createPublicKey, verify } from 'node:crypto';
import { readFileSync } from 'node:fs';
import {
  type ExchangeName,
  exchangeNames,
  type SealTicket,
  sealAadText,
  sealedText,
  sealInfoText,
  ticketText,
} from '@holdfast/domain';
import type { VaultClient } from '@holdfast/vault/client';
import { hpkeSeal } from '@holdfast/vault/hpke';
import { type Command, Option } from 'commander';
import { CliError, exitCode } from '../exit.ts';
import { print, printJson, table } from '../output.ts';
import {
  type ActFlags,
  accountName,
  actCommand,
  demandDone,
  type GateFlags,
  gateCommand,
  perform,
  readIdentity,
  whenText,
  withVault,
} from './owner-acts.ts';
import { askSecretText } from './owner-talk.ts';

interface BornFlags extends ActFlags {
  readonly exchange?: ExchangeName;
  readonly key: 'ed25519' | 'rsa';
}

interface ImportFlags extends ActFlags {
  readonly exchange?: ExchangeName;
  readonly apiKey: string;
  readonly keyType: 'hmac' | 'ed25519' | 'rsa';
  readonly secretFile?: string;
}

const exchangeOption = (): Option =>
  new Option('--exchange <name>', 'the simulated one on a simulated vault').choices(exchangeNames);
const keyOption = (): Option => new Option('--key <kind>', 'kind of key').choices(['ed25519', 'rsa']).default('ed25519');

export function addOwnerAccountCommands(owner: Command): void {
  const account = owner.command('account').description('exchange accounts of the vault');
  addBorn(account);
  addImport(account);
  actCommand(account, 'remove <account>', 'erase the key of an account; only when nothing is open').action(
    async (name: string, flags: ActFlags) => {
      const said = await perform(flags, { act: 'account-remove', account: accountName(name) });
      if (flags.json) printJson(said);
      else print(`${name} is removed; delete its key at the exchange as well`);
    },
  );
  gateCommand(account, 'list', 'accounts, their condition and the age of their keys').action(async (flags: GateFlags) => {
    const { accounts } = await withVault(flags, (vault) => vault.status());
    if (flags.json) printJson(accounts.map(({ mandate: _, grants: _grants, used: _used, ...it }) => it));
    else
      print(
        table(
          ['account', 'owner', 'exchange', 'condition', 'key', 'born', 'protected', 'reason'],
          accounts.map((it) => [
            it.account,
            it.owner,
            it.exchange,
            it.condition,
            it.connected ? (it.key?.age ?? '') : 'not connected',
            whenText(it.key?.bornAt),
            it.key === null ? '' : it.key.ipRestricted ? 'yes' : 'NO: any address',
            it.reason,
          ]),
        ),
      );
  });
}

/** The one exchange that a vault of this kind takes, unless it was named. */
const exchangeOf = async (vault: VaultClient, named: ExchangeName | undefined): Promise<ExchangeName> =>
  named ?? ((await vault.status()).simulated ? 'simulated' : 'binance');

function addBorn(account: Command): void {
  const show = ({ json }: ActFlags, name: string, publicKey: unknown): void => {
    if (json) printJson({ account: name, publicKey });
    else
      print(
        `${publicKey}Paste this public half at the exchange. Tick reading and spot trading, nothing else; restrict the key to the address of this machine.\n` +
          `Then: npx holdfast owner account connect ${name} <API key that the exchange shows>`,
      );
  };
  actCommand(account, 'create <account>', 'make an account with a key born in the vault; print its public half')
    .addOption(exchangeOption())
    .addOption(keyOption())
    .action(async (name: string, flags: BornFlags) => {
      const said = await perform(flags, async (vault) => ({
        act: 'account-create',
        account: accountName(name),
        exchange: await exchangeOf(vault, flags.exchange),
        key: flags.key,
      }));
      show(flags, name, said.publicKey);
    });
  actCommand(account, 'rotate <account>', 'make the next key of an account; the one in use goes on until "connect"')
    .addOption(keyOption())
    .action(async (name: string, flags: BornFlags) => {
      const said = await perform(flags, { act: 'account-rotate', account: accountName(name), key: flags.key });
      show(flags, name, said.publicKey);
    });
  actCommand(
    account,
    'connect <account> <api-key>',
    'tell the vault the key id that the exchange gave for the public half',
  ).action(async (name: string, apiKey: string, flags: ActFlags) => {
    connected(flags, name, await perform(flags, { act: 'account-connect', account: accountName(name), apiKey }));
  });
}

function connected({ json }: ActFlags, name: string, said: Readonly<Record<string, unknown>>): void {
  if (json) printJson(said);
  else
    print(
      `${name} is connected${said.ipRestricted === false ? '; not protected: the key works from any address, so all limits are halved' : ''}`,
    );
}

function addImport(account: Command): void {
  actCommand(
    account,
    'import <account>',
    'connect an account with a secret of the exchange, typed without echo and sealed before it leaves',
  )
    .addOption(exchangeOption())
    .requiredOption('--api-key <key>', 'key id')
    .addOption(new Option('--key-type <kind>', 'kind of secret').choices(['hmac', 'ed25519', 'rsa']).default('hmac'))
    .option('--secret-file <file>', 'read the secret from a file, e.g. a private key in PEM')
    .action(async (name: string, flags: ImportFlags) => {
      const { apiKey, keyType, secretFile } = flags;
      const said = await perform(flags, async (vault, credential) => {
        const secret =
          secretFile === undefined ? await askSecretText(`Secret of the key ${apiKey}`) : readFileSync(secretFile, 'utf8');
        if (secret.trim() === '') throw new CliError(exitCode.usage, 'the secret is empty; nothing was sent');
        const exchange = await exchangeOf(vault, flags.exchange);
        const ticket = await ownTicket(vault, flags.data);
        const { vaultId } = await vault.status();
        const text = sealedText({
          exchange,
          apiKey,
          secret: secret.trim(),
          passphrase: '',
          keyType,
          owner: credential,
          at: Date.now(),
        });
        const sealed = hpkeSeal(
          Buffer.from(ticket.publicKey, 'base64'),
          Buffer.from(sealInfoText(vaultId, ticket.ticket)),
          Buffer.from(sealAadText(credential, exchange)),
          Buffer.from(text),
        );
        return {
          act: 'account-import',
          account: accountName(name),
          exchange,
          ticket: ticket.ticket,
          sealed: sealed.toString('base64'),
        };
      });
      connected(flags, name, said);
    });
}

/** A ticket that the vault of this data directory signed. @throws CliError */
async function ownTicket(vault: VaultClient, data: string): Promise<SealTicket> {
  const ticket = demandDone(await vault.ticket());
  const { vaultId } = await vault.status();
  const identity = createPublicKey(readIdentity(data));
  if (!verify(null, Buffer.from(ticketText(vaultId, ticket)), identity, Buffer.from(ticket.signature, 'base64')))
    throw new CliError(
      exitCode.failed,
      'the ticket was not signed by the vault of this data directory; nothing was sealed or sent',
    );
  return ticket;
}
