/** The vault in the API: what may be done there, what of it is used, what was stopped, and what protects it. */
import { z } from 'zod';
import { assetName, decimal, pairName, side, time } from './api-values.ts';

/** A limit that counts now and what of it is spent or held. */
export const limitUse = z.object({ used: decimal, limit: decimal });
export const countUse = z.object({ used: z.int(), limit: z.int() });
/** Unix time of the machine's clock, ms. */
const wallTime = z.int().min(0);

export const vaultMandate = z.object({
  seq: z.int(),
  startsAt: time,
  expiresAt: time,
  quote: assetName,
  pairs: z.array(
    z.object({
      pair: pairName,
      group: z.string(),
      sides: z.array(side),
      orders: z.array(z.string()),
      maxOrderQuote: decimal,
      /** Most that positions of the pair may cost. */
      maxPositionQuote: decimal,
      floor: decimal,
      ceiling: decimal,
      bandBps: z.number(),
    }),
  ),
  ordersPerMinute: z.int(),
  foreign: z.enum(['freeze', 'alarm']),
});

/** In the mandate's quote; all but `burn7d` and the counts of orders are of rolling 24 h or of this moment. */
export const vaultLimits = z.object({
  turnover24h: limitUse,
  /** Given away against the reference price, fees included. */
  burn24h: limitUse,
  burn7d: limitUse,
  /** What protective stops may give away by their gap. */
  stopBudget24h: limitUse,
  /** Sum of resting entries. */
  openQuote: limitUse,
  openOrders: countUse,
  ordersPerMinute: countUse,
  orders24h: countUse,
});

/** The most that can be lost in 24 h under the mandate in force, in its quote. */
export const worstLoss = z.object({
  /** By whoever holds every sub-key, with honest reference prices. */
  theft24h: decimal,
  /** With reference prices forged at will. */
  forged24h: decimal,
  /** When the market falls as the mandate supposes; nobody's theft. */
  market24h: decimal,
  /** How the first two come about, in numbers. */
  formula: z.string(),
  forgedFormula: z.string(),
});

export const accountCondition = z.enum(['active', 'reduce-only', 'frozen', 'revoked']);

/** Something that the vault trades no more; only the owner lifts it. */
export const vaultStop = z.object({
  what: z.enum(['account', 'pair', 'sub-key']),
  name: z.string(),
  /** The bot of a sub-key. */
  bot: z.string().nullable(),
  reason: z.string(),
  /** A peer (`server`, `cli`, `engine`), a sub-key or a rule (`rule R6`); null when it was not kept. */
  by: z.string().nullable(),
});
export type VaultStopView = z.infer<typeof vaultStop>;

/** A change that the owner signed and that waits. */
export const vaultPending = z.object({ id: z.string(), what: z.string(), /** When it counts. */ from: wallTime });

export const vaultAccount = z.object({
  account: z.string(),
  owner: z.string(),
  exchange: z.string(),
  condition: accountCondition,
  /** Why it is not active; null when it is. */
  reason: z.string().nullable(),
  /** Frozen or revoked. */
  frozen: z.boolean(),
  connected: z.boolean(),
  stopped: z.array(vaultStop),
  /** Null before the exchange's key is connected. */
  key: z
    .object({
      bornAt: wallTime,
      /** When the exchange last said what the key may do. */
      checkedAt: wallTime,
      /** Whether the exchange takes it from named addresses only. If not, limits are halved. */
      ipRestricted: z.boolean(),
      /** `old` from 60 days on, `too-old` from 90: then no new risk is taken. */
      age: z.enum(['fresh', 'old', 'too-old']),
    })
    .nullable(),
  pending: z.array(vaultPending),
  mandate: vaultMandate.nullable(),
  /** What counts now of the mandate's turnover, burn, open entries and caps, in basis points. */
  scaleBps: z.int(),
  /** Null without a mandate. */
  limits: vaultLimits.nullable(),
  /** What the bots hold per pair of the mandate. */
  positions: z.array(
    z.object({
      pair: pairName,
      /** Base bought by bots and not sold. */
      held: decimal,
      /** What it and the open buys cost, of what it may; the limit is null for a pair that the mandate no longer names. */
      cost: decimal,
      costLimit: decimal.nullable(),
    }),
  ),
  worstLoss: worstLoss.nullable(),
  grants: z.array(
    z.object({
      /** First letters of its name. */
      subKey: z.string(),
      bot: z.string(),
      pairs: z.array(pairName),
      maxOrderQuote: decimal,
      turnover24h: decimal,
      alive: z.boolean(),
    }),
  ),
});
export type VaultAccountStatus = z.infer<typeof vaultAccount>;

export const vaultWarningCodes = [
  'sealed',
  'key-file',
  'one-user',
  'owner-key-unencrypted',
  'not-proven',
  'account-stopped',
  'account-not-protected',
  'key-old',
  'key-too-old',
  'change-pending',
] as const;

/** What every page has to say as long as it lasts. */
export const vaultWarning = z.object({
  code: z.enum(vaultWarningCodes),
  /** Null when it is about the whole vault. */
  account: z.string().nullable(),
  /** `note`: as it is on any simulated vault. */
  level: z.enum(['alarm', 'warning', 'note']),
  title: z.string(),
  /** Why, and what to do. */
  text: z.string(),
  /** A command line that does it. */
  command: z.string().nullable(),
  /** Whether the owner does it on the vault's own page. */
  onOwnersPage: z.boolean(),
});
export type VaultWarning = z.infer<typeof vaultWarning>;

export const vaultStatus = z.object({
  /** `sealed` and `unreachable`: the vault tells nothing, so `accounts` is empty. */
  state: z.enum(['open', 'frozen', 'sealed', 'reconcile', 'unreachable']),
  /** What is the matter, unless the state is `open`. */
  reason: z.string().nullable(),
  /** Address of the owner's own pages, which this server cannot act on; null while it is not known. */
  portal: z
    .string()
    .regex(/^https?:\/\/[^/\s]+$/)
    .nullable(),
  /** `simulated`, `passphrase`, `passkey`, `key-file`, …; null while it is not known. */
  unsealedBy: z.string().nullable(),
  /** Measures that confine the vault, and whether they are in force on this machine. */
  protections: z.array(z.object({ name: z.string(), inForce: z.boolean(), text: z.string() })),
  warnings: z.array(vaultWarning),
  accounts: z.array(vaultAccount),
  /** Reference price per pair. */
  reference: z.array(z.object({ pair: pairName, price: decimal, sources: z.int(), ageMs: z.number() })),
  /** Sequence and head hash of the vault's journal. */
  journal: z.object({ seq: z.int(), head: z.string() }).nullable(),
});
export type VaultStatusView = z.infer<typeof vaultStatus>;

export const verdict = z.object({
  at: time,
  account: z.string(),
  /** First letters of its name. */
  subKey: z.string(),
  bot: z.string().nullable(),
  kind: z.enum(['place-order', 'place-oco', 'cancel-order']),
  clientOrderId: z.string(),
  pair: pairName,
  /** Null for a cancel, as are the two below; of an OCO `limit` is that of its limit leg. */
  side: side.nullable(),
  quantity: decimal.nullable(),
  limit: decimal.nullable(),
  verdict: z.enum(['approved', 'refused']),
  /** Refusals only. */
  code: z.string().nullable(),
  reason: z.string().nullable(),
});
export type VerdictView = z.infer<typeof verdict>;

export const freezeRequest = z.strictObject({
  /** Kept in the vault's journal. */
  reason: z.string().trim().min(1).max(200),
  /** All accounts when left out. */
  account: z.string().min(1).max(64).optional(),
});
