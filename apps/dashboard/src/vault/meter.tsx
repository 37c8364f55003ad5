import type { VaultAccountStatus } from '@holdfast/contracts';
import { formatDecimal, moneyDecimals, shareOf } from '../format/decimal.ts';

interface MeterProps {
  readonly name: string;
  readonly used: string;
  readonly limit: string;
  readonly decimals: number;
  readonly unit: string;
}

/** How much of a limit is spent or held. */
export function Meter({ name, used, limit, decimals, unit }: MeterProps) {
  const share = shareOf(used, limit);
  return (
    <div className="meter">
      <dt>{name}</dt>
      <dd>
        {formatDecimal(used, decimals)} <span className="quiet">of {formatDecimal(limit, decimals)}</span> {unit}
      </dd>
      <span className="meter-track" aria-hidden="true">
        <span className={`meter-fill ${share >= 80 ? 'high' : ''}`} style={{ width: `${share}%` }} />
      </span>
    </div>
  );
}

type Limits = NonNullable<VaultAccountStatus['limits']>;
type MoneyLimit = 'turnover24h' | 'burn24h' | 'burn7d' | 'stopBudget24h' | 'openQuote';
type CountLimit = Exclude<keyof Limits, MoneyLimit>;

const moneyNames: Readonly<Record<MoneyLimit, string>> = {
  turnover24h: 'Turnover, 24 h',
  burn24h: 'Given away, 24 h',
  burn7d: 'Given away, 7 days',
  stopBudget24h: 'By stops, 24 h',
  openQuote: 'In open entries',
};
const countNames: Readonly<Record<CountLimit, string>> = {
  openOrders: 'Open orders',
  ordersPerMinute: 'Orders, last minute',
  orders24h: 'Orders, 24 h',
};

/** Bars of the limits named, in the order given; all when none is. */
export function LimitMeters({
  limits,
  quote,
  only,
}: {
  readonly limits: Limits;
  readonly quote: string;
  readonly only?: readonly (keyof Limits)[];
}) {
  const all = [...(Object.keys(moneyNames) as MoneyLimit[]), ...(Object.keys(countNames) as CountLimit[])];
  return (
    <dl className="meters">
      {(only ?? all).map((of) => {
        const { used, limit } = limits[of];
        const isMoney = of in moneyNames;
        return (
          <Meter
            key={of}
            name={isMoney ? moneyNames[of as MoneyLimit] : countNames[of as CountLimit]}
            used={String(used)}
            limit={String(limit)}
            decimals={isMoney ? moneyDecimals(quote) : 0}
            unit={isMoney ? quote : ''}
          />
        );
      })}
    </dl>
  );
}
