/** `holdfast data`: downloaded from an exchange by its own client library, resumed, listed, checked, exported. */
import assert from 'node:assert/strict';
import { execFile } from 'node:child_process';
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, test } from 'node:test';
import { start, stop } from '../vault/harness.ts';

const data = mkdtempSync(join(tmpdir(), 'holdfast-data-'));
after(() => rmSync(data, { recursive: true, force: true }));
const main = join(import.meta.dirname, '../../apps/cli/src/main.ts');

const run = (...args: string[]): Promise<{ code: number; out: string; err: string }> =>
  new Promise((resolve) => {
    const child = execFile(process.execPath, [main, 'data', ...args, '--data', data], (_, out, err) =>
      resolve({ code: child.exitCode ?? -1, out, err }),
    );
  });

interface Listed {
  readonly rows: number;
  readonly from: number;
  readonly to: number;
  readonly added: number;
  readonly gaps: number;
}

const dayMs = 86_400_000;
const minuteMs = 60_000;

test('candles come from an exchange as it wrote them, and a second download brings only what is new', async () => {
  const exchange = await start('apps/exchange/src/main.ts', ['--data', data, '--port', '0', '--seed', '11']);
  const url = `http://127.0.0.1:${exchange.port}`;
  try {
    const end = Math.floor(Date.now() / minuteMs) * minuteMs - 60 * minuteMs;
    const download = (from: number, to: number) =>
      run(
        'download',
        '--json',
        '--exchange',
        'binance',
        '--pair',
        'BTC/USDT',
        '--url',
        url,
        '--from',
        String(from),
        '--to',
        String(to),
      );
    const first = await download(end - 700 * minuteMs, end - 200 * minuteMs);
    assert.equal(first.code, 0, first.err);
    const stored = JSON.parse(first.out) as Listed;
    assert.deepEqual([stored.rows, stored.added, stored.gaps], [500, 500, 0]);
    const second = JSON.parse((await download(end - 700 * minuteMs, end)).out) as Listed;
    assert.deepEqual([second.rows, second.added, second.gaps], [700, 200, 0]);
    assert.match((await download(end - 700 * minuteMs, end)).out, /is there up to/);

    const file = join(data, 'out.csv');
    await run('export', file, '--exchange', 'binance', '--pair', 'BTC/USDT', '--interval', '1m');
    const lines = readFileSync(file, 'utf8').trim().split('\n').slice(1);
    const said = (await (
      await fetch(`${url}/api/v3/klines?symbol=BTCUSDT&interval=1m&startTime=${second.from}&limit=700`)
    ).json()) as string[][];
    const plain = (text: string): string => (text.includes('.') ? text.replace(/\.?0+$/, '') : text);
    assert.deepEqual(
      lines,
      said.map(([time, ...rest]) => [time, ...rest.slice(0, 5).map((text) => plain(text))].join(',')),
    );

    const none = await run(
      'download',
      '--exchange',
      'binance',
      '--pair',
      'NIX/USDT',
      '--url',
      url,
      '--from',
      String(end - dayMs),
    );
    assert.equal(none.code, 70);
    assert.match(none.err, /NIX\/USDT/);
    const odd = await run(
      'download',
      '--exchange',
      'binance',
      '--pair',
      'BTC/USDT',
      '--interval',
      '7m',
      '--url',
      url,
      '--from',
      '2026-01-01',
    );
    assert.match(odd.err, /has no candles of 7m; it has 1s, 1m/);
  } finally {
    await stop(exchange);
  }
  const gone = await run('download', '--exchange', 'nowhere', '--pair', 'BTC/USDT', '--from', '2026-01-01');
  assert.equal(gone.code, 64);
  assert.match(gone.err, /nowhere is none that can be downloaded from/);
});

test('import says what a file holds, refuses a damaged one with file and row, and check finds a changed byte', async () => {
  const rows = Array.from(
    { length: 5 },
    (_, at) => `${1_700_000_040_000 + (at > 2 ? at + 3 : at) * minuteMs},10,11,9,10.5,${at}`,
  );
  const good = join(data, 'KRAKEN-ETH-EUR-1m.csv');
  writeFileSync(good, `time_ms,open,high,low,close,volume\n${rows.join('\n')}\n`);
  const imported = await run('import', good);
  assert.equal(imported.code, 0, imported.err);
  assert.match(imported.out, /kraken\s+ETH\/EUR\s+1m\s+5/);
  assert.match(imported.out, /1 gap, nothing was filled in:/);
  assert.match(imported.out, /1 candles have no volume/);
  const funding = join(data, 'ETHEUR-fundingRate-2023-11.csv');
  const paid = [0, 8, 24, 32].map((hours) => `${1_700_006_400_000 + hours * 3_600_000},8,0.00010000`);
  writeFileSync(funding, `calc_time,funding_interval_hours,last_funding_rate\n${paid.join('\n')}\n`);
  const brought = await run('import', funding, '--exchange', 'kraken');
  assert.match(brought.out, /kraken\s+ETH\/EUR\s+8h\s+4\s.*\s1\s+1\s+0\.0100 %/);
  assert.match(brought.out, /4 new payments; .*all\.funding\n\n.*payments are missing, nothing was filled in:/);
  assert.match((await run('list')).out, /candles[\s\S]*payments[\s\S]*ETH\/EUR/);
  const csv = join(data, 'funding.csv');
  const exported = await run('export', csv, '--exchange', 'kraken', '--pair', 'ETH/EUR', '--funding');
  assert.match(exported.out, /4 rates of funding written to/);
  assert.equal(readFileSync(csv, 'utf8').split('\n')[1], `${1_700_006_400_000},0.0001`);
  const bad = join(data, 'KRAKEN-ETH-EUR-1m.bad.csv');
  writeFileSync(bad, `${rows.join('\n')}\n${rows[0]}\n`);
  const refused = await run('import', bad);
  assert.equal(refused.code, 1);
  assert.match(refused.err, /KRAKEN-ETH-EUR-1m\.bad\.csv, row 6: .* comes after .*data-not-ascending/);
  const checked = await run('check');
  assert.equal(checked.code, 0);
  assert.match(checked.out, /funding of kraken ETH\/EUR: payments are missing/);
  const path = join(data, 'market/kraken/ETH-EUR/1m.candles');
  const bytes = readFileSync(path);
  bytes[bytes.length - 1]! ^= 0x10;
  writeFileSync(path, bytes);
  const found = await run('check');
  assert.equal(found.code, 65);
  assert.match(found.err, /1m\.candles is not what was written; import it again/);
});
