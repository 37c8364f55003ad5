/**
 * `sub-key make|list|revoke`: a sub-key for a program that speaks the exchange's own API (ccxt, freqtrade). It looks like an
 * exchange key, works at this vault only, and only inside the grant that is made here.
 */
import {
  type AccountId,
  type Amount,
  amount,
  type BotId,
  formatAmount,
  type GrantRight,
  type Pair,
  pair,
} from '@holdfast/domain';
import type { Command } from 'commander';
import { InvalidArgumentError } from 'commander';
import { runningInstance } from '../data-directory.ts';
import { CliError, exitCode } from '../exit.ts';
import { type Common, common } from '../options.ts';
import { print, printJson, table } from '../output.ts';
import { withVault } from './vault.ts';

interface MakeFlags extends Common {
  readonly account: string;
  readonly pairs: readonly Pair[];
  readonly maxOrder: Amount;
  readonly turnover: Amount;
  readonly cancelStops?: true;
  readonly sellHeld?: true;
}

/** @throws InvalidArgumentError unless pairs such as BTC/USDT,ETH/USDT */
function readPairs(text: string): readonly Pair[] {
  try {
    return text.split(',').map(pair);
  } catch {
    throw new InvalidArgumentError(`pairs are written BTC/USDT,ETH/USDT; got "${text}"`);
  }
}

/** @throws InvalidArgumentError unless a decimal above 0 */
function readAmount(text: string): Amount {
  if (!/^\d{1,15}(\.\d{1,12})?$/.test(text) || amount(text) <= 0n)
    throw new InvalidArgumentError(`an amount is a decimal above 0, got "${text}"`);
  return amount(text);
}

const keyHelp = `
Give apiKey and secret to the program as if they were the exchange's, and let it call the vault's address in place of the
exchange's: see docs/dialect.md. Asking again for the same name shows them again, with the terms asked for last.`;

export function addSubKeyCommands(program: Command): void {
  const root = program.command('sub-key').description("sub-keys for programs that speak the exchange's own API");

  common(root.command('make').argument('<name>', 'what the program is called: letters, digits, _ or -'))
    .description('make a sub-key inside the mandate of an account, or show it again with new terms')
    .requiredOption('--account <id>', 'account it trades on')
    .requiredOption('--pairs <list>', 'pairs it may trade, e.g. BTC/USDT,ETH/USDT', readPairs)
    .requiredOption('--max-order <quote>', 'largest order', readAmount)
    .requiredOption('--turnover <quote>', 'most turnover in any 24 h', readAmount)
    .option('--cancel-stops', 'may cancel protective stops, as programs do that move a stop by cancelling it')
    .option('--sell-held', 'may sell coins that were there before the vault')
    .addHelpText('after', keyHelp)
    .action((name: string, flags: MakeFlags) => make(name, flags));

  common(root.command('list').description('grants of all sub-keys, without secrets')).action(({ data, json }: Common) =>
    list(data, json === true),
  );

  common(root.command('revoke').argument('<sub-key>', 'its id, as "list" shows it').description('end a sub-key at once')).action(
    async (subKey: string, { data, json }: Common) => {
      const done = await withVault(data, (vault) => vault.revoke(subKey as never));
      if (done.kind === 'refused') throw new CliError(exitCode.failed, `${done.reason} (${done.code})`);
      if (json) printJson({ revoked: subKey });
      else print(`revoked: ${subKey}`);
    },
  );
}

async function make(name: string, flags: MakeFlags): Promise<void> {
  const { data, json, account, pairs, maxOrder, turnover } = flags;
  if (!/^[A-Za-z0-9_-]{1,32}$/.test(name))
    throw new CliError(exitCode.usage, `"${name}" is not a name: 1 to 32 of A-Z a-z 0-9 _ -`);
  const rights: GrantRight[] = [];
  if (flags.cancelStops === true) rights.push('cancel-stops');
  if (flags.sellHeld === true) rights.push('sell-held');
  const granted = await withVault(data, (vault) =>
    vault.grant({
      bot: `program-${name}` as BotId,
      account: account as AccountId,
      pairs,
      maxOrderQuote: maxOrder,
      turnover24h: turnover,
      rights,
    }),
  );
  if (granted.kind === 'refused') throw new CliError(exitCode.failed, `${granted.reason} (${granted.code})`);
  const url = `http://127.0.0.1:${runningInstance(data)?.ports.gate ?? ''}`;
  const { subKey, dialect } = granted;
  if (json) printJson({ subKey, url, ...dialect });
  else print(`sub-key  ${subKey}\naddress  ${url}\napiKey   ${dialect.apiKey}\nsecret   ${dialect.secret}`);
}

async function list(data: string, json: boolean): Promise<void> {
  const { accounts } = await withVault(data, (vault) => vault.status());
  const grants = accounts.flatMap((it) => it.grants);
  if (json) {
    printJson(
      grants.map((it) => ({ ...it, maxOrderQuote: formatAmount(it.maxOrderQuote), turnover24h: formatAmount(it.turnover24h) })),
    );
    return;
  }
  const rows = grants.map((it) => [
    it.subKey,
    it.bot,
    it.account,
    it.pairs.join(','),
    formatAmount(it.maxOrderQuote),
    formatAmount(it.turnover24h),
    it.rights.join(','),
    it.alive ? 'alive' : 'revoked',
  ]);
  print(table(['sub-key', 'for', 'account', 'pairs', 'max order', 'turnover 24 h', 'rights', 'state'], rows));
}
