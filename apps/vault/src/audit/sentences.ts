/** What a record of the journal says, in one sentence for people. Unknown kinds are told by their own fields. */

/** A record as the journal has it. Nothing of its form is taken for granted. */
export type RawRecord = Readonly<Record<string, unknown>> & {
  readonly seq: number;
  readonly time: number;
  readonly os: number;
  readonly kind: string;
};

export type Loose = Readonly<Record<string, unknown>>;

export const isLoose = (value: unknown): value is Loose => typeof value === 'object' && value !== null && !Array.isArray(value);
const field = (of: unknown, ...names: readonly string[]): unknown =>
  names.reduce<unknown>((value, name) => (isLoose(value) ? value[name] : undefined), of);
export const textOf = (of: unknown, ...names: readonly string[]): string => {
  const value = field(of, ...names);
  return typeof value === 'string' || typeof value === 'number' || typeof value === 'boolean' ? String(value) : '';
};

/** The act that an `owner-act` record holds as text. */
export function actOf(record: RawRecord): Loose {
  try {
    const act: unknown = JSON.parse(textOf(record, 'text'));
    return isLoose(act) ? act : {};
  } catch {
    return {};
  }
}

/** When a record was made: by the exchange's clock, or by the machine's as long as no exchange had said its time. Unix ms. */
export const timeOf = ({ time, os }: RawRecord): number => (time > 0 || typeof os !== 'number' ? time : os);

/** Unix ms as people of every country read it. */
export const timeText = (ms: unknown): string =>
  typeof ms === 'number' && Math.abs(ms) <= 8.64e15 ? `${new Date(ms).toISOString().slice(0, 19).replace('T', ' ')} UTC` : '';

const where = (record: Loose): string => {
  const account = textOf(record, 'account');
  const pair = textOf(record, 'pair');
  const subKey = textOf(record, 'subKey');
  const part = [pair !== '' && `pair ${pair}`, subKey !== '' && `sub-key ${subKey}`].filter((it) => it !== false);
  return [...part, account === '' ? 'all accounts' : `account ${account}`].join(' of ');
};

function intentText(intent: unknown): string {
  const id = textOf(intent, 'clientOrderId');
  if (textOf(intent, 'kind') === 'cancel-order') return `cancel order ${id} on ${textOf(intent, 'pair')}`;
  if (textOf(intent, 'kind') === 'place-oco') {
    const what = `${textOf(intent, 'side')} ${textOf(intent, 'quantity')} on ${textOf(intent, 'pair')}`;
    const [target, limit] = [textOf(intent, 'limitLeg', 'limit'), textOf(intent, 'stopLeg', 'limit')];
    return `${what} at ${target}, or at ${limit} when it trades at ${textOf(intent, 'stopLeg', 'trigger')} (one cancels the other, order ${id})`;
  }
  const trigger = textOf(intent, 'trigger');
  const stop = trigger === '' ? '' : ` when it trades at ${trigger}`;
  return `${textOf(intent, 'side')} ${textOf(intent, 'quantity')} on ${textOf(intent, 'pair')} at ${textOf(intent, 'limit')}${stop} (${textOf(intent, 'order')}, order ${id})`;
}

function eventText(event: unknown): string {
  const account = textOf(event, 'account');
  if (textOf(event, 'kind') === 'foreign') return `account ${account}: ${textOf(event, 'what')}, which this vault did not order`;
  if (textOf(event, 'kind') === 'balance')
    return `account ${account}: ${textOf(event, 'asset')} changed by ${textOf(event, 'change')} without an order`;
  const it = field(event, 'event');
  const order = `order ${textOf(it, 'clientOrderId')} (${textOf(it, 'side')} ${textOf(it, 'pair')})`;
  switch (textOf(it, 'kind')) {
    case 'order-accepted':
      return `the exchange accepted ${order} as ${textOf(it, 'exchangeOrderId')}`;
    case 'order-filled':
      return `${order}: ${textOf(it, 'quantity')} at ${textOf(it, 'price')}, fee ${textOf(it, 'fee')} ${textOf(it, 'feeAsset')}, trade ${textOf(it, 'tradeId')}`;
    case 'order-rejected':
      return `the exchange refused ${order}: ${textOf(it, 'reason')}`;
    case 'order-cancelled':
      return `${order} ended (${textOf(it, 'cause')}) with ${textOf(it, 'filled')} filled`;
    case 'order-unknown':
      return `what became of ${order} is being found out`;
    case 'cancel-rejected':
      return `the exchange did not cancel ${order}: ${textOf(it, 'reason')}`;
    default:
      return `${order}: ${textOf(it, 'kind')}`;
  }
}

function actText(record: RawRecord): string {
  const act = actOf(record);
  const name = textOf(act, 'act');
  const owner = textOf(record, 'owner') === '' ? 'the owner' : `owner ${textOf(record, 'owner')}`;
  if (name === 'mandate')
    return `${owner} signed mandate ${textOf(act, 'mandate', 'seq')} of account ${textOf(act, 'mandate', 'account')}`;
  const what = textOf(act, 'account') || textOf(act, 'pending') || textOf(act, 'credential') || textOf(act, 'destination');
  return `${owner} signed: ${name}${what === '' ? '' : ` ${what}`}`;
}

/** One sentence without time and number. */
export function sentenceOf(record: RawRecord): string {
  switch (record.kind) {
    case 'opened':
      return `the vault started (start ${textOf(record, 'epoch')})`;
    case 'owner-act':
      return actText(record);
    case 'enrolled':
      return `owner ${textOf(record, 'owner')} got the credential ${textOf(record, 'credential', 'label') || textOf(record, 'credential', 'id')}`;
    case 'decided': {
      const intent = intentText(record.intent);
      if (textOf(record, 'verdict', 'kind') === 'approved') return `approved: ${intent}`;
      return `refused ${textOf(record, 'verdict', 'code')}: ${intent}: ${textOf(record, 'verdict', 'reason')}`;
    }
    case 'settled':
      return eventText(record.event);
    case 'frozen':
      return `${where(record)}: ${textOf(record, 'condition') || 'frozen'} by ${textOf(record, 'by')}: ${textOf(record, 'reason')}`;
    case 'killed':
      return `everything revoked by ${textOf(record, 'by')}: ${textOf(record, 'reason')}`;
    case 'granted':
      return `sub-key ${textOf(record, 'subKey')} for bot ${textOf(record, 'bot')} on account ${textOf(record, 'account')}`;
    case 'revoked':
      return `sub-key ${textOf(record, 'subKey')} ended by ${textOf(record, 'by')}`;
    case 'checkpoint':
      return `log signed at ${textOf(record, 'size')} records`;
    case 'anchored':
      return `log of ${textOf(record, 'size')} records ${record.ok === true ? 'kept by' : `not brought to (${textOf(record, 'reason')})`} ${textOf(record, 'destination')}`;
    case 'rollback':
      return `the log was set back: ${textOf(record, 'reason')}`;
    case 'rollback-settled':
      return 'limits were counted anew from the exchange';
    case 'noticed':
      return `notice "${textOf(record, 'title')}" ${record.ok === true ? 'reached' : `did not reach (${textOf(record, 'reason')})`} ${textOf(record, 'destination')}`;
    default:
      return `${record.kind}: ${plainFields(record)}`;
  }
}

const headNames: ReadonlySet<string> = new Set(['seq', 'time', 'os', 'prev', 'kind', 'hash']);

function plainFields(record: RawRecord): string {
  const parts = Object.keys(record).flatMap((name) => {
    const value = headNames.has(name) ? '' : textOf(record, name);
    return value === '' ? [] : [`${name} ${value.slice(0, 80)}`];
  });
  return parts.join(', ');
}
