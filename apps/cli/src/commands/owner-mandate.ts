/** `owner mandate`: reading, proposing and signing mandates, with their words and worst loss before the signature. */
import { createHash } from 'node:crypto';
import { readFileSync, writeFileSync } from 'node:fs';
import {
  type Amount,
  amount,
  asset,
  epochMs,
  formatAmount,
  type Mandate,
  mandateText,
  pair,
  proposeMandate,
  roundTo,
  type VaultStatus,
} from '@holdfast/domain';
import { type MandateTold, parseDoor, type VaultClient } from '@holdfast/vault/client';
import type { Command } from 'commander';
import { runningInstance } from '../data-directory.ts';
import { CliError, exitCode } from '../exit.ts';
import { print, printJson, table } from '../output.ts';
import {
  type ActFlags,
  actCommand,
  demandDone,
  type GateFlags,
  gateCommand,
  needAccount,
  type Said,
  whenText,
  withVault,
} from './owner-acts.ts';
import { proverOf } from './owner-signer.ts';
import { demandYes } from './owner-talk.ts';

interface ProposeFlags extends GateFlags {
  readonly value: string;
  readonly quote: string;
  readonly pair: readonly string[];
  readonly out?: string;
}

interface SignFlags extends ActFlags {
  readonly yes?: true;
}

const readable = (mandate: Mandate): string => JSON.stringify(JSON.parse(mandateText(mandate)), null, 2);

export function addOwnerMandateCommands(owner: Command): void {
  const mandate = owner.command('mandate').description('what may be done on an account at all');
  addShow(mandate);
  addPropose(mandate);
  addSign(mandate);
  gateCommand(mandate, 'pending', 'what waits, and from when it counts').action(async (flags: GateFlags) => {
    const { accounts } = await withVault(flags, (vault) => vault.status());
    const pending = accounts.flatMap((it) => it.pending.map((one) => ({ account: it.account, ...one })));
    if (flags.json) printJson(pending);
    else
      print(
        pending.length === 0
          ? 'nothing waits'
          : table(
              ['id', 'what', 'counts from'],
              pending.map((it) => [it.id, it.what, whenText(it.from)]),
            ),
      );
  });
  addVeto(mandate);
  addVeto(owner);
}

/** Credentials wait as mandates do, so it stands beside both. */
function addVeto(parent: Command): void {
  gateCommand(parent, 'veto <id>', 'drop what waits; anybody may, so no key is asked for').action(
    async (id: string, flags: GateFlags) => {
      demandDone(await withVault(flags, (vault) => vault.veto(id)));
      if (flags.json) printJson({ vetoed: id });
      else print(`vetoed: ${id} will never count`);
    },
  );
}

function addShow(mandate: Command): void {
  gateCommand(mandate, 'show <account>', 'the mandate in force: words, worst loss and text').action(
    async (name: string, flags: GateFlags) => {
      await withVault(flags, async (vault) => {
        const { mandate: inForce } = needAccount(await vault.status(), name);
        if (inForce === null)
          throw new CliError(exitCode.failed, `account ${name} has no mandate: the vault refuses every order on it`);
        if (flags.json) {
          print(readable(inForce));
          return;
        }
        const told = demandDone(await vault.words(inForce));
        print(`${told.words.join('\n')}\n\n${lossText(told, inForce.quote)}\n\n${readable(inForce)}`);
      });
    },
  );
}

function addPropose(mandate: Command): void {
  gateCommand(mandate, 'propose <account>', 'write a careful mandate that you can edit and sign')
    .requiredOption('--value <amount>', 'what the account is worth')
    .requiredOption(
      '--pair <pair=price...>',
      'pairs with what one costs now, such as BTC/USDT=64000; the price may be left out if the vault knows one',
    )
    .option('--quote <asset>', 'asset that it counts in', 'USDT')
    .option('--out <file>', 'write it there instead of printing it')
    .action(async (name: string, flags: ProposeFlags) => {
      const made = await withVault(flags, async (vault) => {
        const status = await vault.status();
        const { account, owner, uid, mandate: before } = needAccount(status, name);
        if (uid === '')
          throw new CliError(
            exitCode.failed,
            `account ${name} was not connected yet; a mandate names the exchange account it counts for`,
          );
        return proposeMandate({
          account,
          owner,
          uid,
          ...following(before),
          now: epochMs(await exchangeNow(status, flags)),
          quote: asset(flags.quote),
          value: amount(flags.value),
          pairs: flags.pair.map((text) => priced(text, status)),
        });
      });
      const text = `${readable(made)}\n`;
      if (flags.out === undefined) process.stdout.write(text);
      else {
        writeFileSync(flags.out, text, { mode: 0o600, flag: 'wx' });
        print(`${flags.out} is written; edit it, then: npx holdfast owner mandate sign ${flags.out}`);
      }
    });
}

/** Number and link of the mandate after this one. */
const following = (before: Mandate | null): { readonly seq: number; readonly prev: string } => ({
  seq: (before?.seq ?? 0) + 1,
  prev: before === null ? '' : createHash('sha256').update(mandateText(before)).digest('hex'),
});

/** A changed copy of the mandate in force, as "mandate show" prints it, is meant to follow it. */
function numbered(wanted: Mandate, inForce: Mandate | null): Mandate {
  if (inForce === null || wanted.seq !== inForce.seq || wanted.prev !== inForce.prev) return wanted;
  return mandateText(wanted) === mandateText(inForce) ? wanted : { ...wanted, ...following(inForce) };
}

/** Mandates run by the exchange's clock, which a simulated exchange has of its own. */
async function exchangeNow({ simulated }: VaultStatus, { data }: GateFlags): Promise<number> {
  const port = simulated ? runningInstance(data)?.ports.exchange : undefined;
  if (port === undefined) return Date.now();
  const response = await fetch(`http://127.0.0.1:${port}/api/v3/time`, { signal: AbortSignal.timeout(5_000) });
  return ((await response.json()) as { serverTime: number }).serverTime;
}

/** Reads `BTC/USDT=64000` or `BTC/USDT`. @throws CliError, ValueError */
function priced(text: string, { reference }: VaultStatus): { readonly pair: ReturnType<typeof pair>; readonly price: Amount } {
  const [name = '', given] = text.split('=');
  const price = given === undefined ? reference.find((it) => it.pair === name)?.price : amount(given);
  if (price === undefined)
    throw new CliError(exitCode.usage, `the vault knows no price of ${name} yet; write --pair ${name}=PRICE`);
  return { pair: pair(name), price };
}

function addSign(mandate: Command): void {
  actCommand(mandate, 'sign <file>', 'show the words and the worst loss of a mandate, and sign it')
    .option('--yes', 'do not ask')
    .action(async (file: string, flags: SignFlags) => {
      const read = readMandate(file);
      const { sign } = await proverOf(flags);
      await withVault(flags, async (vault) => {
        const { accounts } = await vault.status();
        const wanted = numbered(read, accounts.find(({ account }) => account === read.account)?.mandate ?? null);
        await tell(vault, wanted, flags);
        const done = demandDone(await vault.ownerAct({ act: 'mandate', mandate: wanted, at: Date.now() }, sign));
        reportSigned(flags, wanted, done.answer);
      });
    });
}

/** @throws CliError */
function readMandate(file: string): Mandate {
  try {
    return parseDoor(readFileSync(file, 'utf8')) as Mandate;
  } catch (cause) {
    throw new CliError(exitCode.usage, `${file} is not a mandate in JSON: ${(cause as Error).message}`, { cause });
  }
}

/** Says what would be signed, and asks. @throws CliError */
async function tell(vault: VaultClient, wanted: Mandate, { yes }: SignFlags): Promise<void> {
  const told = demandDone(await vault.words(wanted));
  const changes = told.changes.map((it) => `  - ${it}`).join('\n');
  process.stderr.write(
    `${told.words.join('\n')}\n\n${lossText(told, wanted.quote)}\n\n${changeText[told.change]}${changes === '' ? '' : `\n${changes}`}\n` +
      (told.from > Date.now() + 60_000 ? `It would count from ${whenText(told.from)}.\n` : ''),
  );
  await demandYes(`Sign mandate ${wanted.seq} of account ${wanted.account}?`, yes === true);
}

const changeText: Readonly<Record<MandateTold['change'], string>> = {
  first: 'The first mandate of this account.',
  narrower: 'Narrower than the one in force: it counts at once.',
  equal: 'The same as the one in force.',
  wider: 'Wider than the one in force:',
};

const cent = 10n ** 16n;
/** Rounded up to cents, or to eight places where it is small: never less than it is. */
function text(value: unknown): string {
  const loss = typeof value === 'bigint' ? value : amount(String(value));
  return formatAmount(roundTo(loss, loss < cent * 100_000n ? cent / 1_000_000n : cent, 'up'));
}

const lossText = ({ worstLoss }: MandateTold, quote: string): string =>
  [
    `Theft can take in 24 h, at most: ${text(worstLoss.theft24h)} ${quote}  (${String(worstLoss.formula)})`,
    `Even with forged prices:         ${text(worstLoss.forged24h)} ${quote}`,
    `A fall of the market, beside it: ${text(worstLoss.market24h)} ${quote}`,
  ].join('\n');

function reportSigned({ json }: SignFlags, { account, seq }: Mandate, said: Said): void {
  if (json) printJson(said);
  else if (said.pending === undefined) print(`mandate ${seq} of ${account} counts now`);
  else print(`mandate ${seq} of ${account} waits as ${said.pending} and counts from ${whenText(said.from)}`);
}
