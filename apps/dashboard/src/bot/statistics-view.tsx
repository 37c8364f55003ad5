import type { BotDetail, Statistics } from '@holdfast/contracts';
import { useState } from 'react';
import { useStatistics } from '../api/queries.ts';
import { ValueChart } from '../chart/equity-panel.tsx';
import { formatDecimal, formatMoney, formatPercent, moneyDecimals } from '../format/decimal.ts';
import { formatDayTime, formatDuration } from '../format/time.ts';
import { toneOf } from '../header/account-card.tsx';
import { Figure, Scroll } from '../parts/panel.tsx';
import { Empty, Loaded } from '../parts/states.tsx';

/** What a bot made: figures, the value of its funds over time, and profit by day, pair and deal; of all bots when asked for. */
export function StatisticsView({ bot }: { readonly bot: BotDetail }) {
  const [ofAll, setOfAll] = useState(false);
  const statistics = useStatistics(ofAll ? undefined : bot.id);
  return (
    <>
      <label className="of-all">
        <input type="checkbox" checked={ofAll} onChange={({ currentTarget }) => setOfAll(currentTarget.checked)} /> of all bots
      </label>
      <Loaded query={statistics}>
        {(answer) =>
          answer.statistics.length === 0 ? (
            <Empty title="Nothing yet" />
          ) : (
            <Scroll label="Statistics">
              {answer.statistics.map((part) => (
                <Part key={part.quote} part={part} />
              ))}
            </Scroll>
          )
        }
      </Loaded>
    </>
  );
}

const Part = ({ part }: { readonly part: Statistics }) => (
  <div className="statistics" data-testid="statistics">
    <Figures part={part} />
    {part.curve.length < 2 ? null : (
      <div className="statistics-chart">
        <ValueChart points={part.curve} label={`Value of the funds in ${part.quote} over time`} />
      </div>
    )}
    <SumsTable name="Day" quote={part.quote} rows={part.byDay.map(({ day, ...sums }) => ({ key: day, ...sums })).reverse()} />
    {part.byPair.length < 2 ? null : (
      <SumsTable name="Pair" quote={part.quote} rows={part.byPair.map(({ pair, ...sums }) => ({ key: pair, ...sums }))} />
    )}
    <DealsTable part={part} />
  </div>
);

/** A share as percent with two places. */
const percentOf = (fraction: string): string => formatPercent(String(Number(fraction) * 100).slice(0, 12), 2, 'losses');

function Figures({ part }: { readonly part: Statistics }) {
  const { quote, profit, fees, deals, won, lost, drawdown, timeInMarketPercent, meanDurationMs, funds } = part;
  return (
    <dl className="figures statistics-figures">
      <Figure name="Profit">
        <span className={toneOf(profit)}>{formatMoney(profit, quote, 'always')}</span>
      </Figure>
      <Figure name="Fees">{formatMoney(fees, quote)}</Figure>
      <Figure name="Deals won and lost">
        {won} <small>of {deals}</small> / {lost}
      </Figure>
      <Figure name="Largest fall in value">
        {percentOf(drawdown.fraction)} <small>{formatMoney(drawdown.fall, quote)}</small>
      </Figure>
      <Figure name="Time in the market">
        {timeInMarketPercent === null ? '–' : formatPercent(timeInMarketPercent, 1, 'losses')}
      </Figure>
      <Figure name="A deal takes">{meanDurationMs === null ? '–' : formatDuration(meanDurationMs)}</Figure>
      {funds.map(({ asset, available, reserved }) => (
        <Figure key={asset} name={`${asset} in orders`}>
          {formatDecimal(reserved, moneyDecimals(asset))} <small>{formatDecimal(available, moneyDecimals(asset))} free</small>
        </Figure>
      ))}
    </dl>
  );
}

interface SumsTableProps {
  readonly name: string;
  readonly quote: string;
  readonly rows: readonly {
    readonly key: string;
    readonly deals: number;
    readonly won: number;
    readonly profit: string;
    readonly fees: string;
  }[];
}

const SumsTable = ({ name, quote, rows }: SumsTableProps) =>
  rows.length === 0 ? null : (
    <table className="table">
      <thead>
        <tr>
          <th scope="col">{name}</th>
          <th scope="col" className="number">
            Deals
          </th>
          <th scope="col" className="number">
            Won
          </th>
          <th scope="col" className="number">
            Profit, {quote}
          </th>
          <th scope="col" className="number">
            Fees
          </th>
        </tr>
      </thead>
      <tbody>
        {rows.map((row) => (
          <tr key={row.key}>
            <td>{row.key}</td>
            <td className="number">{row.deals}</td>
            <td className="number">{row.won}</td>
            <td className="number">
              <span className={toneOf(row.profit)}>{formatDecimal(row.profit, moneyDecimals(quote), 'always')}</span>
            </td>
            <td className="number">{formatDecimal(row.fees, moneyDecimals(quote))}</td>
          </tr>
        ))}
      </tbody>
    </table>
  );

const DealsTable = ({ part: { byDeal, quote } }: { readonly part: Statistics }) =>
  byDeal.length === 0 ? null : (
    <table className="table">
      <thead>
        <tr>
          <th scope="col">Deal</th>
          <th scope="col">Closed</th>
          <th scope="col" className="number">
            Profit, {quote}
          </th>
        </tr>
      </thead>
      <tbody>
        {byDeal.slice(0, 20).map(({ id, number, pair, closedAt, profit }) => (
          <tr key={id}>
            <td>
              {number} <span className="quiet">{pair}</span>
            </td>
            <td>{closedAt === null ? '' : formatDayTime(closedAt)}</td>
            <td className="number">
              {profit === null ? (
                ''
              ) : (
                <span className={toneOf(profit)}>{formatDecimal(profit, moneyDecimals(quote), 'always')}</span>
              )}
            </td>
          </tr>
        ))}
      </tbody>
    </table>
  );
