/** `signal token make|list|rotate|revoke` and `signal log`: who may send signals, and what became of each. */
import { createHash, randomBytes } from 'node:crypto';
import { existsSync, mkdirSync } from 'node:fs';
import { isIP } from 'node:net';
import { join } from 'node:path';
import type { BotSummary } from '@holdfast/contracts';
import {
  openWebhookStore,
  type SignalRow,
  type TokenRow,
  type TokenScope,
  tokenDigest,
  type WebhookStore,
} from '@holdfast/storage';
import { type Command, InvalidArgumentError, Option } from 'commander';
import { apiClient } from '../api-client.ts';
import { openDataDirectory, runningInstance } from '../data-directory.ts';
import { CliError, exitCode } from '../exit.ts';
import { type Common, common } from '../options.ts';
import { print, printJson, table, timeText } from '../output.ts';
import { askSecret, secretsDone } from '../secret-input.ts';

interface MakeFlags extends Common {
  readonly bot: readonly string[];
  readonly name?: string;
  readonly scope: TokenScope;
  readonly ip: readonly string[];
  readonly perMinute: number;
  readonly repeatSeconds: number;
  readonly predecessor?: string;
}

const collect = (text: string, before: readonly string[]): readonly string[] => [...before, ...text.split(',')];

function readBots(text: string, before: readonly string[]): readonly string[] {
  const all = collect(text, before);
  const wrong = all.find((id) => !/^[a-z0-9]{1,12}$/.test(id));
  if (wrong !== undefined) throw new InvalidArgumentError(`"${wrong}" is no bot id as "holdfast status" shows it`);
  return all;
}

function readAddresses(text: string, before: readonly string[]): readonly string[] {
  const all = collect(text, before);
  const wrong = all.find((address) => isIP(address) === 0);
  if (wrong !== undefined) throw new InvalidArgumentError(`"${wrong}" is no IP address`);
  return all;
}

const count =
  (least: number, most: number) =>
  (text: string): number => {
    const value = Number(text);
    if (!/^\d{1,7}$/.test(text) || value < least || value > most)
      throw new InvalidArgumentError(`must be a whole number from ${least} to ${most}, got "${text}"`);
    return value;
  };

function withStore<T>(data: string, work: (store: WebhookStore) => T): T {
  const folder = join(openDataDirectory(data), 'webhook');
  mkdirSync(folder, { recursive: true, mode: 0o700 });
  const store = openWebhookStore(join(folder, 'webhook.db'));
  try {
    return work(store);
  } finally {
    store.close();
  }
}

const newToken = (): string => randomBytes(32).toString('base64url');

function named(store: WebhookStore, name: string): TokenRow {
  const token = store.tokens().find((it) => it.name === name || it.id === name);
  if (token === undefined)
    throw new CliError(exitCode.failed, `there is no token "${name}"; "holdfast signal token list" shows them`);
  return token;
}

const makeHelp = `
The token is shown once; only its hash is kept. With --predecessor ID the bot also takes alerts that were made at 3Commas: ID is their
bot_id (DCA message) or bot_uuid (signal bot), and the email_token or secret of the alert is asked for on the terminal or read
from stdin. Then only the address of the alert changes. See docs/webhooks.md.`;

export function addSignalCommands(program: Command): void {
  const root = program.command('signal').description('signals from TradingView and other programs');
  const token = root.command('token').description('who may send signals to which bots');

  common(token.command('make'))
    .description('make a token for one bot, or for several that trade different pairs')
    .requiredOption('--bot <id>', 'bot that it triggers; may be given several times', readBots, [])
    .option('--name <name>', 'what the log calls it')
    .addOption(new Option('--scope <scope>', 'what it may do').choices(['all', 'start', 'close']).default('all'))
    .option('--ip <address>', 'only from this address; may be given several times', readAddresses, [])
    .option('--per-minute <n>', 'most signals in a minute', count(1, 6000), 30)
    .option(
      '--repeat-seconds <n>',
      'a message without a time that comes again within so long is the same one',
      count(0, 86_400),
      10,
    )
    .option('--predecessor <id>', 'bot_id or bot_uuid of the bot at 3Commas')
    .addHelpText('after', makeHelp)
    .action(make);

  common(token.command('list').description('tokens, without secrets')).action(({ data, json }: Common) =>
    list(data, json === true),
  );

  common(token.command('rotate').argument('<name>', 'its name or id'))
    .description('replace the secret; the old one, and that of a predecessor, end at once')
    .action((name: string, { data, json }: Common) => {
      const secret = newToken();
      const changed = withStore(data, (store) => {
        const old = named(store, name);
        if (old.revokedAt !== null) throw new CliError(exitCode.failed, `token ${old.name} is revoked; make a new one`);
        const next = { ...old, digests: [tokenDigest(old.id, secret)] };
        store.putToken(next);
        return next;
      });
      show(changed, secret, json === true);
    });

  common(token.command('revoke').argument('<name>', 'its name or id'))
    .description('end a token at once; what waits of it is not done')
    .action((name: string, { data, json }: Common) => {
      const ended = withStore(data, (store) => {
        const next = { ...named(store, name), revokedAt: Date.now() };
        store.putToken(next);
        return next;
      });
      if (json) printJson({ revoked: ended.id });
      else print(`revoked: ${ended.name}`);
    });

  common(root.command('log').description('what became of each signal, newest first'))
    .option('--bot <id>', 'of one bot only')
    .option('--limit <n>', 'how many', count(1, 10_000), 20)
    .action(({ data, json, bot, limit }: Common & { bot?: string; limit: number }) => log(data, json === true, limit, bot));
}

/** A message names a pair and no bot. While nothing runs here, nobody knows the pairs. @throws CliError */
async function demandApart(data: string, bots: readonly string[]): Promise<void> {
  if (bots.length < 2 || runningInstance(data) === undefined) return;
  const all = await apiClient(data).get<{ bots: readonly BotSummary[] }>('/api/bots');
  const named = all.bots.filter(({ id }) => bots.includes(id));
  for (const [index, bot] of named.entries())
    for (const other of named.slice(index + 1)) {
      const pair = bot.pairs.find((each) => other.pairs.includes(each));
      if (pair === undefined) continue;
      const why = `bots ${bot.id} and ${other.id} both trade ${pair}, so no message could say which of them it is for`;
      throw new CliError(exitCode.usage, `${why}; make a token for each`);
    }
}

async function make(flags: MakeFlags): Promise<void> {
  const { data, json, predecessor } = flags;
  const theirs =
    predecessor === undefined ? undefined : (await askSecret('email_token or secret of the alert')).toString('utf8').trim();
  secretsDone();
  if (theirs !== undefined && theirs.length < 8)
    throw new CliError(exitCode.usage, 'what was given is no email_token and no secret of an alert');
  await demandApart(data, flags.bot);
  const secret = newToken();
  const id = `t${createHash('sha256').update(secret).digest('hex').slice(0, 12)}`;
  const made = withStore(data, (store) => {
    const name = flags.name ?? `${flags.bot.join('-').slice(0, 40)}-${id.slice(1, 5)}`;
    if (!/^[\w. -]{1,60}$/.test(name))
      throw new CliError(exitCode.usage, `"${name}" is not a name: 1 to 60 letters, digits, ".", "_", "-" or spaces`);
    if (store.tokens().some((it) => it.name === name))
      throw new CliError(exitCode.failed, `there is a token "${name}" already; give another --name`);
    const token: TokenRow = {
      id,
      name,
      bots: flags.bot,
      scope: flags.scope,
      digests: [
        tokenDigest(id, secret),
        ...(theirs === undefined || predecessor === undefined ? [] : [tokenDigest(predecessor, theirs)]),
      ],
      addresses: flags.ip,
      perMinute: flags.perMinute,
      repeatMs: flags.repeatSeconds * 1000,
      createdAt: Date.now(),
      lastUsedAt: null,
      revokedAt: null,
    };
    store.putToken(token);
    return token;
  });
  show(made, secret, json === true);
}

/** The alerts to paste into TradingView. */
function show({ id, name }: TokenRow, secret: string, json: boolean): void {
  const dca = JSON.stringify({ message_type: 'bot', bot_id: id, email_token: secret, delay_seconds: 0 });
  const head = {
    secret,
    max_lag: '300',
    timestamp: '{{timenow}}',
    trigger_price: '{{close}}',
    tv_exchange: '{{exchange}}',
    tv_instrument: '{{ticker}}',
  };
  const custom = JSON.stringify({ ...head, action: 'enter_long', bot_uuid: id });
  const strategy = JSON.stringify({
    ...head,
    action: '{{strategy.order.action}}',
    bot_uuid: id,
    strategy_info: {
      market_position: '{{strategy.market_position}}',
      market_position_size: '{{strategy.market_position_size}}',
      prev_market_position: '{{strategy.prev_market_position}}',
      prev_market_position_size: '{{strategy.prev_market_position_size}}',
    },
    order: { amount: '{{strategy.order.contracts}}', currency_type: 'base' },
  });
  if (json) printJson({ id, name, token: secret, alerts: { dca, custom, strategy } });
  else
    print(`token ${name}; it is shown this once

DCA message, to /trade_signal/trading_view
${dca}

custom signal, to /signal_bots/webhooks
${custom}

TradingView strategy, to /signal_bots/webhooks
${strategy}`);
}

function list(data: string, json: boolean): void {
  const tokens = withStore(data, (store) => store.tokens());
  if (json) {
    printJson(tokens.map(({ digests, ...token }) => ({ ...token, secrets: digests.length })));
    return;
  }
  const rows = tokens.map((it) => [
    it.name,
    it.id,
    it.bots.join(','),
    it.scope,
    it.addresses.join(',') || 'any',
    it.lastUsedAt === null ? 'never' : timeText(it.lastUsedAt),
    it.revokedAt === null ? 'alive' : 'revoked',
  ]);
  print(rows.length === 0 ? 'no token yet' : table(['token', 'id', 'bots', 'may', 'from', 'last used', 'state'], rows));
}

const row = (it: SignalRow, names: ReadonlyMap<string, string>): string[] => [
  timeText(it.received_at),
  names.get(it.token) ?? it.token,
  it.address,
  it.bot ?? '-',
  it.instrument ?? '-',
  it.state,
  it.code ?? '',
  it.reason ?? (it.state === 'waiting' ? `due ${timeText(it.due_at)}` : ''),
];

function log(data: string, json: boolean, limit: number, bot?: string): void {
  if (!existsSync(join(data, 'webhook', 'webhook.db'))) {
    if (json) printJson({ signals: [], refusals: [] });
    else print('no signal yet');
    return;
  }
  const { signals, refusals, tokens } = withStore(data, (store) => ({
    signals: store.signals(limit, bot),
    refusals: bot === undefined ? store.refusals() : [],
    tokens: store.tokens(),
  }));
  if (json) {
    printJson({ signals, refusals });
    return;
  }
  const names = new Map(tokens.map(({ id, name }) => [id, name]));
  if (signals.length === 0) print('no signal yet');
  else
    print(
      table(
        ['received', 'token', 'from', 'bot', 'pair', 'outcome', 'code', 'reason'],
        signals.map((it) => row(it, names)),
      ),
    );
  if (refusals.length > 0)
    print(
      `\nturned away\n${table(
        ['day', 'why', 'from', 'times'],
        refusals.map((it) => [it.day, it.code, it.address, String(it.count)]),
      )}`,
    );
}
