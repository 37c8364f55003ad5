/** The account in figures: what it is worth, what the bots made, and whether our books agree with the exchange. */
import type { Status } from '@holdfast/contracts';
import { useEquity, useStatus } from '../api/queries.ts';
import { formatDecimal, formatMoney, fractionToPercent, isNegative, isZero, moneyDecimals } from '../format/decimal.ts';
import { Figure, Tag } from '../parts/panel.tsx';

export const toneOf = (text: string): string => (isZero(text) ? '' : isNegative(text) ? 'loss' : 'gain');

export function AccountCard() {
  const { data: status } = useStatus();
  const { data: equity } = useEquity();
  const profit = status?.profit;
  return (
    <section className="panel padded account" aria-label="Account">
      <div>
        <p className="account-kind">
          <AccountKind status={status} />
        </p>
        <p className="account-value" data-testid="account-value">
          <AccountValue status={status} />
        </p>
        <p className="quiet">{holdings(status)}</p>
      </div>
      <dl className="figures">
        <Figure name="Profit of closed deals">
          {profit === undefined ? null : (
            <span className={toneOf(profit.amount)}>{formatMoney(profit.amount, profit.quote, 'always')}</span>
          )}
        </Figure>
        <Figure name="Fees of closed deals">{profit === undefined ? null : formatMoney(profit.fees, profit.quote)}</Figure>
        <Figure name="Largest drawdown">
          {equity === undefined ? null : `${formatDecimal(fractionToPercent(equity.largestDrawdown), 2)} %`}
        </Figure>
        <Figure name="Books against exchange">
          <Books matches={status?.ledgerMatchesExchange} />
        </Figure>
      </dl>
    </section>
  );
}

function AccountKind({ status }: { readonly status: Status | undefined }) {
  if (status === undefined) return 'Account';
  if (status.simulated === null) return 'Account: the vault does not answer';
  return status.simulated ? <>Paper account: no real money, on a simulated vault and exchange</> : <>Live account</>;
}

function AccountValue({ status }: { readonly status: Status | undefined }) {
  const account = status?.accounts[0];
  if (account?.valueQuote == null) return <>–</>;
  return (
    <>
      {formatDecimal(account.valueQuote, moneyDecimals(account.quote))}
      <small>{account.quote}</small>
    </>
  );
}

function holdings(status: Status | undefined): string {
  const account = status?.accounts[0];
  if (account === undefined) return status === undefined ? ' ' : 'No account yet';
  const held = account.balances.filter(({ total }) => !isZero(total)).slice(0, 4);
  if (held.length === 0) return 'Nothing held';
  return held.map(({ asset, total }) => `${formatDecimal(total, moneyDecimals(asset))} ${asset}`).join('  ·  ');
}

function Books({ matches }: { readonly matches: boolean | null | undefined }) {
  if (matches === undefined) return null;
  if (matches === null) return <Tag>not compared</Tag>;
  return matches ? <Tag tone="good">equal to the last digit</Tag> : <Tag tone="bad">they differ</Tag>;
}
