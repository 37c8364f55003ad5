/** The owner's part of the vault's journal, page by page, newest first. */
import { type AuditEntry, portalPaths } from '@holdfast/domain';
import { ask } from './api.ts';
import { button, el, facts, table, timeText } from './dom.ts';
import { me } from './session.ts';

const pageSize = 50;

const page = async (before: number | null): Promise<readonly AuditEntry[]> =>
  (await ask<{ records: readonly AuditEntry[] }>(portalPaths.audit, { before, limit: pageSize })).records;

/** A record in one line; the whole of it unfolds. An act says itself what it is. */
function summaryOf({ text, ...record }: { readonly text?: string }): string {
  if (text !== undefined) return lineOf(actOf(text));
  return lineOf(record) || 'all of it';
}

const lineOf = (record: object): string => {
  const plain = Object.entries(record).filter(([, value]) => ['string', 'number', 'boolean'].includes(typeof value));
  const line = plain.map(([name, value]) => `${name} ${value}`).join(', ');
  return line.length > 120 ? `${line.slice(0, 119)}…` : line;
};

function actOf(text: string): object {
  try {
    const {
      at: _,
      act,
      mandate,
      ...rest
    } = JSON.parse(text) as { at: number; act: string; mandate?: { account: string; seq: number } };
    return mandate === undefined ? { act, ...rest } : { act, account: mandate.account, number: mandate.seq };
  } catch {
    return { text };
  }
}

export async function auditScreen(): Promise<HTMLElement> {
  const { audit } = me().view;
  const place = el('div', {});
  const show = async (before: number | null): Promise<void> => {
    const records = await page(before);
    const last = records.at(-1);
    place.replaceChildren(
      table(
        ['Number', 'Time', 'What', ''],
        records.map(({ seq, record: { kind, time, os, ...rest } }) => [
          seq,
          timeText(os),
          kind,
          el('details', {}, el('summary', {}, summaryOf(rest)), el('pre', {}, JSON.stringify({ time, ...rest }, null, 2))),
        ]),
        'Records, newest first',
      ),
      el(
        'div',
        { class: 'actions' },
        before === null ? '' : button('Newest', 'plain', () => show(null)),
        last === undefined || records.length < pageSize ? '' : button('Older', 'plain', () => show(last.seq)),
      ),
    );
  };
  await show(null);
  return el(
    'div',
    {},
    el('h2', {}, 'Audit log'),
    el('p', {}, 'Nothing in it can be changed without breaking what comes after. "holdfast audit verify" checks all of it.'),
    facts([
      ['Records', audit.seq],
      ['Head', el('code', {}, audit.head)],
    ]),
    place,
  );
}
