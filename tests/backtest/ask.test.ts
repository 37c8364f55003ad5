/** What a backtest may be asked is the same on the command line and over the API. */
import assert from 'node:assert/strict';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, test } from 'node:test';
import { type AskBacktest, askBacktest, askSweep } from '@holdfast/contracts';
import { Command } from 'commander';
import { type AskFlags, askOf, askOptions } from '../../apps/cli/src/commands/backtest-ask.ts';
import { listedKind } from '../../apps/cli/src/commands/listed-kind.ts';
import { toAsk, toSweepAsk } from '../../apps/server/src/backtests/ask.ts';

const folder = mkdtempSync(join(tmpdir(), 'holdfast-ask-'));
after(() => rmSync(folder, { recursive: true }));
const signals = join(folder, 'signals.csv');
const at = Date.UTC(2025, 0, 2);
writeFileSync(signals, `${at},go\n`);

const settings = { baseOrderSize: '100', averagingOrderSize: '100' };
const dca = await listedKind('dca');
const plain = ['--pair', 'BTC/USDT', '--settings', JSON.stringify(settings)];
const asked = (body: object): AskBacktest => askBacktest.parse({ kind: 'dca', pairs: ['BTC/USDT'], settings, ...body });

function typed(...given: readonly string[]) {
  const command = askOptions(new Command());
  command.parse([...plain, ...given], { from: 'user' });
  return askOf(command.opts<AskFlags>(), dca);
}

const assumptions = (of: NonNullable<AskBacktest['assumptions']>) => ({ assumptions: of });
const rows: readonly [given: readonly string[], body: object][] = [
  [[], {}],
  [['--data-set', 'binance:1h', '--inside', '1m,trades'], { exchange: 'binance', interval: '1h', inside: '1m,trades' }],
  [['--inside', 'trades'], { inside: 'trades' }],
  [['--inside', '5m'], { inside: '5m' }],
  [['--signals', signals], { signals: [{ at, name: 'go' }] }],
  [['--from', '2025-01-01', '--to', '2025-02-01'], { from: Date.UTC(2025, 0, 1), to: Date.UTC(2025, 1, 1) }],
  [['--funds', '1000 USDT'], { funds: { USDT: '1000' } }],
  [['--maker-fee', '-0.005%', '--taker-fee', '0.1%'], assumptions({ makerFee: '-0.00005', takerFee: '0.001' })],
  [
    ['--fee-tier', '1000:0.09%:0.1%', '--fee-tier', '2000:0.08%:0.1%', '--fee-in', 'quote'],
    assumptions({
      feeTiers: [
        { from: '1000', makerFee: '0.0009', takerFee: '0.001' },
        { from: '2000', makerFee: '0.0008', takerFee: '0.001' },
      ],
      feeIn: 'quote',
    }),
  ],
  [
    ['--path', 'adverse', '--fill', 'queue', '--gaps', 'open', '--stops', 'trigger', '--depth', 'best'],
    assumptions({ path: 'adverse', fill: 'queue', gaps: 'open', stops: 'trigger', depth: 'best' }),
  ],
  [
    ['--spread', '2', '--slippage', '3', '--volume-share', 'any', '--latency', '50'],
    assumptions({ spreadTicks: 2, slippageTicks: 3, volumeShare: null, latencyMs: 50 }),
  ],
  [
    ['--price-band', '2:0.5', '--max-notional', '5000', '--max-position', '1.5'],
    assumptions({ priceBand: { up: '2', down: '0.5' }, maxNotional: '5000', maxPosition: '1.5' }),
  ],
  [['--leverage', '5'], assumptions({ perpetual: { leverage: 5 } })],
  [
    [
      '--leverage',
      '20',
      '--maintenance',
      '0.4%',
      '--maintenance',
      '50000:0.5%',
      '--liquidation-fee',
      '1%',
      '--funding-rate',
      '-0.005%',
    ],
    assumptions({
      perpetual: {
        leverage: 20,
        maintenance: [
          { from: '0', share: '0.004' },
          { from: '50000', share: '0.005' },
        ],
        liquidationFee: '0.01',
        fundingRate: '-0.00005',
      },
    }),
  ],
  [['--price-band', 'off'], assumptions({ priceBand: null })],
  [['--tick', '0.1', '--lot', '0.001', '--min-notional', '10'], { rules: { tick: '0.1', lot: '0.001', minNotional: '10' } }],
  [
    ['--no-other-path', '--deal-orders', '5', '--start-dates', '6', '--seed', '7'],
    { otherPath: false, dealOrders: 5, startDates: 6, seed: 7 },
  ],
];

for (const [given, body] of rows)
  test(`${given.map((each) => each.replace(`${folder}/`, '')).join(' ') || 'nothing more'}: asked in both ways`, () => {
    assert.deepEqual(toAsk(asked(body)), typed(...given));
    const sweep = askSweep.parse({ ...asked(body), vary: ['takeProfitPercent=1,2'] });
    assert.deepEqual(toSweepAsk(sweep).ask, { ...typed(...given), settings });
  });

const refused: readonly [body: object, field: string][] = [
  [{ inside: 'hours' }, 'inside'],
  [{ inside: 'trades,1m' }, 'inside'],
  [assumptions({ makerFee: '0.6' }), 'assumptions'],
  [{ assumptions: { priceBand: { up: '0.5', down: '2' } } }, 'assumptions'],
  [{ assumptions: { gaps: 'best' } }, 'assumptions'],
  [{ assumptions: { feeTiers: [] } }, 'assumptions'],
  [{ signals: [{ at: -1, name: 'go' }] }, 'signals'],
  [{ signals: [{ at: 1, name: 'go now' }] }, 'signals'],
];

for (const [body, field] of refused)
  test(`${JSON.stringify(body)} is refused at ${field}`, () => {
    const { error } = askBacktest.safeParse({ kind: 'dca', pairs: ['BTC/USDT'], settings, ...body });
    assert.equal(error?.issues[0]?.path[0], field);
  });
