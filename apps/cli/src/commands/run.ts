/** `up`, and the simulated exchange on its own. */
import { readFileSync } from 'node:fs';
import { resolve } from 'node:path';
import { type Command, Option } from 'commander';
import { defaultPort, portsFrom } from '../data-directory.ts';
import { type Common, common, readPort, readSpeed } from '../options.ts';
import type { FirstBot } from '../up/demo.ts';
import { up } from '../up/up.ts';

export interface TapeFlags {
  readonly tape?: readonly string[];
  readonly live?: string | true;
  readonly pair?: string;
  readonly from?: string;
  readonly to?: string;
  readonly speed?: string;
  readonly seed?: string;
}

interface UpFlags extends Common, TapeFlags {
  readonly port: number;
  readonly portalPort?: number;
  readonly gatePort?: number;
  readonly exchangePort?: number;
  readonly webhookPort?: number;
  readonly webhookHost: string;
  readonly webhookBehindProxy?: true;
  readonly demo: boolean;
  readonly firstBot?: string;
}

/** The synthetic market runs ten times faster than the clock, so that a first look shows whole deals; a tape runs as recorded. */
const defaultSpeed = (flags: TapeFlags): string => (flags.tape === undefined && flags.live === undefined ? '10' : '1');

export const tapeOptions = (command: Command): Command =>
  command
    .option(
      '--tape <file>',
      'replay recorded candles (time_ms,open,high,low,close,volume; CSV or gzip); may be given for several pairs',
      (path: string, before?: readonly string[]) => [...(before ?? []), resolve(path)],
    )
    .option('--live [exchange]', 'paper trading on live public prices: binance, or the address of an exchange on this machine')
    .option(
      '--pair <pair>',
      'pair of the tape, such as BTC/USDT; read off the file name when left out; several with commas, also with --live',
    )
    .option('--from <time>', 'first moment of the tape to play: ISO date or unix ms')
    .option('--to <time>', 'last moment of the tape to play')
    .option('--speed <n>', 'times faster than recorded, or "max"', readSpeed)
    .option('--seed <n>', 'seed of the synthetic market');

export const readTape = (flags: TapeFlags) => ({
  ...(flags.tape === undefined ? {} : { files: flags.tape }),
  ...(flags.live === undefined ? {} : { live: flags.live === true ? 'binance' : flags.live }),
  ...(flags.pair === undefined ? {} : { pair: flags.pair }),
  ...(flags.from === undefined ? {} : { from: flags.from }),
  ...(flags.to === undefined ? {} : { to: flags.to }),
  ...(flags.seed === undefined ? {} : { seed: flags.seed }),
  speed: flags.speed ?? defaultSpeed(flags),
});

export function addRunCommands(program: Command): void {
  tapeOptions(common(program.command('up').description('start the vault, the simulated exchange, the engine and the dashboard')))
    .option('--port <n>', 'port of the dashboard', readPort, defaultPort)
    .option('--portal-port <n>', "port of the vault's own pages (dashboard + 1 when left out)", readPort)
    .option('--gate-port <n>', "port of the vault's gate (dashboard + 2 when left out)", readPort)
    .option('--exchange-port <n>', 'port of the simulated exchange (dashboard + 10 when left out)', readPort)
    .option('--webhook-port <n>', 'port of the listener for signals, such as 8433; not started when left out', readPort)
    .option('--webhook-host <address>', 'where the listener for signals listens', '127.0.0.1')
    .option('--webhook-behind-proxy', "take the sender's address from the proxy on this machine")
    .option('--no-demo', 'make no demonstration account and bot')
    // Made in place of the demonstration's: `parity` plays it on an account where nothing but its settings binds.
    .addOption(new Option('--first-bot <file>').hideHelp())
    .action(async (flags: UpFlags) => {
      const counted = portsFrom(flags.port);
      const ports = {
        dashboard: flags.port,
        portal: flags.portalPort ?? counted.portal,
        gate: flags.gatePort ?? counted.gate,
        exchange: flags.exchangePort ?? counted.exchange,
      };
      const { webhookPort: port, webhookHost: host } = flags;
      const webhook = port === undefined ? {} : { webhook: { port, host, behindProxy: flags.webhookBehindProxy === true } };
      const first = flags.firstBot === undefined ? {} : { first: JSON.parse(readFileSync(flags.firstBot, 'utf8')) as FirstBot };
      await up({
        ...webhook,
        ...first,
        data: flags.data,
        ports,
        demo: flags.demo,
        json: flags.json === true,
        tape: readTape(flags),
      });
    });
}
