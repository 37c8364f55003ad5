/** Input that is well formed, to begin with. */
import {
  type AccountId,
  amount,
  canonicalText,
  defaultRules,
  type Intent,
  type OwnerAct,
  ownerActText,
  ownerId,
  pair,
} from '@holdfast/domain';
import { victimMandate } from '../../apps/cli/src/drill/mandates.ts';
import type { EgressToSigner, GateToSigner } from '../../apps/vault/src/frames/frames.ts';
import { parseFreeze, parseGrant, parseRead, parseRevoke } from '../../apps/vault/src/signer/parse.ts';

const account = 'account-1' as AccountId;
const btc = pair('BTC/USDT');
const at = 1_700_000_000_000;
const order = {
  kind: 'place-order',
  clientOrderId: 'a1',
  pair: btc,
  side: 'buy',
  order: 'limit',
  quantity: amount('0.01'),
  limit: amount('16000.5'),
};

export const intents: readonly string[] = (
  [
    order,
    { ...order, side: 'sell', order: 'ioc', quantity: amount('1') },
    { ...order, side: 'sell', order: 'stop-limit', trigger: amount('15000') },
    { kind: 'cancel-order', clientOrderId: 'a1', pair: btc },
  ] as Intent[]
).map(canonicalText);

const mandate = victimMandate({ account, owner: ownerId('owner-1'), uid: 'f'.repeat(64), now: at, rules: defaultRules });
const key =
  '-----BEGIN PUBLIC KEY-----\nMCowBQYDK2VwAyEAGb9ECWmEzf6FQbrBZ9w7lshQhqowtrbLDFw4rXAxZuE=\n-----END PUBLIC KEY-----\n';

export const acts: readonly string[] = (
  [
    { act: 'account-create', account, exchange: 'simulated', key: 'ed25519', at },
    { act: 'account-connect', account, apiKey: 'k'.repeat(64), at },
    { act: 'account-rotate', account, key: 'rsa', at },
    { act: 'account-remove', account, at },
    { act: 'mandate', mandate, at },
    { act: 'veto', pending: 'a'.repeat(64), at },
    { act: 'unfreeze', account, stateEpoch: 3, at },
    { act: 'revive', account, at },
    { act: 'credential-add', credential: { id: 'a'.repeat(64), kind: 'ed25519', publicKey: key, label: 'phone' }, at },
    { act: 'destinations', destinations: [{ id: 'hook', kind: 'webhook', url: 'https://example.net/x' }], at },
  ] as OwnerAct[]
).map(ownerActText);

export const bodies: readonly { readonly parse: (text: string) => unknown; readonly text: string }[] = [
  {
    parse: parseGrant,
    text: '{"bot":"b1","account":"account-1","pairs":["BTC/USDT"],"maxOrderQuote":"1000","turnover24h":"10000","rights":["sell-held"]}',
  },
  { parse: parseRevoke, text: '{"subKey":"0123456789abcdef0123456789abcdef"}' },
  { parse: parseFreeze, text: '{"reason":"asked","account":"account-1"}' },
  { parse: parseRead, text: '{"kind":"balances","account":"account-1"}' },
];

export const gateFrames: readonly GateToSigner[] = [
  {
    kind: 'request',
    id: 7,
    method: 'POST',
    path: '/v1/intent',
    headers: { key: 'a'.repeat(32), time: String(at), nonce: '0'.repeat(32), mac: 'f'.repeat(64) },
    body: intents[0]!,
  },
  { kind: 'gone', id: 7 },
];

export const egressFrames: readonly EgressToSigner[] = [
  { kind: 'answer', id: 1, status: 200, body: '{"orderId":1}' },
  { kind: 'failed', id: 1, cause: 'timeout', sent: true },
  { kind: 'event', account, event: '{"e":"executionReport"}' },
  { kind: 'stream-open', account },
  { kind: 'sync', n: 4, time: at, reference: [{ pair: 'BTC/USDT', price: '16000', sources: 3 }] },
];
