/** The vault of the dashboard's tests: a simulated one as it is on any machine, and what a real one may say. */
import type { VaultStatusView, VaultWarning } from '@holdfast/contracts';

const dayMs = 86_400_000;

const protection = (name: string, inForce: boolean, text: string): VaultStatusView['protections'][number] => ({
  name,
  inForce,
  text,
});

const note = (code: VaultWarning['code'], title: string, text: string): VaultWarning => ({
  code,
  account: null,
  level: 'note',
  title,
  text,
  command: null,
  onOwnersPage: false,
});

export const oneUser = note(
  'one-user',
  'One user',
  'Protects secrets at rest and against the web, not against code running as you.',
);

/** `last`: price of BTC/USDT; `now`: time of the market, unix ms. */
export const vaultAnswer = (last: string, now: number): VaultStatusView => ({
  state: 'open',
  reason: null,
  portal: 'http://localhost:8431',
  unsealedBy: 'simulated',
  protections: [
    protection('unseal-key', false, 'a simulated vault keeps its key beside its data'),
    protection('users', false, 'one user: protects secrets at rest and against the web, not against code running as you'),
    protection('memory', true, "the signer's memory is closed to programs of the same user"),
    protection('core-dumps', true, 'a crash writes no memory to the disk'),
    protection('runtime', true, 'the runtime denies the signer network, processes, threads and foreign files'),
    protection('network', false, 'the operating system gives the signer the network of the machine; only the runtime denies it'),
  ],
  warnings: [
    oneUser,
    note(
      'owner-key-unencrypted',
      'Not protected: the owner key is unencrypted',
      'An owner key lies unencrypted on this machine (.holdfast/owner/owner.key): whoever reads it may widen mandates.',
    ),
  ],
  accounts: [
    {
      account: 'paper',
      owner: 'owner',
      exchange: 'simulated',
      condition: 'active',
      reason: null,
      frozen: false,
      connected: true,
      stopped: [],
      key: { bornAt: now - 9 * dayMs, checkedAt: now - 3_600_000, ipRestricted: true, age: 'fresh' },
      pending: [],
      mandate: {
        seq: 1,
        startsAt: now - 9 * dayMs,
        expiresAt: now + 60 * dayMs,
        quote: 'USDT',
        pairs: [
          {
            pair: 'BTC/USDT',
            group: '',
            sides: ['buy', 'sell'],
            orders: ['limit', 'post-only', 'ioc', 'stop-limit'],
            maxOrderQuote: '5000',
            maxPositionQuote: '20000',
            floor: '32000',
            ceiling: '96000',
            bandBps: 80,
          },
        ],
        ordersPerMinute: 60,
        foreign: 'freeze',
      },
      scaleBps: 10_000,
      limits: {
        turnover24h: { used: '7413.22', limit: '50000' },
        burn24h: { used: '21.4', limit: '250' },
        burn7d: { used: '96.1', limit: '625' },
        stopBudget24h: { used: '0', limit: '250' },
        openQuote: { used: '597.02', limit: '20000' },
        openOrders: { used: 3, limit: 20 },
        ordersPerMinute: { used: 2, limit: 60 },
        orders24h: { used: 412, limit: 10_000 },
      },
      positions: [{ pair: 'BTC/USDT', held: '0.00468234', cost: '896.31', costLimit: '20000' }],
      worstLoss: {
        theft24h: '700',
        forged24h: '17166.666666666666666667',
        market24h: '3000',
        formula: 'B + S + O × g = 250 + 250 + 20000 × 1 % = 700 USDT',
        forgedFormula: 'T of 50000 at the edges of the corridors: 16666.67; B + S for fees: 500; together 17166.67 USDT',
      },
      grants: [
        {
          subKey: 'k1',
          bot: 'b1',
          pairs: ['BTC/USDT'],
          maxOrderQuote: '5000',
          turnover24h: '25000',
          alive: true,
        },
      ],
    },
  ],
  reference: [{ pair: 'BTC/USDT', price: last, sources: 3, ageMs: 140 }],
  journal: { seq: 412, head: 'c0ffee' },
});

/** What a real vault on a careless machine says, the gravest first. */
export const realWarnings: VaultWarning[] = [
  {
    code: 'account-stopped',
    account: 'main',
    level: 'alarm',
    title: 'Account main is frozen',
    text: '3 round trips in 10 minutes. Stopped by rule R6. Only the owner can lift it.',
    command: 'npx holdfast unfreeze --account main',
    onOwnersPage: true,
  },
  {
    code: 'key-file',
    account: null,
    level: 'alarm',
    title: 'Unsealed by a key file',
    text: 'The vault was opened by a key file: whoever copies it, or a disk that holds it, opens the vault.',
    command: 'npx holdfast vault wrap add passphrase',
    onOwnersPage: false,
  },
  {
    code: 'account-not-protected',
    account: 'main',
    level: 'warning',
    title: 'Account main is not protected',
    text: 'Its exchange key works from any address, so all limits are halved. At the exchange, restrict the key to the address of this machine.',
    command: null,
    onOwnersPage: true,
  },
  {
    code: 'key-old',
    account: 'main',
    level: 'warning',
    title: 'The key of account main is old',
    text: 'It is 71 days old; from 90 on no new risk is taken. Rotate it.',
    command: null,
    onOwnersPage: true,
  },
  {
    code: 'not-proven',
    account: 'main',
    level: 'warning',
    title: 'Not yet proven against the real exchange',
    text: 'No recorded run against binance is checked in. Begin with an account that holds what you can do without.',
    command: 'npx holdfast account check',
    onOwnersPage: false,
  },
  { ...oneUser, level: 'warning' },
];
