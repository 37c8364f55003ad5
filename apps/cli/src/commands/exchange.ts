/** The simulated exchange: started alone, and what its operator does: keys, credit, markets. */
import { spawn } from 'node:child_process';
import { existsSync, readFileSync } from 'node:fs';
import { join, resolve } from 'node:path';
import { type ControlPlace, createKey, creditUser, haltMarket, listMarket } from '@holdfast/exchange/control';
import { type Command, InvalidArgumentError, Option } from 'commander';
import { defaultPort, openDataDirectory, portsFrom, repositoryRoot, runningInstance } from '../data-directory.ts';
import { CliError, exitCode } from '../exit.ts';
import { type Common, common, readPort } from '../options.ts';
import { print, printJson } from '../output.ts';
import { flagsOf } from '../up/confinement.ts';
import { tapeArguments } from '../up/up.ts';
import { readTape, type TapeFlags, tapeOptions } from './run.ts';

interface Operator extends Common {
  readonly url?: string;
}

/** Where the exchange of a data directory listens: given, that of a running instance, as it last said itself, or the default. */
function placeOf({ data, url }: Operator): ControlPlace {
  if (url !== undefined) return { url, data };
  const instance = runningInstance(data);
  if (instance !== undefined) return { url: `http://127.0.0.1:${instance.ports.exchange}`, data };
  const note = join(data, 'exchange', 'address.json');
  if (existsSync(note)) return { url: (JSON.parse(readFileSync(note, 'utf8')) as { url: string }).url, data };
  return { url: `http://127.0.0.1:${portsFrom(defaultPort).exchange}`, data };
}

/** Reads `USDT=10000,BTC=1`. @throws InvalidArgumentError */
function readCredit(text: string): Record<string, string> {
  const entries = text.split(',').map((part) => /^([A-Z0-9]{1,20})=(\d{1,20}(?:\.\d{1,8})?)$/.exec(part.trim()));
  if (entries.some((entry) => entry === null)) {
    throw new InvalidArgumentError(
      `write ASSET=AMOUNT with at most 8 decimals, separated by commas, such as USDT=10000,BTC=1; got "${text}"`,
    );
  }
  return Object.fromEntries(entries.map((entry) => [entry?.[1], entry?.[2]]));
}

const operator = (command: Command): Command =>
  common(command).option('--url <url>', 'address of the exchange, if not that of the data directory');

function startAlone(data: string, port: number, args: readonly string[], tapes: readonly string[]): Promise<number> {
  const main = resolve(repositoryRoot, 'apps/exchange/src/main.ts');
  const flags = flagsOf('exchange', data, tapes);
  const child = spawn(process.execPath, [...flags, main, '--data', data, '--port', String(port), ...args], {
    stdio: ['pipe', 'pipe', 'inherit'],
    env: {},
  });
  child.stdout?.on('data', (chunk: Buffer) => {
    if (chunk.toString().includes('"ready":true')) print(`simulated exchange on http://127.0.0.1:${port}; Ctrl-C stops it`);
  });
  for (const signal of ['SIGINT', 'SIGTERM', 'SIGHUP'] as const) process.on(signal, () => child.kill('SIGTERM'));
  return new Promise((done) => child.once('exit', (code) => done(code ?? exitCode.failed)));
}

export function addExchangeCommands(program: Command): void {
  const exchange = program.command('exchange').description('the simulated exchange');

  tapeOptions(common(exchange.command('start').description('start the simulated exchange alone, for any client program')))
    .option('--port <n>', 'port', readPort, portsFrom(defaultPort).exchange)
    .addOption(
      new Option('--touch <rule>', 'when a resting order fills: the tape touches its price, or goes through').choices([
        'touch',
        'through',
      ]),
    )
    .option('--volume-share <n>', 'part of the tape volume that orders can get, 0 to 1')
    .option('--spread-ticks <n>', 'ask minus bid, in ticks')
    .action(async (flags: Common & TapeFlags & { port: number; touch?: string; volumeShare?: string; spreadTicks?: string }) => {
      const data = openDataDirectory(flags.data);
      const house = Object.entries({ touch: flags.touch, 'volume-share': flags.volumeShare, 'spread-ticks': flags.spreadTicks });
      const houseArguments = house.flatMap(([name, value]) => (value === undefined ? [] : [`--${name}`, value]));
      const told = [...tapeArguments({ ...readTape(flags), speed: flags.speed ?? '1' }), ...houseArguments];
      process.exitCode = await startAlone(data, flags.port, told, flags.tape ?? []);
    });

  operator(
    exchange
      .command('key')
      .description('keys of users')
      .command('create')
      .description('make a user with a key, for any client program'),
  )
    .addOption(new Option('--type <type>', 'kind of key').choices(['hmac', 'rsa', 'ed25519']).default('hmac'))
    .option('--credit <amounts>', 'what the user gets, such as USDT=10000,BTC=1', readCredit)
    .option('--user <id>', 'a further key for this user')
    .option('--public-key <file>', 'register this public key (PEM) instead of making a pair')
    .action(
      async (
        flags: Operator & {
          type: 'hmac' | 'rsa' | 'ed25519';
          credit?: Record<string, string>;
          user?: string;
          publicKey?: string;
        },
      ) => {
        if (flags.publicKey !== undefined && !existsSync(flags.publicKey))
          throw new CliError(exitCode.usage, `there is no file ${flags.publicKey}`);
        const made = await createKey(placeOf(flags), {
          type: flags.type,
          ...(flags.credit === undefined ? {} : { credit: flags.credit }),
          ...(flags.user === undefined ? {} : { userId: Number(flags.user) }),
          ...(flags.publicKey === undefined ? {} : { publicKey: readFileSync(flags.publicKey, 'utf8') }),
        });
        if (flags.json) printJson(made);
        else
          print(`user    ${made.userId}\napiKey  ${made.apiKey}${made.secret === undefined ? '' : `\nsecret  ${made.secret}`}`);
      },
    );

  operator(exchange.command('credit').description('give a user funds'))
    .requiredOption('--key <apiKey>', 'a key of the user')
    .requiredOption('--amounts <amounts>', 'such as USDT=500,BTC=0.1', readCredit)
    .action(async (flags: Operator & { key: string; amounts: Record<string, string> }) => {
      const done = await creditUser(placeOf(flags), { apiKey: flags.key, credit: flags.amounts });
      if (flags.json) printJson(done);
      else
        print(
          `credited ${Object.entries(flags.amounts)
            .map(([name, value]) => `${value} ${name}`)
            .join(', ')}`,
        );
    });

  const market = exchange.command('market').description('markets');
  operator(market.command('list <pair>').description('list a market of its own, without a tape: only its users trade there'))
    .option('--tick <step>', 'price step', '0.01')
    .option('--lot <step>', 'quantity step', '0.0001')
    .option('--min-notional <amount>', 'smallest order in quote', '1')
    .option('--price <price>', 'last price to begin with')
    .action(async (pairName: string, flags: Operator & { tick: string; lot: string; minNotional: string; price?: string }) => {
      const done = await listMarket(placeOf(flags), {
        pair: pairName,
        tick: flags.tick,
        lot: flags.lot,
        minNotional: flags.minNotional,
        ...(flags.price === undefined ? {} : { price: flags.price }),
      });
      if (flags.json) printJson(done);
      else print(`${pairName} is listed`);
    });
  for (const [name, halted] of [
    ['halt', true],
    ['resume', false],
  ] as const) {
    operator(
      market
        .command(`${name} <pair>`)
        .description(halted ? 'halt a market: orders are refused' : 'let a halted market trade again'),
    ).action(async (pairName: string, flags: Operator) => {
      const done = await haltMarket(placeOf(flags), { pair: pairName, halted });
      if (flags.json) printJson(done);
      else print(`${pairName} ${halted ? 'is halted' : 'trades again'}`);
    });
  }
}
