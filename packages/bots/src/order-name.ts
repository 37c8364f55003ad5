/**
 * Client order ids of bots: `<bot>-<deal>-<role><sequence>`, deal and sequence in base 36, at most 36 characters.
 * They come from the state alone, so a replay asks for the same order.
 */
import { type BotId, type ClientOrderId, clientOrderId, invariant } from '@holdfast/domain';

/** Base order, averaging order, take profit, stop loss, close at once, funds added by hand; line of a grid, and what brings its coins and money into balance. */
export type OrderRole = 'base' | 'averaging' | 'take-profit' | 'stop-loss' | 'close' | 'added' | 'line' | 'balance';

const letterOf = {
  base: 'b',
  averaging: 'a',
  'take-profit': 't',
  'stop-loss': 's',
  close: 'c',
  added: 'm',
  line: 'l',
  balance: 'e',
} as const satisfies Record<OrderRole, string>;
const roleOf = Object.fromEntries(Object.entries(letterOf).map(([role, letter]) => [letter, role])) as Record<string, OrderRole>;

/** Longest id of a bot that leaves room for 60 million deals of 60 million orders each. */
export const botIdLengthMax = 23;

export interface OrderName {
  readonly bot: BotId;
  readonly deal: number;
  readonly role: OrderRole;
  readonly sequence: number;
}

/** @throws ValueError `client-order-id-malformed` */
export function orderName(name: OrderName): ClientOrderId {
  invariant(name.bot.length <= botIdLengthMax, 'bot-id-too-long');
  return clientOrderId(`${name.bot}-${name.deal.toString(36)}-${letterOf[name.role]}${name.sequence.toString(36)}`);
}

/** Of an OCO, beside the names of its legs; no order has it. @throws ValueError `client-order-id-malformed` */
export function ocoName({ bot, deal, sequence }: Omit<OrderName, 'role'>): ClientOrderId {
  invariant(bot.length <= botIdLengthMax, 'bot-id-too-long');
  return clientOrderId(`${bot}-${deal.toString(36)}-o${sequence.toString(36)}`);
}

/** What an id of ours says; null for an id that no bot made. */
export function readOrderName(id: string): OrderName | null {
  const match = /^(.{1,23})-([0-9a-z]{1,5})-([batscmle])([0-9a-z]{1,5})$/.exec(id);
  if (match === null) return null;
  const [, bot = '', deal = '', letter = '', sequence = ''] = match;
  const role = roleOf[letter];
  return role === undefined
    ? null
    : { bot: bot as BotId, deal: Number.parseInt(deal, 36), role, sequence: Number.parseInt(sequence, 36) };
}
