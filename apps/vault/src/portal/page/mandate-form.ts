/** The mandate as a form. It is read back as a whole; what is signed is what is read. */
import {
  type AllowedKind,
  type Asset,
  allowedKindNames,
  draftMandatePair,
  formatAmount,
  type Pair,
  type Side,
} from '@holdfast/domain';
import { button, checkbox, countInput, el, field, input, select } from './dom.ts';
import {
  type FieldGroup,
  type GroupJson,
  groupFields,
  type MandateJson,
  numberFields,
  type PairJson,
  pairFields,
  ruleFields,
  totals,
} from './mandate-fields.ts';

const dayMs = 86_400_000;

export interface MandateForm {
  readonly element: HTMLElement;
  /** @throws ValueError */
  readonly read: () => MandateJson;
}

/** `changed` is called whenever a field was. */
export function mandateForm(start: MandateJson, now: number, changed: () => void): MandateForm {
  const quote = input({ value: start.quote, pattern: '[A-Z0-9]{1,20}', name: 'quote' });
  const daysLeft = Math.max(1, Math.floor((start.exp - now) / dayMs));
  const days = countInput(daysLeft, 90, 'days');
  const foreign = select(
    [
      ['freeze', 'freeze the account'],
      ['alarm', 'tell me, and go on'],
    ],
    start.foreign,
  );
  const stops = checkbox('Bots may be given the right to cancel protective stops', start.mayCancelStops);
  const sums = numberFields(totals, start, 'total');
  const rules = numberFields(ruleFields, start.rules, 'rule');
  const pairs = listOf(start.pairs.map(pairFieldset), 'Add a pair', () => pairFieldset(newPair()), changed);
  const groups = listOf(start.groups.map(groupFieldset), 'Add a group', () => groupFieldset(newGroup()), changed);
  const element = el(
    'div',
    { onchange: changed },
    el(
      'fieldset',
      {},
      el('legend', {}, 'The account as a whole'),
      grid([field('Counted in', quote), field('Days that it holds', days, 'At most 90.'), ...sums.rows]),
    ),
    el('h3', {}, 'Pairs'),
    pairs.element,
    el('details', {}, el('summary', {}, 'Groups of pairs with limits of their own'), groups.element),
    el(
      'details',
      {},
      el('summary', {}, 'Rules that stop by themselves'),
      el('p', { class: 'quiet' }, '0 switches a rule off.'),
      grid(rules.rows),
    ),
    field('Orders at the exchange that are not from here', foreign),
    stops.row,
  );
  const read = (): MandateJson => ({
    ...start,
    // A later end is wider, so it moves only when the days were changed.
    ...(Number(days.value) === daysLeft ? {} : { nbf: now, exp: now + Number(days.value) * dayMs }),
    quote: quote.value as Asset,
    ...sums.read(),
    pairs: pairs.read(),
    groups: groups.read(),
    rules: { ...start.rules, ...rules.read() },
    foreign: foreign.value as 'freeze' | 'alarm',
    mayCancelStops: stops.box.checked,
  });
  return { element, read };
}

const grid = (rows: readonly HTMLElement[]): HTMLElement => el('div', { class: 'grid' }, rows);

interface Item<Of> {
  readonly element: HTMLElement;
  readonly read: () => Of;
}

/** A list whose members can be taken away and added. */
function listOf<Of>(start: readonly Item<Of>[], label: string, make: () => Item<Of>, changed: () => void) {
  let items = [...start];
  const place = el('div', {});
  const show = (): void => {
    place.replaceChildren(
      ...items.map((item) => {
        const remove = button('Take this away', 'plain', () => {
          items = items.filter((other) => other !== item);
          show();
          changed();
        });
        return el('div', {}, item.element, remove);
      }),
    );
  };
  show();
  const add = button(label, 'plain', () => {
    items.push(make());
    show();
    changed();
  });
  return { element: el('div', {}, place, el('div', { class: 'actions' }, add)), read: () => items.map((item) => item.read()) };
}

const newPair = (): PairJson => {
  const nothing = 0n as never;
  const { maxPositionQuote, maxSellHeldBase24h, ...rest } = draftMandatePair({
    pair: '' as Pair,
    maxOrderQuote: nothing,
    maxOrderBase: nothing,
    floor: nothing,
    ceiling: nothing,
  });
  return {
    ...rest,
    ...{ maxOrderQuote: '0', maxOrderBase: '0', floor: '0', ceiling: '0' },
    maxPositionQuote: formatAmount(maxPositionQuote),
    maxSellHeldBase24h: formatAmount(maxSellHeldBase24h),
  };
};

const newGroup = (): GroupJson => ({ name: '', turnover24h: '0', burn24h: '0' });

function choices<Choice extends string>(all: readonly Choice[], chosen: readonly Choice[]) {
  const boxes = all.map((choice) => ({ choice, ...checkbox(choice, chosen.includes(choice)) }));
  return {
    rows: boxes.map(({ row }) => row),
    read: () => boxes.filter(({ box }) => box.checked).map(({ choice }) => choice),
  };
}

const sideNames: readonly Side[] = ['buy', 'sell'];

function pairFieldset(start: PairJson): Item<PairJson> {
  const name = input({ value: start.pair, pattern: '[A-Z0-9]{1,20}/[A-Z0-9]{1,20}', placeholder: 'BTC/USDT', name: 'pair' });
  const group = input({ value: start.group, optional: true, pattern: '[A-Za-z0-9_\\-]{0,20}' });
  const sides = choices(sideNames, start.sides);
  const orders = choices<AllowedKind>(allowedKindNames, start.orders);
  const numbers: FieldGroup<Partial<PairJson>> = numberFields(pairFields, start, 'pair');
  const element = el(
    'fieldset',
    {},
    el('legend', {}, start.pair || 'New pair'),
    grid([field('Pair', name), field('Group', group, 'Empty: none.'), ...numbers.rows]),
    el('fieldset', {}, el('legend', {}, 'Sides'), sides.rows),
    el('fieldset', {}, el('legend', {}, 'Kinds of orders'), orders.rows),
  );
  const read = (): PairJson => ({
    ...start,
    pair: name.value.trim() as Pair,
    group: group.value.trim(),
    sides: sides.read(),
    orders: orders.read(),
    ...numbers.read(),
  });
  return { element, read };
}

function groupFieldset(start: GroupJson): Item<GroupJson> {
  const name = input({ value: start.name, pattern: '[A-Za-z0-9_\\-]{1,20}' });
  const numbers: FieldGroup<Partial<GroupJson>> = numberFields(groupFields, start, 'group');
  const element = el('fieldset', {}, el('legend', {}, start.name || 'New group'), grid([field('Name', name), ...numbers.rows]));
  return { element, read: () => ({ ...start, name: name.value.trim(), ...numbers.read() }) };
}
