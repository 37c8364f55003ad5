import type { CheckAnswer, MandateCheck, Shortfall } from '@holdfast/contracts';
import { formatMoney } from '../format/decimal.ts';
import { Tag } from '../parts/panel.tsx';
import type { Faults } from './settings-form.tsx';

/** Faults by the field of the form that they belong to, and those that belong to none. */
export function sortFaults(answer: CheckAnswer | undefined, fields: readonly string[]): { byField: Faults; others: string[] } {
  const byField = new Map<string, string>();
  const others: string[] = [];
  for (const { field, reason } of answer?.faults ?? []) {
    const top = field?.split('.')[0] ?? '';
    if (fields.includes(top)) byField.set(top, [byField.get(top), reason].filter((text) => text !== undefined).join('; '));
    else others.push(field === null || field.startsWith('funds.') ? reason : `${field}: ${reason}`);
  }
  return { byField, others };
}

interface CheckViewProps {
  readonly answer: CheckAnswer;
  readonly others: readonly string[];
  readonly byField: Faults;
  /** The words of the form for a field. */
  readonly titleOf: (field: string) => string;
}

/** Puts the cursor into a field of the form, also into one that is folded away. */
export function focusField(form: HTMLFormElement | null, field: string): void {
  const input = form?.elements.namedItem(field);
  if (!(input instanceof HTMLElement)) return;
  const folded = input.closest('details');
  if (folded !== null) folded.open = true;
  input.focus();
}

/** What is wrong, field by field, and what the bot would need: funds, and the mandate beside the one in force. */
export function CheckView({ answer, others, byField, titleOf }: CheckViewProps) {
  const { ok, faults, funds, orders, mandate } = answer;
  return (
    <section className="check" aria-label="What it needs" data-testid="check">
      <p role="status">
        <Tag tone={ok ? 'good' : faults.length > 0 ? 'bad' : 'warn'}>{ok ? 'ready' : 'not yet'}</Tag>{' '}
        {faults.length > 0
          ? `${faults.length === 1 ? 'One thing has' : `${faults.length} things have`} to be put right.`
          : ok
            ? 'It can be made as it is.'
            : 'The settings are right; the mandate does not allow it yet.'}
      </p>
      {byField.size === 0 ? null : (
        <ul className="check-faults" data-testid="faults">
          {[...byField].map(([field, reason]) => (
            <li key={field}>
              <button type="button" onClick={({ currentTarget }) => focusField(currentTarget.form, field)}>
                {titleOf(field)}
              </button>
              : {reason}
            </li>
          ))}
        </ul>
      )}
      {others.map((reason) => (
        <p key={reason} className="form-error">
          {reason}
        </p>
      ))}
      {funds === null ? null : (
        <table className="table" data-testid="check-funds">
          <thead>
            <tr>
              <th scope="col">Funds</th>
              <th scope="col" className="number">
                Needed
              </th>
              <th scope="col" className="number">
                Set aside
              </th>
              <th scope="col" className="number">
                Free
              </th>
            </tr>
          </thead>
          <tbody>
            {funds.map((row) => (
              <tr key={row.asset}>
                <td>{row.asset}</td>
                <td className="number">{row.needed}</td>
                <td className="number">{row.allotted}</td>
                <td className="number">{row.free}</td>
              </tr>
            ))}
          </tbody>
        </table>
      )}
      {orders === null || orders.length === 0 ? null : <FirstOrders orders={orders} />}
      {mandate === null ? null : <MandateView mandate={mandate} />}
    </section>
  );
}

/** What it would order at once, or why nothing. */
const FirstOrders = ({ orders }: { readonly orders: NonNullable<CheckAnswer['orders']> }) => (
  <table className="table" data-testid="first-orders">
    <thead>
      <tr>
        <th scope="col">First orders</th>
        <th scope="col">At once</th>
        <th scope="col" className="number">
          Worth
        </th>
      </tr>
    </thead>
    <tbody>
      {orders.map(({ pair, side, quantity, limit, value, reason }) => (
        <tr key={pair}>
          <td>{pair}</td>
          <td className="wraps">{side === null ? reason : `${side} ${quantity} at ${limit} or better`}</td>
          <td className="number">{value}</td>
        </tr>
      ))}
    </tbody>
  </table>
);

function MandateView({ mandate }: { readonly mandate: MandateCheck }) {
  const { quote, worstLoss, worstLossInForce, worstLossProposed, missing, signAt } = mandate;
  return (
    <>
      <dl className="losses">
        <Loss name="This bot alone could lose by theft in 24 h" value={worstLoss.theft24h} quote={quote} />
        {worstLossInForce === null ? null : <Loss name="The mandate in force" value={worstLossInForce.theft24h} quote={quote} />}
        {worstLossProposed === null ? null : (
          <Loss name="The mandate proposed below" value={worstLossProposed.theft24h} quote={quote} />
        )}
      </dl>
      <p className="quiet">{worstLoss.formula}</p>
      {missing.length === 0 ? (
        <p>The mandate in force is enough.</p>
      ) : (
        <>
          <p>The mandate in force lacks:</p>
          <ul className="missing" data-testid="missing">
            {missing.map((each) => (
              <li key={`${each.pair}-${each.field}`}>{missingText(each)}</li>
            ))}
          </ul>
          {signAt === null ? null : (
            <p>
              <a href={signAt} target="_blank" rel="noreferrer">
                Propose it to the owner
              </a>{' '}
              <span className="quiet">opens the vault’s own page, where it is read and signed.</span>
            </p>
          )}
        </>
      )}
    </>
  );
}

const Loss = ({ name, value, quote }: { readonly name: string; readonly value: string; readonly quote: string }) => (
  <div>
    <dt>{name}</dt>
    <dd>{formatMoney(value, quote)}</dd>
  </div>
);

function missingText({ field, pair, needed, inForce, blocks }: Shortfall): string {
  if (field === 'mandate') return 'any: the owner has to sign one before a bot can be made.';
  if (field === 'pairs') return `${pair}: it has to be added before the bot can be made.`;
  const of = pair === null ? field : `${pair} ${field}`;
  return `${of}: ${needed} would be needed, ${inForce ?? 'nothing'} is allowed${blocks ? '; it cannot be made without' : ''}.`;
}
