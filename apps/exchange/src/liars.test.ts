import assert from 'node:assert/strict';
import { after, before, test } from 'node:test';
import { type ExchangeUnderTest, exchangeUnderTest } from '../../../tests/clients/exchange-under-test.ts';
import { signedClient } from '../../../tests/clients/signed-client.ts';
import { type ControlCallError, changeKey, listMarket, removeKey, setReference } from './control.ts';

let exchange: ExchangeUnderTest;
before(async () => {
  exchange = await exchangeUnderTest();
});
after(() => exchange.end());
const place = () => ({ url: exchange.url, data: exchange.data });

interface Ticker {
  readonly price: string;
  readonly volume_24h: string;
}

/** The next ticker of Coinbase's dialect for which `is` holds; undefined when the connection ends first. */
async function heard(pair: string, is: (ticker: Ticker) => boolean = () => true): Promise<Ticker | undefined> {
  const socket = new WebSocket(`ws://${exchange.host}/reference/coinbase`);
  socket.onopen = () =>
    socket.send(JSON.stringify({ type: 'subscribe', product_ids: [pair.replace('/', '-')], channels: ['ticker'] }));
  try {
    return await new Promise((resolve) => {
      socket.onclose = () => resolve(undefined);
      socket.onmessage = ({ data }) => {
        const message = JSON.parse(String(data)) as Ticker & { type: string };
        if (message.type === 'ticker' && is(message)) resolve(message);
      };
    });
  } finally {
    socket.close();
  }
}

test('one reference exchange lies about one pair, and is honest again', async () => {
  const honest = Number((await heard('BTC/USDT'))?.price);
  await setReference(place(), { venue: 'coinbase', pair: 'BTC/USDT', shiftBps: 500 });
  const shifted = Number((await heard('BTC/USDT'))?.price);
  assert.ok(Math.abs(shifted / honest - 1.05) < 0.02, `${shifted} for ${honest}`);
  await setReference(place(), { venue: 'coinbase', pair: 'BTC/USDT', price: '123.45' });
  assert.equal(Number((await heard('BTC/USDT'))?.price), 123.45);
  await setReference(place(), { venue: 'coinbase', pair: 'BTC/USDT' });
  const again = Number((await heard('BTC/USDT'))?.price);
  assert.ok(Math.abs(again / honest - 1) < 0.02, `${again} for ${honest}`);
});

test('a reference exchange that is stopped ends its connections and takes none', async () => {
  const ended = heard('BTC/USDT', () => false);
  await heard('BTC/USDT');
  await setReference(place(), { venue: 'coinbase', stopped: true });
  assert.equal(await ended, undefined);
  assert.equal(await heard('BTC/USDT'), undefined);
  await setReference(place(), { venue: 'coinbase' });
  assert.ok((await heard('BTC/USDT')) !== undefined);
  await assert.rejects(
    setReference(place(), { venue: 'binance' as never }),
    (error: ControlCallError) => error.code === 'unknown-venue',
  );
});

test('a thin coin has the 24 h volume it was listed with, at the exchange and at the others', async () => {
  await listMarket(place(), { pair: 'DMG/USDT', tick: '0.0001', lot: '1', price: '0.05', volume24h: '80000' });
  const day = (await (await fetch(`${exchange.url}/api/v3/ticker/24hr?symbol=DMGUSDT`)).json()) as Record<string, string>;
  assert.ok(Math.abs(Number(day.quoteVolume) - 80_000) < 100, `${day.quoteVolume}`);
  assert.equal(Number(day.lastPrice), 0.05);
  const ticker = await heard('DMG/USDT');
  assert.equal(Number(ticker?.price), 0.05);
  assert.ok(Math.abs(Number(ticker?.volume_24h) - 1_600_000) < 2_000, `${ticker?.volume_24h}`);
});

test('a key tells its further rights and its addresses, works from those alone, and ends when it is removed', async () => {
  const key = await exchange.key({ rights: { enableWithdrawals: true }, ips: ['127.0.0.1'] });
  const client = signedClient(exchange.url, key.apiKey, key.secret);
  const told = async () => (await client.send('GET', '/sapi/v1/account/apiRestrictions')).body as Record<string, unknown>;
  assert.equal((await told()).enableWithdrawals, true);
  assert.equal((await told()).ipRestrict, true);
  await changeKey(place(), { apiKey: key.apiKey, rights: { enableInternalTransfer: true } });
  assert.deepEqual([(await told()).enableInternalTransfer, (await told()).enableWithdrawals], [true, false]);
  await changeKey(place(), { apiKey: key.apiKey, ips: ['203.0.113.9'] });
  assert.equal((await client.send('GET', '/api/v3/account')).status, 401);
  await changeKey(place(), { apiKey: key.apiKey, ips: [] });
  assert.equal((await told()).ipRestrict, false);
  await removeKey(place(), { apiKey: key.apiKey });
  assert.equal((await client.send('GET', '/api/v3/account')).status, 401);
});
