/** `account check`: whether everything that is read from an exchange can be read, as it is now. */
import { appendFileSync } from 'node:fs';
import { pair as readPair, ValueError } from '@holdfast/domain';
import { binanceMarketData, exchangeHelp, marketDataPlaces } from '@holdfast/exchanges/market-data';
import { connectVault } from '@holdfast/vault/client';
import type { Command } from 'commander';
import { checkAccount } from '../account-check.ts';
import { runningInstance } from '../data-directory.ts';
import { CliError, exitCode } from '../exit.ts';
import { type Common, common } from '../options.ts';
import { print, printJson, table } from '../output.ts';
import { readPeerKey } from '../peer-key.ts';
import { version } from '../version.ts';

interface CheckFlags extends Common {
  readonly exchange: string;
  readonly pair: string;
  readonly seconds: string;
  readonly account?: string;
  readonly record?: string;
}

function marketOf(exchange: string) {
  const places = marketDataPlaces(exchange, { hasAccount: true });
  if (places === undefined) throw new CliError(exitCode.usage, `--exchange ${exchange}: ${exchangeHelp}`);
  return binanceMarketData(places);
}

function readPairs(text: string) {
  try {
    return text.split(',').map((part) => readPair(part.trim()));
  } catch (cause) {
    if (!(cause instanceof ValueError)) throw cause;
    throw new CliError(exitCode.usage, `--pair ${text}: pairs such as BTC/USDT, separated by commas`, { cause });
  }
}

export function addAccountCommands(program: Command): void {
  const account = program.command('account').description('an account at an exchange');
  common(
    account
      .command('check')
      .description('read everything that is read from an exchange, and say what does not work; nothing is changed'),
  )
    .option('--exchange <name>', 'binance, or the address of an exchange on this machine', 'binance')
    .option('--pair <pairs>', 'one or several, separated by commas', 'BTC/USDT,ETH/USDT')
    .option('--seconds <n>', 'how long to listen to the live streams', '10')
    .option('--account <id>', 'also read this account through the running vault (all accounts when left out)')
    .option('--record <file>', 'append the run to a file, one JSON line')
    .action(async ({ data, json, exchange, pair, seconds, account: name, record }: CheckFlags) => {
      const listenMs = Number(seconds) * 1000;
      if (!(listenMs >= 1000 && listenMs <= 600_000))
        throw new CliError(exitCode.usage, `--seconds ${seconds}: a number from 1 to 600`);
      const pairs = readPairs(pair);
      const market = marketOf(exchange);
      const instance = runningInstance(data);
      const vault =
        instance === undefined
          ? undefined
          : connectVault({ url: `http://127.0.0.1:${instance.ports.gate}`, key: readPeerKey(data, 'cli') });
      const findings = await checkAccount({ market, pairs, listenMs, vault, account: name }).finally(() => vault?.close());
      const run = { at: new Date().toISOString(), version, exchange, pairs, ok: findings.every(({ ok }) => ok), findings };
      if (record !== undefined) appendFileSync(record, `${JSON.stringify(run)}\n`);
      if (json) printJson(run);
      else {
        print(
          table(
            ['check', 'result', 'seen'],
            findings.map(({ name: what, ok, detail }) => [what, ok ? 'ok' : 'FAILED', detail]),
          ),
        );
        if (vault === undefined) print(`\nno holdfast runs in ${data}: only public data was read`);
      }
      if (!run.ok) process.exitCode = exitCode.failed;
    });
}
